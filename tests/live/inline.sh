# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pbxguard in line before the laboratory's PBX: what tests of modes "dry_run" and "block" share. To be sourced, with
# $pbxguard, $source and $here set; it ends the test (77, and why) where it can't run. Ends with `finish` on EXIT.

: "${pbxguard:?}" "${source:?}" "${here:?}"

skip() {
	echo "skipped: $1"
	exit 77
}

# need PROGRAM...: besides those of every such test; and root, and network namespaces.
need() {
	local program
	[ "$(id -u)" = 0 ] || skip "needs root for network namespaces"
	for program in ip kamailio sipp iptables ip6tables ipset /usr/bin/python3 "$@"; do
		command -v "$program" >/dev/null || skip "$program is not installed (script/bootstrap test)"
	done
	ip netns add "pbxguard-probe-$$" 2>/dev/null || skip "this kernel or container allows no network namespaces"
	ip netns delete "pbxguard-probe-$$"
}

# shellcheck source=tests/lab/lab.sh
. "$source/tests/lab/lab.sh"
failures=0
guarded=pbx # whose namespace pbxguard stands in
guard=
watcher=

# check SENTENCE COMMAND...: the command has to succeed.
check() {
	local sentence=$1
	shift
	if "$@"; then
		echo "ok: $sentence"
	else
		echo "FAILED: $sentence"
		failures=$((failures + 1))
	fi
}

has() {
	grep -q -- "$1" "$2"
}

lacks() {
	! has "$@"
}

has_within() {
	local seconds=$1
	shift
	lab_wait_for "$seconds" has "$@"
}

# configure BLOCK_SETTING...: the laboratory's site in mode $mode (block). Other groups may be in $destinations, $rules,
# $control, $store and $more.
configure() {
	local allow='allow = [ "US" ];' at_any_time='off_hours = { enabled = false; };'
	local beside="path = \"$LAB_STATE/control.sock\";" nowhere='path = "";'
	cat >"$LAB_STATE/pbxguard.conf" <<-CONF
		site = {
		  name = "lab"; timezone = "Asia/Tokyo";
		  pbx = [ "198.51.100.1", "203.0.113.1", "2001:db8:51::1", "2001:db8:113::1" ];
		  trunks = [ "203.0.113.2", "2001:db8:113::2" ];
		  extensions = [ "198.51.100.0/24", "2001:db8:51::/64" ];
		};
		destinations = { ${destinations-$allow} };
		rules = { ${rules-$at_any_time} };
		${more-}
		actions = { mode = "${mode:-block}"; block = { $* }; };
		control = { ${control-$beside} };
		store = { ${store-$nowhere} };
	CONF
}

# Where pbxguard-firewall finds its pbxguard beside it, as installed.
install_here() {
	mkdir -p "$LAB_STATE/sbin"
	ln -sf "$(realpath "$pbxguard")" "$LAB_STATE/sbin/pbxguard"
	ln -sf "$source/firewall/pbxguard-firewall" "$LAB_STATE/sbin/pbxguard-firewall"
}

firewall() {
	lab_in "$guarded" "$LAB_STATE/sbin/pbxguard-firewall" -c "$LAB_STATE/pbxguard.conf" "$1" >"$LAB_STATE/firewall.log" 2>&1 ||
		{ cat "$LAB_STATE/firewall.log"; return 1; }
}

# guard LOG: starts pbxguard, mostly in the PBX's namespace; its id is in $guard. Alerts as JSON in LOG.out.
guard() {
	: >"$LAB_STATE/$1.err"
	ip netns exec "$LAB_NAME-$guarded" "$here/with-dev-log" missing "$pbxguard" -c "$LAB_STATE/pbxguard.conf" -o json \
		</dev/null >"$LAB_STATE/$1.out" 2>"$LAB_STATE/$1.err" &
	guard=$!
	LAB_PROCESSES+=("$guard")
	has_within 10 'guarding' "$LAB_STATE/$1.err" || {
		cat "$LAB_STATE/$1.err"
		return 1
	}
}

# record ROLE INTERFACE SIZE FILTER: what passes there, so many bytes of each packet, into ROLE.pcap; its process in
# $recorder.
record() {
	lab_start "$1" "$1-recorder.txt" tcpdump -n -i "$2" -B 65536 -s "$3" --immediate-mode -U -w "$LAB_STATE/$1.pcap" "${@:4}"
	# shellcheck disable=SC2034 # for the test
	recorder=$LAB_STARTED
	has_within 10 'listening on' "$LAB_STATE/$1-recorder.txt"
}

# What the carrier gets; the process is $watcher. Ports of IPv6 in fragments (44, RFC 8200 §4.5) pcap can't see.
watch() {
	lab_start carrier carrier.txt tcpdump -n -l -A -i eth0 --immediate-mode \
		\( dst port 5060 and \( dst host "$LAB_CARRIER" or dst host "$LAB_CARRIER6" \) \) or \( dst host "$LAB_CARRIER6" and ip6[6] == 44 \)
	# shellcheck disable=SC2034 # for the test
	watcher=$LAB_STARTED
	has_within 10 'listening on' "$LAB_STATE/carrier.txt"
}

invites_at_carrier() {
	grep -ac "INVITE sip:$1" "$LAB_STATE/carrier.txt"
}

# refused NUMBER OPTION...: a call there is refused, and the carrier sees nothing of it.
refused() {
	local number=$1 status
	shift
	status=$(lab_call 1001 "$number" "$@")
	check "$number $*: refused ($status)" test "$status" = 603 -o "$status" = 403 -o "$status" = 404
	check "$number $*: the carrier got no INVITE to it" test "$(invites_at_carrier "$number")" = 0
}

answered() {
	local number=$1 status
	shift
	status=$(lab_call 1001 "$number" "$@")
	check "$number $*: answered ($status)" test "$status" = 200
	check "$number $*: the carrier got it" test "$(invites_at_carrier "$number")" -ge 1
}

# place_many SECONDS: 200 calls a second from one phone by UDP, one in a hundred of them a fraud; each to a number of its
# own, those of frauds beginning with 0101246, others with 034. As sipp ends when all end as they should.
place_many() {
	local calls=$(($1 * 200)) i
	sed -e 's/\[service\]/[field0]/g' -e 's/<exec int_cmd="stop_now"\/>//' "$LAB_FOLDER/call.xml" >"$LAB_STATE/many.xml"
	{
		echo SEQUENTIAL
		for ((i = 0; i < calls; i++)); do
			if ((i % 100 == 50)); then printf '0101246%06d0\n' "$i"; else printf '034%06d0\n' "$i"; fi
		done
	} >"$LAB_STATE/many.csv"
	lab_in phone sipp "$LAB_PBX_LAN:5060" -sf "$LAB_STATE/many.xml" -i "$(lab_phone_address 1001)" -p 5060 -inf "$LAB_STATE/many.csv" \
		-r 200 -m "$calls" -l 2000 -d 200 -nostdin -timeout $(($1 + 40)) -timeout_error -au 1001 -ap "$(lab_password 1001)" \
		-key caller 1001 -key agent "OfficePhone/2.1" </dev/null >"$LAB_STATE/many.screen" 2>&1
}

# numbers_at_carrier BEGINNING: how many numbers that begin so were called there, as recorded.
numbers_at_carrier() {
	tcpdump -n -r "$LAB_STATE/carrier.pcap" -A 'udp dst port 5060' 2>/dev/null | grep -ao "INVITE sip:$1[0-9]*" | sort -u | wc -l
}

# ---- phones that call all the time ------------------------------------------------------------------------------

calling_port=20000

# keep_calling CALLER PORT: ordinary calls, or to 110; statuses in a file of its own. From that port on, for of a TCP
# connection that has ended the port can't be used again at once.
keep_calling() {
	local caller=$1 port=$2 count=0 number options
	while [ -e "$LAB_STATE/calling" ]; do
		count=$((count + 1))
		case $caller in
		1002) number=0312340001 options= ;;
		1003) number=0312340002 options=--tcp ;;
		*) number=110 options=$([ $((count % 2)) = 0 ] || echo --tcp) ;;
		esac
		# shellcheck disable=SC2086 # options
		echo "$(lab_call "$caller" "$number" $options --talk 20 --port $((port + count)))" "$number $options"
	done >"$LAB_STATE/statuses-$caller"
}

begin_calls() {
	# shellcheck disable=SC2034 # for the test
	began=$(date +%s.%N)
	: >"$LAB_STATE/calling"
	callers=
	local caller
	for caller in 1002 1003 1004; do
		keep_calling "$caller" "$calling_port" &
		callers="$callers $!"
	done
	calling_port=$((calling_port + 1000))
}

end_calls() {
	# shellcheck disable=SC2034 # for the test
	ended=$(date +%s.%N)
	rm "$LAB_STATE/calling"
	# shellcheck disable=SC2086 # a list
	wait $callers
}

# Each, and each phone has called.
all_answered() {
	local failed
	failed=$(grep -v '^200 ' "$LAB_STATE"/statuses-*; grep -L '^200 ' "$LAB_STATE"/statuses-*)
	[ -n "$failed" ] || return 0
	echo "$failed"
	return 1
}

# ---- the end -------------------------------------------------------------------------------------------------------

finish() {
	[ -z "$LAB_NAME" ] || firewall remove
	lab_down
}
