"""One open notice and its parts.

A notice goes out in one or more parts. What a part does, each arrow stored before the action that follows it:

    pending ──begin──> sending ──accepted──> sent ──> delivered, failed     (as the network reports)
                          ├──rejected──> pending again, or failed when another try cannot help
                          └──in doubt──> sent, delivered, failed             (as the network reports)

A part in doubt may have gone out: it is never sent again by itself. The notice's state is drawn from its parts:
"queued", "sending" (some parts gone, others not), "in_doubt", "sent", "delivered", "failed".

cause, "" when there is none: "CMS <n>" the modem or network refused (3GPP 27.005 §3.2.5, 24.011 annex E);
"status <n>" the delivery report's TP-ST (3GPP 23.040 §9.2.3.15); "modem" it was not reachable; "no report" none came
in time; "too late" not sent in time; "number", "text" cannot be used; "cancelled".
"""

from micropython import const

PENDING = const(0)
SENDING = const(1)
SENT = const(2)
DELIVERED = const(3)
FAILED = const(4)
IN_DOUBT = const(5)

# fields of a part
STATE = const(0)
REFERENCE = const(1)  # TP-MR, None while unknown
CAUSE = const(2)
TRIES = const(3)
AT = const(4)  # wall clock of the latest try, 0 before the first

# refusals that another try cannot cure: number, subscription or message wrong (24.011 annex E-2, 27.005 §3.2.5)
_PERMANENT = tuple("CMS %d" % code for code in (1, 8, 10, 21, 28, 29, 30, 50, 69, 95, 96, 97, 99, 303, 304, 305))
_BACK_OFF = (10, 30, 120, 600, 1800)  # seconds
_MAX_TRIES = const(60)


class Entry:
    """One open notice. There may be 64 of them: what can be had otherwise is not kept here.

    text: None when it is to be read from the journal. parts: a list [state, reference, cause, tries, at] each.
    born, due: on the outbox's own clock. sequence, state_sequence: its two records in the journal.
    """

    def __init__(self, sequence, key, event, audience, created, number, count, text):
        self.sequence = sequence
        self.state_sequence = 0
        self.key = key
        self.event = event
        self.audience = audience
        self.created = created
        self.number = number
        self.text = text
        self.parts = [[PENDING, None, "", 0, 0] for _ in range(count)]
        self.sent = 0
        self.born = 0
        self.due = 0

    @property
    def concat(self) -> int:
        """The reference that ties the parts together; the same after a reboot."""
        return self.sequence & 0xFF

    def has(self, state) -> bool:
        return any(part[STATE] == state for part in self.parts)

    def state(self) -> str:
        if self.has(SENDING):
            return "sending"
        if self.has(PENDING):
            untouched = all(part[STATE] == PENDING for part in self.parts)
            return "queued" if untouched else "sending"
        return "in_doubt" if self.has(IN_DOUBT) else "sent"

    def cause(self) -> str:
        for part in self.parts:
            if part[CAUSE]:
                return part[CAUSE]
        return ""

    def refuse(self, i, cause: str, random) -> int:
        """Part i has certainly not gone out. Return the seconds until the next try; 0 when there is to be none."""
        part = self.parts[i]
        if part[STATE] == PENDING:
            part[TRIES] += 1  # it did not get as far as "sending"
        part[STATE] = PENDING
        part[CAUSE] = cause
        if cause in _PERMANENT or part[TRIES] >= _MAX_TRIES:
            return 0
        delay = _BACK_OFF[min(part[TRIES], len(_BACK_OFF)) - 1]
        if random is not None:
            delay += int(delay * random() / 5)
        return delay
