"""The C core by itself: warnings, sanitizers, and the proof that no branch and no address depends on a secret."""

import os
import shutil
import subprocess
import sys

import pytest

WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Wsign-conversion", "-Wshadow", "-Werror"]

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="no gcc")


@pytest.fixture
def build(root, tmp_path):
    folder = root / "lib" / "paycrypt"
    sources = [*sorted((folder / "core").glob("*.c")), folder / "check" / "core_check.c"]

    def compile_with(*options):
        program = tmp_path / "core_check"
        command = ["gcc", "-std=c99", "-g", *options, f"-I{folder / 'core'}", "-o", str(program)]
        result = subprocess.run([*command, *map(str, sources)], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return str(program)

    return compile_with


@needs_gcc
def test_random_calls_under_the_sanitizers(build):
    program = build("-O1", *WARNINGS, "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}  # leak detection needs ptrace
    result = subprocess.run([program], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr


@needs_gcc
@pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind")
@pytest.mark.parametrize("level", ["-Os", "-O2"])
def test_no_branch_and_no_address_depends_on_a_secret(build, level):
    program = build(level)
    command = ["valgrind", "-q", "--error-exitcode=9", "--leak-check=no", program]
    result = subprocess.run([*command, "secrets"], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    # and the check does see a branch: the same secrets, compared the wrong way
    assert subprocess.run([*command, "branch"], capture_output=True).returncode == 9


def test_the_circuits_are_what_the_generator_writes(root):
    program = root / "lib" / "paycrypt" / "core" / "circuits.py"
    assert subprocess.run([sys.executable, str(program), "--check"]).returncode == 0
