"""Host commands leave no process behind, however they are ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

POSTERM = Path(sys.executable).with_name("posterm")


def children(pid):
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False
    ).stdout
    return [int(word) for word in listed.split()]


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_demo_that_is_ended_takes_its_devices_and_the_firmware_along(number, tmp_path):
    demo = subprocess.Popen(
        [POSTERM, "demo", "--out", tmp_path / "out"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        assert until(lambda: len(children(demo.pid)) == 5)  # four devices and the firmware
        started = children(demo.pid)
        demo.send_signal(number)
        assert demo.wait(20) not in (0, None)
        assert until(lambda: not any(alive(pid) for pid in started))
    finally:
        if demo.poll() is None:
            demo.kill()
