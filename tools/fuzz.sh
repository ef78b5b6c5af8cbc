#!/usr/bin/env bash
# Runs every fuzz test for a while, as many at once as there are cores and each on one, and counts them.
#
#   tools/fuzz.sh [--counts FILE] TIME [PACKAGE...]     TIME as go test takes it, for example 20s; by default all packages
#
# An input that fails is kept in the package's testdata/fuzz by go test, to be committed with what mends it.
set -uo pipefail
cd "$(dirname "$0")/.."

counts=/dev/null
if [ "${1:-}" = --counts ]; then
    counts=$2
    shift 2
fi
export FUZZ_TIME=${1:?want a time, for example 20s}
shift
[ $# -gt 0 ] || set -- ./...

# So few open files that a target that gives none back fails at once, and not on the one machine that is slow to collect them.
ulimit -n 256

targets() {
    go list -f '{{.ImportPath}} {{.Dir}}' "$@" | while read -r package folder; do
        grep -hoE '^func Fuzz\w+' "$folder"/*_test.go 2>/dev/null | sed "s|^func |$package |"
    done
}

# At the end of its time go test sometimes takes its own deadline for a failure, of which it then keeps no input
# (https://go.dev/issue/75804, mended in Go 1.27): that run counts for nothing, and is made again.
late() {
    grep -q '^    context deadline exceeded$' <<<"$1" && ! grep -qE 'Failing input written|panic:|DATA RACE|_test\.go:' <<<"$1"
}

# An input that reaches new code is made smaller by 20 tries, not for a minute, which is go test's default: ten seconds
# held 14 inputs then, and hold thousands.
one() { # package, name
    local out tries=3
    while true; do
        if out=$(go test "$1" -run '^$' -fuzz "^$2\$" -fuzztime "$FUZZ_TIME" -fuzzminimizetime 20x -parallel 1 </dev/null 2>&1); then
            printf 'ok   %s %s %s\n' "$1" "$2" "$(grep -o 'execs: [0-9]*' <<<"$out" | tail -n 1)"
        elif late "$out" && ((--tries)); then
            continue
        else
            printf 'FAIL %s %s\n%s\n' "$1" "$2" "$out"
        fi
        return
    done
}
export -f one late

said=$(mktemp)
trap 'rm -f "$said"' EXIT
targets "$@" | xargs -r -L 1 -P "$(nproc)" bash -c 'one "$@"' one | tee "$said"
passed=$(grep -c '^ok   ' "$said")
failed=$(grep -c '^FAIL ' "$said")
echo "$passed $failed 0" >>"$counts"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
