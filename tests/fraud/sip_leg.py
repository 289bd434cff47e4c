# SPDX-License-Identifier: GPL-2.0-or-later
"""One leg of a call as its two ends write it: requests and answers of one dialog (RFC 3261 §12), put on a wire.

A time is in microseconds since 1970, an end is (address as text, port).
"""
import functools
import ipaddress

import frames

T1 = 500_000  # RFC 3261 §17.1.1.1: after so long without an answer a request is sent again
T2 = 4_000_000  # the longest wait between two sendings
IMPATIENCE = 100_000  # between the INVITEs of who repeats them
REASONS = {100: "Trying", 180: "Ringing", 183: "Session Progress", 200: "OK", 202: "Accepted", 302: "Moved Temporarily",
           404: "Not Found", 407: "Proxy Authentication Required", 486: "Busy Here", 487: "Request Terminated",
           503: "Service Unavailable"}
SDP = """v=0\r
o=- 1 1 IN IP4 {address}\r
s=-\r
c=IN IP4 {address}\r
t=0 0\r
m=audio 40000 RTP/AVP 0\r
"""


@functools.cache
def packed(address):
    return ipaddress.ip_address(address).packed


@functools.cache
def session(address):
    return SDP.format(address=address)


class Wire:
    """What passes: each message as often as it is sent."""

    def __init__(self, dice, loss=0, repeats=0):
        self.dice, self.loss, self.repeats = dice, loss, repeats
        self.messages = []  # (time, source, destination, text)

    def put(self, time, source, destination, text, is_invite=False):
        """loss: of each sending, so many in a hundred are lost behind the place where we listen, and sent again. Returns
        when an INVITE was sent for the last time before it is answered."""
        self.messages.append((time, source, destination, text))
        for _ in range(self.repeats if is_invite else 0):
            time += IMPATIENCE
            self.messages.append((time, source, destination, text))
        again, wait = time, T1
        while self.loss and self.dice.below(100) < self.loss:
            again += wait
            wait = min(2 * wait, T2)
            self.messages.append((again, source, destination, text))
        return time

    def keep(self, addresses):
        """Only what goes to or comes from one of these."""
        self.messages = [message for message in self.messages if message[1][0] in addresses or message[2][0] in addresses]

    def frames(self):
        """(time, Ethernet frame), in order of time."""
        for number, (time, source, destination, text) in enumerate(sorted(self.messages, key=lambda message: message[0])):
            ends = packed(source[0]), packed(destination[0])
            datagram = frames.udp(*ends, text.encode(), (source[1], destination[1]))
            yield time, frames.ethernet(True, frames.ipv4(*ends, datagram, number & 0xFFFF))


class Leg:
    """caller and called are ends; number is the user of the request-URI, shown that of From; headers are lines that each
    INVITE has."""

    def __init__(self, wire, caller, called, *, number, shown, call_id, agent, called_agent, headers=""):
        self.wire, self.caller, self.called = wire, caller, called
        self.call_id = call_id
        self.uri = f"sip:{number}@{called[0]}"
        self.from_line = f"From: <sip:{shown}@{called[0]}>;tag=f{call_id[:8]}"
        self.to_line = f"To: <{self.uri}>"
        self.contact = f"<sip:{shown}@{caller[0]}:{caller[1]}>"
        self.called_contact = f"<sip:{number}@{called[0]}:{called[1]}>"
        self.agent, self.called_agent = agent, called_agent
        self.headers = headers
        self.sequence = 0
        self.branch = 0
        self.to_tag = f"t{call_id[:8]}"

    def via(self, is_by_caller=True):
        end = self.caller if is_by_caller else self.called
        return f"Via: SIP/2.0/UDP {end[0]}:{end[1]};branch=z9hG4bK{self.branch}x{self.call_id}"

    def request(self, method, time, *, tag="", headers="", body="", sequence=None, destination=None, uri=None):
        """From the caller's side."""
        to = f"{self.to_line};tag={tag}" if tag else self.to_line
        text = (f"{method} {uri or self.uri} SIP/2.0\r\n{self.via()}\r\nMax-Forwards: 70\r\n{self.from_line}\r\n{to}\r\n"
                f"Call-ID: {self.call_id}\r\nCSeq: {sequence or self.sequence} {method}\r\nContact: {self.contact}\r\n"
                f"{headers}User-Agent: {self.agent}\r\n{ending(body)}")
        return self.wire.put(time, self.caller, destination or self.called, text, method == "INVITE")

    def invite(self, time, headers=""):
        """Returns when it was sent for the last time before it is answered."""
        self.sequence += 1
        self.branch += 1
        return self.request("INVITE", time, headers=self.headers + headers, body=session(self.caller[0]))

    def fork(self, time, destinations):
        """The same INVITE to several places at once, a branch each (RFC 3261 §16.6)."""
        self.sequence += 1
        last = time
        for destination in destinations:
            self.branch += 1
            last = self.request("INVITE", time, headers=self.headers, body=session(self.caller[0]),
                                destination=(destination, self.called[1]),
                                uri=self.uri.replace(self.called[0], destination))
        return last

    def answer(self, time, status, method="INVITE", headers="", source=None, tag=None):
        """From the called side."""
        to = self.to_line if status == 100 else f"{self.to_line};tag={tag or self.to_tag}"
        body = session(self.called[0]) if status == 200 and method == "INVITE" else ""
        text = (f"SIP/2.0 {status} {REASONS[status]}\r\n{self.via()}\r\n{self.from_line}\r\n{to}\r\n"
                f"Call-ID: {self.call_id}\r\nCSeq: {self.sequence} {method}\r\nContact: {self.called_contact}\r\n"
                f"{headers}User-Agent: {self.called_agent}\r\n{ending(body)}")
        self.wire.put(time, source or self.called, self.caller, text)

    def acknowledge(self, time, tag=None):
        self.request("ACK", time, tag=tag or self.to_tag)

    def challenge(self, time):
        """Ends the first try."""
        self.answer(time, 407, headers='Proxy-Authenticate: Digest realm="office", nonce="n0nce"\r\n')
        self.acknowledge(time + 1_000)

    def refuse(self, time, status, headers=""):
        self.answer(time, status, headers=headers)
        self.acknowledge(time + 1_000)

    def take_up(self, time, delay, headers=""):
        """200 and its ACK."""
        self.answer(time, 200, headers=headers)
        self.acknowledge(time + delay)

    def cancel(self, time, delay):
        self.request("CANCEL", time)
        self.answer(time + delay, 200, "CANCEL")
        self.answer(time + delay + 500, 487)
        self.acknowledge(time + 2 * delay)

    def refresh(self, time, delay, headers):
        self.sequence += 1
        self.branch += 1
        self.request("INVITE", time, tag=self.to_tag, headers=headers, body=session(self.caller[0]))
        self.take_up(time + delay, delay, headers)

    def hang_up(self, time, delay):
        """By the caller."""
        self.sequence += 1
        self.branch += 1
        self.request("BYE", time, tag=self.to_tag)
        self.answer(time + delay, 200, "BYE")

    def in_reverse(self, method, time, delay, status, headers=""):
        """A request of the called side and its answer: BYE, REFER."""
        self.branch += 1
        via, sequence = self.via(False), 100 + self.branch
        party = f"{self.from_line.replace('From:', 'To:', 1)}\r\n{self.to_line.replace('To:', 'From:', 1)};tag={self.to_tag}"
        text = (f"{method} {self.contact[1:-1]} SIP/2.0\r\n{via}\r\nMax-Forwards: 70\r\n{party}\r\n"
                f"Call-ID: {self.call_id}\r\nCSeq: {sequence} {method}\r\nContact: {self.called_contact}\r\n{headers}"
                f"User-Agent: {self.called_agent}\r\n{ending('')}")
        self.wire.put(time, self.called, self.caller, text)
        text = (f"SIP/2.0 {status} {REASONS[status]}\r\n{via}\r\n{party}\r\nCall-ID: {self.call_id}\r\n"
                f"CSeq: {sequence} {method}\r\nUser-Agent: {self.agent}\r\n{ending('')}")
        self.wire.put(time + delay, self.caller, self.called, text)


def ending(body):
    kind = "Content-Type: application/sdp\r\n" if body else ""
    return f"{kind}Content-Length: {len(body)}\r\n\r\n{body}"
