"""Delivery reports brought together with the parts they are about (3GPP 23.040 §9.2.2.3).

    reports = Reports(box, log)
    reports.arrived(sms.parse(pdu))

A report names a message reference (TP-MR, one octet that soon comes round again) and the recipient, perhaps in the
other of its two forms. It may arrive before the modem has told the reference, twice, late, or for a part of which only
the attempt is known. The network's own time of the message (TP-SCTS) decides between several parts that fit:

    a part's present reference         the nearest in time
    one of an earlier round            nothing happens, unless a present one is nearer
    a part is going out, and nearer    held until its reference is known
    parts in doubt                     a guess: the nearest, unless a notice of that time has been forgotten

A reference at the wrong time counts only while our clock may be wrong: since the start, or since the clock was set, no
report has come with the time we know. A guess, and such a reference, may be wrong. "Delivered" is believed all the
same: it sends nothing. That a part did not arrive, or that the network has it, is believed only when nothing else can
be meant: no other part in doubt at this number, no finished notice that used this reference or ended in doubt about
that time, and no earlier guess that may have been about this part.
"""

from micropython import const

from terminal.clock import days
from terminal.security import mask

from . import entry as states

_HOLD = const(120)  # seconds that a report waits for a reference to become known
_MAX_HELD = const(8)
_MAX_SETTLED = const(16)
_WINDOW = const(900)  # seconds between our attempt and the network's time of it: clock error and queues included
_CLOCK_SET = const(757382400)  # 2024-01-01: an earlier wall clock was never set
_FAR = const(0x3FFFFFFF)

# "status" values after which the part did not arrive but may yet, sent again (§9.2.3.15)
_EXPIRED = const(0x46)
_GIVEN_UP = const(0x60)
_RESERVED = const(0x80)


class Reports:
    """box: the Outbox. log(event, detail)."""

    def __init__(self, box, log):
        self._box = box
        self._log = log
        self._held = []  # (uptime, report)
        self._settled = []  # the latest final ones: (reference, recipient, timestamp)
        self._agreed = None  # our clock less the uptime, when a report last came with the time we know

    def arrived(self, report) -> None:
        """Apply a sms.StatusReport, or hold it for a while when nothing fits yet."""
        if report.final and _mark(report) in self._settled:
            self._log("notice.report", "again, reference %d" % report.reference)
        elif not self._settle(report):
            if len(self._held) >= _MAX_HELD:
                self._drop(self._held.pop(0)[1])
            self._held.append((self._box.uptime(), report))

    def recheck(self) -> None:
        """Try the held reports again: a reference has become known, or time has passed."""
        held = self._held
        self._held = []
        for since, report in held:
            if not self._settle(report):
                if self._box.uptime() - since < _HOLD:
                    self._held.append((since, report))
                else:
                    self._drop(report)

    @property
    def holding(self) -> bool:
        return bool(self._held)

    def _drop(self, report):
        self._log("notice.report", "fits nothing, reference %d, status %d" % (report.reference, report.status))

    def _settle(self, report) -> bool:
        known = earlier = None  # the nearest (distance, entry, index) each
        rivals = 0
        sending = _FAR + 1
        doubtful = []
        for entry, i in self._box.open_parts():
            if not same_number(entry.number, report.recipient):
                continue
            part = entry.parts[i]
            state = part[states.STATE]
            distance = _distance(part[states.AT], report)
            if state in (states.SENT, states.DELIVERED) and part[states.REFERENCE] == report.reference:
                # of two with one reference the nearer in time; without times the later one
                rivals += 1
                if known is None or distance <= known[0]:
                    known = (distance, entry, i)
            elif state == states.IN_DOUBT:
                doubtful.append((distance, entry, i))
            elif state == states.SENDING:
                sending = min(sending, distance)
            if i == 0:
                for reference, at in entry.old:
                    distance = _distance(at, report)
                    if reference == report.reference and (earlier is None or distance < earlier[0]):
                        earlier = (distance, entry, i)
        if earlier is not None and (known is None or earlier[0] < known[0]):
            self._log("notice.report", "of an earlier try, reference %d" % report.reference)
            return True
        if known is not None and (known[0] <= _WINDOW or known[0] == _FAR):
            if sending < known[0]:
                return False
            if known[0] <= _WINDOW:
                self._agreed = self._clock()
            self._apply(report, known, rivals == 1 or known[0] <= _WINDOW)
            return True
        # no reference fits, or that of another day
        if sending <= _FAR:
            return False  # the reference now on its way will tell
        guess = _nearest(doubtful)
        best = known if guess is None else guess
        if best is None:
            return False
        if self._of_finished(report, best):
            self._log("notice.report", "of a finished notice, reference %d" % report.reference)
            return True
        if guess is not None and not self._box.remembers(guess[1].parts[guess[2]][states.AT] - _WINDOW):
            self._log("notice.report", "perhaps of a forgotten notice, reference %d" % report.reference)
            return True
        if guess is None and self._agreed is not None and abs(self._clock() - self._agreed) <= _WINDOW:
            # a notice finished so long ago that the outbox has forgotten it
            self._log("notice.report", "of another time, reference %d" % report.reference)
            return True
        # when the wall clock was wrong, the reference of another day is right after all
        sure = guess is not None and len(doubtful) == 1 and guess[1].parts[guess[2]][states.REFERENCE] is None
        if report.delivered and not sure:
            for _, entry, i in doubtful:
                self._box.muddle(entry, i)
        self._apply(report, best, sure)
        return True

    def _clock(self) -> int:
        return self._box._now() - self._box.uptime()

    def _of_finished(self, report, best) -> bool:
        """Tell whether a finished notice may be meant: a report that comes twice or very late."""
        tail = mask.number(best[1].number)[-4:]
        for number, reference, at in self._box.ended_parts():
            if number[-4:] != tail or (reference is not None and reference != report.reference):
                continue
            distance = _distance(at, report)
            near = distance <= _WINDOW or distance == best[0] == _FAR
            if reference is None:
                # one that ended in doubt
                if near and (not report.delivered or distance < best[0]):
                    return True
            elif near or not report.delivered:
                return True
        return False

    def _apply(self, report, candidate, sure):
        box = self._box
        _, entry, i = candidate
        status = report.status
        if not report.final:
            if sure:
                box.carried(entry, i, report.reference, "status %d" % status)
            return
        if not (sure or report.delivered):
            self._log("notice.report", "%s, status %d, may be another's" % (entry.key, status))
            return
        if len(self._settled) >= _MAX_SETTLED:
            self._settled.pop(0)
        self._settled.append(_mark(report))
        if report.delivered:
            box.delivered(entry, i, report.reference)
        elif _GIVEN_UP <= status < _RESERVED or status == _EXPIRED:
            box.abandoned(entry, i, report.reference, "status %d" % status)
        else:
            box.failed(entry, i, "status %d" % status)


def same_number(ours: str, theirs: str) -> bool:
    """Tell whether two numbers are one telephone's, in national or international form: the shorter ends the longer.

    Needs 8 digits in common; shorter numbers must be equal. A national form's leading zeros do not count.
    """
    a = ours.lstrip("+0")
    b = theirs.lstrip("+0")
    shorter = min(len(a), len(b))
    if shorter < 8:
        return a == b and shorter > 0
    return a[-shorter:] == b[-shorter:]


def _mark(report):
    return report.reference, report.recipient, report.timestamp


def _distance(at, report):
    """Seconds between our attempt and the network's time of the message; _FAR when one of the clocks is missing."""
    if report.timestamp is None or at < _CLOCK_SET:
        return _FAR
    year, month, day, hour, minute, second, _ = report.timestamp
    return abs(((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second - at)


def _nearest(doubtful):
    """The part in doubt that a report can be about: the nearest in the window; without times only when there is one."""
    best = None
    for candidate in doubtful:
        if candidate[0] <= _WINDOW and (best is None or candidate[0] < best[0]):
            best = candidate
    if best is None and len(doubtful) == 1 and doubtful[0][0] == _FAR:
        best = doubtful[0]
    return best
