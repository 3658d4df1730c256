"""What the sender and the reports do to the notices: each step stored, as entry.py draws them."""

import asyncio
import time

from . import entry as states
from .entry import AT, CAUSE, DELIVERED, FAILED, IN_DOUBT, PENDING, REFERENCE, SENDING, SENT, STATE, TRIES
from .store import Store


class Course(Store):
    """See Outbox for the arguments."""

    def __init__(self, journal, protect, reveal, now, log, validity: int = 86400, random=None):
        self._random = random
        self.validity = min(validity, 5 * 86400)
        self._ticks = None
        self._uptime = 0
        self._changed = asyncio.Event()
        self.fresh = False  # something was queued since the sender last looked
        super().__init__(journal, protect, reveal, now, log)
        self.recover()

    def recover(self) -> None:
        """Parts found in "sending" when nobody sends are in doubt: at start-up, and after the sender was stopped."""
        for entry in self._open:
            for part in entry.parts:
                if part[STATE] == SENDING:
                    part[STATE] = IN_DOUBT
                    self._log("notice.in_doubt", entry.key)

    def uptime(self):
        """Return seconds since the start, untouched by the wall clock. To be asked at least every 6 days."""
        if self._ticks is None:
            self._ticks = time.ticks_ms()
        elapsed = time.ticks_diff(time.ticks_ms(), self._ticks) // 1000
        self._ticks = time.ticks_add(self._ticks, elapsed * 1000)
        self._uptime += elapsed
        return self._uptime

    def wake(self) -> None:
        self._changed.set()

    async def wait(self, seconds) -> None:
        """Return after so many seconds, or at once when something was queued or settled since."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except asyncio.TimeoutError:
            pass
        self._changed.clear()

    def next(self, allows=None):
        """Return (entry, seconds until it is due) of the next notice with a part to send, or (None, 0).

        Of several that are due: transactions before offers and replies, then the longest due. allows(audience) -> bool:
        others are passed over.
        """
        first = rank = None
        uptime = self.uptime()
        for entry in self._open:
            if not entry.has(PENDING) or (allows is not None and not allows(entry.audience)):
                continue
            if entry.has(IN_DOUBT) and entry.outside(uptime):
                continue  # its report decides
            other = (max(0, entry.due - uptime), entry.low, entry.due)
            if first is None or other < rank:
                first = entry
                rank = other
        return (None, 0) if first is None else (first, rank[0])

    def remaining(self, entry) -> int:
        """Return the seconds for which the network is to try, at least 5 minutes: the field's smallest step."""
        return max(300, entry.born + self.validity - self.uptime())

    def in_time(self, entry) -> bool:
        """Make sure that missing parts still find the others: outside the window a new round begins.

        False when the notice has had enough rounds; it is finished then.
        """
        if not entry.outside(self.uptime()):
            return True
        if not entry.renew(self._next_concat()):
            self.give_up(entry, "window")
            return False
        # stored when its first part begins; until then a restart finds the old round, and comes here again
        self._log("notice.round", "%s as a whole again, %d" % (entry.key, entry.again))
        return True

    def _next_concat(self):
        """One reference after the other, whoever the recipient: a phone meets one again after 256 long notices."""
        self._concat = (self._concat + 1) & 0xFF
        return self._concat

    def begin(self, entry, i) -> None:
        """Store that a part is being sent; only then may it leave. Raises OSError: then it must not."""
        part = entry.parts[i]
        before = part[:]
        if not entry.touched():
            entry.began = self.uptime()
        part[:] = (SENDING, None, "", part[TRIES] + 1, self._now())
        try:
            self._store(entry)
        except OSError:
            part[:] = before
            raise

    def accepted(self, entry, i, reference, more=False) -> None:
        """The network has taken a part, under this TP-MR. more: the next part begins now, which stores this too."""
        part = entry.parts[i]
        part[STATE] = SENT
        part[REFERENCE] = reference
        part[CAUSE] = ""
        if not entry.has(PENDING):
            entry.text = None
            entry.sent = entry.sent or self._now()
            self._log("notice.sent", entry.key)
        elif more:
            self._unwritten = entry
            return
        self._remember(entry)

    def settle(self) -> None:
        """Store a result that waited for a next part which did not begin after all."""
        if self._unwritten is not None:
            self._remember(self._unwritten)
            self._unwritten = None

    def rejected(self, entry, i, code, cause: str = "modem") -> None:
        """A part was refused for certain: by the network or modem (CMS error `code`), or by the driver (None, `cause`).

        Try later, or give up for good. Only what concerns this notice alone counts against its 60 tries.
        """
        if code is not None:
            cause = "CMS %d" % code
        begun = entry.parts[i][STATE] == SENDING
        delay = entry.refuse(i, code, cause, self._random)
        if not delay:
            self.failed(entry, i, cause)
            return
        entry.due = self.uptime() + delay
        self._log("notice.retry", "%s %s, try %d, again in %d s" % (entry.key, cause, entry.parts[i][TRIES], delay))
        if begun:
            self._remember(entry)

    def hurry(self) -> None:
        """The network takes messages again: those that only waited for that are due."""
        uptime = self.uptime()
        for entry in self._open:
            cause = entry.cause()
            if not cause.startswith("status") and (not cause.startswith("CMS ") or states.concerns_all(int(cause[4:]))):
                entry.due = min(entry.due, uptime)

    def doubt(self, entry, i) -> None:
        """A part may have gone out, or not."""
        entry.parts[i][STATE] = IN_DOUBT
        if not entry.has(PENDING):
            entry.text = None
        self._log("notice.in_doubt", entry.key)
        self._remember(entry)

    def muddle(self, entry, i) -> None:
        """A report that may have been about this part in doubt is taken for another's."""
        if entry.parts[i][REFERENCE] is None:
            entry.parts[i][REFERENCE] = states.MUDDLED
            self._remember(entry)

    def carried(self, entry, i, reference, cause: str) -> None:
        """A report says the network has the part and is still trying; cause: why it has not arrived yet."""
        part = entry.parts[i]
        if part[STATE] == IN_DOUBT:
            self.accepted(entry, i, reference)
        if part[STATE] == SENT and part[CAUSE] != cause:
            part[CAUSE] = cause
            self._remember(entry)

    def delivered(self, entry, i, reference) -> None:
        """A report says the part has arrived."""
        part = entry.parts[i]
        if part[STATE] == DELIVERED:
            return
        part[STATE] = DELIVERED
        part[REFERENCE] = reference
        part[CAUSE] = ""
        for other in entry.parts:
            if other[STATE] != DELIVERED:
                self._remember(entry)
                return
        entry.sent = entry.sent or part[AT]
        self._finish(entry, "delivered", "", self._now())

    def abandoned(self, entry, i, reference, cause: str) -> None:
        """A report says the network has given the part up for now: it is to be sent again after a while."""
        part = entry.parts[i]
        if part[STATE] == DELIVERED:
            return
        part[REFERENCE] = reference
        delay = entry.abandon(i, cause, self._random)
        if not delay:
            self.failed(entry, i, cause)
            return
        entry.due = self.uptime() + delay
        entry.sent = 0
        self._log("notice.retry", "%s %s, again in %d s" % (entry.key, cause, delay))
        self._remember(entry)

    def failed(self, entry, i, cause: str) -> None:
        """A part will not arrive, so the notice has failed. What has arrived stays so, whatever a late report says."""
        part = entry.parts[i]
        if part[STATE] != DELIVERED:
            part[STATE] = FAILED
            part[CAUSE] = cause
            self._finish(entry, "failed", cause, 0)

    def expire(self) -> None:
        """Finish what has waited longer than the validity."""
        limit = self.uptime() - self.validity
        for entry in [entry for entry in self._open if entry.born < limit]:
            state = entry.state()
            if state == "sent":
                self._finish(entry, "sent", entry.cause() or "no report", 0)
            elif state == "in_doubt":
                self._finish(entry, "failed", "window" if entry.has(PENDING) else "no report", 0)
            else:
                self._finish(entry, "failed", self.stage or entry.cause() or "too late", 0)
