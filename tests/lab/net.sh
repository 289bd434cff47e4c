#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The laboratory's network, out of every other network's reach:
#
#   NAME-phone                     NAME-pbx                      NAME-carrier
#   198.51.100.11 … .20  eth0 ── lan  198.51.100.1
#                                  wan  203.0.113.1  ── eth0  203.0.113.2   the carrier's trunk
#                                                         lo   192.0.2.66   a stranger on the Internet
#
# and the same by IPv6: 2001:db8:51::/64 for the phones (::b … ::14), 2001:db8:113::/64 for the carrier.
#
# The stranger lives behind the carrier, as the Internet does: his address is in nobody's network,
# and the PBX reaches him by the carrier's router.

set -euo pipefail
# shellcheck source=tests/lab/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

usage() {
	echo "usage: net.sh up|down NAME" >&2
	exit 2
}

make_namespaces() {
	local role
	for role in phone pbx carrier; do
		ip netns add "$name-$role"
		ip -n "$name-$role" link set lo up
	done
}

# Ends of a cable: NAMESPACE INTERFACE ADDRESS/LENGTH; an IPv6 address serves at once.
plug() {
	case "$3" in
	*:*) ip -n "$1" address add "$3" dev "$2" nodad ;;
	*) ip -n "$1" address add "$3" dev "$2" ;;
	esac
	ip -n "$1" link set "$2" up
}

lay_phones_cable() {
	local extension
	ip -n "$name-pbx" link add lan type veth peer name eth0 netns "$name-phone"
	plug "$name-pbx" lan "$LAB_PBX_LAN/24"
	plug "$name-pbx" lan "$LAB_PBX_LAN6/64"
	for extension in $LAB_EXTENSIONS; do
		plug "$name-phone" eth0 "$(lab_phone_address "$extension")/24"
		plug "$name-phone" eth0 "$(lab_phone_address6 "$extension")/64"
	done
	ip -n "$name-phone" route add default via "$LAB_PBX_LAN"
	ip -n "$name-phone" route add default via "$LAB_PBX_LAN6"
}

lay_carrier_cable() {
	ip -n "$name-pbx" link add wan type veth peer name eth0 netns "$name-carrier"
	plug "$name-pbx" wan "$LAB_PBX_WAN/24"
	plug "$name-pbx" wan "$LAB_PBX_WAN6/64"
	plug "$name-carrier" eth0 "$LAB_CARRIER/24"
	plug "$name-carrier" eth0 "$LAB_CARRIER6/64"
	ip -n "$name-carrier" address add "$LAB_ATTACKER/32" dev lo
	ip -n "$name-carrier" route add default via "$LAB_PBX_WAN"
	ip -n "$name-carrier" route add default via "$LAB_PBX_WAN6"
	ip -n "$name-pbx" route add default via "$LAB_CARRIER"
	ip -n "$name-pbx" route add default via "$LAB_CARRIER6"
}

# A veth cable hands over packets whose checksum is not filled in yet, and a capture would keep them so.
fill_checksums() {
	ip netns exec "$1" /usr/bin/python3 "$LAB_FOLDER/fill-checksums" "$2"
}

refuse_second_use() {
	local role
	for role in phone pbx carrier; do
		[ ! -e "/run/netns/$name-$role" ] || { echo "net.sh: namespace $name-$role is there already" >&2; exit 1; }
	done
}

up() {
	refuse_second_use
	trap down EXIT # leaves nothing half made
	make_namespaces
	lay_phones_cable
	lay_carrier_cable
	fill_checksums "$name-pbx" lan
	fill_checksums "$name-pbx" wan
	fill_checksums "$name-phone" eth0
	fill_checksums "$name-carrier" eth0
	trap - EXIT
}

down() {
	local role
	for role in phone pbx carrier; do
		ip netns delete "$name-$role" 2>/dev/null || true
	done
}

[ $# -eq 2 ] || usage
name=$2
case "$1" in
up | down) "$1" ;;
*) usage ;;
esac
