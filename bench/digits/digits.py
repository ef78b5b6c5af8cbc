"""A 12-epoch Joint run on digits, compilation included, against PyTorch.

usage: digits.py --torch PYTHON --data FOLDER [--rounds 3] [--epochs 12] [--cold]

A run finds what one before the rounds has compiled, as a user's run does from the second on. With --cold nothing is kept,
and each run compiles all that it needs.

PYTHON is an interpreter with requirements.txt, FOLDER what PRIMEWINDOW_DATA names. Four processes are timed as a
whole, in turn, so that what else the machine does hits all alike:

    same       primewindow run with the probes off: the peer's work, and the accuracies of the test split
    default    primewindow run as it is, with its probes at each epoch's end
    torch      torch_digits.py with as many threads as PyTorch chooses
    torch1     the same with one thread

PyTorch's threads wait for each other in a busy loop: where another program holds a core they take several times as
long, and one thread is faster than two. So the ratios are to the faster of the two medians. It prints each time, the
ratios, where the time of the last round went on both sides, and the median time of a step, and exits with 1 above a bar.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
from host import VENV, Host, Sandbox  # noqa: E402

BARS = {"same": 0.9, "default": 1.0}  # of a run whose programs are kept, to PyTorch's time
PROBES_OFF = {"probes": "none", "every.accuracy": "epoch"}
ALONE = 100  # steps timed one by one


def timed(command, env):
    """Wall and processor seconds of a process, what it printed, and its table of -timing, where it gives one."""
    began, used = time.perf_counter(), os.times()
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    wall, now = time.perf_counter() - began, os.times()
    if done.returncode:
        raise RuntimeError(f"{command[0]}: exit status {done.returncode}\n{done.stderr}")
    _, _, table = done.stderr.rpartition("\npart ")
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    return wall, cpu, done.stdout, ("part " + table).rstrip()


def split(wall, result):
    """The same of PyTorch, as torch_digits.py tells it."""
    parts = {"reading": "load_s", "steps": "train_s", "evaluation": "evaluate_s"}
    rest = wall - sum(result[key] for key in parts.values())
    rows = [f"{name:30}{result[key]:8.3f}" for name, key in parts.items()] + [f"{'interpreter and imports':30}{rest:8.3f}"]
    return "\n".join([f"{'part':30}{'wall s':>8}", *rows, f"{'all':30}{wall:8.3f}"])


def step_alone(env_data):
    """The median of single steps asked for over the socket, in seconds."""
    os.environ["PRIMEWINDOW_DATA"] = env_data
    with Sandbox() as sandbox:
        host = Host(sandbox)
        host.call("PUT", "/v1/runs/digits", {"settings": {"data": "digits", "method": "joint"} | PROBES_OFF})
        host.call("POST", "/v1/runs/digits/train", {"steps": 3})
        seconds = []
        for _ in range(ALONE):
            began = time.perf_counter()
            host.call("POST", "/v1/runs/digits/train", {"steps": 1})
            seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--torch", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--cold", action="store_true")
    arguments = parser.parse_args()
    programs = tempfile.TemporaryDirectory()
    os.environ["PRIMEWINDOW_PROGRAMS"] = "off" if arguments.cold else programs.name
    folder = str(arguments.data.resolve())
    walls = {"same": [], "default": [], "torch": [], "torch1": []}
    steps, spent = {"torch": [], "torch1": []}, {}
    for i in range(arguments.rounds + (not arguments.cold)):
        for name in walls:
            with Sandbox() as sandbox:
                command = [arguments.torch, HERE / "torch_digits.py", folder, "--epochs", str(arguments.epochs)]
                if name == "torch1":
                    command += ["--threads", "1"]
                if name not in steps:
                    command = [VENV / "bin/primewindow", "run", "-data", "digits", "-method", "joint", "-seed", "0"]
                    command += ["-epochs", str(arguments.epochs), "-out", sandbox.folder / "run", "-timing"]
                if name == "same":
                    command += [part for key, value in PROBES_OFF.items() for part in ("-set", f"{key}={value}")]
                wall, cpu, out, spent[name] = timed(command, sandbox.environment(PRIMEWINDOW_DATA=folder))
            if i == 0 and not arguments.cold:  # the round that compiles
                continue
            walls[name].append(wall)
            if name in steps:
                result = json.loads(out.splitlines()[-1])
                steps[name].append(result["step_ms"] / 1000)
                spent[name] = split(wall, result)
            print(f"{name:8}{wall:7.1f} s wall {cpu:7.1f} s processor, load {os.getloadavg()[0]:.1f}", flush=True)
    medians = {name: statistics.median(seconds) for name, seconds in walls.items()}
    peer = min(steps, key=medians.get)
    for name in "same", "default":
        bar = "" if arguments.cold else f", bar {BARS[name]}"
        print(f"{name}: {medians[name]:.1f} s / {peer} {medians[peer]:.1f} s = {medians[name] / medians[peer]:.2f}{bar}")
    for name, text in spent.items():
        print(f"\n{name}, where the last round's time went:\n{text}")
    own, theirs = step_alone(folder), statistics.median(steps[peer])
    print(f"step: {1000 * own:.1f} ms, socket included / {peer} {1000 * theirs:.1f} ms = {own / theirs:.2f}, medians")
    return not arguments.cold and any(medians[name] / medians[peer] > bar for name, bar in BARS.items())


if __name__ == "__main__":
    sys.exit(main())
