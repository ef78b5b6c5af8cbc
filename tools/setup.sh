#!/usr/bin/env bash
# Puts into .venv all that the lab runs on: Python packages, the XLA plugin, the primewindow binary, the kernel.
#
#   tools/setup.sh lab     what `make lab` needs
#   tools/setup.sh test    the same and what the tests need beside
#   tools/setup.sh binary  the binary alone
#   tools/setup.sh gopls   completion in cells, and what cells with a method of their own link; takes two minutes, so
#                          the lab builds it after it has opened
#   tools/setup.sh lint    golangci-lint, benchstat and govulncheck
#
# Each step leaves a stamp with a hash of what it was made from, written last: a step that was interrupted,
# or whose inputs changed, runs again, and all others are skipped.
# PYTHON names the interpreter (default python3), BACKEND=cuda adds the CUDA plugin.
set -euo pipefail
cd "$(dirname "$0")/.."

project=$PWD
venv=$project/.venv
stamps=$venv/.stamps
python=${PYTHON:-python3}
backend=${BACKEND:-cpu}
export GOWORK=off GOFLAGS=-trimpath

die() { # message, hint
    printf 'setup: error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

# tools looks for everything before it stops, so that one run names all that is missing.
tools() {
    local missing=0 version cc
    lack() {
        printf 'setup: error: %s\nhint: %s\n' "$1" "$2" >&2
        missing=1
    }
    if ! command -v go >/dev/null; then
        lack "go is missing, want 1.26.5 or newer" "install Go from its own site or your distribution and put it on PATH"
    else
        version=$(cd / && GOTOOLCHAIN=local go env GOVERSION)
        version=${version#go}
        [ "$(printf '%s\n' 1.26.5 "${version%%[ -]*}" | sort -V | head -n 1)" = 1.26.5 ] ||
            lack "go is $version, want 1.26.5 or newer" "install a newer Go and put it first on PATH"
        cc=$(cd / && GOTOOLCHAIN=local go env CC)
        command -v "${cc%% *}" >/dev/null ||
            lack "the C compiler $cc is missing (go-xla uses cgo)" "install gcc or clang, for example: apt-get install gcc libc6-dev"
    fi
    if ! command -v "$python" >/dev/null; then
        lack "$python is missing, want Python 3.10 or newer" "install it, for example: apt-get install python3 python3-venv; or set PYTHON"
    elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
        lack "$python is $("$python" -c 'import platform; print(platform.python_version())'), want 3.10 or newer" "set PYTHON to a newer interpreter"
    elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
        lack "$python has no venv module" "install it, for example: apt-get install python3-venv"
    fi
    case "$(uname -s)-$(uname -m)" in
    Linux-x86_64 | Linux-aarch64) ;;
    *) lack "$(uname -s) on $(uname -m) is not supported, want Linux on x86_64 or aarch64" "use the Dockerfile" ;;
    esac
    case "$backend" in
    cpu | cuda) ;;
    *) lack "BACKEND is $backend, want cpu or cuda" "BACKEND=cuda make lab, or leave it out" ;;
    esac
    [ "$missing" = 0 ] || exit 1
}

# step NAME INPUT... -- COMMAND... runs the command unless the stamp says it has been run for these inputs.
step() {
    local name=$1 inputs=() hash
    shift
    while [ "$1" != -- ]; do
        inputs+=("$1")
        shift
    done
    shift
    hash=$({ printf '%s\n' "$@"; cat /dev/null "${inputs[@]}"; } | sha256sum | cut -d' ' -f1)
    [ "$(cat "$stamps/$name" 2>/dev/null)" != "$hash" ] || return 0
    rm -f "$stamps/$name"
    local began=$SECONDS
    printf 'setup: %s ...\n' "$name"
    "$@"
    printf '%s\n' "$hash" >"$stamps/$name.new"
    mv "$stamps/$name.new" "$stamps/$name"
    printf 'setup: %s done in %d s\n' "$name" $((SECONDS - began))
}

# environment makes the virtual environment, anew when it is broken, was moved, or is another Python's.
environment() {
    local place
    place="$project $("$python" -c 'import sys; print(sys.executable, sys.version.split()[0])')"
    if [ "$(cat "$stamps/place" 2>/dev/null)" != "$place" ] || ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
        echo "setup: virtual environment ..."
        "$python" -m venv --clear "$venv"
        mkdir -p "$stamps"
        printf '%s\n' "$place" >"$stamps/place"
    fi
    mkdir -p "$venv/tmp" "$venv/lib/pjrt"
}

packages() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --only-binary :all: --require-hashes "${@/#/--requirement=}" ||
        die "pip could not install ${*}" "the first set-up needs the network; run the same command again, it goes on where it stopped"
}

# plugin links XLA's plugin under the name go-xla looks for. The CUDA plugin finds NVIDIA's libraries beside
# its own folder, and the loader takes the link's place for that folder: hence the second link.
plugin() {
    local site from
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
    case "$1" in
    cpu) from=$site/xla_plugins/xla_cpu_pjrt/xla_cpu_pjrt.so ;;
    cuda) from=$site/jax_plugins/xla_cuda13/xla_cuda_plugin.so ;;
    esac
    [ -f "$from" ] || die "the $1 plugin's wheel has no ${from#"$site"/}" "remove .venv and run the same command again"
    ln -sfnr "$from" "$venv/lib/pjrt/pjrt_c_api_$1_plugin.so"
    [ "$1" != cuda ] || ln -sfnr "$site/nvidia" "$venv/lib/nvidia"
}

# kernels builds the library of internal/kernels beside the plugins' folder, from wheels that are unpacked and not
# installed. The library is replaced whole: a process that has it open keeps the old one.
kernels() {
    local folder=$venv/tmp/kernels to=$venv/lib/kernels cxx
    cxx=$(cd / && GOTOOLCHAIN=local go env CXX)
    rm -rf "$folder"
    mkdir -p "$folder/wheels" "$to/onednn"
    "$venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-input --only-binary :all: --no-deps --require-hashes \
        --platform manylinux_2_27_x86_64 --platform manylinux1_x86_64 --python-version 3.12 --dest "$folder/wheels" --requirement "$1" ||
        die "pip could not download $1" "this needs the network; run the same command again, it goes on where it stopped"
    "$venv/bin/python" tools/unpack_kernels.py "$folder/wheels" "$folder" ||
        die "the wheels of $1 are not as expected" "see the message above; run the same command again"
    # Without -march: oneDNN chooses its instructions when it runs, and so do the few loops of the source. Products and
    # sums are rounded one by one, so that these loops give the same bits with any instructions.
    # shellcheck disable=SC2016,SC2086 # $ORIGIN is the loader's; the compiler may have options
    $cxx -O3 -ffp-contract=off -std=c++17 -Wall -Wextra -fPIC -shared -fvisibility=hidden "-I$folder/include" \
        internal/kernels/native/*.cc -o "$to/libprimewindow_kernels.so.new" \
        "-L$folder/lib" -l:libdnnl.so.3 -ldl '-Wl,-rpath,$ORIGIN' -Wl,--no-undefined ||
        die "the kernels do not build with $cxx" "see its message above"
    cp "$folder"/doc/* "$to/onednn/"
    cp "$folder/lib/libdnnl.so.3" "$to/libdnnl.so.3.new"
    mv "$to/libdnnl.so.3.new" "$to/libdnnl.so.3"
    mv "$to/libprimewindow_kernels.so.new" "$to/libprimewindow_kernels.so"
    rm -rf "$folder"
}

# no_kernels says why this machine cannot have kernels; all works without them, on XLA's own convolutions.
no_kernels() {
    local cxx
    cxx=$(cd / && GOTOOLCHAIN=local go env CXX)
    if [ "$(uname -m)" != x86_64 ]; then
        echo "oneDNN's wheel is for x86_64"
    elif ! command -v "${cxx%% *}" >/dev/null; then
        echo "the C++ compiler $cxx is missing, for example: apt-get install g++"
    fi
}

# binary has no stamp: go build knows better, and takes a second when nothing changed.
binary() {
    go build -o "$venv/bin/primewindow" ./cmd/primewindow ||
        die "the primewindow binary does not build" "see go's message above; the first build needs the network for its modules"
}

install_tools() { # module folder, packages
    local folder=$1
    shift
    GOBIN=$venv/bin go -C "$folder" install "$@" || die "go could not install $*" "see go's message above; the first set-up needs the network"
}

kernel() {
    JUPYTER_DATA_DIR=$venv/share/jupyter PATH=$venv/bin:$PATH \
        "$venv/bin/gonb" --install --force_deps -go_work="$project" 2>"$venv/tmp/gonb-install.log" ||
        die "the kernel could not be installed" "see .venv/tmp/gonb-install.log"
    "$venv/bin/python" tools/kernel.py "$venv" "$project"
}

# cell builds once what every cell builds: it fills Go's caches, so that the first cell is as quick as later ones,
# and it brings the modules' files that a build with a go.work reads, so that no cell needs the network.
cell() {
    local folder=$venv/tmp/cell
    rm -rf "$folder"
    mkdir -p "$folder"
    (
        cd "$folder"
        export GOFLAGS=-ldflags=-w GOWORK= # as tools/kernel.py sets them for cells
        go mod init cell
        printf 'package main\n\nimport wb "github.com/primewindow/primewindow/workbench"\n\nvar _ *wb.Run\n\nfunc main() {}\n' >main.go
        go work init
        go work use "$project" .
        go build -o cell .
    ) >"$folder/log" 2>&1 || {
        cat "$folder/log" >&2
        die "a first cell does not build" "see go's message above"
    }
    rm -rf "$folder"
}

# own_cell builds once, in the background, what a cell with a method of its own builds: all of the host, for a minute.
# (The binary is built with other flags, and shares nothing with it.)
own_cell() {
    GOFLAGS=-ldflags=-w go build -o /dev/null ./workbench/host/testdata/cell ||
        die "a cell with a method of its own does not build" "see go's message above"
}

# browser installs what the tests look for on the system. Without root it leaves them to skip, with their reason.
browser() {
    local wanted=()
    command -v chromium >/dev/null || wanted+=(chromium)
    command -v ffmpeg >/dev/null || wanted+=(ffmpeg)
    command -v slurmctld >/dev/null || wanted+=(slurm-wlm munge)
    [ ${#wanted[@]} != 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 0
    echo "setup: ${wanted[*]} ..."
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}"; } \
        >"$venv/tmp/apt.log" 2>&1 ||
        echo "setup: ${wanted[*]} could not be installed, see .venv/tmp/apt.log; tests that need them will skip" >&2
}

lab() {
    tools
    # Two set-ups at once take turns. The lock is this file itself, and ends with the process.
    exec 9<tools/setup.sh
    ! command -v flock >/dev/null || flock 9
    environment
    step packages requirements.txt -- packages requirements.txt
    step plugin-cpu requirements.txt -- plugin cpu
    local without
    without=$(no_kernels)
    if [ -z "$without" ]; then
        step kernels requirements-kernels.txt internal/kernels/native/* tools/unpack_kernels.py -- \
            kernels requirements-kernels.txt
    else
        echo "setup: without kernels, convolutions are XLA's own: $without"
    fi
    if [ "$backend" = cuda ]; then
        step packages-cuda requirements-cuda.txt -- packages requirements-cuda.txt
        step plugin-cuda requirements-cuda.txt -- plugin cuda
    fi
    binary
    step gonb tools/go.mod tools/go.sum -- install_tools tools github.com/janpfeifer/gonb golang.org/x/tools/cmd/goimports
    local spec=$venv/share/jupyter/kernels/gonb/kernel.json
    [ -d "$(sed -n 's/^ *"TMPDIR": "\(.*\)",\{0,1\}$/\1/p' "$spec" 2>/dev/null)" ] || rm -f "$stamps/kernel" # its short name is gone
    step kernel tools/go.mod tools/kernel.py tools/setup.sh -- kernel
    step cell go.mod go.sum -- cell
}

case "${1:-}" in
lab) lab ;;
test)
    lab
    step packages-test requirements-test.txt -- packages requirements-test.txt
    browser
    ;;
binary)
    tools
    mkdir -p "$venv/bin"
    binary
    ;;
gopls)
    step gopls tools/gopls/go.mod tools/gopls/go.sum -- install_tools tools/gopls tool
    step own-cell go.mod go.sum -- own_cell
    ;;
lint)
    mkdir -p "$stamps" "$venv/bin"
    step lint tools/lint/go.mod tools/lint/go.sum -- install_tools tools/lint tool
    ;;
*) die "unknown part ${1:-(none)}, want lab, test, binary, gopls or lint" "run make help" ;;
esac
