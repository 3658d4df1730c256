"""Telephone numbers: as people type them, and as PDUs carry them (3GPP 23.040 §9.1.2.5)."""

from micropython import const

from .alphabet import from_septets, unpack
from .error import Error

_MAX_DIGITS = const(20)
_TYPE_NATIONAL = const(0x81)  # type unknown, telephone numbering plan: the network reads it as dialled
_TYPE_INTERNATIONAL = const(0x91)
_KIND_MASK = const(0x70)
_KIND_INTERNATIONAL = const(0x10)
_KIND_ALPHANUMERIC = const(0x50)
_DIGITS = "0123456789*#abc"  # 1111 is the filler
_MAX_TYPED = const(32)
_SEPARATORS = " -.()"


def _are_digits(text: str) -> bool:
    # str.isdigit() also takes digits of other scripts
    return all("0" <= character <= "9" for character in text)


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
    international = number.startswith("+")
    digits = number[1:] if international else number
    if not digits or not _are_digits(digits):
        raise Error("number", "only digits, after + when international")
    if len(digits) > _MAX_DIGITS:
        raise Error("number", "more than 20 digits")
    address = bytearray((len(digits), _TYPE_INTERNATIONAL if international else _TYPE_NATIONAL))
    for i in range(0, len(digits), 2):
        high = int(digits[i + 1]) if i + 1 < len(digits) else 0xF
        address.append(high << 4 | int(digits[i]))
    return bytes(address)


def decode(reader) -> str:
    """The address a PDU reader stands at: "+" and digits, digits (also * # a b c) as dialled, or a name."""
    start = reader.at
    length = reader.octet()
    if length > _MAX_DIGITS:
        raise Error("pdu", "address longer than 20 digits", start)
    kind = reader.octet() & _KIND_MASK
    octets = reader.octets((length + 1) >> 1)
    if kind == _KIND_ALPHANUMERIC:
        return from_septets(unpack(octets, length * 4 // 7))
    number = ["+"] if kind == _KIND_INTERNATIONAL and length else []
    for i in range(length):
        digit = octets[i >> 1] >> 4 if i & 1 else octets[i >> 1] & 0xF
        if digit == 0xF:
            raise Error("pdu", "filler within an address", start + 2 + (i >> 1))
        number.append(_DIGITS[digit])
    return "".join(number)
