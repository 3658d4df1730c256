"""Delivery reports brought together with the parts they are about (3GPP 23.040 §9.2.2.3).

A report names a message reference (TP-MR, one octet that soon comes round again) and the recipient, perhaps in the
other of its two forms. It may arrive before the modem has told the reference, twice, late, or for a part of which only
the attempt is known. The network's own time of the message (TP-SCTS) decides between several parts that fit.
"""

from micropython import const

from terminal.clock import days

from . import entry as states

_HOLD = const(120)  # seconds that a report waits for a reference to become known
_MAX_HELD = const(8)
_MAX_SETTLED = const(16)
_WINDOW = const(900)  # seconds between our attempt and the network's time of it: clock error and queues included
_CLOCK_SET = const(757382400)  # 2024-01-01: an earlier wall clock was never set
_FAR = const(0x3FFFFFFF)


class Reports:
    """box: the Outbox. log(event, detail)."""

    def __init__(self, box, log):
        self._box = box
        self._log = log
        self._held = []  # (uptime, report)
        self._settled = []  # the latest final ones: (reference, recipient, timestamp)

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
        known = []
        doubtful = []
        sending = False
        for entry, i in self._box.open_parts():
            if not same_number(entry.number, report.recipient):
                continue
            part = entry.parts[i]
            state = part[states.STATE]
            if state in (states.SENT, states.DELIVERED) and part[states.REFERENCE] == report.reference:
                known.append((_distance(part, report), entry, i))
            elif state == states.IN_DOUBT:
                doubtful.append((_distance(part, report), entry, i))
            elif state == states.SENDING:
                sending = True
        best = None
        for candidate in known:
            # of two with one reference the nearer in time; without times the later one
            if best is None or candidate[0] <= best[0]:
                best = candidate
        if best is None or _WINDOW < best[0] < _FAR:
            # no reference fits, or that of another day
            if sending:
                return False  # the reference now on its way will tell
            best = _only(doubtful) or best
        if best is not None:
            self._apply(report, best[1], best[2])
        return best is not None

    def _apply(self, report, entry, i):
        if not report.final:
            self._box.carried(entry, i, report.reference)
            return
        if len(self._settled) >= _MAX_SETTLED:
            self._settled.pop(0)
        self._settled.append(_mark(report))
        if report.delivered:
            self._box.delivered(entry, i, report.reference)
        else:
            self._box.failed(entry, i, "status %d" % report.status)


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


def _distance(part, report):
    """Seconds between our attempt and the network's time of the message; _FAR when one of the clocks is missing."""
    at = part[states.AT]
    if report.timestamp is None or at < _CLOCK_SET:
        return _FAR
    year, month, day, hour, minute, second, _ = report.timestamp
    return abs(((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second - at)


def _only(doubtful):
    """The part in doubt that a report can be about: the nearest in the window; without times only when there is one."""
    best = None
    for candidate in doubtful:
        if candidate[0] <= _WINDOW and (best is None or candidate[0] < best[0]):
            best = candidate
    if best is None and len(doubtful) == 1 and doubtful[0][0] == _FAR:
        best = doubtful[0]
    return best
