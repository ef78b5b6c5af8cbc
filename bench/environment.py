"""Python environments of a bench's own, made from requirements with hashes and kept until those change."""

import pathlib
import shutil
import subprocess
import sys


class Failed(Exception):
    """What pip said last."""


def made(folder: pathlib.Path, requirements, note, prepare=lambda python: None) -> pathlib.Path:
    """The environment's Python. note is told that it is made anew, prepare is given it before pip installs."""
    python, stamp = folder / "bin/python", folder / "requirements.txt"
    wanted = "".join(path.read_text() for path in requirements)
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    note(f"setting up {folder}")
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    prepare(python)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    for path in requirements:
        install += ["-r", path]
    done = subprocess.run(install, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise Failed((done.stderr.strip().splitlines() or ["pip"])[-1][:200])
    stamp.write_text(wanted)
    return python
