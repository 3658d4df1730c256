"""How the host decides: one function for each kind of request, each returning field 39 and what else the answer holds.

A rule never sends anything and knows no connection; the host does the rest.
"""

from dataclasses import dataclass

from posterm.sim.acquirer.book import Book, Transaction
from posterm.sim.acquirer.cards import PIN_TRIES, CardTable, luhn_valid, masked
from posterm.sim.acquirer.faults import Fault
from posterm.sim.acquirer.keys import KeyRing, PinFormatError
from posterm.sim.acquirer.message import Request

# (message type, field 3, field 25): kind of transaction, field 60.1
FINANCIAL = {
    ("0200", "000000", "00"): ("sale", "22"),
    ("0200", "310000", "00"): ("balance", "01"),
    ("0200", "200000", "00"): ("void", "23"),
    ("0220", "200000", "00"): ("refund", "25"),
}
MANDATORY = {
    "sale": (3, 4, 11, 22, 25, 41, 42, 49, 60),
    "balance": (3, 11, 22, 25, 41, 42, 49, 60),
    "void": (3, 4, 11, 22, 25, 37, 41, 42, 49, 60, 61),
    "refund": (3, 4, 11, 22, 25, 37, 41, 42, 49, 60, 61),
    "reversal": (3, 4, 11, 22, 25, 39, 41, 42, 49, 60),
    "settlement": (11, 41, 42, 48, 49, 60),
    "upload": (11, 41, 42, 48, 60),
    "sign-in": (11, 41, 42, 60),
    "sign-out": (11, 41, 42, 60),
    "echo": (11, 41, 42, 60),
}
FINANCIAL_KINDS = {kind for kind, _ in FINANCIAL.values()}
CURRENCY = "156"
REVERSIBLE = ("sale", "void")


@dataclass
class Verdict:
    """Field 39, further fields, and whether the answer carries a MAC."""

    de39: str
    fields: dict | None = None
    mac: bool = True
    details: dict | None = None  # for the event


class Rules:
    """Decides on requests that passed the checks of terminal, keys and MAC."""

    def __init__(self, cards: CardTable, book: Book):
        self._cards = cards
        self._book = book
        self._issued = 0

    def financial(self, kind: str, request: Request, keys: KeyRing, fault: Fault) -> Verdict:
        """Sale, balance, void or refund: decide once, repeat the same answer for the same request."""
        earlier = self._book.find(kind, request.terminal, request.batch, request.trace)
        if earlier is not None:
            same = (earlier.pan, earlier.amount) == (request.pan, request.amount)
            if not same:
                return Verdict("94", details={"pin": "none", "duplicate": True})
            repeated = {k: v for k, v in earlier.answer.items() if k not in ("39", "64", "t")}
            return Verdict(
                earlier.de39,
                repeated,
                details={
                    "pin": "none",
                    "duplicate": True,
                    "reference": earlier.reference,
                    "reversed": _undone(earlier),
                },
            )
        record = Transaction(
            type=kind,
            terminal=request.terminal,
            batch=request.batch,
            trace=request.trace,
            processing=request.get(3),
            amount=request.amount,
            card=self._cards.get(request.pan),
            pan=request.pan,
            time=self._book.clock().isoformat(timespec="seconds"),
        )
        if fault.action == "code":
            _, pin = self._check_pin(request, keys, record.card) if record.card else ("", "none")
            record.de39 = fault.code
        else:
            record.de39, pin = self._decide(record, request, keys)
        fields = {}
        if record.de39 == "00":
            fields = self._approve(record)
        record.answer = fields
        self._book.store(record)
        details = {"pin": pin, "duplicate": False, "reference": record.reference, "reversed": False}
        return Verdict(record.de39, fields, details=details)

    def _decide(self, record: Transaction, request: Request, keys: KeyRing) -> tuple[str, str]:
        """Return field 39 and what became of the PIN."""
        pan, track_pan = request.pan, request.track[0]
        if not luhn_valid(pan or "1") or record.card is None or (track_pan and track_pan != pan):
            return "14", "none"
        card = record.card
        if request.expiry not in ("", card.expiry) or card.expiry < self._book.clock().strftime("%y%m"):
            return "54", "none"
        if request.get(49) != CURRENCY:
            return "12", "none"
        if record.type != "balance" and record.amount == 0:
            return "13", "none"
        code, pin = self._check_pin(request, keys, card)
        if code == "00":
            code = getattr(self, "_" + record.type)(record, request)
        return code, pin

    def _check_pin(self, request: Request, keys: KeyRing, card) -> tuple[str, str]:
        block = request.get(52)
        if not block:
            return ("55", "none") if card.pin_required and request.mti == "0200" else ("00", "none")
        if card.tries >= PIN_TRIES:
            return "75", "blocked"
        try:
            right = keys.pin_ok(bytes.fromhex(block), card.pan, card.pin)
        except PinFormatError:
            return "99", "format"
        card.tries = 0 if right else card.tries + 1
        return ("00", "ok") if right else ("55", "wrong")

    def _sale(self, record: Transaction, _request: Request) -> str:
        return "00" if record.amount <= record.card.balance else "51"

    def _balance(self, _record: Transaction, _request: Request) -> str:
        return "00"

    def _void(self, record: Transaction, request: Request) -> str:
        named = request.get(61)
        original = self._book.original(request.terminal, named[:6], named[6:12], "000000")
        if original is None or original.batch != request.batch or original.pan != record.pan:
            return "25"
        if original.state != "approved" or original.refunded:
            return "12"
        if original.amount != record.amount:
            return "64"
        record.original = original
        return "00"

    def _refund(self, record: Transaction, request: Request) -> str:
        original = self._book.by_reference(request.get(37))
        if original is None or original.type != "sale" or original.pan != record.pan:
            return "25"
        if original.state != "approved":
            return "12"
        if original.refunded + record.amount > original.amount:
            return "64"
        record.original = original
        return "00"

    def _approve(self, record: Transaction) -> dict:
        """Move the money, issue reference and authorisation number; return the fields of an approval."""
        self._issued += 1
        stamp = self._book.clock()
        record.state = "approved"
        record.reference = f"{stamp:%y%j}{self._issued % 10**7:07d}"
        record.authorisation = f"{(self._issued * 7919 + 100003) % 10**6:06d}"
        self._move(record, +1)
        fields = {
            "15": stamp.strftime("%m%d"),
            "37": record.reference,
            "38": record.authorisation,
            "44": "01020000   48020000   ",  # who issued, who acquired
        }
        if record.type == "balance":
            fields["54"] = f"1002156C{record.card.balance:012d}"
        return fields

    def _move(self, record: Transaction, direction: int) -> None:
        """Carry out (+1) or undo (-1) what the transaction does to the account and to its original."""
        if record.type == "sale":
            self._cards.charge(record.card, direction * record.amount)
        elif record.type == "void":
            self._cards.charge(record.card, -direction * record.amount)
            record.original.state = "voided" if direction > 0 else "approved"
        elif record.type == "refund":
            self._cards.charge(record.card, -direction * record.amount)
            record.original.refunded += direction * record.amount

    def reversal(self, request: Request) -> Verdict:
        """Undo the original once, however often it is asked. 25: never seen; 12: was declined; 64: other amount."""
        original = self._book.original(request.terminal, request.batch, request.trace, request.get(3))
        details: dict = {"reason": request.get(39)}
        if original is None or (request.pan and request.pan != original.pan):
            return Verdict("25", details={**details, "reversed": False})
        if original.amount != request.amount:
            return Verdict("64", details={**details, "reversed": False})
        if original.state == "approved" and original.type in REVERSIBLE:
            self._move(original, -1)
            original.state = "reversed"
        elif original.state != "reversed":
            return Verdict("12", details={**details, "reversed": False})
        original.reversals += 1
        original.reversal_reason = request.get(39)
        details = {**details, "reversed": True, "repeated": original.reversals > 1}
        return Verdict("00", {"37": original.reference}, details=details)


def _undone(record: Transaction) -> bool:
    return record.state == "reversed"


def describe(request: Request) -> dict:
    """What an event may show of a request."""
    return {
        "terminal": request.terminal,
        "trace": request.trace,
        "batch": request.batch,
        "amount": request.amount,
        "card": masked(request.pan) if request.pan else "",
    }
