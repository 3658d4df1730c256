"""A phone network with a modem in front of it, for the tests of the notices: what left is read with python-gammu."""

import asyncio
import time

import gammu

from modem import ModemError, SmsInDoubt, SmsRejected

EPOCH = 946684800  # 2000-01-01 in Unix time
START = 848609100  # 2026-11-21 20:45:00, in seconds since 2000-01-01


class PowerCut(KeyboardInterrupt):
    """The supply fails: asyncio lets this class, and no other, out of callbacks and tasks at once."""


class Network:
    """Keeps every SMS-SUBMIT that left a modem, and writes the reports a service centre would send."""

    def __init__(self):
        self.elapsed = 0  # seconds of earlier virtual loops, since each loop begins at 0
        self.submitted = []  # (number, text of the part, (concatenation reference, part, parts) or None, TP-MR, time)
        self.next_reference = 250  # soon comes round

    def now(self):
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
        assert pdu[1] & 0x20, "no status report was asked for"
        return reference

    def report(self, index, status=0, number=None, reference=None):
        """The SMS-STATUS-REPORT about the submission at `index` (3GPP 23.040 §9.2.2.3), hexadecimal with its SMSC."""
        to, _, _, own_reference, at = self.submitted[index]
        return status_report(own_reference if reference is None else reference, number or to, at, self.now(), status)


def status_report(reference, number, submitted, done, status):
    digits = number.lstrip("+")
    address = bytes((len(digits), 0x91 if number[0] == "+" else 0x81)) + _swapped(digits)
    body = bytes((0x06, reference)) + address + _stamp(submitted) + _stamp(done) + bytes((status,))
    return (bytes.fromhex("0891683108100005F0") + body).hex().upper()


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
    +CMGS.
    """

    def __init__(self, network, plan=()):
        self.network = network
        self.plan = list(plan)
        self.ready = True
        self.reports = False  # deliver each message and its report after 6 s
        self.on_pdu = None
        self.calls = 0
        self.busy = None  # an Event while a payment holds the line
        self.national = False

    async def wait_ready(self, timeout):
        if not self.ready:
            await asyncio.sleep(timeout)
            raise ModemError("not ready")

    async def send_pdu(self, pdu, length, timeout=120, before_commit=None):
        self.calls += 1
        if self.busy is not None:
            await self.busy.wait()
        step = self.plan.pop(0) if self.plan else "ok"
        await asyncio.sleep(0.2)  # the prompt
        if step == "down":
            raise ModemError("time-out")
        if before_commit is not None:
            before_commit()
        if step == "lost":
            raise SmsInDoubt
        if step == "broken":
            raise ModemError("reset")
        if isinstance(step, int):
            await asyncio.sleep(1)
            raise SmsRejected(step)
        reference = self.network.submit(pdu, length)
        index = len(self.network.submitted) - 1
        if step == "early":
            self.on_pdu("CDS", self.network.report(index))
        await asyncio.sleep(2)
        if step == "gone":
            raise SmsInDoubt
        if self.reports:
            asyncio.get_running_loop().call_later(6, self._report, index)
        return reference

    def _report(self, index):
        number = self.network.submitted[index][0]
        self.on_pdu("CDS", self.network.report(index, number=number[3:] if self.national else number))
