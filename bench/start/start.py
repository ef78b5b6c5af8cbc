"""How long it takes to start: from a new process to its first step, and an epoch of digits as a whole.

usage: start.py --data FOLDER [--rounds 3] [--torch PYTHON]

FOLDER is what PRIMEWINDOW_DATA names. In turn, so that what else the machine does hits all alike:

    off      nothing is kept: every program is compiled
    first    an empty store: every program is compiled, and kept
    known    the same again with the store that `first` has filled: every program is loaded
    resumed  the run of `known` goes on in another process (first step only)

For each a host is started and asked for one step of a run, from the start of its process to the answer, and
`primewindow run -data digits -epochs 1` is timed as a whole, both with the probes off and with the default ones.
With --torch PYTHON, an interpreter with ../digits/requirements.txt, an epoch in PyTorch with one thread stands beside.
Wall time is what a person waits; processor time, of all threads, is what depends less on what else the machine does. It
prints each figure, the medians, and how large the store is, and exits with 1 where a known run's first step takes longer
than the bar.
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from host import VENV, Host, Sandbox  # noqa: E402

BAR = 2.0  # seconds
PROBES = {"probes off": {"probes": "none", "every.accuracy": "epoch"}, "default": {}}


class Table:
    """Wall and processor seconds by what was timed."""

    def __init__(self) -> None:
        self.walls, self.used = {}, {}

    @contextlib.contextmanager
    def timed(self, *name: str):
        """Times what is done inside, processes that end there included."""
        began, before = time.perf_counter(), os.times()
        yield
        wall, now = time.perf_counter() - began, os.times()
        used = now.children_user + now.children_system - before.children_user - before.children_system
        self.walls.setdefault(name, []).append(wall)
        self.used.setdefault(name, []).append(used)
        print(f"{', '.join(name):38}{wall:7.2f} s wall {used:7.2f} s processor, load {os.getloadavg()[0]:.1f}", flush=True)

    def median(self, *name: str) -> float:
        return statistics.median(self.walls[name])


def first_step(table: Table, sandbox: Sandbox, settings: dict, *name: str) -> None:
    """From the start of a host to the answer that it has taken one step. Its end is waited for outside."""
    began = time.perf_counter()
    host = Host(sandbox)
    host.call("PUT", "/v1/runs/digits", {"settings": {"data": "digits", "method": "joint"} | settings})
    host.call("POST", "/v1/runs/digits/train", {"steps": 1})
    wall, before = time.perf_counter() - began, os.times()
    host.process.terminate()
    host.process.wait()
    now = os.times()
    used = now.children_user + now.children_system - before.children_user - before.children_system
    table.walls.setdefault(name, []).append(wall)
    table.used.setdefault(name, []).append(used)
    print(f"{', '.join(name):38}{wall:7.2f} s wall {used:7.2f} s processor, load {os.getloadavg()[0]:.1f}", flush=True)


def epoch(table: Table, settings: dict, *name: str) -> None:
    """One epoch by the command, as a whole."""
    with Sandbox() as sandbox:
        command = [VENV / "bin/primewindow", "run", "-data", "digits", "-method", "joint", "-epochs", "1"]
        command += ["-out", sandbox.folder / "run"]
        command += [part for key, value in settings.items() for part in ("-set", f"{key}={value}")]
        with table.timed(*name):
            subprocess.run(command, env=sandbox.environment(), check=True, stdout=subprocess.DEVNULL)


def one_round(table: Table, store: pathlib.Path) -> None:
    """Every contender once, with a store that is empty at first."""
    for probes, settings in PROBES.items():
        for kind in "off", "first", "known":
            os.environ["PRIMEWINDOW_PROGRAMS"] = "off" if kind == "off" else str(store / probes)
            with Sandbox() as sandbox:
                first_step(table, sandbox, settings, "first step", probes, kind)
                if kind == "known":
                    first_step(table, sandbox, settings, "first step", probes, "resumed")
        shutil.rmtree(store / probes)
        for kind in "off", "first", "known":
            os.environ["PRIMEWINDOW_PROGRAMS"] = "off" if kind == "off" else str(store / probes)
            epoch(table, settings, "epoch", probes, kind)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--torch")
    arguments = parser.parse_args()
    os.environ["PRIMEWINDOW_DATA"] = str(arguments.data.resolve())
    table = Table()
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as folder:
            store = pathlib.Path(folder)
            one_round(table, store)
            sizes = {
                probes: [f.stat().st_size for f in (store / probes).iterdir() if f.stat().st_size > 1000] for probes in PROBES
            }
        if arguments.torch:
            command = [arguments.torch, HERE.parent / "digits/torch_digits.py", os.environ["PRIMEWINDOW_DATA"]]
            with table.timed("epoch", "PyTorch", "one thread"):
                subprocess.run([*command, "--epochs", "1", "--threads", "1"], check=True, stdout=subprocess.DEVNULL)
    print("\n| what | probes | store | wall s | processor s | of `off` |\n|---|---|---|---|---|---|")
    for name, walls in table.walls.items():
        off = statistics.median(table.walls.get((*name[:2], "off"), walls))
        wall, used = statistics.median(walls), statistics.median(table.used[name])
        print(f"| {name[0]} | {name[1]} | {name[2]} | {wall:.2f} | {used:.2f} | {wall / off:.2f} |")
    for probes, list_ in sizes.items():
        print(f"store of an epoch, {probes}: {len(list_)} programs, {sum(list_) / 1e6:.2f} MB, largest {max(list_) / 1e6:.2f}")
    late = [n for n in table.walls if n[0] == "first step" and n[2] in ("known", "resumed") and table.median(*n) > BAR]
    for name in late:
        print(f"{', '.join(name)}: {table.median(*name):.2f} s, bar {BAR}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
