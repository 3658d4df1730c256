"""What a test or a person can do to the running modem over its control socket; every command is one method do_<cmd>.

    {"cmd": "deliver", "from": "95588", "text": "1"}
    {"cmd": "reboot_on", "point": "cmgs_before_ack"}

Phone numbers are given in full here, and only here.
"""

from posterm.sim.control import ControlError
from posterm.sim.modem.config import SIM_STATES
from posterm.sim.modem.core import ModemSim

STORM = ("*PSUTTZ: 25,01,02,03,04,05,32", "DST: 0", "+CTZV: +32", "+CGEV: EPS PDN ACT 1", "+CNSMOD: 0,8", "RING")
URC_LIMIT = 10000


def _seconds(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 86400:
        raise ControlError("a time is 0 to 86400 seconds")
    return value


def _count(value: int, most: int = URC_LIMIT) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ControlError(f"a count is 0 to {most}")
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
            "state": sim.state,
            "boots": sim.boots,
            "sim": sim.config.sim,
            "sms_ready": sim.sms_ready,
            "registration": sim.network.stat,
            "rssi": sim.config.rssi,
            "net": sim.sockets.net,
            "sockets": sorted(number for number, link in sim.sockets.links.items() if link.open),
            "cnmi": sim.messages.cnmi,
            "stored": {name: len(storage.slots) for name, storage in sim.messages.storages.items() if name != "MT"},
            "waiting": len(sim.centre.waiting),
            "report_mode": sim.centre.report_mode,
            "sent": sim.centre.sent_count,
            "inbox": len(sim.centre.inbox),
        }

    # power and radio

    async def do_reboot(self, _command):
        self.sim.reboot()

    async def do_power(self, command):
        if not isinstance(command["on"], bool):
            raise ControlError('"on" is true or false')
        if command["on"]:
            self.sim.power_on()
        else:
            self.sim.power_off()

    async def do_reboot_on(self, command):
        self.sim.fault_on(command["point"], "reboot", _count(command.get("count", 1)))

    async def do_silent_on(self, command):
        self.sim.fault_on(command["point"], "silence", _count(command.get("count", 1)))

    async def do_signal(self, command):
        self.sim.config.rssi = _count(command["rssi"], 199)
        self.sim.config.ber = _count(command.get("ber", self.sim.config.ber), 99)

    async def do_registration(self, command):
        self.sim.network.set_registration(command["stat"])

    async def do_sim_state(self, command):
        if command["state"] not in SIM_STATES:
            raise ControlError(f"a SIM is {', '.join(SIM_STATES)}")
        self.sim.config.sim = command["state"]
        self.sim.reboot()

    async def do_operator(self, command):
        self.sim.config.operator = str(command["name"])[:40]

    # short messages

    async def do_report_mode(self, command):
        mode = command["mode"]
        if mode == "failed" and "status" in command:
            mode = f"failed:{command['status']}"
        self.sim.centre.set_report_mode(mode, command.get("number"))

    async def do_report_delay(self, command):
        self.sim.config.report_delay = _seconds(command["seconds"])

    async def do_next_cms_error(self, command):
        self.sim.messages.fail_next(_count(command["code"]), _count(command.get("count", 1)))

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

    async def do_urc(self, command):
        self.sim.urc(str(command["text"])[:1000])

    async def do_urc_storm(self, command):
        gap = _seconds(command.get("gap", 0.01))
        for index in range(_count(command.get("count", 50))):
            self.sim.later(gap * index, self.sim.urc, STORM[index % len(STORM)])

    async def do_garbage(self, command):
        self.sim.line.garbage(_count(command.get("bytes", 50)), command.get("seed", 1))

    async def do_mute(self, command):
        self.sim.line.mute(_seconds(command["seconds"]))

    async def do_dribble(self, command):
        self.sim.line.dribble(_count(command.get("size", 1)), _seconds(command.get("gap", 0.002)))
