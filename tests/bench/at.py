"""What the AT parser costs on the device's interpreter.

rows = at.run_unix()         # {piece: (octets, events, seconds)}, on this PC
rows = at.run_emulated()     # the same with instructions instead of seconds

The emulated rv32imc counts every instruction as a nanosecond of its clock (QEMU, -icount shift=0), so those figures
repeat. A core that needs one cycle for an instruction is assumed; waits for flash and memory are not in them.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from posterm.project import ROOT, tool

LOAD = Path(__file__).resolve().parent / "device" / "at_load.py"
sys.path.insert(0, str(ROOT / "tests" / "target"))

from machines import RV32_NATMOD, Machine  # noqa: E402

BAUD_OCTETS = 11_520  # a second at 115,200 baud, 10 bits an octet
CLOCK = 160_000_000
UNIX_RUNS = 5


@dataclass(frozen=True)
class Board(Machine):
    """An emulated board that counts instructions and has the load in its image as well."""

    def _files(self) -> dict[str, Path]:
        files = {name: path for name, path in super()._files().items() if name.startswith("modem/")}
        return {**files, LOAD.name: LOAD}

    def _place(self, rom: Path, name: str, source: Path) -> None:
        if source == LOAD:
            (rom / name).write_bytes(source.read_bytes())
        else:
            super()._place(rom, name, source)


def missing() -> dict[str, str]:
    """What is not there, each with what puts it there."""
    return {} if RV32_NATMOD.firmware.exists() else {str(RV32_NATMOD.firmware.relative_to(ROOT)): "make machines"}


def share(instructions: float, octets: int) -> float:
    """Of a core at 160 MHz that the line keeps busy at 115,200 baud."""
    return instructions / octets * BAUD_OCTETS / CLOCK


def _rows(said: str) -> dict[int, tuple[int, int, int]]:
    rows = {}
    for line in said.splitlines():
        piece, octets, events, microseconds = (int(word) for word in line.split())
        rows[piece] = octets, events, microseconds
    return rows


def run_unix() -> dict[int, tuple[int, int, float]]:
    best: dict[int, tuple[int, int, float]] = {}
    environment = {**os.environ, "MICROPYPATH": f"{ROOT / 'lib'}:.frozen"}
    for _ in range(UNIX_RUNS):
        done = subprocess.run([tool("micropython"), "-X", "heapsize=256K", LOAD], env=environment, capture_output=True,
                              text=True, timeout=120, check=True)  # fmt: skip
        for piece, (octets, events, microseconds) in _rows(done.stdout).items():
            if piece not in best or microseconds / 1e6 < best[piece][2]:
                best[piece] = octets, events, microseconds / 1e6
    return best


def run_emulated() -> dict[int, tuple[int, int, int]]:
    fields = {name: getattr(RV32_NATMOD, name) for name in ("architecture", "memory", "firmware")}
    emulator = (*RV32_NATMOD.emulator, "-icount", "shift=0")
    board = Board("rv32 counted", emulator, native=None, **fields)
    rows = _rows(board.made().run(LOAD))
    return {piece: (octets, events, microseconds * 1000) for piece, (octets, events, microseconds) in rows.items()}
