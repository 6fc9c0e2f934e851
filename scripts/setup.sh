#!/bin/sh
# Make .venv with the pinned packages: `setup.sh runtime`, `setup.sh dev` for tests as well, or
# `setup.sh bench` for what benchmarks compare with, too.
# Installed by uv when it can be had, else by pip; both read the same hashed files.
set -eu
kind=${1:-runtime}
cd "$(dirname "$0")/.."

find_python() {
    for candidate in ${PYTHON:-} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed and was not found; name one with PYTHON=/path/to/python3" >&2
    exit 1
}

make_venv() {
    python=$(find_python)
    [ -n "$python" ] || exit 1
    "$python" -m venv .venv 2>/dev/null && return
    rm -rf .venv
    # Debian's Python comes without ensurepip; virtualenv brings its own.
    "$python" -m virtualenv -q .venv 2>/dev/null && return
    "$python" -m pip install -q --user virtualenv 2>/dev/null && "$python" -m virtualenv -q .venv && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null && "$python" -m venv .venv && return
    fi
    echo "this Python cannot make virtual environments: install python3-venv (Debian, Ubuntu) and try again" >&2
    exit 1
}

install() {
    stamp=".venv/.installed-$1"
    shift
    wanted=$(cat "$@" | .venv/bin/python -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
    [ "$(cat "$stamp" 2>/dev/null || true)" = "$wanted" ] && return
    echo "[setup] installing pinned packages"
    files=""
    for file in "$@"; do files="$files -r $file"; done
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install -q --disable-pip-version-check uv 2>/dev/null || true
    # shellcheck disable=SC2086
    UV_PYTHON_DOWNLOADS=never .venv/bin/uv pip install -q --require-hashes --compile-bytecode \
        -p .venv/bin/python $files 2>/dev/null ||
        .venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes $files
    echo "$wanted" >"$stamp"
}

if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    rm -rf .venv
    echo "[setup] making .venv"
    make_venv
fi
case $kind in
runtime) install runtime requirements.txt ;;
dev) install dev requirements.txt requirements-dev.txt ;;
bench) install bench requirements.txt requirements-dev.txt requirements-bench.txt ;;
*)
    echo "usage: setup.sh runtime|dev|bench" >&2
    exit 2
    ;;
esac
