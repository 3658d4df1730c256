"""Requests taken apart and answers put together. pyiso8583 does the packing."""

from dataclasses import dataclass
from functools import cached_property

import iso8583

from posterm.sim.acquirer.spec import SPEC

# fields of a request that its answer repeats
ECHOED = ("2", "3", "4", "11", "25", "41", "42", "49", "60")
_TRACK_DIGITS = set("0123456789D")


class MessageError(ValueError):
    """The bytes are no message of this table. `field`: number or t, p. `partial`: what was decoded before it."""

    def __init__(self, text: str, field: str, partial: dict):
        super().__init__(text)
        self.field = field
        self.partial = partial


def decode(message: bytes) -> dict:
    """Return the fields by number as text, `t` the message type. Raises MessageError, whose text holds no data."""
    partial = {"t": message[:2].hex()}
    bitmap = int.from_bytes(message[2:10], "big")
    for number in range(1, 65):
        if bitmap >> (64 - number) & 1 and str(number) not in SPEC:
            raise MessageError(f"field {number} is not in the table", str(number), partial)
    try:
        fields, _ = iso8583.decode(message, SPEC)
    except iso8583.DecodeError as error:
        partial = {key: value for key, value in error.doc_dec.items() if value and key != error.field}
        raise MessageError(f"field {error.field}: {error.msg}", error.field, partial) from None
    for key, value in fields.items():
        if SPEC[key].get("len_count") == "nibbles" and not _digits_only(key, value):
            del fields[key]
            raise MessageError(f"field {key}: not decimal digits", key, fields)
    return fields


def _digits_only(key: str, value: str) -> bool:
    return value.isdecimal() or not value or (key in ("35", "36") and set(value) <= _TRACK_DIGITS)


def encode(fields: dict) -> bytes:
    """Pack an answer. Raises MessageError when a scripted value does not fit its field."""
    try:
        return bytes(iso8583.encode({k: v for k, v in fields.items() if k not in ("p", "h")}, SPEC)[0])
    except iso8583.EncodeError as error:
        raise MessageError(f"field {error.field}: {error.msg}", error.field, {}) from None


@dataclass(repr=False)
class Request:
    """One decoded request with its packed form, which the MAC covers."""

    fields: dict
    message: bytes

    def get(self, number: int) -> str:
        """The field's text, or an empty one when it is absent."""
        return self.fields.get(str(number), "")

    @property
    def mti(self) -> str:
        return self.fields["t"]

    @property
    def answer_mti(self) -> str:
        """Response to a request: the third digit of the message type plus one (ISO 8583:1987 §4.1)."""
        return f"{self.mti[:2]}{int(self.mti[2]) + 1}{self.mti[3]}"

    @property
    def terminal(self) -> str:
        return self.get(41)

    @property
    def trace(self) -> str:
        return self.get(11)

    @property
    def batch(self) -> str:
        return self.get(60)[2:8]

    @property
    def network(self) -> str:
        return self.get(60)[8:11]

    @property
    def amount(self) -> int:
        return int(self.get(4) or 0)

    @cached_property
    def track(self) -> tuple[str, str]:
        """Card number and expiry (YYMM) of field 35, both empty without it."""
        pan, _, rest = self.get(35).partition("D")
        return pan, rest[:4]

    @property
    def pan(self) -> str:
        return self.get(2) or self.track[0]

    @property
    def expiry(self) -> str:
        return self.get(14) or self.track[1]

    @property
    def mac_data(self) -> bytes:
        """Message type up to the field before 64."""
        return self.message[:-8]

    @property
    def mac(self) -> bytes:
        return bytes.fromhex(self.get(64))
