# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a scenario: which calls there are, which of them are fraud, and what must be told of them.

A scenario is one file of scenarios/, one statement a line; # begins a comment. Times are Japan's (UTC+9).

  title TEXT                   a line for the table
  story TEXT                   what happens and where it is known from; again for more
  site TEXT, settings TEXT     libconfig, added to the group "site" and to the rest of the configuration; again for more
  numbers NAME PATTERN         a name for a pattern; {NAME} in others stands for it
  with PART on DATE            the calls of parts/PART on that day, none of them fraud; DATE..DATE: on each weekday
                               between, Saturdays and Sundays left out
  calls COUNT WORDS            so many calls; "call WORDS" is one
  tested DURATION              the test does only what begins so long after the first call; script/detection does all
  sees trunk                   the capture has only what goes between the PBX and the carrier
  recorded PBX                 the calls are not made up but were played in the laboratory (record), through kamailio or
                               asterisk: captures/NAME.pcap. Nothing in them may be left to chance

  expect SEVERITY RULE SUBJECT   an incident that must be told, so grave at least. * in SUBJECT stands for anything
  lets COUNT                     so many fraudulent calls at most are answered before the first critical alert
  lets all                       this scenario has no critical alert
  misses SEVERITY RULE SUBJECT: REASON       as expect, but known not to be told
  false SEVERITY RULE SUBJECT: REASON        may be told of calls that are no fraud, and why; not if it is graver
  (An alarm above notice about calls that are no fraud is an error, unless "false" says it.)

The words of "calls", each with its value:

  at DATE TIME        when the first begins (at TIME in a part)
  in DURATION         they begin at random moments so long; every DURATION: one after the other
  by PATTERN          who calls: the user of From
  account PATTERN     whom the credentials name; default: the caller, of phones and strangers; none: nobody asks for any
  from PLACE          phone (default: the caller's), stranger, carrier, or a pattern for an address
  port PATTERN        the caller's; default 5060
  to PATTERN          what is dialled
  how WORD            dialled (default): by a phone or a stranger, and the PBX sends it on, to a phone or the carrier
                      incoming: from the carrier to the phone "via"
                      disa: from the carrier, the PBX takes it up and calls "to"
                      forwarded: from the carrier to the phone "via", which the PBX forwards to "to" (Diversion)
                      transferred: from the carrier to the phone "via", which has the PBX call "to" by REFER
                      redirected (recorded only): as forwarded, but by a 302 of the phone
                      handed (recorded only): by a phone to the phone "via", which has the caller call "to" by REFER
  via PATTERN         extensions, see above; those that ring at once are joined by +
  shows PATTERN       the caller's number on the trunk; default: the office's main number; caller: that which came in
  ends WORD           answered (default), busy, unanswered, challenged (no credentials follow), refused (by the PBX, 404),
                      rejected (by the carrier, 503)
  ring DURATION, talk DURATION
  forks COUNT         the PBX tries so many of the carrier's addresses at once (default 1)
  repeats COUNT       each INVITE is sent so many times more
  loss PERCENT        so many of the messages are lost on the way, each sending of its own
  refresh DURATION    a re-INVITE on the trunk, so often
  agent NAME          User-Agent
  fraud               without a value: these calls are the fraud

A DURATION is 90s, 15m, 4h, or between two: 20s-40s. A PATTERN has alternatives in turn, "A|B"; 1001..1010 is any of these
by chance, # any digit.
"""
import datetime
import functools
import pathlib
import re

from dice import Dice

HERE = pathlib.Path(__file__).resolve().parent
ZONE = datetime.timezone(datetime.timedelta(hours=9))
SECOND = 1_000_000
UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND}
SEVERITIES = ["notice", "warning", "critical"]
PAUSE = 2 * SECOND  # a person's, between two calls
WORDS = """at in every by account from port to how via shows ends ring talk forks repeats loss refresh agent fraud""".split()
HOWS = "dialled incoming disa forwarded redirected transferred handed".split()
ENDS = "answered busy unanswered challenged refused rejected".split()


class Call:
    """One call as it is planned; what became of it is filled in when it is made or found in a recording."""

    def __init__(self, begins, words, choose, dice):
        self.begins = begins
        self.is_fraud = "fraud" in words
        self.caller = choose("by")
        self.source = choose("from", "phone")
        self.port = int(choose("port", "5060"))
        self.how = words.get("how", "dialled")
        self.dialled = choose("to", "" if self.how == "incoming" else None)
        self.via = choose("via", "")
        self.account = choose("account", self.caller if self.how in ("dialled", "handed") else "none")
        self.shown = choose("shows", "0312345678").replace("caller", self.caller)
        self.ends = words.get("ends", "answered")
        self.ring = chance(words.get("ring", "3s-8s"), dice)
        self.talk = chance(words.get("talk", "30s-4m"), dice)
        self.forks = int(words.get("forks", 1))
        self.repeats = int(words.get("repeats", 0))
        self.loss = int(words.get("loss", "0%").rstrip("%"))
        self.refresh = duration(words["refresh"]) if "refresh" in words else 0
        self.agent = words.get("agent", "OfficePhone/2.1")
        self.seed = f"{begins} {self.caller} {self.dialled}"
        self.call_ids = set()
        self.answered = self.ended = None  # microseconds since 1970
        self.source_address = None

    @property
    def is_two(self):
        """A call that comes in, and one that goes out for it."""
        return self.how not in ("dialled", "incoming")

    def last_moment(self):
        return self.begins + self.ring + self.talk + PAUSE


class Expectation:
    def __init__(self, severity, rule, subject, reason=""):
        self.severity, self.rule, self.subject, self.reason = severity, rule, subject, reason

    def __str__(self):
        return f"{self.severity} {self.rule} {self.subject}"


class Scenario:
    def __init__(self, name):
        self.name = name
        self.title = ""
        self.story = []
        self.site, self.settings = [], []
        self.expected, self.missed, self.false = [], [], []
        self.allowed_through = 0  # None: all
        self.tested = None
        self.is_recorded = False
        self.sees_only_trunk = False
        self.numbers = {}
        self.groups = []  # (words of a line, day when it is of a part)

    @property
    def is_fraud(self):
        return any("fraud" in words for words, _ in self.groups)

    def wishes(self):
        """What should be told, whether or not it is known not to be."""
        return self.expected + self.missed

    def calls(self, is_short=False, seed=0):
        """All calls in order of their beginning. Another seed gives another day of the same kind."""
        dice = Dice(f"{self.name} {seed}")
        try:
            calls = [call for words, day in self.groups for call in group_calls(words, day, self.numbers, dice)]
        except (ValueError, KeyError) as error:
            raise SystemExit(f"{self.name}: {error}") from error
        calls.sort(key=lambda call: call.begins)
        if is_short and self.tested:
            calls = [call for call in calls if call.begins < calls[0].begins + self.tested]
        one_at_a_time(calls)
        return calls


def one_at_a_time(calls):
    """Honest callers talk to one party at a time: what would begin before that is over waits."""
    free = {}
    for call in calls:
        if not call.is_fraud and call.how in ("dialled", "handed"):
            call.begins = max(call.begins, free.get(call.caller, 0))
            free[call.caller] = call.last_moment()
    calls.sort(key=lambda call: call.begins)


def duration(text):
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", text)
    if not found:
        raise ValueError(f"{text} is not a duration like 90s, 15m or 4h")
    return round(float(found[1]) * UNITS[found[2]])


def chance(text, dice):
    """A duration, or one between two."""
    low, _, high = text.partition("-")
    return dice.between(duration(low), duration(high)) if high else duration(low)


def moment(text):
    return round(datetime.datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()) * SECOND


def fill(text, dice):
    """A pattern without alternatives, as it falls."""
    first, dots, last = text.partition("..")
    if dots:
        return str(dice.between(int(first), int(last))).zfill(len(first))
    return re.sub("#", lambda _: str(dice.below(10)), text)


def expand(pattern, numbers):
    while "{" in pattern:
        pattern = re.sub(r"\{([^}]+)\}", lambda found: numbers[found[1]], pattern)
    return pattern


def beginnings(words, count, day, dice):
    first = moment(f"{day} {words['at']}" if day else words["at"])
    if "in" in words:
        span = duration(words["in"])
        return sorted(first + dice.below(span) for _ in range(count))
    times = []
    for _ in range(count):
        times.append(first)
        first += chance(words.get("every", "30s"), dice)
    return times


def choose(words, numbers, dice, index, name, default=None):
    """The value of a word for the call of that index in its group."""
    if name not in words:
        if default is None:
            raise ValueError(f'"{name}" is missing')
        return default
    alternatives = expand(words[name], numbers).split("|")
    return fill(alternatives[index % len(alternatives)], dice)


def group_calls(words, day, numbers, dice):
    return [Call(begins, words, functools.partial(choose, words, numbers, dice, index), dice)
            for index, begins in enumerate(beginnings(words, words["count"], day, dice))]


def read_words(count, text, is_part):
    words = {"count": int(count)}
    rest = text.split()
    while rest:
        name = rest.pop(0)
        if name not in WORDS:
            raise ValueError(f'"{name}" is no word of a call')
        if name == "fraud":
            words[name] = True
        elif name == "at" and not is_part:
            words[name] = f"{rest.pop(0)} {rest.pop(0)}"
        else:
            words[name] = rest.pop(0)
    if words.get("how", "dialled") not in HOWS or words.get("ends", "answered") not in ENDS:
        raise ValueError("how or ends is none of those that there are")
    return words


def days(text):
    first, _, last = text.partition("..")
    day = datetime.date.fromisoformat(first)
    end = datetime.date.fromisoformat(last) if last else day
    while day <= end:
        if not last or day.weekday() < 5:
            yield day.isoformat()
        day += datetime.timedelta(days=1)


def read_expectation(text):
    what, _, reason = text.partition(": ")
    severity, rule, subject = what.split()
    if severity not in SEVERITIES:
        raise ValueError(f"{severity} is no severity")
    return Expectation(severity, rule, subject, reason)


def read_part(scenario, text):
    name, on, when = text.split()
    if on != "on":
        raise ValueError('with PART on DATE')
    for day in days(when):
        for _, statement, rest in statements((HERE / "parts" / name).read_text(encoding="utf-8")):
            if statement == "numbers":
                scenario.numbers.setdefault(*rest.split())
            else:
                scenario.groups.append((read_calls(statement, rest, True), day))


def read_calls(statement, rest, is_part):
    if statement == "call":
        return read_words(1, rest, is_part)
    if statement != "calls":
        raise ValueError(f"{statement} is no statement")
    return read_words(*rest.split(maxsplit=1), is_part)


def read_statement(scenario, statement, rest):
    lists = {"story": scenario.story, "site": scenario.site, "settings": scenario.settings}
    expectations = {"expect": scenario.expected, "misses": scenario.missed, "false": scenario.false}
    if statement in lists:
        lists[statement].append(rest)
    elif statement in expectations:
        expectations[statement].append(read_expectation(rest))
    elif statement == "title":
        scenario.title = rest
    elif statement == "numbers":
        scenario.numbers.update([rest.split()])
    elif statement == "with":
        read_part(scenario, rest)
    elif statement == "tested":
        scenario.tested = duration(rest)
    elif statement == "sees":
        scenario.sees_only_trunk = rest == "trunk"
    elif statement == "recorded":
        if rest not in ("kamailio", "asterisk"):
            raise ValueError(f"recorded {rest}: there is no such PBX")
        scenario.is_recorded = True
    elif statement == "lets":
        scenario.allowed_through = None if rest == "all" else int(rest)
    else:
        scenario.groups.append((read_calls(statement, rest, False), None))


def statements(text):
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if line and not line.startswith("#"):
            statement, _, rest = line.partition(" ")
            yield number, statement, rest.strip()


def read(path):
    return from_text(path.stem, path.read_text(encoding="utf-8"), path)


def from_text(name, text, path=""):
    scenario = Scenario(name)
    for number, statement, rest in statements(text):
        try:
            read_statement(scenario, statement, rest)
        except (ValueError, KeyError, IndexError) as error:
            raise SystemExit(f"{path}:{number}: {error}") from error
    return scenario


def all_scenarios():
    return [read(path) for path in sorted((HERE / "scenarios").glob("*.scenario"))]
