#!/usr/bin/env bash
# make test: set-up, vet, Go's tests, every notebook headless, the browser test, and with CI=true every fuzz test for ten
# seconds. Each part has its turn even when one before it failed; the last line counts them all.
# What one test compiles others load, in this run and later ones, also of another clone: programs are kept in the user's
# store (PRIMEWINDOW_PROGRAMS), each under all that it depends on. PRIMEWINDOW_PROGRAMS=off make test compiles everything.
set -uo pipefail
cd "$(dirname "$0")/.."
tools/setup.sh test || exit 1
export PATH=$PWD/.venv/bin:$PATH
python=$PWD/.venv/bin/python
counts=$(mktemp -p .venv/tmp counts.XXXX)
trap 'rm -f "$counts"' EXIT

part() { # title, command...
    local began=$SECONDS
    printf '\n== %s\n' "$1"
    shift
    "$@"
    printf '== %d s\n' $((SECONDS - began))
}

vet() {
    if go vet ./...; then
        echo "ok   go vet"
        echo "1 0 0" >>"$counts"
    else
        echo "FAIL go vet"
        echo "0 1 0" >>"$counts"
    fi
}

wanted=4
part "go vet" vet
# The two longest first: one of them alone at the end would leave a core idle for ten minutes.
part "go test" "$python" tools/gotest.py --counts "$counts" -timeout=40m ./workbench/host/run ./cmd/primewindow ./workbench/host ./workbench/host/replay ./...
part "notebooks" "$python" tools/notebooks.py --counts "$counts"
part "browser" "$python" tools/browser_test.py --counts "$counts"
if [ "${CI:-}" = true ]; then
    wanted=5
    part "fuzz" tools/fuzz.sh --counts "$counts" 10s
fi

read -r parts passed failed skipped < <(awk '{ n++; p += $1; f += $2; s += $3 } END { print n, p, f, s }' "$counts")
# A part that died before it could count has failed.
failed=$((failed + wanted - parts))
printf '\n%d s in all\n%d passed, %d failed, %d skipped\n' "$SECONDS" "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
