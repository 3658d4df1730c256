"""The target tier: each script `<part>_target.py` runs unchanged on every interpreter.

CPython and MicroPython's unix port run on this machine; the others are emulated 32-bit cores with the instruction sets of
the ESP32-C3 and the ESP32, which load the very paycrypt.mpy such a chip would load (marked `emulated`).
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import machines
import pytest

from posterm import image
from posterm.project import ROOT, tool
from posterm.rig import HEAP


@dataclass(frozen=True)
class Interpreter:
    """A command that runs a script, and the environment it needs."""

    command: tuple
    environment: dict

    def run(self, script: Path) -> str:
        """Run `script` and return what it printed; a failure shows the script's own message."""
        done = subprocess.run(
            [*self.command, script], env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout


def _cpython() -> Interpreter:
    path = os.pathsep.join(str(ROOT / name) for name in ("tests/shims", "lib", "firmware"))
    return Interpreter((sys.executable,), {**os.environ, "PYTHONPATH": path})


def _micropython() -> Interpreter:
    """MicroPython's unix port on the compiled modules, the very files of the board's image."""
    rom = image.build("UNIX") / "rom"
    return Interpreter((tool("micropython"), "-X", f"heapsize={HEAP}"), {"MICROPYPATH": f"{rom}:.frozen"})


INTERPRETERS = {
    "cpython": _cpython,
    "micropython-unix": _micropython,
    **{machine.name: machine.made for machine in machines.MACHINES},
}
EMULATED = {machine.name for machine in machines.MACHINES}


def pytest_configure(config):
    config.addinivalue_line("markers", "emulated: runs on an emulated board, made by `make machines`")


@pytest.fixture(
    scope="session",
    params=[pytest.param(name, marks=pytest.mark.emulated if name in EMULATED else ()) for name in INTERPRETERS],
)
def interpreter(request):
    return INTERPRETERS[request.param]()
