"""Finishes the kernel that gonb installed, and writes the lab's own Jupyter settings.

usage: kernel.py VENV PROJECT
"""

import json
import pathlib
import sys


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
        "TMPDIR": f"{venv}/tmp",
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
