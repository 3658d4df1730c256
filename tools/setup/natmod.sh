#!/bin/sh
# Build the C module paycrypt as a native module for one architecture.
# usage: natmod.sh ARCH SOURCE OUT VENV_BIN      leaves OUT/ARCH/paycrypt.mpy
set -eu
arch=$1
source=$2
out=$3
bin=$4
mkdir -p "$out/$arch"
if ! make -C "$(dirname "$0")/../../lib/paycrypt/micropython" ARCH="$arch" MPY_DIR="$source" BUILD="$out/$arch-obj" \
    OUT="$out/$arch" PYTHON="$bin/python" >"$out/$arch.log" 2>&1; then
    tail -n 20 "$out/$arch.log" >&2
    echo "posterm: building paycrypt for $arch failed, the whole log is in $out/$arch.log" >&2
    exit 1
fi
