#!/bin/sh
# The Debian packages the project needs, by group: "base" for everything, "host" and "machines" for tests, "bench".
# usage: packages.sh missing GROUP...    prints those of the groups that are not installed
#        packages.sh install GROUP...    installs them with apt-get when that needs no question, else says how to
# PYTHON names the interpreter, python3 unless set.
set -u
python=${PYTHON:-python3}

# group, package, and what tells that it is there: a command, a file, a module of Python or a header of Python's
table() {
    cat <<'TABLE'
base gcc command gcc
base libc6-dev file /usr/include/stdio.h
base make command make
base python3 python sys
base python3-venv python ensurepip
host python3-dev header Python.h
host valgrind file /usr/include/valgrind/memcheck.h
host clang command clang
host gammu command gammu
host libclang-rt-14-dev file /usr/lib/llvm-*/lib/clang/*/lib/linux/libclang_rt.fuzzer-*.a
machines gcc-riscv64-unknown-elf command riscv64-unknown-elf-gcc
machines picolibc-riscv64-unknown-elf file /usr/lib/picolibc/riscv64-unknown-elf/picolibc.specs
machines gcc-xtensa-lx106 command xtensa-lx106-elf-gcc
machines picolibc-xtensa-lx106-elf file /usr/lib/xtensa-lx106-elf/include/stdint.h
machines binutils-source file /usr/src/binutils/binutils-*.tar.xz
machines gcc-12-source file /usr/src/gcc-12/gcc-12*.tar.xz
machines xz-utils command xz
machines qemu-system-misc command qemu-system-xtensa
bench libbearssl-dev file /usr/include/bearssl.h
TABLE
}

# a Python that is not Debian's own brings its headers itself, or no package helps
header='import os, sys, sysconfig
there = os.path.exists(os.path.join(sysconfig.get_paths()["include"], sys.argv[1]))
sys.exit(not there and sys.base_prefix == "/usr")'

there() { # there KIND NAME
    case $1 in
        command) command -v "$2" >/dev/null 2>&1 ;;
        python) "$python" -c "import $2" 2>/dev/null ;;
        header) "$python" -c "$header" "$2" 2>/dev/null ;;
        # shellcheck disable=SC2086 # the name is a pattern
        file) set -- $2 && [ -e "$1" ] ;;
    esac
}

missing() { # missing GROUP...
    table | while read -r group package kind name; do
        case " $* " in
            *" $group "*) there "$kind" "$name" || printf ' %s' "$package" ;;
        esac
    done
}

action=$1
shift
packages=$(missing "$@")
if [ "$action" = missing ]; then
    echo "${packages# }"
    exit 0
fi

[ -z "$packages" ] && exit 0
if ! command -v apt-get >/dev/null 2>&1; then
    echo "posterm: not on this system:$packages (names of Debian 12)" >&2
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    root=
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    root="sudo -n"
else
    echo "posterm: not installed:$packages" >&2
    echo "         install with: sudo apt install --no-install-recommends$packages" >&2
    exit 1
fi
echo "[+] Debian packages:$packages"
# the lists may be absent or old; where they cannot be had, the packages may still be in the cache
# shellcheck disable=SC2086 # words
said=$({
    $root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 update
    $root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 install --yes \
        --no-install-recommends $packages </dev/null
} 2>&1) || {
    printf '%s\n' "$said" | tail -n 10 >&2
    echo "posterm: apt-get could not install:$packages" >&2
    exit 1
}
