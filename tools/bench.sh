#!/usr/bin/env bash
# Runs the benchmarks at a commit and in the working tree, in turn, and compares them with benchstat.
#
#   tools/bench.sh REF COUNT PACKAGES
set -euo pipefail
cd "$(dirname "$0")/.."
ref=$1 count=$2 packages=$3
if [ -z "$ref" ]; then
    printf 'bench: error: REF is empty, want the commit to compare with\nhint: make bench REF=HEAD~1\n' >&2
    exit 1
fi
commit=$(git rev-parse --verify --quiet "$ref^{commit}") || {
    printf 'bench: error: no commit %s\nhint: name one that git log shows\n' "$ref" >&2
    exit 1
}
tools/setup.sh lab
tools/setup.sh lint
folder=$(mktemp -d)
trap 'git worktree remove --force "$folder/tree" 2>/dev/null; rm -rf "$folder"' EXIT
git worktree add --quiet --detach "$folder/tree" "$commit"

# In turn, so that a machine that slows down slows both.
for ((i = 0; i < count; i++)); do
    # shellcheck disable=SC2086 # packages may be several
    (cd "$folder/tree" && go test -run '^$' -bench . $packages) >>"$folder/before"
    # shellcheck disable=SC2086
    go test -run '^$' -bench . $packages >>"$folder/after"
done
.venv/bin/benchstat "before=$folder/before" "after=$folder/after"
