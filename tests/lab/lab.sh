# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The laboratory: phones, an IP-PBX, a carrier and a stranger, in network namespaces of their own.
# To be sourced. Needs root, iproute2, kamailio, kamailio-extra-modules, sip-tester, /usr/bin/python3.
#
#   . tests/lab/lab.sh
#   trap lab_down EXIT
#   lab_up mytest && lab_pbx_start && lab_carrier_start 50
#   lab_register 1001
#   lab_call 1001 0312340001          # prints 200
#
# The last two digits of a number say how it behaves, at the carrier and on phones:
# 86 is busy, 87 rings until the caller gives up, 99 answers late (INVITEs are repeated), others answer.

LAB_FOLDER=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# shellcheck disable=SC2034 # read by net.sh
LAB_EXTENSIONS="1001 1002 1003 1004 1005 1006 1007 1008 1009 1010"
LAB_PBX_LAN=198.51.100.1
LAB_PBX_WAN=203.0.113.1
LAB_CARRIER=203.0.113.2
LAB_PBX_LAN6=2001:db8:51::1
LAB_PBX_WAN6=2001:db8:113::1
LAB_CARRIER6=2001:db8:113::2
LAB_ATTACKER=192.0.2.66
# shellcheck disable=SC2034 # read by net.sh
{
	LAB_ROUTER_LAN=198.51.100.254
	LAB_ROUTER_WAN=203.0.113.254
	LAB_ROUTER_LAN6=2001:db8:51::fe
	LAB_ROUTER_WAN6=2001:db8:113::fe
}
# An incoming call leaves the carrier by this port: on 5060 the called parties listen.
LAB_CARRIER_CALLING_PORT=5080

LAB_NAME=
LAB_STATE=
LAB_PROCESSES=()

# lab_phone_address EXTENSION: the address of that extension's phone, 198.51.100.11 for 1001 and so on.
lab_phone_address() {
	echo "198.51.100.$((10 + $1 - 1000))"
}

# lab_phone_address6 EXTENSION: the same by IPv6: 2001:db8:51::b for 1001 and so on.
lab_phone_address6() {
	printf '2001:db8:51::%x\n' "$((10 + $1 - 1000))"
}

# lab_password EXTENSION: what pbx.cfg takes as that extension's password.
lab_password() {
	echo "lab-secret-$1"
}

# lab_up NAME [routed]: makes the namespaces NAME-phone, NAME-pbx and NAME-carrier, and a scratch folder
# $LAB_STATE; routed: the PBX behind a NAME-router. One laboratory at a time in one shell; several shells
# with several names do not meet.
lab_up() {
	[ -z "$LAB_NAME" ] || { echo "lab_up: $LAB_NAME is still up" >&2; return 1; }
	"$LAB_FOLDER/net.sh" "up${2:+-$2}" "$1" || return 1
	LAB_NAME=$1
	LAB_STATE=$(mktemp -d --tmpdir pbxguard-lab.XXXXXX)
}

# lab_down: ends everything that was started, removes the namespaces and $LAB_STATE.
# May be called at any time and twice; made for `trap lab_down EXIT`.
lab_down() {
	local process
	for process in "${LAB_PROCESSES[@]}"; do
		lab_end "$process"
	done
	LAB_PROCESSES=()
	[ -z "$LAB_NAME" ] || "$LAB_FOLDER/net.sh" down "$LAB_NAME"
	[ -z "$LAB_STATE" ] || rm -rf "$LAB_STATE"
	LAB_NAME=
	LAB_STATE=
}

# lab_in ROLE COMMAND...: runs a command in the namespace of the phone, the pbx or the carrier.
lab_in() {
	local role=$1
	shift
	ip netns exec "$LAB_NAME-$role" "$@"
}

# lab_start ROLE LOG COMMAND...: runs a command in the background until lab_down, its output in
# $LAB_STATE/LOG; its process id is in $LAB_STARTED.
lab_start() {
	local role=$1 log=$2
	shift 2
	: >"$LAB_STATE/$log" # now: who waits for a word in it must not find that of another before
	# Not lab_in: $! would be a shell's id, not the command's.
	ip netns exec "$LAB_NAME-$role" "$@" </dev/null >"$LAB_STATE/$log" 2>&1 &
	LAB_STARTED=$!
	LAB_PROCESSES+=("$LAB_STARTED")
}

# lab_runs PROCESS: is it there, and still ours? An id may have gone to somebody else's process.
lab_runs() {
	grep -qsx "PPid:[[:space:]]*$BASHPID" "/proc/$1/status"
}

# lab_end PROCESS [SIGNAL]: ends one process of ours and waits for it; by force after 5 seconds.
lab_end() {
	local tries=0
	lab_runs "$1" || return 0
	kill -s "${2:-TERM}" "$1" 2>/dev/null || true
	while lab_runs "$1" && [ "$tries" -lt 100 ]; do
		sleep 0.05
		tries=$((tries + 1))
	done
	! lab_runs "$1" || kill -s KILL "$1" 2>/dev/null || true
	wait "$1" 2>/dev/null || true # a caller's `set -e` must not stop the cleaning up
}

# lab_wait_for SECONDS COMMAND...: asks until the command succeeds; 1 if it never does.
lab_wait_for() {
	local tries=$(($1 * 50))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.02
	done
}

# lab_listens ROLE ADDRESS PORT [t]: is a UDP (or TCP) socket bound there?
lab_listens() {
	local address=$2
	case "$address" in *:*) address="[$address]" ;; esac
	[ -n "$(lab_in "$1" ss -Hln"${4:-u}" "src = $address:$3")" ]
}

# lab_pbx_start: starts the PBX and waits until it listens on both sides. Its log: $LAB_STATE/pbx.log
lab_pbx_start() {
	lab_start pbx pbx.log kamailio -DD -E -m 128 -M 8 -f "$LAB_FOLDER/pbx.cfg" -w "$LAB_STATE" -Y "$LAB_STATE"
	if ! lab_wait_for 10 lab_listens pbx "$LAB_PBX_LAN" 5060 ||
		! lab_wait_for 10 lab_listens pbx "$LAB_PBX_WAN" 5060 ||
		! lab_wait_for 10 lab_listens pbx "$LAB_PBX_WAN6" 5060; then
		echo "lab_pbx_start: the PBX does not listen:" >&2
		cat "$LAB_STATE/pbx.log" >&2
		return 1
	fi
}

# lab_carrier_start RING: starts the called parties behind the carrier, who ring for RING
# milliseconds before they answer.
lab_carrier_start() {
	lab_answerer carrier "$LAB_CARRIER" carrier.log -d "$1"
}

# lab_carrier_start_all RING: the same by UDP and TCP, IPv4 and IPv6.
lab_carrier_start_all() {
	lab_carrier_start "$1" &&
		lab_answerer carrier "$LAB_CARRIER6" carrier6.log -d "$1" &&
		lab_answerer carrier "$LAB_CARRIER" carrier-tcp.log -d "$1" -t t1 &&
		lab_answerer carrier "$LAB_CARRIER6" carrier6-tcp.log -d "$1" -t t1
}

# lab_phone_answer EXTENSION: that extension's phone waits for one call and answers it.
lab_phone_answer() {
	lab_answerer phone "$(lab_phone_address "$1")" "phone-$1.log" -d 50 -m 1
}

# lab_phone_redirect EXTENSION NUMBER: that extension's phone waits for one call and sends it on to NUMBER (302).
lab_phone_redirect() {
	lab_called redirect.xml phone "$(lab_phone_address "$1")" "phone-$1.log" -m 1 -key pbx "$LAB_PBX_LAN" -key target "$2"
}

# lab_phone_transfer EXTENSION NUMBER: it waits for one call, answers it, and sends the caller to NUMBER (REFER), who
# must know what to do then: lab_call --transferred.
lab_phone_transfer() {
	lab_called transfer.xml phone "$(lab_phone_address "$1")" "phone-$1.log" -d 50 -m 1 -key pbx "$LAB_PBX_LAN" -key target "$2" -key extension "$1"
}

# lab_answerer ROLE ADDRESS LOG SIPP_OPTION...: a called party there, on port 5060.
lab_answerer() {
	lab_called answer.xml "$@"
}

# lab_called SCENARIO ROLE ADDRESS LOG SIPP_OPTION...: likewise, by another scenario.
lab_called() {
	local scenario=$1 role=$2 address=$3 log=$4
	shift 4
	local kind=u
	case " $* " in *" -t t1 "*) kind=t ;; esac
	lab_start "$role" "$log" sipp -sf "$LAB_FOLDER/$scenario" -i "$address" -p 5060 -nostdin "$@"
	lab_wait_for 10 lab_listens "$role" "$address" 5060 "$kind" && return
	echo "lab_called: nobody listens at $address:" >&2
	cat "$LAB_STATE/$log" >&2
	return 1
}

# lab_register EXTENSION [OPTION...]: registers it for a day. Prints the last status, 200 or 401;
# returns 0 for 200. Options: those of lab_call that make sense.
lab_register() {
	lab_sipp register.xml "$1" "" "${@:2}"
}

# lab_call CALLER NUMBER [OPTION...]: calls from a phone, or from elsewhere by an option, and hangs
# up. Prints the last status: 200 answered, 487 cancelled, 486 busy, …, none if nobody answered at
# all. Returns 0 if the call ended as it was meant to: answered, or cancelled by --cancel.
#   --talk MILLISECONDS   how long they talk (200)
#   --cancel              give up when it has rung for the talk time
#   --transferred         and let oneself be sent on to another number (REFER)
#   --outside             from the stranger's address
#   --incoming            from the carrier to the office: CALLER is an outside number
#   --password WORD       instead of the right one
#   --agent NAME          the User-Agent
#   --port NUMBER         the caller's port, for calls at once from one phone (5060)
#   --tcp                 by TCP
#   --six                 by IPv6
#   --trunk-tcp           the PBX goes on to the carrier by TCP
#   --long                INVITEs have 3000 bytes more, on both legs: by UDP they come in fragments
#   --patience SECONDS    how long to wait for it all (10)
lab_call() {
	local scenario=call.xml option
	for option in "$@"; do
		[ "$option" != --cancel ] || scenario=cancel.xml
		[ "$option" != --transferred ] || scenario=transferred.xml
	done
	lab_sipp "$scenario" "$@"
}

# lab_sipp SCENARIO CALLER NUMBER [OPTION...]: what lab_register and lab_call share.
lab_sipp() {
	local scenario=$1 caller=$2 number=$3
	local role=phone address="" port=5060 pbx=$LAB_PBX_LAN talk=200 patience=10 transport=u1
	local agent="OfficePhone/2.1" password six=
	password=$(lab_password "$caller")
	shift 3
	while [ $# -gt 0 ]; do
		case "$1" in
		--cancel | --transferred) ;;
		--outside) role=carrier address=$LAB_ATTACKER pbx=$LAB_PBX_WAN ;;
		--incoming) role=carrier address=$LAB_CARRIER port=$LAB_CARRIER_CALLING_PORT pbx=$LAB_PBX_WAN agent="CarrierSwitch/7" ;;
		--tcp) transport=t1 ;;
		--six) six=yes pbx=[$LAB_PBX_LAN6] ;;
		--trunk-tcp) agent="OfficePhone/2.1 trunk-tcp" ;;
		--long) scenario=$(lab_long_scenario "$scenario") ;;
		--talk) talk=$2; shift ;;
		--password) password=$2; shift ;;
		--agent) agent=$2; shift ;;
		--port) port=$2; shift ;;
		--patience) patience=$2; shift ;;
		*) echo "lab_sipp: $1: no such option" >&2; return 2 ;;
		esac
		shift
	done
	case "$scenario" in */*) ;; *) scenario=$LAB_FOLDER/$scenario ;; esac
	[ -n "$address" ] || address=$("lab_phone_address${six:+6}" "$caller")
	lab_sipp_once
}

# lab_long_scenario SCENARIO: the name of one that differs from it by a long line in front of each User-Agent.
lab_long_scenario() {
	local long=$LAB_STATE/long-$1
	[ -e "$long" ] || sed "s/^User-Agent:/X-Long: $(printf '%03000d' 0)\n&/" "$LAB_FOLDER/$1" >"$long"
	echo "$long"
}

# The call itself; its arguments are the local variables of lab_sipp.
lab_sipp_once() {
	local result="$LAB_STATE/result-$address-$port" outcome=0
	rm -f "$result"
	lab_in "$role" timeout "$((patience + 2))" sipp "$pbx:5060" -sf "$scenario" -i "$address" -p "$port" \
		-t "$transport" -m 1 -nostdin -timeout "$patience" -timeout_error -d "$talk" \
		-s "$number" -au "$caller" -ap "$password" -key caller "$caller" -key agent "$agent" \
		-trace_logs -log_file "$result" </dev/null >"$result.screen" 2>&1 || outcome=1
	lab_last_status "$result"
	return "$outcome"
}

# lab_last_status FILE: the status of the last answer that a scenario wrote down, or "none".
lab_last_status() {
	local status
	status=$(sed -n 's|^SIP/2\.0 \([0-9]*\).*|\1|p' "$1" 2>/dev/null | tail -n 1)
	echo "${status:-none}"
}
