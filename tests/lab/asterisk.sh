# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real Asterisk as the laboratory's PBX, instead of Kamailio. To be sourced after lab.sh.
#
#   tests/lab/asterisk-root --make
#   lab_up mytest && lab_asterisk_start && lab_carrier_start_all 50
#
# As in pbx.cfg: extensions 1001 … 1010 with their passwords, numbers that begin with 0 and the emergency numbers go to the
# carrier (by TCP where the phone's User-Agent says trunk-tcp), the office's direct numbers 03-1234-5671 … 5677 to extensions
# 1001 … 1007. *72 and a number: calls for this extension go there from now on (or lab_asterisk_forward). 03-1234-5678 answers with a dial tone from
# which anybody may call anywhere (DISA): that is the hole. Its call records: $LAB_STATE/asterisk/log/cdr-csv/Master.csv

# lab_asterisk_configuration FOLDER: writes it there; in Asterisk's root the folder is /etc/pbxguard-lab.
lab_asterisk_configuration() {
	local extension
	mkdir -p "$1/run" "$1/log/cdr-csv" "$1/db" "$1/spool"
	# Out of every network's reach: what it asks name servers for would take it half a minute.
	printf '127.0.0.1 localhost %s\n' "$(uname -n)" >"$1/hosts"
	: >"$1/resolv.conf"
	cat >"$1/asterisk.conf" <<-'CONF'
		[directories]
		astetcdir => /etc/pbxguard-lab
		astmoddir => /usr/lib/asterisk/modules
		astvarlibdir => /var/lib/asterisk
		astdbdir => /etc/pbxguard-lab/db
		astkeydir => /var/lib/asterisk
		astdatadir => /usr/share/asterisk
		astagidir => /usr/share/asterisk/agi-bin
		astspooldir => /etc/pbxguard-lab/spool
		astrundir => /etc/pbxguard-lab/run
		astlogdir => /etc/pbxguard-lab/log
	CONF
	{
		printf '[modules]\nautoload=no\n'
		printf 'load=%s.so\n' res_sorcery_config res_sorcery_memory res_sorcery_astdb res_timing_timerfd res_rtp_asterisk \
			codec_ulaw bridge_simple bridge_native_rtp bridge_softmix bridge_holding func_callerid func_logic func_db func_timeout \
			func_channel func_redirecting func_strings app_dial app_stack app_disa app_verbose app_db pbx_config res_pjproject res_pjsip \
			res_pjsip_session res_pjsip_authenticator_digest res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user \
			res_pjsip_registrar res_pjsip_pubsub res_pjsip_acl res_pjsip_caller_id res_pjsip_nat res_pjsip_sdp_rtp res_pjsip_rfc3326 \
			res_pjsip_dtmf_info res_pjsip_diversion res_pjsip_refer res_pjsip_header_funcs chan_pjsip cdr_csv
	} >"$1/modules.conf"
	printf '[general]\nrtpstart=10000\nrtpend=10100\n' >"$1/rtp.conf"
	printf '[general]\n[logfiles]\nconsole => notice,warning,error\n' >"$1/logger.conf"
	printf '[general]\nenable=yes\nunanswered=yes\n[csv]\nusegmtime=yes\n' >"$1/cdr.conf"
	{
		printf '[global]\ntype=global\nuser_agent=LabPBX Asterisk\n'
		printf '[udp]\ntype=transport\nprotocol=udp\nbind=0.0.0.0:5060\n[tcp]\ntype=transport\nprotocol=tcp\nbind=0.0.0.0:5060\n'
		printf '[udp6]\ntype=transport\nprotocol=udp\nbind=[::]:5060\n[tcp6]\ntype=transport\nprotocol=tcp\nbind=[::]:5060\n'
		for extension in $LAB_EXTENSIONS; do
			printf '[%s]\ntype=endpoint\ncontext=internal\ndisallow=all\nallow=ulaw\ndirect_media=no\nauth=auth%s\naors=%s\n' \
				"$extension" "$extension" "$extension"
			printf 'callerid=<%s>\nrewrite_contact=yes\n' "$extension"
			printf '[auth%s]\ntype=auth\nauth_type=userpass\nusername=%s\npassword=%s\n' "$extension" "$extension" "$(lab_password "$extension")"
			printf '[%s]\ntype=aor\nmax_contacts=2\nremove_existing=yes\n' "$extension"
		done
		printf '[carrier]\ntype=endpoint\ncontext=from-carrier\ndisallow=all\nallow=ulaw\ndirect_media=no\naors=carrier\ndtmf_mode=info\nsend_diversion=yes\n'
		printf '[carrier]\ntype=aor\ncontact=sip:%s:5060\n[carrier]\ntype=identify\nendpoint=carrier\nmatch=%s\n' "$LAB_CARRIER" "$LAB_CARRIER"
		printf '[carrier-by-tcp]\ntype=endpoint\ncontext=from-carrier\ndisallow=all\nallow=ulaw\ndirect_media=no\naors=carrier-by-tcp\n'
		printf '[carrier-by-tcp]\ntype=aor\ncontact=sip:%s:5060\\;transport=tcp\n' "$LAB_CARRIER"
	} >"$1/pjsip.conf"
	cat >"$1/extensions.conf" <<-'CONF'
		[internal]
		exten => _10XX,1,GotoIf($["${DB(CF/${EXTEN})}" != ""]?forwarded)
		 same => n,Dial(PJSIP/${EXTEN},30)
		 same => n,Hangup()
		 same => n(forwarded),Set(REDIRECTING(from-num,i)=${EXTEN})
		 same => n,Set(REDIRECTING(reason,i)=cfu)
		 same => n,Goto(internal,${DB(CF/${EXTEN})},1)
		exten => _*72X.,1,Set(DB(CF/${CALLERID(num)})=${EXTEN:3})
		 same => n,Answer()
		 same => n,Wait(1)
		 same => n,Hangup()
		exten => _0X.,1,Set(trunk=${IF($["${PJSIP_HEADER(read,User-Agent)}" =~ "trunk-tcp"]?carrier-by-tcp:carrier)})
		 same => n,Set(CALLERID(num)=0312345678)
		 same => n,Dial(PJSIP/${EXTEN}@${trunk},30)
		 same => n,Hangup()
		exten => _1[01][089],1,Set(CALLERID(num)=0312345678)
		 same => n,Dial(PJSIP/${EXTEN}@carrier,30)
		 same => n,Hangup()
		[from-carrier]
		exten => _031234567[1-7],1,Goto(internal,100${EXTEN:-1},1)
		exten => 0312345678,1,Answer()
		 same => n,Set(TIMEOUT(digit)=1)
		 same => n,DISA(no-password,internal)
	CONF
}

# lab_asterisk_start: starts it and waits until it listens. Its log: $LAB_STATE/asterisk.log
lab_asterisk_start() {
	local root
	root=$("$LAB_FOLDER/asterisk-root") || { echo "lab_asterisk_start: no Asterisk (tests/lab/asterisk-root --make)" >&2; return 1; }
	lab_asterisk_configuration "$LAB_STATE/asterisk"
	# shellcheck disable=SC2016 # the inner shell's
	lab_start pbx asterisk.log unshare --mount sh -c 'mount --bind "$1/asterisk" "$2/etc/pbxguard-lab" && mount -t proc proc "$2/proc" &&
		touch "$2/etc/hosts" && mount --bind "$1/asterisk/hosts" "$2/etc/hosts" && mount --bind "$1/asterisk/resolv.conf" "$2/etc/resolv.conf" &&
		exec chroot "$2" /usr/sbin/asterisk -f -vvv -C /etc/pbxguard-lab/asterisk.conf' sh "$LAB_STATE" "$root"
	LAB_ASTERISK=$LAB_STARTED
	lab_wait_for 30 lab_listens pbx 0.0.0.0 5060 && lab_wait_for 10 lab_listens pbx 0.0.0.0 5060 t && return
	echo "lab_asterisk_start: it does not listen:" >&2
	tail -n 20 "$LAB_STATE/asterisk.log" >&2
	return 1
}

# lab_asterisk_forward EXTENSION NUMBER: calls for the extension go there from now on, as if set by a web page.
lab_asterisk_forward() {
	local root
	root=$("$LAB_FOLDER/asterisk-root") || return 1
	nsenter -t "$LAB_ASTERISK" --mount --net chroot "$root" asterisk -C /etc/pbxguard-lab/asterisk.conf \
		-rx "database put CF $1 $2" >"$LAB_STATE/forward.log"
}

# lab_disa NUMBER [OPTION of lab_call...]: calls the office from outside as 09000000777, and from its dial tone NUMBER.
lab_disa() {
	local scenario=$LAB_STATE/disa.xml number=$1 i
	shift
	{
		sed '/<!-- digits -->/,$d' "$LAB_FOLDER/disa.xml"
		# Asterisk looks at its clock when something comes: the # ends its waiting for more.
		number+="#"
		for ((i = 0; i < ${#number}; i++)); do
			[ "${number:i:1}" != "#" ] || echo '<pause milliseconds="1300"/>'
			sed -n '/<!-- digit -->/,/<!-- end of digit -->/p' "$LAB_FOLDER/disa.xml" | sed "s/DIGIT/${number:i:1}/; s/NUMBER/$((i + 2))/"
		done
		sed '1,/<!-- end of digits -->/d' "$LAB_FOLDER/disa.xml"
	} >"$scenario"
	lab_sipp "$scenario" 09000000777 0312345678 --incoming "$@"
}
