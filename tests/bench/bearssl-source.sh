#!/bin/sh
# Put BearSSL's source, pinned, at DIR, from Debian's source package.
# The list of sources is a private one made from the system's own mirror, so that no root and no change is needed.
# usage: bearssl-source.sh DIR
set -eu
dir=$1
debian=0.6+dfsg.1-3
archive=bearssl_0.6+dfsg.1.orig.tar.xz
archive_sha256=102a625bd8f6155260867a50c508df8d8c3f796985dd744df1a68e5cd1a79004
system=/etc/apt/sources.list.d/debian.sources

fail() {
    echo "posterm: $1" >&2
    rm -rf "$dir.apt" "$dir.part"
    exit 1
}

[ -f "$dir/src/inner.h" ] && exit 0
command -v apt-get >/dev/null 2>&1 || fail "BearSSL's source comes from Debian's packages, and there is no apt-get"
command -v xz >/dev/null 2>&1 || fail "xz is missing: sudo apt install xz-utils"
work=$dir.apt
rm -rf "$dir" "$work" "$dir.part"
mkdir -p "$work/sources" "$work/lists/partial" "$work/cache/archives/partial" "$dir.part"
if [ -f "$system" ]; then
    awk 'BEGIN { RS = "" } NR == 1' "$system" |
        sed -e 's/^Types:.*/Types: deb-src/' -e 's/^Suites:.*/Suites: bookworm/' >"$work/sources/bearssl.sources"
else
    mirror=$(sed -n 's/^deb  *\(\[[^]]*\] *\)\{0,1\}\([^ ]*\/debian\/*\) .*/\2/p' /etc/apt/sources.list 2>/dev/null |
        head -n 1)
    [ -n "$mirror" ] || fail "no Debian mirror is configured, so BearSSL's source can not be had"
    echo "deb-src $mirror bookworm main" >"$work/sources/bearssl.list"
fi
set -- -qq -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/sources" \
    -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=""
timeout 120 apt-get "$@" update >/dev/null 2>&1 || fail "the list of Debian's source packages can not be had"
(cd "$work" && timeout 120 apt-get "$@" source --download-only "bearssl=$debian" >/dev/null 2>&1) ||
    fail "Debian's source package bearssl $debian can not be had"
echo "$archive_sha256  $work/$archive" | sha256sum --check --status || fail "$archive does not have the pinned checksum"
tar -xf "$work/$archive" -C "$dir.part" --strip-components=1 bearssl-0.6/src bearssl-0.6/inc bearssl-0.6/LICENSE.txt
rm -rf "$work"
mv "$dir.part" "$dir"
