"""The set-up scripts say in one line what is missing and how to get it."""

import os
import shutil
import subprocess
import sys

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
