#!/usr/bin/env bash
# Runs every fuzz test for a while, and counts them.
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
time=${1:?want a time, for example 20s}
shift
[ $# -gt 0 ] || set -- ./...

passed=0 failed=0
while read -r package folder; do
    while read -r name; do
        if out=$(go test "$package" -run '^$' -fuzz "^$name\$" -fuzztime "$time" </dev/null 2>&1); then
            passed=$((passed + 1))
            printf 'ok   %s %s %s\n' "$package" "$name" "$(grep -o 'execs: [0-9]*' <<<"$out" | tail -n 1)"
        else
            failed=$((failed + 1))
            printf 'FAIL %s %s\n%s\n' "$package" "$name" "$out"
        fi
    done < <(grep -hoE '^func Fuzz\w+' "$folder"/*_test.go 2>/dev/null | cut -d' ' -f2)
done < <(go list -f '{{.ImportPath}} {{.Dir}}' "$@")
echo "$passed $failed 0" >>"$counts"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
