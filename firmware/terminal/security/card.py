"""A card as read or keyed: checked, usable for one transaction, then wiped.

card = from_track2(bytearray(b";6222020000000000=29122010000?"), (2026, 11))
card.pan, card.expiry, card.track2, card.masked
"""

import json

from micropython import const

from terminal.security import mask

_PAN_LOW = const(13)
_PAN_HIGH = const(19)
_TRACK_MAX = const(37)  # characters without sentinels, ISO/IEC 7813 §7


class CardError(ValueError):
    """The card is refused; `text` is the key of the message for the operator. Never holds card data."""

    def __init__(self, text):
        super().__init__(text)
        self.text = text


class Card:
    """`pan` str of digits; `expiry` "YYMM"; `track2` str with D as separator, or None; `mode` first two digits of DE22."""

    def __init__(self, pan, expiry, track2, mode):
        self.pan = pan
        self.expiry = expiry
        self.track2 = track2
        self.mode = mode
        self.masked = mask.pan(pan)

    def forget(self):
        """Drop the card data; the masked number stays."""
        self.pan = self.track2 = self.expiry = None

    def fields(self):
        """Return what messages need: a dict with pan, expiry, track2."""
        return {"pan": self.pan, "expiry": self.expiry, "track2": self.track2}

    def stored(self):
        """Return the octets to be protected in the record: PAN and expiry, never the track (PCI DSS 3.3.1)."""
        return json.dumps([self.pan, self.expiry]).encode()


def restored(data):
    """Return what messages need, from the octets that `Card.stored` gave."""
    pan, expiry = json.loads(data)
    return {"pan": pan, "expiry": expiry, "track2": None}


def keyed(pan, expiry_mmyy, today):
    """Return the Card for digits keyed in (two bytearrays, wiped here). `today`: (year, month). Raises CardError."""
    try:
        number = bytes(pan).decode()
        month_year = bytes(expiry_mmyy).decode()
    finally:
        _wipe(pan)
        _wipe(expiry_mmyy)
    _check_number(number)
    expiry = month_year[2:4] + month_year[0:2]
    _check_expiry(expiry, today)
    return Card(number, expiry, None, "01")


def check_keyed(pan):
    """Raise CardError when the digits of `pan` (bytearray) are no card number."""
    _check_number(bytes(pan).decode())


def from_track2(track, today):
    """Return the Card for a swipe: `track` bytearray with or without sentinels, wiped here. Raises CardError."""
    try:
        text = bytes(track).decode()
    except ValueError:
        raise CardError("card.swipe") from None
    finally:
        _wipe(track)
    text = text.strip(";?\r\n ").replace("=", "D")
    pan, separator, rest = text.partition("D")
    if not separator or len(text) > _TRACK_MAX or len(rest) < 4 or not _digits(rest):
        raise CardError("card.swipe")
    _check_number(pan)
    _check_expiry(rest[:4], today)
    return Card(pan, rest[:4], text, "02")


def _check_number(pan):
    if not _PAN_LOW <= len(pan) <= _PAN_HIGH or not _digits(pan):
        raise CardError("card.bad")
    total = 0  # Luhn, ISO/IEC 7812-1 annex B
    for i, c in enumerate(pan):
        digit = ord(c) - 48
        if (len(pan) - i) % 2 == 0:
            digit = digit * 2 - (9 if digit > 4 else 0)
        total += digit
    if total % 10:
        raise CardError("card.bad")


def _check_expiry(yymm, today):
    if not 1 <= int(yymm[2:4]) <= 12:
        raise CardError("expiry.bad")
    if (2000 + int(yymm[:2]), int(yymm[2:4])) < today:
        raise CardError("card.expired")


def _digits(text):
    return all("0" <= c <= "9" for c in text)


def _wipe(buffer):
    for i in range(len(buffer)):
        buffer[i] = 0
