"""Short messages in the modem (3GPP 27.005): settings, memories, and where what the network brings goes."""

from datetime import datetime

from posterm.sim.modem.reading import Reading
from posterm.sim.modem.results import CmeFailure, CmsFailure, Command, Failure
from posterm.sim.modem.sending import Sending
from posterm.sim.modem.storage import Storage
from posterm.sim.modem.textmode import TextMode
from posterm.sim.modem.tpdu import encode_deliver, tpdu_length

MODULE_SLOTS, REPORT_SLOTS = 23, 10
CNMI_START = [2, 1, 0, 0, 0]

NOT_ALLOWED, NOT_SUPPORTED, NO_SIM, PIN_NEEDED, NO_CNMA_EXPECTED = 302, 303, 310, 311, 340


class Messages:
    """Storing and routing; `receive` is what the message centre calls."""

    def __init__(self, sim):
        self.sim = sim
        self.kind = sim.config.kind
        first = self.kind.first_slot
        sim_card, module = Storage(sim.config.memory, first), Storage(MODULE_SLOTS, first)
        self.storages = {"SM": sim_card, "ME": module, "MT": module}
        if '"SM_P"' in self.kind.cpms_offer:
            self.storages.update(SM_P=sim_card, ME_P=module)
        if '"SR"' in self.kind.cpms_offer:
            self.storages["SR"] = Storage(REPORT_SLOTS, first)
        self.smsc = sim.config.smsc
        self.text = TextMode(self)
        self.sending = Sending(self)
        self.reading = Reading(self)
        self.reset()
        self.fail_next = self.sending.fail_next
        commands = {
            "+CMGF": self.mode,
            "+CSMS": self.service,
            "+CPMS": self.preferred,
            "+CNMI": self.indications,
            "+CSCA": self.centre_address,
            "+CMMS": self.accept,
            "+CSMP": self.text.parameters,
            "+CSDH": self.text.headers,
            "+CNMA": self.acknowledge,
            **self.sending.commands,
            **self.reading.commands,
        }
        self.commands = {name: self._unless_without(call) for name, call in commands.items()}

    def _unless_without(self, call):
        async def answer(command: Command):
            if "no_sms" in self.sim.config.variants:
                raise Failure
            return await call(command)

        return answer

    def reset(self) -> None:
        """Settings after power on; stored messages stay."""
        self.cnmi = list(CNMI_START)
        self.csms = 0
        self.memories = list(self.kind.memories)
        self.text.reset()
        self._unconfirmed: bytes | None = None
        self._confirmation = 0
        self.full_told = False

    def need_ready(self) -> None:
        """Fail with the code that fits unless messages can be used."""
        if self.sim.config.sim == "absent":
            raise CmsFailure(NO_SIM)
        if self.sim.config.sim == "pin":
            raise CmsFailure(PIN_NEEDED)
        if not self.sim.sms_ready:
            raise CmeFailure(14)

    def room_made(self) -> None:
        """A place may be free again: let the network try."""
        self.full_told = False
        self.sim.later(self.sim.config.network_latency, self.sim.centre.flush)

    def fill(self, memory: str, leave: int) -> int:
        """Fill a memory with old messages but for `leave` places; return how many were put in."""
        if memory not in self.storages:
            raise ValueError(f"a memory is one of {', '.join(self.storages)}")
        storage, added = self.storages[memory], 0
        pdu = encode_deliver("10086", "0", self.sim.config.smsc, datetime(2020, 1, 1), self.sim.config.zone)[0]
        while len(storage.slots) < storage.size - leave:
            storage.add(pdu)
            added += 1
        return added

    # from the network

    def receive(self, kind: str, pdu: bytes) -> bool:
        """Route a message or report as AT+CNMI says; False when it must wait in the network."""
        if not (self.sim.sms_ready and self.sim.network.sms_possible) or self._unconfirmed is not None:
            return False
        mode, deliveries, _, reports, _ = self.cnmi
        variants = self.sim.config.variants
        if kind == "report" and "no_reports" in variants:
            return True  # lost
        if mode == 0:
            return False  # buffered until codes are wanted again
        if kind == "deliver" and deliveries >= 2:
            self._direct(f"+CMT: ,{tpdu_length(pdu)}", pdu)
        elif kind == "report" and reports == 1 and "reports_stored" not in variants:
            comma = "," if "cds_comma" in variants else ""
            self._direct(f"+CDS: {comma}{tpdu_length(pdu)}", pdu)
        elif kind == "report":
            return self._store_report(pdu, announce=reports != 0)
        else:
            return self._store(pdu, announce=deliveries == 1)
        return True

    def _store_report(self, pdu: bytes, announce: bool) -> bool:
        memory = "SR" if "SR" in self.storages else self.memories[2]
        if memory != "SR" and not announce:
            return True  # nobody wants it
        index = self.storages[memory].add(pdu)
        if index is not None and announce:
            if "cdsi_wrong_memory" in self.sim.config.variants:
                memory = "SM" if memory == "SR" else "ME"
            self.sim.urc(f'+CDSI: "{memory}",{index}')
        return True

    def _store(self, pdu: bytes, announce: bool) -> bool:
        memory = self.memories[2]
        index = self.storages[memory].add(pdu)
        if index is None:
            if not self.full_told:
                self.full_told = True
                self.sim.urc(f'+CMTI: "{memory}",-1')
            return False
        if announce:
            self.sim.urc(f'+CMTI: "{memory}",{index}')
        return True

    def block(self, head: str, pdu: bytes) -> str:
        """Return a header and its PDU as this modem writes them."""
        gap = "\r\n\r\n\r\n" if "blank_before_pdu" in self.sim.config.variants else "\r\n"
        return f"{head}{gap}{pdu.hex().upper()}"

    def _direct(self, head: str, pdu: bytes) -> None:
        self.sim.urc(self.text.unasked(head, pdu) if self.text.on else self.block(head, pdu))
        if self.csms == 1:
            self._unconfirmed = pdu
            self._confirmation += 1
            self.sim.later(self.sim.config.ack_timeout, self._not_confirmed, self._confirmation)

    def _not_confirmed(self, confirmation: int) -> None:
        """27.005 §3.4.1: without CNMA the modem stops routing to the terminal; the network tries again later."""
        if self._unconfirmed is not None and confirmation == self._confirmation:
            self._unconfirmed = None
            self.cnmi[1] = self.cnmi[3] = 0
            self.sim.centre.flush()

    # commands

    async def accept(self, _command: Command):
        return []

    async def mode(self, command: Command):
        if command.op == "?":
            return [f"+CMGF: {int(self.text.on)}"]
        if command.op == "=?":
            return ["+CMGF: (0,1)"]
        self.text.on = command.number(0, 0, 1, default=0) == 1
        return []

    async def service(self, command: Command):
        if command.op == "?":
            return [f"+CSMS: {self.csms},1,1,1"]
        if command.op == "=?":
            return ["+CSMS: (0-1)"]
        self.csms = command.number(0, 0, 1)
        return ["+CSMS: 1,1,1"]

    def _use(self) -> str:
        stores = [(name, self.storages[name]) for name in self.memories]
        return ",".join(f'"{name}",{len(store.slots)},{store.size}' for name, store in stores)

    async def preferred(self, command: Command):
        self.need_ready()
        if command.op == "?":
            return [f"+CPMS: {self._use()}"]
        if command.op == "=?":
            return [f"+CPMS: {self.kind.cpms_offer}"]
        wanted = [command.string(position, default=self.memories[position]).upper() for position in range(3)]
        for position, name in enumerate(wanted):
            if name not in self.storages or (name == "SR" and position):
                raise CmsFailure(NOT_ALLOWED)
        self.memories = wanted
        stores = [self.storages[name] for name in self.memories]
        self.full_told = False
        self.sim.centre.flush()
        return ["+CPMS: " + ",".join(f"{len(store.slots)},{store.size}" for store in stores)]

    async def indications(self, command: Command):
        variants = self.sim.config.variants
        limits = list(self.kind.cnmi_limits)
        if "cnmi_no_direct" in variants:
            limits[3] = tuple(value for value in limits[3] if value != 1)
        if command.op == "?":
            return ["+CNMI: " + ",".join(map(str, self.cnmi))]
        if command.op == "=?":
            if "cnmi_no_direct" in variants:
                return ["+CNMI: " + ",".join(f"({','.join(map(str, values))})" for values in limits)]
            return [f"+CNMI: {self.kind.cnmi_offer}"]
        if command.op != "=" or len(command.arguments) > len(self.cnmi) or "cnmi_refused" in variants:
            raise CmsFailure(NOT_ALLOWED)
        wanted = [command.number(i, 0, max(limits[i]), default=self.cnmi[i]) for i in range(len(self.cnmi))]
        if any(value not in limits[i] for i, value in enumerate(wanted)):
            raise CmsFailure(NOT_SUPPORTED)
        self.cnmi = wanted
        self.sim.later(self.sim.config.network_latency, self.sim.centre.flush)
        return []

    async def centre_address(self, command: Command):
        self.need_ready()
        if command.op == "?":
            number = self.smsc or ""
            return [f'+CSCA: "{number}",{145 if number.startswith("+") else 129}']
        if command.op == "=":
            number = command.string(0, default="")
            if not (number.lstrip("+").isdigit() or number == "") or len(number) > 21:
                raise CmsFailure(NOT_ALLOWED)
            self.smsc = number or None
        return []

    async def acknowledge(self, command: Command):
        if command.op == "=?":
            return ["+CNMA: (0-2)"]
        if command.op == "?":
            raise Failure
        if self.csms != 1 or self._unconfirmed is None:
            raise CmsFailure(NO_CNMA_EXPECTED)
        self._unconfirmed = None
        self.sim.later(self.sim.config.network_latency, self.sim.centre.flush)
        return []
