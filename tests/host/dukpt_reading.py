"""DUKPT as the host reads it: every key straight from the base key and the serial number.

The oracle for the terminal's side, which keeps registers and never sees a base key. Written from ANSI X9.24-1:2009 (annex A)
and ANSI X9.24-3:2017 (section 6); the block ciphers are those of `cryptography`.

    key = tdes_transaction(tdes_initial(bdk, ksn), ksn)
    pin_key = tdes_working(key, "pin")
"""

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PURPOSES = ("pin", "mac_request", "mac_response", "data_request", "data_response")

TDES_LAST = 0x1FF800
AES_LAST = 0xFFFF0000


def xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def tdes(key: bytes, text: bytes) -> bytes:
    """Encrypt in ECB mode; a key of 8 bytes is single DES, as three equal parts are."""
    parts = {8: key * 3, 16: key + key[:8], 24: key}[len(key)]
    encryptor = Cipher(TripleDES(parts), modes.ECB()).encryptor()
    return encryptor.update(text) + encryptor.finalize()


def aes(key: bytes, text: bytes) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return encryptor.update(text) + encryptor.finalize()


# Triple DES, X9.24-1

C0 = bytes.fromhex("C0C0C0C000000000C0C0C0C000000000")

VARIANTS = {
    "pin": "00000000000000FF",
    "mac_request": "000000000000FF00",
    "mac_response": "00000000FF000000",
    "data_request": "0000000000FF0000",
    "data_response": "000000FF00000000",
}


def tdes_counter(ksn: bytes) -> int:
    return int.from_bytes(ksn, "big") & 0x1FFFFF


def tdes_ksn(ksn: bytes, counter: int) -> bytes:
    """The serial number `ksn` with another counter."""
    return (int.from_bytes(ksn, "big") >> 21 << 21 | counter).to_bytes(10, "big")


def tdes_valid(counter: int) -> bool:
    return 0 < counter < 1 << 21 and counter.bit_count() <= 10


def tdes_initial(bdk: bytes, ksn: bytes) -> bytes:
    """Annex A.6: the first eight bytes of the serial number, counter zero, under the base key and its C0 variant."""
    text = tdes_ksn(ksn, 0)[:8]
    return tdes(bdk, text) + tdes(xor(bdk, C0), text)


def tdes_transaction(initial: bytes, ksn: bytes) -> bytes:
    """Annex A.3: the ones of the counter from the left, one generation of a key for each."""
    key = initial
    register = int.from_bytes(tdes_ksn(ksn, 0)[2:], "big")
    for bit in reversed(range(21)):
        if not tdes_counter(ksn) >> bit & 1:
            continue
        register |= 1 << bit
        r8 = register.to_bytes(8, "big")
        other = xor(key, C0)
        left = xor(tdes(other[:8], xor(r8, other[8:])), other[8:])
        right = xor(tdes(key[:8], xor(r8, key[8:])), key[8:])
        key = left + right
    return key


def tdes_working(transaction: bytes, purpose: str) -> bytes:
    """Annex A.4.1 with table A-1; data keys are the halves of the variant encrypted under the variant."""
    variant = xor(transaction, bytes.fromhex(VARIANTS[purpose]) * 2)
    if purpose.startswith("data"):
        return tdes(variant, variant[:8]) + tdes(variant, variant[8:])
    return variant


# AES, X9.24-3

ALGORITHMS = {"2tdea": (0, 128), "3tdea": (1, 192), "aes128": (2, 128), "aes192": (3, 192), "aes256": (4, 256)}

USAGES = {
    "pin": 0x1000,
    "mac_request": 0x2000,
    "mac_response": 0x2001,
    "data_request": 0x3000,
    "data_response": 0x3001,
    "derivation": 0x8000,
    "initial": 0x8001,
}


def aes_valid(counter: int) -> bool:
    return 0 < counter < 1 << 32 and counter.bit_count() <= 16


def aes_derive(key: bytes, usage: str, algorithm: str, context: bytes) -> bytes:
    """Section 6.3: the derivation data, once for each block of the new key, under `key`; `context` is its right half."""
    number, bits = ALGORITHMS[algorithm]
    stream = b""
    for block in range(1, (bits + 127) // 128 + 1):
        head = b"\x01" + block.to_bytes(1, "big") + USAGES[usage].to_bytes(2, "big")
        stream += aes(key, head + number.to_bytes(2, "big") + bits.to_bytes(2, "big") + context)
    return stream[: bits // 8]


def aes_initial(bdk: bytes, ikid: bytes) -> bytes:
    return aes_derive(bdk, "initial", f"aes{len(bdk) * 8}", ikid)


def aes_transaction(initial: bytes, ikid: bytes, counter: int) -> bytes:
    """One derivation for each one of the counter, from the left."""
    key, walked = initial, 0
    for bit in reversed(range(32)):
        if counter >> bit & 1:
            walked |= 1 << bit
            key = aes_derive(key, "derivation", f"aes{len(initial) * 8}", ikid[4:] + walked.to_bytes(4, "big"))
    return key


def aes_working(transaction: bytes, ikid: bytes, counter: int, purpose: str, algorithm: str) -> bytes:
    return aes_derive(transaction, purpose, algorithm, ikid[4:] + counter.to_bytes(4, "big"))
