"""The small native module (SET=unionpay): its size, and everything it offers and refuses, where it is loaded."""

import subprocess
from dataclasses import fields
from pathlib import Path

import machines
import pytest

from posterm.project import BUILD, tool
from posterm.rig import HEAP

SCRIPT = Path(__file__).parent / "unionpay_check.py"
NATMODS = BUILD / "natmod-unionpay"
LIMIT = 10 * 1024  # bytes, on the microcontrollers: there it is loaded into RAM


class OneScript(machines.Machine):
    """A machine whose image holds this script and the small module alone."""

    def _files(self):
        return {SCRIPT.name: SCRIPT, "paycrypt.mpy": self.native}


def with_small_module(machine):
    settings = {field.name: getattr(machine, field.name) for field in fields(machine)}
    settings |= {"name": f"{machine.name} small", "native": NATMODS / machine.architecture / "paycrypt.mpy"}
    return OneScript(**settings)


def check(printed):
    word, count = printed.strip().splitlines()[-1].split()
    assert word == "ok"
    assert int(count) > 100


def test_the_small_module_on_unix():
    done = subprocess.run(
        [tool("micropython"), "-X", f"heapsize={HEAP}", SCRIPT],
        env={"MICROPYPATH": f"{NATMODS / 'x64'}:.frozen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    check(done.stdout)


@pytest.mark.emulated
@pytest.mark.parametrize("machine", [machines.RV32_NATMOD, machines.XTENSA_NATMOD], ids=lambda machine: machine.name)
def test_the_small_module_on_an_emulated_core(machine):
    small = with_small_module(machine)
    assert small.native.stat().st_size <= LIMIT
    check(small.made().run(SCRIPT))
