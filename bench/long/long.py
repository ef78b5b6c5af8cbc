"""Does a step cost the same late in a long run? Processor time, time by the clock and memory, by thousands of steps, and
what reopening and forking take at the end.

usage: long.py [--steps 30000] [--probes dense|epoch|none] [--write]

It starts a host in a project folder of its own and trains a small run through the socket. With dense probes each step
puts some twenty measurements on record. The last thousand steps are compared with the second (the first has
compilation in it), memory by the medians of ten readings. It exits with 1 above the bars.
"""

import argparse
import os
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from host import Host, Sandbox  # noqa: E402

TIME_BAR, MEMORY_BAR = 1.1, 0.01
SETTINGS = {
    "data": "synth", "method": "inforeg", "batch": 16, "lr": 0.01, "epochs": 100000, "data.train": 96, "data.val": 36,
    "data.test": 36, "probe_samples": 12, "linear_samples": 48, "encoder.audio": "cnn2d:4-8", "encoder.visual": "cnn2d:4-8",
}
DENSE = {"every.motion": "1 step", "every.cosine": "1 step", "every.share": "1 step", "every.fisher_emp": "1 step"}


def processor(pid):
    """Processor time of a process, in seconds."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def folder_bytes(folder):
    return sum(f.stat().st_size for f in pathlib.Path(folder).rglob("*") if f.is_file())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=30000)
    parser.add_argument("--probes", choices=["dense", "epoch", "none"], default="dense")
    parser.add_argument("--write", action="store_true", help="put the table into a file beside this one")
    arguments = parser.parse_args()
    settings = SETTINGS | {"dense": DENSE, "epoch": {}, "none": {"probes": "none", "method": "joint"}}[arguments.probes]
    rows = []
    with Sandbox() as sandbox:
        host = Host(sandbox)
        run = "/v1/runs/long"
        status = host.call("PUT", run, {"settings": settings})
        for thousand in range(arguments.steps // 1000):
            cpu, clock, memory = processor(host.pid), time.monotonic(), []
            for _ in range(10):
                host.call("POST", run + "/train", {"steps": 100})
                memory.append(host.resident() / 1024)
            rows.append((thousand + 1, processor(host.pid) - cpu, time.monotonic() - clock, statistics.median(memory)))
            print("thousand %d: %.2f s of processor, %.2f s by the clock, %.1f MiB" % rows[-1], flush=True)
        begun = time.monotonic()
        at = arguments.steps // 5 + 7
        host.call("PUT", "/v1/runs/fork", {"fork": {"run": "long", "step": at}, "settings": {"lr": 0.005}})
        host.call("POST", "/v1/runs/fork/train", {"steps": 1})
        fork = time.monotonic() - begun
        folder = status["dir"]
        size = folder_bytes(folder)
        snapshots = len(list(pathlib.Path(folder).glob("snapshots/*")))
        host.process.kill()
        host.process.wait()
        host = Host(sandbox)
        begun = time.monotonic()
        host.call("PUT", run, {"settings": settings})
        opened = time.monotonic() - begun
        host.call("POST", run + "/train", {"steps": 1})
        events = host.call("GET", run + "/history")["events"]
    again = [e["new"] for e in events if e["event"] == "reopened"]
    second, last = rows[1], rows[-1]
    growth = (last[3] - second[3]) / second[3] / max(1, len(rows) - 2)
    lines = [
        f"{arguments.steps} steps, {arguments.probes} probes; load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}",
        "",
        "| | second thousand | last thousand | ratio | bar |",
        "|---|---|---|---|---|",
        f"| processor time of a step | {second[1]:.2f} ms | {last[1]:.2f} ms | {last[1] / second[1]:.3f} | {TIME_BAR} |",
        f"| time by the clock | {second[2]:.2f} ms | {last[2]:.2f} ms | {last[2] / second[2]:.3f} | |",
        f"| memory, MiB | {second[3]:.1f} | {last[3]:.1f} | {100 * growth:+.2f} % in 1,000 steps | {100 * MEMORY_BAR:.0f} % |",
        "",
        f"A fork at step {at}, made and one step trained: {fork:.1f} s. Opened after a kill: {opened:.1f} s, "
        f"{again[-1] if again else 0:.0f} steps computed again. On disk {size / 2**20:.0f} MiB, {snapshots} snapshots.",
    ]
    print("\n".join(lines))
    if arguments.write:
        path = pathlib.Path(__file__).with_name(f"{arguments.probes}.md")
        path.write_text(f"# A long run\n\n`.venv/bin/python bench/long/long.py --steps {arguments.steps} --probes {arguments.probes} --write`\n\n" + "\n".join(lines) + "\n")
    return last[1] / second[1] > TIME_BAR or growth > MEMORY_BAR


if __name__ == "__main__":
    sys.exit(main())
