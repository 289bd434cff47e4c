# SPDX-License-Identifier: GPL-2.0-or-later
"""What can stand around an IP packet in a capture: the packet itself, tunnels, link layers, file formats.

For generate-links and rewrap.py. A link layer is a function of (whether the packet goes forth or back, the packet)
that gives a frame; a tunnel is one of (forth, the packet, the tunnel's two ends) that gives the protocol and the
content of an outer IP packet. IP addresses are bytes.
"""

import ipaddress
import struct

ETHERTYPE_IPV4, ETHERTYPE_IPV6 = 0x0800, 0x86DD
ETHERTYPE_TRANSPARENT_ETHERNET, ETHERTYPE_PPP, ETHERTYPE_MPLS, ETHERTYPE_PPPOE = 0x6558, 0x880B, 0x8847, 0x8864
PROTOCOL_IPV4, PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_IPV6, PROTOCOL_GRE, PROTOCOL_MPLS = 4, 6, 17, 41, 47, 137
LINKTYPE_NULL, LINKTYPE_ETHERNET, LINKTYPE_RAW_ON_LINUX, LINKTYPE_RAW, LINKTYPE_IPV4 = 0, 1, 12, 101, 228
LINKTYPE_PPP, LINKTYPE_PPP_SERIAL, LINKTYPE_ERF = 9, 50, 197
LINKTYPE_LOOP, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2 = 108, 113, 276

# The ends of tunnels; nobody's address in the calls.
SWITCH, MONITOR = (ipaddress.ip_address(text).packed for text in ("203.0.113.10", "203.0.113.20"))
SWITCH6, MONITOR6 = (ipaddress.ip_address(text).packed for text in ("2001:db8:ffff::10", "2001:db8:ffff::20"))
SENDER_MAC, RECEIVER_MAC = bytes.fromhex("020000000014"), bytes.fromhex("020000000001")
DONT_FRAGMENT = 0x4000
ERF_SECONDS = 1_784_482_200  # in each ERF record; libpcap takes the time of its own header


# IP, UDP and TCP

def checksum(data):
    """The Internet checksum, RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def pseudo_header(source, destination, length, protocol):
    return source + destination + struct.pack("!II", length, protocol)


def udp(source, destination, payload, ports=(5060, 5060)):
    length = 8 + len(payload)
    header = struct.pack("!HHH", *ports, length)
    sum_of_all = checksum(pseudo_header(source, destination, length, PROTOCOL_UDP) + header + b"\0\0" + payload) or 0xFFFF
    return header + struct.pack("!H", sum_of_all) + payload


def tcp(ends, ports, sequence, acknowledgement, flags, payload=b""):
    """A segment. flags as in RFC 9293: FIN 1, SYN 2, RST 4, PSH 8, ACK 16."""
    header = struct.pack("!HHIIBBH", *ports, sequence, acknowledgement, 5 << 4, flags, 65535)
    content = pseudo_header(*ends, 20 + len(payload), PROTOCOL_TCP) + header + bytes(4) + payload
    return header + struct.pack("!H", checksum(content)) + bytes(2) + payload


def ipv4(source, destination, payload, identification, protocol=PROTOCOL_UDP, place=DONT_FRAGMENT, options=b""):
    """place: the flags and the offset of a fragment. options: a multiple of four bytes."""
    size = 20 + len(options)
    header = struct.pack("!BBHHHBBH", 0x40 | size // 4, 0, size + len(payload), identification, place, 64, protocol, 0)
    header += source + destination + options
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def ipv6(source, destination, payload, protocol=PROTOCOL_UDP):
    start = struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64)
    return start + source + destination + payload


def ipv6_with_extensions(source, destination, payload, protocol=PROTOCOL_UDP):
    """Hop-by-hop options, then destination options, each of them padding (PadN) only, then the payload."""
    hop_by_hop, destination_options = 0, 60
    padding_to_8 = bytes([1, 4, 0, 0, 0, 0])
    padding_to_16 = bytes([1, 12]) + bytes(12)
    extensions = bytes([destination_options, 0]) + padding_to_8 + bytes([protocol, 1]) + padding_to_16
    return ipv6(source, destination, extensions + payload, hop_by_hop)


def version_of(packet):
    return packet[0] >> 4


def ethertype_of(packet):
    return ETHERTYPE_IPV6 if version_of(packet) == 6 else ETHERTYPE_IPV4


# Link layers: each puts its header before an IP packet

def frame(forth, content, ethertype, tags=b""):
    """An Ethernet frame, padded to the 60 bytes that a cable wants; with rubbish, as some cards do."""
    addresses = RECEIVER_MAC + SENDER_MAC if forth else SENDER_MAC + RECEIVER_MAC
    whole = addresses + tags + struct.pack("!H", ethertype) + content
    return whole + b"\x5a" * (60 - len(whole))


def ethernet(forth, packet, tags=b""):
    return frame(forth, packet, ethertype_of(packet), tags)


def vlan(forth, packet):
    return ethernet(forth, packet, tags=struct.pack("!HH", 0x8100, 10))


def qinq(forth, packet):
    return ethernet(forth, packet, tags=struct.pack("!HHHH", 0x88A8, 100, 0x8100, 10))


def old_qinq(forth, packet):
    return ethernet(forth, packet, tags=struct.pack("!HHHH", 0x9100, 100, 0x8100, 10))


def linux_cooked_v1(forth, packet):
    to_us, from_us, ethernet_device = 0, 4, 1
    sender = SENDER_MAC if forth else RECEIVER_MAC
    kind = to_us if forth else from_us
    return struct.pack("!HHH6s2xH", kind, ethernet_device, 6, sender, ethertype_of(packet)) + packet


def linux_cooked_v2(forth, packet):
    to_us, from_us, ethernet_device, interface = 0, 4, 1, 2
    sender = SENDER_MAC if forth else RECEIVER_MAC
    kind = to_us if forth else from_us
    return struct.pack("!HHIHBB6s2x", ethertype_of(packet), 0, interface, ethernet_device, kind, 6, sender) + packet


def linux_cooked_forgotten_tag(forth, packet):
    """As newer kernels give a frame with two tags: what is left of the inner one stands before the packet."""
    head = linux_cooked_v1(forth, packet)[:16]
    return head + struct.pack("!HH", 10, ethertype_of(packet)) + packet


def loopback_little_endian(_, packet):
    return struct.pack("<I", 10 if version_of(packet) == 6 else 2) + packet


def loopback_big_endian(_, packet):
    return struct.pack(">I", 24 if version_of(packet) == 6 else 2) + packet


def raw(_, packet):
    return packet


def ppp_number(packet):
    return 0x0057 if version_of(packet) == 6 else 0x0021


def pppoe(forth, packet, tags=b""):
    """RFC 2516, session 42."""
    session = struct.pack("!BBHHH", 0x11, 0, 42, 2 + len(packet), ppp_number(packet))
    return frame(forth, session + packet, ETHERTYPE_PPPOE, tags)


def pppoe_in_vlan(forth, packet):
    return pppoe(forth, packet, tags=struct.pack("!HH", 0x8100, 7))


def labels(*numbers):
    """An MPLS label stack, RFC 3032."""
    last = len(numbers) - 1
    return b"".join(struct.pack("!I", label << 12 | (n == last) << 8 | 64) for n, label in enumerate(numbers))


def mpls(forth, packet):
    return frame(forth, labels(100, 200) + packet, ETHERTYPE_MPLS)


def mpls_pseudowire(forth, packet):
    control_word = bytes(4)
    return frame(forth, labels(100, 300) + control_word + vlan(forth, packet), ETHERTYPE_MPLS)


def ppp(_, packet):
    return struct.pack("!H", ppp_number(packet)) + packet


def ppp_serial(_, packet):
    address_and_control = 0xFF03
    return struct.pack("!HB", address_and_control, ppp_number(packet)) + packet


def cisco_serial(_, packet):
    return struct.pack("!BBH", 0x0F, 0, ethertype_of(packet)) + packet


def erf(forth, packet):
    """Endace's record with one extension header, and padding to a multiple of eight bytes."""
    ethernet_extended, varying_length = 0x80 | 2, 4
    content = ethernet(forth, packet)
    record = struct.pack("!Q", 0x0E << 56 | 0x123456) + bytes(2) + content
    record += bytes(-len(record) % 8)
    return struct.pack("<Q", ERF_SECONDS << 32) + struct.pack("!BBHHH", ethernet_extended, varying_length,
                                                             16 + len(record), 0, len(content)) + record


# Tunnels: each gives the protocol and the content of the outer packet

def ip_in_ip(_, packet, __):
    return (PROTOCOL_IPV6 if version_of(packet) == 6 else PROTOCOL_IPV4), packet


def mpls_in_ip(_, packet, __):
    return PROTOCOL_MPLS, labels(100, 200) + packet


def gre_header(flags, protocol, *values):
    return struct.pack("!HH", flags, protocol) + b"".join(struct.pack("!I", value) for value in values)


def gre(_, packet, __):
    key = 0x2000
    return PROTOCOL_GRE, gre_header(key, ethertype_of(packet), 42) + packet


def gre_with_everything(_, packet, __):
    """Checksum, key, sequence number, and the routing that RFC 1701 had: one entry, then the empty one."""
    checksum_routing_key_sequence = 0xF000
    routing = struct.pack("!HBBI", 0x0800, 0, 4, 0) + bytes(4)
    return PROTOCOL_GRE, gre_header(checksum_routing_key_sequence, ethertype_of(packet), 0, 42, 1) + routing + packet


def gre_ethernet(forth, packet, _):
    return PROTOCOL_GRE, gre_header(0, ETHERTYPE_TRANSPARENT_ETHERNET) + vlan(forth, packet)


def gre_mpls(_, packet, __):
    return PROTOCOL_GRE, gre_header(0, ETHERTYPE_MPLS) + labels(100) + packet


def gre_ppp(_, packet, __):
    return PROTOCOL_GRE, gre_header(0, ETHERTYPE_PPP) + ppp(True, packet)


def pptp(_, packet, __):
    """RFC 2637: version 1; the length and the call stand where the key does."""
    key_and_sequence, call = 0x3001, 42
    content = struct.pack("!HH", 0xFF03, ppp_number(packet)) + packet
    return PROTOCOL_GRE, gre_header(key_and_sequence, ETHERTYPE_PPP, len(content) << 16 | call, 1) + content


def pptp_acknowledging(_, packet, __):
    """With an acknowledgement, and the protocol compressed to a byte."""
    key_sequence_acknowledgement, call = 0x3081, 42
    content = struct.pack("!B", ppp_number(packet)) + packet
    return PROTOCOL_GRE, gre_header(key_sequence_acknowledgement, ETHERTYPE_PPP, len(content) << 16 | call, 2, 1) + content


def erspan_1(forth, packet, _):
    return PROTOCOL_GRE, gre_header(0, 0x88BE) + ethernet(forth, packet)


def erspan_2(forth, packet, _):
    sequence, header = 0x1000, struct.pack("!II", 1 << 28 | 10 << 16 | 1, 2)
    return PROTOCOL_GRE, gre_header(sequence, 0x88BE, 1) + header + ethernet(forth, packet)


def erspan_3(forth, packet, _):
    sequence, platform_follows = 0x1000, 1
    header = struct.pack("!IIHHQ", 2 << 28 | 10 << 16 | 1, 0, 0, platform_follows, 0)
    return PROTOCOL_GRE, gre_header(sequence, 0x22EB, 1) + header + ethernet(forth, packet)


def erspan_3_ip(_, packet, __):
    """Without what only the platform understands; a mirrored IP packet."""
    sequence, an_ip_packet = 0x1000, 2 << 10
    header = struct.pack("!IIHH", 2 << 28 | 10 << 16 | 1, 0, 0, an_ip_packet)
    return PROTOCOL_GRE, gre_header(sequence, 0x22EB, 1) + header + packet


def udp_tunnelled(ends, port, content):
    return PROTOCOL_UDP, udp(*ends, content, (50000, port))


def vxlan_header():
    return struct.pack("!II", 0x08 << 24, 42 << 8)


def vxlan(forth, packet, ends):
    return udp_tunnelled(ends, 4789, vxlan_header() + ethernet(forth, packet))


def geneve(forth, packet, ends):
    option = struct.pack("!HBBI", 0xFFFF, 0, 1, 0)
    header = struct.pack("!BBHI", len(option) // 4, 0, ETHERTYPE_TRANSPARENT_ETHERNET, 42 << 8)
    return udp_tunnelled(ends, 6081, header + option + ethernet(forth, packet))


def geneve_ip(_, packet, ends):
    return udp_tunnelled(ends, 6081, struct.pack("!BBHI", 0, 0, ethertype_of(packet), 42 << 8) + packet)


def gtp_u(_, packet, ends):
    """3GPP TS 29.281 with a sequence number and a PDU session container."""
    flags, user_packet, session_container = 0x30 | 0x04 | 0x02, 255, 0x85
    content = struct.pack("!HBB", 1, 0, session_container) + bytes([1, 0x10, 1, 0]) + packet
    return udp_tunnelled(ends, 2152, struct.pack("!BBHI", flags, user_packet, len(content), 42) + content)


def gtp_u_plain(_, packet, ends):
    return udp_tunnelled(ends, 2152, struct.pack("!BBHI", 0x30, 255, len(packet), 42) + packet)


def pppoe_in_vxlan(forth, packet, ends):
    return udp_tunnelled(ends, 4789, vxlan_header() + pppoe(forth, packet))


# File formats. What was captured is (microseconds since 1970, bytes, bytes on the wire).

def pcap(records, link_type, order="<", nanoseconds=False):
    magic, parts = (0xA1B23C4D, 1_000_000_000) if nanoseconds else (0xA1B2C3D4, 1_000_000)
    content = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link_type)]
    for time, data, on_wire in records:
        seconds, microseconds = divmod(time, 1_000_000)
        fraction = microseconds * (parts // 1_000_000)
        content += struct.pack(order + "IIII", seconds, fraction, len(data), on_wire), data
    return b"".join(content)


def pcapng_block(kind, body):
    body += bytes(-len(body) % 4)
    length = 12 + len(body)
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)


def pcapng(records, *link_types):
    """The interfaces take turns."""
    section, interface, enhanced_packet = 0x0A0D0D0A, 1, 6
    content = [pcapng_block(section, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))]
    content += [pcapng_block(interface, struct.pack("<HHI", link_type, 0, 65535)) for link_type in link_types]
    for number, (time, data, on_wire) in enumerate(records):
        high, low = divmod(time, 1 << 32)
        head = struct.pack("<IIIII", number % len(link_types), high, low, len(data), on_wire)
        content.append(pcapng_block(enhanced_packet, head + data))
    return b"".join(content)
