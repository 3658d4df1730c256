"""Commands about the module itself: echo, error style, identity, SIM, clock, power, and settings only stored."""

from datetime import datetime, timedelta

from posterm.sim.modem.results import CmeFailure, Command, Failure
from posterm.sim.modem.tpdu import local_time

# settings the simulator stores and gives back without acting on them: start value
STORED = {
    "+IPR": "115200",
    "+IFC": "0,0",
    "+CSCLK": "0",
    "+CNMP": "2",
    "+CIPMODE": "0",
    "+CIPTIMEOUT": "120000,120000,120000",
    "+CIPCCFG": "10,0,0,1,1,0,500",
    "+CIPHEAD": "1",
    "+CIPSRIP": "1",
    "+CSOCKSETPN": "1",
    "+CGDCONT": '1,"IP","CMNET","0.0.0.0",0,0',
    "+CGSOCKCONT": '1,"IP","CMNET"',
    "+CGATT": "1",
    "+CGACT": "1,1",
    "+CVHU": "0",
    "+CTZR": "0",
    "+CGEREP": "0,0",
}


class General:
    """Command handlers; each returns the information lines that go before OK."""

    def __init__(self, sim):
        self.sim = sim
        self.clock_offset: timedelta | None = None
        self.reset()
        identity = {
            "+CGMI": lambda config: config.manufacturer,
            "+GMI": lambda config: config.manufacturer,
            "+CGMM": lambda config: config.model,
            "+GMM": lambda config: config.model,
            "+CGMR": lambda config: f"+CGMR: {config.firmware}",
            "+GMR": lambda config: f"+GMR: {config.firmware}",
            "+CGSN": lambda config: config.imei,
            "+GSN": lambda config: config.imei,
        }
        self.commands = {
            **{name: self._identity(text) for name, text in identity.items()},
            **dict.fromkeys(STORED, self.stored),
            "E": self.set_echo,
            "V": self.accept,
            "Q": self.accept,
            "Z": self.accept,
            "&F": self.factory,
            "&W": self.accept,
            "H": self.accept,
            "I": self.identification,
            "+CMEE": self.error_style,
            "+CPIN": self.sim_pin,
            "+CIMI": self.imsi,
            "+CCID": self.iccid,
            "+CICCID": self.iccid,
            "+CFUN": self.functionality,
            "+CRESET": self.restart,
            "+CPOF": self.switch_off,
            "+CCLK": self.clock,
            "+CTZU": self.zone_update,
            "+CSCS": self.character_set,
        }

    def reset(self) -> None:
        """Back to the state after power on."""
        self.settings = dict(STORED)
        self.cfun = 1
        self.charset = "IRA"
        self.ctzu = self.sim.config.ctzu
        self.clock_offset = None

    def _identity(self, text):
        async def answer(command: Command):
            return [] if command.op == "=?" else [text(self.sim.config)]

        return answer

    async def accept(self, _command: Command):
        return []

    async def factory(self, _command: Command):
        self.sim.echo, self.sim.cmee = True, self.sim.config.cmee
        return []

    async def set_echo(self, command: Command):
        self.sim.echo = command.number(0, 0, 1, default=0) == 1
        return []

    async def identification(self, _command: Command):
        config = self.sim.config
        return [
            f"Manufacturer: {config.manufacturer}\r\nModel: {config.model}\r\nRevision: {config.firmware}\r\n"
            f"IMEI: {config.imei}\r\n+GCAP: +CGSM"
        ]

    async def error_style(self, command: Command):
        if command.op == "?":
            return [f"+CMEE: {self.sim.cmee}"]
        if command.op == "=?":
            return ["+CMEE: (0-2)"]
        self.sim.cmee = command.number(0, 0, 2)
        return []

    async def stored(self, command: Command):
        if command.op == "?":
            return [f"{command.name}: {self.settings[command.name]}"]
        if command.op == "=":
            self.settings[command.name] = command.text[:80]
        return []

    def need_sim(self) -> None:
        """Fail with the CME code that fits unless the SIM can be used."""
        state = self.sim.config.sim
        if state == "absent":
            raise CmeFailure(10)
        if state == "pin":
            raise CmeFailure(11)
        if not self.sim.sim_ready:
            raise CmeFailure(14)

    async def sim_pin(self, command: Command):
        config = self.sim.config
        if command.op == "=?":
            return []
        if command.op == "?":
            if config.sim == "pin":
                return ["+CPIN: SIM PIN"]
            self.need_sim()
            return ["+CPIN: READY"]
        if config.sim != "pin":
            raise CmeFailure(10 if config.sim == "absent" else 3)
        if command.string(0) != config.pin:
            raise CmeFailure(16)
        config.sim = "ready"
        self.sim.later(config.sim_delay, self.sim.sim_unlocked)
        return []

    async def imsi(self, command: Command):
        if command.op == "=?":
            return []
        self.need_sim()
        return [self.sim.config.imsi]

    async def iccid(self, command: Command):
        self.need_sim()
        return [f"{'+ICCID' if command.name == '+CICCID' else '+CCID'}: {self.sim.config.iccid}"]

    async def functionality(self, command: Command):
        if command.op == "?":
            return [f"+CFUN: {self.cfun}"]
        if command.op == "=?":
            return ["+CFUN: (0-1,4-7),(0-1)"]
        level, restart = command.number(0, 0, 7), command.number(1, 0, 1, default=0)
        if restart or level == 6:
            self.sim.later(self.sim.config.network_latency, self.sim.reboot)
        elif level in (0, 4):
            self.cfun = level
            self.sim.network.detach()
        elif level == 1:
            self.cfun = 1
            self.sim.later(self.sim.config.registration_delay, self.sim.network.attach)
        else:
            raise Failure
        return []

    async def restart(self, command: Command):
        if command.op == "":
            self.sim.later(self.sim.config.network_latency, self.sim.reboot)
        return []

    async def switch_off(self, command: Command):
        if command.op == "":
            self.sim.later(self.sim.config.network_latency, self.sim.power_off)
        return []

    # clock

    def _local_now(self) -> datetime:
        return local_time(self.sim.now(), self.sim.config.zone)

    async def clock(self, command: Command):
        if command.op == "=?":
            return []
        if command.op == "=":
            try:
                wanted = datetime.strptime(command.string(0)[:17], "%y/%m/%d,%H:%M:%S")
            except ValueError:
                raise CmeFailure(50) from None
            self.clock_offset = wanted - self._local_now()
            return []
        zone = self.sim.config.zone
        if self.clock_offset is not None:
            time = self._local_now() + self.clock_offset
        elif self.ctzu and self.sim.network.was_attached:
            time = self._local_now()
        else:
            time, zone = datetime(1980, 1, 6), 0  # the network has not given the time yet
        return [f'+CCLK: "{time:%y/%m/%d,%H:%M:%S}{zone:+03d}"']

    async def zone_update(self, command: Command):
        if command.op == "?":
            return [f"+CTZU: {self.ctzu}"]
        if command.op == "=?":
            return ["+CTZU: (0,1)"]
        self.ctzu = command.number(0, 0, 1)
        return []

    async def character_set(self, command: Command):
        if command.op == "?":
            return [f'+CSCS: "{self.charset}"']
        if command.op == "=?":
            return ['+CSCS: ("IRA","GSM","UCS2")']
        wanted = command.string(0).upper()
        if wanted not in ("IRA", "GSM", "UCS2"):
            raise Failure
        self.charset = wanted
        return []
