"""Does in a real browser what a user does: open, run all, interrupt, restart the kernel, run all again.

usage: browser_test.py [--counts FILE] [--notebook FILE] [--long CODE]

JupyterLab serves a copy of the notebook, so that its autosave changes no committed file. The run's step is asked from
the host itself. Pictures of the page are left in .venv/tmp/browser/.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from sandbox import PROJECT, VENV, Checks, Sandbox

# As many steps as nobody waits for; the interrupt has to end it.
LONG_CELL = "%%\nrun.Step(1000000)"

RUN_ALL_SECONDS = 300  # issue bar: the notebook runs in three minutes; the rest is for a busy machine
INTERRUPT_SECONDS = 10  # GoNB kills a cell 5 s after the interrupt; the rest is for the page


class Page:
    """One notebook open in JupyterLab."""

    def __init__(self, page) -> None:
        self.page = page

    def open(self, address: str) -> None:
        self.page.goto(address)
        self.page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=60_000)
        # A cell run before the page has its kernel brings up a dialog instead. The idle sign says nothing about that.
        sessions = re.sub("/lab/.*\\?", "/api/sessions?", address)
        wait_for("the notebook has a kernel", lambda: len(self.page.request.get(sessions).json()) == 1, 60)
        self.page.wait_for_selector(".jp-NotebookPanel-toolbar :text('Go (gonb)')", timeout=60_000)
        self.page.wait_for_timeout(1000)

    def menu(self, name: str, item: str) -> None:
        self.page.locator(".lm-MenuBar-item", has_text=re.compile(f"^{name}$")).click()
        self.page.locator(".lm-Menu-item:visible", has_text=re.compile(f"^{item}")).first.click()

    def prompts(self) -> list:
        """Of each code cell what stands before it: [3]: done, [*]: running or waiting, [ ]: not run."""
        return [p.strip() for p in self.page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()]

    def wait_until_idle(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while any("*" in p for p in self.prompts()):
            if time.monotonic() > deadline:
                raise RuntimeError(f"cells still run after {seconds} s: {self.prompts()}\n{self.outputs()[-2000:]}")
            time.sleep(0.1)

    def run_all(self) -> None:
        self.menu("Run", "Run All Cells")
        self.page.wait_for_function("document.querySelector('.jp-Notebook').innerText.includes('[*]')", timeout=60_000)
        self.wait_until_idle(RUN_ALL_SECONDS)
        if not all(re.fullmatch(r"\[\d+\]:", p) for p in self.prompts()):
            raise RuntimeError(f"not every cell ran: {self.prompts()}\n{self.outputs()[-2000:]}")

    def outputs(self) -> str:
        return "\n".join(self.page.locator(".jp-OutputArea-output").all_inner_texts())

    def figures(self) -> int:
        """Outputs that show a drawing: a picture that has arrived, or a Vega-Lite view."""
        return self.page.evaluate(
            """() => [...document.querySelectorAll('.jp-OutputArea-output')].filter(o =>
                 [...o.querySelectorAll('img')].some(i => i.naturalWidth > 0) ||
                 o.querySelector('canvas, svg.marks')).length"""
        )

    def append_cell(self, code: str) -> None:
        self.page.locator(".jp-CodeCell").last.locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Escape")
        self.page.keyboard.press("b")
        self.page.keyboard.press("Enter")
        self.page.keyboard.insert_text(code)

    def delete_cell(self) -> None:
        for key in ("Escape", "d", "d"):
            self.page.keyboard.press(key)

    def restart_kernel(self) -> None:
        self.menu("Kernel", "Restart Kernel…")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.page.wait_for_selector(".jp-Dialog", state="detached")


@contextlib.contextmanager
def jupyter(sandbox: Sandbox, notebook: pathlib.Path):
    """Serves a copy of the notebook; yields its address."""
    root = sandbox.folder / "lab"
    (root / "notebooks").mkdir(parents=True)
    shutil.copy(notebook, root / "notebooks")
    results = notebook.parent / "results"  # records that it draws; of a notebook from elsewhere there are none
    if results.is_dir():
        shutil.copytree(results, root / "notebooks" / "results")
    tracker = sandbox.folder / "settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    # Every cell in the page, so that the test sees those below the window too.
    tracker.write_text(json.dumps({"windowingMode": "none"}))
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    token = secrets.token_hex(16)
    command = [VENV / "bin/jupyter", "lab", "--no-browser", f"--ServerApp.root_dir={root}", f"--ServerApp.port={port}"]
    command += [f"--IdentityProvider.token={token}", f"--LabApp.user_settings_dir={sandbox.folder}/settings"]
    command += [f"--LabApp.workspaces_dir={sandbox.folder}/workspaces"] + (["--allow-root"] if os.getuid() == 0 else [])
    log = open(VENV / "tmp/browser/jupyter.log", "w")
    server = subprocess.Popen(
        command, env=sandbox.environment(PRIMEWINDOW_SMOKE="1"), stdin=subprocess.DEVNULL, stdout=log, stderr=log
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/status?token={token}", timeout=5).close()
                break
            except OSError as error:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("JupyterLab does not answer, see .venv/tmp/browser/jupyter.log") from error
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/lab/tree/notebooks/{notebook.name}?token={token}&reset"
    finally:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        log.close()


def steps(sandbox: Sandbox) -> dict:
    return {name: run["step"] for name, run in sandbox.runs().items()}


def wait_for(what: str, condition, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"after {seconds} s still not: {what}")
        time.sleep(0.1)


def session(page: Page, address: str, sandbox: Sandbox, long: str, checks: Checks) -> None:
    with checks.check("open, run all"):
        page.open(address)
        page.run_all()
        figures = page.figures()
        if figures == 0:
            raise RuntimeError("no figure in any output")
        first = steps(sandbox)
        if not first or max(first.values()) == 0:
            raise RuntimeError(f"the host tells of no run that was trained: {first}")

    with checks.check("interrupt a long cell"):
        page.append_cell(long)
        page.page.keyboard.press("Control+Enter")
        wait_for("the long cell trains", lambda: sum(steps(sandbox).values()) > sum(first.values()) + 2, 60)
        page.page.locator("[data-command='notebook:interrupt-kernel']").first.click()
        page.wait_until_idle(INTERRUPT_SECONDS)
        paused = steps(sandbox)
        time.sleep(1)
        if steps(sandbox) != paused:
            raise RuntimeError(f"the run goes on after the interrupt: {paused}, then {steps(sandbox)}")
        page.delete_cell()

    with checks.check("restart the kernel: the runs stay where they are"):
        page.restart_kernel()
        if steps(sandbox) != paused:
            raise RuntimeError(f"steps are {steps(sandbox)}, want {paused}")

    with checks.check("run all again: same step, same figures"):
        page.run_all()
        if steps(sandbox) != paused:
            raise RuntimeError(f"steps are {steps(sandbox)}, want {paused}")
        if page.figures() != figures:
            raise RuntimeError(f"{page.figures()} figures, want {figures} as before")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--counts", default="")
    parser.add_argument("--notebook", type=pathlib.Path, default=PROJECT / "notebooks/01_first_run.ipynb")
    parser.add_argument("--long", default=LONG_CELL)
    arguments = parser.parse_args()
    checks = Checks("browser")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        checks.skip("all", "chromium is not installed, for example: apt-get install chromium")
        checks.write(arguments.counts)
        return 1 if checks.failed else 0

    from playwright.sync_api import sync_playwright

    pictures = VENV / "tmp/browser"
    pictures.mkdir(parents=True, exist_ok=True)
    try:
        with Sandbox() as sandbox:
            with jupyter(sandbox, arguments.notebook) as address, sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
                page = browser.new_page(viewport={"width": 1400, "height": 6000})
                try:
                    session(Page(page), address, sandbox, arguments.long, checks)
                finally:
                    page.screenshot(path=pictures / "last.png")
                    browser.close()
            with checks.check("primewindow stop leaves no process"):
                if left := sandbox.stop():
                    raise RuntimeError("; ".join(left))
    except Exception as error:
        if checks.failed == 0:  # before the first check
            checks.failed += 1
            print(f"FAIL browser: {error}", flush=True)
    checks.write(arguments.counts)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
