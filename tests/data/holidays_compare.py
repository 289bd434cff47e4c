# SPDX-License-Identifier: GPL-2.0-or-later
"""Compare our holidays with another source's, each day of the years that we have."""

import datetime

from pbxguard_data import HOLIDAYS, read_rows

FIRST, LAST = datetime.date(2020, 1, 1), datetime.date(2035, 12, 31)


def compare(theirs, accepted):
    """theirs: {"YYYY-MM-DD": name}. Returns the number of days looked at and what differs."""
    ours = {row["date"]: row["name"] for row in read_rows(HOLIDAYS)}
    days = [(FIRST + datetime.timedelta(n)).isoformat() for n in range((LAST - FIRST).days + 1)]
    failures = [f"{day}: {theirs.get(day, 'no holiday')}, ours {ours.get(day, 'no holiday')}"
                for day in days
                if theirs.get(day) != ours.get(day)
                and not accepted.has(day, theirs.get(day, ""), ours.get(day, ""))]
    return len(days), failures
