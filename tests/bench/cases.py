"""Inputs for the counting programs: random ones and extreme ones, what needs wrapping made by foreign packages.

    cases_file.write_bytes(cases.pack(200))

The text of a TR-31 block is public, and reading a letter of it takes another time than a digit: blocks are drawn until
they hold the number of letters that is most likely, so that their counts can be compared.
"""

import random
import struct
import warnings

import psec
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.utils import CryptographyDeprecationWarning

SIZE = 32 + 32 + 256 + 12 + 20 + 16 + 8 + 40 + 80 + 112  # case_t in rv32/bench.h
EXTREME_KEYS = (bytes(32), b"\xff" * 32, b"\x01" * 32, bytes.fromhex("01fe" * 16), bytes(range(32)))
EXTREME_PINS = (b"000000", b"999999", b"123456")
BLOCK_B = "B0080P0TE00E0000"
BLOCK_D = "D0112P0AE00E0000"


def _ecb(key: bytes, data: bytes) -> bytes:
    return Cipher(TripleDES(key + key[:8]), modes.ECB()).encryptor().update(data)


def _field62(kek: bytes, *keys: bytes) -> bytes:
    return b"".join(_ecb(kek, key) + _ecb(key, bytes(8))[:4] for key in keys)


def _block(kek: bytes, header: str, draw: random.Random) -> bytes:
    """A TR-31 block of a random 16-byte key; three of eight hexadecimal characters are letters, in the mean."""
    letters = (int(header[1:5]) - len(header)) * 3 // 8
    while True:
        text = psec.tr31.wrap(kek, header, draw.randbytes(16), 0)[len(header) :]
        if sum(character.isalpha() for character in text) == letters:
            return (header + text).encode()


def _case(number: int, draw: random.Random) -> bytes:
    key = EXTREME_KEYS[number] if number < len(EXTREME_KEYS) else draw.randbytes(32)
    text = bytes([0, 0xFF][number % 2] for _ in range(256)) if number < len(EXTREME_KEYS) else draw.randbytes(256)
    pin = EXTREME_PINS[number] if number < len(EXTREME_PINS) else f"{draw.randrange(10**6):06}".encode()
    pan = f"{draw.randrange(10**16):016}".encode()
    parts = (
        key,
        draw.randbytes(32),
        text,
        # counter 0: the last 21 bits for DES, the last 32 for AES
        draw.randbytes(7) + bytes(5),
        draw.randbytes(20),
        pan,
        pin + bytes(2),
        _field62(key[:16], draw.randbytes(16), draw.randbytes(16)),
        _block(key[:16], BLOCK_B, draw),
        _block(key[:16], BLOCK_D, draw),
    )
    return b"".join(parts)


def pack(count: int, seed: int = 1) -> bytes:
    """The file that the counting programs read: how many, then the cases. The same seed gives the same cases, but for
    the random padding of the TR-31 blocks."""
    draw = random.Random(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # psec asks for short DES keys by an old name
        packed = [_case(number, draw) for number in range(count)]
    assert all(len(case) == SIZE for case in packed)
    return struct.pack("<I", count) + b"".join(packed)
