"""The C core of paycrypt as a shared library, for tests of calls that the Python binding does not show.

    core = load(tmp_path_factory)  # compiled once a session
    state = core.state()
    state.start(CONSTANTS["PC_CIPHER_DES"], initial_key, ksn)  # None, or a Fault: argument and reason

A refusal is returned, not raised, so that a test compares it as it does any other answer.

    PAYCRYPT_CASES  random cases for each algorithm, 10000 when unset
    PAYCRYPT_SEED   what they are drawn from; a failing test prints it
"""

import ctypes
import functools
import os
import random
import shutil
import subprocess
import sys
from ctypes import POINTER, byref, c_char_p, c_int, c_size_t, c_uint8, c_uint32, sizeof
from pathlib import Path
from typing import NamedTuple

import pytest

CASES = int(os.environ.get("PAYCRYPT_CASES", "10000"))
SEED = os.environ.get("PAYCRYPT_SEED", "posterm")

FOLDER = Path(__file__).resolve().parents[2] / "lib" / "paycrypt" / "core"
HEADERS = ("stddef.h", "stdio.h", "dukpt.h", "keystore.h", "mac.h", "tr31.h", "usage.h")


class DukptState(ctypes.Structure):
    c_name = "pc_dukpt_t"
    _fields_ = [
        ("registers", (c_uint8 * 32) * 32),
        ("current", c_uint8 * 32),
        ("ksn", c_uint8 * 12),
        ("counter", c_uint32),
        ("cipher", c_uint8),
        ("size", c_uint8),
        ("live", c_uint8),
    ]


class Tr31Key(ctypes.Structure):
    c_name = "pc_tr31_key_t"
    _fields_ = [
        ("key", c_uint8 * 32),
        ("size", c_uint8),
        ("cipher", c_uint8),
        ("usage", c_uint8),
        ("modes", c_uint8),
        ("alg", c_uint8),
    ]


STRUCTURES = (DukptState, Tr31Key)

CONSTANTS = {
    "PC_CIPHER_DES": 1,
    "PC_CIPHER_AES": 2,
    "PC_USAGE_KEK": 1,
    "PC_USAGE_PIN": 2,
    "PC_USAGE_MAC": 3,
    "PC_USAGE_DATA": 4,
    "PC_USAGE_DUKPT": 5,
    "PC_MODE_GENERATE": 1,
    "PC_MODE_VERIFY": 2,
    "PC_MODE_ENCRYPT": 4,
    "PC_MODE_DECRYPT": 8,
    "PC_MODE_ALL": 15,
    "PC_MAC_X919": 2,
    "PC_MAC_CBC": 3,
    "PC_MAC_CMAC": 4,
    "PC_DUKPT_PIN": 1,
    "PC_DUKPT_MAC_REQUEST": 2,
    "PC_DUKPT_MAC_RESPONSE": 3,
    "PC_DUKPT_DATA_REQUEST": 4,
    "PC_DUKPT_DATA_RESPONSE": 5,
    "PC_TR31_MAX": 512,
}


class Fault(NamedTuple):
    argument: str
    reason: str


class Opened(NamedTuple):
    """What a key block holds."""

    key: bytes
    cipher: int
    usage: int
    modes: int
    alg: int


def seeded(name: str) -> random.Random:
    """Return the generator of the test `name`; pytest shows the seed with a failure."""
    sys.stdout.write(f"PAYCRYPT_SEED={SEED} PAYCRYPT_CASES={CASES}\n")
    return random.Random(f"{SEED} {name}")


class Core:
    """The library's functions, with bytes in and bytes out."""

    def __init__(self, path: Path):
        self.library = ctypes.CDLL(str(path))
        state, size, sized = POINTER(DukptState), c_size_t, (c_char_p, c_size_t)
        for name, arguments in {
            "pc_dukpt_init": (state,),
            "pc_dukpt_start": (state, c_int, *sized, *sized),
            "pc_dukpt_next": (state, POINTER(c_uint8), POINTER(size)),
            "pc_dukpt_skip": (state, *sized),
            "pc_dukpt_ksn": (state, POINTER(c_uint8), POINTER(size)),
            "pc_dukpt_working_key": (state, c_int, c_int, size, POINTER(c_uint8)),
            "pc_dukpt_finish": (state,),
            "pc_tr31_open": (c_int, *sized, *sized, POINTER(Tr31Key)),
            "pc_status_argument": (c_int,),
            "pc_status_reason": (c_int,),
        }.items():
            function = getattr(self.library, name)
            function.argtypes = arguments
            function.restype = c_char_p if name.startswith("pc_status") else c_int

    def fault(self, status: int) -> Fault | None:
        if not status:
            return None
        argument = self.library.pc_status_argument(status)
        return Fault(argument.decode(), self.library.pc_status_reason(status).decode())

    def state(self) -> "State":
        return State(self)

    def tr31_open(self, kind: int, kbpk: bytes, block: str | bytes) -> Opened | Fault:
        """Open a key block; a refusal must leave nothing behind."""
        text = block.encode("latin-1") if isinstance(block, str) else block
        key = Tr31Key()
        ctypes.memset(byref(key), 0xA5, sizeof(key))
        fault = self.fault(self.library.pc_tr31_open(kind, kbpk, len(kbpk), text, len(text), byref(key)))
        if fault:
            assert bytes(key) == bytes(sizeof(key)), f"not wiped after {fault}"
            return fault
        return Opened(bytes(key.key)[: key.size], key.cipher, key.usage, key.modes, key.alg)


class State:
    """A DUKPT state, empty at first, in memory that held something else before."""

    def __init__(self, core: Core):
        self.core = core
        self.library = core.library
        self.memory = DukptState()
        ctypes.memset(byref(self.memory), 0xA5, sizeof(self.memory))
        self.library.pc_dukpt_init(self.memory)

    def raw(self) -> bytes:
        return bytes(self.memory)

    @property
    def registers(self) -> list[bytes]:
        return [bytes(register) for register in self.memory.registers]

    @property
    def current(self) -> bytes:
        """The transaction key, zeros when there is none."""
        return bytes(self.memory.current)[: self.memory.size]

    @property
    def counter(self) -> int:
        return self.memory.counter

    @property
    def live(self) -> bool:
        return bool(self.memory.live)

    def start(self, cipher: int, key: bytes, ksn: bytes) -> Fault | None:
        return self.core.fault(self.library.pc_dukpt_start(self.memory, cipher, key, len(key), ksn, len(ksn)))

    def skip(self, ksn: bytes) -> Fault | None:
        return self.core.fault(self.library.pc_dukpt_skip(self.memory, ksn, len(ksn)))

    def finish(self) -> None:
        self.library.pc_dukpt_finish(self.memory)

    def next(self) -> bytes | Fault:
        return self._serial_number(self.library.pc_dukpt_next)

    def ksn(self) -> bytes | Fault:
        return self._serial_number(self.library.pc_dukpt_ksn)

    def _serial_number(self, function) -> bytes | Fault:
        ksn, size = (c_uint8 * 12)(), c_size_t()
        return self.core.fault(function(self.memory, ksn, byref(size))) or bytes(ksn)[: size.value]

    def working_key(self, purpose: int, cipher: int, size: int) -> bytes | Fault:
        """Derive a working key; bytes beyond it, and all of them after a refusal, must be left alone."""
        key = (c_uint8 * 32)(*b"\xee" * 32)
        fault = self.core.fault(self.library.pc_dukpt_working_key(self.memory, purpose, cipher, size, key))
        written = 0 if fault else size
        assert bytes(key)[written:] == b"\xee" * (32 - written), "wrote beyond the key"
        return fault or bytes(key)[:size]


def compile_with_gcc(output: Path, *arguments: str | Path) -> None:
    command = ["gcc", "-std=c99", "-O2", f"-I{FOLDER}", "-o", str(output), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if result.returncode:
        pytest.fail(f"gcc does not compile the core:\n{result.stderr}", pytrace=False)


def expected_layout() -> dict[str, str]:
    """The C expressions whose values this file relies on, with the values it takes for granted."""
    layout = {f"(size_t){name}": str(value) for name, value in CONSTANTS.items()}
    for structure in STRUCTURES:
        name = structure.c_name
        layout[f"sizeof({name})"] = str(sizeof(structure))
        for field, _ in structure._fields_:
            described = getattr(structure, field)
            layout[f"offsetof({name}, {field})"] = str(described.offset)
            layout[f"sizeof((({name} *)0)->{field})"] = str(described.size)
    return layout


def check_layout(folder: Path) -> None:
    """Fail unless the headers mean what this file says: ctypes would read wrong memory without a word."""
    expected = expected_layout()
    source = folder / "layout.c"
    lines = [f"#include <{header}>" for header in HEADERS]
    lines += ["int main(void) {", *(f'printf("%zu\\n", {expression});' for expression in expected), "return 0; }"]
    source.write_text("\n".join(lines))
    compile_with_gcc(folder / "layout", source)
    values = subprocess.run([str(folder / "layout")], capture_output=True, text=True, check=True, timeout=30).stdout
    differing = [
        f"{expression} is {value} in the headers, {expected[expression]} in core_library.py"
        for expression, value in zip(expected, values.split(), strict=True)
        if value != expected[expression]
    ]
    if differing:
        pytest.fail("\n".join(["core_library.py has to follow the core's headers:", *differing]), pytrace=False)


@functools.cache
def build(folder: Path) -> Core:
    """Compile the core into `folder`."""
    folder.mkdir(exist_ok=True)
    check_layout(folder)
    library = folder / "core.so"
    compile_with_gcc(library, "-shared", "-fPIC", *sorted(FOLDER.glob("*.c")))
    return Core(library)


def load(factory: pytest.TempPathFactory) -> Core:
    """Return the core, compiled once a session; without gcc skip, or fail in continuous integration."""
    if shutil.which("gcc") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no gcc: install the package gcc")
    return build(factory.getbasetemp() / "core_library")
