"""Behind the radio: the message centre, which keeps what the modem cannot take now, and the customers' phones.

Its life is that of the network: a reboot of the modem changes nothing here.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime

from posterm.sim.modem.config import ModemConfig
from posterm.sim.modem.tpdu import Submit, encode_deliver, encode_status_report, local_time

KEPT = 1000  # messages remembered in each list

# report mode -> (multiple of the report delay, TP-ST, national address) of each report; failed: takes its status
REPORTS = {
    "delivered": ((1.0, 0x00, False),),
    "never": (),
    "early": ((0.0, 0x00, False),),
    "twice": ((1.0, 0x00, False), (1.5, 0x00, False)),
    "national": ((1.0, 0x00, True),),
    "trying": ((1.0, 0x30, False), (2.0, 0x00, False)),
}
FAILED_STATUS = 0x41  # incompatible destination, 3GPP 23.040 §9.2.3.15


def same_number(a: str, b: str) -> bool:
    """True when two forms of a number mean the same subscriber (+8613… and 13…)."""
    a, b = a.lstrip("+"), b.lstrip("+")
    return a == b or (min(len(a), len(b)) >= 7 and (a.endswith(b) or b.endswith(a)))


def report_plan(mode: str) -> tuple:
    """Return the reports a mode makes. Raises ValueError for an unknown mode."""
    name, _, status = mode.partition(":")
    if name == "failed":
        value = int(status, 0) if status else FAILED_STATUS
        if not 0x20 <= value <= 0x7F:
            raise ValueError("a failure status is 0x20 to 0x7F")
        return ((1.0, value, False),)
    if mode not in REPORTS:
        raise ValueError(f"report mode is one of {', '.join(REPORTS)}, failed:<status>")
    return REPORTS[mode]


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
        self._sms_log = sms_log
        self._reference = config.first_reference
        self._timers: set[asyncio.TimerHandle] = set()
        self._changed = asyncio.Event()
        self._modes: dict[str, str] = {}
        self.report_mode = config.report_mode
        report_plan(self.report_mode)
        self.waiting: deque[tuple[str, bytes]] = deque(maxlen=KEPT)  # for the modem, in order
        self.inbox: list[dict] = []
        self.sent: list[dict] = []  # every part the modem submitted
        self.partial: dict[tuple, dict] = {}
        self.sent_count = 0

    def set_report_mode(self, mode: str, number: str | None = None) -> None:
        """How reports come from now on, for everybody or for one recipient."""
        report_plan(mode)
        if number is None:
            self.report_mode = mode
            self._modes.clear()
        else:
            self._modes[number] = mode

    def _mode_for(self, number: str) -> str:
        return next((mode for known, mode in self._modes.items() if same_number(known, number)), self.report_mode)

    def submit(self, message: Submit) -> int:
        """Take one part from the modem; return the reference the network gives it."""
        reference = self._reference
        self._reference = (reference + 1) % 256
        self.sent_count += 1
        sent = local_time(self._now(), self._config.zone)
        plan = report_plan(self._mode_for(message.number))
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
        if not any(status >= 0x40 for _, status, _ in plan):
            self._collect(message, reference)
        if message.report:
            for factor, status, national in plan:
                number = message.number.removeprefix("+86") if national else message.number
                if factor == 0:
                    self._report(number, reference, status, sent)
                else:
                    self._later(factor * self._config.report_delay, self._report, number, reference, status, sent)
        return reference

    def _later(self, delay: float, call: Callable, *arguments) -> None:
        def due():
            self._timers.discard(timer)
            call(*arguments)

        timer = asyncio.get_running_loop().call_later(delay, due)
        self._timers.add(timer)

    def _report(self, number: str, reference: int, status: int, sent: datetime) -> None:
        done = local_time(self._now(), self._config.zone)
        self._send(
            "report",
            encode_status_report(number, reference, status, self._config.smsc, sent, done, self._config.zone),
        )

    # the phones

    def _collect(self, message: Submit, reference: int) -> None:
        if message.concat is None:
            self._receive(message, {1: message.text}, [reference], None)
            return
        ref, total, part = message.concat
        if not 1 <= part <= total:
            return  # 3GPP 23.040 §9.2.3.24.1: such an element is ignored
        key = (message.number, ref, total)
        entry = self.partial.setdefault(
            key, {"number": message.number, "concat": ref, "total": total, "parts": {}, "references": []}
        )
        entry["parts"][part] = message.text
        entry["references"].append(reference)
        if len(entry["parts"]) == total:
            del self.partial[key]
            self._receive(message, entry["parts"], entry["references"], {"reference": ref, "total": total})
        while len(self.partial) > KEPT:
            del self.partial[next(iter(self.partial))]

    def _receive(self, message: Submit, parts: dict[int, str], references: list[int], udh: dict | None) -> None:
        entry = {
            "number": message.number,
            "text": "".join(parts[part] for part in sorted(parts)),
            "parts": len(parts),
            "references": references,
            "coding": message.coding,
            "class": message.message_class,
            "udh": udh,
            "time": self._now().isoformat(),
        }
        self.inbox.append(entry)
        del self.inbox[:-KEPT]
        if self._sms_log is not None:
            self._sms_log(entry)
        self._changed.set()

    def messages(self, number: str | None = None) -> list[dict]:
        """Return what one phone, or all, received so far."""
        return [entry for entry in self.inbox if number is None or same_number(number, entry["number"])]

    def incomplete(self) -> list[dict]:
        """Return messages of which parts are missing: number, concat, total, have, references."""
        return [
            {
                "number": entry["number"],
                "concat": entry["concat"],
                "total": entry["total"],
                "have": sorted(entry["parts"]),
                "references": entry["references"],
            }
            for entry in self.partial.values()
        ]

    async def wait_inbox(self, count: int, timeout: float, number: str | None = None) -> list[dict]:
        """Return the messages once there are `count`. Raises ValueError after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while len(self.messages(number)) < count:
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), end - loop.time())
            except asyncio.TimeoutError:
                raise ValueError(f"only {len(self.messages(number))} of {count} messages arrived") from None
        return self.messages(number)

    def clear(self) -> None:
        """Empty the phones."""
        self.inbox.clear()
        self.partial.clear()

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
