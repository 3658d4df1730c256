"""Random cases for the differential tests of paycrypt, and what foreign libraries answer.

PAYCRYPT_CASES   cases a test, 10000 unless told
PAYCRYPT_SEED    what they are drawn from; a failure names it
"""

import os
from random import Random

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.cmac import CMAC

import paycrypt

CASES = int(os.environ.get("PAYCRYPT_CASES", "10000"))
SEED = os.environ.get("PAYCRYPT_SEED", "posterm")

# by name: cipher, bytes of key
KINDS = {
    "des": (paycrypt.DES, 8),
    "2tdea": (paycrypt.DES, 16),
    "3tdea": (paycrypt.DES, 24),
    "aes128": (paycrypt.AES, 16),
    "aes192": (paycrypt.AES, 24),
    "aes256": (paycrypt.AES, 32),
    "sm4": (paycrypt.SM4, 16),
}
KEKS = [name for name in KINDS if name != "des"]


def compare(name, case, cases=None):
    """Call `case(chance)` many times; it returns what paycrypt gives, what the oracle gives, what both were made of."""
    chance = Random(f"{SEED} {name}")
    for number in range(CASES if cases is None else cases):
        where = f"case {number} of {name}, PAYCRYPT_SEED={SEED}"
        try:
            ours, theirs, *made_of = case(chance)
        except Exception as error:
            raise AssertionError(f"{where}: {error!r}") from error
        if ours != theirs:
            shown = [part.hex() if isinstance(part, bytes) else part for part in (ours, theirs, *made_of)]
            raise AssertionError(f"{where}: paycrypt {shown[0]}, oracle {shown[1]}, made of {shown[2:]}")


def block_size(cipher):
    return 8 if cipher == paycrypt.DES else 16


def digits(chance, least, most):
    return "".join(chance.choices("0123456789", k=chance.randint(least, most)))


def data_of_any_size(chance):
    """Up to eight blocks of DES, one time in three full ones."""
    size = chance.randrange(65)
    return chance.randbytes(size if chance.randrange(3) else size // 8 * 8)


def xor(left, right):
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


# --- what OpenSSL answers ---------------------------------------------------------------------------------------


def algorithm(cipher, key):
    """The key for OpenSSL, which wants three parts of a DES key."""
    if cipher == paycrypt.DES:
        return TripleDES({8: key * 3, 16: key + key[:8], 24: key}[len(key)])
    return AES(key) if cipher == paycrypt.AES else SM4(key)


def ecb(cipher, key, text):
    return Cipher(algorithm(cipher, key), modes.ECB()).encryptor().update(text)


def decrypted(cipher, key, text, iv=None):
    """In CBC mode from `iv`, in ECB mode without."""
    mode = modes.ECB() if iv is None else modes.CBC(iv)
    return Cipher(algorithm(cipher, key), mode).decryptor().update(text)


def cmac(cipher, key, data):
    if cipher == paycrypt.SM4:
        return cmac_reading(lambda block: ecb(cipher, key, block), data)
    code = CMAC(algorithm(cipher, key))
    code.update(data)
    return code.finalize()


def check_value(cipher, key, method=0):
    """Five bytes, the most that are compared; method 0: CMAC for AES, the encryption of zeros for the others."""
    zeros = bytes(block_size(cipher))
    if method == paycrypt.KCV_CMAC or (method == 0 and cipher == paycrypt.AES):
        return cmac(cipher, key, zeros)[:5]
    return ecb(cipher, key, zeros)[:5]


# --- plain readings, where no library has the scheme ------------------------------------------------------------


def doubled(block):
    """SP 800-38B section 6.1, step 2, for blocks of sixteen bytes."""
    value = int.from_bytes(block, "big") << 1
    return ((value ^ 0x87 if value >> 128 else value) & (1 << 128) - 1).to_bytes(16, "big")


def cmac_reading(encrypt, data):
    """SP 800-38B section 6.2 with a cipher of sixteen-byte blocks."""
    subkey = doubled(encrypt(bytes(16)))
    if not data or len(data) % 16:
        subkey = doubled(subkey)
        data += b"\x80" + bytes(-(len(data) + 1) % 16)
    chain = bytes(16)
    for start in range(0, len(data) - 16, 16):
        chain = encrypt(xor(chain, data[start : start + 16]))
    return encrypt(xor(xor(chain, data[-16:]), subkey))


def unionpay_reading(cipher, key, data):
    """All blocks XORed; of the characters of that the first half encrypted, the second half added, encrypted again."""
    block = block_size(cipher)
    data += bytes(-len(data) % block)
    total = 0
    for start in range(0, len(data), block):
        total ^= int.from_bytes(data[start : start + block], "big")
    text = total.to_bytes(block, "big").hex().upper().encode()
    code = ecb(cipher, key, xor(ecb(cipher, key, text[:block]), text[block:]))
    return code.hex().upper()[:8].encode()
