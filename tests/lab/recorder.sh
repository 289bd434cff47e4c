# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Records what passes the PBX of the laboratory, and moves it to the times of a story. To be sourced after
# lab.sh; needs tcpdump and retime's python3.
#
#   recorder_start
#   recorder_piece 1784269800 60      # what follows is to begin at that time; 60 seconds before its BYE
#   lab_call 1001 0312340001
#   recorder_stop
#   recorder_write story.pcap

RECORDERS=()

recorder_fail() {
	echo "recorder: $*" >&2
	return 1
}

# recorder_start: on both sides of the PBX.
recorder_start() {
	local side
	for side in lan wan; do
		lab_start pbx "tcpdump-$side.log" tcpdump -n -i "$side" -U --immediate-mode -Z root -w "$LAB_STATE/$side.pcap" udp
		RECORDERS+=("$LAB_STARTED")
		lab_wait_for 10 grep -q 'listening on' "$LAB_STATE/tcpdump-$side.log" ||
			recorder_fail "tcpdump does not start on $side" || return
	done
}

# recorder_piece SECONDS PAUSE: when what follows is to begin, in seconds since 1970, and how many seconds are to be put
# in before its first BYE or CANCEL.
recorder_piece() {
	echo "$EPOCHREALTIME $1 $2" >>"$LAB_STATE/timeline"
}

recorder_stop() {
	local recorder
	for recorder in "${RECORDERS[@]}"; do
		lab_end "$recorder" INT
	done
	! grep -h 'dropped by kernel' "$LAB_STATE"/tcpdump-*.log | grep -qv '^0 ' ||
		recorder_fail "the kernel dropped packets"
}

# recorder_write OUTPUT: the recording, moved to the times of its pieces.
recorder_write() {
	"$LAB_FOLDER/retime" "$LAB_STATE/timeline" "$1" "$LAB_STATE/lan.pcap" "$LAB_STATE/wan.pcap"
}
