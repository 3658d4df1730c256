"""Single transactions found again in the journal, without keeping a list of them.

record = find(journal, 12, "0018")              # the newest one with voucher number 000012 and this card tail
for record in search(journal, "0018", "2026-11-21 00:00"): ...

A record is the dict ledger.py describes, as its last event left it. Loaded on demand, see terminal.ondemand.
"""

import json

from terminal.ledger.ledger import STATES

_KEPT = 8  # records of one search


def find(journal, voucher, tail=None, batch=None):
    """Return the newest record with this voucher number, or None. `tail`: last four digits of its card; `batch`: a number."""

    def wanted(record):
        return (
            record["trace"] == voucher
            and (tail is None or record["card"][-4:] == tail)
            and (batch is None or record["batch"] == batch)
        )

    mark = b'"trace": %d' % voucher
    found = _collected(journal, mark, wanted, 1)
    return found[0] if found else None


def search(journal, tail, since):
    """Return up to 8 records of the card ending in `tail` (4 digits) since a time ("YYYY-MM-DD HH:MM"), newest first."""
    found = _collected(
        journal, tail.encode() + b'"', lambda record: record["card"][-4:] == tail and record["time"] >= since, _KEPT
    )
    found.reverse()
    return found


def _collected(journal, mark, wanted, limit):
    """Replay the journal; keep the last `limit` wanted records. `mark` stands in the payload of every wanted start."""
    found = []
    for _, kind, payload in journal.replay():
        if kind == "started":
            # numbers come round: what follows under this one is about the new record, wanted or not
            started = json.loads(payload) if mark in payload or _about(found, payload) else None
            if started is None:
                continue
            for record in found:
                if record["trace"] == started["trace"]:
                    record["closed"] = True
            if wanted(started):
                started["state"] = STATES[kind]
                found.append(started)
                del found[:-limit]
        elif kind in ("trace", "batch") or not _about(found, payload):
            continue
        else:
            fields = json.loads(payload)
            for record in found:
                if record["trace"] == fields["trace"] and "closed" not in record:
                    record.update(fields)
                    if kind in STATES:
                        record["state"] = STATES[kind]
    for record in found:
        record.pop("closed", None)
    return found


def _about(found, payload):
    """Tell whether a payload may be about one of the records: cheaper than to parse every one."""
    return any(b'"trace": %d' % record["trace"] in payload for record in found)
