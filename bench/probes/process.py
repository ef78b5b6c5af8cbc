"""Processes that answer lines, as probes.py says; and our binary."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
BINARY = ROOT / ".venv/bench-probes"
CORES = 2
PATIENCE = 400  # seconds for an answer; the compilation of a ResNet takes a minute under load

ENVIRONMENT = {
    # Blocks of a step are kept by the C library instead of being mapped anew at each.
    "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": "34359738368", "MALLOC_ARENA_MAX": "1",
    "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": str(CORES), "CUDA_VISIBLE_DEVICES": "",
    "JAX_PLATFORMS": "cpu", "GOMLX_BACKEND": "xla:cpu", "PYTHONWARNINGS": "ignore",
}  # fmt: skip


class Hole(Exception):
    """Why a contender has no figures."""


class Process:
    """A contender's process. What it says on its standard error is kept for the reason of a hole."""

    def __init__(self, command):
        self.errors = tempfile.TemporaryFile("w+")
        env = {k: v for k, v in os.environ.items() if k not in ("XLA_FLAGS", "PYTHONPATH")} | ENVIRONMENT
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=env, cwd=ROOT
        )

    def hear(self, patience):
        """The next message."""
        late = threading.Timer(patience, self.process.kill)
        late.start()
        line = self.process.stdout.readline()
        late.cancel()
        if line:
            return json.loads(line)
        code = self.process.wait()
        self.errors.seek(0)
        said = [text.strip() for text in self.errors.read().splitlines() if text.strip()]
        named = [text for text in said if re.match(r"[\w.]*(Error|Exception|probes):? ", text)]
        reason = (named or said or [f"ended with status {code}"])[-1]
        raise Hole(f"no answer in {patience} s" if code == -9 and not said else reason[:200])

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return self.hear(PATIENCE)

    def end(self):
        """The peak resident size in MiB."""
        self.process.stdin.close()
        peak = self.hear(60)["peak_mib"]
        self.process.wait()
        return peak

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.errors.close()


@contextlib.contextmanager
def running(command):
    process = Process(command)
    try:
        yield process
    finally:
        process.kill()


def say(text):
    print(text, file=sys.stderr, flush=True)


def fail(message, hint):
    raise SystemExit(f"bench-probes: {message}\nhint: {hint}")


def build():
    """Our side."""
    done = subprocess.run(["go", "build", "-o", BINARY, "./bench/probes"], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        fail(done.stderr.strip().splitlines()[-1], "go build ./bench/probes must pass")


def make_data(file, size, batch, *more):
    command = [BINARY, "-what", "data", "-size", size, "-batch", str(batch), "-file", file, *more]
    done = subprocess.run(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        fail(done.stderr.strip().splitlines()[-1], "`make setup` installs the XLA plugin")
