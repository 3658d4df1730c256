"""The messages received, in the journal: stored, put together from their parts, known again, done with.

    arrivals.store(incoming, deliver)
    message = arrivals.next_message(incoming)       # (parts, sender, text, when, sequence)
    arrivals.done(incoming, message[0])

What lasts is in the Incoming that each call is given and in its journal; this module is borrowed (ondemand.py).
Records: "in" [mark, arrived, stamp, sender, concat, text] a part, sender and text encrypted; "again" [sequence] its
handling begins anew after a restart; "done" [[sequence, mark], ...].
"""

import json
from binascii import crc32, hexlify, unhexlify

from micropython import const

from terminal.clock import days
from terminal.security import mask

_ENOSPC = const(28)
_MAX_OPEN = const(20)  # parts taken and not yet done
_MAX_WAITING = const(12)  # of them, parts that wait for others
_MAX_MARKS = const(32)
_MAX_TEXT = const(500)  # characters of a whole message
_MAX_PART = const(160)
_MAX_PARTS = const(8)  # the text of more would be cut anyway
_MAX_SENDER = const(24)
_WIDE = const(0x10000)  # added to a reference of 16 bits: another than the same one of 8 (3GPP 23.040 §9.2.3.24.8)
_SLICE = const(240)  # octets encrypted at once
_PATIENCE = const(3600)  # seconds that a part waits for the others
_MAX_TRIES = const(3)
_COMPACT_AT = const(100)  # records
_MAX_DELAY = const(7 * 86400)  # seconds on the way: more than that is a wrong clock


def restore(incoming) -> None:
    """Read the journal at start-up."""
    for sequence, kind, payload in incoming.journal.replay():
        incoming.records += 1
        try:
            record = json.loads(payload)
            if kind == "in":
                _know(incoming, int(record[0]))
                incoming.open.append(sequence)
            elif kind == "again":
                incoming.tries[record[0]] = incoming.tries.get(record[0], 0) + 1
            elif kind == "done":
                for done_one, mark in record:
                    _know(incoming, int(mark))
                    incoming.tries.pop(done_one, None)
                    if done_one in incoming.open:
                        incoming.open.remove(done_one)
        except (ValueError, TypeError, IndexError):
            incoming.log("sms.record", "unreadable: " + kind)
    if incoming.journal.damaged:
        incoming.log("sms.record", "%d damaged" % incoming.journal.damaged)


def store(incoming, deliver) -> None:
    """Store a sms.Deliver unless it is known. Raises OSError when it cannot be stored now."""
    sender = deliver.sender[:_MAX_SENDER]
    masked = mask.number(sender)
    if deliver.data is not None:
        incoming.log("sms.data", "%d octets from %s" % (len(deliver.data), masked))
        return
    now = incoming.now()
    mark = _mark(deliver, now)
    if mark in incoming.marks:
        incoming.log("sms.duplicate", "from " + masked)
        return
    concat = deliver.concat
    if concat is not None:
        reference, total, index = concat
        if index > _MAX_PARTS:
            incoming.log("sms.long", "part %d from %s" % (index, masked))
            return
        concat = (reference + _WIDE * deliver.wide, min(total, _MAX_PARTS), index)
    if len(incoming.open) >= _MAX_OPEN:
        raise OSError(_ENOSPC, "incoming: %d messages wait" % _MAX_OPEN)
    text = deliver.text[:_MAX_PART]
    stamp = _stamp(deliver.timestamp, now)
    # people write card and phone numbers, too
    record = [mark, now, stamp, _hidden(incoming, sender), concat, _hidden(incoming, text)]
    sequence = _append(incoming, "in", record)
    _know(incoming, mark)
    incoming.open.append(sequence)
    incoming.log("sms.received", "from %s, %d characters" % (masked, len(text)))


def next_message(incoming):
    """Return (parts, sender, text, when, sequence) of the next message that is whole or has waited long enough, or None.

    text is None when it is not to be handled: it cannot be read, or its handling was cut short three times already.
    Raises OSError: then it must not be handled now.
    """
    _settle(incoming)
    if incoming.records >= _COMPACT_AT:
        _compact(incoming)
    parts = _choose(incoming)
    if not parts:
        return None
    sequence = min([part for part in parts if part])
    sender, text, when = _read(incoming, parts)
    if not sender:
        incoming.log("sms.record", "unreadable: message %d" % sequence)
        text = None
    elif incoming.tries.get(sequence, 0) >= _MAX_TRIES:
        # whatever is wrong with it must not stop the others, or the terminal
        incoming.log("sms.set_aside", "message %d, its handling never ended" % sequence)
        text = None
    elif sequence <= incoming.start:
        _append(incoming, "again", [sequence])
    return parts, sender, text, when, sequence


def done(incoming, parts) -> None:
    """The parts are handled: not again, whatever the medium does now. Raises OSError when that is to be stored later."""
    for sequence, record in _stored(incoming):
        if sequence in parts:
            incoming.owed.append((sequence, record[0]))
    for sequence in parts:
        incoming.tries.pop(sequence, None)
        if sequence in incoming.open:
            incoming.open.remove(sequence)
    _settle(incoming)


def _choose(incoming):
    """Return the sequences of a message's parts, 0 for a gap; None when nothing is whole."""
    now = incoming.now()
    waiting = []  # (sender, reference, total), sequences, whether it has waited long enough
    for sequence, record in _stored(incoming):
        _, arrived, _, secret, concat, _ = record
        if concat is None:
            return [sequence]
        reference, total, index = concat
        group = (_shown(incoming, secret), reference, total)
        for known, sequences, _ in waiting:
            # a part that is there already begins another message under the same reference
            if known == group and not sequences[index - 1]:
                break
        else:
            sequences = [0] * total
            waiting.append((group, sequences, abs(now - arrived) > _PATIENCE))
        sequences[index - 1] = sequence
        if 0 not in sequences:
            return sequences
    for _, sequences, late in waiting:
        if late or len(incoming.open) > _MAX_WAITING:
            return sequences
    return None


def _read(incoming, parts):
    """Return (sender, text, when) of a message; sender "" when it cannot be read."""
    sender = ""
    when = 0
    texts = ["…"] * len(parts)
    for sequence, record in _stored(incoming):
        if sequence in parts:
            sender = _shown(incoming, record[3])
            when = max(when, record[2])
            texts[parts.index(sequence)] = _shown(incoming, record[5])
    return sender, "".join(texts)[:_MAX_TEXT], when


def _stored(incoming):
    """Iterate over (sequence, record) of the open parts."""
    for sequence, kind, payload in incoming.journal.replay():
        if kind == "in" and sequence in incoming.open:
            yield sequence, json.loads(payload)


def _hidden(incoming, text):
    """Return a text encrypted, as a list of hexadecimal texts."""
    data = _octets(text)
    return [hexlify(incoming.protect(data[i : i + _SLICE])).decode() for i in range(0, len(data), _SLICE)]


def _shown(incoming, slices):
    """Undo _hidden(); "" for what is damaged."""
    try:
        return b"".join([incoming.reveal(unhexlify(one)) for one in slices]).decode()
    except ValueError:
        return ""


def _know(incoming, mark):
    if mark not in incoming.marks:
        incoming.marks.append(mark)
        del incoming.marks[:-_MAX_MARKS]


def _settle(incoming):
    if incoming.owed:
        _append(incoming, "done", incoming.owed)
        incoming.owed = []


def _append(incoming, kind, record):
    payload = json.dumps(record).encode()
    try:
        sequence = incoming.journal.append(kind, payload)
    except OSError:
        # most likely no room: what is no longer needed goes, then once more
        _compact(incoming)
        sequence = incoming.journal.append(kind, payload)
    incoming.records += 1
    return sequence


def _compact(incoming):
    """Keep what is open, and the latest "done" records: each holds at least one mark."""
    kept = [sequence for sequence, _ in incoming.owed]
    kept.extend(incoming.open)
    spare = -_MAX_MARKS
    for _, kind, _ in incoming.journal.replay():
        spare += kind == "done"
    records = 0

    def keep(sequence, kind, payload):
        nonlocal spare, records
        wanted = sequence in kept or (kind == "again" and bool(incoming.open))
        if kind == "done":
            wanted = spare <= 0
            spare -= 1
        records += wanted
        return wanted

    incoming.journal.compact(keep)
    incoming.records = records


def _mark(deliver, now) -> int:
    """The message's fingerprint, 30 bits (a small int on the device), never 0.

    It must not betray the number: of the sender it knows the last 4 characters only.
    """
    time = deliver.timestamp or now // 86400
    data = "%s|%s|%s|%d|%s" % (deliver.sender[-4:], time, deliver.concat, deliver.wide, deliver.text)
    return crc32(_octets(data)) & 0x3FFFFFFF or 1


def _stamp(timestamp, now) -> int:
    """The network's time of a message in seconds, or our own when that one is missing or cannot be."""
    if timestamp is None:
        return now
    year, month, day, hour, minute, second, _ = timestamp
    stamp = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
    return stamp if 0 <= now - stamp <= _MAX_DELAY else now


def _octets(text) -> bytes:
    """Return a text in UTF-8, a question mark for half of a surrogate pair: that is no character and cannot be stored.

    In octets, because MicroPython keeps each different character that a loop over a text meets for ever.
    """
    data = text.encode("utf-8", "surrogatepass")
    at = data.find(b"\xed")
    while at >= 0:
        if data[at + 1] >= 0xA0:
            data = data[:at] + b"?" + data[at + 3 :]
        at = data.find(b"\xed", at + 1)
    return data
