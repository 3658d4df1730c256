"""The host itself: takes frames from a link, checks them, asks the rules, answers, or misbehaves as scripted."""

import asyncio
import logging
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TextIO

from posterm.sim.acquirer.book import Book
from posterm.sim.acquirer.cards import CardTable
from posterm.sim.acquirer.faults import Fault, Script, parse
from posterm.sim.acquirer.frame import Frame, FrameError, read_body, split
from posterm.sim.acquirer.keys import TEST_TMK, KeyRing
from posterm.sim.acquirer.message import ECHOED, MessageError, Request, decode, encode
from posterm.sim.acquirer.rules import FINANCIAL, FINANCIAL_KINDS, MANDATORY, Rules, Verdict, describe
from posterm.sim.acquirer.settlement import Settlement

log = logging.getLogger("posterm.acquirer")

NORMAL = Fault()
WRITE_SECONDS = 30
UNSIGNED = ("sign-in", "sign-out", "echo", "settlement", "upload")
SIGN_IN_NETWORKS = ("001", "003")
# message type: kind, for everything but the financial table
KINDS = {"0400": "reversal", "0500": "settlement", "0320": "upload", "0800": "sign-in"}
NETWORK_KINDS = {"002": "sign-out", "301": "echo"}  # of 0820, by field 60.3


def _kind(request: Request) -> str | None:
    if request.mti == "0820":
        return NETWORK_KINDS.get(request.network)
    kind, _ = FINANCIAL.get((request.mti, request.get(3), request.get(25)), (None, ""))
    return KINDS.get(request.mti, kind)


@dataclass
class HostConfig:
    """terminals: terminal number → merchant number. mak_bytes: 16, or 8 padded with zeros.

    mac: one of keys.MAC_ALGORITHMS. Times in seconds.
    """

    tmk: bytes = field(default=bytes.fromhex(TEST_TMK), repr=False)
    terminals: dict[str, str] = field(default_factory=lambda: {"12345678": "123456789012345"})
    cards: CardTable = field(default_factory=CardTable.load)
    mak_bytes: int = 16
    mac: str = "unionpay-ecb"
    mac_on_decline: bool = True
    voids_as_credit: bool = True
    acquirer_id: str = "48020000"
    idle_seconds: float = 300
    frame_seconds: float = 10


class AcquirerHost:
    """One acquirer with its terminals, cards and books.

    config: see HostConfig. now: seconds since 1970. journal: open text file that takes events as JSON lines.
    random_bytes: source of working keys.
    """

    def __init__(
        self,
        config: HostConfig | None = None,
        now: Callable[[], float] = time.time,
        journal: TextIO | None = None,
        random_bytes: Callable[[int], bytes] = os.urandom,
    ):
        self.config = config or HostConfig()
        self.book = Book(now, journal)
        self.accounts = self.config.cards
        self.settlement = Settlement(self.book, self.config.voids_as_credit)
        self._rules = Rules(self.accounts, self.book)
        self._script = Script()
        self._random_bytes = random_bytes
        self._keys: dict[str, KeyRing] = {}
        self._links = 0

    # what tests and the control socket ask for

    def script(self, behaviour: Fault | str | dict, count: int = 1) -> None:
        """Let the next `count` requests meet a fault; see `faults`. Raises ValueError."""
        self._script.add(behaviour if isinstance(behaviour, Fault) else parse(behaviour), count)

    def clear_script(self) -> None:
        self._script.clear()

    def charged(self, tail: str) -> int:
        """Fen charged, net, to the card whose number ends in these four digits."""
        return self.accounts.charged(tail)

    def events(self, kind: str | None = None, after: int = 0, where: dict | None = None) -> list[dict]:
        return self.book.events(kind, after, where)

    async def wait_event(
        self, kind: str | None = None, timeout: float = 10, after: int = 0, where: dict | None = None
    ) -> dict:
        """Return the first fitting event, recorded or to come. Raises ValueError by time-out."""
        return await self.book.wait(kind, timeout, after, where)

    def ledger(self) -> list[dict]:
        """Every financial transaction with its state."""
        return [record.public() for record in self.book.transactions()]

    def expire_keys(self) -> None:
        """Forget all working keys: the next message with a MAC gets 77 until the terminal signs in."""
        for keys in self._keys.values():
            keys.forget()
        self.book.note("keys_expired")

    def status(self) -> dict:
        """Links open now, terminals, their batches and whether they are signed in, script steps waiting."""
        return {
            "links": self._links,
            "script": len(self._script),
            "terminals": {
                terminal: {"batch": self.settlement.batch(terminal), "signed_in": self._ring(terminal).signed_in}
                for terminal in self.config.terminals
            },
        }

    def _ring(self, terminal: str) -> KeyRing:
        if terminal not in self._keys:
            self._keys[terminal] = KeyRing(self.config.tmk, self._random_bytes, self.config.mac)
        return self._keys[terminal]

    # one link

    async def serve_connection(self, reader, writer) -> None:
        """Serve one terminal until it leaves. Never raises for what the terminal sends."""
        self._links += 1
        self.book.note("connect")
        late: set[asyncio.Task] = set()
        try:
            await self._serve(reader, writer, late)
        except FrameError as error:
            self._complain(error.name, str(error))
        except (ConnectionError, OSError, asyncio.TimeoutError) as error:
            self._complain("link", type(error).__name__)
        finally:
            self._links -= 1
            for task in late:
                task.cancel()
            writer.close()
            self.book.note("disconnect")

    async def _serve(self, reader, writer, late: set) -> None:
        while (body := await read_body(reader, self.config.idle_seconds, self.config.frame_seconds)) is not None:
            frame = split(body)
            answer, fault = self.process(frame)
            if fault.action == "late" and answer:
                task = asyncio.ensure_future(self._send_late(writer, answer, fault.seconds))
                late.add(task)
                task.add_done_callback(late.discard)
            elif answer:
                await self._send(writer, answer, fault)
            if fault.closes:
                return

    async def _send_late(self, writer, answer: bytes, seconds: float) -> None:
        await asyncio.sleep(seconds)
        try:
            await self._send(writer, answer, NORMAL)
        except (OSError, asyncio.TimeoutError) as error:
            self._complain("late_answer", type(error).__name__)

    async def _send(self, writer, answer: bytes, fault: Fault) -> None:
        if fault.action == "garbage":
            answer = answer[:2] + random.randbytes(len(answer) - 2)
        elif fault.action == "noise":
            answer = random.randbytes(len(answer))
        elif fault.action == "truncate":
            answer = answer[: len(answer) // 2]
        elif fault.action == "close_at":
            answer = answer[: fault.byte]
        pieces = [answer]
        if fault.action == "trickle":
            pieces = [answer[at : at + 1] for at in range(len(answer))]
        for piece in pieces:
            writer.write(piece)
            await asyncio.wait_for(writer.drain(), WRITE_SECONDS)
            if fault.action == "trickle":
                await asyncio.sleep(fault.seconds)

    def _complain(self, name: str, text: str, **details: object) -> None:
        log.warning("%s: %s", name, text)
        self.book.note("error", name=name, text=text, **details)

    # one message

    def process(self, frame: Frame) -> tuple[bytes | None, Fault]:
        """Decide on one frame; return the framed answer, or None, and the fault that governs its sending."""
        try:
            request = Request(decode(frame.message), frame.message)
        except MessageError as error:
            self._complain("format", str(error), field=error.field)
            return self._refuse(frame, error.partial), NORMAL
        fields = request.fields
        kind = _kind(request)
        if kind is None:
            self._complain("unknown_transaction", f"no transaction has MTI {request.mti} with these fields 3 and 25")
            return self._refuse(frame, fields, "12"), NORMAL
        fault = self._fault(kind, request)
        if not fault.processed:
            self.book.note(kind, **describe(request), fault=fault.action, de39=None, reversed=False)
            return None, fault
        verdict, checks = self._judge(kind, request, fault)
        event = self.book.note(
            kind,
            **describe(request),
            de39=verdict.de39,
            **{"mac_ok": None, "pin": "none", "reversed": False, "reference": "", **checks, **(verdict.details or {})},
            fault=fault.action if fault is not NORMAL else None,
        )
        log.info("%s %s trace %s: %s", kind, event["card"], event["trace"], verdict.de39)
        if not fault.answered:
            return None, fault
        return self._answer(frame, request, verdict, fault), fault

    def _fault(self, kind: str, request: Request) -> Fault:
        """The script goes before the card's habit; a habit concerns sales only, so that reversals get through."""
        if fault := self._script.take("financial" if kind in FINANCIAL_KINDS else kind):
            return fault
        card = self.accounts.get(request.pan) if kind == "sale" else None
        return card.fault if card is not None and card.behaviour != "approve" else NORMAL

    def _judge(self, kind: str, request: Request, fault: Fault) -> tuple[Verdict, dict]:
        """The checks every message passes, then the rule of its kind. Returns the verdict and details for the event."""
        for number in MANDATORY[kind]:
            if not request.get(number):
                return Verdict("30", mac=False), {"field": str(number)}
        if request.terminal not in self.config.terminals:
            return Verdict("97", mac=False), {}
        if self.config.terminals[request.terminal] != request.get(42):
            return Verdict("03", mac=False), {}
        keys = self._ring(request.terminal)
        if kind in UNSIGNED:
            refused = Verdict(fault.code, mac=False) if fault.action == "code" else None
            return refused or self._unsigned(kind, request, keys, fault), {}
        if not keys.signed_in:
            return Verdict("77", mac=False), {}
        if not request.get(64) or not keys.mac_ok(request.mac_data, request.mac):
            return Verdict("A0", mac=False), {"mac_ok": False}
        if fault.action == "code" and kind == "reversal":
            return Verdict(fault.code), {"mac_ok": True}
        if kind == "reversal":
            return self._rules.reversal(request), {"mac_ok": True}
        return self._rules.financial(kind, request, keys, fault), {"mac_ok": True}

    def _unsigned(self, kind: str, request: Request, keys: KeyRing, fault: Fault) -> Verdict:
        """Requests that carry no MAC: sign-in, sign-out, echo, settlement, batch upload."""
        if kind == "settlement":
            return self.settlement.compare(request)
        if kind == "upload":
            return self.settlement.upload(request)
        if kind == "sign-in":
            return self._sign_in(request, keys, fault)
        if kind == "sign-out":
            keys.forget()
        return Verdict("00", mac=False)

    def _sign_in(self, request: Request, keys: KeyRing, fault: Fault) -> Verdict:
        network = request.network
        if network not in SIGN_IN_NETWORKS:
            return Verdict("12", mac=False, details={"network": network})
        batch = self.settlement.batch(request.terminal)
        working_keys = keys.renew(network, self.config.mak_bytes)
        if fault.action == "badkcv":
            working_keys = working_keys[:-1] + bytes([working_keys[-1] ^ 1])
        fields = {"60": f"00{batch}{network}", "62": working_keys.hex().upper()}
        return Verdict("00", fields, mac=False, details={"network": network})

    def _answer(self, frame: Frame, request: Request, verdict: Verdict, fault: Fault) -> bytes | None:
        stamp = self.book.clock()
        fields = {key: request.fields[key] for key in ECHOED if key in request.fields}
        fields.update(
            {"t": request.answer_mti, "12": stamp.strftime("%H%M%S"), "13": stamp.strftime("%m%d")},
            **{"32": self.config.acquirer_id, "37": f"{stamp:%y%j%H%M}".rjust(12, "0"), "39": verdict.de39},
        )
        fields.update(verdict.fields or {})
        with_mac = verdict.mac and (verdict.de39 == "00" or self.config.mac_on_decline) and fault.action != "nomac"
        try:
            if fault.action == "alter":
                fields.update(fault.fields)
            message = encode({**fields, "64": bytes(8).hex()} if with_mac else fields)
        except MessageError as error:
            self._complain("script", str(error), field=error.field)
            return self._refuse(frame, request.fields, "96")
        if with_mac:
            mac = self._ring(request.terminal).mac(message[:-8])
            if fault.action == "badmac":
                mac = mac[:-1] + bytes([mac[-1] ^ 1])
            message = message[:-8] + mac
        return frame.answer(message, fault.handling)

    def _refuse(self, frame: Frame, fields: dict, de39: str = "30") -> bytes | None:
        """Answer a message that could not be read whole: what is known of it and field 39, without a MAC."""
        mti = fields.get("t", "")
        if not mti.isdecimal() or int(mti[2]) % 2 or mti[0] != "0":
            return None
        stamp = self.book.clock()
        known = {key: fields[key] for key in ECHOED if fields.get(key)}
        known.update(t=Request(fields, b"").answer_mti)
        known.update({"12": stamp.strftime("%H%M%S"), "13": stamp.strftime("%m%d"), "39": de39})
        try:
            return frame.answer(encode(known))
        except MessageError:
            return None
