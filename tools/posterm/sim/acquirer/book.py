"""What the host remembers: an event for everything that happened, a record for every transaction.

Both are free of secrets: a card appears as its first 6 and last 4 digits, a PIN as ok, wrong or none.
"""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TextIO

from posterm.sim.acquirer.cards import Card, masked

CHINA = timezone(timedelta(hours=8))
EVENT_LIMIT = 20000


@dataclass(repr=False)
class Transaction:
    """One financial transaction. amount: fen; state: approved, declined, reversed, voided."""

    type: str
    terminal: str
    batch: str
    trace: str
    processing: str
    amount: int
    card: Card | None
    pan: str
    time: str
    de39: str = ""
    state: str = "declined"
    reference: str = ""
    authorisation: str = ""
    answer: dict = field(default_factory=dict)
    original: "Transaction | None" = None
    refunded: int = 0
    reversals: int = 0
    reversal_reason: str = ""

    def public(self) -> dict:
        """The record as JSON for control commands and tests."""
        return {
            "type": self.type,
            "terminal": self.terminal,
            "batch": self.batch,
            "trace": self.trace,
            "amount": self.amount,
            "card": masked(self.pan),
            "de39": self.de39,
            "state": self.state,
            "reference": self.reference,
            "authorisation": self.authorisation,
            "refunded": self.refunded,
            "reversals": self.reversals,
            "reversal_reason": self.reversal_reason,
            "original": self.original.trace if self.original else None,
            "time": self.time,
        }


class Book:
    """Events and transactions of one run. `now`: seconds since 1970; `journal`: open text file or None."""

    def __init__(self, now: Callable[[], float], journal: TextIO | None = None):
        self._now = now
        self._journal = journal
        self._events: deque[dict] = deque(maxlen=EVENT_LIMIT)
        self._sequence = 0
        self._changed = asyncio.Event()
        self._transactions: dict[tuple, Transaction] = {}

    def clock(self) -> datetime:
        """The host's wall clock, China standard time."""
        return datetime.fromtimestamp(self._now(), CHINA)

    # events

    def note(self, kind: str, **details: object) -> dict:
        """Record that something happened; every waiting test sees it."""
        self._sequence += 1
        event = {
            "seq": self._sequence,
            "type": kind,
            "time": self.clock().isoformat(timespec="milliseconds"),
            **details,
        }
        self._events.append(event)
        if self._journal is not None:
            self._journal.write(json.dumps(event, ensure_ascii=False) + "\n")
            self._journal.flush()
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
        return event

    def events(self, kind: str | None = None, after: int = 0, where: dict | None = None) -> list[dict]:
        """Events in order, filtered by type, by sequence number and by equal details."""
        wanted = (where or {}).items()
        return [
            event
            for event in self._events
            if event["seq"] > after and kind in (None, event["type"]) and all(event.get(k) == v for k, v in wanted)
        ]

    async def wait(self, kind: str | None, timeout: float, after: int = 0, where: dict | None = None) -> dict:
        """Return the first fitting event, one already recorded or the next to come. Raises ValueError by time-out."""

        async def first() -> dict:
            while not (found := self.events(kind, after, where)):
                await self._changed.wait()
            return found[0]

        try:
            return await asyncio.wait_for(first(), timeout)
        except asyncio.TimeoutError:
            raise ValueError(f"no event {kind or 'at all'} within {timeout:g} s") from None

    # transactions

    def store(self, transaction: Transaction) -> None:
        self._transactions[_key(transaction)] = transaction

    def find(self, kind: str, terminal: str, batch: str, trace: str) -> Transaction | None:
        return self._transactions.get((terminal, batch, trace, kind))

    def original(self, terminal: str, batch: str, trace: str, processing: str | None = None) -> Transaction | None:
        """The transaction a reversal, void or refund names by batch and trace, and by field 3 when that is given."""
        for key, found in self._transactions.items():
            if key[:3] == (terminal, batch, trace) and processing in (None, found.processing):
                return found
        return None

    def by_reference(self, reference: str) -> Transaction | None:
        return next((t for t in self._transactions.values() if t.reference and t.reference == reference), None)

    def transactions(self) -> list[Transaction]:
        return list(self._transactions.values())

    def totals(self, terminal: str, batch: str, voids_as_credit: bool = True) -> dict:
        """Sums of one batch as a settlement compares them, in fen and numbers of transactions."""
        debit = credit = debits = credits_ = 0
        for record in self._transactions.values():
            if (record.terminal, record.batch) != (terminal, batch) or record.state not in ("approved", "voided"):
                continue
            if record.type == "sale" and (record.state == "approved" or voids_as_credit):
                debit, debits = debit + record.amount, debits + 1
            elif record.type == "refund" or (record.type == "void" and voids_as_credit):
                credit, credits_ = credit + record.amount, credits_ + 1
        return {"debit": debit, "debits": debits, "credit": credit, "credits": credits_}


def _key(transaction: Transaction) -> tuple:
    return transaction.terminal, transaction.batch, transaction.trace, transaction.type
