#!/usr/bin/env bash
# Opens JupyterLab on 127.0.0.1 with a token; further arguments go to jupyter lab.
# LAB_IP is for the container, whose own loopback nobody outside can reach.
set -euo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh lab
venv=$PWD/.venv

# running PROGRAM prints the processes that execute .venv/bin/PROGRAM.
running() {
    local process
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/exe" 2>/dev/null)" != "$venv/bin/$1" ] || echo "${process#/proc/}"
    done
}

# Kernels that were killed hard leave their folder and their gopls behind. With no kernel running, all are leftovers.
if [ -z "$(running gonb)" ]; then
    rm -rf "$venv"/tmp/gonb_*
    for process in $(running gopls); do
        kill "$process" 2>/dev/null || true
    done
fi

# Completion follows when the lab is open, at low priority, so that it keeps nobody waiting.
((sleep 15 && nice -n 19 tools/setup.sh gopls) >"$venv/tmp/gopls-build.log" 2>&1 </dev/null &)

arguments=(--ServerApp.ip="${LAB_IP:-127.0.0.1}")
[ "$(id -u)" != 0 ] || arguments+=(--allow-root)
exec "$venv/bin/jupyter" lab "${arguments[@]}" "$@"
