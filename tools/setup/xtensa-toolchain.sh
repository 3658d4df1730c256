#!/bin/sh
# Make OUT/bin/xtensa-esp32-elf-{gcc,ld,...}: a compiler of the ESP32's windowed little-endian code, from Debian's packages.
# usage: xtensa-toolchain.sh OUT
#
# Debian's compiler is for the ESP8266 (lx106), whose core has no register windows. gcc emits windowed code for it when
# asked; the assembler and linker learn the other instruction set from a plug-in that the environment variable
# XTENSA_GNU_CONFIG names, made here of the tables in binutils-source. Only the wrappers below set that variable.
set -eu
out=$1
prefix=xtensa-lx106-elf-
work=$out.part

fail() {
    echo "posterm: $1" >&2
    exit 1
}

command -v ${prefix}gcc >/dev/null 2>&1 || fail "no ${prefix}gcc: call make packages"
binutils=$(find /usr/src/binutils -name 'binutils-*.tar.xz' 2>/dev/null | head -n 1)
[ -n "$binutils" ] || fail "no /usr/src/binutils/binutils-*.tar.xz: call make packages"

rm -rf "$out" "$work"
mkdir -p "$work/source" "$work/bin" "$work/lib"
tar -xf "$binutils" -C "$work/source" --strip-components=1 --wildcards \
    '*/bfd/xtensa-modules.c' '*/include/xtensa-*.h' '*/include/ansidecl.h'

# the tables describe a windowed core already; the configuration beside them says big-endian, which the ESP32 is not
cat >"$work/source/plugin.c" <<'PLUGIN'
#include "ansidecl.h"
#include "xtensa-config.h"
#undef XCHAL_HAVE_BE
#define XCHAL_HAVE_BE 0
#define XTENSA_CONFIG_DEFINITION
#include "xtensa-dynconfig.h"
XTENSA_CONFIG_INSTANCE_LIST;
PLUGIN
gcc -O1 -w -shared -fPIC -I"$work/source/include" -o "$work/windowed.so" \
    "$work/source/plugin.c" "$work/source/bfd/xtensa-modules.c" || fail "the plug-in for the assembler does not compile"

for tool in gcc as ld ar nm objdump objcopy readelf size strip; do
    options=
    # shellcheck disable=SC2016 # expanded by the wrapper, so that the folder may be moved
    [ $tool = gcc ] && options=' -B"${0%/*}/../lib/" -mabi=windowed'
    # shellcheck disable=SC2016
    printf '#!/bin/sh\nXTENSA_GNU_CONFIG="${0%%/*}/../windowed.so" exec %s%s%s "$@"\n' $prefix $tool "$options" \
        >"$work/bin/xtensa-esp32-elf-$tool"
    chmod +x "$work/bin/xtensa-esp32-elf-$tool"
done
rm -rf "$work/source"

echo 'int f(int (*g)(int)) { return g(1) + 1; }' |
    "$work/bin/xtensa-esp32-elf-gcc" -O1 -c -xc -o "$work/probe.o" - &&
    "$work/bin/xtensa-esp32-elf-objdump" -d "$work/probe.o" | grep -q 'entry.*a1' || fail "no windowed code comes out of it"
rm "$work/probe.o"
mv "$work" "$out"
