"""The modem as the terminal uses it: state, commands, TCP connections, SMS in PDU mode."""

import asyncio

from .dialogue import Dialogue
from .errors import CommandError, ModemError, SmsInDoubt, SmsRejected
from .families import family
from .inbox import Inbox, pdu_kind
from .job import NORMAL, SMS, Job
from .keeper import Keeper
from .profile import Profile
from .readings import DENIED, REGISTERED, clock, number, registration
from .trace import mask

# CMS errors after which the message may have gone all the same. Source: 3GPP 27.005 §3.2.5
_AMBIGUOUS = (
    332,  # network time-out: no acknowledgement came
    500,  # unknown error: says nothing about what became of the message
)
_FULL = (322,)


class Modem:
    """One modem on one serial line.

    stream: `await read(n)`, `write(data)`, `await drain()`; with `set_baudrate(n)` the modem's rate is looked for.
    profile: a Profile, a name out of FAMILIES, or None: found by AT+CGMM. power: see power.Power, or None.
    log: callable(event, detail) or None; details never hold a full number or payload. memory: object with
    `load(key)` -> dict or None and `save(key, dict)`, where findings about modem and SIM are kept, or None.
    pin: digits for a locked SIM, tried once, or None.

    `.ready`: SIM and network are there: TCP works. `.sms_ready`: SMS too. `.stage`: "" when all is well, else "no
    answer", "no sim", "sim locked", "not registered", "denied", "sms not ready", "no sms" (this modem has none).
    `.registered`, `.registration` (3GPP 27.007 §7.2), `.signal` 0..31 or None, `.operator` text or None.
    `.identity`: dict with "model", "firmware", "sim" (8 hex digits that stand for the SIM), "cnmi".
    `.capabilities`: None before SMS is set up, else {"sms": True, "reports": "direct", "stored" or "none", "cnmi",
    "storage"}; {"sms": False} when the modem has no SMS. `.supply_warnings`, `.resets`: counted since the start.
    `.on_pdu(kind, pdu_hex)`: kind "CDS" (status report) or "CMT"; a stored message is deleted only after it returned.
    `.on_state(event)`: "ready", "sms ready", "lost" (network or answer gone), "reset".
    `.on_trouble(reason)`: "time-out", "reset", "garbage", "supply", "cms 38": the moment to keep `last_dialogue()`.
    """

    def __init__(self, stream, profile=None, *, power=None, log=None, memory=None, pin=None):
        if isinstance(profile, str):
            profile = family(profile)
        self.family_known = profile is not None
        self.profile = profile or Profile("")
        self.on_pdu = None
        self.on_state = None
        self.on_trouble = None
        self.initialised = False
        self.was_ready = False
        self.registration = 0
        self.signal = None
        self.operator = None
        self.identity = {}
        self.capabilities = None
        self.supply_warnings = 0
        self.resets = 0
        self._apn = None
        self._log = log
        self._claims = 0
        self._is_ready = False
        self._ready_event = asyncio.Event()
        self._dialogue = Dialogue(stream, self.profile, self.log)
        self._dialogue.on_trouble = self._trouble
        self._inbox = Inbox(self._dialogue, self._deliver, self.log)
        self._keeper = Keeper(self, self._dialogue, self._inbox, power, memory, pin)
        self._link = None
        if profile is not None:
            self.adopt(profile)
        for head in ("+CMT", "+CDS"):
            self._dialogue.urcs[head] = self._on_message
        self._dialogue.urcs["+CREG"] = self._on_creg

    def adopt(self, profile, known: bool = True) -> None:
        """The keeper found the family; `known` False: this is the nearest."""
        self.family_known = known
        if self._link is None or profile is not self.profile:
            self.profile = profile
            self._dialogue.adopt(profile)
            self._keeper.listen(profile)
            self._link = profile.link(self._dialogue, profile, self.log)
            self._link.apn = self._apn

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
            if self._link is not None:
                self._link.reset()
            self._update()

    async def wait_ready(self, timeout) -> None:
        """Return once `.ready`. After `timeout` s ModemError with the reason, see `.stage`."""
        try:
            await asyncio.wait_for(self._ready_event.wait(), timeout)
        except asyncio.TimeoutError:
            raise ModemError(self.stage or "not registered") from None

    @property
    def stage(self) -> str:
        if self._keeper.stage:
            return self._keeper.stage
        if not self.registered:
            return "denied" if self.registration == DENIED else "not registered"
        if self._keeper.sms:
            return ""
        return "sms not ready" if self._keeper.sms is None else "no sms"

    @property
    def ready(self) -> bool:
        return self._is_ready

    @property
    def sms_ready(self) -> bool:
        return self._is_ready and bool(self._keeper.sms)

    @property
    def registered(self) -> bool:
        return self.registration in REGISTERED

    def claim(self) -> None:
        """A payment takes the line until `release()`; nests.

        A message not yet at its Ctrl-Z is broken off at once and ends as SmsRejected(None, "preempted"). One after its
        Ctrl-Z may take profile.yield_s more, other commands 2 s. So the payment's first command leaves after at most
        profile.yield_s and one fence: 8.3 s with a modem that answers; without an SMS under way at once, with one
        broken off after 0.2 s. If the modem answers no more, the command fails with ModemError("no answer") after
        profile.yield_s and three tries of the fence: 14.5 s; so do all others, at once, until it was restarted.
        """
        self._claims += 1
        self._dialogue.hold(True)

    def release(self) -> None:
        self._claims = max(0, self._claims - 1)
        self._dialogue.hold(self._claims > 0)

    @property
    def claimed(self) -> bool:
        """Whether a payment holds the line."""
        return self._claims > 0

    @property
    def storage_full(self) -> bool:
        """Whether the modem said that its message storage is full and nothing could be taken out of it since."""
        return self._inbox.crowded

    async def restart(self) -> None:
        """Restart the modem by its own command, by power if it does not take that; or switch it on again after
        `power_down()`. Raises ModemError when it can do neither. `wait_ready()` tells when it is back."""
        await self._keeper.restart()

    async def power_down(self) -> None:
        """Sign off and switch off, for good until `restart()`. Returns when it is off, or should be."""
        await self._keeper.power_down()

    def last_dialogue(self) -> list:
        """A recording: the last lines out and in, oldest first; numbers, PDUs and payload are masked. See trace.py."""
        names = [(self.identity.get(name) or "-").replace(" ", "_") for name in ("model", "firmware")]
        return [f"# posterm modem recording 1 {names[0]} {names[1]}"] + self._dialogue.trace.lines()

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
            return clock(line)
        return None

    async def own_number(self):
        """The number that the SIM has on record for itself, such as "+8613800138000", or None. 3GPP 27.007 §7.1."""
        try:
            lines = await self.command("AT+CNUM", "+CNUM:")
        except CommandError:
            return None
        for line in lines:
            found = number(line)
            if found is not None:
                return found
        return None

    async def connect(self, host: str, port: int, timeout=30):
        """Open a TCP connection, the network context too when needed; return it. `timeout`: s for all.
        Raises ConnectError, ModemTimeout, ModemReset, ModemError."""
        if self._link is None:
            raise ModemError("no answer")
        return await self._link.connect(host, port, timeout)

    def set_apn(self, apn: str) -> None:
        """Access point name for the next network context; None: the one stored in the modem."""
        self._apn = apn
        if self._link is not None:
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
        if not self.sms_ready:
            raise SmsRejected(None, self.stage or "not registered")
        job = Job(f"AT+CMGS={length}", ("+CMGS:",), timeout, SMS)
        job.data = hex_pdu.encode()
        job.commit = b"\x1a"
        job.before_commit = before_commit
        try:
            await self._dialogue.perform(job)
        except CommandError as error:
            self._dialogue.trouble("cms" if error.code is None else f"cms {error.code}")
            if error.code in _FULL:
                self._inbox.full()
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
        if self.initialised:
            self._dialogue.trouble("reset")
        self._forget("reset" if self.initialised else None)

    def lost(self) -> None:
        """The keeper found that the modem does not answer."""
        self._dialogue.fail_all(ModemError("no answer"))
        self._forget(None)

    def _forget(self, event) -> None:
        if self._link is not None:
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

    def sms_set_up(self, capabilities) -> None:
        """The keeper has set up SMS, or found that there is none."""
        self.capabilities = capabilities
        self.identity["cnmi"] = capabilities.get("cnmi", "")
        if self.sms_ready and self.on_state is not None:
            self.on_state("sms ready")

    def _trouble(self, reason: str) -> None:
        if self.on_trouble is not None:
            try:
                self.on_trouble(reason)
            except Exception as error:  # noqa: BLE001 - keeping a recording must not stop the modem
                self.log("recording", type(error).__name__)

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
