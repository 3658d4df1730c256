"""Incoming PDUs: SMS-DELIVER (3GPP 23.040 §9.2.2.1) and SMS-STATUS-REPORT (§9.2.2.3)."""

from binascii import hexlify, unhexlify

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


class Deliver:
    """A message received.

    sender: "+" and digits, digits as dialled, or a name (alphanumeric address). Log no more of it than masking allows.
    text: the text of this part; empty when the message carries octets.
    data: the octets of an 8-bit message without its header, None for text.
    timestamp: (year, month, day, hour, minute, second, zone in quarters of an hour) when the service centre took the
        message, in its local time; None when it is no date.
    concat: (reference, total, index from 1) of a part of a longer message, else None.
    wide: whether that reference has 16 bits; 7 of 16 bits and 7 of 8 bits are two different messages.
    """

    def __init__(self, sender, text, data, timestamp, concat, wide=False):
        self.sender = sender
        self.text = text
        self.data = data
        self.timestamp = timestamp
        self.concat = concat
        self.wide = wide


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
    Octets after the message are ignored: some modems hand over a SIM's whole record, and a report may end with
    parameters that say nothing about its message.
    Raises Error (argument "pdu", offset in octets) for anything else than a whole SMS-DELIVER or SMS-STATUS-REPORT.
    """
    data = _octets(pdu)
    start = 0
    if smsc and data:
        if data[0] > _MAX_CENTRE:
            raise Error("pdu", "service centre address too long", 0)
        start = data[0] + 1
    if start + 2 > len(data):
        raise _ends(data)
    first = data[start]
    kind = first & _TYPE_MASK
    if kind == _TYPE_SUBMIT:
        raise Error("pdu", "neither a message received nor a status report", start)
    if kind == _TYPE_REPORT:
        recipient, at = address.decode(data, start + 2)
        if at + 15 > len(data):
            raise _ends(data)
        return StatusReport(
            data[start + 1], recipient, _timestamp(data[at : at + 7]), _timestamp(data[at + 7 : at + 14]), data[at + 14]
        )
    # the reserved message type is processed as SMS-DELIVER (§9.2.3.1)
    sender, at = address.decode(data, start + 1)
    # protocol identifier, data coding scheme, time stamp, length of the user data
    if at + 10 > len(data):
        raise _ends(data)
    alphabet = _alphabet(data[at + 1])
    timestamp = _timestamp(data[at + 2 : at + 9])
    length = data[at + 9]
    if length > (_MAX_SEPTETS if alphabet == _GSM7 else _MAX_USER_OCTETS):
        raise Error("pdu", "user data too long", at + 9)
    end = at + 10 + ((length * 7 + 7) >> 3 if alphabet == _GSM7 else length)
    if end > len(data):
        raise _ends(data)
    body = data[at + 10 : end]
    header = 0
    concat = None
    wide = False
    if first & _HEADER_PRESENT:
        header = body[0] + 1 if body else 1
        if header > len(body):
            raise Error("pdu", "header longer than the user data", at + 10)
        concat, wide = _concatenation(body[1:header])
    if alphabet == _OCTETS:
        return Deliver(sender, "", body[header:], timestamp, concat, wide)
    if alphabet == _UCS2:
        text = from_utf16(body[header:] if header else body)
    else:
        septets = unpack(body, length)
        if header:
            # the text begins at the first septet boundary after the header (§9.2.3.24)
            septets = septets[(header * 8 + 6) // 7 :]
        text = from_septets(septets)
    return Deliver(sender, text, None, timestamp, concat, wide)


def _ends(data: bytes) -> Error:
    return Error("pdu", "ends too early", len(data))


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


def _timestamp(raw: bytes) -> "tuple[int, ...] | None":
    """TP-Service-Centre-Time-Stamp (§9.2.3.11): swapped decimal digits; bit 3 of the last octet is the zone's sign."""
    digits = raw[:6] + bytes((raw[6] & 0xF7,))
    if not hexlify(digits).isdigit():
        # a digit that is none reads as 0
        digits = bytes([(o >> 4 if o >> 4 <= 9 else 0) << 4 | (o & 0xF if o & 0xF <= 9 else 0) for o in digits])
    year, month, day, hour, minute, second, zone = [(octet & 0xF) * 10 + (octet >> 4) for octet in digits]
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour <= 23 and minute <= 59 and second <= 59):
        return None
    return 2000 + year, month, day, hour, minute, second, -zone if raw[6] & 0x08 else zone


def _alphabet(scheme: int) -> int:
    """TP-Data-Coding-Scheme (3GPP 23.038 §4)."""
    group = scheme >> 4
    if group < 0x8:
        # compressed text is handed on as the octets it is: its length counts octets as well (§9.2.3.16)
        return _OCTETS if scheme & 0x20 else _GENERAL_ALPHABETS[scheme >> 2 & 3]
    if group == 0xE:
        return _UCS2
    if group == 0xF and scheme & 0x04:
        return _OCTETS
    return _GSM7


def _concatenation(header: bytes) -> "tuple[tuple[int, int, int] | None, bool]":
    """The last valid concatenation element with an 8-bit (§9.2.3.24.1) or a 16-bit reference (§9.2.3.24.8), and which."""
    concat = None
    wide = False
    at = 0
    while at < len(header):
        end = at + 2
        if end <= len(header):
            end += header[at + 1]
        if end > len(header):
            return None, False  # a header whose elements do not fill it is ignored as a whole (§9.2.3.24)
        identifier = header[at]
        # 00 has 3 octets, 08 has 4
        if (identifier == 0x00 or identifier == 0x08) and header[at + 1] == 3 + (identifier >> 3):
            total, index = header[end - 2], header[end - 1]
            if 1 <= index <= total:  # else the element is ignored
                wide = identifier == 0x08
                reference = header[at + 2] << 8 | header[at + 3] if wide else header[at + 2]
                concat = (reference, total, index)
        at = end
    return concat, wide
