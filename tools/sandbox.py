"""A project folder for one test: its own host, its own runs, nothing shared with the user's."""

import contextlib
import functools
import http.client
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

PROJECT = pathlib.Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"


class Sandbox:
    """Use it in a with statement: leaving it stops the host and removes the folder."""

    def __enter__(self) -> "Sandbox":
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sandbox-", dir=VENV / "tmp"))
        (self.folder / ".venv").symlink_to(VENV)
        return self

    def __exit__(self, *_) -> None:
        with contextlib.suppress(Exception):
            self.stop()
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, 9)
        shutil.rmtree(self.folder, ignore_errors=True)

    def environment(self, **more: str) -> dict:
        """The environment in which cells and commands belong to this project folder."""
        env = dict(os.environ)
        env.update(
            PRIMEWINDOW_PROJECT=str(self.folder),
            PRIMEWINDOW_HOST=str(VENV / "bin/primewindow"),
            PJRT_PLUGIN_LIBRARY_PATH=str(VENV / "lib/pjrt"),
            PATH=f"{VENV}/bin:{env['PATH']}",
            # What Jupyter remembers between starts would change what a test sees.
            JUPYTER_CONFIG_DIR=str(self.folder / "jupyter/config"),
            JUPYTER_RUNTIME_DIR=str(self.folder / "jupyter/runtime"),
            **more,
        )
        # A warning in another package's code is none of a test's business.
        env.setdefault("PYTHONWARNINGS", "ignore")
        return env

    @functools.cached_property
    def socket(self) -> str:
        """Where the host listens, as the program says: it alone knows the rule."""
        shown = subprocess.run(
            [VENV / "bin/primewindow", "ps"], env=self.environment(), check=True, timeout=60, capture_output=True, text=True
        ).stdout
        return next(line.split(maxsplit=1)[1] for line in shown.splitlines() if line.startswith("socket "))

    def runs(self) -> dict:
        """The host's runs by name, as GET /v1/runs gives them; none when no host answers."""
        connection = http.client.HTTPConnection("host", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.sock.settimeout(20)
        try:
            connection.sock.connect(self.socket)
            connection.request("GET", "/v1/runs")
            return {run["name"]: run for run in json.load(connection.getresponse())}
        except (FileNotFoundError, ConnectionError):
            return {}
        finally:
            connection.close()

    def processes(self) -> list:
        """Processes that live in this project folder, this one aside, ended ones not counted."""
        mark = f"PRIMEWINDOW_PROJECT={self.folder}".encode()
        found = []
        for entry in pathlib.Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    if mark in (entry / "environ").read_bytes().split(b"\0"):
                        found.append(int(entry.name))
        return found

    def stop(self) -> list:
        """Stops the host with primewindow stop; returns what is still running ten seconds later."""
        subprocess.run(
            [VENV / "bin/primewindow", "stop"], env=self.environment(), check=True, timeout=60, capture_output=True, text=True
        )
        deadline = time.monotonic() + 10
        while (left := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return [pathlib.Path(f"/proc/{p}/cmdline").read_bytes().replace(b"\0", b" ").decode() for p in left]


class Checks:
    """Counts checks and prints each with its time."""

    def __init__(self, subject: str) -> None:
        self.subject, self.passed, self.failed, self.skipped = subject, 0, 0, 0

    @contextlib.contextmanager
    def check(self, what: str):
        """A block that passes unless it raises; the error ends the subject's remaining checks."""
        began = time.monotonic()
        try:
            yield
        except BaseException as error:
            self.failed += 1
            print(f"FAIL {self.subject}: {what} ({time.monotonic() - began:.1f} s)\n  {error}", flush=True)
            raise
        self.passed += 1
        print(f"ok   {self.subject}: {what} ({time.monotonic() - began:.1f} s)", flush=True)

    def skip(self, what: str, reason: str) -> None:
        """A check that cannot be made here. With CI=true that is a failure: the set-up installs all of it."""
        if os.environ.get("CI") == "true":
            self.failed += 1
            print(f"FAIL {self.subject}: {what}: skipped although CI installs what it wants: {reason}", flush=True)
        else:
            self.skipped += 1
            print(f"skip {self.subject}: {what}: {reason}", flush=True)

    def write(self, file: str) -> None:
        if file:
            with open(file, "a") as f:
                f.write(f"{self.passed} {self.failed} {self.skipped}\n")
