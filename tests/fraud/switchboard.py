# SPDX-License-Identifier: GPL-2.0-or-later
"""Makes whole calls, as phones, an office's PBX and its carrier write them: each leg through the PBX is a dialog of its own,
with its own Call-ID, as of a back-to-back user agent. The addresses are those of tests/lab.
"""
import hashlib
import heapq
import struct

import frames
from dice import Dice
from scenario import SECOND, fill
from sip_leg import Leg, Wire

PBX_LAN, PBX_WAN = ("198.51.100.1", 5060), ("203.0.113.1", 5060)
CARRIER = ("203.0.113.2", 5060)
FORKS = [f"203.0.113.{number}" for number in range(2, 10)]  # of the carrier's addresses
STRANGER = "192.0.2.66"
LAN, WAN = 2_000, 20_000  # microseconds to a phone, to the carrier
PBX_AGENT, CARRIER_AGENT = "LabPBX 1.0", "CarrierSwitch/7"
MAIN_NUMBER = "0312345678"
DIGITS_BY_DISA = 12 * SECOND  # to be asked for a code, dial it, and dial the number


def phone_address(extension):
    """As in tests/lab/lab.sh: 198.51.100.11 for 1001."""
    return f"198.51.100.{10 + int(extension) - 1000}"


def direct_number(extension):
    """As in tests/lab/pbx.cfg, as far as that has them."""
    return f"031234{5670 + int(extension) - 1000}"


class Switchboard:
    """Makes one call's messages on a wire."""

    def __init__(self, call):
        self.call = call
        self.dice = Dice(call.seed)
        self.wire = Wire(self.dice, call.loss, call.repeats)
        self.leg_count = 0

    def call_id(self, host):
        self.leg_count += 1
        name = hashlib.blake2b(f"{self.call.seed} {self.leg_count}".encode(), digest_size=10).hexdigest()
        self.call.call_ids.add(f"{name}@{host}")
        return f"{name}@{host}"

    def leg(self, caller, called, number, shown, agents, headers=""):
        return Leg(self.wire, caller, called, number=number, shown=shown, call_id=self.call_id(caller[0]), agent=agents[0],
                   called_agent=agents[1], headers=headers)

    def source(self):
        place = self.call.source
        if place == "phone":
            place = phone_address(self.call.account if self.call.account != "none" else self.call.caller)
        elif place == "stranger":
            place = STRANGER
        self.call.source_address = fill(place, self.dice)
        return self.call.source_address, self.call.port

    def credentials(self):
        return (f'Proxy-Authorization: Digest username="{self.call.account}", realm="office", nonce="n0nce", '
                f'uri="sip:{self.call.dialled}@office", response="{self.dice.below(1 << 52):013x}"\r\n')

    # ---- legs

    def from_phone(self, time, headers=""):
        """Asked for credentials, unless nobody asks. Returns the leg and when it was let in, None if never."""
        caller = self.source()
        pbx = PBX_LAN if caller[0].startswith("198.51.100.") else PBX_WAN
        leg = self.leg(caller, pbx, self.call.dialled, self.call.caller, (self.call.agent, PBX_AGENT), headers)
        time = leg.invite(time)
        if self.call.account != "none":
            leg.challenge(time + LAN)
            time += 3 * LAN
            if self.call.ends == "challenged":
                return leg, None
            time = leg.invite(time, self.credentials())
        return leg, time + LAN

    def to_carrier(self, time, headers=""):
        """Returns the leg, which rings, and when it was asked."""
        leg = self.leg(PBX_WAN, CARRIER, self.call.dialled, self.call.shown, (PBX_AGENT, CARRIER_AGENT), headers)
        if self.call.forks > 1:
            time = leg.fork(time, FORKS[:self.call.forks])
        else:
            time = leg.invite(time)
        leg.answer(time + WAN, 100)
        for number in range(self.call.forks):
            leg.answer(time + 3 * WAN + 500 * number, 183 if number % 2 else 180, source=(FORKS[number], 5060),
                       tag=leg.to_tag + (str(number) if number else ""))
        return leg, time

    def to_phone(self, time, extension):
        leg = self.leg(PBX_LAN, (phone_address(extension), 5060), extension, self.call.caller,
                       (PBX_AGENT, "OfficePhone/2.1"))
        time = leg.invite(time)
        leg.answer(time + LAN, 180)
        return leg, time

    def from_carrier(self, time, number):
        leg = self.leg(CARRIER, PBX_WAN, number, self.call.caller, (CARRIER_AGENT, PBX_AGENT))
        time = leg.invite(time)
        leg.answer(time + 1_000, 100)
        return leg, time

    # ---- the end of a call over two legs, of which the second was asked when the first had been let in

    def ring_and_end(self, first, second, time, delay):
        """time: when the second leg was asked; delay: how far away its called side is. Rings both, and ends them."""
        call = self.call
        first.answer(time + 4 * delay, 180)
        over = time + 4 * delay + call.ring
        if call.ends == "answered":
            second.take_up(over, delay)
            first.take_up(over + 2_000, LAN)
            call.answered = over
            self.talk(first, second, over + 4_000, delay)
        elif call.ends == "unanswered":
            first.cancel(over, 2_000)
            second.cancel(over + 4_000, delay)
        else:
            status = 486 if call.ends == "busy" else 503
            second.refuse(time + 5 * delay, status)
            first.refuse(time + 6 * delay, status)

    def talk(self, first, second, time, delay):
        call = self.call
        end = time + call.talk
        refreshed = time + call.refresh
        while call.refresh and refreshed < end - SECOND:
            second.refresh(refreshed, delay, "Session-Expires: 1800;refresher=uac\r\n")
            refreshed += call.refresh
        call.ended = end
        first.hang_up(end, LAN)
        second.hang_up(end + 2_000, delay)

    # ---- kinds of calls

    def dialled(self):
        leg, time = self.from_phone(self.call.begins)
        if time is None:
            return
        if self.call.ends == "refused":
            leg.refuse(time, 404)
            return
        leg.answer(time, 100)
        if len(self.call.dialled) == 4:
            self.ring_and_end(leg, *self.to_phone(time + 3_000, self.call.dialled), LAN)
        else:
            self.ring_and_end(leg, *self.to_carrier(time + 3_000), WAN)

    def incoming(self):
        """Rings all of its phones; the first takes it."""
        extensions = self.call.via.split("+")
        leg, time = self.from_carrier(self.call.begins,
                                      direct_number(extensions[0]) if len(extensions) == 1 else MAIN_NUMBER)
        time += 3_000
        others = [self.to_phone(time + 500 * number, extension)[0] for number, extension in enumerate(extensions[1:], 1)]
        self.ring_and_end(leg, *self.to_phone(time, extensions[0]), LAN)
        for other in others:
            other.cancel((self.call.answered or time + self.call.ring) + LAN, LAN)

    def out_and_up(self, time, inbound, headers=""):
        """The PBX calls abroad for a call that came in: both are up until the one abroad ends."""
        call = self.call
        leg, time = self.to_carrier(time, headers)
        time += 4 * WAN + call.ring
        call.answered, call.ended = time, time + call.talk
        leg.take_up(time, WAN)
        inbound.hang_up(call.ended, WAN)
        leg.hang_up(call.ended + 2_000, WAN)

    def disa(self):
        inbound, time = self.from_carrier(self.call.begins, MAIN_NUMBER)
        inbound.take_up(time + 300_000, WAN)
        self.out_and_up(time + DIGITS_BY_DISA, inbound)

    def forwarded(self):
        inbound, time = self.from_carrier(self.call.begins, direct_number(self.call.via))
        inbound.answer(time + 10_000, 180)
        self.out_and_up(time + 5_000, inbound,
                        f"Diversion: <sip:{self.call.via}@{PBX_WAN[0]}>;reason=unconditional\r\n")
        inbound.take_up(self.call.answered + 2_000, WAN)

    def transferred(self):
        inbound, time = self.from_carrier(self.call.begins, direct_number(self.call.via))
        phone, time = self.to_phone(time + 3_000, self.call.via)
        inbound.answer(time + 10_000, 180)
        time += 4 * SECOND
        phone.take_up(time, LAN)
        inbound.take_up(time + 2_000, WAN)
        time += 20 * SECOND
        phone.in_reverse("REFER", time, LAN, 202, f"Refer-To: <sip:{self.call.dialled}@{PBX_LAN[0]}>\r\n"
                         f"Referred-By: <sip:{self.call.via}@{PBX_LAN[0]}>\r\n")
        phone.in_reverse("BYE", time + 200_000, LAN, 200)
        self.out_and_up(time + 20_000, inbound)


def messages(call, only_trunk):
    """(time, frame) of a call; notes in it what became of it."""
    board = Switchboard(call)
    getattr(board, call.how)()
    if only_trunk:
        board.wire.keep(FORKS)
    return board.wire.frames()


def capture(calls, only_trunk=False):
    """The packets of all calls, which are in order of their beginning, as a pcap file in pieces."""
    yield frames.pcap([], frames.LINKTYPE_ETHERNET)
    waiting, number = [], 0
    for call in calls:
        while waiting and waiting[0][0] < call.begins:
            yield record(heapq.heappop(waiting))
        for time, frame in messages(call, only_trunk):
            number += 1
            heapq.heappush(waiting, (time, number, frame))
    while waiting:
        yield record(heapq.heappop(waiting))


def record(item):
    time, _, frame = item
    return struct.pack("<IIII", *divmod(time, SECOND), len(frame), len(frame)) + frame
