# SPDX-License-Identifier: GPL-2.0-or-later
"""What the replay tests share: running the program on captures, checking, ending."""

import json
import pathlib
import subprocess
import sys

pbxguard, source = sys.argv[1], pathlib.Path(sys.argv[2])
sys.path.append(str(source / "tests/lab"))

captures = source / "tests/captures"
office = captures / "office-day-and-night.pcap"
configuration = captures / "office.conf"
failures = 0


def check(sentence, is_true, otherwise=""):
    global failures
    print(f"{'ok' if is_true else 'FAILED'}: {sentence}{'' if is_true else f': {otherwise}'}")
    failures += not is_true


def run(*arguments, stdin=None):
    """What it writes as JSON, exit status, standard error."""
    ended = subprocess.run([pbxguard, "-o", "json", "--stats", *map(str, arguments)], capture_output=True, input=stdin,
                           check=False)
    return ended.stdout.decode("utf-8"), ended.returncode, ended.stderr.decode("utf-8")


def split_lines(output):
    """Alerts, stats."""
    lines = [json.loads(line) for line in output.splitlines()]
    stats = next((line for line in lines if line["type"] == "stats"), {})
    return [line for line in lines if line["type"] == "alert"], stats


def replay(*arguments, stdin=None):
    """Alerts, stats, exit status, standard error."""
    output, status, said = run(*arguments, stdin=stdin)
    return *split_lines(output), status, said


def files(paths):
    """Arguments that name captures."""
    return [argument for path in paths for argument in ("-r", path)]


def end():
    print(f"{failures} failures")
    sys.exit(1 if failures else 0)
