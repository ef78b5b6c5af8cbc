"""What a one-step cell takes beside its step.

usage: cells.py [--cells 20] [--data synth] [--method joint]

It opens the GoNB kernel in a project folder of its own, warms the host, and executes a cell of one step many times:
from sending the cell to the number it prints. A cell is executed once as it was before, when GoNB has nothing to
build, and once edited, so that it is compiled and linked anew. The step's own time is that of a step asked for over
the socket. It prints the medians and exits with 1 when the edited cell is above the bar.
"""

import argparse
import os
import pathlib
import statistics
import sys
import time

from jupyter_client.manager import start_new_kernel

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from host import Host, Sandbox  # noqa: E402

BAR = 0.6  # seconds
DECLARE = """import wb "github.com/primewindow/primewindow/workbench"
var run = wb.Open("cells", wb.Data("%s"), wb.Method("%s"), wb.Probes("none"))
%%%%
run.Step(3)"""


def execute(client, code):
    """Seconds from sending a cell to the last text it shows, and that text."""
    began = time.perf_counter()
    sent = client.execute(code)
    shown, at = "", None
    while True:
        message = client.get_iopub_msg(timeout=120)
        if message["parent_header"].get("msg_id") != sent:
            continue
        kind, content = message["msg_type"], message["content"]
        if kind in ("display_data", "update_display_data") and content["data"].get("text/plain"):
            shown, at = content["data"]["text/plain"], time.perf_counter() - began
        elif kind == "error":
            raise RuntimeError("\n".join([shown, *content["traceback"]]))
        elif kind == "status" and content["execution_state"] == "idle":
            if at is None:
                raise RuntimeError(f"cell showed no text:\n{code}")
            return at, shown


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=20)
    parser.add_argument("--data", default="synth")
    parser.add_argument("--method", default="joint")
    arguments = parser.parse_args()
    with Sandbox() as sandbox:
        host = Host(sandbox)
        log = open(sandbox.folder / "kernel.log", "w")
        manager, client = start_new_kernel(kernel_name="gonb", env=sandbox.environment(), cwd=str(sandbox.folder), stderr=log)
        try:
            execute(client, DECLARE % (arguments.data, arguments.method))
            step = host.call("GET", "/v1/runs/cells")["step"]
            times = {"unchanged": [], "edited": [], "socket": []}
            for i in range(arguments.cells):
                for kind in "edited", "unchanged":
                    seconds, shown = execute(client, f'%%\nos.Setenv("CELL", "{i}")\nrun.Step(1)')
                    step += 1
                    if f"step {step}" not in shown:
                        raise RuntimeError(f"the cell shows {shown!r}, want step {step}")
                    times[kind].append(seconds)
                began = time.perf_counter()
                host.call("POST", "/v1/runs/cells/train", {"steps": 1})
                times["socket"].append(time.perf_counter() - began)
                step += 1
        finally:
            client.stop_channels()
            manager.shutdown_kernel()
    own = statistics.median(times.pop("socket"))
    print(f"step alone {own:.3f} s, median of {arguments.cells}, load {os.getloadavg()[0]:.1f}")
    over = {kind: statistics.median(seconds) - own for kind, seconds in times.items()}
    for kind, seconds in times.items():
        print(f"{kind} cell {over[kind] + own:.3f} s, overhead {over[kind]:.3f} s, slowest {max(seconds):.3f} s, bar {BAR} s")
    return over["edited"] > BAR


if __name__ == "__main__":
    sys.exit(main())
