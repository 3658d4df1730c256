"""Sends what lies in the outbox when the modem is free, and follows the delivery reports.

    post = Sender(box, modem, log)
    modem.on_pdu = post.on_pdu
    asyncio.create_task(post.run())

What meets every notice alike (no SIM, no network, a modem that hangs) makes the sender wait, longer each time, and
counts against none of them. A payment that takes the line is no trouble at all: the notice goes when it is over.
"""

from micropython import const

import sms
from modem import ModemError, SmsInDoubt, SmsRejected
from terminal.security import mask

from .entry import PENDING, SENDING, STATE, concerns_all, conditions
from .reports import Reports

_IDLE = const(60)  # seconds between looks at the clock when nothing is due
_READY = const(30)  # seconds to wait for the modem before looking around again
_PAUSE = const(10)  # seconds until the next look when it is not ready, or a report is held
_SOON = const(1)  # seconds after a payment took the line
_HOLD = (10, 30, 120, 600)  # seconds after trouble that concerns every notice; what was newly queued is tried once
# what Modem.stage and its errors say; anything else is "modem"
_STAGES = ("no answer", "no sim", "sim locked", "sms not ready", "no sms", "not registered", "denied")


class Withdrawn(Exception):
    """The notice was finished while it waited for the line: nothing is to be sent."""


class Sender:
    """One task and one listener around an Outbox.

    box: the Outbox. modem: has send_pdu(hex, length, before_commit=), wait_ready(seconds), ready, and for the evidence
    stage, signal, registration, supply_warnings, resets. log(event, detail).
    enabled: while false nothing is sent, but reports still count; may be changed at any time. Or enabled(audience) ->
    bool: whether notices of this audience are sent.
    on_message(sms.Deliver): called with every message received, when set. What it raises goes on to the modem, which
    keeps the message.
    """

    def __init__(self, box, modem, log, enabled=True):
        self._box = box
        self._modem = modem
        self._log = log
        self._reports = Reports(box, log)
        self._troubles = 0
        self._hold = 0  # on the outbox's clock: nothing is tried before
        self.enabled = enabled
        self.on_message = None

    async def run(self):
        """Work for ever, whatever the modem or the medium do; after a cancellation it may be started again."""
        self._box.recover()
        while True:
            try:
                delay = await self._round()
            except OSError as error:
                self._log("notice.storage", repr(error))
                delay = _IDLE
            if self._reports.holding:
                delay = min(delay, _PAUSE)
            await self._box.wait(delay)

    def on_pdu(self, kind: str, pdu: str) -> None:
        """Take what the modem received: kind "CDS" a delivery report, "CMT" a message; pdu in hexadecimal."""
        try:
            message = sms.parse(pdu)
        except sms.Error as error:
            self._log("notice.pdu", "%s, %s" % (kind, error))
            return
        if isinstance(message, sms.StatusReport):
            self._reports.arrived(message)
            self._box.wake()
        elif self.on_message is not None:
            self.on_message(message)
        else:
            self._log("sms.received", "from %s, %d characters" % (mask.number(message.sender), len(message.text)))

    async def _round(self):
        """Send what is due, at most one notice; return the seconds until the next look."""
        box = self._box
        box.settle()
        self._reports.recheck()
        box.expire()
        box.tidy()
        allows = self.enabled if callable(self.enabled) else None
        entry, delay = box.next(allows)
        if entry is None or not self.enabled:
            return _IDLE
        if delay:
            return min(delay, _IDLE)
        hold = self._hold - box.uptime()
        if hold > 0 and not box.fresh:
            return min(hold, _IDLE)
        try:
            await self._modem.wait_ready(_READY)
        except ModemError as error:
            self._note(error.reason)
            return _PAUSE
        box.stage = self._modem.stage
        if box.stage or not self._modem.ready:
            return _PAUSE
        box.fresh = False
        pause = await self._send(entry)
        box.settle()
        return pause

    async def _send(self, entry):
        """Send the parts that have not gone yet, in order and one right after the other; return the pause to make."""
        box = self._box
        if not box.in_time(entry):
            return 0
        text = box.text(entry) or ""
        try:
            parts = sms.submit(entry.number, text, validity=box.remaining(entry), concat_ref=entry.concat)
        except sms.Error:
            parts = ()
        if len(parts) != len(entry.parts):
            box.give_up(entry, "text")
            return 0
        pause = 0
        for i, part in enumerate(parts):
            if entry.parts[i][STATE] == PENDING:
                pause = await self._send_part(entry, i, part)
                # behind a part in doubt the others follow: within the window they may still make it a whole
                if not box.is_open(entry) or entry.parts[i][STATE] == PENDING:
                    break
        return pause

    async def _send_part(self, entry, i, part):
        """Send one part and store what became of it; return the seconds for which all notices have to wait."""
        box = self._box
        modem = self._modem
        supply = modem.supply_warnings + modem.resets

        def commit():
            if not box.is_open(entry):
                raise Withdrawn
            box.begin(entry, i)

        entry.air = conditions(modem.signal, modem.registration, False)
        try:
            reference = await modem.send_pdu(part.hex(), part.length, before_commit=commit)
            error = None
        except Withdrawn:
            return 0
        except ModemError as caught:
            error = caught
        if supply != modem.supply_warnings + modem.resets:
            entry.air = conditions(modem.signal, modem.registration, True)
        begun = entry.parts[i][STATE] == SENDING
        pause = 0
        if error is None:
            more = i + 1 < len(entry.parts) and entry.parts[i + 1][STATE] == PENDING
            box.accepted(entry, i, reference, more)
            box.stage = ""
            if self._troubles:
                self._troubles = self._hold = 0
                box.hurry()
        elif error.reason == "preempted" and not begun:
            return _SOON
        elif begun and (isinstance(error, SmsInDoubt) or not isinstance(error, SmsRejected)):
            pause = self._trouble()
            box.doubt(entry, i)
        else:
            code = error.code if isinstance(error, SmsRejected) else None
            if code is None:
                self._note(error.reason)
            if concerns_all(code):
                pause = self._trouble()
            box.rejected(entry, i, code, box.stage or "modem")
        # a report may have been faster than the modem's own answer
        self._reports.recheck()
        return pause

    def _note(self, reason):
        """Remember why the modem takes nothing: the cause of all that waits."""
        self._box.stage = reason if reason in _STAGES else "modem"

    def _trouble(self):
        """Return the seconds to wait after one more trouble that concerns every notice."""
        pause = _HOLD[min(self._troubles, len(_HOLD) - 1)]
        self._troubles += 1
        self._hold = self._box.uptime() + pause
        return min(pause, _IDLE)
