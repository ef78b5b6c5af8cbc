#!/usr/bin/env bash
# Times a Joint run on digits against PyTorch, and prints the ratios.
#
#   PRIMEWINDOW_DATA=FOLDER bench/digits/run.sh [--rounds N] [--epochs N]
#
# PRIMEWINDOW_TORCH names a Python that has what requirements.txt asks for. Without it the first run needs the network
# and fetches PyTorch, about 3 GB, into .venv/bench-digits.
set -euo pipefail
data=$(realpath "${PRIMEWINDOW_DATA:?name the folder that holds fsdd and mnist}")
cd "$(dirname "$0")/../.."
peer=${PRIMEWINDOW_TORCH:-}
if [[ -z $peer ]]; then
    environment=.venv/bench-digits
    if ! cmp -s bench/digits/requirements.txt "$environment/requirements.txt"; then
        rm -rf "$environment"
        python3 -m venv "$environment"
        "$environment/bin/pip" install --quiet --disable-pip-version-check -r bench/digits/requirements.txt
        cp bench/digits/requirements.txt "$environment/requirements.txt"
    fi
    peer=$environment/bin/python
fi
go build -o .venv/bin/primewindow ./cmd/primewindow
exec .venv/bin/python bench/digits/digits.py --torch "$peer" --data "$data" "$@"
