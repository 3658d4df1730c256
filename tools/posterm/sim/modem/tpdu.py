"""Short messages on the wire: libgammu reads and writes them; status reports, which it only reads, are built here.

submit = decode_submit(pdu)
pdus = encode_deliver("95588", "余额 100.00", smsc, when)
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

import gammu

SMSC_INTERNATIONAL, NATIONAL, INTERNATIONAL = 0x91, 0xA1, 0x91
MTI_SUBMIT, MTI_MASK = 0x01, 0x03
UDHI, SRR = 0x40, 0x20
VALIDITY_OCTETS = {0x00: 0, 0x08: 7, 0x10: 1, 0x18: 7}  # TP-VPF, 3GPP 23.040 §9.2.3.3
DIGITS = "0123456789"

# 3GPP 23.038 §6.2.1: characters of one septet and, after an escape, of two
GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENDED = frozenset("\f^{}\\[~]|€")


class BadPdu(ValueError):
    """A PDU no network would take; the text names the part at fault."""


@dataclass
class Submit:
    """One SMS-SUBMIT as the message centre understands it."""

    number: str
    text: str
    coding: str
    report: bool
    message_class: int
    reference: int  # what the terminal put there; the modem uses its own
    concat: tuple[int, int, int] | None  # reference, total, part (3GPP 23.040 §9.2.3.24.1)
    udh: bytes
    validity: timedelta | datetime | None  # how long the message centre may try, or until when (aware)
    body: bytes  # TP-PID, TP-DCS, TP-UDL and TP-UD as they were
    headed: bool  # TP-UDHI: the user data begin with a header


def _check_frame(tpdu: bytes) -> int:
    """Return the length of the text in septets (or octets), 3GPP 23.040 §9.2.2.2.

    Refuses what libgammu would forgive: wrong lengths and numbers that are not digits.
    """
    if len(tpdu) < 7 or tpdu[0] & MTI_MASK != MTI_SUBMIT:
        raise BadPdu("this is no SMS-SUBMIT")
    digits, kind = tpdu[2], tpdu[3]
    if not 1 <= digits <= 20:
        raise BadPdu("the destination address has an impossible length")
    address = tpdu[4 : 4 + (digits + 1) // 2]
    nibbles = [nibble for octet in address for nibble in (octet & 15, octet >> 4)]
    if kind & 0x70 != 0x50 and (
        any(nibble > 9 for nibble in nibbles[:digits]) or (digits % 2 and nibbles[digits:] != [15])
    ):
        raise BadPdu("the destination address is not made of digits")
    rest = tpdu[4 + len(address) :]
    head = 2 + VALIDITY_OCTETS[tpdu[0] & 0x18]  # protocol identifier, coding scheme, validity
    if len(rest) < head + 1:
        raise BadPdu("the message ends before its user data")
    scheme, length, data = rest[1], rest[head], rest[head + 1 :]
    eight_bit = scheme & 0x0C if scheme < 0xC0 else (0x04 if scheme & 0xF4 == 0xF4 else scheme & 0x20 == 0x20)
    octets = length if eight_bit else (length * 7 + 7) // 8
    if octets > 140 or octets != len(data):
        raise BadPdu("the length of the user data does not fit")
    if tpdu[0] & UDHI and (not data or data[0] + 1 > len(data)):
        raise BadPdu("the user data header is longer than the user data")
    header = data[0] + 1 if tpdu[0] & UDHI else 0
    return length - (header if eight_bit else (header * 8 + 6) // 7)


def _moment(stamp: bytes) -> datetime:
    """Read seven octets of TP-SCTS or TP-VP, 3GPP 23.040 §9.2.3.11."""
    fields = [(octet & 15) * 10 + (octet >> 4) for octet in stamp]
    quarters = (stamp[6] & 7) * 10 + (stamp[6] >> 4)
    zone = timezone(timedelta(minutes=15 * (-quarters if stamp[6] & 8 else quarters)))
    try:
        year, month, day, hour, minute, second, _ = fields
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=zone)
    except ValueError as error:
        raise BadPdu("the validity is no date") from error


def _relative(octet: int) -> timedelta:
    """TP-VP in one octet, 3GPP 23.040 §9.2.3.12.1."""
    if octet <= 143:
        return timedelta(minutes=5 * (octet + 1))
    if octet <= 167:
        return timedelta(hours=12, minutes=30 * (octet - 143))
    if octet <= 196:
        return timedelta(days=octet - 166)
    return timedelta(weeks=octet - 192)


def _validity(kind: int, field: bytes) -> timedelta | datetime | None:
    """Read TP-VP in the format TP-VPF says, 3GPP 23.040 §9.2.3.12; libgammu refuses the enhanced one."""
    if kind == 0x10:
        return _relative(field[0])
    if kind == 0x18:
        return _moment(field)
    return None


def _cut_to(text: str, septets: int) -> str:
    """Drop what libgammu adds: it takes the number of septets for that of characters, so escapes leave a tail."""
    for index, character in enumerate(text):
        if septets <= 0:
            return text[:index]
        septets -= 2 if character in GSM_EXTENDED else 1
    return text


def decode_submit(pdu: bytes) -> tuple[str, Submit]:
    """Return (SMSC number or "", message) of a PDU with its SMSC octets, as given to AT+CMGS.

    Raises BadPdu when the frame is wrong or libgammu cannot read it.
    """
    if not pdu or pdu[0] > 12 or len(pdu) < pdu[0] + 1:
        raise BadPdu("the message centre's address is cut off")
    tpdu = pdu[pdu[0] + 1 :]
    length = _check_frame(tpdu)
    try:
        message = gammu.DecodePDU(pdu, True)
    except (gammu.GSMError, ValueError) as error:
        raise BadPdu("libgammu cannot read the message") from error
    kind = tpdu[0] & 0x18
    rest = tpdu[4 + (tpdu[2] + 1) // 2 :]
    validity = rest[2 : 2 + VALIDITY_OCTETS[kind]]
    header, text = message["UDH"], message["Text"]
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    if message["Coding"].startswith("Default"):
        text = _cut_to(text, length)
    concat = None
    if header["AllParts"] > 0:
        reference = header["ID16bit"] if header["ID16bit"] >= 0 else header["ID8bit"]
        concat = (reference, header["AllParts"], header["PartNumber"])
    return message["SMSC"]["Number"], Submit(
        number=message["Number"],
        text=text,
        coding=message["Coding"],
        report=bool(tpdu[0] & SRR),
        message_class=message["Class"],
        reference=tpdu[1],
        concat=concat,
        udh=bytes(header["Text"]),
        validity=_validity(kind, validity),
        body=rest[:2] + rest[2 + len(validity) :],
        headed=bool(tpdu[0] & UDHI),
    )


def deliver_of(message: Submit, sender: str, smsc: str | None, when: datetime, zone: int) -> bytes:
    """Return what a message becomes when it reaches its recipient, as an SMS-DELIVER with SMSC octets.

    when is local to `zone`, in quarters of an hour.
    """
    digits = sender.lstrip("+")
    kind = INTERNATIONAL if sender.startswith("+") else NATIONAL
    head = bytes((0x04 | (UDHI if message.headed else 0), len(digits), kind)) + _semi_octets(digits)
    return _smsc(smsc) + head + message.body[:2] + _timestamp(when, zone) + message.body[2:]


def _semi_octets(digits: str) -> bytes:
    if any(digit not in DIGITS for digit in digits):
        raise ValueError("a number is made of digits")
    padded = digits + "F" * (len(digits) % 2)
    return bytes(int(padded[i + 1] + padded[i], 16) for i in range(0, len(padded), 2))


def _timestamp(when: datetime, zone: int) -> bytes:
    """TP-SCTS, 3GPP 23.040 §9.2.3.11: local time and the zone in quarters of an hour."""
    quarters = f"{abs(zone):02d}"
    stamp = bytearray(_semi_octets(f"{when:%y%m%d%H%M%S}" + quarters))
    if zone < 0:
        stamp[6] |= 0x08
    return bytes(stamp)


def _smsc(number: str | None) -> bytes:
    if not number:
        return b"\0"
    digits = _semi_octets(number.lstrip("+"))
    return bytes((len(digits) + 1, SMSC_INTERNATIONAL)) + digits


def encode_status_report(
    number: str, reference: int, status: int, smsc: str | None, sent: datetime, done: datetime, zone: int
) -> bytes:
    """Return SMSC octets and an SMS-STATUS-REPORT (3GPP 23.040 §9.2.2.3); a leading + makes the address international.

    reference 0..255, status as TP-ST (§9.2.3.15), times local to `zone`.
    """
    digits = number.lstrip("+")
    kind = INTERNATIONAL if number.startswith("+") else NATIONAL
    return (
        _smsc(smsc)
        + bytes((0x06, reference, len(digits), kind))
        + _semi_octets(digits)
        + _timestamp(sent, zone)
        + _timestamp(done, zone)
        + bytes((status,))
    )


def encode_deliver(number: str, text: str, smsc: str | None, when: datetime, zone: int) -> list[bytes]:
    """Return the SMS-DELIVERs, each with its SMSC octets, that bring `text` from `number` to the terminal.

    number: 1 to 20 digits, a leading + for the international form, or a name of up to 11 letters and digits.
    """
    digits = number.removeprefix("+")
    name = number.isascii() and number.replace(" ", "").isalnum() and len(number) <= 11
    if not (digits and len(digits) <= 20 and set(digits) <= set(DIGITS)) and not name:
        raise ValueError("the sender is neither a number nor a name of up to 11 letters and digits")
    entry = {"ID": "ConcatenatedTextLong", "Buffer": text}
    unicode = not GSM_BASIC.union(GSM_EXTENDED).issuperset(text)
    pdus = []
    for part in gammu.EncodeSMS({"Class": -1, "Unicode": unicode, "Entries": [entry]}):
        part.update(Number=number, Type="Deliver", DateTime=when, SMSC={"Location": 0, "Number": smsc or "+0"})
        pdu = bytearray(gammu.EncodePDU(part, "Deliver"))
        if not smsc:
            pdu[: pdu[0] + 1] = b"\0"
        start = pdu[0] + 1  # libgammu leaves the zone 0: put the local one into TP-SCTS
        stamp = start + 3 + (pdu[start + 1] + 1) // 2 + 2
        pdu[stamp : stamp + 7] = _timestamp(when, zone)
        pdus.append(bytes(pdu))
    return pdus


def tpdu_length(pdu: bytes) -> int:
    """Return the octets after the SMSC, the <length> of 27.005."""
    return len(pdu) - pdu[0] - 1


def local_time(now: datetime, zone: int) -> datetime:
    """Return a wall clock reading as naive local time of `zone` (quarters of an hour)."""
    if now.tzinfo is None:
        return now
    return now.astimezone(timezone(timedelta(minutes=15 * zone))).replace(tzinfo=None)
