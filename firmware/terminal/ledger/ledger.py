"""The record of every transaction: events in a journal, replayed at start.

States of a transaction and the event that leads from one to the next:

    started --approved--> approved --noticed--> --slip (each copy)--> closed
       |----declined--> declined --noticed--> closed
       |----dropped---> closed                        nothing left the terminal
       |----undo------> reversing --(fault)--> --reversed--> cancelled --noticed--> closed
       `----(found at start-up) is a reversing one: the power failed before the answer was recorded

`started` is stored before the request leaves: from then on the reversal is armed. At most one transaction is
started or reversing, because the next one begins only after it has ended.

What decides about money is stored or fails: `start`, `approved`, `declined`, `dropped`, `undo`, `reversed` raise
OSError when the medium does not take it. What only says how far the paper work is (`slip`, `noticed`, `close`,
`fault`) holds in memory when it cannot be stored: after a restart that work may be done twice.
"""

import json

from micropython import const

from terminal.ondemand import borrowed

_TRACE_MAX = const(999999)
_ROOM = const(16384)  # octets a new transaction wants to find free: its records, its notices, the event log
_MAX_UNCLOSED = const(20)

# event kind -> state it leads to
STATES = {
    "started": "started",
    "approved": "approved",
    "declined": "declined",
    "dropped": "dropped",
    "undo": "reversing",
    "reversed": "cancelled",
}
_PENDING_KINDS = ("approved", "declined", "dropped", "reversed", "fault")
_BY_HAND = "--"  # stands for DE39 when no host ended the reversal
_CUT = "98"  # DE39 of the reversal after a power cut: no answer known


class Ledger:
    """Args: `journal` (lib/journal), `log(event, detail)`, `room()` -> octets free on the medium."""

    def __init__(self, journal, log, room):
        self._journal = journal
        self._log = log
        self._room = room
        self.trace = 0  # last trace number used
        self.batch = 1
        self.pending = None  # the transaction whose reversal is armed
        self.unclosed = []  # answered ones whose slip or notices are not done
        self.last = None
        for _, kind, payload in journal.replay():
            self._apply(kind, json.loads(payload))
        if journal.damaged:
            log("ledger.damaged", "%d records" % journal.damaged)
        if self.pending is not None and self.pending["state"] == "started":
            # not stored: every start-up that finds `started` without an end comes to the same
            log("ledger.cut", "trace %06d" % self.pending["trace"])
            self.pending["state"] = STATES["undo"]
            self.pending["reason"] = _CUT

    @property
    def room(self):
        """Octets free on the medium."""
        return self._room()

    @property
    def has_room(self):
        """True when the medium has room for another transaction with all that follows it."""
        return self.room >= _ROOM

    def next_trace(self):
        """Store and return the next trace number (1 to 999999, then 1 again)."""
        trace = self.trace % _TRACE_MAX + 1
        self._write("trace", {"trace": trace})
        return trace

    def set_batch(self, batch):
        """Take over the host's batch number."""
        self._write("batch", {"batch": batch})

    def start(self, kind, amount, entry, masked, sealed, time, mobile, terminal_no, merchant_no):
        """Store a new transaction and return its record (a dict); the reversal is armed.

        kind: row of acquirer.table; amount: fen; entry: DE22; masked: card number for people; sealed: hex of the
        protected card data; time: text; mobile: hex of the protected customer number or ""; terminal_no, merchant_no:
        fields 41 and 42, which the reversal must carry although the settings may have changed by then.
        Raises OSError without room, ValueError while another transaction is pending.
        """
        if self.pending is not None:
            raise ValueError("ledger: trace %06d is pending" % self.pending["trace"])
        record = {
            "type": kind,
            "trace": self.trace % _TRACE_MAX + 1,
            "batch": self.batch,
            "amount": amount,
            "entry": entry,
            "card": masked,
            "sealed": sealed,
            "time": time,
            "mobile": mobile,
            "terminal_no": terminal_no,
            "merchant_no": merchant_no,
        }
        self._write("started", record)
        return self.pending

    def approved(self, record, reference, auth, time, issuer):
        """Store the approval: the reversal is disarmed."""
        self._write(
            "approved",
            {
                "trace": record["trace"],
                "reference": reference,
                "auth": auth,
                "time": time,
                "issuer": issuer,
                "code": "00",
            },
        )

    def declined(self, record, code, reference):
        """Store the host's refusal: the reversal is disarmed."""
        self._write("declined", {"trace": record["trace"], "code": code, "reference": reference})

    def dropped(self, record):
        """Store that no octet of the request left the terminal."""
        self._write("dropped", {"trace": record["trace"]})

    def undo(self, record, reason):
        """Store that the transaction must be reversed; `reason` is DE39 of the 0400."""
        self._write("undo", {"trace": record["trace"], "reason": reason})

    def reversed(self, record, code):
        """Store the answer that ended the reversal, and its reason: that of a power cut is stored nowhere else."""
        self._write("reversed", {"trace": record["trace"], "reversal_code": code, "reason": record["reason"]})

    def fault(self, record):
        """Store that the fault slip of a reversal without an answer is printed."""
        self._note("fault", {"trace": record["trace"], "fault": True})

    def settle(self, record):
        """Close a pending reversal that people have settled with the acquirer; nobody is notified."""
        self.reversed(record, _BY_HAND)
        self.noticed(record)
        self.close(record)

    def find(self, voucher, tail=None, batch=None):
        """Return the newest record with this voucher number (int), or None. `tail`: last 4 digits of its card; `batch`: int."""
        pending = self.pending
        if pending is not None and pending["trace"] == voucher and tail in (None, pending["card"][-4:]):
            return pending if batch in (None, pending["batch"]) else None
        with borrowed("terminal.ledger.lookup") as lookup:
            return lookup.find(self._journal, voucher, tail, batch)

    def search(self, tail, since):
        """Return up to 8 records of the card ending in `tail` since a time ("YYYY-MM-DD HH:MM"), newest first."""
        with borrowed("terminal.ledger.lookup") as lookup:
            return lookup.search(self._journal, tail, since)

    def slip(self, record, copies):
        """Store that `copies` copies of the slip are printed (or given up)."""
        self._note("slip", {"trace": record["trace"], "copies": copies})

    def noticed(self, record, without=""):
        """Store that the notices are in the outbox, or why not. `without`: "c:off m:number", audience and reason of each
        that is missing (see flows.finish), for the one who asks later."""
        self._note("noticed", {"trace": record["trace"], "noticed": True, "without": without})

    def close(self, record):
        """Store that nothing is left to do for `record`."""
        self._note("closed", {"trace": record["trace"]})

    def _write(self, kind, fields):
        self._journal.append(kind, json.dumps(fields).encode())
        self._apply(kind, fields)

    def _note(self, kind, fields):
        try:
            self._write(kind, fields)
        except OSError as e:
            self._log("ledger.unstored", "%s %06d error %d" % (kind, fields["trace"], e.errno))
            self._apply(kind, fields)

    def _apply(self, kind, fields):
        if "trace" in fields and kind in ("trace", "started"):
            self.trace = fields["trace"]
        if kind == "trace":
            return
        if kind == "batch":
            self.batch = fields["batch"]
            return
        if kind == "started":
            if self.pending is not None:
                # its end was stored before this one could begin, and has become unreadable since
                self._log("ledger.orphan", "end of %06d" % self.pending["trace"])
            record = dict(fields)
            record["copies"] = 0
            record["noticed"] = record["fault"] = False
            record["state"] = "started"
            self.pending = record
            self.last = record
            return
        record = self._find(kind, fields["trace"])
        if record is None:
            self._log("ledger.orphan", "%s %06d" % (kind, fields["trace"]))
            return
        for name in fields:
            record[name] = fields[name]
        if kind in STATES:
            record["state"] = STATES[kind]
        if kind == "undo":
            self._remove(record)
            self.pending = record
        elif kind == "closed":
            self._remove(record)
        elif kind in STATES:
            self.pending = None
            if kind != "dropped":
                self._leave_open(record)

    def _find(self, kind, trace):
        """Return the record that event `kind` is about: numbers come round, so only a record in the right state fits."""
        pending = self.pending
        if pending is not None and pending["trace"] == trace and (kind in _PENDING_KINDS or kind == "undo"):
            return pending
        if kind in _PENDING_KINDS:
            return None
        # `undo` comes here when the medium reported a fault for an answer that it had stored all the same
        for i in range(len(self.unclosed) - 1, -1, -1):
            if self.unclosed[i]["trace"] == trace:
                return self.unclosed[i]
        return None

    def _leave_open(self, record):
        if len(self.unclosed) >= _MAX_UNCLOSED:
            self._log("ledger.unclosed", "trace %06d" % self.unclosed.pop(0)["trace"])
        self.unclosed.append(record)

    def _remove(self, record):
        self.unclosed = [r for r in self.unclosed if r is not record]
