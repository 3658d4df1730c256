"""The short message commands, PDU mode only (3GPP 27.005)."""

import asyncio

from posterm.sim.modem.results import CmeFailure, CmsFailure, Command, Failure
from posterm.sim.modem.storage import READ, UNREAD, Storage
from posterm.sim.modem.tpdu import BadPdu, decode_submit, tpdu_length

REPORT_SLOTS = 10
CNMI_START = [2, 1, 0, 0, 0]
CNMI_LIMITS = (2, 3, 3, 2, 1)
CNMI_OFFER = "+CNMI: (0,1,2),(0,1,2,3),(0,2,3),(0,1,2),(0,1)"

NOT_ALLOWED, NOT_SUPPORTED, BAD_PDU, NO_SIM, PIN_NEEDED = 302, 303, 304, 310, 311
BAD_INDEX, SMSC_UNKNOWN, NO_SERVICE, NO_CNMA_EXPECTED = 321, 330, 331, 340


class Messages:
    """Sending, storing and routing; `receive` is what the message centre calls."""

    def __init__(self, sim):
        self.sim = sim
        module, reports = Storage(23), Storage(REPORT_SLOTS)
        self.storages = {"SM": Storage(sim.config.memory), "ME": module, "MT": module, "SR": reports}
        self._errors: list[int] = []
        self.smsc = sim.config.smsc
        self.reset()
        self.commands = {
            "+CMGF": self.mode,
            "+CSMS": self.service,
            "+CPMS": self.preferred,
            "+CNMI": self.indications,
            "+CSCA": self.centre_address,
            "+CMGS": self.send,
            "+CMMS": self.accept,
            "+CSMP": self.accept,
            "+CSDH": self.accept,
            "+CMGR": self.read,
            "+CMGL": self.list,
            "+CMGD": self.delete,
            "+CNMA": self.acknowledge,
        }

    def reset(self) -> None:
        """Settings after power on; stored messages stay."""
        self.cnmi = list(CNMI_START)
        self.csms = 0
        self.memories = ["SM", "SM", "SM"]
        self._unconfirmed: bytes | None = None
        self._confirmation = 0
        self._full_told = False

    def fail_next(self, code: int, count: int = 1) -> None:
        """The network refuses the next `count` messages with this +CMS ERROR."""
        if not 0 <= code <= 999 or not 1 <= count <= 1000:
            raise ValueError("code is 0 to 999, count 1 to 1000")
        self._errors += [code] * count

    def _need_ready(self) -> None:
        if self.sim.config.sim == "absent":
            raise CmsFailure(NO_SIM)
        if self.sim.config.sim == "pin":
            raise CmsFailure(PIN_NEEDED)
        if not self.sim.sms_ready:
            raise CmeFailure(14)

    # from the network

    def receive(self, kind: str, pdu: bytes) -> bool:
        """Route a message or report as AT+CNMI says; False when it must wait in the network."""
        if not (self.sim.sms_ready and self.sim.network.sms_possible) or self._unconfirmed is not None:
            return False
        mode, deliveries, _, reports, _ = self.cnmi
        if mode == 0:
            return False  # buffered until codes are wanted again
        if kind == "deliver" and deliveries >= 2:
            self._direct(f"+CMT: ,{tpdu_length(pdu)}", pdu)
        elif kind == "report" and reports == 1:
            self._direct(f"+CDS: {tpdu_length(pdu)}", pdu)
        elif kind == "report":
            index = self.storages["SR"].add(pdu)
            if index is not None and reports == 2:
                self.sim.urc(f'+CDSI: "SR",{index}')
        else:
            return self._store(pdu, announce=deliveries == 1)
        return True

    def _store(self, pdu: bytes, announce: bool) -> bool:
        memory = self.memories[2]
        index = self.storages[memory].add(pdu)
        if index is None:
            if not self._full_told:
                self._full_told = True
                self.sim.urc(f'+CMTI: "{memory}",-1')
            return False
        if announce:
            self.sim.urc(f'+CMTI: "{memory}",{index}')
        return True

    def _direct(self, head: str, pdu: bytes) -> None:
        self.sim.urc(f"{head}\r\n{pdu.hex().upper()}")
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
            return ["+CMGF: 0"]
        if command.op == "=?":
            return ["+CMGF: (0)"]
        if command.number(0, 0, 1, default=0) == 1:
            raise CmsFailure(NOT_SUPPORTED)
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
        self._need_ready()
        if command.op == "?":
            return [f"+CPMS: {self._use()}"]
        if command.op == "=?":
            return ['+CPMS: ("ME","MT","SM","SR"),("ME","MT","SM"),("ME","MT","SM")']
        for position in range(3):
            name = command.string(position, default=self.memories[position]).upper()
            if name not in self.storages or (name == "SR" and position):
                raise CmsFailure(NOT_ALLOWED)
            self.memories[position] = name
        stores = [self.storages[name] for name in self.memories]
        self._full_told = False
        self.sim.centre.flush()
        return ["+CPMS: " + ",".join(f"{len(store.slots)},{store.size}" for store in stores)]

    async def indications(self, command: Command):
        if command.op == "?":
            return ["+CNMI: " + ",".join(map(str, self.cnmi))]
        if command.op == "=?":
            return [CNMI_OFFER]
        if command.op != "=" or len(command.arguments) > len(self.cnmi):
            raise CmsFailure(NOT_ALLOWED)
        wanted = [command.number(i, 0, CNMI_LIMITS[i], default=self.cnmi[i]) for i in range(len(self.cnmi))]
        if wanted[2] == 1:
            raise CmsFailure(NOT_SUPPORTED)
        self.cnmi = wanted
        self.sim.later(self.sim.config.network_latency, self.sim.centre.flush)
        return []

    async def centre_address(self, command: Command):
        self._need_ready()
        if command.op == "?":
            number = self.smsc or ""
            return [f'+CSCA: "{number}",{145 if number.startswith("+") else 129}']
        if command.op == "=":
            number = command.string(0, default="")
            if not (number.lstrip("+").isdigit() or number == "") or len(number) > 21:
                raise CmsFailure(NOT_ALLOWED)
            self.smsc = number or None
        return []

    async def send(self, command: Command):
        if command.op == "=?":
            return []
        octets = command.number(0, 1, 999)
        self._need_ready()
        if octets > 164:
            raise CmsFailure(BAD_PDU)
        sim = self.sim
        typed = await sim.read_message(sim.config.prompt, point="prompt")
        if typed is None:
            return []
        await sim.passing("cmgs_before_send")
        try:
            pdu = bytes.fromhex("".join(typed.decode("ascii").split()))
            smsc, message = decode_submit(pdu)
        except ValueError as error:  # bad hex, bytes outside ASCII, BadPdu
            sim.line.note("!", str(error) if isinstance(error, BadPdu) else "the message is not in hexadecimal")
            raise CmsFailure(BAD_PDU) from error
        if tpdu_length(pdu) != octets:
            raise CmsFailure(BAD_PDU)
        await asyncio.sleep(sim.config.submit_latency)
        if not (smsc or self.smsc):
            raise CmsFailure(SMSC_UNKNOWN)
        if not sim.network.sms_possible:
            raise CmsFailure(NO_SERVICE)
        if self._errors:
            raise CmsFailure(self._errors.pop(0))
        reference = sim.centre.submit(message)
        await sim.passing("cmgs_before_ack")
        return [f"+CMGS: {reference}"]

    def _entry(self, index: int):
        storage = self.storages[self.memories[0]]
        if index not in storage.slots:
            raise CmsFailure(BAD_INDEX)
        return storage.slots[index]

    async def read(self, command: Command):
        if command.op == "=?":
            return []
        self._need_ready()
        entry = self._entry(command.number(0, 0, 999))
        status, entry.status = entry.status, READ
        return [f"+CMGR: {status},,{tpdu_length(entry.pdu)}\r\n{entry.pdu.hex().upper()}"]

    async def list(self, command: Command):
        if command.op == "=?":
            return ["+CMGL: (0-4)"]
        self._need_ready()
        wanted = command.number(0, 0, 4, default=0)
        lines = []
        for index, entry in sorted(self.storages[self.memories[0]].slots.items()):
            if wanted in (4, entry.status):
                lines.append(f"+CMGL: {index},{entry.status},,{tpdu_length(entry.pdu)}\r\n{entry.pdu.hex().upper()}")
                entry.status = READ if entry.status == UNREAD else entry.status
        return lines

    async def delete(self, command: Command):
        self._need_ready()
        storage = self.storages[self.memories[0]]
        if command.op == "=?":
            return [f"+CMGD: ({','.join(map(str, sorted(storage.slots)))}),(0-4)"]
        index, scope = command.number(0, 0, 999), command.number(1, 0, 4, default=0)
        if scope == 0 and index >= storage.size:
            raise CmsFailure(BAD_INDEX)
        storage.delete(index, scope)
        self._full_told = False
        self.sim.later(self.sim.config.network_latency, self.sim.centre.flush)
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
