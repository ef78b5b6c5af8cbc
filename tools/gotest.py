"""Runs go test, shows what failed, and counts: passed, failed, skipped with the reason of each.

usage: gotest.py [--counts FILE] GO-TEST-ARGUMENT...

With CI=true a test that skips for want of the plugin, chromium or ffmpeg counts as failed: the set-up
installs all three there, so that such a skip would hide a broken set-up.
"""

import collections
import json
import os
import re
import subprocess
import sys

INSTALLED_IN_CI = re.compile(r"plugin|chromium|ffmpeg", re.IGNORECASE)
POSITION = re.compile(r"^\s*\S+\.go:\d+: ?")


class Tally:
    """What one go test run said."""

    def __init__(self) -> None:
        self.output = collections.defaultdict(list)  # by (package, test): its lines
        self.parents = set()  # tests that have subtests: not counted themselves unless all they did is skip
        self.results = {}  # by (package, test): pass, fail or skip
        self.broken = []  # packages that failed outside any test

    def take(self, event: dict) -> None:
        action, package, test = event["Action"], event.get("Package", ""), event.get("Test", "")
        key = (package, test)
        if action in ("output", "build-output"):
            self.take_output(event, key)
        elif action in ("pass", "fail", "skip") and test:
            self.results[key] = action
            if "/" in test:
                self.parents.add((package, test.rsplit("/", 1)[0]))
            if action == "fail":
                print("".join(self.output[key]), end="", flush=True)
            if action != "skip":
                self.output.pop(key, None)  # only a skip's reason is asked for later
        elif action == "fail":
            if not any(p == package and r == "fail" for (p, _), r in self.results.items()):
                self.broken.append(package)
                print("".join(self.output[(package, "")]), end="", flush=True)

    def take_output(self, event: dict, key: tuple) -> None:
        line = event["Output"]
        if event["Action"] == "build-output":
            print(line, end="", flush=True)
        elif not key[1] and re.match(r"(ok|FAIL|\?|---)\s", line):
            print(line, end="", flush=True)
        elif not re.match(r"=== ", line):
            self.output[key].append(line)

    def reason(self, key: tuple) -> str:
        lines = [POSITION.sub("", s).strip() for s in self.output[key] if not s.lstrip().startswith("---")]
        return " ".join(s for s in lines if s) or "no reason given"

    def count(self) -> tuple:
        """Passed, failed, and skipped as a list of (test, reason)."""
        leaves = {k: r for k, r in self.results.items() if k not in self.parents}
        passed = sum(r == "pass" for r in leaves.values())
        failed = sum(r == "fail" for r in leaves.values()) + len(self.broken)
        # A parent may fail although none of its subtests did.
        failed += sum(
            self.results.get(p) == "fail"
            and not any(k[0] == p[0] and k[1].startswith(p[1] + "/") and r == "fail" for k, r in leaves.items())
            for p in self.parents
        )
        skips = [(f"{package} {test}", self.reason((package, test))) for (package, test), r in leaves.items() if r == "skip"]
        return passed, failed, skips


def main(arguments: list) -> int:
    counts = ""
    if arguments[:1] == ["--counts"]:
        counts, arguments = arguments[1], arguments[2:]
    tally = Tally()
    process = subprocess.Popen(["go", "test", "-json", *arguments], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        try:
            tally.take(json.loads(line))
        except json.JSONDecodeError:  # a build error of the go command itself is plain text
            print(line, end="", flush=True)
    status = process.wait()

    passed, failed, skips = tally.count()
    for test, reason in skips:
        print(f"skip {test}: {reason}")
    if os.environ.get("CI") == "true":
        for test, reason in skips:
            if INSTALLED_IN_CI.search(reason):
                failed += 1
                print(f"FAIL {test}: skipped although CI installs what it wants: {reason}")
    if status != 0 and failed == 0:
        failed = 1
    print(f"go test: {passed} passed, {failed} failed, {len(skips)} skipped", flush=True)
    if counts:
        with open(counts, "a") as f:
            f.write(f"{passed} {failed} {len(skips)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
