"""paycrypt's PIN blocks against psec, OpenSSL and plain readings of ISO 9564-1."""

from collections import Counter

import psec
import pytest

import paycrypt
from paycrypt_cases import CASES, compare, decrypted, digits, ecb, xor

# psec still asks OpenSSL for short DES keys by their old name
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")


def made_by(chance, cipher, sizes, fmt, least=13):
    """A store with a random PIN key, the block it made of a random PIN and PAN, and all that it was made of."""
    store = paycrypt.KeyStore()
    key, pin, pan = chance.randbytes(chance.choice(sizes)), digits(chance, 4, 12), digits(chance, least, 19)
    fill = []

    def entropy(size):
        fill.append(chance.randbytes(size))
        return fill[-1]

    store.load(0, paycrypt.PIN, key, cipher=cipher)
    block = store.pin_block(0, fmt, bytearray(pin.encode()), chance.choice([pan, pan.encode()]), entropy=entropy)
    return block, key, pin, pan, b"".join(fill)


def test_format_0():
    def case(chance):
        block, key, pin, pan, _ = made_by(chance, paycrypt.DES, [8, 16, 24], 0)
        return block, ecb(paycrypt.DES, key, psec.pinblock.encode_pinblock_iso_0(pin, pan)), key, pin, pan

    compare("PIN block 0", case)


def test_format_0_with_sm4():
    # 16 bytes: 0, length, PIN, F to the end; XOR twelve digits of the PAN at the right end
    def case(chance):
        block, key, pin, pan, _ = made_by(chance, paycrypt.SM4, [16], 0)
        pin_field = bytes.fromhex(f"0{len(pin):X}{pin}".ljust(32, "F"))
        pan_field = bytes.fromhex(pan[-13:-1].rjust(32, "0"))
        return block, ecb(paycrypt.SM4, key, xor(pin_field, pan_field)), key, pin, pan

    compare("PIN block 0 with SM4", case)


def test_format_1():
    # 1, length, PIN, then digits of the random bytes, in their order
    seen = Counter()

    def case(chance):
        block, key, pin, pan, fill = made_by(chance, paycrypt.DES, [8, 16, 24], 1)
        clear = decrypted(paycrypt.DES, key, block).hex().upper()
        begin = f"1{len(pin):X}{pin}"
        tail = clear[len(begin) :]
        seen.update(tail)
        return (clear[: len(begin)], tail in fill.hex().upper()), (begin, True), key, pin, fill

    compare("PIN block 1", case)
    assert_even(seen, "0123456789ABCDEF")


def test_format_3():
    # as format 0, filled with A to F, evenly drawn; read back by psec
    seen = Counter()

    def case(chance):
        block, key, pin, pan, fill = made_by(chance, paycrypt.DES, [8, 16, 24], 3)
        clear = decrypted(paycrypt.DES, key, block)
        tail = xor(clear, bytes.fromhex("0000" + pan[-13:-1])).hex().upper()[2 + len(pin) :]
        seen.update(tail)
        # each digit from two bytes: the six sixths of the numbers up to 65535
        drawn = "".join("ABCDEF"[int.from_bytes(fill[i : i + 2], "big") * 6 >> 16] for i in range(0, len(fill), 2))
        ours = clear.hex()[0], psec.pinblock.decode_pinblock_iso_3(clear, pan), tail in drawn
        return ours, ("3", pin, True), key, pan, fill

    compare("PIN block 3", case)
    assert_even(seen, "ABCDEF")


def test_format_4():
    # the PAN may have twelve digits
    def case(chance):
        block, key, pin, pan, fill = made_by(chance, paycrypt.AES, [16, 24, 32], 4, least=12)
        pin_field = psec.pinblock.encode_pin_field_iso_4(pin)[:8] + fill
        middle = xor(ecb(paycrypt.AES, key, pin_field), psec.pinblock.encode_pan_field_iso_4(pan))
        ours = block, psec.pinblock.decipher_pinblock_iso_4(key, block, pan)
        return ours, (ecb(paycrypt.AES, key, middle), pin), key, pan, fill

    compare("PIN block 4", case)


def assert_even(seen, characters):
    """All of them, none a fifth more or less often than the others; of few cases that says nothing."""
    assert set(seen) == set(characters)
    share = sum(seen.values()) / len(characters)
    if CASES >= 10000:
        assert all(0.8 * share < count < 1.2 * share for count in seen.values()), seen
