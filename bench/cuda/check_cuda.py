"""Compiles every graph for a GPU that is described and not there, and prints what each needs of it: make check-cuda.

usage: check_cuda.py [--only TEXT ...] [--write]

The programs are those of TestProgramsForGPU in workbench/host/engine: every method, head, encoder and probe, at the
demo's scale and the paper's, in the forms that they have on a GPU. XLA's CUDA plugin of requirements-cuda.txt compiles
each for the device of h200.txtpb. What was compiled before, by the same plugin for the same device, is not compiled
again, so that a check that was stopped goes on. Exit status 1 where a program does not compile.

That proves that the plugin takes the graphs and what memory they need, not that they run, nor a time: the bounds are
what the device's data sheet allows, the slower of its operations and its memory.
"""

import argparse
import datetime
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import environment as environments  # noqa: E402

ROOT = HERE.parents[1]
FOLDER = ROOT / ".venv/check-cuda"
REQUIREMENTS = "requirements-cuda.txt", "requirements-check-cuda.txt"
TARGET = HERE / "h200.txtpb"
# Of an H200 with SXM, NVIDIA's data sheet: operations a second in TF32 without sparsity and in float32, bytes a second.
TF32, FP32, MEMORY = 494e12, 67e12, 4.8e12
LARGE, SMALL = 141e9, 24e9  # bytes: of an H200, and of a card for a desk
KEPT = 0.92  # of a device's memory that a program may plan for: the rest is the context's and the libraries'


def fail(message, hint):
    print(f"check-cuda: {message}\nhint: {hint}", file=sys.stderr)
    sys.exit(1)


def environment():
    """The Python with JAX and the plugin, made when the requirements have changed."""
    if sys.version_info < (3, 11):
        fail("JAX needs CPython 3.11 or later", "PYTHON=python3.12 make lab, after removing .venv")
    try:
        return environments.made(
            FOLDER, [ROOT / name for name in REQUIREMENTS], lambda text: print(f"{text}: 4 GB", file=sys.stderr)
        )
    except environments.Failed as e:
        fail(f"pip could not install JAX and the plugin: {e}", "this needs the network; run the same command again")


def programs():
    """Has the tests write the programs, and reads their list."""
    folder = FOLDER / "programs"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    command = ["go", "test", "-count=1", "-run=^TestProgramsForGPU$", "./workbench/host/engine"]
    env = os.environ | {"PRIMEWINDOW_GPU_PROGRAMS": str(folder)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    if done.returncode:
        fail(f"the programs were not written:\n{done.stdout}{done.stderr}", "go test ./workbench/host/engine must pass")
    list_ = json.loads((folder / "programs.json").read_text())
    for p in list_:
        p["path"] = folder / p["file"]
        p["key"] = hashlib.sha256(p["path"].read_bytes()).hexdigest()
    return list_


class Compiler:
    """A process that compiles. It is started again where a program ends it."""

    def __init__(self, python):
        self.python, self.process = python, None

    def compile(self, path):
        if self.process is None:
            self.process = subprocess.Popen(
                [self.python, HERE / "compiler.py", TARGET],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(FOLDER / "compiler.log", "a"), text=True,
            )
        try:
            self.process.stdin.write(f"{path}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if line:
            return json.loads(line)
        status, self.process = self.process.wait(), None
        return {"error": f"the compiler ended with status {status}, see {FOLDER.relative_to(ROOT)}/compiler.log", "seconds": 0}


def compile_all(list_, python):
    """Gives each program its figures, from the file of those that are known or by compiling it."""
    file = FOLDER / "compiled.json"
    known = json.loads(file.read_text()) if file.exists() else {}
    about = hashlib.sha256(TARGET.read_bytes() + (HERE / "compiler.py").read_bytes() + (FOLDER / "requirements.txt").read_bytes()).hexdigest()
    compiler, left, began, done = Compiler(python), [p for p in list_ if f"{about} {p['key']}" not in known], time.time(), 0
    for p in list_:
        key = f"{about} {p['key']}"
        if key not in known:
            known[key] = compiler.compile(p["path"])
            done += 1
            if "error" not in known[key]:
                part = file.with_suffix(".part")
                part.write_text(json.dumps(known))
                part.replace(file)
            rest = (time.time() - began) / done * (len(left) - done)
            what = known[key].get("error", f"{known[key]['seconds']} s")
            print(f"{done} of {len(left)}, {rest / 60:.0f} min left: {p['scale']} {p['name']}, batch {p['batch']}: {what}", file=sys.stderr, flush=True)
        p.update(known[key])


def needs(p):
    return p["temporaries"] + p["arguments"] + p["results"]


def bound(p, rate):
    return 1000 * max(p["operations"] / rate, p["bytes"] / MEMORY)


def table(list_):
    rows = [
        "| scale | graph | batch | compiled in s | temporaries MiB | arguments MiB | operations, 10⁹ | bytes, 10⁹ | bound ms, TF32 | bound ms, float32 |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for p in list_:
        cells = [p["scale"], p["name"], p["batch"]]
        if "error" in p:
            cells.append(f"**does not compile**: {p['error']}")
        else:
            cells += [
                p["seconds"], f"{p['temporaries'] / 2**20:.0f}", f"{p['arguments'] / 2**20:.0f}", f"{p['operations'] / 1e9:.1f}",
                f"{p['bytes'] / 1e9:.2f}", f"{bound(p, TF32):.2f}", f"{bound(p, FP32):.2f}",
            ]
        rows.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(rows)


def summary(list_):
    """What does not compile, and what fits into which memory."""
    bad = [p for p in list_ if "error" in p]
    lines = [f"{len(list_) - len(bad)} of {len(list_)} programs compile."]
    paper = [p for p in list_ if p["scale"] == "paper" and "error" not in p]
    if paper:
        most = max(paper, key=needs)
        fits = needs(most) < KEPT * LARGE
        lines.append(
            f"Paper scale: the largest, {most['name']}, needs {needs(most) / 1e9:.1f} GB at batch {most['batch']}, which "
            f"{'fits' if fits else 'does **not** fit'} into {LARGE / 1e9:.0f} GB."
        )
        for name in dict.fromkeys(p["name"] for p in paper if p["batch"] != paper[0]["batch"]):
            batches = [p["batch"] for p in paper if p["name"] == name and needs(p) < KEPT * SMALL]
            what = f"up to batch {max(batches)}" if batches else "at none of the batches tried"
            lines.append(f"{name[0].upper()}{name[1:]}: fits into {SMALL / 1e9:.0f} GB {what}.")
    return bad, "\n\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], help="programs whose scale and name have one of these texts")
    parser.add_argument("--write", action="store_true", help="into results.md")
    args = parser.parse_args()
    python = environment()
    list_ = [p for p in programs() if not args.only or any(text in f"{p['scale']} {p['name']}" for text in args.only)]
    if not list_:
        fail(f"no program has {' or '.join(args.only)} in its name", "run without --only for all")
    compile_all(list_, python)
    bad, found = summary(list_)
    plugin = re.search(r"^jax-cuda13-pjrt==(\S+)", (ROOT / "requirements-cuda.txt").read_text(), re.MULTILINE)[1]
    text = (
        "# Every graph, compiled for an H200 that is not there\n\n"
        f"{datetime.date.today()}, jax-cuda13-pjrt {plugin}, by `make check-cuda`. No GPU was used: memory is what the compiler "
        "plans, and a bound is the time that the device's data sheet allows at least, "
        f"{TF32 / 1e12:.0f} and {FP32 / 1e12:.0f} tera-operations and {MEMORY / 1e12:.1f} TB a second.\n\n{found}\n\n{table(list_)}\n"
    )
    print(text)
    if args.write:
        (HERE / "results.md").write_text(text)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
