# SPDX-License-Identifier: GPL-2.0-or-later
"""What a call costs, in yen, by the example of rates that comes with pbxguard (conf/rates)."""
import csv
import functools
import pathlib
import re

CONF = pathlib.Path(__file__).resolve().parents[2] / "conf"
MINUTE = 60_000_000
DEFAULT, RISKY = 250, 500  # yen a minute, as rates.default_per_minute and rates.risky_per_minute


def rows(path):
    with open(path, encoding="utf-8") as table:
        yield from csv.DictReader(line for line in table if not line.startswith("#"))


@functools.cache
def rates():
    return {row["prefix"].replace("-", ""): (float(row["per_minute"]), float(row["setup"] or 0))
            for row in rows(CONF / "rates/example-japan.csv")}


@functools.cache
def risky():
    return {row["code"].replace("-", "") for row in rows(CONF / "high-risk/ntt-2022-07-01.csv")}


def longest(prefixes, number):
    return next((number[:size] for size in range(len(number), 0, -1) if number[:size] in prefixes), "")


@functools.cache
def rate(number):
    """Yen a minute and at once, of a number with its country code."""
    priced, listed = longest(rates(), number), longest(risky(), number)
    per_minute, setup = rates().get(priced, (DEFAULT, 0))
    return (max(per_minute if priced else 0, RISKY) if len(listed) > len(priced) else per_minute), setup


def abroad(dialled):
    """The digits behind 010 or +; empty: the call stays in the country."""
    digits = re.sub("[^0-9+]", "", dialled.rpartition("/")[2])
    found = re.search(r"(?:^\+|^(?:184|186|122|00\d\d|00\d\d\d|009\d\d\d|0|9)*010)(\d+)$", digits)
    return found[1] if found else ""


def price(dialled, lasted):
    """lasted: microseconds; each minute begun counts whole."""
    number = abroad(dialled)
    if not number:
        return 0
    per_minute, setup = rate(number)
    return setup + per_minute * max(1, -(-lasted // MINUTE))
