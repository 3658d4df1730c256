#!/bin/sh
# Check what only the system can provide; name the package and the command when something is missing.
# usage: prerequisites.sh PYTHON
set -u
python=$1
missing=""

need() { # need COMMAND PACKAGE
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}

need gcc gcc
need make make
if ! command -v "$python" >/dev/null 2>&1; then
    missing="$missing python3 python3-venv"
elif ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; then
    echo "posterm: $python is older than Python 3.10: install a newer one and call make PYTHON=python3.X" >&2
    exit 1
elif ! "$python" -c 'import venv, ensurepip' 2>/dev/null; then
    missing="$missing python3-venv"
fi
if [ -n "$missing" ]; then
    echo "posterm: missing on this system:$missing" >&2
    echo "         install with: sudo apt install$missing" >&2
    exit 1
fi
