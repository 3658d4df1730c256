"""How the notices fare: figures for service, alarms for the shop.

    watch = Watch(journal, settings, clock.seconds, log)
    box.on_end = watch.ended
    watch.check(box.open_count)         # now and then
    watch.alarms                        # ("rate", "budget")
    watch.status()                      # {"rate": 72, "p50": 6, "parts": 213, ...}

An alarm comes and goes at different figures, so that it does not flicker:

    alarm     comes when                                                    goes when
    rate      below 80 % of the latest 50 arrived, 10 fates known           above 90 %
    queue     more than 10 notices are open                                 fewer than 5
    budget    90 % of the month's parts are used                            below that: another month, another budget
    spent     all of them are used                                          as before
    reports   none of the latest 10 that the network took got a report      one did

The rate is that of the transactions' notices whose fate is known; those without a report are counted apart. Cancelled
ones count nowhere but in the parts, which are those of every message.

Storage: one record of about 60 octets for a notice that ended, in one write; every 150 records the journal is
compacted to the latest 50. Each record holds the month's sum and the alarms, so that the latest one is enough, and a
power cut costs at most the notice that was about to be counted. The memory holds one letter for each of the latest 50;
times and causes are read when somebody asks.
"""

import json

from micropython import const

from terminal.clock import days

_LATEST = const(50)
_COMPACT_AT = const(200)  # records
_LEAST = const(10)  # fates to be known before a rate says anything; sent ones without any report that are too many
_LOW = const(80)  # percent
_GOOD = const(90)
_LONG = const(10)  # notices
_SHORT = const(5)
_WARNED = const(90)  # percent of the budget
_CLOCK_SET = const(757382400)  # 2024-01-01: an earlier wall clock was never set
_MAX_DELAY = const(5 * 86400)  # seconds: no notice waits longer, so the clock was set in between

# how a notice ended, as the records say it
_DELIVERED = "d"
_REFUSED = "r"  # a report says that it did not arrive
_FAILED = "f"  # it never left
_SILENT = "n"  # it left, and no report came


class Watch:
    """journal: a Journal of its own. settings: "sms_price" (fen a part) and "sms_budget" (parts a month, 0: none).

    now() -> int: seconds since 2000-01-01 local time, may jump. log(event, detail).
    alarms: names of the present ones, in the order of the table above. Raises OSError when the journal cannot be read.
    """

    def __init__(self, journal, settings, now, log):
        self._journal = journal
        self._settings = settings
        self._now = now
        self._log = log
        self._fates = ""  # one letter each, oldest first
        self._month = 0  # months since the year 0
        self._parts = 0
        self._before = (0, 0)  # the month counted before and its parts: a clock set back finds it again
        self._open = 0
        self._records = 0
        self.alarms = ()
        for _, _, payload in journal.replay():
            self._records += 1
            record = _read(payload)
            if record is None:
                log("watch.record", "unreadable")
                continue
            self._month, self._parts, before, fate, _, _, alarms = record
            self._before = tuple(before)
            self._fates = (self._fates + fate)[-_LATEST:]
            self.alarms = tuple(alarms.split())
        if "queue" in self.alarms:
            self._open = _SHORT  # neither long nor short until somebody looks

    def ended(self, summary, gone=None) -> None:
        """Count a notice that has ended; never fails, whatever the medium does.

        summary: what Outbox.entries() gives. gone: parts the network took, repeats included; None: its parts, if sent.
        """
        _, event, audience, _, state, cause, parts, _, sent, delivered = summary
        if gone is None:
            gone = parts if sent else 0
        fate = ""
        if event != "trial" and audience in ("customer", "merchant") and cause != "cancelled":
            if state == "delivered":
                fate = _DELIVERED
            elif cause == "no report":
                fate = _SILENT
            else:
                fate = _REFUSED if cause.startswith("status") else _FAILED
        if not fate and not gone:
            return
        delay = delivered - sent if fate == _DELIVERED else -1
        self._turn()
        self._parts += gone
        self._fates = (self._fates + fate)[-_LATEST:]
        self._weigh()
        record = (
            self._month,
            self._parts,
            self._before,
            fate,
            cause,
            delay if 0 <= delay <= _MAX_DELAY else None,
            " ".join(self.alarms),
        )
        try:
            self._journal.append("end", json.dumps(record).encode())
            self._records += 1
            if self._records >= _COMPACT_AT:
                self._compact()
            self._journal.close()  # until the next one ends
        except OSError as error:
            self._log("watch.storage", repr(error))

    def check(self, open_count: int) -> None:
        """Look at the number of open notices, and at the calendar."""
        self._open = open_count
        self._turn()
        self._weigh()

    def status(self) -> dict:
        """Return the figures. Raises OSError when the journal cannot be read.

        rate: percent of the known fates, None while there is none. known, delivered, failed, no_report: notices of the
        latest 50. p50, p90, p99: seconds from sent to delivered that so many percent of them took at most, or None.
        causes: how often each ended one of them. month: "2026-11". parts, cost (fen), budget (parts): of this month.
        queue: open notices at the latest check. alarms.
        """
        delays = []
        causes = {}
        skip = -len(self._fates)
        for _ in self._ends():
            skip += 1
        for record in self._ends():
            skip -= 1
            if skip >= 0:
                continue
            if record[5] is not None:
                delays.append(record[5])
            if record[4]:
                causes[record[4]] = causes.get(record[4], 0) + 1
        delays.sort()
        self._turn()
        known, delivered = self._known()
        figures = {
            "rate": self._rate(),
            "known": known,
            "delivered": delivered,
            "failed": known - delivered,
            "no_report": self._fates.count(_SILENT),
            "causes": causes,
            "month": "%04d-%02d" % (self._month // 12, self._month % 12 + 1),
            "parts": self._parts,
            "cost": self._parts * self._settings["sms_price"],
            "budget": self._settings["sms_budget"],
            "queue": self._open,
            "alarms": self.alarms,
        }
        for percent in (50, 90, 99):
            figures["p%d" % percent] = delays[(percent * len(delays) + 99) // 100 - 1] if delays else None
        return figures

    def _ends(self):
        """Iterate over the records that count, oldest first."""
        for _, _, payload in self._journal.replay():
            record = _read(payload)
            if record is not None and record[3]:
                yield record

    def _known(self):
        known = len(self._fates) - self._fates.count(_SILENT)
        return known, self._fates.count(_DELIVERED)

    def _rate(self):
        known, delivered = self._known()
        return 100 * delivered // known if known else None

    def _turn(self):
        """Count in the month of the calendar. The former one stays known, in case the clock is set back over its end."""
        now = self._now()
        month = _month(now) if now >= _CLOCK_SET else self._month
        if month == self._month:
            return
        former = (self._month, self._parts)
        self._parts = self._before[1] if month == self._before[0] else 0
        self._month = month
        self._before = former

    def _weigh(self):
        """Let alarms come and go."""
        known, delivered = self._known()
        rate = self._rate()
        budget = self._settings["sms_budget"]
        used = 100 * self._parts // budget if budget else 0
        taken = self._fates.replace(_FAILED, "")[-_LEAST:]
        silent = len(taken) == _LEAST and taken == _SILENT * _LEAST
        before = self.alarms
        alarms = []
        for name, comes, goes, figure in (
            (
                "rate",
                known >= _LEAST and rate < _LOW,
                known < _LEAST or rate > _GOOD,
                "%d of %d arrived" % (delivered, known),
            ),
            ("queue", self._open > _LONG, self._open < _SHORT, "%d open" % self._open),
            ("budget", used >= _WARNED, used < _WARNED, "%d of %d parts" % (self._parts, budget)),
            ("spent", used >= 100, used < 100, "%d of %d parts" % (self._parts, budget)),
            ("reports", silent, not silent, "none for the latest %d" % _LEAST if silent else "they come"),
        ):
            on = not goes if name in before else comes
            if on:
                alarms.append(name)
            if on != (name in before):
                self._log("watch.alarm" if on else "watch.clear", "%s: %s" % (name, figure))
        self.alarms = tuple(alarms)

    def _compact(self):
        """Keep the records of the latest 50 that count, and the latest of all, which has the sums."""
        skip = -_LATEST
        for _ in self._ends():
            skip += 1

        def keep(sequence, kind, payload):
            nonlocal skip
            record = _read(payload)
            if record is None or not record[3]:
                return sequence == last
            skip -= 1
            return skip < 0

        last = self._journal.last
        self._journal.compact(keep)
        self._records = _LATEST + 1


def _read(payload):
    """Return a record [month, parts, [month, parts] before, fate, cause, delay, alarms]; None for one of another form."""
    try:
        record = json.loads(payload)
    except ValueError:
        return None
    if not isinstance(record, list) or len(record) != 7 or not isinstance(record[2], list):
        return None
    return record


def _month(seconds):
    """Months since the year 0, of seconds since 2000-01-01."""
    day = seconds // 86400
    year = 2000 + day * 400 // 146097  # may be one off around a new year
    if days(year + 1, 1, 1) <= day:
        year += 1
    elif days(year, 1, 1) > day:
        year -= 1
    month = 1
    while month < 12 and days(year, month + 1, 1) <= day:
        month += 1
    return year * 12 + month - 1
