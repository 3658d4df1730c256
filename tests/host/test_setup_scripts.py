"""The set-up scripts say in one line what is missing and how to get it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from posterm.project import ROOT

SETUP = ROOT / "tools" / "setup"


@pytest.fixture
def tools(tmp_path):
    """Return a function that makes a PATH holding only the named commands."""

    def only(*names):
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name in names:
            (folder / name).symlink_to(shutil.which(name))
        return {**os.environ, "PATH": str(folder)}

    return only


def fake(env, name, lines):
    """Put a command of our own into the PATH of `env`."""
    path = Path(env["PATH"]) / name
    path.write_text("#!" + shutil.which("sh") + "\n" + lines + "\n")
    path.chmod(0o755)


def run(script, *arguments, env):
    command = [shutil.which("sh"), SETUP / script, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_a_complete_system_passes_in_silence(tools):
    done = run("prerequisites.sh", sys.executable, env=tools("gcc", "make"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_missing_compiler_is_named_with_the_command_that_installs_it(tools):
    done = run("prerequisites.sh", sys.executable, env=tools("make"))
    assert done.returncode == 1
    assert "missing on this system: gcc" in done.stderr
    assert "sudo apt install gcc" in done.stderr


def test_a_missing_python_is_named_with_its_package(tools):
    done = run("prerequisites.sh", "no-such-python", env=tools("gcc", "make"))
    assert done.returncode == 1
    assert "sudo apt install python3 python3-venv" in done.stderr


def test_a_python_without_venv_is_named_with_its_package(tools, tmp_path):
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\ncase "$2" in *venv*) exit 1 ;; esac\n')
    python.chmod(0o755)
    done = run("prerequisites.sh", str(python), env=tools("gcc", "make"))
    assert done.returncode == 1
    assert "sudo apt install python3-venv" in done.stderr


def test_an_old_python_is_refused(tools, tmp_path):
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    done = run("prerequisites.sh", str(python), env=tools("gcc", "make"))
    assert done.returncode == 1
    assert "older than Python 3.10" in done.stderr


def test_a_wrong_mpy_dir_is_refused(tools, tmp_path):
    env = {**tools("mkdir", "rm", "dirname"), "MPY_DIR": str(tmp_path)}
    done = run("micropython-source.sh", str(tmp_path / "source"), sys.executable, env=env)
    assert done.returncode == 1
    assert f"MPY_DIR={tmp_path} holds no MicroPython source" in done.stderr


def test_without_network_and_packages_the_remedy_is_named(tools, tmp_path):
    env = tools("mkdir", "rm", "dirname")
    env.pop("MPY_DIR", None)
    done = run("micropython-source.sh", str(tmp_path / "source"), sys.executable, env=env)
    assert done.returncode == 1
    assert "call make with MPY_DIR=" in done.stderr
    assert not (tmp_path / "source").exists()


def test_with_every_package_there_nothing_is_called(tools):
    env = {**tools("cat", "gcc", "make"), "PYTHON": sys.executable}
    done = run("packages.sh", "install", "base", env=env)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_missing_package_is_named_with_the_command_that_installs_it(tools):
    env = {**tools("cat", "gcc"), "PYTHON": sys.executable}
    fake(env, "id", "echo 1000")
    fake(env, "apt-get", "exit 9")
    done = run("packages.sh", "install", "base", env=env)
    assert done.returncode == 1
    assert "sudo apt install --no-install-recommends make\n" in done.stderr
    assert run("packages.sh", "missing", "base", env=env).stdout == "make\n"


def test_root_installs_what_is_missing_and_no_more(tools):
    env = {**tools("cat", "env", "gcc"), "PYTHON": sys.executable}
    log = Path(env["PATH"]) / "log"
    fake(env, "id", "echo 0")
    fake(env, "apt-get", f'echo "$DEBIAN_FRONTEND $*" >>{log}')
    done = run("packages.sh", "install", "base", env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "[+] Debian packages: make\n"
    update, install = log.read_text().splitlines()
    assert update.startswith("noninteractive") and update.endswith(" update")
    assert install.startswith("noninteractive") and install.endswith(" make")


def test_a_failing_installation_is_told(tools):
    env = {**tools("cat", "env", "gcc", "tail"), "PYTHON": sys.executable}
    fake(env, "id", "echo 0")
    fake(env, "apt-get", "echo E: no space left; exit 100")
    done = run("packages.sh", "install", "base", env=env)
    assert done.returncode == 1
    assert "E: no space left" in done.stderr
    assert "apt-get could not install: make" in done.stderr


@pytest.mark.parametrize(
    "script, arguments, compiler",
    [
        ("natmod.sh", ("rv32imc", "full", "source", "out", "bin"), "riscv64-unknown-elf-gcc"),
        ("natmod.sh", ("xtensawin", "full", "source", "out", "bin", "here/xtensa-"), "here/xtensa-gcc"),
        ("machine.sh", ("rv32", "source", "out", "bin"), "riscv64-unknown-elf-gcc"),
        ("machine.sh", ("xtensa", "source", "out", "bin", "here"), "here/bin/xtensa-esp32-elf-gcc"),
        ("xtensa-toolchain.sh", ("out",), "xtensa-lx106-elf-gcc"),
    ],
)
def test_without_its_compiler_a_build_names_the_remedy(tools, tmp_path, script, arguments, compiler):
    env = tools("dirname", "mkdir", "find", "head", "rm")
    done = subprocess.run(
        [shutil.which("sh"), SETUP / script, *arguments],
        env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert compiler in done.stderr
    assert "call make packages" in done.stderr
