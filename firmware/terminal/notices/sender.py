"""Sends what lies in the outbox when the modem is free, and follows the delivery reports.

post = Sender(box, modem, log)
modem.on_pdu = post.on_pdu
asyncio.create_task(post.run())
"""

from micropython import const

import sms
from modem import ModemError, SmsInDoubt, SmsRejected
from terminal.security import mask

from . import entry as states
from .reports import Reports

_IDLE = const(60)  # seconds between looks at the clock when nothing is due
_READY = const(30)  # seconds to wait for the modem before looking around again
_PAUSE = const(10)  # seconds after trouble that concerns every notice, growing with each time up to _IDLE
_OWN = (1, 8, 21, 28, 30, 304, 305)  # CMS codes that say nothing about the other notices


class Withdrawn(Exception):
    """The notice was finished while it waited for the line: nothing is to be sent."""


class Sender:
    """One task and one listener around an Outbox.

    box: the Outbox. modem: has send_pdu(hex, length, before_commit=), wait_ready(seconds), ready. log(event, detail).
    enabled: while false nothing is sent, but reports still count; may be changed at any time.
    on_message(sms.Deliver): called with every message received, when set.
    """

    def __init__(self, box, modem, log, enabled: bool = True):
        self._box = box
        self._modem = modem
        self._log = log
        self._reports = Reports(box, log)
        self._troubles = 0
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
        self._reports.recheck()
        self._box.expire()
        self._box.tidy()
        entry, delay = self._box.next()
        if entry is None or not self.enabled:
            return _IDLE
        if delay:
            return min(delay, _IDLE)
        try:
            await self._modem.wait_ready(_READY)
        except ModemError:
            return _PAUSE
        if not self._modem.ready:
            return _PAUSE
        await self._send(entry)
        return min(_IDLE, _PAUSE * self._troubles)

    async def _send(self, entry):
        """Send the parts that have not gone yet, in order and one right after the other."""
        box = self._box
        try:
            parts = sms.submit(entry.number, box.text(entry) or "", validity=box.validity, concat_ref=entry.concat)
        except sms.Error:
            parts = ()
        if len(parts) != len(entry.parts):
            box.give_up(entry, "text")
            return
        for i, part in enumerate(parts):
            if not box.is_open(entry):
                return
            if entry.parts[i][states.STATE] == states.PENDING and not await self._send_part(entry, i, part):
                return

    async def _send_part(self, entry, i, part) -> bool:
        """Send one part and store what became of it. False when the rest of the notice has to wait."""
        box = self._box

        def commit():
            if not box.is_open(entry):
                raise Withdrawn
            box.begin(entry, i)

        try:
            reference = await self._modem.send_pdu(part.hex(), part.length, before_commit=commit)
        except SmsRejected as error:
            self._troubles += 0 if error.code in _OWN else 1
            box.rejected(entry, i, error.code)
        except SmsInDoubt:
            self._troubles += 1
            box.doubt(entry, i)
        except ModemError:
            self._troubles += 1
            if entry.parts[i][states.STATE] == states.SENDING:
                box.doubt(entry, i)
            else:
                box.postponed(entry, i, "modem")
        except Withdrawn:
            return False
        else:
            self._troubles = 0
            box.accepted(entry, i, reference)
        # a report may have been faster than the modem's own answer
        self._reports.recheck()
        return box.is_open(entry) and entry.parts[i][states.STATE] != states.PENDING
