#!/bin/sh
# Build the C module paycrypt as a native module for one architecture.
# usage: natmod.sh ARCH SET SOURCE OUT VENV_BIN [CROSS]      leaves OUT/ARCH/paycrypt.mpy
# ARCH: x64, rv32imc, xtensawin; SET: full, unionpay; CROSS: prefix of the compiler's tools, else the usual one of ARCH
set -eu
arch=$1
set=$2
source=$3
out=$4
bin=$5
cross=${6:-}
case $arch in
    rv32imc) compiler=riscv64-unknown-elf-gcc ;;
    xtensawin) compiler=${cross:-xtensa-esp32-elf-}gcc ;;
    *) compiler=gcc ;;
esac
command -v "$compiler" >/dev/null 2>&1 || {
    echo "posterm: paycrypt for $arch needs $compiler: call make packages" >&2
    exit 1
}
mkdir -p "$out/$arch"
if ! make -C "$(dirname "$0")/../../lib/paycrypt/micropython" ARCH="$arch" SET="$set" MPY_DIR="$source" \
    BUILD="$out/$arch-obj" OUT="$out/$arch" PYTHON="$bin/python" ${cross:+CROSS="$cross"} >"$out/$arch.log" 2>&1; then
    tail -n 20 "$out/$arch.log" >&2
    echo "posterm: building paycrypt for $arch failed, the whole log is in $out/$arch.log" >&2
    exit 1
fi
