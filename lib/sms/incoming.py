"""Incoming PDUs: SMS-DELIVER (3GPP 23.040 §9.2.2.1) and SMS-STATUS-REPORT (§9.2.2.3)."""

from binascii import unhexlify

from micropython import const

from . import address
from .alphabet import from_septets, from_utf16, unpack
from .error import Error

DELIVERED = "delivered"
TRYING = "trying"
FAILED = "failed"
ABANDONED = "abandoned"

_MAX_OCTETS = const(200)  # 12 of the service centre, at most 164 of the message, and some that pad a SIM's record
_MAX_CENTRE = const(12)
_TYPE_MASK = const(0x03)
_TYPE_SUBMIT = const(0x01)
_TYPE_REPORT = const(0x02)
_HEADER_PRESENT = const(0x40)
_MAX_SEPTETS = const(160)
_MAX_USER_OCTETS = const(140)

_GSM7 = const(0)
_OCTETS = const(1)
_UCS2 = const(2)
_GENERAL_ALPHABETS = (_GSM7, _OCTETS, _UCS2, _GSM7)  # bits 3..2; the last is reserved and read as the first

# TP-Status by its highest three bits (§9.2.3.15); reserved values count as "service rejected", 63
_OUTCOMES = (DELIVERED, TRYING, FAILED, ABANDONED, ABANDONED, ABANDONED, ABANDONED, ABANDONED)


class _Reader:
    """A cursor over a PDU; `at` counts from the PDU's beginning, service centre included."""

    def __init__(self, data: bytes):
        self.data = data
        self.at = 0

    def octet(self) -> int:
        if self.at >= len(self.data):
            raise Error("pdu", "ends too early", self.at)
        self.at += 1
        return self.data[self.at - 1]

    def octets(self, count: int) -> bytes:
        if self.at + count > len(self.data):
            raise Error("pdu", "ends too early", len(self.data))
        self.at += count
        return self.data[self.at - count : self.at]


class Deliver:
    """A message received.

    sender: "+" and digits, digits as dialled, or a name (alphanumeric address). Log no more of it than masking allows.
    text: the text of this part; empty when the message carries octets.
    data: the octets of an 8-bit message without its header, None for text.
    timestamp: (year, month, day, hour, minute, second, zone in quarters of an hour) when the service centre took the
        message, in its local time; None when it is no date.
    concat: (reference, total, index from 1) of a part of a longer message, else None.
    """

    def __init__(self, sender, text, data, timestamp, concat):
        self.sender = sender
        self.text = text
        self.data = data
        self.timestamp = timestamp
        self.concat = concat


class StatusReport:
    """What became of a message sent.

    reference: the message reference +CMGS told, 0..255.
    recipient: as Deliver.sender; networks also give the national form, so compare the last digits.
    timestamp: as in Deliver. discharged: when the message was delivered or last tried, in the same form.
    status: TP-Status, 0..255.
    outcome: what that means: sms.DELIVERED (00..1F), sms.TRYING (20..3F, another report follows),
        sms.FAILED (40..5F, permanent), sms.ABANDONED (60..7F, given up; also the reserved 80..FF).
    final: no other report will follow. delivered: the phone has it.
    """

    def __init__(self, reference, recipient, timestamp, discharged, status):
        self.reference = reference
        self.recipient = recipient
        self.timestamp = timestamp
        self.discharged = discharged
        self.status = status
        self.outcome = _OUTCOMES[status >> 5]
        self.final = self.outcome != TRYING
        self.delivered = self.outcome == DELIVERED


def parse(pdu: "str | bytes", *, smsc: bool = True) -> "Deliver | StatusReport":
    """The message in a PDU as a modem gives it: hexadecimal text, or octets.

    smsc: whether the service centre's address stands before the message, as it does after +CMT, +CDS, +CMGR and +CMGL.
    Octets after the message are ignored: some modems hand over a SIM's whole record.
    Raises Error (argument "pdu", offset in octets) for anything else than a whole SMS-DELIVER or SMS-STATUS-REPORT.
    """
    reader = _Reader(_octets(pdu))
    if smsc:
        if reader.octet() > _MAX_CENTRE:
            raise Error("pdu", "service centre address too long", 0)
        reader.octets(reader.data[0])
    start = reader.at
    first = reader.octet()
    if first & _TYPE_MASK == _TYPE_SUBMIT:
        raise Error("pdu", "neither a message received nor a status report", start)
    if first & _TYPE_MASK == _TYPE_REPORT:
        return StatusReport(
            reader.octet(), address.decode(reader), _timestamp(reader), _timestamp(reader), reader.octet()
        )
    # the reserved message type is processed as SMS-DELIVER (§9.2.3.1)
    sender = address.decode(reader)
    reader.octet()  # protocol identifier
    alphabet = _alphabet(reader)
    timestamp = _timestamp(reader)
    text, data, concat = _user_data(reader, alphabet, bool(first & _HEADER_PRESENT))
    return Deliver(sender, text, data, timestamp, concat)


def _octets(pdu: "str | bytes") -> bytes:
    if not isinstance(pdu, str):
        if len(pdu) > _MAX_OCTETS:
            raise Error("pdu", "too long")
        return bytes(pdu)
    pdu = pdu.strip()
    if len(pdu) > 2 * _MAX_OCTETS:
        raise Error("pdu", "too long")
    try:
        return unhexlify(pdu)
    except ValueError:
        raise Error("pdu", "not hexadecimal") from None


def _timestamp(reader: _Reader) -> "tuple[int, ...] | None":
    """TP-Service-Centre-Time-Stamp (§9.2.3.11): swapped decimal digits; bit 3 of the last octet is the zone's sign."""
    raw = reader.octets(7)
    fields = [_decimal(octet) for octet in raw]
    fields[0] += 2000
    fields[6] = _decimal(raw[6] & 0xF7)
    if raw[6] & 0x08:
        fields[6] = -fields[6]
    _, month, day, hour, minute, second, _ = fields
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour <= 23 and minute <= 59 and second <= 59):
        return None
    return tuple(fields)


def _decimal(octet: int) -> int:
    # a digit that is none reads as 0 (§9.2.3.11)
    tens, ones = octet & 0xF, octet >> 4
    return (tens * 10 if tens <= 9 else 0) + (ones if ones <= 9 else 0)


def _alphabet(reader: _Reader) -> int:
    """TP-Data-Coding-Scheme (3GPP 23.038 §4)."""
    start = reader.at
    scheme = reader.octet()
    group = scheme >> 4
    if group < 0x8:
        if scheme & 0x20:
            raise Error("pdu", "compressed text", start)
        return _GENERAL_ALPHABETS[scheme >> 2 & 3]
    if group == 0xE:
        return _UCS2
    if group == 0xF and scheme & 0x04:
        return _OCTETS
    return _GSM7


def _user_data(reader: _Reader, alphabet: int, has_header: bool) -> tuple:
    """(text, data, concat) of TP-User-Data-Length and TP-User-Data (§9.2.3.16, §9.2.3.24)."""
    start = reader.at
    length = reader.octet()
    if length > (_MAX_SEPTETS if alphabet == _GSM7 else _MAX_USER_OCTETS):
        raise Error("pdu", "user data too long", start)
    body = reader.octets((length * 7 + 7) >> 3 if alphabet == _GSM7 else length)
    header_octets = 0
    concat = None
    if has_header:
        header_octets = body[0] + 1 if body else 1
        if header_octets > len(body):
            raise Error("pdu", "header longer than the user data", start + 1)
        concat = _concatenation(body[1:header_octets])
    if alphabet == _GSM7:
        # the text begins at the first septet boundary after the header
        header_septets = (header_octets * 8 + 6) // 7
        return from_septets(unpack(body, length)[header_septets:]), None, concat
    if alphabet == _UCS2:
        return from_utf16(body[header_octets:]), None, concat
    return "", body[header_octets:], concat


def _concatenation(header: bytes) -> "tuple[int, int, int] | None":
    """The last valid concatenation element with an 8-bit (§9.2.3.24.1) or a 16-bit reference (§9.2.3.24.8)."""
    concat = None
    at = 0
    while at < len(header):
        end = at + 2
        if end <= len(header):
            end += header[at + 1]
        if end > len(header):
            return None  # a header whose elements do not fill it is ignored as a whole (§9.2.3.24)
        identifier = header[at]
        element = header[at + 2 : end]
        at = end
        if identifier == 0x00 and len(element) == 3:
            reference = element[0]
        elif identifier == 0x08 and len(element) == 4:
            reference = element[0] << 8 | element[1]
        else:
            continue
        total, index = element[-2], element[-1]
        if 1 <= index <= total:  # else the element is ignored
            concat = (reference, total, index)
    return concat
