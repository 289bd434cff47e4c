# SPDX-License-Identifier: GPL-2.0-or-later
"""Finds the calls of a scenario in its recording: their Call-IDs, and when they were answered and ended."""
import ipaddress
import re

import rewrap

CALL_ID = re.compile(rb"^Call-ID: *(\S+)", re.MULTILINE)
CSEQ = re.compile(rb"^CSeq: *\d+ (\w+)", re.MULTILINE)
INVITE = re.compile(rb"INVITE sip:([^@;>]+)@")
HEADERS = 20 + 8  # IPv4 without options, UDP


def messages(path):
    """(time, source address, text, Call-ID) of each."""
    for time, packet in rewrap.read_capture(path):
        text = packet[HEADERS:]
        call_id = CALL_ID.search(text)
        if call_id:
            yield time, str(ipaddress.ip_address(packet[12:16])), text, call_id[1].decode()


def find(calls, path):
    """A call's messages are those to its number from its beginning until the next call to that number."""
    legs = {}  # Call-ID to call
    for time, source, text, call_id in messages(path):
        invite = INVITE.match(text)
        if invite:
            number = invite[1].decode()
            call = max((call for call in calls if call.dialled == number and call.begins <= time),
                       key=lambda call: call.begins, default=None)
            if call is not None:
                legs.setdefault(call_id, call).call_ids.add(call_id)
                call.source_address = call.source_address or source
        call = legs.get(call_id)
        if call is None:
            continue
        if text.startswith(b"SIP/2.0 200") and CSEQ.search(text)[1] == b"INVITE" and call.answered is None:
            call.answered = time
        if text.startswith(b"BYE") and call.ended is None:
            call.ended = time
