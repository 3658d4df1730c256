"""What a test or a person can do to the running modem over its control socket; every command is one method do_<cmd>.

    {"cmd": "deliver", "from": "95588", "text": "1"}
    {"cmd": "reboot_on", "point": "cmgs_before_ack"}

Phone numbers are given in full here, and only here. Arguments with a value here may be left out.

    status                                  state of modem, network, sockets, memories, phones
    reboot | power on | sim_state state     restart; on/off; SIM "ready", "absent", "pin" (restarts)
    reboot_on point count=1                 restart the count-th time it comes by a point (faults.POINTS)
    silent_on point count=1                 give no answer there
    brown_out times recovers=true           the supply breaks down at each attach to the network
    hang on                                 takes nothing and says nothing until restarted
    delay name seconds                      boot, sim, sms, registration, answer, submit, network, context, connect,
                                            acknowledge, data
    variant name on=true | variants         ways of real modems (variants.VARIANTS); all of them and whether they are on
    signal rssi ber | registration stat | operator name
    echo on=true                            the echo comes back on
    baud speed                              speed of the modem's end, null: any

    deliver from text | deliver_pdu pdu kind="deliver"      to the terminal
    phone number on full exists answer answers report refuse    set up a subscriber, see phone.Phone
    inbox number | wait_inbox n timeout=5 number | incomplete | clear_inbox | sent | sent_count
    report_mode mode number status | report_delay seconds
    next_cms_error code count=1             the network refuses the next messages
    wrong_smsc effect                       the stored centre is wrong: "refused" (CMS 330), "lost", "" puts it right
    fill memory="SM" leave=0                fill a memory with old messages
    stored memory="SM"                      what lies in a memory: index, status, octets

    drop_socket link | context_lost | drip size gap         sockets; drip: received bytes come slowly, size 0 ends it
    urc text | urc_storm count=50 gap=0.01 | storm_inside lines=1    unsolicited lines; between all it says, 0 ends it
    garbage bytes=50 seed=1 | mute seconds | dribble size=1 gap=0.002
    lose direction="both" every=0 after=0 count=0           to_terminal, to_modem: every n-th byte, or count after some
"""

from posterm.sim.control import ControlError
from posterm.sim.modem.config import SIM_STATES, SPEEDS
from posterm.sim.modem.core import ModemSim
from posterm.sim.modem.faults import STORM
from posterm.sim.modem.variants import VARIANTS

URC_LIMIT = 10000
WRONG_CENTRE = "+8613800999500"
DELAYS = {
    "boot": "boot",
    "sim": "sim_delay",
    "sms": "sms_delay",
    "registration": "registration_delay",
    "answer": "latency",
    "submit": "submit_latency",
    "network": "network_latency",
    "context": "context_latency",
    "connect": "connect_timeout",
    "acknowledge": "acknowledge_timeout",
    "data": "data_timeout",
}


def _seconds(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 86400:
        raise ControlError("a time is 0 to 86400 seconds")
    return value


def _count(value: int, most: int = URC_LIMIT) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ControlError(f"a count is 0 to {most}")
    return value


def _switch(value: bool) -> bool:
    if not isinstance(value, bool):
        raise ControlError('"on" is true or false')
    return value


def _one_of(value: object, choices, what: str):
    if not isinstance(value, str) or value not in choices:
        raise ControlError(f"{what} is one of {', '.join(filter(None, choices))}")
    return value


class Remote:
    """Turns control requests into calls on one modem; use it as the handler of `control.serve`."""

    def __init__(self, sim: ModemSim):
        self.sim = sim

    async def __call__(self, command: dict) -> dict:
        call = getattr(self, f"do_{command['cmd']}", None)
        if call is None:
            known = sorted(name[3:] for name in dir(self) if name.startswith("do_"))
            raise ControlError(f"no such command; there are {', '.join(known)}")
        return await call(command) or {}

    async def do_status(self, _command):
        sim = self.sim
        return {
            "family": sim.config.family,
            "identity": {name: getattr(sim.config, name) for name in ("model", "firmware", "imsi")},
            "state": sim.state,
            "boots": sim.boots,
            "sim": sim.config.sim,
            "sms_ready": sim.sms_ready,
            "registration": sim.network.stat,
            "rssi": sim.config.rssi,
            "net": sim.sockets.net,
            "sockets": sorted(number for number, link in sim.sockets.links.items() if link.open),
            "cnmi": sim.messages.cnmi,
            "stored": {
                name: len(sim.messages.storages[name].slots)
                for name in ("SM", "ME", "SR")
                if name in sim.messages.storages
            },
            "waiting": len(sim.centre.waiting),
            "held": sim.centre.held,
            "report_mode": sim.centre.report_mode,
            "sent": sim.centre.sent_count,
            "inbox": len(sim.centre.inbox),
            "variants": list(sim.config.variants),
        }

    # power and radio

    async def do_reboot(self, _command):
        self.sim.reboot()

    async def do_power(self, command):
        if _switch(command["on"]):
            self.sim.power_on()
        else:
            self.sim.power_off()

    async def do_reboot_on(self, command):
        self.sim.faults.strike(command["point"], "reboot", _count(command.get("count", 1)))

    async def do_silent_on(self, command):
        self.sim.faults.strike(command["point"], "silence", _count(command.get("count", 1)))

    async def do_brown_out(self, command):
        self.sim.brown_out(_count(command["times"]), _switch(command.get("recovers", True)))

    async def do_hang(self, command):
        self.sim.dialogue.deaf = _switch(command["on"])

    async def do_delay(self, command):
        name = _one_of(command["name"], DELAYS, "a delay")
        setattr(self.sim.config, DELAYS[name], _seconds(command["seconds"]))

    async def do_variant(self, command):
        self.sim.switch_variant(command["name"], _switch(command.get("on", True)))

    async def do_variants(self, _command):
        return {"variants": {name: name in self.sim.config.variants for name in VARIANTS}}

    async def do_signal(self, command):
        self.sim.config.rssi = _count(command["rssi"], 199)
        self.sim.config.ber = _count(command.get("ber", self.sim.config.ber), 99)

    async def do_registration(self, command):
        self.sim.network.set_registration(command["stat"])

    async def do_sim_state(self, command):
        self.sim.config.sim = _one_of(command["state"], SIM_STATES, "a SIM")
        self.sim.reboot()

    async def do_operator(self, command):
        self.sim.config.operator = str(command["name"])[:40]

    async def do_echo(self, command):
        self.sim.dialogue.echo = _switch(command.get("on", True))

    async def do_baud(self, command):
        speed = command["speed"]
        if speed is not None and speed not in SPEEDS:
            raise ControlError(f"a speed is null or one of {', '.join(map(str, SPEEDS))}")
        self.sim.config.baud = self.sim.speed = speed

    # short messages

    async def do_report_mode(self, command):
        mode = command["mode"]
        if mode == "failed" and "status" in command:
            mode = f"failed:{command['status']}"
        self.sim.centre.set_report_mode(mode, command.get("number"))

    async def do_report_delay(self, command):
        self.sim.config.report_delay = _seconds(command["seconds"])

    async def do_phone(self, command):
        changes = {name: value for name, value in command.items() if name not in ("cmd", "number")}
        phone = self.sim.centre.set_phone(str(command["number"]), **changes)
        return {"phone": dict(vars(phone)), "held": self.sim.centre.held}

    async def do_next_cms_error(self, command):
        self.sim.messages.fail_next(_count(command["code"]), _count(command.get("count", 1)))

    async def do_wrong_smsc(self, command):
        effect = _one_of(command["effect"], ("", "refused", "lost"), "an effect")
        self.sim.messages.sending.wrong_centre = effect
        self.sim.messages.smsc = WRONG_CENTRE if effect else self.sim.config.smsc

    async def do_fill(self, command):
        return {"added": self.sim.messages.fill(command.get("memory", "SM"), _count(command.get("leave", 0)))}

    async def do_stored(self, command):
        memory = _one_of(command.get("memory", "SM"), self.sim.messages.storages, "a memory")
        slots = sorted(self.sim.messages.storages[memory].slots.items())
        return {"messages": [{"index": i, "status": entry.status, "octets": len(entry.pdu)} for i, entry in slots]}

    async def do_deliver(self, command):
        return {"parts": self.sim.centre.deliver(str(command["from"]), str(command["text"])[:5000])}

    async def do_deliver_pdu(self, command):
        self.sim.centre.deliver_pdu(command.get("kind", "deliver"), bytes.fromhex(command["pdu"]))

    async def do_inbox(self, command):
        return {"messages": self.sim.centre.messages(command.get("number"))}

    async def do_wait_inbox(self, command):
        count, timeout = _count(command["n"]), _seconds(command.get("timeout", 5))
        return {"messages": await self.sim.centre.wait_inbox(count, timeout, command.get("number"))}

    async def do_incomplete(self, _command):
        return {"messages": self.sim.centre.incomplete()}

    async def do_clear_inbox(self, _command):
        self.sim.centre.clear()

    async def do_sent(self, _command):
        return {"parts": self.sim.centre.sent}

    async def do_sent_count(self, _command):
        return {"count": self.sim.centre.sent_count}

    # line and sockets

    async def do_drop_socket(self, command):
        return {"dropped": self.sim.sockets.drop(command.get("link"))}

    async def do_context_lost(self, _command):
        self.sim.sockets.network_lost()

    async def do_drip(self, command):
        self.sim.config.drip = (_count(command.get("size", 1)), _seconds(command.get("gap", 0.1)))

    async def do_urc(self, command):
        self.sim.urc(str(command["text"])[:1000])

    async def do_urc_storm(self, command):
        gap = _seconds(command.get("gap", 0.01))
        for index in range(_count(command.get("count", 50))):
            self.sim.later(gap * index, self.sim.urc, STORM[index % len(STORM)])

    async def do_storm_inside(self, command):
        self.sim.faults.storm(_count(command.get("lines", 1), 20))

    async def do_garbage(self, command):
        self.sim.line.garbage(_count(command.get("bytes", 50)), command.get("seed", 1))

    async def do_mute(self, command):
        self.sim.line.mute(_seconds(command["seconds"]))

    async def do_dribble(self, command):
        self.sim.line.dribble(_count(command.get("size", 1)), _seconds(command.get("gap", 0.002)))

    async def do_lose(self, command):
        losses = self.sim.line.losses
        direction = _one_of(command.get("direction", "both"), ("both", *losses), "a direction")
        for name in losses if direction == "both" else (direction,):
            losses[name].lose(
                _count(command.get("every", 0)), _count(command.get("after", 0)), _count(command.get("count", 0))
            )
