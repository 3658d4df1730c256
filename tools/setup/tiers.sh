#!/bin/sh
# Run every test tier this machine can run; name what was skipped and why. With CI=true a skipped tier is a failure.
# Debian packages are only installed by `make packages`, and by continuous integration.
# usage: tiers.sh PYTHON MAKE
set -u
python=$1
make=$2
failed=""
skipped=""

tier() { # tier NAME TARGET REASON-TO-SKIP
    if [ -n "$3" ]; then
        echo "== $1 tier: SKIPPED: $3"
        skipped="$skipped $1"
        return
    fi
    echo "== $1 tier"
    "$make" --no-print-directory PYTHON="$python" "$2" || failed="$failed $1"
}

sh "$(dirname "$0")/prerequisites.sh" "$python" || exit 1
headers=$("$python" -c 'import os, sysconfig
path = os.path.join(sysconfig.get_paths()["include"], "Python.h")
print("" if os.path.exists(path) else "no Python.h for the C module: sudo apt install python3-dev")')
platform=$("$python" -c 'import platform, sys
here = sys.platform + " " + platform.machine()
print("" if here == "linux x86_64" else "the native module is built for linux x86_64 only, this is " + here)')
packages=$(sh "$(dirname "$0")/packages.sh" missing machines)

tier check check "$headers"
tier host test-host "$headers"
tier target test-target "${headers:-$platform}"
tier emulated test-emulated "${headers:-${platform:-${packages:+not installed: $packages (make packages)}}}"
tier e2e test-e2e "${headers:-$platform}"

if [ -n "$failed" ]; then
    echo "== FAILED:$failed"
    exit 1
fi
if [ -n "$skipped" ]; then
    echo "== passed, but skipped:$skipped"
    [ "${CI:-}" = true ] && exit 1
    exit 0
fi
echo "== every tier passed"
