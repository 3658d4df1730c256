#!/bin/sh
# Add OUT/lib/libgcc.a to a toolchain of xtensa-toolchain.sh: division, 64-bit and floating arithmetic in windowed code.
# usage: xtensa-libgcc.sh OUT        Whole programs need it; the C module, which has none of these, does not.
set -eu
out=$1
cross=$out/bin/xtensa-esp32-elf-
work=$out/libgcc.part

fail() {
    echo "posterm: $1" >&2
    exit 1
}

version=$("${cross}gcc" -dumpfullversion)
major=${version%%.*}
archive=$(find "/usr/src/gcc-$major" -name "gcc-$version*.tar.xz" 2>/dev/null | head -n 1)
[ -n "$archive" ] || fail "no /usr/src/gcc-$major/gcc-$version*.tar.xz: call make packages"
config=$("${cross}gcc" -print-file-name=plugin/include/xtensa-config.h)
[ -f "$config" ] || fail "$config is missing: call make packages"

rm -rf "$work"
mkdir -p "$work/config" "$work/objects"
tar -xf "$archive" -C "$work" --strip-components=1 --wildcards --no-wildcards-match-slash \
    '*/libgcc/*.[chS]' '*/libgcc/config/xtensa/*' '*/include/*.h'
source=$work/libgcc

# what gcc's own configure would have written
sed 's/\(XCHAL_HAVE_WINDOWED[[:space:]]*\)0/\11/' "$config" >"$work/config/xtensa-config.h"
echo '#define IN_TARGET_GCC 1' >"$work/config/tconfig.h"
printf '#define BITS_PER_UNIT 8\n#define MIN_UNITS_PER_WORD 4\n' >"$work/config/tm.h"
printf '#include <%s.h>\n' stddef stdint limits >"$work/config/tsystem.h"
for empty in auto-target libgcc_tm coretypes; do
    : >"$work/config/$empty.h"
done

# -mlongcalls: a program may be larger than the reach of a call
assembled=$(sed -n '/^LIB1ASMFUNCS/,/[^\\]$/p' "$source/config/xtensa/t-xtensa" | sed 's/.*=//; s/\\//')
for function in $assembled; do
    case $function in *sqrt* | *recip*) continue ;; esac # for cores with a floating-point unit
    "${cross}gcc" "-DL$function" -I"$work/config" -mlongcalls -xassembler-with-cpp \
        -c "$source/config/xtensa/lib1funcs.S" -o "$work/objects/$function.o"
done
for function in _muldi3 _negdi2 _cmpdi2 _ucmpdi2 _clz _clzdi2 _ctzdi2 _ffsdi2 _popcount_tab _popcountsi2 _popcountdi2 \
    _paritysi2 _paritydi2 _divdi3 _moddi3 _udivdi3 _umoddi3 _udivmoddi4; do
    "${cross}gcc" -O2 -w -mlongcalls -DIN_GCC -DIN_LIBGCC2 -fbuilding-libgcc "-DL$function" -I"$work/config" \
        -I"$source" -I"$work/include" -c "$source/libgcc2.c" -o "$work/objects/c$function.o"
done
"${cross}ar" rcs "$work/libgcc.a" "$work"/objects/*.o
mv "$work/libgcc.a" "$out/lib/libgcc.a"
"${cross}ar" rcs "$out/lib/libm.a" # empty: the installed one is for the other calling convention
rm -rf "$work"
