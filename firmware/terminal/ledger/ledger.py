"""The record of every transaction: events in a journal, replayed at start.

States of a transaction and the event that leads from one to the next:

    started --approved--> approved --slip (each copy)--> --noticed--> closed
       |----declined--> declined --noticed--> closed
       |----dropped---> closed                        nothing left the terminal
       |----undo------> reversing --reversed--> cancelled --noticed--> closed
       `----(found at start-up) is a reversing one: the power failed before the answer was recorded

`started` is stored before the request leaves: from then on the reversal is armed. At most one transaction is
started or reversing, because the next one begins only after it has ended.
"""

import json

from micropython import const

_TRACE_MAX = const(999999)

# event kind -> state it leads to
_STATES = {
    "started": "started",
    "approved": "approved",
    "declined": "declined",
    "dropped": "dropped",
    "undo": "reversing",
    "reversed": "cancelled",
}
_CUT = "98"  # DE39 of the reversal after a power cut: no answer known


class Ledger:
    """Args: `journal` (lib/journal), `log(event, detail)`. Raises journal.Full from every method that writes."""

    def __init__(self, journal, log):
        self._journal = journal
        self._log = log
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
            log("ledger.cut", "trace %06d" % self.pending["trace"])
            self.undo(self.pending, _CUT)

    def next_trace(self):
        """Store and return the next trace number (1 to 999999, then 1 again)."""
        trace = self.trace % _TRACE_MAX + 1
        self._write("trace", {"trace": trace})
        return trace

    def set_batch(self, batch):
        """Take over the host's batch number."""
        self._write("batch", {"batch": batch})

    def start(self, kind, amount, entry, masked, sealed, time, mobile):
        """Store a new transaction and return its record (a dict); the reversal is armed.

        kind: row of acquirer.table; amount: fen; entry: DE22; masked: card number for people; sealed: hex of the
        protected card data; time: text; mobile: hex of the protected customer number or "".
        """
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
        }
        self._write("started", record)
        return self.pending

    def approved(self, record, reference, auth, time, issuer):
        """Store the approval: the reversal is disarmed."""
        self._write(
            "approved",
            {"trace": record["trace"], "reference": reference, "auth": auth, "time": time, "issuer": issuer, "code": "00"},
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
        """Store the answer that ended the reversal."""
        self._write("reversed", {"trace": record["trace"], "reversal_code": code})

    def slip(self, record, copies):
        """Store that `copies` copies of the slip are printed (or given up)."""
        self._write("slip", {"trace": record["trace"], "copies": copies})

    def noticed(self, record):
        """Store that the notices are in the outbox, or not wanted."""
        self._write("noticed", {"trace": record["trace"]})

    def close(self, record):
        """Store that nothing is left to do for `record`."""
        self._write("closed", {"trace": record["trace"]})

    def _write(self, kind, fields):
        self._journal.append(kind, json.dumps(fields).encode())
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
            record = dict(fields)
            record["copies"] = 0
            record["noticed"] = False
            record["state"] = "started"
            self.pending = record
            self.last = record
            return
        record = self._find(fields["trace"])
        if record is None:
            self._log("ledger.orphan", "%s %06d" % (kind, fields["trace"]))
            return
        for name in fields:
            record[name] = fields[name]
        if kind == "noticed":
            record["noticed"] = True
        elif kind == "closed":
            self.unclosed = [r for r in self.unclosed if r is not record]
        elif kind in _STATES:
            record["state"] = _STATES[kind]
            if kind == "undo":
                return
            self.pending = None
            if kind != "dropped":
                self.unclosed.append(record)

    def _find(self, trace):
        if self.pending is not None and self.pending["trace"] == trace:
            return self.pending
        for record in self.unclosed:
            if record["trace"] == trace:
                return record
        return None
