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
#
# "up-routed" puts a router before the PBX, which keeps its two addresses but has one cable only:
#
#   NAME-phone               NAME-router                             NAME-carrier
#   198.51.100.11 …  eth0 ── lan  198.51.100.254
#                            wan  203.0.113.254  ── eth0  203.0.113.2 …
#                            dmz  ── eth0  198.51.100.1, 203.0.113.1  NAME-pbx
#
# with …::fe for the router by IPv6. There, cables merge and split segments and leave checksums to each
# other, as fast network cards do, and every end checks where packets come from (rp_filter).

set -euo pipefail
# shellcheck source=tests/lab/lab.sh
. "$(dirname "${BASH_SOURCE[0]}")/lab.sh"

usage() {
	echo "usage: net.sh up|up-routed|down NAME" >&2
	exit 2
}

# make_namespaces ROLE...
make_namespaces() {
	local role
	for role in "$@"; do
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

# lay_phones_cable ROLE ADDRESS ADDRESS6: to that host, which has these addresses there.
lay_phones_cable() {
	local extension
	ip -n "$name-$1" link add lan type veth peer name eth0 netns "$name-phone"
	plug "$name-$1" lan "$2/24"
	plug "$name-$1" lan "$3/64"
	for extension in $LAB_EXTENSIONS; do
		plug "$name-phone" eth0 "$(lab_phone_address "$extension")/24"
		plug "$name-phone" eth0 "$(lab_phone_address6 "$extension")/64"
	done
	ip -n "$name-phone" route add default via "$2"
	ip -n "$name-phone" route add default via "$3"
}

# lay_carrier_cable ROLE ADDRESS ADDRESS6
lay_carrier_cable() {
	ip -n "$name-$1" link add wan type veth peer name eth0 netns "$name-carrier"
	plug "$name-$1" wan "$2/24"
	plug "$name-$1" wan "$3/64"
	plug "$name-carrier" eth0 "$LAB_CARRIER/24"
	plug "$name-carrier" eth0 "$LAB_CARRIER6/64"
	ip -n "$name-carrier" address add "$LAB_ATTACKER/32" dev lo
	ip -n "$name-carrier" route add default via "$2"
	ip -n "$name-carrier" route add default via "$3"
	ip -n "$name-$1" route add default via "$LAB_CARRIER"
	ip -n "$name-$1" route add default via "$LAB_CARRIER6"
}

# lay_pbx_cable: from the router, who sends there what is for the PBX's addresses. Phones and carrier have to be told,
# as those are of their own networks.
lay_pbx_cable() {
	ip -n "$name-router" link add dmz type veth peer name eth0 netns "$name-pbx"
	plug "$name-router" dmz fe80::1/64
	plug "$name-pbx" eth0 fe80::2/64
	plug "$name-pbx" eth0 "$LAB_PBX_LAN/32"
	plug "$name-pbx" eth0 "$LAB_PBX_WAN/32"
	plug "$name-pbx" eth0 "$LAB_PBX_LAN6/128"
	plug "$name-pbx" eth0 "$LAB_PBX_WAN6/128"
	ip -n "$name-router" route add "$LAB_PBX_LAN" dev dmz
	ip -n "$name-router" route add "$LAB_PBX_WAN" dev dmz
	ip -n "$name-router" route add "$LAB_PBX_LAN6" via fe80::2 dev dmz
	ip -n "$name-router" route add "$LAB_PBX_WAN6" via fe80::2 dev dmz
	ip -n "$name-phone" route add "$LAB_PBX_LAN" via "$LAB_ROUTER_LAN"
	ip -n "$name-phone" route add "$LAB_PBX_LAN6" via "$LAB_ROUTER_LAN6"
	ip -n "$name-carrier" route add "$LAB_PBX_WAN" via "$LAB_ROUTER_WAN"
	ip -n "$name-carrier" route add "$LAB_PBX_WAN6" via "$LAB_ROUTER_WAN6"
	ip -n "$name-pbx" route add 198.51.100.0/24 via "$LAB_ROUTER_LAN" dev eth0 onlink src "$LAB_PBX_LAN"
	ip -n "$name-pbx" route add default via "$LAB_ROUTER_WAN" dev eth0 onlink src "$LAB_PBX_WAN"
	ip -n "$name-pbx" route add 2001:db8:51::/64 via fe80::1 dev eth0 src "$LAB_PBX_LAN6"
	ip -n "$name-pbx" route add default via fe80::1 dev eth0 src "$LAB_PBX_WAN6"
}

# A veth cable hands over packets whose checksum is not filled in yet, and a capture would keep them so.
fill_checksums() {
	ip netns exec "$1" /usr/bin/python3 "$LAB_FOLDER/fill-checksums" "$2"
}

refuse_second_use() {
	local role
	for role in phone pbx carrier router; do
		[ ! -e "/run/netns/$name-$role" ] || { echo "net.sh: namespace $name-$role is there already" >&2; exit 1; }
	done
}

up() {
	refuse_second_use
	trap down EXIT # leaves nothing half made
	make_namespaces phone pbx carrier
	lay_phones_cable pbx "$LAB_PBX_LAN" "$LAB_PBX_LAN6"
	lay_carrier_cable pbx "$LAB_PBX_WAN" "$LAB_PBX_WAN6"
	fill_checksums "$name-pbx" lan
	fill_checksums "$name-pbx" wan
	fill_checksums "$name-phone" eth0
	fill_checksums "$name-carrier" eth0
	trap - EXIT
}

up_routed() {
	local role
	refuse_second_use
	trap down EXIT
	make_namespaces phone pbx carrier router
	for role in phone pbx carrier router; do # before there are interfaces: they take it over
		ip netns exec "$name-$role" sysctl -qw net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.default.rp_filter=1
	done
	lay_phones_cable router "$LAB_ROUTER_LAN" "$LAB_ROUTER_LAN6"
	lay_carrier_cable router "$LAB_ROUTER_WAN" "$LAB_ROUTER_WAN6"
	lay_pbx_cable
	ip netns exec "$name-router" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	trap - EXIT
}

down() {
	local role
	for role in phone pbx carrier router; do
		ip netns delete "$name-$role" 2>/dev/null || true
	done
}

[ $# -eq 2 ] || usage
name=$2
case "$1" in
up | down) "$1" ;;
up-routed) up_routed ;;
*) usage ;;
esac
