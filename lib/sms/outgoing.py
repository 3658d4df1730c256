"""Outgoing messages: the alphabet, the cut into parts, SMS-SUBMIT (3GPP 23.040 §9.2.2.2)."""

from binascii import hexlify

from micropython import const

from . import address
from .alphabet import ESCAPE, pack, to_septets, to_utf16
from .error import Error

GSM7 = "gsm7"
UCS2 = "ucs2"

_MAX_PARTS = const(255)
_SEPTETS_ALONE = const(160)
_SEPTETS_IN_PART = const(153)  # 140 octets less a header of 6, which takes 7 septets with its fill bit
_OCTETS_ALONE = const(140)
_OCTETS_IN_PART = const(134)

# first octet (§9.2.3.1, .3, .5, .23)
_SUBMIT = const(0x01)
_RELATIVE_VALIDITY = const(0x10)
_REPORT_REQUEST = const(0x20)
_HEADER_PRESENT = const(0x40)

_SCHEME_GSM7 = const(0x00)
_SCHEME_UCS2 = const(0x08)

# Relative validity (§9.2.3.12.1): up to (seconds), in steps of (seconds), value = base + steps, begun ones counted.
_VALIDITY = (
    (43_200, 300, -1),  # 0..143: 5 minutes to 12 hours
    (86_400, 1_800, 119),  # 144..167: 12.5 to 24 hours
    (2_592_000, 86_400, 166),  # 168..196: 2 to 30 days
    (38_102_400, 604_800, 192),  # 197..255: 5 to 63 weeks
)


class Part:
    """One SMS-SUBMIT.

    tpdu: the octets without the service centre's address, at most 164.
    length: their number, the argument of AT+CMGS.
    reference: the message reference asked for, 0..255; the modem may use another, which +CMGS tells.
    index, total: its place in the message, from 1.
    """

    def __init__(self, tpdu: bytes, reference: int, index: int, total: int):
        self.tpdu = tpdu
        self.length = len(tpdu)
        self.reference = reference
        self.index = index
        self.total = total

    def hex(self) -> str:
        """What follows the prompt of AT+CMGS, in capitals: 00 (the service centre stored in the SIM), then the TPDU."""
        return "00" + hexlify(self.tpdu).decode().upper()


def _check_range(argument: str, value: int, low: int, high: int):
    if not low <= value <= high:
        raise Error(argument, f"not within {low} to {high}")


def _validity(seconds: int) -> int:
    if seconds < 1:
        raise Error("validity", "less than a second")
    for longest, step, base in _VALIDITY:
        if seconds <= longest:
            return base + (seconds + step - 1) // step
    raise Error("validity", "longer than 63 weeks")


def _encode(text: str) -> "tuple[str, bytes]":
    if len(text) > _MAX_PARTS * _SEPTETS_IN_PART:
        raise Error("text", "more than 255 parts")
    septets = to_septets(text)
    if septets is not None:
        return GSM7, septets
    if len(text) > _MAX_PARTS * _OCTETS_IN_PART // 2:  # refused before it takes 119 KB to find out
        raise Error("text", "more than 255 parts")
    return UCS2, to_utf16(text)


def _cuts(encoding: str, data: bytes) -> "list[int]":
    """Where the parts end. No cut falls between an escape and its septet, or between two surrogates."""
    alone, in_part = (_SEPTETS_ALONE, _SEPTETS_IN_PART) if encoding == GSM7 else (_OCTETS_ALONE, _OCTETS_IN_PART)
    if len(data) <= alone:
        return [len(data)]
    cuts: list[int] = []
    end = 0
    while end < len(data):
        end = min(end + in_part, len(data))
        if end < len(data):
            if encoding == GSM7:
                if data[end - 1] == ESCAPE:
                    end -= 1
            elif data[end - 2] & 0xFC == 0xD8:
                end -= 2
        if len(cuts) == _MAX_PARTS:
            raise Error("text", "more than 255 parts")
        cuts.append(end)
    return cuts


def count(text: str) -> "tuple[str, int, int]":
    """How `text` would go: (encoding, units, parts).

    encoding: sms.GSM7 or sms.UCS2.
    units: septets (two for a character of the extension table) or UTF-16 units (two for an emoji).
    parts: 1 up to 160 septets or 70 units, then 153 or 67 a part, one less where a pair would be cut.
    Raises Error when there would be more than 255 parts.
    """
    encoding, data = _encode(text)
    units = len(data) if encoding == GSM7 else len(data) >> 1
    return encoding, units, len(_cuts(encoding, data))


def submit(
    number: str,
    text: str,
    *,
    ref: int = 0,
    report: bool = True,
    validity: "int | None" = None,
    concat_ref: int = 0,
) -> "list[Part]":
    """The parts of a message, in order.

    number: 1..20 digits; with "+" before them it is sent as international (type 91), else as dialled (type 81).
    text: in the GSM 7-bit alphabet when that has every character, else in UCS-2; empty is one empty part.
    ref: message reference of the first part, 0..255; each further part has the next one.
    report: ask the service centre for a status report of each part.
    validity: seconds the service centre keeps trying, rounded up to what the field can say, at most 63 weeks;
        None leaves it to the service centre.
    concat_ref: 0..255, tells a receiver which parts belong together: another one for each message to the same number.
    Raises Error with the name of the argument; its text does not repeat the value.
    """
    _check_range("ref", ref, 0, 255)
    _check_range("concat_ref", concat_ref, 0, 255)
    destination = address.encode(number)
    encoding, data = _encode(text)
    cuts = _cuts(encoding, data)
    total = len(cuts)

    first = _SUBMIT
    if report:
        first |= _REPORT_REQUEST
    if total > 1:
        first |= _HEADER_PRESENT
    scheme = _SCHEME_GSM7 if encoding == GSM7 else _SCHEME_UCS2
    middle = destination + bytes((0, scheme))  # protocol identifier 0: an ordinary message
    if validity is not None:
        first |= _RELATIVE_VALIDITY
        middle += bytes((_validity(validity),))

    parts = []
    begin = 0
    for i in range(total):
        piece = data[begin : cuts[i]]
        begin = cuts[i]
        # concatenation with an 8-bit reference (§9.2.3.24.1)
        header = bytes((5, 0x00, 3, concat_ref, total, i + 1)) if total > 1 else b""
        if encoding == GSM7:
            # the text begins at a septet boundary after the header (§9.2.3.24)
            header_septets = (len(header) * 8 + 6) // 7
            length = header_septets + len(piece)
            body = pack(piece, header_septets * 7 - len(header) * 8)
        else:
            length = len(header) + len(piece)
            body = piece
        reference = (ref + i) & 0xFF
        tpdu = bytes((first, reference)) + middle + bytes((length,)) + header + body
        parts.append(Part(tpdu, reference, i + 1, total))
    return parts
