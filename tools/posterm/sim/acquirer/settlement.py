"""End of a batch: totals compared (0500), then, when they differ, the batch upload (0320)."""

from posterm.sim.acquirer.book import Book
from posterm.sim.acquirer.message import Request
from posterm.sim.acquirer.rules import Verdict

FIRST_BATCH = 1
LAST_BATCH = 999999
EQUAL, DIFFERENT, ERROR = "1", "2", "3"
UPLOAD_ENDS = ("207", "202")  # field 60.3 of the last upload message: after equal, after different totals
ITEM_DIGITS = 40


def totals_digits(totals: dict) -> str:
    """One half of field 48 without its result digit: debit amount 12, count 3, credit amount 12, count 3."""
    return f"{totals['debit']:012d}{totals['debits']:03d}{totals['credit']:012d}{totals['credits']:03d}"


class Settlement:
    """Batch numbers by terminal, and the comparison. `voids_as_credit`: how the acquirer counts voids."""

    def __init__(self, book: Book, voids_as_credit: bool):
        self._book = book
        self._voids_as_credit = voids_as_credit
        self._batches: dict[str, int] = {}
        self._uploaded: dict[str, int] = {}

    def batch(self, terminal: str) -> str:
        """The open batch of a terminal, six digits."""
        return f"{self._batches.get(terminal, FIRST_BATCH):06d}"

    def totals(self, terminal: str, batch: str | None = None) -> dict:
        return self._book.totals(terminal, batch or self.batch(terminal), self._voids_as_credit)

    def _close(self, terminal: str) -> None:
        self._batches[terminal] = self._batches.get(terminal, FIRST_BATCH) % LAST_BATCH + 1
        self._uploaded.pop(terminal, None)

    def compare(self, request: Request) -> Verdict:
        """0500: equal totals close the batch, different ones wait for its upload."""
        claim = request.get(48)
        if len(claim) != 62:
            return Verdict("30", mac=False, details={"field": "48"})
        totals = self.totals(request.terminal, request.batch)
        domestic = EQUAL if claim[:30] == totals_digits(totals) else DIFFERENT
        foreign = EQUAL if not int(claim[31:61]) else DIFFERENT
        answer = claim[:30] + domestic + claim[31:61] + foreign
        equal = domestic == foreign == EQUAL
        if equal and request.batch == self.batch(request.terminal):
            self._close(request.terminal)
        return Verdict("00", {"48": answer}, mac=False, details={"equal": equal, "totals": totals})

    def upload(self, request: Request) -> Verdict:
        """0320: count the items; the end message with the right total closes the batch."""
        digits = request.get(48)
        done = self._uploaded.get(request.terminal, 0)
        if request.network in UPLOAD_ENDS:
            complete = digits.isdecimal() and int(digits) == done
            if complete and request.batch == self.batch(request.terminal):
                self._close(request.terminal)
            return Verdict("00" if complete else "95", mac=False, details={"uploaded": done, "end": True})
        count = int(digits[:2] or 0)
        if not 1 <= count <= 8 or len(digits) != 2 + count * ITEM_DIGITS:
            return Verdict("30", mac=False, details={"field": "48"})
        self._uploaded[request.terminal] = done + count
        return Verdict("00", mac=False, details={"uploaded": done + count, "end": False})
