"""Telephone numbers: as people type them, and as PDUs carry them (3GPP 23.040 §9.1.2.5)."""

from binascii import hexlify

from micropython import const

from .alphabet import from_septets, unpack
from .error import Error

_MAX_DIGITS = const(20)
_TYPE_NATIONAL = const(0x81)  # type unknown, telephone numbering plan: the network reads it as dialled
_TYPE_INTERNATIONAL = const(0x91)
_KIND_MASK = const(0x70)
_KIND_INTERNATIONAL = const(0x10)
_KIND_ALPHANUMERIC = const(0x50)
_LOW_HALVES = 0x0F0F0F0F0F0F0F0F0F0F  # of 10 octets
_MAX_TYPED = const(32)
_SEPARATORS = " -.()"


def _are_digits(text: str) -> bool:
    # CPython's isdigit() also takes digits of other scripts
    return text.isdigit() and len(text.encode()) == len(text)


def check_number(text: str) -> str:
    """A number as typed at the keypad, fit for submit(): without separators, a leading "00" turned into "+".

    Accepts a Chinese mobile number (11 digits, 1 then 3..9) or an international one ("+" or "00", then 8..15 digits
    that do not begin with 0: ITU-T E.164 §6.2). Space, hyphen, full stop and round brackets may separate.
    Raises Error (argument "number") for anything else.
    """
    if len(text) > _MAX_TYPED:
        raise Error("number", "too long")
    number = "".join([character for character in text if character not in _SEPARATORS])
    if number.startswith("00"):
        number = "+" + number[2:]
    international = number.startswith("+")
    digits = number[1:] if international else number
    if not digits or not _are_digits(digits):
        raise Error("number", "not a telephone number")
    if international:
        if not 8 <= len(digits) <= 15:
            raise Error("number", "an international number has 8 to 15 digits")
        if digits[0] == "0":
            raise Error("number", "no country code begins with 0")
    elif len(digits) != 11:
        raise Error("number", "a mobile number has 11 digits")
    elif digits[0] != "1" or digits[1] < "3":
        raise Error("number", "a mobile number begins with 13 to 19")
    return number


def encode(number: str) -> bytes:
    """A destination address: digits, type, digits in swapped semi-octets."""
    kind = _TYPE_NATIONAL
    if number.startswith("+"):
        kind = _TYPE_INTERNATIONAL
        number = number[1:]
    count = len(number)
    if count > _MAX_DIGITS:
        raise Error("number", "more than 20 digits")
    if not _are_digits(number):
        raise Error("number", "only digits, after + when international")
    semi_octets = int(number + "F" if count & 1 else number, 16)
    return bytes((count, kind)) + _swapped(semi_octets, (count + 1) >> 1)


def _swapped(semi_octets: int, size: int) -> bytes:
    return ((semi_octets & _LOW_HALVES) << 4 | semi_octets >> 4 & _LOW_HALVES).to_bytes(size, "big")


def decode(data: bytes, at: int) -> "tuple[str, int]":
    """The address at `at` of a PDU, and where it ends: "+" and digits, digits (also * # a b c) as dialled, or a name."""
    if at + 2 > len(data):
        raise Error("pdu", "ends too early", len(data))
    length = data[at]
    if length > _MAX_DIGITS:
        raise Error("pdu", "address longer than 20 digits", at)
    kind = data[at + 1] & _KIND_MASK
    end = at + 2 + ((length + 1) >> 1)
    if end > len(data):
        raise Error("pdu", "ends too early", len(data))
    octets = data[at + 2 : end]
    if kind == _KIND_ALPHANUMERIC:
        septets = unpack(octets, length * 4 // 7)
        if len(septets) == 8 and septets[7] == 0:
            septets = septets[:7]  # the seven bits that are left over after seven septets, taken for another one
        return from_septets(septets), end
    number = hexlify(_swapped(int.from_bytes(octets, "big"), len(octets))).decode()[:length]
    if number and not _are_digits(number):
        # a filler ends the number, also where a centre has counted it
        number = number.split("f")[0].replace("a", "*").replace("b", "#")
        number = number.replace("c", "a").replace("d", "b").replace("e", "c")
    return "+" + number if kind == _KIND_INTERNATIONAL and number else number, end
