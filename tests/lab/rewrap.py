#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""rewrap.py CAPTURE FOLDER WORD...: writes the same SIP traffic as another network would have brought it.

CAPTURE is a pcap file of Ethernet frames with SIP over IPv4 and UDP. The words are followed from left to right, from the
innermost to the outermost: what becomes of the messages, of the packets, their tunnels, one link layer, one file format.
"rewrap.py office.pcap out tcp fragments gre/6 fragments vlan pcapng" puts the messages on TCP, cuts the segments into
fragments, tunnels each by GRE over IPv6, cuts the tunnel's packets into fragments again, and so on. The words alone say
what comes out: they are the seed, so the bytes are the same at every run.

What must not change is when a message is whole. Pieces come before the time of the packet they are made of, the last one
at that time; where a piece alone can complete a message, none comes before the packet that went before. So whoever answers
still answers after he was asked, and of a call's two legs the PBX's still is the second.
"""

import functools
import gzip
import ipaddress
import itertools
import pathlib
import struct
import sys

import frames
from dice import Dice

SPREAD = 5_000  # microseconds; so early the first piece of a packet may come
BURST = 300  # microseconds; what fragments take on the wire
MIRROR_DELAY = 40  # microseconds
KEEP_ALIVE = 1_800_000_000  # microseconds; so long a connection is silent at most
WANDER = 20_000  # microseconds; so far a packet that decides nothing is moved
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MORE_FRAGMENTS = 0x2000
IPV6_FRAGMENT, IPV6_HOP_BY_HOP = 44, 0
MAPPED = "2001:db8:6464::"  # the first 12 bytes of the IPv6 address that an IPv4 address becomes


def read_capture(path):
    """Returns (microseconds, IP packet) of a pcap file made on Ethernet, little endian."""
    content = pathlib.Path(path).read_bytes()
    packets = []
    offset = 24
    while offset < len(content):
        seconds, microseconds, captured = struct.unpack_from("<III", content, offset)
        packets.append((seconds * 1_000_000 + microseconds, content[offset + 16 + 14:offset + 16 + captured]))
        offset += 16 + captured
    return packets


def by_time(packets):
    return sorted(packets, key=lambda packet: packet[0])


def header_size(packet):
    """Of an IPv4 packet, or of an IPv6 packet with the options for every hop, which each fragment repeats."""
    if frames.version_of(packet) == 4:
        return packet[0] % 16 * 4
    return 40 + (8 + packet[41] * 8 if packet[6] == IPV6_HOP_BY_HOP else 0)


def ends_of(packet):
    """Source and destination."""
    at, size = (12, 4) if frames.version_of(packet) == 4 else (8, 16)
    return packet[at:at + size], packet[at + size:at + 2 * size]


def sip_of(packet):
    """The message in a datagram over IPv4."""
    return packet[header_size(packet) + 8:]


# Fragments

class Datagram:
    """One that is cut: packets of its pieces. Of IPv4 it may be a fragment, which a router cuts once more."""

    def __init__(self, packet, identification):
        self.version = frames.version_of(packet)
        self.size_of_header = header_size(packet)
        self.header = packet[:self.size_of_header]
        self.payload = packet[self.size_of_header:]
        self.identification, self.place = identification, 0
        if self.version == 4:
            old_identification, place = struct.unpack_from("!HH", packet, 4)
            if place & 0x3FFF:
                self.identification, self.place = old_identification, place & 0x3FFF

    def piece(self, start, end):
        more = end < len(self.payload) or self.place & MORE_FRAGMENTS
        if self.version == 6:
            return self.ipv6_piece(start, end, more)
        place = (self.place & 0x1FFF) + start // 8 | (MORE_FRAGMENTS if more else 0)
        options, protocol = self.header[20:], self.header[9]
        return frames.ipv4(*ends_of(self.header), self.payload[start:end], self.identification, protocol, place, options)

    def ipv6_piece(self, start, end, more):
        """RFC 8200, section 4.5: the fragment header behind the options for every hop."""
        options = bytearray(self.header[40:])
        next_at = options if options else self.header[6:7]
        fragment = struct.pack("!BBHI", next_at[0], 0, start | bool(more), self.identification)
        first = IPV6_FRAGMENT
        if options:
            options[0], first = IPV6_FRAGMENT, IPV6_HOP_BY_HOP
        return frames.ipv6(*ends_of(self.header), bytes(options) + fragment + self.payload[start:end], first)


def cuts(dice, size, low, high):
    """(start, end) of pieces between low and high bytes; all but the last are multiples of eight."""
    start = 0
    while start < size:
        end = min(size, start + dice.between(low // 8, high // 8) * 8)
        yield start, end
        start = end


def with_copies(dice, places):
    """Now and then something that is there already comes again: a piece, a part of it, two pieces that touch."""
    there = []
    for number, (start, end) in enumerate(places):
        yield start, end
        there.append((start, end))
        if number + 1 < len(places) and dice.below(3) == 0:
            start, end = dice.one_of(there)
            end = next((other_end for other, other_end in there if other == end), end)
            start += dice.below((end - start + 7) // 8) * 8
            yield start, end


def fragments(packets, dice, sizes=(8, 400), order="in order", copies=False, spread=BURST):
    cut = []
    for number, (time, packet) in enumerate(packets, 1):
        datagram = Datagram(packet, number & 0xFFFF)
        places = list(cuts(dice, len(datagram.payload), *sizes))
        if len(places) == 1 and datagram.place == 0:
            cut.append((time, packet))
            continue
        if order == "reversed":
            places.reverse()
        elif order == "shuffled":
            places = dice.shuffled(places)
        if copies:
            places = list(with_copies(dice, places))
        times = dice.times(len(places), time - spread, time)
        cut += [(piece_time, datagram.piece(start, end)) for piece_time, (start, end) in zip(times, places)]
    return by_time(cut)


# TCP

class Stream:
    """One direction of a connection."""

    def __init__(self, start):
        self.start = start  # sequence number of the first byte
        self.sent = b""  # or about to be: all bytes from the start on
        self.shown = 0  # so many were cut into segments
        self.received = 0  # so many were acknowledged


class Connection:
    """Of two endpoints; its streams by who sends."""

    def __init__(self, dice, flow):
        self.streams = {}
        for sender in (flow, flow[::-1]):
            # Half of the streams come past the end of the sequence numbers soon.
            start = dice.below(1 << 32) if dice.below(2) else (1 << 32) - dice.below(2000)
            self.streams[sender] = Stream(start)
        self.last = 0

    def segment(self, flow, flags, start, payload=b""):
        """start: the first byte's place in the stream; a SYN stands before the first byte."""
        (source, source_port), (destination, destination_port) = flow
        mine, others = self.streams[flow], self.streams[flow[::-1]]
        acknowledged = others.start + others.received if flags & ACK else 0
        return frames.tcp((source, destination), (source_port, destination_port), (mine.start + start) % (1 << 32),
                          acknowledged % (1 << 32), flags, payload)

    def data(self, flow, start, end):
        return self.segment(flow, PSH | ACK, start, self.streams[flow].sent[start:end])


class TcpWriter:
    """Puts messages on TCP, between the same endpoints as before."""

    def __init__(self, dice, options):
        self.dice, self.options = dice, options
        self.connections = {}
        self.numbers = itertools.count(1)
        self.packets = []

    def add(self, time, flow, segment):
        source, destination = flow[0][0], flow[1][0]
        number = next(self.numbers) & 0xFFFF
        self.packets.append((time, frames.ipv4(source, destination, segment, number, frames.PROTOCOL_TCP)))

    def connect(self, flow, time):
        """Before any piece of the message can come."""
        connection = Connection(self.dice, flow)
        self.connections[frozenset(flow)] = connection
        if "handshake" in self.options:
            times = self.dice.times(3, time - 2 * SPREAD, time - SPREAD)
            self.add(times[0], flow, connection.segment(flow, SYN, -1))
            self.add(times[1], flow[::-1], connection.segment(flow[::-1], SYN | ACK, -1))
            self.add(times[2], flow, connection.segment(flow, ACK, 0))
        return connection

    def close(self, connection, flow, time):
        """In order, by force, or by a machine that was switched off."""
        how = self.dice.below(3)
        end = len(connection.streams[flow].sent)
        if how == 0:
            self.add(time, flow, connection.segment(flow, FIN | ACK, end))
            self.add(time, flow[::-1], connection.segment(flow[::-1], FIN | ACK, len(connection.streams[flow[::-1]].sent)))
        elif how == 1:
            self.add(time, flow, connection.segment(flow, RST, end))

    def keep_alive(self, connection, flow, time):
        """Both ends repeat an old byte now and then (RFC 9293, section 3.8.4)."""
        while connection.last + KEEP_ALIVE < time:
            connection.last += KEEP_ALIVE
            for sender in (flow, flow[::-1]):
                end = connection.streams[sender].shown
                if end > 0:
                    self.add(connection.last, sender, connection.data(sender, end - 1, end))

    def connection_for(self, flow, time):
        connection = self.connections.get(frozenset(flow))
        if connection is not None and "again" in self.options and time - connection.last > 60_000_000:
            self.close(connection, flow, time - 2 * SPREAD)
            connection = None
        if connection is None:
            connection = self.connect(flow, time)
        elif "handshake" in self.options:
            self.keep_alive(connection, flow, time)
        connection.last = time
        return connection

    def ordered(self, places):
        if "late" in self.options:  # nothing can be read before the first segment, which comes last
            return self.dice.shuffled(places[1:]) + places[:1]
        return self.dice.shuffled(places) if "disorder" in self.options else places

    def with_repeats(self, stream, places, end):
        """Segments that come again, cut as before or elsewhere."""
        for place in places:
            yield place
            if "repeated" in self.options and self.dice.below(3) == 0:
                start = self.dice.between(max(0, end - 2000), end - 1)
                yield self.dice.one_of(places) if self.dice.below(2) else (start, self.dice.between(start + 1, end))

    def write(self, flow, message, earliest, time, hold):
        """hold: so many bytes at the end wait for the next message."""
        connection = self.connection_for(flow, time)
        stream = connection.streams[flow]
        if "line-ends" in self.options and self.dice.below(3) == 0:
            stream.sent += b"\r\n\r\n"  # RFC 5626, section 3.5.1
        stream.sent += message
        end = len(stream.sent) - hold
        low, high = (1, 40) if "tiny" in self.options else (1, 1400)
        places, start = [], stream.shown
        while start < end:
            places.append((start, min(end, start + self.dice.between(low, high))))
            start = places[-1][1]
        places = list(self.with_repeats(stream, self.ordered(places), end))
        earliest = time - SPREAD if "late" in self.options else earliest
        for piece_time, place in zip(self.dice.times(len(places), earliest, time), places):
            self.add(piece_time, flow, connection.data(flow, *place))
        stream.shown = stream.received = end
        self.add(time, flow[::-1], connection.segment(flow[::-1], ACK, connection.streams[flow[::-1]].shown))


def flow_of(packet):
    ports = struct.unpack_from("!HH", packet, header_size(packet))
    return tuple(zip(ends_of(packet), ports))


def body_size(message):
    return len(message) - message.index(b"\r\n\r\n") - 4


def followers(flows):
    """Of each packet the number of the next one that goes the same way; None: there is none."""
    following, seen = [None] * len(flows), {}
    for number in range(len(flows) - 1, -1, -1):
        following[number] = seen.get(flows[number])
        seen[flows[number]] = number
    return following


def tcp(packets, dice, options=()):
    """
    glued: what one end sends in a row is one piece of stream, and the end of a body waits for the next message. A header
    never waits, as that would move the message.
    """
    writer = TcpWriter(dice, options)
    flows = [flow_of(packet) for _, packet in packets]
    following = followers(flows)
    before = 0
    waiting = b""
    for number, (time, packet) in enumerate(packets):
        message = waiting + sip_of(packet)
        waiting = b""
        after = packets[following[number]][0] - time if "glued" in options and following[number] else 1 << 63
        if after < SPREAD and following[number] == number + 1:
            waiting = message
        else:
            hold = dice.below(body_size(sip_of(packet)) + 1) if after < 500_000 else 0
            writer.write(flows[number], message, max(before, time - SPREAD), time, hold)
        before = time
    return by_time(writer.packets)


# Packets

def decides(packet):
    """Does the order of this message among the others make a difference to what counts as a call?"""
    message = sip_of(packet)
    if message.startswith((b"INVITE ", b"BYE ")):
        return True
    return message[:8] == b"SIP/2.0 " and message[8:9] >= b"3" and b" INVITE\r\n" in message


def wandering(packets, dice, with_time=True):
    """What decides stays where it is, all else is moved. with_time: else the capture's times go back and forth."""
    moved = [(time if decides(packet) else dice.between(time - WANDER, time + WANDER), time, packet)
             for time, packet in packets]
    moved.sort(key=lambda entry: entry[0])
    return [(new if with_time else old, packet) for new, old, packet in moved]


def twice(packets, _):
    """As two mirror ports bring them."""
    return by_time(packets + [(time + MIRROR_DELAY, packet) for time, packet in packets])


def mapped(address):
    return ipaddress.ip_address(MAPPED).packed[:12] + address


def to_ipv6(packets, _):
    """Between other addresses; what stands in the messages remains."""
    translated = []
    prefix = mapped(b"")
    for time, packet in packets:
        ends = tuple(prefix + end for end in ends_of(packet))
        protocol, payload = packet[9], bytearray(packet[header_size(packet):])
        at = 6 if protocol == frames.PROTOCOL_UDP else 16
        payload[at:at + 2] = bytes(2)
        sum_of_all = frames.checksum(frames.pseudo_header(*ends, len(payload), protocol) + payload) or 0xFFFF
        struct.pack_into("!H", payload, at, sum_of_all)
        translated.append((time, frames.ipv6(*ends, bytes(payload), protocol)))
    return translated


def with_options(packets, _):
    """IPv4's: nothing, nothing, nothing, end. IPv6's: as generate-links has them."""
    filled = []
    for time, packet in packets:
        content = packet[header_size(packet):]
        if frames.version_of(packet) == 4:
            identification, place = struct.unpack_from("!HH", packet, 4)
            packet = frames.ipv4(*ends_of(packet), content, identification, packet[9], place, b"\1\1\1\0")
        else:
            packet = frames.ipv6_with_extensions(*ends_of(packet), content, packet[6])
        filled.append((time, packet))
    return filled


def lossy(packets, dice, one_in):
    return [packet for packet in packets if dice.below(one_in) > 0]


# Tunnels

TUNNELS = {
    "erspan-1": frames.erspan_1,
    "erspan-2": frames.erspan_2,
    "erspan-3": frames.erspan_3,
    "erspan-3-ip": frames.erspan_3_ip,
    "geneve": frames.geneve,
    "geneve-ip": frames.geneve_ip,
    "gre": frames.gre,
    "gre-ethernet": frames.gre_ethernet,
    "gre-everything": frames.gre_with_everything,
    "gre-mpls": frames.gre_mpls,
    "gre-ppp": frames.gre_ppp,
    "gtp-u": frames.gtp_u,
    "gtp-u-plain": frames.gtp_u_plain,
    "ip-in-ip": frames.ip_in_ip,
    "mpls-in-ip": frames.mpls_in_ip,
    "pppoe-in-vxlan": frames.pppoe_in_vxlan,
    "pptp": frames.pptp,
    "pptp-acknowledging": frames.pptp_acknowledging,
    "vxlan": frames.vxlan,
}


def outer_packet(number, version, tunnel, packet):
    if version == 6:
        ends = (frames.SWITCH6, frames.MONITOR6)
        protocol, content = tunnel(True, packet, ends)
        return frames.ipv6(*ends, content, protocol)
    ends = (frames.SWITCH, frames.MONITOR)
    protocol, content = tunnel(True, packet, ends)
    return frames.ipv4(*ends, content, number & 0xFFFF, protocol)


def tunnelled(packets, _, name, version):
    return [(time, outer_packet(number, version, TUNNELS[name], packet))
            for number, (time, packet) in enumerate(packets, 1)]


def any_tunnels(packets, dice):
    """Each packet in one to three."""
    names = sorted(TUNNELS)
    wrapped = []
    for number, (time, packet) in enumerate(packets, 1):
        for _ in range(dice.between(1, 3)):
            packet = outer_packet(number, dice.one_of((4, 6)), TUNNELS[dice.one_of(names)], packet)
        wrapped.append((time, packet))
    return wrapped


# The words

STEPS = {
    "any-tunnels": any_tunnels,
    "backwards": functools.partial(wandering, with_time=False),
    "fragments": fragments,
    "fragments-1480": functools.partial(fragments, sizes=(1480, 1480)),
    "fragments-8": functools.partial(fragments, sizes=(8, 8)),
    "fragments-interleaved": functools.partial(fragments, order="shuffled", spread=SPREAD),
    "fragments-repeated": functools.partial(fragments, sizes=(8, 120), order="shuffled", copies=True),
    "fragments-reversed": functools.partial(fragments, order="reversed"),
    "fragments-shuffled": functools.partial(fragments, order="shuffled"),
    "ipv6": to_ipv6,
    "lose-1-in-50": functools.partial(lossy, one_in=50),
    "options": with_options,
    "tcp": functools.partial(tcp, options=("handshake",)),
    "tcp-again": functools.partial(tcp, options=("handshake", "again", "glued", "disorder")),
    "tcp-disorder": functools.partial(tcp, options=("handshake", "disorder")),
    "tcp-glued": functools.partial(tcp, options=("handshake", "glued")),
    "tcp-line-ends": functools.partial(tcp, options=("handshake", "line-ends")),
    "tcp-late": functools.partial(tcp, options=("handshake", "late")),
    "tcp-midway": functools.partial(tcp, options=("glued",)),
    "tcp-repeated": functools.partial(tcp, options=("handshake", "disorder", "repeated")),
    "tcp-tiny": functools.partial(tcp, options=("handshake", "tiny", "glued", "disorder", "repeated")),
    "twice": twice,
    "wandering": wandering,
}

LINKS = {
    "cisco-serial": (frames.cisco_serial, frames.LINKTYPE_PPP_SERIAL),
    "erf": (frames.erf, frames.LINKTYPE_ERF),
    "ethernet": (frames.ethernet, frames.LINKTYPE_ETHERNET),
    "ipv4-only": (frames.raw, frames.LINKTYPE_IPV4),
    "linux-cooked-forgotten-tag": (frames.linux_cooked_forgotten_tag, frames.LINKTYPE_LINUX_SLL),
    "linux-cooked-v1": (frames.linux_cooked_v1, frames.LINKTYPE_LINUX_SLL),
    "linux-cooked-v2": (frames.linux_cooked_v2, frames.LINKTYPE_LINUX_SLL2),
    "loop": (frames.loopback_big_endian, frames.LINKTYPE_LOOP),
    "mpls": (frames.mpls, frames.LINKTYPE_ETHERNET),
    "mpls-pseudowire": (frames.mpls_pseudowire, frames.LINKTYPE_ETHERNET),
    "null": (frames.loopback_little_endian, frames.LINKTYPE_NULL),
    "old-qinq": (frames.old_qinq, frames.LINKTYPE_ETHERNET),
    "ppp": (frames.ppp, frames.LINKTYPE_PPP),
    "ppp-serial": (frames.ppp_serial, frames.LINKTYPE_PPP_SERIAL),
    "pppoe": (frames.pppoe, frames.LINKTYPE_ETHERNET),
    "pppoe-in-vlan": (frames.pppoe_in_vlan, frames.LINKTYPE_ETHERNET),
    "qinq": (frames.qinq, frames.LINKTYPE_ETHERNET),
    "raw": (frames.raw, frames.LINKTYPE_RAW),
    "raw-on-linux": (frames.raw, frames.LINKTYPE_RAW_ON_LINUX),
    "vlan": (frames.vlan, frames.LINKTYPE_ETHERNET),
}
ANY_ETHERNET = [link for link, number in LINKS.values() if number == frames.LINKTYPE_ETHERNET]
PARTS = ("ethernet", "linux-cooked-v1", "linux-cooked-v2", "raw", "null", "ppp", "erf")


def in_one_file(packets, _, link, number):
    return {"": ([(time, link(True, packet)) for time, packet in packets], number)}


def in_any_frames(packets, dice):
    """Tagged, labelled, in PPPoE or plain, in one file."""
    taken = [(time, dice.one_of(ANY_ETHERNET)(True, packet)) for time, packet in packets]
    return {"": (taken, frames.LINKTYPE_ETHERNET)}


def in_parts(packets, dice):
    """Each packet in one of several files of different link types, at a time of its own: that is what merges them."""
    parts = {"-" + name: ([], LINKS[name][1]) for name in PARTS}
    last = 0
    for time, packet in packets:
        last = max(time, last + 1)
        name = dice.one_of(PARTS)
        parts["-" + name][0].append((last, LINKS[name][0](True, packet)))
    return parts


def cut_file(records, number):
    """It ends in the middle of a packet."""
    whole = frames.pcap(records, number)
    return whole[:len(whole) * 3 // 5]


FORMATS = {
    "big-endian": lambda records, number: frames.pcap(records, number, ">"),
    "cut-file": cut_file,
    "gzip": lambda records, number: gzip.compress(frames.pcap(records, number), 1, mtime=0),
    "nanoseconds": lambda records, number: frames.pcap(records, number, nanoseconds=True),
    "pcap": frames.pcap,
    "pcapng": frames.pcapng,
    "pcapng-two-interfaces": lambda records, number: frames.pcapng(records, number, number),
    "pcapng-two-link-types": lambda records, number: frames.pcapng(records, number, frames.LINKTYPE_RAW),
    "snap-200": lambda records, number: frames.pcap([(time, data[:200], size) for time, data, size in records], number),
    "snap-500": lambda records, number: frames.pcap([(time, data[:500], size) for time, data, size in records], number),
}


def step_of(word):
    name, _, version = word.partition("/")
    if name in TUNNELS:
        return functools.partial(tunnelled, name=name, version=int(version or 4))
    if word not in STEPS:
        sys.exit(f"rewrap.py: no such word: {word}")
    return STEPS[word]


def laid_out(words):
    """Takes the words for link layer and file format off."""
    form, layer = FORMATS["pcap"], functools.partial(in_one_file, link=frames.ethernet, number=frames.LINKTYPE_ETHERNET)
    if words and words[-1] in FORMATS:
        form = FORMATS[words.pop()]
    if words and words[-1] in ("any-frames", "parts"):
        layer = in_any_frames if words.pop() == "any-frames" else in_parts
    elif words and words[-1] in LINKS:
        link, number = LINKS[words.pop()]
        layer = functools.partial(in_one_file, link=link, number=number)
    return layer, form


def rewrap(packets, way):
    """packets as from read_capture. Returns the captures as bytes, by what tells them apart in their names."""
    dice = Dice(way)
    words = way.split()
    layer, form = laid_out(words)
    for word in words:
        packets = step_of(word)(packets, dice)
    files = {}
    for name, (taken, number) in layer(packets, dice).items():
        files[name] = form([(time, frame, len(frame)) for time, frame in taken], number)
    return files


def write(packets, way, folder):
    """Returns the paths of the captures."""
    paths = []
    for name, content in rewrap(packets, way).items():
        paths.append(pathlib.Path(folder) / f"rewrapped{name}.pcap")
        paths[-1].write_bytes(content)
    return paths


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: rewrap.py CAPTURE FOLDER WORD...")
    print("\n".join(str(path) for path in write(read_capture(sys.argv[1]), " ".join(sys.argv[3:]), sys.argv[2])))
