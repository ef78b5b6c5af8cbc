#!/usr/bin/env bash
# Times viz/tsne against openTSNE and scikit-learn in one run, and prints a table.
#
#   bench/tsne/run.sh [--rounds N] [--points N ...]
#
# The first run needs the network, for the peers in requirements.txt; they stay in .venv/bench-tsne.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=.venv/bench-tsne
if ! cmp -s bench/tsne/requirements.txt "$environment/requirements.txt"; then
    rm -rf "$environment"
    python3 -m venv "$environment"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r bench/tsne/requirements.txt
    cp bench/tsne/requirements.txt "$environment/requirements.txt"
fi
go build -o "$environment/tsne" ./bench/tsne
exec "$environment/bin/python" bench/tsne/peer.py --binary "$environment/tsne" "$@"
