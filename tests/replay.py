#!/usr/bin/env python3
"""Runs the shared collection of recorded calls against a built pneu.

    tests/replay.py PNEU REPLAY.PY

The collection is not part of this project; it lies beside the checkout where
the project is worked on.  Every expectation of its levels "must" and "should"
is to be met, by whoever runs this and, for root, by nobody too.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile

# What is expected there and not done here, each with its reason.  One that is
# done after all is a failure, so that this stays the whole truth.
OTHERWISE = {
    ("141-flag-ba", "exit"):
        "-ba is refused like all modes that pneu does not have: its line ends"
        " and headers of 1980 are no mode to accept a letter in by accident",
}

CONFIGURATION = """\
host = 127.0.0.1
port = {PORT}
tls = none
ehlo-name = client.example
domain = client.example
log = none
"""


def failures(directory, replay, arguments):
    """The failed expectations: (case, what), words."""
    report = os.path.join(directory, "report.json")
    done = subprocess.run(
        [sys.executable, replay, "--bindir", os.path.join(directory, "bin"),
         "--env", "PNEU_CONFIG={CONF}", "--json", report, "--quiet",
         "--conf-template", os.path.join(directory, "pneu.conf")] + arguments,
        timeout=600)
    if done.returncode not in (0, 1):
        sys.exit("replay: %s: status %d" % (replay, done.returncode))
    with open(report) as file:
        cases = json.load(file)["report"]
    found = {(case["case"], row[1]): "%s, %s" % (row[0], row[3])
             for case in cases for row in case["failed"] if row[0] != "info"}
    ran = {case["case"] for case in cases if "skip" not in case}
    if not ran:
        sys.exit("replay: there is no case")
    for key, reason in OTHERWISE.items():
        if key[0] in ran and found.pop(key, None) is None:
            found[key] = "is as expected, although: " + reason
    return found


def main():
    pneu, replay = sys.argv[1:]
    runs = [[]] + ([["--user", "nobody"]] if os.getuid() == 0 else [])
    bad = False
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        bindir = os.path.join(directory, "bin")
        os.mkdir(bindir, 0o755)
        shutil.copy(pneu, os.path.join(bindir, "pneu"))
        for name in "sendmail", "mailq", "newaliases":
            os.symlink("pneu", os.path.join(bindir, name))
        with open(os.path.join(directory, "pneu.conf"), "w") as file:
            file.write(CONFIGURATION)
        for arguments in runs:
            found = failures(directory, replay, arguments)
            for (case, what), words in sorted(found.items()):
                print(" ".join([case, what + ":", words] + arguments))
                bad = True
    sys.exit(bad)


if __name__ == "__main__":
    main()
