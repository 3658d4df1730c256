"""Compiling and running the C programs that check the core of paycrypt."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from functools import cache

import pytest

from posterm.project import ROOT

CORE = ROOT / "lib" / "paycrypt" / "core"
CHECK = ROOT / "lib" / "paycrypt" / "check"
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]

# leak detection needs ptrace, which a container may forbid
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}


def missing(package, what):
    """Skip, in continuous integration fail, because the machine lacks a tool."""
    told = f"no {what}: apt install {package}"
    if os.environ.get("CI") == "true":
        pytest.fail(told)
    pytest.skip(told)


def need(program):
    if shutil.which(program) is None:
        missing(program, program)


def sources(core=CORE):
    return sorted(core.glob("*.c"))


def build(program, target, *options, compiler="gcc", core=CORE, standard="c99"):
    """Compile the core and one program; return the path of the result."""
    need(compiler)
    includes = [f"-I{core}", f"-I{CHECK}"]
    command = [compiler, f"-std={standard}", "-g", *options, *includes, "-o", target, *sources(core), program]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return target


def build_binding(core, folder, *options):
    """Build the CPython binding around another core, or with other options; return the folder to import it from."""
    need("gcc")
    shutil.copytree(CORE.parent / "cpython", folder, ignore=shutil.ignore_patterns("__pycache__", "build", "core"))
    shutil.copytree(core, folder / "core", ignore=shutil.ignore_patterns("__pycache__"))
    emit = "import build_paycrypt; build_paycrypt.ffibuilder.emit_c_code('_core.c')"
    subprocess.run([sys.executable, "-c", emit], cwd=folder, check=True)
    module = folder / "paycrypt" / f"_core{sysconfig.get_config_var('EXT_SUFFIX')}"
    includes = [f"-I{folder / 'core'}", f"-I{sysconfig.get_paths()['include']}"]
    files = [folder / "_core.c", *sources(folder / "core")]
    subprocess.run(["gcc", "-w", "-shared", "-fPIC", *options, *includes, "-o", module, *files], check=True)
    return folder


def run(program, *arguments, status=0, timeout=120):
    """Run a program that is to end with `status`; return what it printed."""
    result = subprocess.run(
        [program, *arguments], capture_output=True, text=True, env=ENVIRONMENT, timeout=timeout, errors="replace"
    )
    assert result.returncode == status, f"status {result.returncode}\n{result.stdout}{result.stderr}"
    return result.stdout + result.stderr


@cache
def compiles(compiler, text, *options):
    """Whether `compiler` makes a program of `text` with these options."""
    command = [compiler, "-x", "c", "-", *options, "-o", os.devnull]
    return (
        shutil.which(compiler) is not None
        and not subprocess.run(command, input=text.encode(), capture_output=True).returncode
    )


def fuzzer_available():
    return compiles("clang", "int LLVMFuzzerTestOneInput(void) { return 0; }", "-fsanitize=fuzzer,address,undefined")


def enumerators(name, text):
    """Names of an enum of status.h in their order, the closing COUNT left out."""
    body = re.search(rf"enum {name} {{(.*?)}};", text, re.S).group(1)
    names = [part.split("=")[0].strip() for part in body.split(",") if part.strip()]
    assert re.search(rf"{names[0]} = 1\b", body) and names[-1].endswith("_COUNT")
    return names[:-1]


def packed(name, text):
    """Texts of a packed array of status.c in their order."""
    body = re.search(rf"{name}\[\] =(.*?);\n", text, re.S).group(1)
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', body)).split("\\0")
