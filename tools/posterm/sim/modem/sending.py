"""AT+CMGS, CMGW and CMSS: what the terminal sends, and the ways the network refuses it."""

import asyncio
from collections.abc import Awaitable, Callable

from posterm.sim.modem.results import CmsFailure, Command
from posterm.sim.modem.storage import SENT, UNSENT
from posterm.sim.modem.tpdu import BadPdu, Submit, decode_submit, tpdu_length

TPDU_LIMIT = 164  # octets after the SMSC
NOT_ALLOWED, BAD_PDU, BAD_INDEX, STORAGE_FULL, SMSC_UNKNOWN, NO_SERVICE = 302, 304, 321, 322, 330, 331


class Sending:
    """The way out. `wrong_centre`: what becomes of messages sent by another centre's address than the right one."""

    def __init__(self, messages):
        self.messages = messages
        self.sim = messages.sim
        self._errors: list[int] = []
        self.wrong_centre = ""  # "", "refused" or "lost"
        self.commands: dict[str, Callable[[Command], Awaitable]] = {
            "+CMGS": self.send,
            "+CMGW": self.write,
            "+CMSS": self.send_stored,
        }

    def fail_next(self, code: int, count: int = 1) -> None:
        """The network refuses the next `count` messages with this +CMS ERROR."""
        if not 0 <= code <= 999 or not 1 <= count <= 1000:
            raise ValueError("code is 0 to 999, count 1 to 1000")
        self._errors += [code] * count

    async def _typed_pdu(self, command: Command) -> bytes | None:
        """Show the prompt, return the PDU (with SMSC octets) typed after it; None after ESC."""
        text = self.messages.text
        number, octets = "", 0
        if text.on:
            number = text.number(command.string(0, default="" if command.name == "+CMGW" else None))
        else:
            octets = command.number(0, 1, 999)
        self.messages.need_ready()
        if octets > TPDU_LIMIT:
            raise CmsFailure(BAD_PDU)
        typed = await self.sim.dialogue.read_message(self.sim.config.prompt, point="prompt")
        if typed is None:
            return None
        if command.name == "+CMGS":
            await self.sim.faults.passing("cmgs_before_send")
        if text.on:
            return text.submit(number, typed)
        try:
            pdu = bytes.fromhex("".join(typed.decode("ascii").split()))
        except ValueError as error:
            self.sim.line.note("!", "the message is not in hexadecimal")
            raise CmsFailure(BAD_PDU) from error
        if not pdu or len(pdu) <= pdu[0] or tpdu_length(pdu) != octets:
            raise CmsFailure(BAD_PDU)
        return pdu

    def _understood(self, pdu: bytes) -> tuple[str, Submit]:
        try:
            return decode_submit(pdu)
        except BadPdu as error:
            self.sim.line.note("!", str(error))
            raise CmsFailure(BAD_PDU) from error

    async def _transmit(self, pdu: bytes) -> int:
        """Hand a message to the network, return its reference."""
        sim = self.sim
        smsc, message = self._understood(pdu)
        await asyncio.sleep(sim.config.submit_latency)
        smsc = smsc or self.messages.smsc
        if not smsc:
            raise CmsFailure(SMSC_UNKNOWN)
        if not sim.network.sms_possible:
            raise CmsFailure(NO_SERVICE)
        if self._errors:
            raise CmsFailure(self._errors.pop(0))
        refused = sim.centre.refusal(message.number)
        if refused is not None:
            raise CmsFailure(refused)
        wrong = bool(self.wrong_centre) and smsc.lstrip("+") != (sim.config.smsc or "").lstrip("+")
        if wrong and self.wrong_centre == "refused":
            raise CmsFailure(SMSC_UNKNOWN)
        reference = message.reference if "keeps_reference" in sim.config.variants else None
        reference = sim.centre.submit(message, reference, lost=wrong)
        await sim.faults.passing("cmgs_before_ack")
        return reference

    async def send(self, command: Command):
        if command.op == "=?":
            return []
        pdu = await self._typed_pdu(command)
        if pdu is None:
            return []
        return [f"+CMGS: {await self._transmit(pdu)}"]

    async def write(self, command: Command):
        if command.op == "=?":
            return []
        pdu = await self._typed_pdu(command)
        if pdu is None:
            return []
        index = self.messages.storages[self.messages.memories[1]].add(pdu, UNSENT)
        if index is None:
            raise CmsFailure(STORAGE_FULL)
        return [f"+CMGW: {index}"]

    async def send_stored(self, command: Command):
        if command.op == "=?":
            return []
        self.messages.need_ready()
        storage = self.messages.storages[self.messages.memories[1]]
        entry = storage.slots.get(command.number(0, 0, 999))
        if entry is None:
            raise CmsFailure(BAD_INDEX)
        if entry.status not in (UNSENT, SENT):
            raise CmsFailure(NOT_ALLOWED)
        reference = await self._transmit(entry.pdu)
        entry.status = SENT
        return [f"+CMSS: {reference}"]
