"""Writes the seeds of lib/paycrypt/check/fuzz.c into tests/fuzz/corpus/: inputs as its calls and its keys want them.

python tests/fuzz/make_corpus.py        # psec pads key blocks with random bytes, so they differ each time
"""

from pathlib import Path

import psec
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

CORPUS = Path(__file__).resolve().parent / "corpus"

# the calls of fuzz.c, in its order
KEY_BLOCK, AUTHENTIC_BLOCK, FIELD62, BLOB, AUTHENTIC_BLOB, LENGTHS = range(6)

# as fuzz.c has them
KEY = bytes.fromhex("89E88CF7931444F334BD7547FC3F380C0102030405").ljust(32, b"\0")
SECRET = bytes((7, 11, 13)).ljust(32, b"\0")
OTHER = bytes(range(100, 132))

KINDS = [("P0", "T", "E", 16), ("M3", "T", "C", 16), ("K0", "A", "B", 32), ("B1", "A", "X", 24), ("D0", "D", "N", 8)]


def tdes(key, text):
    return Cipher(TripleDES(key + key[:8]), modes.ECB()).encryptor().update(text)


def sm4(key, text):
    return Cipher(SM4(key), modes.ECB()).encryptor().update(text)


def key_blocks():
    for version in "ABCD":
        for usage, algorithm, mode, size in KINDS:
            header = psec.tr31.Header(version, usage, algorithm, mode)
            block = psec.tr31.KeyBlock(KEY if version == "D" else KEY[:16], header).wrap(OTHER[:size], 0)
            yield f"block-{version}-{usage}", KEY_BLOCK, block.encode()
    header = psec.tr31.Header("B", "P0", "T", "E")
    header.blocks["KS"] = "00604B120F9292800000"
    header.blocks["TS"] = "x" * 256
    yield "block-optional", KEY_BLOCK, psec.tr31.KeyBlock(KEY[:16], header).wrap(OTHER[:16], 0).encode()


def authentic_blocks():
    """Blocks of clear key less one, header, length in bits, key, padding; fuzz.c encrypts them."""
    for usage, algorithm, mode, size in KINDS:
        text = (8 * size).to_bytes(2, "big") + OTHER[:size] + bytes(6)
        length = 16 + 2 * len(text) + 8
        header = f"A{length:04}{usage}{algorithm}{mode}00N0000".encode()
        yield f"clear-{usage}", AUTHENTIC_BLOCK, bytes((len(text) // 8 - 1,)) + header + text


def answers():
    part = tdes(KEY[:16], OTHER[:16]) + tdes(OTHER[:16], bytes(8))[:4]
    single = tdes(KEY[:16], OTHER[:8])
    value = tdes(OTHER[:8] * 2, bytes(8))[:4]
    yield "answer-40", FIELD62, part + part
    yield "answer-padded", FIELD62, part + single + bytes(8) + value
    yield "answer-24", FIELD62, (single + value) * 2
    yield "answer-sm4", FIELD62, (sm4(KEY[:16], OTHER[:16]) + sm4(OTHER[:16], bytes(16))[:4]) * 2


def records():
    """Two keys of a store and fourteen empty slots, as seal.h lays them out."""
    first = bytes((3, 1, 16, 15, 0)) + OTHER[:16] + bytes(16)
    second = bytes((2, 2, 32, 4, 0)) + OTHER
    return first + second + bytes(37 * 14)


def blobs():
    header = b"PCKS\x02\x10\x25\x00"
    blob = header + AESSIV(SECRET).encrypt(records(), [header])
    yield "store", BLOB, blob
    yield "store-changed", BLOB, blob[:-1] + bytes((blob[-1] ^ 1,))
    yield "store-version", BLOB, blob[:4] + b"\1" + blob[5:]
    for cipher, size, registers in ((1, 16, 21), (2, 16, 32), (2, 32, 32)):
        header = bytes((*b"PCDK", 2, registers, size, cipher))
        yield f"state-{cipher}-{size}", BLOB, header + bytes(16 + registers * size + 16)
    yield "records", AUTHENTIC_BLOB, records()
    yield "records-impossible", AUTHENTIC_BLOB, bytes((1, 1, 8, 15, 0)) + OTHER + records()[37:]


def lengths():
    """Slot and number, both two more than meant; three lengths; content."""
    digits = b"1234567890123456789"
    rows = {
        "mac": (6, 2, 24, 8, 0),
        "mac-aes": (7, 4, 24, 16, 1),
        "pin-0": (4, 0, 4, 13, 0),
        "pin-1": (4, 1, 4, 13, 5),
        "pin-4": (5, 4, 12, 19, 9),
        "wrap": (3, 3, 32, 7, 0),
        "derivation": (8, 1, 12, 16, 0),
        "under-iv": (0, 3, 16, 4, 1),
    }
    for name, (slot, number, *three) in rows.items():
        yield f"lengths-{name}", LENGTHS, bytes((slot + 2, number + 2, *three)) + digits + OTHER


def main():
    CORPUS.mkdir(exist_ok=True)
    for old in CORPUS.iterdir():
        old.unlink()
    for maker in (key_blocks, authentic_blocks, answers, blobs, lengths):
        for name, call, content in maker():
            (CORPUS / name).write_bytes(bytes((call,)) + content)


if __name__ == "__main__":
    main()
