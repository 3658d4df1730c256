"""What may be written about the dialogue: never a number in full, a PDU or a payload."""

import re

_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_DIGITS = re.compile(r"\d{7,}")
_NAME = re.compile(r"^AT[+*$&]?[A-Z]{1,12}", re.IGNORECASE)
_COMMAND = re.compile(r"^AT[A-Z0-9+*$&=?,;:.\"#/()_ <>@-]{0,80}$", re.IGNORECASE)


def masked(text: str) -> str:
    """Return `text` with PDUs as their length and long digit runs cut to the last three."""
    text = _HEX.sub(lambda run: f"<{len(run.group()) // 2} octets>", text)
    return _DIGITS.sub(lambda run: "*" * (len(run.group()) - 3) + run.group()[-3:], text)


def shown_line(line: bytes, known: bool) -> str:
    """Return how a line from the terminal appears in the log; stray bytes may be payload and are only counted."""
    text = line.decode("latin-1").strip()
    if known and _COMMAND.match(text):
        return masked(text)
    name = _NAME.match(text)
    return f"{name.group() if name else ''} <{len(line)} bytes>".strip()


def masked_number(number: str) -> str:
    """Return a phone number as the log and the SMS file may show it."""
    return "*" * max(0, len(number) - 3) + number[-3:]
