"""A comparison by two worker processes against the same by one process: throughput, and the cost of a task.

usage: sweep.py [--rounds 3] [--seeds 6] [--epochs 8] [--data SET]

Both train the same runs, in turn; what they compile is kept from a round before. One process has both cores, a worker one
core. It prints wall and processor time and the ratio, bar 1.5, and exits with 1 below it. The results of both are compared,
byte for byte.
"""

import argparse
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from host import VENV, Sandbox  # noqa: E402

BAR = 1.5
WAYS = {"here": [], "local": ["-executor", "local", "-jobs", "2"]}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=8)
    parser.add_argument("--data", default="synth")
    arguments = parser.parse_args()
    programs = tempfile.TemporaryDirectory()
    os.environ["PRIMEWINDOW_PROGRAMS"] = programs.name
    walls = {way: [] for way in WAYS}
    for i in range(arguments.rounds + 1):  # the first compiles
        results = {}
        for way, flags in WAYS.items():
            with Sandbox() as sandbox:
                out = sandbox.folder / "sweep"
                command = [VENV / "bin/primewindow", "compare", "-data", arguments.data, "-methods", "joint,inforeg"]
                command += ["-seeds", str(arguments.seeds), "-epochs", str(arguments.epochs), "-out", out, *flags]
                began, used = time.perf_counter(), os.times()
                done = subprocess.run(command, env=sandbox.environment(), capture_output=True, text=True)
                wall, now = time.perf_counter() - began, os.times()
                if done.returncode:
                    raise RuntimeError(done.stderr)
                results[way] = (out / "compare.json").read_bytes()
            cpu = now.children_user + now.children_system - used.children_user - used.children_system
            if i:
                walls[way].append(wall)
                print(f"{way:6}{wall:7.1f} s wall {cpu:7.1f} s processor, load {os.getloadavg()[0]:.1f}", flush=True)
        if len(set(results.values())) > 1:
            print("the results differ", file=sys.stderr)
            return 1
    medians = {way: statistics.median(seconds) for way, seconds in walls.items()}
    ratio = medians["here"] / medians["local"]
    runs = 2 * arguments.seeds
    print(f"{runs} runs: here {medians['here']:.1f} s, local {medians['local']:.1f} s, {ratio:.2f} times the throughput, bar {BAR}")
    return ratio < BAR


if __name__ == "__main__":
    sys.exit(main())
