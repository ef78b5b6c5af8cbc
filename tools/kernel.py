"""Finishes the kernel that gonb installed, and writes the lab's own Jupyter settings.

usage: kernel.py VENV PROJECT
"""

import hashlib
import json
import os
import pathlib
import sys

SOCKET = "/gonb_12345678/gopls_socket"  # which gonb makes below TMPDIR, for completion
LONGEST = 107  # bytes that Linux lets a socket's path have


def fits(folder: pathlib.Path) -> bool:
    return len(os.fsencode(folder)) + len(SOCKET) <= LONGEST


def temporary(venv: pathlib.Path) -> pathlib.Path:
    """The folder for kernels' files: VENV/tmp, under a shorter name below the user's state folder where it needs one."""
    own = venv / "tmp"
    if fits(own):
        return own
    state = os.environ.get("XDG_STATE_HOME", "")
    if not state.startswith("/"):
        state = os.path.expanduser("~/.local/state")
    link = pathlib.Path(state, "primewindow", "kernel-" + hashlib.sha256(os.fsencode(venv)).hexdigest()[:10])
    if not fits(link):
        print(
            f"setup: warning: no completion in cells: {own} is too long a path for a socket, and {link} too\n"
            "hint: move the project up, or set XDG_STATE_HOME to a folder of your own with a short path",
            file=sys.stderr,
        )
        return own
    link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not link.is_symlink() or os.readlink(link) != str(own):
        link.unlink(missing_ok=True)
        link.symlink_to(own)
    return link


def finish_kernel(venv: pathlib.Path) -> None:
    """Gives kernel.json the environment of every cell."""
    file = venv / "share/jupyter/kernels/gonb/kernel.json"
    spec = json.loads(file.read_text())
    # Below /tmp gonb installs a copy of itself; one place is enough.
    spec["argv"][0] = f"{venv}/bin/gonb"
    spec["env"] = {
        # ${PATH} is expanded when the kernel starts.
        "PATH": f"{venv}/bin:${{PATH}}",
        # Cells never ask the network, neither for modules nor for another Go.
        "GOPROXY": "off",
        "GOTOOLCHAIN": "local",
        "GOMLX_NO_AUTO_INSTALL": "1",
        # A cell is built in a workspace: flags and a GOWORK of the user's own would break it.
        "GOFLAGS": "-ldflags=-w",
        "GOWORK": "",
        # A kernel that is killed leaves its folder behind: here it is found and cleared.
        "TMPDIR": str(temporary(venv)),
    }
    write(file, spec)


def write_settings(venv: pathlib.Path, project: pathlib.Path) -> None:
    """Settings for the server and the front end, below the environment, so that the user's own stay untouched."""
    write(
        venv / "etc/jupyter/jupyter_server_config.json",
        {
            "ServerApp": {"ip": "127.0.0.1", "root_dir": str(project)},
            "LabApp": {
                # The extension manager would ask the network for its list.
                "extension_manager": "readonly",
                "default_url": "/lab/tree/notebooks/01_first_run.ipynb",
                "workspaces_dir": str(venv / "share/jupyter/lab/workspaces"),
            },
        },
    )
    write(
        venv / "share/jupyter/lab/settings/overrides.json",
        {
            "@jupyterlab/apputils-extension:notification": {
                "fetchNews": "false",
                "checkForUpdates": False,
            },
        },
    )


def write(file: pathlib.Path, value: dict) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_suffix(".new")
    new.write_text(json.dumps(value, indent=2) + "\n")
    new.rename(file)


if __name__ == "__main__":
    venv, project = (pathlib.Path(a) for a in sys.argv[1:])
    finish_kernel(venv)
    write_settings(venv, project)
