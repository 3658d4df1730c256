"""Behind the radio: the message centre, which keeps what modem or phones cannot take now, and the customers' phones.

Its life is that of the network: a reboot of the modem changes nothing here.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from posterm.sim.modem.config import ModemConfig
from posterm.sim.modem.inbox import KEPT, Inbox
from posterm.sim.modem.phone import EXPIRED, FAILED_STATUS, TRYING, Phone, report_plan, same_number
from posterm.sim.modem.tpdu import Submit, deliver_of, encode_deliver, encode_status_report, local_time

VALIDITY = timedelta(days=3)  # of messages that name none


@dataclass
class Held:
    """A part for a phone that cannot take it now."""

    message: Submit
    reference: int
    sent: datetime
    timer: asyncio.TimerHandle | None = None


class MessageCentre:
    """Takes submitted messages, fills the phones' inboxes, sends reports and replies back to the modem.

    intake: `(kind, pdu) -> bool`, kind "deliver" or "report"; False keeps the PDU for a later `flush`.
    """

    def __init__(
        self,
        config: ModemConfig,
        now: Callable[[], datetime],
        intake: Callable[[str, bytes], bool],
        sms_log: Callable[[dict], None] | None = None,
    ):
        self._config = config
        self._now = now
        self._intake = intake
        self._reference = config.first_reference
        self._timers: set[asyncio.TimerHandle] = set()
        self._phones: list[Phone] = []
        self._held: list[Held] = []
        self.report_mode = config.report_mode
        report_plan(self.report_mode)
        self.waiting: deque[tuple[str, bytes]] = deque(maxlen=KEPT)  # for the modem, in order
        self.phones = Inbox(sms_log)
        self.sent: list[dict] = []  # every part the modem submitted
        self.sent_count = 0
        self.inbox = self.phones.whole
        self.messages, self.incomplete, self.clear = self.phones.messages, self.phones.incomplete, self.phones.clear
        self.wait_inbox = self.phones.wait

    # the phones as they are set up

    def phone(self, number: str) -> Phone | None:
        """Return the phone that was set up for a number, in any of its forms."""
        return next((phone for phone in self._phones if same_number(phone.number, number)), None)

    def set_phone(self, number: str, **changes) -> Phone:
        """Set up or change a phone; one that becomes reachable gets what waits for it."""
        phone = self.phone(number) or Phone(number)
        phone.change(**changes)
        if phone not in self._phones:
            self._phones.append(phone)
        if phone.reachable:
            held = [entry for entry in self._held if same_number(entry.message.number, number)]
            for entry in held:
                self._held.remove(entry)
                self._cancel(entry.timer)
                self._arrive(entry.message, entry.reference, entry.sent, self._plan(number, told=True))
        return phone

    def set_report_mode(self, mode: str, number: str | None = None) -> None:
        """How reports come from now on, for everybody or for one recipient."""
        report_plan(mode)
        if number is not None:
            self.set_phone(number, report=mode)
            return
        self.report_mode = mode
        for phone in self._phones:
            phone.report = None

    def refusal(self, number: str) -> int | None:
        """Return the +CMS ERROR with which the network refuses messages to a number."""
        phone = self.phone(number)
        return phone.refuse if phone else None

    def _plan(self, number: str, told: bool = False) -> tuple:
        """Return the reports to make; `told`: the network has already said that it is still trying."""
        phone = self.phone(number)
        plan = report_plan((phone.report if phone else None) or self.report_mode)
        return tuple(report for report in plan if report[1] != TRYING) if told else plan

    # from the modem

    def submit(self, message: Submit, reference: int | None = None, lost: bool = False) -> int:
        """Take one part from the modem; return the reference the network gives it, or the one demanded.

        lost: it is never heard of again.
        """
        if reference is None:
            reference = self._reference
            self._reference = (reference + 1) % 256
        self.sent_count += 1
        sent = local_time(self._now(), self._config.zone)
        ref, total, part = message.concat or (None, 1, 1)
        record = {
            "number": message.number,
            "text": message.text,
            "reference": reference,
            "concat": ref,
            "total": total,
            "part": part,
            "report": message.report,
            "time": self._now().isoformat(),
        }
        self.sent.append(record)
        del self.sent[:-KEPT]
        phone = self.phone(message.number)
        if lost:
            return reference
        if phone is not None and not phone.exists:
            self._report_later(1.0, message, reference, FAILED_STATUS, sent)
        elif phone is not None and not phone.reachable:
            self._hold(message, reference, sent)
        else:
            self._arrive(message, reference, sent, self._plan(message.number))
        return reference

    def _arrive(self, message: Submit, reference: int, sent: datetime, plan: tuple) -> None:
        """A part reaches its phone (unless the plan says it never does), and is reported."""
        if not any(status >= 0x40 for _, status, _ in plan):
            own = self._config.own_number
            if own is not None and same_number(own, message.number):
                self._later(self._config.report_delay, self._come_back, message)
            else:
                self._collect(message, reference)
        for factor, status, national in plan:
            self._report_later(factor, message, reference, status, sent, national)

    def _collect(self, message: Submit, reference: int) -> None:
        if not self.phones.collect(message, reference, self._now().isoformat()):
            return
        phone = self.phone(message.number)
        answer = phone.next_answer() if phone else None
        if answer is not None:
            self._later(self._config.report_delay, self.deliver, message.number, answer)

    def _come_back(self, message: Submit) -> None:
        when = local_time(self._now(), self._config.zone)
        sender = self._config.own_number or message.number
        self._send("deliver", deliver_of(message, sender, self._config.smsc, when, self._config.zone))

    def _hold(self, message: Submit, reference: int, sent: datetime) -> None:
        """Keep a part until its phone can take it or its validity is over (3GPP 23.040 §9.2.3.12)."""
        validity = message.validity
        if isinstance(validity, datetime):
            now = self._now()
            aware = now if now.tzinfo else now.replace(tzinfo=timezone(timedelta(minutes=15 * self._config.zone)))
            validity = validity - aware
        seconds = max(0.0, (VALIDITY if validity is None else validity).total_seconds())
        entry = Held(message, reference, sent)
        entry.timer = self._later(seconds, self._expire, entry)
        self._held.append(entry)
        del self._held[:-KEPT]
        if self._plan(message.number):
            self._report_later(1.0, message, reference, TRYING, sent)

    def _expire(self, entry: Held) -> None:
        self._held.remove(entry)
        if self._plan(entry.message.number):
            self._report(entry.message.number, entry.reference, EXPIRED, entry.sent)

    @property
    def held(self) -> int:
        """Parts that wait for a phone."""
        return len(self._held)

    # reports

    def _later(self, delay: float, call: Callable, *arguments) -> asyncio.TimerHandle:
        def due():
            self._timers.discard(timer)
            call(*arguments)

        timer = asyncio.get_running_loop().call_later(delay, due)
        self._timers.add(timer)
        return timer

    def _cancel(self, timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
            self._timers.discard(timer)

    def _report_later(
        self, factor: float, message: Submit, reference: int, status: int, sent: datetime, national: bool = False
    ) -> None:
        if not message.report:
            return
        number = message.number.removeprefix("+86") if national else message.number
        if factor == 0:
            self._report(number, reference, status, sent)
        else:
            self._later(factor * self._config.report_delay, self._report, number, reference, status, sent)

    def _report(self, number: str, reference: int, status: int, sent: datetime) -> None:
        done = local_time(self._now(), self._config.zone)
        self._send(
            "report",
            encode_status_report(number, reference, status, self._config.smsc, sent, done, self._config.zone),
        )

    # towards the modem

    def deliver(self, number: str, text: str) -> int:
        """A phone writes to the terminal; return the number of parts."""
        when = local_time(self._now(), self._config.zone)
        pdus = encode_deliver(number, text, self._config.smsc, when, self._config.zone)
        for pdu in pdus:
            self._send("deliver", pdu)
        return len(pdus)

    def deliver_pdu(self, kind: str, pdu: bytes) -> None:
        """Bring a PDU (with SMSC octets) to the modem as it stands, right or wrong."""
        if kind not in ("deliver", "report") or not pdu:
            raise ValueError("a PDU is a deliver or a report")
        self._send(kind, pdu)

    def _send(self, kind: str, pdu: bytes) -> None:
        self.waiting.append((kind, pdu))
        self.flush()

    def flush(self) -> None:
        """Hand over what waits, in order, as far as the modem takes it."""
        for _ in range(len(self.waiting)):
            kind, pdu = self.waiting.popleft()
            if not self._intake(kind, pdu):
                self.waiting.append((kind, pdu))

    def close(self) -> None:
        """End the timers of reports still to come."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
