"""Valid stand-ins for what a recording masks: numbers, coded text, and PDUs of a given length."""

import re
from datetime import datetime

from posterm.sim.modem.tpdu import encode_deliver, encode_status_report

_MASKED = re.compile(r"<(\d{1,4}) (digits|hex)>")
_FREE = re.compile(r"<text of (\d{1,4})>")
_LENGTH = re.compile(r"(\d+)\s*$")
WHEN = datetime(2025, 1, 2, 3, 4, 5)
ZONE = 32
DIGITS = "13900139000" * 2
REPORT_OCTETS = 19  # of a report without its number, 3GPP 23.040 §9.2.2.3
DELIVER_OCTETS = 13  # of a message without number and text, §9.2.2.1
TEXT_OCTETS = 140
UNITS = "0041"  # one character of UCS-2, over and over


def plain(text: str) -> str:
    """Return a line of a recording with its masked runs filled."""

    def fill(run: re.Match) -> str:
        size = int(run[1])
        pattern = DIGITS if run[2] == "digits" else UNITS
        return (pattern * (size // len(pattern) + 1))[:size]

    free = _FREE.fullmatch(text)
    return "x" * int(free[1]) if free else _MASKED.sub(fill, text)


def _centre(octets: int) -> bytes:
    """Return SMSC octets of a given number: none, or a length, a type and digits."""
    if octets < 3:
        return b"\0"
    return bytes((octets - 1, 0x91)) + b"\x68" + b"\x31" * (octets - 3)


def _report(octets: int, number: str, reference: int) -> bytes:
    """Return a report of the wanted length; of the number as many last digits as fit are right."""
    number = number or DIGITS[:11]
    tpdu = encode_status_report(number, reference, 0, None, WHEN, WHEN, ZONE)[1:]
    if len(tpdu) != octets and octets > REPORT_OCTETS:
        room = min(20, 2 * (octets - REPORT_OCTETS))
        digits = number.lstrip("+")[-room:].rjust(room, "0")
        tpdu = encode_status_report(digits, reference, 0, None, WHEN, WHEN, ZONE)[1:]
        tpdu += b"\0" * (octets - len(tpdu))  # TP-PI says that nothing follows
    return tpdu


def _deliver(octets: int) -> bytes:
    address = max(3, octets - DELIVER_OCTETS - TEXT_OCTETS)
    sender = "10086" if address == 3 else DIGITS[: 2 * min(10, address)]
    data = max(1, min(TEXT_OCTETS, octets - DELIVER_OCTETS - address))
    return encode_deliver(sender, "a" * (data * 8 // 7), None, WHEN, ZONE)[0][1:]


def pdu_of(header: str, size: int, number: str, reference: int) -> bytes:
    """Return a PDU for the line after `header` (+CDS, +CMT, +CMGR, +CMGL).

    size: octets or hexadecimal digits the recording counted, SMSC included. number, reference: what a report is about.
    """
    found = _LENGTH.search(header)
    octets = int(found[1]) if found else max(20, size - 8)
    total = size if 1 <= size - octets <= 12 else size // 2
    tpdu = _report(octets, number, reference) if header.startswith("+CDS") else _deliver(octets)
    return _centre(total - octets) + tpdu
