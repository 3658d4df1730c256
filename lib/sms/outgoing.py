"""Outgoing messages: the alphabet, the cut into parts, SMS-SUBMIT (3GPP 23.040 §9.2.2.2)."""

from binascii import hexlify

from micropython import const

from . import address
from .alphabet import ESCAPE, pack, to_septets, to_utf16
from .error import Error

GSM7 = "gsm7"
UCS2 = "ucs2"

_MAX_PARTS = const(255)
_MAX_OCTETS = const(140)
_MAX_SEPTETS = const(160)
# A part's header takes 6 octets with a reference of 8 bits, 7 with one of 16; of septets 7 with its fill bit, and 8.
_HEADER_OCTETS = const(6)
_HEADER_SEPTETS = const(7)

# first octet (§9.2.3.1, .3, .5, .23)
_SUBMIT = const(0x01)
_RELATIVE_VALIDITY = const(0x10)
_REPORT_REQUEST = const(0x20)
_HEADER_PRESENT = const(0x40)

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


def _validity(seconds: int) -> int:
    if seconds < 1:
        raise Error("validity", "less than a second")
    for longest, step, base in _VALIDITY:
        if seconds <= longest:
            return base + (seconds + step - 1) // step
    raise Error("validity", "longer than 63 weeks")


def _encode(text: str) -> "tuple[str, bytes]":
    if len(text) > _MAX_PARTS * (_MAX_SEPTETS - _HEADER_SEPTETS):
        raise Error("text", "more than 255 parts")
    septets = to_septets(text)
    if septets is not None:
        return GSM7, septets
    if len(text) > _MAX_PARTS * (_MAX_OCTETS - _HEADER_OCTETS) // 2:  # refused before it takes 119 KB to find out
        raise Error("text", "more than 255 parts")
    return UCS2, to_utf16(text)


def _cuts(encoding: str, data: bytes, wide: bool) -> "list[int]":
    """Where the parts end. No cut falls between an escape and its septet, or between two surrogates."""
    size = len(data)
    alone, in_part = _MAX_SEPTETS, _MAX_SEPTETS - _HEADER_SEPTETS - wide
    if encoding == UCS2:
        alone, in_part = _MAX_OCTETS, _MAX_OCTETS - _HEADER_OCTETS - 2 * wide  # whole units
    if size <= alone:
        return [size]
    cuts: list[int] = []
    end = 0
    while end < size:
        end = min(end + in_part, size)
        if end < size:
            if encoding == GSM7:
                if data[end - 1] == ESCAPE:
                    end -= 1
            elif data[end - 2] & 0xFC == 0xD8:
                end -= 2
        if len(cuts) == _MAX_PARTS:
            raise Error("text", "more than 255 parts")
        cuts.append(end)
    return cuts


def count(text: str, wide: bool = False) -> "tuple[str, int, int]":
    """How `text` would go: (encoding, units, parts).

    encoding: sms.GSM7 or sms.UCS2.
    units: septets (two for a character of the extension table) or UTF-16 units (two for an emoji).
    parts: 1 up to 160 septets or 70 units, then 153 or 67 a part, one less where a pair would be cut; with a reference
        of 16 bits (`wide`) 152 or 66.
    Raises Error when there would be more than 255 parts.
    """
    encoding, data = _encode(text)
    units = len(data) if encoding == GSM7 else len(data) >> 1
    return encoding, units, len(_cuts(encoding, data, wide))


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
    concat_ref: 0..65535, tells a receiver which parts belong together: another one for each message to the same
        number. From 256 on the header is an octet longer (see count, `wide`).
    Raises Error with the name of the argument; its text does not repeat the value.
    """
    if not 0 <= ref <= 0xFF:
        raise Error("ref", "not within 0 to 255")
    if not 0 <= concat_ref <= 0xFFFF:
        raise Error("concat_ref", "not within 0 to 65535")
    destination = address.encode(number)
    encoding, data = _encode(text)
    gsm7 = encoding == GSM7
    first = _SUBMIT | _REPORT_REQUEST if report else _SUBMIT
    # protocol identifier 0: an ordinary message
    middle = destination + (b"\0\0" if gsm7 else b"\0\x08")  # and the data coding scheme (3GPP 23.038 §4)
    if validity is not None:
        first |= _RELATIVE_VALIDITY
        middle += bytes((_validity(validity),))
    wide = concat_ref > 0xFF
    cuts = _cuts(encoding, data, wide)
    total = len(cuts)
    if total == 1:
        tpdu = bytes((first, ref)) + middle + bytes((len(data),)) + (pack(data) if gsm7 else data)
        return [Part(tpdu, ref, 1, 1)]

    first |= _HEADER_PRESENT
    # concatenation with an 8-bit (§9.2.3.24.1) or a 16-bit reference (§9.2.3.24.8)
    header = bytes((5, 0x00, 3, concat_ref & 0xFF, total))
    if wide:
        header = bytes((6, 0x08, 4, concat_ref >> 8, concat_ref & 0xFF, total))
    size = len(header) + 1
    parts = []
    begin = 0
    for i in range(total):
        body = data[begin : cuts[i]]
        begin = cuts[i]
        if gsm7:
            # the text begins at the first septet boundary after the header (§9.2.3.24)
            body = bytes(_HEADER_SEPTETS + wide) + body
            length = len(body)
            body = pack(body)[size:]
        else:
            length = size + len(body)
        reference = (ref + i) & 0xFF
        tpdu = bytes((first, reference)) + middle + bytes((length,)) + header + bytes((i + 1,)) + body
        parts.append(Part(tpdu, reference, i + 1, total))
    return parts
