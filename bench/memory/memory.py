"""How much the host's memory grows over 1,000 training steps.

usage: memory.py [--data synth] [--method inforeg] [--warm 800] [--steps 5000]

It starts a host in a project folder of its own, trains one run through the socket, epoch-end probes included, and
reads the host's resident memory from /proc every 100 steps. Single readings go up and down by a percent with the
garbage collector and with pages that the allocators keep, so the growth is that between the medians of the first and
the last ten, scaled to 1,000 steps. It exits with 1 above the bar.
"""

import argparse
import os
import pathlib
import statistics
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from host import Host, Sandbox  # noqa: E402

BAR = 0.01


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="synth")
    parser.add_argument("--method", default="inforeg")
    parser.add_argument("--warm", type=int, default=800)
    parser.add_argument("--steps", type=int, default=5000)
    arguments = parser.parse_args()
    with Sandbox() as sandbox:
        host = Host(sandbox)
        run = "/v1/runs/memory"
        host.call("PUT", run, {"settings": {"data": arguments.data, "method": arguments.method}})
        host.call("POST", run + "/train", {"steps": arguments.warm})
        readings = []
        for _ in range(arguments.steps // 100 + 10):
            readings.append(host.resident())
            host.call("POST", run + "/train", {"steps": 100})
        before, after = statistics.median(readings[:10]), statistics.median(readings[-10:])
        print("MiB every 100 steps:", " ".join(f"{r / 1024:.1f}" for r in readings))
    growth = (after - before) / before * 1000 / arguments.steps
    print(f"from {before / 1024:.1f} to {after / 1024:.1f} MiB: {100 * growth:+.2f} % in 1,000 steps, bar {100 * BAR:.0f} %, load {os.getloadavg()[0]:.1f}")
    return growth >= BAR


if __name__ == "__main__":
    sys.exit(main())
