"""The target tier: each script `<part>_target.py` runs unchanged on every interpreter."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

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


INTERPRETERS = {"cpython": _cpython, "micropython-unix": _micropython}


@pytest.fixture(scope="session", params=INTERPRETERS)
def interpreter(request) -> Interpreter:
    return INTERPRETERS[request.param]()
