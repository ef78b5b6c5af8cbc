"""What a step costs under each method, beside joint training.

usage: methods.py [--data synth] [--methods NAME ...] [--rounds 20] [--steps 20] [--write]

Each method is trained by a host of its own, without probes, and all take turns; the ratio is that of the medians over
the rounds. Memory is the host's peak. G-Blending's trials and PMR's prototypes belong to an epoch's start and are timed
apart: the rounds lie within an epoch. With --write the table becomes results.md beside this file.
"""

import argparse
import contextlib
import datetime
import os
import pathlib
import statistics
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from host import Host, Sandbox  # noqa: E402

METHODS = "joint", "ogm", "ogm_ge", "greedy", "pmr", "agm", "inforeg", "inforeg_released", "joint_star", "mmpareto", "inforeg_star", "gblend", "slow", "freeze"
BARS = {"ogm": 1.05, "pmr": 1.05, "inforeg": 1.05, "mmpareto": 2.2, "agm": 2.5}
ACTING = {"inforeg": {"window": "all", "first_epoch": 0}, "inforeg_star": {"window": "all", "first_epoch": 0}}
RUN = "/v1/runs/bench"


class Contender:
    def __init__(self, method, data, stack):
        self.method = method
        self.host = Host(stack.enter_context(Sandbox()))
        settings = {"data": data, "method": method, "probes": "none", "epochs": 1000} | ACTING.get(method, {})
        if data == "synth":
            settings["data.train"] = 64 * 1000  # so that all rounds lie within the first epoch
        if method == "gblend":
            settings |= {"window": "none"}  # its weights are estimated at an epoch's start; the step is the same
        self.host.call("PUT", RUN, {"settings": settings})
        self.seconds = []

    def train(self, steps):
        began = time.perf_counter()
        self.host.call("POST", RUN + "/train", {"steps": steps})
        return time.perf_counter() - began

    def peak(self):
        status = pathlib.Path(f"/proc/{self.host.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown processor")
    return f"{model}, {os.cpu_count()} cores; {datetime.date.today()}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="synth")
    parser.add_argument("--methods", nargs="*", default=METHODS)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with contextlib.ExitStack() as stack:
        contenders = [Contender(m, arguments.data, stack) for m in dict.fromkeys(("joint", *arguments.methods))]
        for c in contenders:
            c.train(10)  # compiles
        for _ in range(arguments.rounds):
            for c in contenders:
                c.seconds.append(c.train(arguments.steps))
        joint = contenders[0]
        lines = [
            "# A step under each method, beside joint training",
            "",
            f"{machine()}; load before {load:.1f}. {arguments.data}, batch 64, {arguments.rounds} rounds of {arguments.steps} steps, medians.",
            "",
            "| method | time of joint's | bar | | ms a step | peak MiB |",
            "|---|---|---|---|---|---|",
        ]
        missed = False
        for c in contenders:
            ratio = statistics.median(c.seconds) / statistics.median(joint.seconds)
            bar = BARS.get(c.method)
            met = "" if bar is None else "met" if ratio <= bar else "missed"
            missed = missed or met == "missed"
            lines.append(
                f"| {c.method} | {ratio:.2f} | {'' if bar is None else f'≤ {bar}'} | {met} "
                f"| {1000 * statistics.median(c.seconds) / arguments.steps:.1f} | {c.peak():.0f} |"
            )
    text = "\n".join(lines) + "\n"
    print(text)
    if arguments.write:
        (HERE / "results.md").write_text(text)
    return missed


if __name__ == "__main__":
    sys.exit(main())
