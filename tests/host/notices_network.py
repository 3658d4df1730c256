"""A phone network with a modem in front of it, for the tests of the notices: what left is read with python-gammu."""

import asyncio
import os
import time

import gammu

from modem import ModemError, SmsInDoubt, SmsRejected

EPOCH = 946684800  # 2000-01-01 in Unix time
START = 848609100  # 2026-11-21 20:45:00, in seconds since 2000-01-01


class PowerCut(KeyboardInterrupt):
    """The supply fails: asyncio lets this class, and no other, out of callbacks and tasks at once."""


class Cut:
    """Cuts the power at its n-th step, and lets nothing happen afterwards. `at` 0: never."""

    def __init__(self, at=0):
        self.at = at
        self.count = 0

    @property
    def off(self):
        return 0 < self.at <= self.count

    def step(self):
        if not self.off:
            self.count += 1
        if self.off:
            raise PowerCut

    def journal(self, store):
        """A journal whose appends have three steps: nothing written, half a record written, all of it."""
        return _CutJournal(store, self)


class _CutJournal:
    def __init__(self, store, cut):
        self._store = store
        self._cut = cut

    def __getattr__(self, name):
        return getattr(self._store, name)

    def append(self, kind, payload):
        self._cut.step()
        sequence = self._store.append(kind, payload)
        try:
            self._cut.step()
        except PowerCut:
            segment = max(name for name in os.listdir(self._store._directory) if name[0] == "s")
            path = self._store._directory + "/" + segment
            os.truncate(path, os.path.getsize(path) - len(payload) // 2)
            raise
        self._cut.step()
        return sequence


class Network:
    """Keeps every SMS-SUBMIT that left a modem, delivers it when told, and writes the reports a service centre would.

    Phones keep parts for ever and put them together by their concatenation reference: the worst case for doubles.
    """

    def __init__(self):
        self.elapsed = 0  # seconds of earlier virtual loops, since each loop begins at 0
        self.submitted = []  # (number, text of the part, (concatenation reference, part, parts) or None, TP-MR, time)
        self.validities = []  # seconds the network tries
        self.fates = []  # of each: None while it tries, then "delivered", "failed", "abandoned" or "expired"
        self.next_reference = 250  # soon comes round
        self._phones = {}  # number: (inbox of whole texts, {(reference, parts): {part: text}})

    def now(self):
        """The network's own time; a terminal's clock may be wrong."""
        return START + self.elapsed + int(asyncio.get_running_loop().time())

    def submit(self, pdu_hex, length):
        pdu = bytes.fromhex(pdu_hex)
        assert pdu[0] == 0 and len(pdu) == length + 1, "AT+CMGS would answer CMS 304"
        message = gammu.DecodePDU(pdu)
        header = message["UDH"]
        place = (header["ID8bit"], header["PartNumber"], header["AllParts"]) if header["AllParts"] > 0 else None
        reference = self.next_reference
        self.next_reference = (reference + 1) & 0xFF
        self.submitted.append((message["Number"], message["Text"], place, reference, self.now()))
        self.validities.append(_validity(pdu))
        self.fates.append(None)
        assert pdu[1] & 0x20, "no status report was asked for"
        return reference

    def end(self, index, fate):
        """Decide what becomes of a submission, once; after its validity it can only expire."""
        number, text, place, _, at = self.submitted[index]
        if self.fates[index] is None:
            self.fates[index] = "expired" if self.now() > at + self.validities[index] else fate
            if self.fates[index] == "delivered":
                inbox, waiting = self._phones.setdefault(number, ([], {}))
                if place is None:
                    inbox.append(text)
                    return
                parts = waiting.setdefault((place[0], place[2]), {})
                parts[place[1]] = text
                if len(parts) == place[2]:
                    inbox.append("".join(parts[i] for i in sorted(parts)))
                    del waiting[place[0], place[2]]

    def inbox(self, number):
        """The whole messages a phone has shown."""
        return self._phones.get(number, ([],))[0]

    def truth(self, index, **changes):
        """The report that says what has become of a submission so far."""
        status = {None: 0x30, "delivered": 0, "failed": 0x41, "abandoned": 0x62, "expired": 0x46}[self.fates[index]]
        return self.report(index, status, **changes)

    def report(self, index, status=0, number=None, reference=None):
        """The SMS-STATUS-REPORT about the submission at `index` (3GPP 23.040 §9.2.2.3), hexadecimal with its SMSC."""
        to, _, _, own_reference, at = self.submitted[index]
        return status_report(own_reference if reference is None else reference, number or to, at, self.now(), status)


def status_report(reference, number, submitted, done, status):
    digits = number.lstrip("+")
    address = bytes((len(digits), 0x91 if number[0] == "+" else 0x81)) + _swapped(digits)
    body = bytes((0x06, reference)) + address + _stamp(submitted) + _stamp(done) + bytes((status,))
    return (bytes.fromhex("0891683108100005F0") + body).hex().upper()


def _validity(pdu):
    """Seconds of a relative TP-VP (3GPP 23.040 §9.2.3.12.1)."""
    value = pdu[5 + (pdu[3] + 1) // 2 + 2]
    assert pdu[1] & 0x18 == 0x10, "no relative validity"
    if value < 144:
        return (value + 1) * 300
    return 43200 + (value - 143) * 1800 if value < 168 else (value - 166) * 86400


def _swapped(digits):
    digits += "F" * (len(digits) % 2)
    return bytes(int(digits[i + 1] + digits[i], 16) for i in range(0, len(digits), 2))


def _stamp(seconds):
    t = time.gmtime(EPOCH + seconds)
    return _swapped("%02d%02d%02d%02d%02d%02d" % (t[0] % 100, *t[1:6])) + b"\x23"  # UTC+8, in quarters of an hour


class Modem:
    """Behaves as `modem` promises for send_pdu. `plan`: what happens at each submission, in turn; then "ok" for ever.

    "ok"; a number: refused with that CMS code; "gone" and "lost": in doubt, the message has left or not; "down": the
    line fails before Ctrl-Z; "broken": it fails after the commit, and not as in doubt; "early": the report overtakes
    +CMGS; "preempted": a payment takes the line before Ctrl-Z; any other word: the modem's own reason before Ctrl-Z.
    """

    def __init__(self, network, plan=(), cut=None):
        self.network = network
        self.plan = list(plan)
        self.cut = cut or Cut()
        self.ready = True
        self.stage = ""
        self.signal = 17
        self.registration = 1
        self.supply_warnings = 0
        self.resets = 0
        self.reports = False  # deliver each message and its report after 6 s
        self.on_pdu = None
        self.calls = 0
        self.times = []  # of the submissions' beginnings
        self.busy = None  # an Event while a payment holds the line
        self.national = False

    async def wait_ready(self, timeout):
        if not self.ready:
            await asyncio.sleep(timeout)
            raise ModemError(self.stage or "not registered")

    async def send_pdu(self, pdu, length, timeout=120, before_commit=None):
        self.calls += 1
        self.times.append(asyncio.get_running_loop().time())
        if self.busy is not None:
            await self.busy.wait()
        step = self.plan.pop(0) if self.plan else "ok"
        await asyncio.sleep(0.2)  # the prompt
        if step == "down":
            raise ModemError("time-out")
        if isinstance(step, str) and step not in ("ok", "gone", "lost", "broken", "early"):
            raise SmsRejected(None, step)
        if before_commit is not None:
            before_commit()
        self.cut.step()
        if step == "lost":
            raise SmsInDoubt
        if step == "broken":
            raise ModemError("reset")
        if isinstance(step, int):
            await asyncio.sleep(1)
            raise SmsRejected(step)
        reference = self.network.submit(pdu, length)
        self.cut.step()
        index = len(self.network.submitted) - 1
        if step == "early":
            self.network.end(index, "delivered")
            self.on_pdu("CDS", self.network.report(index))
        await asyncio.sleep(2)
        self.cut.step()
        if step == "gone":
            raise SmsInDoubt
        if self.reports:
            asyncio.get_running_loop().call_later(6, self._report, index)
        return reference

    def _report(self, index):
        if not self.cut.off:
            self.network.end(index, "delivered")
            number = self.network.submitted[index][0]
            self.on_pdu("CDS", self.network.report(index, number=number[3:] if self.national else number))
