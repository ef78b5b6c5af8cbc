"""A host of a bench's own, in a project folder of its own, spoken to as internal/wire says."""

import http.client
import json
import pathlib
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from sandbox import VENV, Sandbox  # noqa: E402, F401


class Host:
    """A host of the sandbox's own; call speaks the protocol of internal/wire."""

    def __init__(self, sandbox):
        self.path = sandbox.socket
        log = open(sandbox.folder / "host.log", "w")
        self.process = subprocess.Popen(
            [VENV / "bin/primewindow", "host"], env=sandbox.environment(), stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 30
        while True:
            try:
                self.pid = self.call("GET", "/v1/host")["pid"]
                return
            except (FileNotFoundError, ConnectionError):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((sandbox.folder / "host.log").read_text()) from None
                time.sleep(0.05)

    def call(self, verb, path, body=None):
        """The answer of a call; of a stream, its last event."""
        connection = http.client.HTTPConnection("host")
        connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.sock.connect(self.path)
            connection.request(verb, path, None if body is None else json.dumps(body), {"Primewindow-Client": "bench"})
            answer = connection.getresponse()
            last = json.loads(answer.read().splitlines()[-1])
        finally:
            connection.close()
        problem = last.get("problem") if answer.status < 400 else last
        if problem:
            raise RuntimeError(f"{verb} {path}: {problem}")
        return last

    def resident(self):
        """Resident memory in KiB."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise RuntimeError(f"host {self.pid} has ended")
