"""The modem as the terminal uses it: state, commands, one TCP connection, SMS in PDU mode."""

import asyncio

from .dialogue import Dialogue
from .errors import CommandError, ModemError, SmsInDoubt, SmsRejected
from .inbox import Inbox, pdu_kind
from .job import NORMAL, SMS, Job
from .keeper import REGISTERED, Keeper, registration
from .trace import mask

# CMS errors after which the message may have gone all the same. Source: 3GPP 27.005 §3.2.5
_AMBIGUOUS = (
    332,  # network time-out: no acknowledgement came
    500,  # unknown error: says nothing about what became of the message
)


class Modem:
    """One modem on one serial line.

    stream: `await read(n)`, `write(data)`, `await drain()`. profile: a table such as SIM7600.
    power: object with `async on()`, `off()`, `reset()`, or None. log: callable(event, detail) or None; details never
    hold a full number or payload.

    `.ready`: SIM, SMS and network are there. `.registered`, `.registration` (3GPP 27.007 §7.2), `.signal` 0..31 or
    None, `.operator` text or None, `.identity` dict with "model", "firmware", "cnmi".
    `.on_pdu(kind, pdu_hex)`: kind "CDS" (status report) or "CMT"; a stored message is deleted only after it returned.
    `.on_state(event)`: "ready", "lost" (network or answer gone), "reset".
    """

    def __init__(self, stream, profile, *, power=None, log=None):
        self.profile = profile
        self.on_pdu = None
        self.on_state = None
        self.initialised = False
        self.was_ready = False
        self.registration = 0
        self.signal = None
        self.operator = None
        self.identity = {}
        self._log = log
        self._claims = 0
        self._is_ready = False
        self._ready_event = asyncio.Event()
        self._dialogue = Dialogue(stream, profile, self.log)
        self._inbox = Inbox(self._dialogue, self._deliver, self.log)
        self._keeper = Keeper(self, self._dialogue, self._inbox, profile, power)
        self._link = profile.link(self._dialogue, profile, self.log)
        for head in ("+CMT", "+CDS"):
            self._dialogue.urcs[head] = self._on_message
        self._dialogue.urcs["+CREG"] = self._on_creg

    # ---- running

    async def run(self) -> None:
        """Task: reader, worker and keeper, until cancelled. Nothing a modem does makes it raise."""
        dialogue = self._dialogue
        tasks = [asyncio.create_task(coro) for coro in (dialogue.read(), dialogue.work(), self._keeper.run())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            dialogue.online = False
            self.initialised = False
            dialogue.fail_all()
            self._link.reset()
            self._update()

    async def wait_ready(self, timeout) -> None:
        """Return once `.ready`. After `timeout` s ModemError with the reason: "no answer", "no sim", "not registered",
        "sms not ready"."""
        try:
            await asyncio.wait_for(self._ready_event.wait(), timeout)
        except asyncio.TimeoutError:
            raise ModemError(self._keeper.stage or "not registered") from None

    @property
    def ready(self) -> bool:
        return self._is_ready

    @property
    def registered(self) -> bool:
        return self.registration in REGISTERED

    def claim(self) -> None:
        """A payment takes the line: no new submission of an SMS and no poll starts until `release()`. Nests."""
        self._claims += 1
        self._dialogue.hold(True)

    def release(self) -> None:
        self._claims = max(0, self._claims - 1)
        self._dialogue.hold(self._claims > 0)

    def last_dialogue(self) -> list:
        """The last lines out (">") and in ("<"), oldest first; numbers, PDUs and payload are masked."""
        return self._dialogue.trace.lines()

    # ---- asking

    async def command(self, text: str, *prefixes, timeout=5) -> list:
        """Give an AT command; return the lines of the reply that start with one of `prefixes` ("+HEAD: value").

        `prefixes` also: ANY ("") for a line without a head, DIGITS for a line of digits. `timeout`: s.
        Raises CommandError, ModemTimeout, ModemReset, ModemError.
        """
        for char in text:
            if not " " <= char <= "~":
                raise ValueError("command")
        return await self._dialogue.command(text, *prefixes, timeout=timeout, rank=NORMAL)

    async def clock(self):
        """Local (year, month, day, hour, minute, second) of the network, or None when the modem does not know it."""
        for line in await self.command("AT+CCLK?", "+CCLK:"):
            text = line[6:].strip().strip('"')
            digits = text[:17].replace("/", "").replace(",", "").replace(":", "")
            if len(text) >= 17 and len(digits) == 12 and digits.isdigit():
                year, month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(0, 12, 2))
                # an unset clock starts at 80/01/06 (GPS) or 70/01/01
                if 23 < year < 70 and 1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 61:
                    return (2000 + year, month, day, hour, minute, second)
        return None

    async def connect(self, host: str, port: int, timeout=30):
        """Open a TCP connection, the network context too when needed; return it. `timeout`: s for all.
        Raises ConnectError, ModemTimeout, ModemReset, ModemError."""
        return await self._link.connect(host, port, timeout)

    def set_apn(self, apn: str) -> None:
        """Access point name for the next network context; None: the one stored in the modem."""
        self._link.apn = apn

    # ---- SMS

    async def send_pdu(self, hex_pdu: str, length: int, timeout=120, before_commit=None) -> int:
        """Submit one SMS PDU (hex, SMSC length octet first); `length`: octets without SMSC. 3GPP 27.005 §4.3.

        `before_commit()` is called right before Ctrl-Z leaves; what it raises stops the submission. `timeout`: s.
        Returns the modem's reference, 0..255. Raises SmsRejected when the message surely was not sent, SmsInDoubt when
        it may have been.
        """
        if pdu_kind(hex_pdu) is None or len(hex_pdu) != 2 * (1 + int(hex_pdu[:2], 16) + length):
            raise SmsRejected(304, "bad PDU")
        if not self._is_ready:
            raise SmsRejected(None, self._keeper.stage or "not registered")
        job = Job(f"AT+CMGS={length}", ("+CMGS:",), timeout, SMS)
        job.data = hex_pdu.encode()
        job.commit = b"\x1a"
        job.before_commit = before_commit
        try:
            await self._dialogue.perform(job)
        except CommandError as error:
            if error.code in _AMBIGUOUS and job.committed:
                raise SmsInDoubt(error.code) from None
            raise SmsRejected(error.code) from None
        except ModemError as error:
            # the reference before OK, or before the fault, proves acceptance
            if not job.lines:
                raise (SmsInDoubt() if job.committed else SmsRejected(None, error.reason)) from None
        reference = job.lines[0][6:].split(",")[0].strip() if job.lines else ""
        if not reference.isdigit() or int(reference[:4]) > 255:
            raise SmsInDoubt()
        return int(reference)

    # ---- signs from below

    def log(self, event: str, detail: str) -> None:
        if self._log is not None:
            self._log(event, mask(detail))

    def restarted(self) -> None:
        """The keeper saw that the modem restarted."""
        self._forget("reset" if self.initialised else None)

    def lost(self) -> None:
        """The keeper found that the modem does not answer."""
        self._dialogue.fail_all()
        self._forget(None)

    def _forget(self, event) -> None:
        self._link.reset()
        self.initialised = False
        self.registration = 0
        self.signal = None
        self._update(event)

    def on_registration(self, text: str) -> None:
        stat = registration(text)
        if stat is not None:
            self.registration = stat
            if not self.registered:
                self.operator = None
            self._update()

    def _on_creg(self, text: str, pdu) -> None:
        self.on_registration(text)

    def _update(self, event: str = None) -> None:
        ready = self.initialised and self.registered
        changed = ready != self._is_ready
        self._is_ready = ready
        if ready:
            self._ready_event.set()
            self.was_ready = True
        else:
            self._ready_event.clear()
        if event is None and changed:
            event = "ready" if ready else "lost"
        if event is not None:
            self.log(event, "")
            if self.on_state is not None:
                self.on_state(event)

    def _on_message(self, text: str, pdu) -> None:
        if pdu is not None:
            self._deliver(pdu)

    def _deliver(self, pdu: str) -> bool:
        kind = pdu_kind(pdu)
        if kind is None:
            self.log("bad pdu", f"{len(pdu)} characters")
            return False
        if self.on_pdu is None:
            return False
        try:
            self.on_pdu(kind, pdu)
        except Exception as error:  # noqa: BLE001 - the receiver's fault must not stop the modem; the message is kept
            self.log("message not taken", type(error).__name__)
            return False
        return True
