#!/bin/sh
# Put paycrypt for every architecture into one folder, with checksums, mip packages and how to load it.
# usage: release-natmods.sh NATMODS OUT ARCH...      reads NATMODS/ARCH/paycrypt.mpy
set -eu
natmods=$1
out=$2
shift 2
rm -rf "$out" "$out.part"
mkdir -p "$out.part"

# the numbers of py/persistentcode.h: "M", version, sub-version and architecture
header() { # header FILE -> "version architecture"
    # shellcheck disable=SC2046 # four numbers
    set -- $(od -An -tu1 -N3 "$1")
    echo "$2.$(($3 & 3)) $(($3 >> 2))"
}

for arch in "$@"; do
    file=$natmods/$arch/paycrypt.mpy
    case $arch in
        x64) number=2 chips="unix port on x86-64" since=1.23 ;;
        xtensawin) number=10 chips="ESP32, ESP32-S2, ESP32-S3" since=1.23 ;;
        rv32imc) number=11 chips="ESP32-C3, C6 and other 32-bit RISC-V" since=1.24 ;;
        *) echo "posterm: no release for $arch" >&2 && exit 1 ;;
    esac
    [ "$(header "$file")" = "6.3 $number" ] || {
        echo "posterm: $file is not .mpy version 6.3 for $arch but \"$(header "$file")\"" >&2
        exit 1
    }
    cp "$file" "$out.part/paycrypt-$arch.mpy"
    printf '{"urls": [["paycrypt.mpy", "paycrypt-%s.mpy"]], "version": "%s"}\n' "$arch" \
        "$(sed -n 's/^version = "\(.*\)"/\1/p' "$(dirname "$0")/../../pyproject.toml")" >"$out.part/paycrypt-$arch.json"
    printf '  %-24s %6d bytes  MicroPython %s or newer  %s\n' "paycrypt-$arch.mpy" "$(wc -c <"$file")" "$since" "$chips"
done >"$out.part/table"

cat - "$out.part/table" >"$out.part/README.txt" <<'TEXT'
paycrypt as native modules: .mpy version 6.3, for stock MicroPython.

MicroPython takes a native module only of its own .mpy version. 6.3 is that of every release from 1.23 on (docs,
reference/mpyfiles); code for RISC-V is taken from 1.24 on. Tried: all three files on 1.25 (rv32imc and xtensawin on
emulated cores) and x64 on 1.29-preview. Not tried: chips on a desk.
The code is loaded into RAM: a board needs 30 KB free in one piece. Licence: MIT, see LICENSE.

TEXT
cat >>"$out.part/README.txt" <<'TEXT'

Which one a board takes:
  mpremote exec "import sys; print(sys.implementation._mpy >> 10 & 15)"      2 x64, 10 xtensawin, 11 rv32imc
Put it there:
  mpremote mkdir :lib                (only where it does not exist)
  mpremote cp paycrypt-xtensawin.mpy :lib/paycrypt.mpy
or, with this folder served over HTTP:
  mpremote mip install http://HOST/paycrypt-xtensawin.json
Try it:
  mpremote exec "import paycrypt; paycrypt.selftest()"
TEXT
rm "$out.part/table"
cp "$(dirname "$0")/../../LICENSE" "$out.part/"
(cd "$out.part" && sha256sum paycrypt-*.mpy >SHA256SUMS)
mv "$out.part" "$out"
echo "left in $out:"
ls "$out"
