"""What a bank's message means for the terminal's records, and bank.txt where that is kept. Borrowed by bank.py.

A row of bank.txt: [key, verdict, kind, tail, fen, at, until, check, issuer]
key: "BBBBBB.TTTTTT" of the record, "" for none. at: the bank's time, for "due" the record's. until: when "due" is over,
else when the message came. check: checksum of the message, by which it is known again after a power cut.
Rows are read one at a time: the table costs no heap.
"""

from binascii import crc32

from micropython import const

from terminal.clock import days
from terminal.ondemand import borrowed

_KEY = const(0)
_VERDICT = const(1)
_KIND = const(2)
_TAIL = const(3)
_FEN = const(4)
_AT = const(5)
_UNTIL = const(6)
_CHECK = const(7)
_ISSUER = const(8)
_FIELDS = const(9)

_MAX_ROWS = const(50)
_NEAR = const(600)  # seconds: the clocks of bank and terminal, and the way of the message
_SAME_DAY = const(86400)  # for a message without a time of day
_LATE = const(259200)
_PATIENCE = const(1800)  # seconds an expected message may take
_USUAL = const(2)  # messages that make another one expected


def take(bank, message, text, when):
    """Judge a message and store the verdict. Raises OSError."""
    check = crc32(text.encode()) & 0x3FFFFFFF
    known = False
    for row in _rows(bank):
        # the same words within two days are one message, delivered or handled twice
        known = known or (row[_CHECK] == check and row[_VERDICT] != "due" and abs(row[_UNTIL] - when) < 2 * _SAME_DAY)
    if known:
        return
    at, near = _bank_time(message, when)
    verdict, record = judge(bank, message.kind, message.tail, message.amount, at, near)
    key = _key(record)
    issuer = record.get("issuer", "") if record is not None else ""
    _add(bank, [key, verdict, message.kind, message.tail, message.amount, at, when, check, issuer], key)
    _report(bank, verdict, key, message.tail, message.amount)


def judge(bank, kind, tail, fen, at, near):
    """Return (verdict, record or None). `near`: seconds that may lie between the bank's time and the record's."""
    matched = []
    for row in _rows(bank):
        if row[_TAIL] == tail and row[_VERDICT] in ("agrees", "late") and (row[_KIND] == "debit") == (kind == "debit"):
            matched.append(row[_KEY])
    best = (9, 0)
    found = ("unknown", None)
    for record in bank.search(tail, ""):
        apart = abs(seconds(record["time"]) - at)
        rank, verdict = _fits(record, kind, fen, apart, near, _key(record) in matched)
        if rank and (rank, apart) < best:
            best = (rank, apart)
            found = (verdict, record)
    return found


def _fits(record, kind, fen, apart, near, matched):
    """Return (rank, verdict) of a message for a record: the lowest rank wins; 0 when it cannot be about it."""
    state = record["state"]
    back = record["type"].startswith("void") or record["type"].startswith("refund") or record["type"].endswith("void")
    same = record["amount"] == fen
    if kind == "debit":
        if back:
            return 0, ""
        if same and apart <= near:
            if state == "approved":
                return (4, "twice") if matched else (1, "agrees")
            return (2, "open") if state in ("started", "reversing") else (3, "charged")
    else:
        # money back: for a void or refund, or for a sale that was reversed
        if not (back and state != "declined") and state not in ("cancelled", "reversing"):
            return 0, ""
        if same and apart <= near:
            if state in ("approved", "cancelled"):
                return (4, "twice") if matched else (1, "agrees")
            return 2, "open"
    if matched or state not in ("approved", "cancelled"):
        return 0, ""
    if same and apart <= _LATE and (state == "approved" or kind != "debit"):
        return 5, "late"
    if not same and apart <= near and state == "approved":
        return 6, "amount"
    return 0, ""


def expected(bank, record):
    """As Bank.expected."""
    issuer = record.get("issuer", "")
    tail = record["card"][-4:]
    key = _key(record)
    came = missed = 0
    known = False
    for row in _rows(bank):
        known = known or row[_KEY] == key
        if row[_TAIL] == tail or (issuer and row[_ISSUER] == issuer):
            came += row[_VERDICT] in ("agrees", "late")
            missed += row[_VERDICT] == "missing"
    if known or came < _USUAL or missed >= came:
        return False
    at = seconds(record["time"])
    try:
        _add(bank, [key, "due", "debit", tail, record["amount"], at, bank.now() + _PATIENCE, 0, issuer], "")
    except OSError as error:
        bank.log("bank.storage", repr(error))
        return False
    return True


def overdue(bank):
    """As Bank.overdue."""
    now = bank.now()
    changed = {}  # place of the row -> what it becomes
    for i, row in enumerate(_rows(bank)):
        if row[_VERDICT] == "due" and not 0 <= row[_UNTIL] - now <= _PATIENCE:
            row[_VERDICT] = "missing"
            changed[i] = row
        elif row[_VERDICT] == "open":
            verdict, record = judge(bank, row[_KIND], row[_TAIL], row[_FEN], row[_AT], _NEAR)
            if verdict != "open":
                row[_VERDICT] = verdict
                row[_KEY] = _key(record)
                changed[i] = row
    if changed:
        try:
            _write(bank, (changed.get(i, row) for i, row in enumerate(_rows(bank))))
        except OSError as error:
            bank.log("bank.storage", repr(error))
            return 0
        for row in changed.values():
            _report(bank, row[_VERDICT], row[_KEY], row[_TAIL], row[_FEN])
    return len(changed)


def verdict(bank, key):
    """As Bank.verdict: the worst of what is known."""
    words = [row[_VERDICT] for row in _rows(bank) if row[_KEY] == key]
    for one in ("charged", "twice", "amount"):
        if one in words:
            return "different"
    for one, fact in (("missing", "missing"), ("late", "late"), ("agrees", "ok")):
        if one in words:
            return fact
    return ""


def status(bank):
    """As Bank.status."""
    counts = {"ignored": bank.ignored, "unread": bank.unread}
    for row in _rows(bank):
        counts[row[_VERDICT]] = counts.get(row[_VERDICT], 0) + 1
    return counts


def seconds(text):
    """Return "2026-11-21 20:45:03" as seconds since 2000-01-01."""
    day = days(int(text[:4]), int(text[5:7]), int(text[8:10]))
    return ((day * 24 + int(text[11:13])) * 60 + int(text[14:16])) * 60 + int(text[17:19] or "0")


def _bank_time(message, when):
    """Return (seconds, tolerance): what the message does not say is taken from the time it was received."""
    if message.date is None and message.hour is None:
        return when, _SAME_DAY
    today = when // _SAME_DAY
    day = today
    if message.date is not None:
        year, month, date = message.date
        day = days(year or 2000 + today * 4 // 1461, month, date)
        if year is None and day > today + 2:
            # a message of December that came in January
            day = days(2000 + today * 4 // 1461 - 1, month, date)
    if message.hour is None:
        return day * _SAME_DAY + _SAME_DAY // 2, _SAME_DAY // 2
    return (day * 24 + message.hour) * 3600 + message.minute * 60, _NEAR


def _key(record):
    return "" if record is None else "%06d.%06d" % (record["batch"], record["trace"])


def _report(bank, verdict, key, tail, fen):
    if verdict != "agrees":
        bank.log("bank." + verdict, "%s card %s, %d.%02d" % (key or "no record,", tail, fen // 100, fen % 100))


def _rows(bank):
    """Iterate over the rows; to the end, or the file stays open."""
    with borrowed("terminal.notices.rows") as rows:
        for row in rows.read(bank.path):
            if len(row) == _FIELDS:
                yield row


def _add(bank, new, settled):
    """Append a row; what was due or missing for the record `settled` goes, and the oldest when there are too many."""
    count = 0
    for _ in _rows(bank):
        count += 1

    def table():
        for i, row in enumerate(_rows(bank)):
            done = settled and row[_KEY] == settled and row[_VERDICT] in ("due", "missing")
            if not done and i > count - _MAX_ROWS:
                yield row
        yield new

    _write(bank, table())


def _write(bank, table):
    with borrowed("terminal.notices.rows") as rows:
        rows.write(bank.path, table)
