#!/bin/sh
# Put the pinned MicroPython source at DIR: headers and tools for native modules, ports for full builds.
# usage: micropython-source.sh DIR PYTHON
# Order: $MPY_DIR (a source tree of your own), a clone of the pinned tag, Debian's source package.
set -eu
dir=$1
python=$2
tag=v1.25.0
debian=1.25.0+ds-1
archive=micropython_1.25.0+ds.orig.tar.xz
archive_sha256=7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea

[ -f "$dir/py/dynruntime.mk" ] && exit 0
mkdir -p "$(dirname "$dir")"
rm -rf "$dir" "$dir.part"

if [ -n "${MPY_DIR:-}" ]; then
    [ -f "$MPY_DIR/py/dynruntime.mk" ] || { echo "posterm: MPY_DIR=$MPY_DIR holds no MicroPython source" >&2; exit 1; }
    ln -s "$(cd "$MPY_DIR" && pwd)" "$dir"
    exit 0
fi

if command -v git >/dev/null 2>&1 &&
    GIT_TERMINAL_PROMPT=0 timeout 90 git -c http.lowSpeedLimit=1000 -c http.lowSpeedTime=10 -c advice.detachedHead=false \
        clone --quiet --depth 1 --branch "$tag" https://github.com/micropython/micropython.git "$dir.part" 2>/dev/null; then
    touch "$dir.part/lib/micropython-lib/README.md" # the build looks for this file of an empty submodule
    mv "$dir.part" "$dir"
    exit 0
fi
rm -rf "$dir.part"

# Debian's package: a private list of sources made from the system's own mirror, so that no root and no change is needed
from_debian() {
    command -v apt-get >/dev/null 2>&1 || return 1
    work=$dir.apt
    rm -rf "$work"
    mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial" "$work/etc"
    system=/etc/apt/sources.list.d/debian.sources
    if [ -f "$system" ]; then
        awk 'BEGIN { RS = "" } NR == 1' "$system" |
            sed -e 's/^Types:.*/Types: deb-src/' -e 's/^Suites:.*/Suites: trixie/' >"$work/sources/micropython.sources"
    else
        mirror=$(sed -n 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\/debian\/*\) .*/\2/p' /etc/apt/sources.list 2>/dev/null | head -n 1)
        [ -n "$mirror" ] || return 1
        echo "deb-src $mirror trixie main" >"$work/sources/micropython.list"
    fi
    set -- -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/sources" \
        -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=""
    timeout 180 apt-get "$@" update >/dev/null 2>&1 || return 1
    (cd "$work" && timeout 300 apt-get "$@" source --download-only "micropython=$debian" >/dev/null 2>&1) || return 1
    echo "$archive_sha256  $work/$archive" | sha256sum --check --status || {
        echo "posterm: $archive does not have the pinned checksum" >&2
        return 1
    }
    # unpacked by Python, because a system with gcc and make need not have xz
    "$python" - "$work/$archive" "$dir.part" <<'UNPACK' || return 1
import sys, tarfile
with tarfile.open(sys.argv[1]) as archive:
    for member in archive:
        member.name = member.name.partition("/")[2]
        if member.name:
            archive.extract(member, sys.argv[2])
UNPACK
    rm -rf "$work"
    mkdir -p "$dir.part/lib/micropython-lib"
    touch "$dir.part/lib/micropython-lib/README.md" # as above
    mv "$dir.part" "$dir"
}

from_debian || {
    rm -rf "$dir.part" "$dir.apt"
    echo "posterm: no MicroPython source: neither a clone of $tag nor Debian's package $debian could be had" >&2
    echo "         put a source tree somewhere and call make with MPY_DIR=/path/to/micropython" >&2
    exit 1
}
