"""consent.txt, where those who agreed to offers stand. Borrowed by consent.py and offers.py: nothing here is kept.

A row is a line of JSON: [serial, state, groups, since, tail, number, history]
serial: stands for the number wherever the number itself must not be seen. groups: "VIP,B".
state: "in"; "out", ended by an own message; "off", ended by the operator.
since: when the message or the wish came. tail: the number's last four digits, by which it is found; number: all of it,
encrypted, in hex. history: [[offer, day], …] of the offers sent, the latest last.
"""

import json
import os
from binascii import hexlify, unhexlify
from errno import ENOENT

from micropython import const

import sms
from terminal.ondemand import borrowed

from .consent import ConsentError

_SERIAL = const(0)
_STATE = const(1)
GROUPS = const(2)
_SINCE = const(3)
_TAIL = const(4)
_NUMBER = const(5)
HISTORY = const(6)
_FIELDS = const(7)

_FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
_MAX_ROWS = const(200)
_MAX_TEXT = const(40)  # characters: longer messages are no orders
_MAX_GROUPS = const(5)
_MAX_GROUP = const(8)


def take(consent, sender, text, when):
    """As Consent.take."""
    order, group = _order(text)
    if not order or (order == "join" and not consent.settings["offers"]):
        return None
    number = _phone(sender)
    if not number:
        return None
    if order == "leave":
        return leave(consent, number, when)
    try:
        return _join(consent, number, group, when, own=True)
    except ConsentError as error:
        consent.log("offer.refused", error.reason)
        return ""


def join(consent, number, group):
    """As Consent.join."""
    try:
        number = _phone(sms.check_number(number))
    except sms.Error:
        raise ConsentError("number") from None
    group = group.upper()
    if group and not is_group(group):
        raise ConsentError("group")
    _join(consent, number, group, consent.now(), own=False)


def leave(consent, number, when):
    """The customer leaves: return "offer_left", also when this message has said so already; "" for later ones."""
    mine = find(consent, number)
    if mine is not None and mine[_STATE] == "out":
        _cancel(consent, mine)  # a power cut may have come between the two
        return "offer_left" if mine[_SINCE] == when else ""
    # who never joined is noted all the same, so that no operator adds this number later
    _end(consent, mine or [0, "", "", 0, "", "", []], number, "out", when)
    return "offer_left"


def remove(consent, number):
    """As Consent.leave."""
    mine = find(consent, _phone(number))
    if mine is None or mine[_STATE] != "in":
        return False
    _end(consent, mine, number, "off", consent.now())
    return True


def count(consent):
    """As Consent.count."""
    members = left = 0
    file = _opened(consent)
    if file is not None:
        with file:
            for line in file:
                members += line.find(b', "in", ') > 0
                left += line.find(b', "out", ') > 0
    return members, left


def find(consent, number):
    """Return the row of a number in international form, None when there is none."""
    mark = (', "%s", ' % number[-4:]).encode()
    file = _opened(consent)
    if file is not None:
        with file:
            for line in file:
                row = _row(line) if line.find(mark) > 0 else None
                if row is not None and number_of(consent, row) == number:
                    return row
    return None


def next_for(consent, offer, group, today, days, cap):
    """Return the row of the first member who may have an offer and has not had it, None when there is none.

    group: "" for everybody. cap: offers to one number within so many days.
    """
    had = ('["%s", ' % offer).encode()
    wanted = group.encode()
    file = _opened(consent)
    if file is not None:
        with file:
            for line in file:
                if line.find(b', "in", ') < 0 or line.find(had) >= 0 or line.find(wanted) < 0:
                    continue  # which spares most lines the parser
                row = _row(line)
                if row is None or (group and group not in row[GROUPS].split(",")):
                    continue
                if len([past for past in row[HISTORY] if 0 <= today - past[1] < days]) < cap:
                    return row
    return None


def number_of(consent, row):
    """Return a row's number, "" when it cannot be decrypted."""
    try:
        return consent.reveal(unhexlify(row[_NUMBER])).decode()
    except ValueError:
        return ""


def replace(consent, changed, drop=0):
    """Store a row in the place of the one with its serial, or as the last; without the row `drop`. Raises OSError.

    The other lines are copied as they are.
    """
    mine = ("[%d, " % changed[_SERIAL]).encode()
    other = ("[%d, " % drop).encode()
    text = json.dumps(changed).encode() + b"\n"
    written = False
    with open(consent.path + ".new", "wb") as out:
        file = _opened(consent)
        if file is not None:
            with file:
                for line in file:
                    if line.startswith(mine):
                        out.write(text)
                        written = True
                    elif not line.startswith(other) and line[-1:] == b"\n":
                        out.write(line)
        if not written:
            out.write(text)
    os.rename(consent.path + ".new", consent.path)


def key(offer, row):
    """Return the outbox's key of an offer to somebody."""
    return "offer-%s-%d" % (offer, row[_SERIAL])


def is_group(text):
    return 0 < len(text) <= _MAX_GROUP and all("0" <= c <= "9" or "A" <= c <= "Z" for c in text)


def _cancel(consent, row):
    for past in row[HISTORY]:
        consent.box.cancel(key(past[0], row))


def _end(consent, mine, number, state, when):
    offer = mine[HISTORY][-1][0] if mine[HISTORY] else ""
    mine[_STATE] = state
    mine[GROUPS] = ""
    mine[_SINCE] = when
    if _store(consent, mine, number):
        _cancel(consent, mine)
        consent.log("offer.left", "member %d" % mine[_SERIAL])
        if consent.on_change is not None:
            consent.on_change(offer)


def _join(consent, number, group, when, own):
    mine = find(consent, number)
    if mine is None:
        mine = [0, "", "", 0, "", "", []]
    if mine[_STATE] == "out" and not own:
        raise ConsentError("left")
    groups = mine[GROUPS].split(",") if mine[GROUPS] else []
    if mine[_STATE] == "in" and (not group or group in groups):
        return "offer_joined" if mine[_SINCE] == when else ""
    if group and len(groups) >= _MAX_GROUPS:
        groups.pop(0)
    mine[GROUPS] = ",".join(groups + [group] if group else groups)
    mine[_STATE] = "in"
    mine[_SINCE] = when
    if not _store(consent, mine, number):
        raise ConsentError("full")
    consent.log("offer.joined", "member %d" % mine[_SERIAL])
    if consent.on_change is not None:
        consent.on_change("")
    return "offer_joined"


def _store(consent, mine, number):
    """Store a row, under a new serial when it is new. False when there is no room for it.

    When the table is full, those who left longest ago give way to those who join or leave now; no member ever does.
    """
    if mine[_SERIAL]:
        replace(consent, mine)
        return True
    total = serial = oldest = since = 0
    file = _opened(consent)
    if file is not None:
        with file:
            for line in file:
                total += 1
                serial = max(serial, _serial(line))
                row = None if line.find(b', "in", ') > 0 else _row(line)
                if row is not None and (not oldest or row[_SINCE] < since):
                    oldest = row[_SERIAL]
                    since = row[_SINCE]
    if total >= _MAX_ROWS and not oldest:
        return False
    mine[_SERIAL] = serial + 1
    mine[_TAIL] = number[-4:]
    mine[_NUMBER] = hexlify(consent.protect(number.encode())).decode()
    replace(consent, mine, oldest if total >= _MAX_ROWS else 0)
    return True


def _opened(consent):
    try:
        return open(consent.path, "rb")  # for a `with` of those who ask
    except OSError as error:
        if error.errno != ENOENT:
            raise
        return None


def _serial(line):
    digits = line[1 : line.find(b",")]
    return int(digits) if digits.isdigit() else 0


def _row(line):
    """Return a line's row, None when it is damaged."""
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, list) and len(row) == _FIELDS else None


def _phone(sender):
    with borrowed("terminal.notices.senders") as senders:
        return senders.phone(sender)


def _order(text):
    """Return ("join", group), ("leave", "") or ("", "")."""
    if len(text) > _MAX_TEXT:
        return "", ""
    word = _letters(text)
    with open(_FOLDER + "/consent_words.txt", encoding="utf-8") as file:
        for line in file:
            row = line.strip().split("|")
            for known in row[1:]:
                if row[0] == "leave" and word == known or row[0] == "leaves" and word.startswith(known):
                    return "leave", ""
                if row[0] == "join" and word.startswith(known):
                    # of Latin letters the word must stand alone: DYNAMIC is no order
                    apart = known > "~" or len(_letters(text, True).split(" ")[0]) == len(known)
                    group = word[len(known) :]
                    if apart and (not group or is_group(group)):
                        return "join", group
    return "", ""


def _letters(text, blanks=False):
    """Letters and digits of any script, half width, upper case; with `blanks` one of them for what stands between."""
    out = []
    for i in range(len(text)):
        c = text[i : i + 1]  # a slice: MicroPython keeps each different character that a loop or chr() makes, for ever
        code = ord(c)
        if 0xFF01 <= code <= 0xFF5E:
            code -= 0xFEE0  # full width
        if 0x61 <= code <= 0x7A:
            code -= 0x20
        if 0x3400 <= code <= 0x9FFF:
            out.append(c)
        elif 0x30 <= code <= 0x39 or 0x41 <= code <= 0x5A:
            out.append(chr(code))
        elif blanks and out and out[-1] != " ":
            out.append(" ")
    return "".join(out)
