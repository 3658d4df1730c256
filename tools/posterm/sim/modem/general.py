"""Commands about the module itself: echo, error style, identity, SIM, clock, power, and settings only stored."""

from datetime import datetime, timedelta

from posterm.sim.modem.config import SPEEDS
from posterm.sim.modem.families import OPTIONAL
from posterm.sim.modem.results import CmeFailure, Command, Ended, Failure
from posterm.sim.modem.tpdu import local_time

CHARSETS = ("IRA", "GSM", "UCS2", "HEX")
UNSET_CLOCKS = {"cclk_1980": datetime(1980, 1, 6), "cclk_1970": datetime(1970, 1, 1)}


class General:
    """Command handlers; each returns the information lines that go before OK."""

    def __init__(self, sim):
        self.sim = sim
        self.clock_offset: timedelta | None = None
        self.kind = sim.config.kind
        self.reset()
        identity = {
            "+CGMI": lambda config: config.manufacturer,
            "+GMI": lambda config: config.manufacturer,
            "+CGMM": lambda config: config.model,
            "+GMM": lambda config: config.model,
            "+CGMR": lambda config: config.kind.revision + config.firmware,
            "+GMR": lambda config: config.kind.revision.replace("+CGMR", "+GMR") + config.firmware,
            "+CGSN": lambda config: config.imei,
            "+GSN": lambda config: config.imei,
        }
        commands = {
            **{name: self._identity(text) for name, text in identity.items()},
            **dict.fromkeys(self.kind.stored, self.stored),
            **dict.fromkeys(self.kind.power, self.power),
            "E": self.set_echo,
            "V": self.accept,
            "Q": self.accept,
            "X": self.accept,
            "Z": self.accept,
            "&F": self.factory,
            "&W": self.keep,
            "H": self.accept,
            "I": self.identification,
            "+IPR": self.line_speed,
            "+CMEE": self.error_style,
            "+CPIN": self.sim_pin,
            "+CIMI": self.imsi,
            "+CCID": self.iccid,
            "+CICCID": self.iccid,
            "+QCCID": self.iccid,
            "+CFUN": self.functionality,
            "+CPAS": self.activity,
            "+CBC": self.supply,
            "+CCLK": self.clock,
            "+CTZU": self.zone_update,
            "+CSCS": self.character_set,
        }
        lacking = set(OPTIONAL) - set(self.kind.only)
        self.commands = {name: call for name, call in commands.items() if name not in lacking}

    def reset(self) -> None:
        """Back to the state after power on."""
        self.settings = dict(self.kind.stored)
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
        dialogue = self.sim.dialogue
        dialogue.echo, dialogue.cmee = True, self.sim.config.cmee
        return []

    async def set_echo(self, command: Command):
        self.sim.dialogue.echo = command.number(0, 0, 1, default=0) == 1
        return []

    async def identification(self, _command: Command):
        config = self.sim.config
        if self.kind.manufacturer == "Quectel":
            return [f"{config.manufacturer}\r\n{config.model}\r\nRevision: {config.firmware}"]
        if self.kind.name == "SIM800":
            return [f"{config.model.removeprefix('SIMCOM_')} R14.18"]
        return [
            f"Manufacturer: {config.manufacturer}\r\nModel: {config.model}\r\nRevision: {config.firmware}\r\n"
            f"IMEI: {config.imei}\r\n+GCAP: +CGSM"
        ]

    async def error_style(self, command: Command):
        if command.op == "?":
            return [f"+CMEE: {self.sim.dialogue.cmee}"]
        if command.op == "=?":
            return ["+CMEE: (0-2)"]
        self.sim.dialogue.cmee = command.number(0, 0, 2)
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
        if not self.sim.sim_ready or ("sim_busy" in self.sim.config.variants and not self.sim.sms_ready):
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
        heads = {"+CICCID": "+ICCID: ", "+QCCID": "+QCCID: "}
        return [heads.get(command.name, self.kind.iccid) + self.sim.config.iccid]

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

    async def power(self, command: Command):
        """AT+CPOF, CRESET, CPOWD, QPOWD: what the family's table says."""
        action, final, word = self.kind.power[command.name]
        if command.op in ("=?", "?"):
            return []
        if self.kind.name == "SIM800" and command.number(0, 0, 1) == 0:
            word = ""  # at once, without a word
        if action == "reboot":
            self.sim.later(self.sim.config.network_latency, self.sim.reboot)
        else:
            self.sim.later(self.sim.config.network_latency, self.sim.power_down, word)
        if not final:
            raise Ended
        return []

    async def line_speed(self, command: Command):
        if command.op == "?":
            return [f"+IPR: {self.sim.speed or 0}"]
        if command.op == "=?":
            return [f"+IPR: (),({','.join(map(str, SPEEDS))})"]
        wanted = command.number(0, 0, SPEEDS[-1])
        if wanted and wanted not in SPEEDS:
            raise Failure
        self.sim.later(self.sim.config.latency, self._run_at, wanted or None)  # OK still at the old speed
        return []

    def _run_at(self, speed: int | None) -> None:
        self.sim.speed = speed

    async def keep(self, _command: Command):
        self.sim.config.baud = self.sim.speed
        return []

    async def activity(self, command: Command):
        return ["+CPAS: (0,3,4)" if command.op == "=?" else "+CPAS: 0"]

    async def supply(self, command: Command):
        return [] if command.op == "=?" else [self.kind.supply]

    # clock

    @property
    def _network_time(self) -> bool:
        """The clock follows the network: AT+CTZU, on the SIM800 AT+CLTS."""
        return self.settings["+CLTS"][:1] == "1" if "+CLTS" in self.settings else bool(self.ctzu)

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
        never = [start for name, start in UNSET_CLOCKS.items() if name in self.sim.config.variants]
        if self.clock_offset is not None:
            time = self._local_now() + self.clock_offset
        elif never:
            time, zone = never[0], 0
        elif self._network_time and self.sim.network.was_attached:
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
            return ["+CSCS: (" + ",".join(f'"{name}"' for name in CHARSETS) + ")"]
        wanted = command.string(0).upper()
        if wanted not in CHARSETS:
            raise Failure
        self.charset = wanted
        return []
