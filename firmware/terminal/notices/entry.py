"""One open notice and its parts.

A notice goes out in one or more parts. What a part does, each arrow stored before the action that follows it:

    pending ──begin──> sending ──accepted──> sent ──report──> delivered, failed
       ^                  ├──rejected──> pending, or failed when another try cannot help
       │                  └──in doubt──> in doubt ──report──> sent, delivered, failed
       └──────────────────── sent, in doubt: the network has given up (status 60..7F, or 46: expired)

A part in doubt may have gone out: without a report it is never sent again by itself. "pending" always means that the
phone does not have the part and that it is not on its way to it. The notice's state is drawn from its parts:
"queued", "sending" (some parts gone, others not), "in_doubt" (one of them is), "sent", "delivered", "failed".

A phone puts parts together by their concatenation reference, and gives up on what stays incomplete for long. So the
missing parts follow alone, with the same reference, only within the window of 10 minutes after the first has gone:
phones keep an incomplete message for at least that long, and the back-off's first three tries fall into it.

    first part gone ──within the window──> the missing parts alone, same reference
          └──window over──> a part pending, none in doubt: the whole again, new reference, at most 4 times
                            a part pending, another in doubt: waits for the report
                            neither happens within the validity: failed, "window"

As a part is pending, the phone cannot have the whole; as none is in doubt, what a late report is about is known by its
reference: those of earlier rounds are kept, and such reports change nothing.

cause, "" when there is none: "CMS <n>" the modem or network refused (3GPP 27.005 §3.2.5, 24.011 annex E);
"status <n>" the delivery report's TP-ST (3GPP 23.040 §9.2.3.15); "no answer", "no sim", "sim locked", "sms not ready",
"no sms", "not registered", "denied" why the modem took nothing; "modem" it failed otherwise; "no report" none came in
time; "too late" not sent in time; "window" see above; "number", "text" cannot be used; "cancelled".
"""

from micropython import const

PENDING = const(0)
SENDING = const(1)
SENT = const(2)
DELIVERED = const(3)
FAILED = const(4)
IN_DOUBT = const(5)
NAMES = "queued sending sent delivered failed in_doubt"  # of the states, in their order

# fields of a part
STATE = const(0)
REFERENCE = const(1)  # TP-MR, None while unknown
CAUSE = const(2)
TRIES = const(3)
AT = const(4)  # wall clock of the latest try, 0 before the first

MUDDLED = const(-1)  # reference of a part in doubt beside which a report was taken, by a guess, for another's

WINDOW = const(600)  # seconds

# refusals that another try cannot cure: number, subscription or message wrong (24.011 annex E-2, 27.005 §3.2.5)
_PERMANENT = (1, 8, 10, 21, 28, 29, 30, 50, 69, 95, 96, 97, 99, 303, 304, 305)
# the PDU came to the modem otherwise than it left: an octet was lost on the line, or the PDU is bad after all
_MANGLED = const(304)
_MAX_MANGLED = const(3)
# refusals that would have met any notice: network trouble (24.011 annex E-2), and all of the modem's own from here on
_NETWORK = (38, 41, 42, 47)
_MODEM = const(300)
_BACK_OFF = (10, 30, 120, 600, 1800)  # seconds
_MAX_TRIES = const(60)
_MAX_AGAIN = const(4)
_MAX_OLD = const(12)
_NO_SIGNAL = const(0xFF)


def concerns_all(code) -> bool:
    """Tell whether a refusal (CMS error `code`, None for the modem's own reasons) says nothing about this notice."""
    return code is None or ((code in _NETWORK or code >= _MODEM) and code not in _PERMANENT)


def may_be_whole(parts) -> bool:
    """Tell whether the phone may have all of `parts`, or may get them yet."""
    return not any(part[STATE] == PENDING or part[STATE] == FAILED for part in parts)


def conditions(signal, registration, supply) -> int:
    """What the doctor wants to know about a try, as one small number: signal 0..31 or None, registration 0..15,
    whether an under-voltage warning or a restart fell into it."""
    return (_NO_SIGNAL if signal is None else signal & 0xFF) | (registration & 0xF) << 8 | bool(supply) << 12


class Entry:
    """One open notice. There may be 64 of them: what can be had otherwise is not kept here.

    text: None when it is to be read from the journal. parts: a list [state, reference, cause, tries, at] each.
    born, due: on the outbox's own clock. began: on the same clock, when the first part of this round was sent.
    concat: ties the parts together, 0..255. old: [reference, at] of parts sent in earlier rounds or given up by the
    network. again: how often something was sent once more. air: what conditions() gave at the latest try, -1 before it.
    sequence, state_sequence: its two records in the journal.
    """

    def __init__(self, sequence, concat, key, event, audience, created, number, count, text):
        self.sequence = sequence
        self.state_sequence = 0
        self.key = key
        self.event = event
        self.audience = audience
        self.created = created
        self.number = number
        self.text = text
        self.parts = [[PENDING, None, "", 0, 0] for _ in range(count)]
        self.concat = concat
        self.old = ()
        self.again = 0
        self.air = -1
        self.sent = 0
        self.born = 0
        self.due = 0
        self.began = 0

    def dump(self) -> list:
        """Return what changes with time, as it is stored."""
        return [self.key, self.sent, self.concat, self.again, self.old, self.air, self.parts]

    def load(self, record) -> None:
        """Take over what dump() gave. Raises ValueError when it is of another form."""
        _, sent, concat, again, old, air, parts = record
        if len(parts) != len(self.parts):
            raise ValueError
        self.parts = [part[:] for part in parts]  # without the room to grow that a parser leaves
        self.sent = sent
        self.concat = concat
        self.again = again
        self.old = old or ()
        self.air = air

    @property
    def low(self) -> bool:
        """Whether it gives way to notices about transactions."""
        return self.audience in ("offer", "reply")

    def has(self, state) -> bool:
        return any(part[STATE] == state for part in self.parts)

    def state(self) -> str:
        if self.has(SENDING):
            return "sending"
        if self.has(IN_DOUBT):
            return "in_doubt"
        if self.has(PENDING):
            return "sending" if self.touched() else "queued"
        return "sent"

    def cause(self) -> str:
        for part in self.parts:
            if part[CAUSE]:
                return part[CAUSE]
        return ""

    def touched(self) -> bool:
        """Whether a part of this round has gone, or may have gone."""
        return any(part[STATE] != PENDING for part in self.parts)

    def outside(self, uptime) -> bool:
        """Whether a missing part would come too late for the phone to put it to the others."""
        return len(self.parts) > 1 and uptime - self.began > WINDOW and self.touched()

    def renew(self, concat: int) -> bool:
        """Begin a new round: the whole again under another concatenation reference. False when there were enough."""
        if self.again >= _MAX_AGAIN:
            return False
        self.again += 1
        self.concat = concat
        for part in self.parts:
            self.forget(part)
        return True

    def forget(self, part) -> None:
        """The part is to be sent once more: what comes for its present reference is no longer about it."""
        if part[REFERENCE] is not None and part[REFERENCE] != MUDDLED:
            self.old = list(self.old)[1 - _MAX_OLD :] + [[part[REFERENCE], part[AT]]]
        part[STATE] = PENDING
        part[REFERENCE] = None

    def refuse(self, i, code, cause: str, random) -> int:
        """Part i has certainly not gone out. Return the seconds until the next try; 0 when there is to be none."""
        part = self.parts[i]
        if part[STATE] == PENDING and code is not None:
            part[TRIES] += 1  # refused before it got as far as "sending"
        part[STATE] = PENDING
        part[CAUSE] = cause
        tries = part[TRIES]
        if code in _PERMANENT and (code != _MANGLED or tries >= _MAX_MANGLED):
            return 0
        if tries >= _MAX_TRIES and not concerns_all(code):
            return 0
        return self.delay(part[TRIES], random)

    def abandon(self, i, cause: str, random) -> int:
        """The network has given part i up for now. Return the seconds until the next try; 0 when there is to be none."""
        if self.again >= _MAX_AGAIN:
            return 0
        self.again += 1
        self.forget(self.parts[i])
        self.parts[i][CAUSE] = cause
        return self.delay(len(_BACK_OFF) - 1, random)

    def delay(self, tries, random) -> int:
        """Return the back-off after so many tries, in seconds, up to a fifth longer by chance."""
        delay = _BACK_OFF[min(max(tries, 1), len(_BACK_OFF)) - 1]
        return delay if random is None else delay + int(delay * random() / 5)


def gone(old, parts) -> int:
    """Return how many parts the network took, repeats included, those in doubt too: what the bill counts."""
    count = len(old)
    for part in parts:
        count += part[REFERENCE] is not None or part[STATE] in (SENDING, IN_DOUBT)
    return count
