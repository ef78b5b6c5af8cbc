"""Executes notebooks headless through the GoNB kernel, in a project folder of its own.

usage: notebooks.py [--keep] [--counts FILE] [NOTEBOOK...]

Without --keep live cells run at smoke size (PRIMEWINDOW_SMOKE=1) and the files stay as they are. A cell that shows
a picture in the file must show one here. With --keep the notebooks run in full and keep their new outputs.
"""

import argparse
import html
import json
import pathlib
import re
import sys
import time

import nbclient
import nbformat

from sandbox import PROJECT, VENV, Checks, Sandbox

CELL_SECONDS = 900  # far above what a full cell takes on two cores: it ends a hang


def text(output: dict) -> str:
    """What a person would read in an output; GoNB's errors are HTML."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return "\n".join([f"{output.ename}: {output.evalue}", *output.traceback])
    data = output.get("data", {})
    raw = data.get("text/plain") or re.sub(r"<style.*?</style>|<[^>]*>", "", data.get("text/html", ""), flags=re.DOTALL)
    return html.unescape(raw)


def pictures(cell: dict) -> int:
    return sum(
        "image/png" in o.get("data", {}) or "data:image/png" in json.dumps(o.get("data", {})) for o in cell.get("outputs", [])
    )


def execute(path: pathlib.Path, sandbox: Sandbox, keep: bool) -> None:
    committed = nbformat.read(path, as_version=4)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    began = time.monotonic()
    slowest = (0.0, 0)

    def before(cell, cell_index):
        nonlocal began
        began = time.monotonic()

    def after(cell, cell_index, execute_reply):
        nonlocal slowest
        slowest = max(slowest, (time.monotonic() - began, cell_index))

    client = nbclient.NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="gonb",
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_start=before,
        on_cell_executed=after,
    )
    env = sandbox.environment() if keep else sandbox.environment(PRIMEWINDOW_SMOKE="1")
    log = open(VENV / "tmp/notebooks.log", "a")  # what the kernel itself says
    try:
        client.execute(env=env, stderr=log)
    except nbclient.exceptions.CellExecutionError as error:
        for index, cell in enumerate(notebook.cells):
            if any(o.output_type == "error" for o in cell.get("outputs", [])):
                shown = "\n".join(text(o) for o in cell.outputs)
                raise RuntimeError(f"cell {index} failed:\n{cell.source}\n{shown}") from error
        raise
    finally:
        log.close()
    print(f"     slowest cell: {slowest[1]}, {slowest[0]:.1f} s")
    for index, (want, got) in enumerate(zip(committed.cells, notebook.cells, strict=True)):
        if want.cell_type == "code" and pictures(got) < pictures(want):
            raise RuntimeError(f"cell {index} shows {pictures(got)} pictures, want {pictures(want)} as in the file:\n{got.source}")
    if keep:
        # Where the sandbox lay says nothing to a reader.
        shown = nbformat.writes(notebook).replace(str(sandbox.folder) + "/", "").replace(str(sandbox.folder), ".")
        path.write_text(shown if shown.endswith("\n") else shown + "\n")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--counts", default="")
    parser.add_argument("notebooks", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    notebooks = [n.resolve() for n in arguments.notebooks] or sorted((PROJECT / "notebooks").glob("*.ipynb"))
    checks = Checks("notebook")
    (VENV / "tmp/notebooks.log").unlink(missing_ok=True)
    for path in notebooks:
        try:
            with checks.check(path.name), Sandbox() as sandbox:
                execute(path, sandbox, arguments.keep)
                if left := sandbox.stop():
                    raise RuntimeError(f"still running after primewindow stop: {left}")
        except Exception:  # reported and counted; the next notebook has its turn
            continue
    checks.write(arguments.counts)
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
