# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of the data files share: reading the files, and saying what came of a test."""

import csv
import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parent
ROOT = TESTS.parent.parent
CONF = ROOT / "conf"
NODE_MODULES = ROOT / "script" / "data" / "node_modules"

DESTINATIONS = CONF / "destinations.csv"
HIGH_RISK = CONF / "high-risk" / "ntt-2022-07-01.csv"
HOLIDAYS = CONF / "holidays" / "japan.csv"
RATES = CONF / "rates" / "example-japan.csv"

SKIPPED = 77


def read_rows(path):
    """The rows of a CSV file with # comments and a header line."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


class Destinations:
    """The table of destinations as the daemon reads it: the longest prefix wins."""

    def __init__(self, path=DESTINATIONS):
        self.rows = {row["prefix"]: row for row in read_rows(path)}

    def find(self, digits):
        for length in range(len(digits), 0, -1):
            if digits[:length] in self.rows:
                return self.rows[digits[:length]]
        return None

    def iso(self, digits):
        row = self.find(digits)
        return row["iso"] if row else None


class Accepted:
    """A checked-in table of differences, each with its reason.

    Columns: where,theirs,ours,reason; `where` is what the difference begins with, a prefix or a date.
    """

    def __init__(self, name):
        self.rows = [(row["where"], row["theirs"], row["ours"]) for row in read_rows(TESTS / name)]
        self.used = set()

    def has(self, where, theirs, ours):
        for row in self.rows:
            if where.startswith(row[0]) and (theirs, ours) == row[1:]:
                self.used.add(row)
                return True
        return False

    def unused(self):
        """A difference that is gone must leave the table, or it would hide the next one."""
        return [f"accepted but not found: {','.join(row)}" for row in self.rows if row not in self.used]


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def finish(checked, failures):
    """Print what is wrong and the summary line, and exit."""
    for failure in failures:
        print(failure)
    print(f"{checked} checked, {len(failures)} wrong")
    sys.exit(1 if failures or not checked else 0)
