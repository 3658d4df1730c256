"""Keys of one terminal: master key, working keys of a sign-in, message authentication, PIN blocks.

Nothing here prints, logs or returns a key other than encrypted, and no error text holds one.
"""

import hmac
import os
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

TEST_TMK = "0123456789ABCDEFFEDCBA9876543210"  # public test key, for laboratories only
_PARITY = bytes((i & 0xFE) | (1 ^ bin(i >> 1).count("1") & 1) for i in range(256))


class KeyFileError(ValueError):
    """The master key cannot be read; the text says what the file should hold."""


class PinFormatError(ValueError):
    """The decrypted block is no ISO 9564-1 format 0 PIN block for this card number."""


def _tdes(key: bytes, data: bytes, *, decrypt: bool = False) -> bytes:
    triple = key * 3 if len(key) == 8 else key + key[:8] if len(key) == 16 else key
    cipher = Cipher(TripleDES(triple), modes.ECB())  # noqa: S305 - the acquirer's interface prescribes it
    context = cipher.decryptor() if decrypt else cipher.encryptor()
    return context.update(data) + context.finalize()


def check_value(key: bytes) -> bytes:
    """First 4 bytes of eight zero bytes encrypted under the key."""
    return _tdes(key, bytes(8))[:4]


def unionpay_ecb_mac(mak: bytes, data: bytes) -> bytes:
    """Field 64 as 8 ASCII hex characters; `mak` of 8 bytes gives DES, of 16 bytes triple DES."""
    padded = data + bytes(-len(data) % 8)
    block = 0
    for at in range(0, len(padded), 8):
        block ^= int.from_bytes(padded[at : at + 8], "big")
    text = b"%016X" % block
    first = _tdes(mak, text[:8])
    second = _tdes(mak, bytes(a ^ b for a, b in zip(first, text[8:], strict=True)))
    return second.hex().upper().encode()[:8]


def x919_mac(mak: bytes, data: bytes) -> bytes:
    """ISO/IEC 9797-1 algorithm 3 with zero padding; `mak` of 16 bytes."""
    left, right = mak[:8], mak[-8:]
    return _tdes(left, _tdes(right, cbc_mac(left, data), decrypt=True))


def cbc_mac(mak: bytes, data: bytes) -> bytes:
    """ISO/IEC 9797-1 algorithm 1 with zero padding; DES or triple DES by the length of `mak`."""
    padded = data + bytes(-len(data) % 8)
    block = bytes(8)
    for at in range(0, len(padded), 8):
        block = _tdes(mak, bytes(a ^ b for a, b in zip(block, padded[at : at + 8], strict=True)))
    return block


MAC_ALGORITHMS = {"unionpay-ecb": unionpay_ecb_mac, "x9.19": x919_mac, "cbc": cbc_mac}


def pan_field(pan: str) -> bytes:
    """The account part of a format 0 block: four zeros, the 12 digits left of the check digit (ISO 9564-1 §9.3.2)."""
    return bytes.fromhex("0000" + pan[:-1][-12:].rjust(12, "0"))


def pin_matches(block: bytes, pan: str, pin: str) -> bool:
    """True when a clear format 0 block holds `pin`. Raises PinFormatError when it is no such block for `pan`."""
    field = bytes(a ^ b for a, b in zip(block, pan_field(pan), strict=True)).hex()
    length = int(field[1], 16)
    digits, fill = field[2 : 2 + length], field[2 + length :]
    if field[0] != "0" or not 4 <= length <= 12 or not digits.isdecimal() or fill.strip("f"):
        raise PinFormatError("the PIN block is not format 0 for this card")
    return hmac.compare_digest(digits, pin)


class KeyRing:
    """The keys shared with one terminal.

    random_bytes(n) supplies new working keys; mac names one of MAC_ALGORITHMS.
    """

    __slots__ = ("_algorithm", "_mak", "_pik", "_random", "_tmk")

    def __init__(self, tmk: bytes, random_bytes: Callable[[int], bytes] = os.urandom, mac: str = "unionpay-ecb"):
        if len(tmk) not in (16, 24):
            raise KeyFileError("a master key has 16 or 24 bytes")
        self._tmk = tmk
        self._random = random_bytes
        self._algorithm = MAC_ALGORITHMS[mac]
        self._pik = self._mak = b""

    @property
    def signed_in(self) -> bool:
        return bool(self._mak)

    def forget(self) -> None:
        self._pik = self._mak = b""

    def renew(self, network: str, mak_bytes: int = 16) -> bytes:
        """Draw working keys and return field 62: PIN key, check value, MAC key, check value, under the master key.

        network: field 60.3 of the sign-in, 001 for single-length keys (24 bytes), 003 for double-length ones (40).
        mak_bytes: 8 or 16; a single-length MAC key among double-length ones is padded with zeros to 16.
        """
        single = network == "001"
        self._pik = self._random(8 if single else 16).translate(_PARITY)
        self._mak = self._random(8 if single else mak_bytes).translate(_PARITY)
        mak = _tdes(self._tmk, self._mak)
        if not single:
            mak = mak.ljust(16, b"\0")
        return _tdes(self._tmk, self._pik) + check_value(self._pik) + mak + check_value(self._mak)

    def mac(self, data: bytes) -> bytes:
        return self._algorithm(self._mak, data)

    def mac_ok(self, data: bytes, mac: bytes) -> bool:
        return hmac.compare_digest(self.mac(data), mac)

    def pin_ok(self, cryptogram: bytes, pan: str, pin: str) -> bool:
        """Decrypt field 52 and compare. Raises PinFormatError."""
        return pin_matches(_tdes(self._pik, cryptogram, decrypt=True), pan, pin)


def read_tmk(path: str | Path) -> bytes:
    """Return the master key kept in a file as 32 or 48 hex digits. Raises KeyFileError."""
    try:
        text = Path(path).read_text(encoding="ascii")
        key = bytes.fromhex("".join(text.split()))
    except OSError as error:
        raise KeyFileError(f"cannot read the master key file {path}: {error.strerror}") from None
    except ValueError:
        raise KeyFileError(f"{path} does not hold a master key: 32 hex digits are expected") from None
    if len(key) not in (16, 24):
        raise KeyFileError(f"{path} holds {len(key)} bytes; a master key has 16 (32 hex digits) or 24")
    return key


def random_tmk(path: str | Path) -> bytes:
    """Draw a master key and write it as hex to a new file that only its owner reads. Raises KeyFileError."""
    key = os.urandom(16).translate(_PARITY)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise KeyFileError(f"cannot create the master key file {path}: {error.strerror}") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key.hex().upper() + "\n")
    return key
