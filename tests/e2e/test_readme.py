"""Every command README shows is run: here, or by continuous integration, which calls README's test command."""

import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from posterm.project import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```sh\n(.*?)```", README, re.DOTALL)


def commands():
    return [line for block in BLOCKS for line in block.splitlines()]


def test_readme_begins_with_demo_and_test():
    assert BLOCKS[0].split("\n")[:2] == ["make demo", "make test"]


def test_continuous_integration_calls_the_test_command():
    assert "make test" in (ROOT / ".ci/run").read_text()


def test_every_make_target_readme_names_exists():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = {line.split()[1] for line in listed.splitlines()}
    named = re.findall(r"^make ([a-z0-9-]+)", "\n".join(commands()), re.MULTILINE) + re.findall(
        r"`make ([a-z0-9-]+)", README
    )
    assert set(named) <= targets


SHORT = [c for c in commands() if c.startswith("build/venv") and "/tmp/shop" not in c and " acquirer " not in c]


@pytest.mark.parametrize("command", ["make demo", "make help", *SHORT])
def test_command_succeeds(command):
    done = subprocess.run(command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@pytest.mark.parametrize("command", ["make natmods", "make release-natmods"])
def test_command_that_needs_the_compilers_succeeds(command):
    listed = ["sh", "tools/setup/packages.sh", "missing", "machines"]
    missing = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    if missing and os.environ.get("CI") != "true":
        pytest.skip(f"not installed: {missing}")
    test_command_succeeds(command)


def test_simulators_and_firmware_started_by_hand_give_a_service_console(tmp_path):
    (block,) = (block for block in BLOCKS if "posterm run" in block)
    script = block.replace("/tmp/shop", str(tmp_path)).replace("--port 9100", "--port 0")
    # a person types the lines one by one: the links are there when the firmware starts
    wait = f"while [ ! -e {tmp_path}/panel ]; do sleep 0.1; done; sleep 1"
    script = script.replace("build/venv/bin/posterm run", wait + "\nbuild/venv/bin/posterm run")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execvp("sh", ["sh", "-c", script])
    try:
        _expect(terminal, "posterm> ")
        os.write(terminal, b"status\r")
        said = _expect(terminal, "notices_open=")
        assert "board=UNIX" in said
        os.write(terminal, b"\x1d")
        assert _exit_code(child) == 0
    finally:
        _end_session(child)


def _expect(terminal, text, timeout=60):
    said = ""
    deadline = time.monotonic() + timeout
    while text not in said:
        left = deadline - time.monotonic()
        assert left > 0, f"no {text!r} in {said!r}"
        if select.select([terminal], [], [], left)[0]:
            said += os.read(terminal, 4096).decode(errors="replace")
    return said


def _exit_code(child, timeout=20):
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.1)
    raise AssertionError("the firmware's host command did not end")


def _end_session(leader):
    """End what the shell `leader` started in its session: the simulators in the background."""
    listed = subprocess.run(["ps", "-o", "pid=", "-s", str(leader)], capture_output=True, text=True, check=False).stdout
    for pid in listed.split():
        os.kill(int(pid), signal.SIGTERM)
