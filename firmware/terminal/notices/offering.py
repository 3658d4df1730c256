"""The offers' files, and which offer goes to whom next. Borrowed by offers.py: nothing here is kept."""

import json
import os
from errno import ENOENT

from micropython import const

from terminal.clock import days
from terminal.ondemand import borrowed

from .offers import OfferError
from .outbox import OutboxFull
from .templates import TemplateError

_FIELDS = ("id", "group", "text", "from", "until")
_MAX_OFFERS = const(10)
_MAX_FIGURES = const(20)
_MAX_FILE = const(8192)  # octets
_MAX_NAME = const(8)
_MAX_PARTS = const(2)
_MAX_TEXT = const(160)
_WINDOW = const(30)  # days for which the cap counts
_DAY = const(86400)


def load(offers) -> list:
    """As Offers.offers."""
    path = offers.directory + "/offers.json"
    try:
        if os.stat(path)[6] > _MAX_FILE:
            raise OfferError("", "", "larger than %d octets" % _MAX_FILE)
        with open(path, encoding="utf-8") as file:
            found = json.load(file)["offers"]
    except OSError as error:
        if error.errno == ENOENT:
            return []
        raise OfferError("", "", "cannot be read, error %s" % error.errno) from None
    except OfferError:
        raise
    except (ValueError, TypeError, KeyError):
        raise OfferError("", "", 'not of the form {"offers": [...]}') from None
    if not isinstance(found, list) or len(found) > _MAX_OFFERS:
        raise OfferError("", "", "not a list of at most %d offers" % _MAX_OFFERS)
    for offer in found:
        _check(offers, offer)
    return found


def add(offers, offer):
    """As Offers.add."""
    count = _check(offers, offer)
    kept = load(offers)
    if offer["id"] in [other["id"] for other in kept] + [row[0] for row in figures(offers)]:
        raise OfferError(offer["id"], "id", "used before; every offer has a name of its own")
    if len(kept) >= _MAX_OFFERS:
        raise OfferError(offer["id"], "", "%d offers are kept; remove one first" % _MAX_OFFERS)
    _save(offers, kept + [offer])
    return count


def remove(offers, name):
    """As Offers.remove."""
    kept = load(offers)
    rest = [offer for offer in kept if offer["id"] != name]
    if len(rest) == len(kept):
        return False
    _save(offers, rest)
    offers.swept = False
    _cancel(offers, "offer-%s-" % name)
    return True


def send_one(offers) -> bool:
    """Queue the next offer for the next number. False when there is nothing to do, or it cannot be done."""
    now = offers.clock.seconds()
    try:
        kept = load(offers)
        for offer in kept:
            if _seconds(offer["from"]) <= now < _seconds(offer["until"]) and _send(offers, offer, kept, now // _DAY):
                return True
    except (OfferError, OSError) as error:
        offers.log("offer.file", str(error))
    return False


def sweep(offers) -> None:
    """Cancel what still waits in the outbox although no offer may go now."""
    _cancel(offers, "offer-")
    offers.swept = True


def figures(offers):
    """Iterate over the rows [id, sent, delivered, failed, left]."""
    with borrowed("terminal.notices.rows") as rows:
        for row in rows.read(offers.directory + "/offers.txt"):
            if len(row) == 5:
                yield row


def counted(offers, name, place) -> None:
    """Add one to a figure (place 1 to 4) of an offer."""
    table = [row for row in figures(offers) if row[0] != name]
    mine = [row for row in figures(offers) if row[0] == name] or [[name, 0, 0, 0, 0]]
    mine[0][place] += 1
    try:
        with borrowed("terminal.notices.rows") as rows:
            rows.write(offers.directory + "/offers.txt", (table + mine)[-_MAX_FIGURES:])
    except OSError as error:
        offers.log("offer.figures", repr(error))  # only a figure is lost


def _send(offers, offer, kept, today):
    """Queue an offer for the first number that may have it and has not had it."""
    with borrowed("terminal.notices.consent_book") as book:
        chosen = book.next_for(
            offers.consent, offer["id"], offer["group"], today, _WINDOW, offers.settings["offer_cap"]
        )
        if chosen is None:
            return False
        number = book.number_of(offers.consent, chosen)
        names = [other["id"] for other in kept]
        chosen[book.HISTORY] = [
            past for past in chosen[book.HISTORY] if past[0] in names or 0 <= today - past[1] < _WINDOW
        ] + [[offer["id"], today]]
        book.replace(offers.consent, chosen)
        key = book.key(offer["id"], chosen)
    offers.swept = False
    counted(offers, offer["id"], 1)
    try:
        offers.box.queue(key, "offer", "offer", number, _text(offers, offer))
    except (OutboxFull, OSError, ValueError) as error:
        # it counts as sent: this number rather misses an offer than gets one too many
        offers.log("offer.lost", "%s %s" % (key, type(error).__name__))
    return True


def _cancel(offers, begin):
    waiting = [one[0] for one in offers.box.entries() if one[0].startswith(begin) and one[4] == "queued"]
    for key in waiting:
        offers.box.cancel(key)


def _text(offers, offer):
    fields = {"merchant": offers.settings["merchant_name"], "words": offer["text"]}
    return offers.words.render("offer", "customer", fields)


def _check(offers, offer):
    """Return (encoding, units, parts) of a valid offer."""
    if not isinstance(offer, dict):
        raise OfferError("", "", "an offer is an object with " + ", ".join(_FIELDS))
    name = offer.get("id")
    if not isinstance(name, str) or not 0 < len(name) <= _MAX_NAME or not all(_is_letter(c) for c in name):
        raise OfferError("", "id", "1 to %d letters and digits are needed" % _MAX_NAME)
    for field in _FIELDS:
        if not isinstance(offer.get(field), str):
            raise OfferError(name, field, "a text is needed")
    for field in offer:
        if field not in _FIELDS:
            raise OfferError(name, field[:20], "unknown; there are " + ", ".join(_FIELDS))
    with borrowed("terminal.notices.consent_book") as book:
        if offer["group"] and not book.is_group(offer["group"]):
            raise OfferError(name, "group", "empty, or 1 to 8 letters A to Z and digits")
    if not 0 < len(offer["text"].strip()) <= _MAX_TEXT:
        raise OfferError(name, "text", "1 to %d characters are needed" % _MAX_TEXT)
    begin = _seconds(offer["from"])
    end = _seconds(offer["until"])
    for field, value in (("from", begin), ("until", end)):
        if value is None:
            raise OfferError(name, field, "a time such as 2026-11-21 09:00 is needed")
    if begin >= end:
        raise OfferError(name, "until", "must be later than from")
    try:
        count = offers.words.preview(
            "offer", "customer", {"merchant": offers.settings["merchant_name"], "words": offer["text"]}
        )
    except TemplateError as error:
        raise OfferError(name, "text", str(error)) from None
    if count[2] > _MAX_PARTS:
        raise OfferError(name, "text", "%d parts with name and ending; %d are allowed" % (count[2], _MAX_PARTS))
    return count


def _seconds(text):
    """Return "2026-11-21 09:00" as seconds since 2000-01-01, None when it is no such time."""
    if len(text) != 16 or text[4] + text[7] + text[10] + text[13] != "-- :":
        return None
    try:
        year, month, day, hour, minute = (
            int(text[:4]),
            int(text[5:7]),
            int(text[8:10]),
            int(text[11:13]),
            int(text[14:]),
        )
    except ValueError:
        return None
    if not (year >= 2000 and 1 <= month <= 12 and 1 <= day <= 31 and 0 <= hour < 24 and 0 <= minute < 60):
        return None
    return (days(year, month, day) * 24 + hour) * 3600 + minute * 60


def _is_letter(c):
    return "0" <= c <= "9" or "A" <= c <= "Z" or "a" <= c <= "z"


def _save(offers, kept):
    path = offers.directory + "/offers.json"
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"offers": kept}, file)
    os.rename(path + ".new", path)
