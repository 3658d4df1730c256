"""Registration, signal and operator."""

import asyncio

from posterm.sim.modem.config import ATTACHED, REGISTRATION, SMS_POSSIBLE
from posterm.sim.modem.families import OPTIONAL
from posterm.sim.modem.results import CmeFailure, Command, Failure

AREA, CELL = "1816", "05A1B2C3"
DOMAINS = ("+CREG", "+CGREG", "+CEREG")


class Network:
    """The radio side: `stat` is the registration of 3GPP 27.007 §7.2 as the modem sees it now."""

    def __init__(self, sim):
        self.sim = sim
        self.kind = sim.config.kind
        self.domains = [name for name in DOMAINS if name not in OPTIONAL or name in self.kind.only]
        self.reset()
        commands = {
            **dict.fromkeys(self.domains, self.registration),
            "+CGATT": self.data_service,
            "+CSQ": self.signal,
            "+COPS": self.operator,
            "+CPSI": self.system_information,
            "+QNWINFO": self.network_information,
            "+CNUM": self.own_number,
        }
        lacking = set(OPTIONAL) - set(self.kind.only)
        self.commands = {name: call for name, call in commands.items() if name not in lacking}

    def reset(self) -> None:
        """No service after power on."""
        self.stat = 0
        self.was_attached = False
        self.modes = dict.fromkeys(self.domains, 0)
        self.operator_format = 0

    @property
    def attached(self) -> bool:
        """Data service is possible."""
        return self.stat in ATTACHED

    @property
    def sms_possible(self) -> bool:
        return self.stat in SMS_POSSIBLE

    def attach(self) -> None:
        """Register as the network allows now."""
        if self.sim.general.cfun == 1 and self.sim.sim_ready and self.sim.attaching():
            self._change(self.sim.config.registration)

    def detach(self) -> None:
        """Leave the network."""
        self._change(0)

    def set_registration(self, stat: int | str) -> None:
        """What the network allows from now on: a <stat> 0..11 or one of the names in REGISTRATION."""
        if isinstance(stat, str):
            if stat not in REGISTRATION:
                raise ValueError(f"registration is 0 to 11 or one of {', '.join(REGISTRATION)}")
            stat = REGISTRATION[stat]
        if isinstance(stat, bool) or not isinstance(stat, int) or not 0 <= stat <= 11:
            raise ValueError("registration is 0 to 11")
        self.sim.config.registration = stat
        if self.sim.state == "on":
            self.attach()

    def _change(self, stat: int) -> None:
        before, self.stat = self.stat, stat
        if stat == before:
            return
        for domain, mode in self.modes.items():
            if mode:
                self.sim.urc(self._line(domain, mode, query=False))
        if self.attached:
            self.was_attached = True
        else:
            self.sim.sockets.network_lost()
        if self.sms_possible:
            self.sim.centre.flush()

    def _line(self, domain: str, mode: int, query: bool) -> str:
        variants = self.sim.config.variants
        quote = '"' if variants.choose("creg_quotes", "creg_no_quotes", self.kind.creg_quotes) else ""
        place = access = ""
        if mode == 2 and self.stat in SMS_POSSIBLE:
            place = f",{quote}{AREA}{quote},{quote}{CELL}{quote}"
            if variants.choose("creg_access", "creg_no_access", domain in self.kind.creg_access):
                access = f",{self.kind.access}"
        return f"{domain}: {f'{mode},' if query else ''}{self.stat}{place}{access}"

    async def registration(self, command: Command):
        if command.op == "=?":
            return [f"{command.name}: (0-2)"]
        if command.op == "?":
            return [self._line(command.name, self.modes[command.name], query=True)]
        self.modes[command.name] = command.number(0, 0, 2, default=0)
        return []

    async def data_service(self, command: Command):
        if command.op == "=?":
            return ["+CGATT: (0,1)"]
        if command.op == "?":
            return [f"+CGATT: {int(self.attached)}"]
        if command.number(0, 0, 1) and not self.attached:
            raise CmeFailure(30)
        return []

    async def signal(self, command: Command):
        if command.op == "=?":
            return ["+CSQ: (0-31,99),(0-7,99)"]
        config = self.sim.config
        if self.sim.general.cfun != 1:
            return ["+CSQ: 99,99"]
        since = asyncio.get_running_loop().time() - self.sim.booted_at
        if "csq_zero_at_boot" in config.variants and since < config.signal_settles:
            return ["+CSQ: 0,0"]
        rssi = config.rssi
        if "csq_100" in config.variants and rssi < 99:
            rssi = 103 + 2 * rssi  # the same dBm: -113 + 2n, or -116 + (n - 100)
        return [f"+CSQ: {rssi},{config.ber}"]

    async def operator(self, command: Command):
        name = self.sim.config.operator
        access = self.kind.access
        if command.op == "=?":
            return [f'+COPS: (2,"{name}","CMCC","46000",{access}),,(0,1,2,3,4),(0,1,2)']
        if command.op == "?":
            if self.stat not in SMS_POSSIBLE:
                return ["+COPS: 0"]
            shown = (name, name, "46000")[self.operator_format]
            tail = f",{access}" if access else ""
            return [f'+COPS: 0,{self.operator_format},"{shown}"{tail}']
        if command.op == "" or command.number(0, 0, 4) == 1 and not command.given(2):
            raise Failure
        self.operator_format = command.number(1, 0, 2, default=self.operator_format)
        return []

    async def system_information(self, _command: Command):
        if not self.sms_possible:
            return ["+CPSI: NO SERVICE,Online"]
        return [f"+CPSI: LTE,Online,460-00,0x{AREA},94487971,318,EUTRAN-BAND3,1650,5,5,-94,-850,-545,15"]

    async def network_information(self, _command: Command):
        if not self.sms_possible:
            return ["+QNWINFO: No Service"]
        return ['+QNWINFO: "FDD LTE","46000","LTE BAND 3",1650']

    async def own_number(self, command: Command):
        if command.op == "=?":
            return []
        self.sim.general.need_sim()
        number = self.sim.config.own_number
        return [f'+CNUM: "","{number}",{145 if number.startswith("+") else 129}'] if number else []
