"""Registration, signal and operator."""

from posterm.sim.modem.config import ATTACHED, REGISTRATION, SMS_POSSIBLE
from posterm.sim.modem.results import Command

AREA, CELL, ACCESS = "1816", "05A1B2C3", 7
DOMAINS = ("+CREG", "+CGREG", "+CEREG")


class Network:
    """The radio side: `stat` is the registration of 3GPP 27.007 §7.2 as the modem sees it now."""

    def __init__(self, sim):
        self.sim = sim
        self.reset()
        self.commands = {
            **dict.fromkeys(DOMAINS, self.registration),
            "+CSQ": self.signal,
            "+COPS": self.operator,
            "+CPSI": self.system_information,
            "+CNUM": self.own_number,
        }

    def reset(self) -> None:
        """No service after power on."""
        self.stat = 0
        self.was_attached = False
        self.modes = dict.fromkeys(DOMAINS, 0)

    @property
    def attached(self) -> bool:
        """Data service is possible."""
        return self.stat in ATTACHED

    @property
    def sms_possible(self) -> bool:
        return self.stat in SMS_POSSIBLE

    def attach(self) -> None:
        """Register as the network allows now."""
        if self.sim.general.cfun == 1 and self.sim.sim_ready:
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
        # the SIM7600 leaves out the quotes round area and cell
        place = f",{AREA},{CELL}" if mode == 2 and self.stat in SMS_POSSIBLE else ""
        access = f",{ACCESS}" if place and domain == "+CEREG" else ""
        return f"{domain}: {f'{mode},' if query else ''}{self.stat}{place}{access}"

    async def registration(self, command: Command):
        if command.op == "=?":
            return [f"{command.name}: (0-2)"]
        if command.op == "?":
            return [self._line(command.name, self.modes[command.name], query=True)]
        self.modes[command.name] = command.number(0, 0, 2, default=0)
        return []

    async def signal(self, command: Command):
        if command.op == "=?":
            return ["+CSQ: (0-31,99),(0-7,99)"]
        config = self.sim.config
        if self.sim.general.cfun != 1:
            return ["+CSQ: 99,99"]
        return [f"+CSQ: {config.rssi},{config.ber}"]

    async def operator(self, command: Command):
        name = self.sim.config.operator
        if command.op == "=?":
            return [f'+COPS: (2,"{name}","CMCC","46000",{ACCESS}),,(0,1,2,3,4),(0,1,2)']
        if command.op == "?":
            return [f'+COPS: 0,0,"{name}",{ACCESS}' if self.stat in SMS_POSSIBLE else "+COPS: 0"]
        return []

    async def system_information(self, _command: Command):
        if not self.sms_possible:
            return ["+CPSI: NO SERVICE,Online"]
        return [f"+CPSI: LTE,Online,460-00,0x{AREA},94487971,318,EUTRAN-BAND3,1650,5,5,-94,-850,-545,15"]

    async def own_number(self, _command: Command):
        self.sim.general.need_sim()
        return []
