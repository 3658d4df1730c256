"""What is asked seldom about notices: the evidence for the doctor, the figures of some days, sending one again.

Borrowed (terminal/ondemand.py): no state of its own. `box` is the Outbox.
"""

import json
from binascii import unhexlify

from micropython import const

from terminal.security import mask

from .entry import MUDDLED, NAMES, REFERENCE, SENDING, STATE, TRIES, gone, may_be_whole

_MAX_RESENT = const(99)


def evidence(box, key: str):
    """Return a dict, None when the notice is unknown.

    key, event, audience, number (masked), state, cause, created, sent, delivered (wall clock or 0); tries: of all parts
    together; again: parts that were sent and had to be sent once more; parts: list of (state name, reference or None,
    cause, tries, wall clock of the latest try); signal (0..31 or None), registration (3GPP 27.007 §7.2 or None) and
    supply (an under-voltage warning or a restart fell into it) at the latest try.
    """
    for record in _records(box):
        if record[0] != key:
            continue
        air = record[10]
        names = NAMES.split()
        return {
            "key": key,
            "event": record[1],
            "audience": record[2],
            "number": record[3],
            "state": record[4],
            "cause": record[5],
            "created": record[7],
            "sent": record[8],
            "delivered": record[9],
            "signal": None if air < 0 or air & 0xFF == 0xFF else air & 0xFF,
            "registration": None if air < 0 else air >> 8 & 0xF,
            "supply": air >= 0 and bool(air >> 12),
            "tries": sum([part[TRIES] for part in record[12]]),
            "again": len(record[11]),
            "parts": [
                (names[part[STATE]], None if part[REFERENCE] == MUDDLED else part[REFERENCE]) + tuple(part[2:])
                for part in record[12]
            ],
        }
    return None


def history(box, days: int):
    """See Outbox.history()."""
    since = box._now() - days * 86400
    for record in _records(box):
        if record[7] >= since:
            parts = gone(record[11], record[12])
            yield record[1], record[2], record[4], record[5], parts, record[7], record[8], record[9]


def resend(box, key: str, number, force: bool) -> str:
    """See Outbox.resend()."""
    entry = box._find(key)
    if entry is not None:
        if entry.has(SENDING):
            raise ValueError("notice: it is going out at this moment")
        whole = may_be_whole(entry.parts)
    else:
        record = box._end(key)
        if record is None:
            raise ValueError("notice: unknown")
        # after the validity the network does not try any longer
        late = box._age(record[7]) > box.validity or record[5] == "no report" and record[4] == "failed"
        whole = may_be_whole(record[12]) and (record[4] == "delivered" or not late)
    if whole and not force:
        raise ValueError("notice: the phone has it, or may get it yet")
    old = None
    for _, payload in box.records("new"):
        record = json.loads(payload)
        if record[0] == key:
            old = record
    if old is None:
        raise ValueError("notice: its text is no longer kept")
    if number is None:
        number = box._reveal(unhexlify(old[4])).decode()
    base = key.split("~")[0]
    for i in range(2, _MAX_RESENT):
        new = "%s~%d" % (base, i)
        if box.state(new) is None:
            box.put(new, old[1], old[2], number, old[6], None if whole else entry)
            return new
    raise ValueError("notice: sent again too often")


def _records(box):
    """Every notice as an "end" record says it, newest last; the open ones as they would end now."""
    yield from box.ends()
    for entry in list(box._open):
        summary = (
            entry.key,
            entry.event,
            entry.audience,
            mask.number(entry.number),
            entry.state(),
            box.cause(entry),
            len(entry.parts),
            entry.created,
            entry.sent,
            0,
            entry.air,
            entry.old,
            entry.parts,
        )
        yield summary
