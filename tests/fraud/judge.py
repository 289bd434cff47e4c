# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the program on a scenario and holds what it tells against the truth.

It runs with all rules, for what an operator is told and when. As an incident gathers what all rules find, each rule then
runs alone, for what that rule finds. An incident counts once, with the gravest severity that it reached. It is right when
a fraudulent call is among those that it counts: that of one of its alerts, or one of the same subject that began within the
alert's window or is still up. Expected incidents are the scenario's; one above notice that is not right is a false alarm.
"""
import datetime
import fnmatch
import json
import pathlib
import re
import subprocess
import tempfile

import money
import recording
import scenario
import switchboard

HERE = pathlib.Path(__file__).resolve().parent
SECOND = scenario.SECOND
CONFIGURATION = """site = {{
  name = "laboratory";
  timezone = "Asia/Tokyo";
  pbx = [ "198.51.100.1", "203.0.113.1" ];
  trunks = [ "203.0.113.2", "203.0.113.3", "203.0.113.4" ];
  extensions = [ "198.51.100.0/24" ];
  {site}
}};
{settings}
"""
NUMBERS = 'numbers = [ "+81312345678" ];'


class Incident:
    def __init__(self):
        self.severity = "notice"
        self.rules, self.subjects, self.reasons = [], [], []
        self.is_right = False
        self.first_critical = self.first_rule = None  # when it became critical, by what rule

    def __str__(self):
        return f"{self.severity} {'+'.join(self.rules)} {', '.join(self.subjects)}"

    def add(self, alert, is_right):
        self.severity = max(self.severity, alert["severity"], key=scenario.SEVERITIES.index)
        self.rules += [rule for rule in alert["rules"].split(", ") if rule not in self.rules]
        if alert["subject"] not in self.subjects:
            self.subjects.append(alert["subject"])
        self.reasons.append(alert["reason"])
        self.is_right = self.is_right or is_right
        if alert["severity"] == "critical" and self.first_critical is None:
            self.first_critical, self.first_rule = microseconds(alert["time"]), alert["rule"]

    def is_false_alarm(self):
        return self.severity != "notice" and not self.is_right

    def meets(self, expectation):
        """By that rule, about somebody whom the pattern names, and as grave at least."""
        return (expectation.rule in self.rules and
                any(fnmatch.fnmatchcase(subject, expectation.subject) for subject in self.subjects) and
                scenario.SEVERITIES.index(self.severity) >= scenario.SEVERITIES.index(expectation.severity))

    def is_known(self, told):
        """A false alarm that the scenario names, and no graver than that. Gives what it says of it."""
        return next((known for known in told.false if self.meets(known) and self.severity == known.severity), None)


class Outcome:
    """What came of one scenario."""

    def __init__(self, told, calls, alerts, stats, alone):
        self.scenario = told
        self.calls, self.alerts, self.stats = calls, alerts, stats
        self.incidents = gather(calls, alerts)
        self.alone = {rule: gather(calls, of_rule) for rule, of_rule in alone.items()}

    def is_told(self, expectation):
        return any(incident.meets(expectation) for incident in self.alone.get(expectation.rule, ()))

    def planned(self):
        """How many calls there are to be counted."""
        return len(self.calls) + sum(call.is_two for call in self.calls)

    def fraud(self):
        return [call for call in self.calls if call.is_fraud]

    def critical_incident(self):
        """The first of the fraud that became critical, or None."""
        return min((incident for incident in self.incidents if incident.is_right and incident.first_critical is not None),
                   key=lambda incident: incident.first_critical, default=None)

    def first_critical(self):
        """Microseconds since 1970, or None."""
        incident = self.critical_incident()
        return incident.first_critical if incident else None

    def got_through(self):
        """Fraudulent calls that were answered before the first critical alert."""
        limit = self.first_critical()
        return [call for call in self.fraud() if call.answered and (limit is None or call.answered < limit)]

    def lost(self):
        """Yen: what those calls cost until that alert."""
        limit = self.first_critical()
        return sum(money.price(call.dialled, min(call.ended, limit or call.ended) - call.answered)
                   for call in self.got_through())

    def whole_cost(self):
        """Yen: what all the fraud costs when nobody ends it."""
        return sum(money.price(call.dialled, call.ended - call.answered) for call in self.fraud() if call.answered)


def microseconds(text):
    return round(datetime.datetime.fromisoformat(text).timestamp() * SECOND)


def is_about(subject, call):
    kind, _, name = subject.partition(":")
    return (kind == "site" or (kind == "caller" and name in (call.caller, call.account, call.via, call.shown)) or
            (kind == "source" and name == call.source_address) or
            (kind == "number" and re.sub("[^0-9]", "", name) in call.dialled))


def counts_a_fraud(alert, frauds):
    if (alert["count"] or 0) <= 1:
        return False
    now = microseconds(alert["packet_time"])
    since = now - (alert["window"] or 0) * SECOND
    return any(fraud.begins <= now and max(fraud.begins, fraud.ended or 0) >= since and is_about(alert["subject"], fraud)
               for fraud in frauds)


def gather(calls, alerts):
    """The incidents of which the alerts tell."""
    by_call_id = {name: call for call in calls for name in call.call_ids}
    frauds = [call for call in calls if call.is_fraud]
    incidents = {}
    for alert in alerts:
        if alert["rule"] == "alert_limit" or alert["state"] == "closed":
            continue
        incident = incidents.setdefault(alert["incident"], Incident())
        call = by_call_id.get(alert["call_id"])
        is_right = incident.is_right or (call is not None and call.is_fraud) or counts_a_fraud(alert, frauds)
        incident.add(alert, is_right)
    return list(incidents.values())


def configuration(told, off=()):
    """off: rules to be switched off."""
    site = " ".join(told.site)
    settings = list(told.settings)
    if off:
        settings.append("rules = { " + " ".join(f"{rule} = {{ enabled = false; }};" for rule in off) + " };")
    return CONFIGURATION.format(site=site if "numbers" in site else f"{NUMBERS} {site}", settings="\n".join(settings))


def write_capture(told, calls, path):
    if told.is_recorded:
        recorded = HERE / "captures" / f"{told.name}.pcap"
        recording.find(calls, recorded)
        path.write_bytes(recorded.read_bytes())
        return
    with open(path, "wb") as file:
        file.writelines(switchboard.capture(calls, told.sees_only_trunk))


def replay(pbxguard, settings, capture):
    """Alerts, stats."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(settings)
        file.flush()
        run = subprocess.run([pbxguard, "-c", file.name, "-o", "json", "--stats", "-r", capture], capture_output=True,
                             text=True, check=False)
    if run.returncode != 0:
        raise SystemExit(f"{pbxguard} ended with {run.returncode}: {run.stderr}")
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return [line for line in lines if line["type"] == "alert"], lines[-1]


def judge(pbxguard, told, rules, alone=None, is_short=False, seed=0):
    """rules: all that the program has; alone: those to run alone, too, by default all that found something."""
    calls = told.calls(is_short, seed)
    with tempfile.TemporaryDirectory() as folder:
        capture = pathlib.Path(folder, "capture.pcap")
        write_capture(told, calls, capture)
        alerts, stats = replay(pbxguard, configuration(told), capture)
        if alone is None:
            alone = {rule for alert in alerts for rule in alert["rules"].split(", ")} & set(rules)
        found = {rule: replay(pbxguard, configuration(told, [other for other in rules if other != rule]), capture)[0]
                 for rule in alone if rule in rules}
    return Outcome(told, calls, alerts, stats, found)


def rules_of(pbxguard):
    """The names of the rules that the program has."""
    with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
        file.write(CONFIGURATION.format(site=NUMBERS, settings=""))
        file.flush()
        said = subprocess.run([pbxguard, "-c", file.name, "--check-config"], capture_output=True, text=True, check=True)
    return re.findall(r"^(?:rules)? +(\w+): (?:on|off)", said.stdout + said.stderr, re.MULTILINE)
