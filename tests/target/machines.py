"""Emulated boards: MicroPython under QEMU, driven through its raw REPL on standard input and output.

    machine = RV32.made(native=True)
    print(machine.run(Path("tests/target/sms_target.py")))

All a script may import lies in one ROMFS image that QEMU puts into the machine's memory, as a board's flash would hold
it: modules precompiled for the machine, their data files, paycrypt, the scripts. A littlefs in memory is the root.
"""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from mpremote.romfs import VfsRomWriter, copy_recursively

from posterm.project import BUILD, ROOT, tool

SCRIPTS = Path(__file__).parent
IMAGE_AT = 0x02000000  # from the beginning of the machine's memory, far behind what the firmware uses
DISK_AT = 0x03000000
DISK_BLOCKS = 512  # of 512 bytes
SECONDS = 120

START = """
import sys, uctypes, vfs
class Disk:
    def __init__(self, at, blocks):
        self.blocks, self.data = blocks, uctypes.bytearray_at(at, blocks * 512)
    def readblocks(self, block, buffer, offset=0):
        at = block * 512 + offset
        buffer[:] = memoryview(self.data)[at : at + len(buffer)]
    def writeblocks(self, block, buffer, offset=0):
        at = block * 512 + offset
        self.data[at : at + len(buffer)] = buffer
    def ioctl(self, request, _):
        return {{4: self.blocks, 5: 512, 6: 0}}.get(request)
disk = Disk({disk}, {blocks})
vfs.VfsLfs2.mkfs(disk)
vfs.mount(vfs.VfsLfs2(disk), "/")
import os
os.mkdir("/tmp")
vfs.mount(vfs.VfsRom(uctypes.bytearray_at({image}, {size})), "/rom")
sys.path[:] = ["/rom", ".frozen"]
del Disk, disk, os, uctypes, vfs
"""


class Refused(AssertionError):
    """What the machine printed instead of finishing; shown as it is."""


@dataclass(frozen=True)
class Machine:
    """One emulated board: how to start it, and what its image is made of."""

    name: str
    emulator: tuple
    architecture: str  # mpy-cross's name of the instruction set
    memory: int  # where it begins
    firmware: Path
    native: Path | None  # paycrypt as a native module, None where the firmware holds it

    def run(self, script: Path) -> str:
        """Run `script` and return what it printed; Refused shows the traceback, or all output of a machine that fell."""
        image = self._image()
        start = START.format(
            disk=self.memory + DISK_AT,
            blocks=DISK_BLOCKS,
            image=self.memory + IMAGE_AT,
            size=image.stat().st_size,
        )
        steps = (start, f"execfile('/rom/{script.name}')", "import machine; machine.reset()")
        command = [
            *self.emulator,
            *("-device", f"loader,file={image},addr={self.memory + IMAGE_AT:#x},force-raw=on"),
            *("-kernel", self.firmware),
        ]
        typed = b"".join(b"\x01" + step.encode() + b"\x04" for step in steps)
        # the time-out ends this process alone
        done = subprocess.run(command, input=typed, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=SECONDS, check=False)  # fmt: skip
        said = done.stdout.decode(errors="replace").replace("\r\n", "\n")
        answers = [answer.split("\x04") for answer in said.split("raw REPL; CTRL-B to exit\n>OK")[1:]]
        for answer in answers[:2]:
            if len(answer) != 3 or answer[1]:
                raise Refused(f"{self.name}: {script.name}\n" + "".join(answer)[-4000:])
        if len(answers) != 3 or done.returncode:
            raise Refused(f"{self.name}: {script.name}: status {done.returncode}\n{said[-4000:]}")
        return answers[1][0]

    def made(self) -> "Machine":
        """Bring the image up to date and return the machine."""
        rom = self._image().with_suffix("")
        shutil.rmtree(rom, ignore_errors=True)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda item: self._place(rom, *item), self._files().items()))
        writer = VfsRomWriter()
        with open(rom.with_suffix(".log"), "w", encoding="utf-8") as log:
            stdout, sys.stdout = sys.stdout, log  # the writer prints every file's name
            try:
                copy_recursively(writer, f"{rom}/", "", False)
            finally:
                sys.stdout = stdout
        self._image().write_bytes(writer.finalise())
        return self

    def _image(self) -> Path:
        return BUILD / "target" / f"{self.name.replace(' ', '-')}.romfs"

    def _files(self) -> dict[str, Path]:
        files = {script.name: script for script in SCRIPTS.glob("*_target.py")}
        for base in (ROOT / "firmware" / "terminal", ROOT / "lib"):
            for path in base.rglob("*"):
                name = path.relative_to(base.parent if base.name == "terminal" else base)
                if name.parts[0] != "paycrypt" and path.suffix in (".py", ".json", ".txt", ".bin"):
                    files[name.as_posix()] = path
        if self.native:
            files["paycrypt.mpy"] = self.native
        return files

    def _place(self, rom: Path, name: str, source: Path) -> None:
        target = rom / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix != ".py" or source.parent == SCRIPTS:
            shutil.copyfile(source, target)
            return
        subprocess.run(
            [tool("mpy-cross"), f"-march={self.architecture}", "-s", name, "-o", target.with_suffix(".mpy"),
             source],
            check=True,
        )  # fmt: skip


_QUIET = ("-nographic", "-monitor", "none", "-semihosting")

RV32_NATMOD = Machine(
    "rv32 natmod",
    ("qemu-system-riscv32", "-bios", "none", "-machine", "virt", *_QUIET, "-serial", "stdio"),
    "rv32imc",
    0x80000000,
    BUILD / "vm/rv32/firmware.elf",
    BUILD / "natmod/rv32imc/paycrypt.mpy",
)
RV32_USERMOD = replace(RV32_NATMOD, name="rv32 usermod", firmware=BUILD / "vm/rv32-usermod/firmware.elf", native=None)
XTENSA_NATMOD = Machine(
    "xtensa natmod",
    ("qemu-system-xtensa", "-machine", "sim", "-cpu", "dc233c", *_QUIET, "-serial", "none"),
    "xtensawin",
    0,
    BUILD / "vm/xtensa/firmware.elf",
    BUILD / "natmod/xtensawin/paycrypt.mpy",
)
MACHINES = (RV32_NATMOD, RV32_USERMOD, XTENSA_NATMOD)
