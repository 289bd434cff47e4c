# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes docs/detection.md of what came of the scenarios. A group is the outcomes of one scenario's versions."""
import datetime

import scenario

HEAD = """# What is detected, and what is not

<!-- Written by script/detection: change the scenarios, or the words in tests/fraud/page.py, not this file. -->

`script/detection` builds pbxguard, plays every scenario of the fraud laboratory (`tests/fraud/scenarios`) to it, with the rules as
they come unless a scenario says otherwise, and writes this page. Anyone can run it; it takes some minutes, and every run gives the
same. Generated scenarios are played in several versions: the same story with other numbers, gaps and lengths.
[testing.md](testing.md#the-fraud-laboratory) tells how a scenario is written, and how its captures are made.

The scenarios are this project's own. They follow what is published about real cases, but who wrote the rules wrote them, too: take
the figures for what they say about these stories, and look at [what is missed and what is told
falsely](#what-is-missed-and-what-is-told-falsely) first.
"""
RULES = """## By rule

Each rule alone, the others switched off, over all scenarios and versions. An incident counts once, with the gravest severity that
it reached. *Expected* are the incidents that the scenarios name for the rule, *told* those of them that came, as grave as expected
or graver; recall is told of expected. *Alarms* are all its incidents of warning or critical; *right* are those that count a
fraudulent call; precision is right of alarms. A notice wakes nobody: *notices* are no alarms, and *of them right* likewise.
Three scenarios of honest days stand for offices that have not been set up for what they do, and are false alarms on purpose.
"""
FRAUD = """## Fraud

All rules together. *Before* are the fraudulent calls that were answered before the first critical alert: they are lost, whatever is
done then. *Allowed* is how many the rules' limits let pass, which `tests/fraud/test_scenarios` holds; "all" where nothing in the
scenario is critical by the limits. *Lost* is what those calls had cost when the alert came, or in all where none came; *of* is
what the whole fraud costs when nobody stops it. Yen, by `conf/rates/example-japan.csv` and the defaults of `rates`. Of several
versions the worst.
"""
HONEST = """## Honest days

All rules together, all versions added up. *False alarms* are incidents of warning or critical.
"""


def table(*rows):
    head, *rest = rows
    yield "| " + " | ".join(head) + " |"
    yield "|" + "---|" * len(head)
    for row in rest:
        yield "| " + " | ".join(map(str, row)) + " |"


def ratio(part, whole):
    """Cut: 99.9 % is no 100 %."""
    return f"{100 * part // whole} %" if whole else "–"


def thousands(number):
    return f"{round(number):,}"


def link(told):
    return f"[{told.title}](#{told.name})"


def is_alarm(incident):
    return incident.severity != "notice"


def of_rule(groups, rule):
    outcomes = [outcome for group in groups for outcome in group]
    wishes = [outcome.is_told(wish) for outcome in outcomes for wish in outcome.scenario.wishes() if wish.rule == rule]
    incidents = [incident for outcome in outcomes for incident in outcome.alone.get(rule, ())]
    alarms = [incident.is_right for incident in incidents if is_alarm(incident)]
    notices = [incident.is_right for incident in incidents if not is_alarm(incident)]
    return (f"`{rule}`", len(wishes), sum(wishes), ratio(sum(wishes), len(wishes)), thousands(len(alarms)),
            thousands(sum(alarms)), ratio(sum(alarms), len(alarms)), len(notices) or "", sum(notices) if notices else "")


def by_rule(groups, rules):
    yield from table(("rule", "expected", "told", "recall", "alarms", "right", "precision", "notices", "of them right"),
                     *(of_rule(groups, rule) for rule in rules))


def first_alert(outcome):
    """Which rule gave the first critical alert, and how long after the first fraudulent call."""
    incident = outcome.critical_incident()
    if incident is None:
        return "none"
    after = max(0, incident.first_critical - outcome.fraud()[0].begins) // scenario.SECOND
    return f"`{incident.first_rule}`, {f'after {datetime.timedelta(seconds=after)}' if after else 'at once'}"


def of_fraud(groups):
    rows = []
    for group in groups:
        told = group[0].scenario
        worst = max(group, key=lambda outcome: (len(outcome.got_through()), outcome.lost()))
        wishes = [outcome.is_told(wish) for outcome in group for wish in told.wishes()]
        rows.append((link(told), thousands(len(worst.fraud())), len(worst.got_through()),
                     "all" if told.allowed_through is None else told.allowed_through, thousands(worst.lost()),
                     thousands(worst.whole_cost()), first_alert(worst), f"{sum(wishes)} of {len(wishes)}"))
    yield from table(("scenario", "calls", "before", "allowed", "lost", "of", "first critical alert", "told of expected"), *rows)


def of_honest(groups):
    rows = []
    for group in groups:
        incidents = [incident for outcome in group for incident in outcome.incidents]
        false = [incident.severity for incident in incidents if incident.is_false_alarm()]
        rows.append((link(group[0].scenario), thousands(sum(outcome.stats["calls"] for outcome in group)),
                     thousands(sum(outcome.stats["calls_international"] for outcome in group)), len(false),
                     false.count("critical"), len(incidents) - len(false)))
    yield from table(("scenario", "calls", "abroad", "false alarms", "of them critical", "notices"), *rows)


def missed(group):
    told = group[0].scenario
    for wish in told.wishes():
        times = sum(not outcome.is_told(wish) for outcome in group)
        if times:
            yield (f"{link(told)}: no {wish.severity} of `{wish.rule}` about `{wish.subject}`, in {times} of {len(group)}. "
                   f"{wish.reason}").rstrip()


def falsely_told(group):
    """What one rule alone tells falsely, or all together."""
    said = {}
    for outcome in group:
        for incident in outcome.incidents:
            if incident.is_false_alarm():
                known = incident.is_known(outcome.scenario)
                key = (incident.severity, ", ".join(f"`{rule}`" for rule in sorted(incident.rules)),
                       known.reason if known else f"Unexplained: {incident.reasons[0]}")
                said[key] = said.get(key, 0) + 1
    for (severity, rules, reason), times in sorted(said.items()):
        yield f"{link(group[0].scenario)}: {severity} of {rules}, {times} in {len(group)} versions. {reason}"


def listed(groups, lines_of):
    found = [f"- {line}" for group in groups for line in lines_of(group)]
    yield from found or ["Nothing, in these scenarios."]


def shortfalls(groups):
    yield "## What is missed, and what is told falsely"
    yield ""
    yield "Expected, and not told:"
    yield ""
    yield from listed(groups, missed)
    yield ""
    yield "Told above notice, of calls that are no fraud:"
    yield ""
    yield from listed(groups, falsely_told)


def stories(groups):
    yield "## The scenarios"
    for outcome, *others in groups:
        told = outcome.scenario
        made = "recorded" if told.is_recorded else f"generated, {1 + len(others)} version{'s' if others else ''}"
        yield ""
        yield f'### <a id="{told.name}"></a>{told.title}'
        yield ""
        yield f"{' '.join(told.story)} (`{told.name}`; {made}.)"
        yield ""
        yield f"Told by each rule alone: {what_is_told(outcome)}."


def what_is_told(outcome):
    """Each rule with its gravest severity, and about whom."""
    said = []
    for rule, incidents in sorted(outcome.alone.items()):
        if incidents:
            gravest = max((incident.severity for incident in incidents), key=scenario.SEVERITIES.index)
            subjects = list(dict.fromkeys(subject for incident in incidents for subject in incident.subjects))
            about = ", ".join(f"`{subject}`" for subject in subjects) if len(subjects) <= 3 else f"{len(subjects)} subjects"
            said.append(f"`{rule}` {gravest} ({about})")
    return ", ".join(said) or "nothing"


def lines(groups, rules):
    fraud = [group for group in groups if group[0].scenario.is_fraud]
    honest = [group for group in groups if not group[0].scenario.is_fraud]
    for head, content in ((HEAD, ()), (RULES, by_rule(groups, rules)), (FRAUD, of_fraud(fraud)), (HONEST, of_honest(honest)),
                          ("", shortfalls(groups)), ("", stories(groups))):
        yield from head.splitlines()
        if head and content:
            yield ""
        yield from content
        if head or content:
            yield ""


def text(groups, rules):
    return "\n".join(lines(groups, rules)).rstrip() + "\n"
