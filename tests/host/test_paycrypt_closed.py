"""A core that computes wrongly closes itself: one constant changed, one algorithm named, no call serves, for good."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import paycrypt_programs as programs
from paycrypt_programs import CORE, WARNINGS, build, build_binding, run

PROGRAM = Path(__file__).parent / "closed_store.c"

# algorithm that is named: file, constant, what it becomes
FAULTS = {
    "des": ("des_circuit.h", r"(pc_des_table\[.*\n +0x).", r"\g<1>5"),
    "tdes": ("des.c", r"\{0, 1, 0\}, \{0, 1, 2\}", "{0, 1, 1}, {0, 1, 2}"),
    "aes": ("aes_circuit.h", "0x63u", "0x62u"),
    "sm4": ("sm4.c", "0xa3b1bac6u", "0xa3b1bac7u"),
    "cmac": ("mac.c", "0x87", "0x86"),
    "mac_cbc": ("mac.c", r"(\[PC_MAC_CBC\] = \{)ANY_CIPHER", r"\1CIPHER(PC_CIPHER_AES)"),
    "mac_x919": ("mac.c", r"(pc_des_decrypt_part\(&cipher->key.des, )1", r"\g<1>0"),
    "mac_ecb_unionpay": ("mac.c", r"nibble \+ \(7u &", "nibble + (39u &"),
    "siv": ("siv.c", r"counter\[8\] &= 0x7f", "counter[8] &= 0xff"),
    "pin_block": ("pinblock.c", "return 15;", "return 14;"),
    "tr31": ("tr31.c", "0x4d", "0x4f"),
    "dukpt_des": ("dukpt_des.c", "0u : 0xc0u", "0u : 0xc1u"),
    "dukpt_aes": ("dukpt_aes.c", "0x1000,", "0x1001,"),
}
SET_UNIONPAY = ["des", "tdes", "mac_cbc", "mac_x919", "mac_ecb_unionpay", "pin_block"]


def corrupted(fault, folder):
    """Copy the core with that constant changed."""
    name, constant, other = FAULTS[fault]
    shutil.copytree(CORE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / name).read_text()
    changed = re.sub(constant, other, text, count=1)
    assert changed != text
    (folder / name).write_text(changed)
    return folder


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    """The program with the core as it is."""
    return build(PROGRAM, tmp_path_factory.mktemp("right") / "closed_store", "-O1", *WARNINGS)


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    """Return `objects(*options)`: the folder of the right core's object files, compiled once."""
    folders = {}

    def objects(*options):
        if options not in folders:
            programs.need("gcc")
            folders[options] = tmp_path_factory.mktemp("objects")
            command = ["gcc", "-std=c99", "-O0", "-c", *options, *programs.sources()]
            subprocess.run(command, cwd=folders[options], check=True)
        return folders[options]

    return objects


def wrong_program(fault, folder, objects, *options):
    """The program with that fault: only what the changed file concerns is compiled again."""
    core = corrupted(fault, folder / "core")
    name = FAULTS[fault][0]
    files = [PROGRAM]
    for path in programs.sources(core):
        concerned = path.name == name or f'"{name}"' in path.read_text()
        files.append(path if concerned else objects(*options) / f"{path.stem}.o")
    program = folder / "closed_store"
    subprocess.run(["gcc", "-std=c99", "-O0", *options, f"-I{core}", "-o", program, *files], check=True)
    return program


def test_each_algorithm_of_the_self_test_has_a_fault_here():
    texts = (CORE / "status.c").read_text()
    assert list(FAULTS) == programs.packed("test_names", texts)


def test_a_right_core_serves(right):
    run(right, "open")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_core_is_closed_for_good(tmp_path, right, objects, fault):
    status = run(wrong_program(fault, tmp_path, objects), fault).strip()
    run(right, "stays", status)


def test_the_small_set_builds_passes_and_refuses_the_rest(tmp_path):
    run(build(PROGRAM, tmp_path / "small", "-Os", "-DPC_SET_UNIONPAY", *WARNINGS, *programs.SANITIZERS), "open")


@pytest.mark.parametrize("fault", SET_UNIONPAY)
def test_the_small_set_is_closed_too(tmp_path, objects, fault):
    run(wrong_program(fault, tmp_path, objects, "-DPC_SET_UNIONPAY"), fault)


CLOSED = """
import paycrypt

def closed(call, *arguments):
    try:
        call(*arguments)
    except paycrypt.Error as error:
        assert (error.argument, error.reason) == ("mac_x919", "known answer differs"), error
        return
    raise AssertionError(call)

for _ in range(2):
    closed(paycrypt.selftest)
store, dukpt, pin = paycrypt.KeyStore(), paycrypt.Dukpt(), bytearray(b"1234")
closed(store.load, 0, paycrypt.MAC, bytes(range(16)))
closed(store.load_under, 0, paycrypt.MAC, 1, bytes(16), bytes(4))
closed(store.load_working, 0, 1, 2, bytes(40))
closed(store.load_block, 0, 1, "B0000")
closed(store.mac, 0, paycrypt.MAC_CBC, b"")
closed(store.verify, 0, paycrypt.MAC_CBC, b"", bytes(8))
closed(store.mac_stream, 0, paycrypt.MAC_CBC)
closed(store.pin_block, 0, 0, pin, "4012345678909")
closed(store.wrap, 0, b"")
closed(store.unwrap, 0, bytes(16))
closed(store.seal, bytes(32))
closed(store.unseal, bytes(616), bytes(32))
closed(store.kcv, 0)
closed(dukpt.start, store, 0, bytes(10))
closed(dukpt.load, store, 0, paycrypt.DUKPT_PIN)
closed(dukpt.next)
closed(dukpt.ksn)
closed(dukpt.skip, bytes(10))
closed(dukpt.seal, bytes(32))
closed(dukpt.unseal, bytes(376), bytes(32))
assert pin == bytes(4)
store.erase_all()
print("closed")
"""


def test_a_closed_module_serves_no_call(tmp_path):
    # the binding itself, built around a wrong core
    folder = build_binding(corrupted("mac_x919", tmp_path / "core"), tmp_path / "cpython", "-O0")
    told = subprocess.run(
        [sys.executable, "-c", CLOSED],
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )
    assert told.stdout == "closed\n", told.stderr
