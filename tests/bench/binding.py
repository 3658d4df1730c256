"""paycrypt beside psec, both under CPython, in turns on the same inputs."""

import os
import warnings
from time import process_time

from cryptography.utils import CryptographyDeprecationWarning

from bench.compared import summary

ROUNDS = 31
ROUND_NS = 5e6
KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
TEXT = bytes(range(256))
PIN = "123456"
PAN = "6225880137001234"


def missing() -> dict[str, str]:
    """What can not be imported, each with what puts it there."""
    absent = {}
    for name in ("psec", "paycrypt"):
        try:
            __import__(name)
        except ImportError:
            absent[name] = "make test-host"
    return absent


def _rows() -> list[tuple]:
    """Name, our call, psec's call, and what both answers must pass."""
    import psec

    import paycrypt

    store = paycrypt.KeyStore()
    store.load(0, paycrypt.MAC, KEY)
    store.load(1, paycrypt.PIN, KEY)
    store.load(2, paycrypt.PIN, KEY, cipher=paycrypt.AES)
    store.load(3, paycrypt.KEK, KEY)
    store.load(4, paycrypt.KEK, KEY, cipher=paycrypt.AES)
    block_b = psec.tr31.wrap(KEY, "B0080P0TE00E0000", KEY, 0)
    block_d = psec.tr31.wrap(KEY, "D0112P0AE00E0000", KEY, 0)

    def format_0():
        return psec.des.encrypt_tdes_ecb(KEY, psec.pinblock.encode_pinblock_iso_0(PIN, PAN))

    def same(ours, theirs):
        return ours == theirs

    def same_pin(*blocks):
        return all(psec.pinblock.decipher_pinblock_iso_4(KEY, block, PAN) == PIN for block in blocks)

    def same_key(slot):
        return lambda kcv, opened: opened[1] == KEY and kcv == store.kcv(slot)

    return [
        ("retail MAC 256", lambda: store.mac(0, paycrypt.MAC_X919, TEXT),
         lambda: psec.mac.generate_retail_mac(KEY[:8], KEY[8:], TEXT, 1), same),
        ("PIN block format 0", lambda: store.pin_block(1, 0, bytearray(PIN, "ascii"), PAN), format_0, same),
        ("PIN block format 4", lambda: store.pin_block(2, 4, bytearray(PIN, "ascii"), PAN, os.urandom),
         lambda: psec.pinblock.encipher_pinblock_iso_4(KEY, PIN, PAN), same_pin),
        ("check value", lambda: store.kcv(0), lambda: psec.des.generate_kcv(KEY, 4), same),
        ("TR-31 B", lambda: store.load_block(5, 3, block_b), lambda: psec.tr31.unwrap(KEY, block_b), same_key(1)),
        ("TR-31 D", lambda: store.load_block(6, 4, block_d), lambda: psec.tr31.unwrap(KEY, block_d), same_key(2)),
    ]  # fmt: skip


def _nanoseconds(call, times: int) -> float:
    begin = process_time()
    for _ in range(times):
        call()
    return (process_time() - begin) / times * 1e9


def run() -> dict[str, tuple[float, float, float]]:
    """Median nanoseconds of ours and of psec's, median of each round's ratio ours to psec's; by row.

    ValueError when the two do not agree.
    """
    result = {}
    with warnings.catch_warnings():
        # psec asks for short DES keys by an old name
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        for name, ours, theirs, agree in _rows():
            if not agree(ours(), theirs()):
                raise ValueError(f"{name}: paycrypt and psec differ")
            times = 1 + int(ROUND_NS / _nanoseconds(theirs, 5))
            result[name] = summary([(_nanoseconds(ours, times), _nanoseconds(theirs, times)) for _ in range(ROUNDS)])
    return result
