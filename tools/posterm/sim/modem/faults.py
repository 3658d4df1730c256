"""Points at which the modem can be made to fail, and lines that push themselves between everything it says.

faults.strike("cipsend", "reboot")       # at the next AT+CIPSEND (or QISEND), before its prompt
await faults.passing("cipsend")          # called where the fault may strike
"""

import asyncio

from posterm.sim.modem.results import NoAnswer

# the names are the SIM7600's; every family comes by the same points with its own commands
POINTS = {
    "prompt": "the prompt of AT+CMGS has been shown",
    "cmgs_before_send": "Ctrl-Z taken, nothing sent",
    "cmgs_before_ack": "message sent, +CMGS not yet said",
    "cmgr": "a stored message asked for, nothing said",
    "cmgr_half": "half of a stored message given",
    "netopen": "before the context is opened (NETOPEN, CIICR, QIACT)",
    "netopen_done": "context opened, not yet told",
    "cipopen": "before connecting",
    "cipopen_done": "connected, not yet told",
    "cipsend": "before the prompt of AT+CIPSEND",
    "cipsend_prompt": "the prompt of AT+CIPSEND has been shown",
    "cipsend_sent": "payload handed to the host, no OK yet",
    "ciprxget": "data asked for, not given",
    "ciprxget_half": "half of the data given",
    "cipclose": "before closing a connection",
    "netclose": "before the context is closed (NETCLOSE, CIPSHUT, QIDEACT)",
}
ACTIONS = ("reboot", "silence")

STORM = ("*PSUTTZ: 25,01,02,03,04,05,32", "DST: 0", "+CTZV: +32", "+CGEV: EPS PDN ACT 1", "+CNSMOD: 0,8", "RING")


class Faults:
    """What was injected and has not struck yet."""

    def __init__(self, sim):
        self._sim = sim
        self._waiting: dict[str, tuple[str, int]] = {}
        self._storm = 0
        self._told = 0

    def strike(self, point: str, action: str, count: int = 1) -> None:
        """Do `action` ("reboot" or "silence") the `count`-th time the modem comes by `point`, once."""
        if point not in POINTS:
            raise ValueError(f"no such point; choose one of {', '.join(POINTS)}")
        if action not in ACTIONS or count < 1:
            raise ValueError("a fault reboots or silences, at a count of 1 or more")
        self._waiting[point] = (action, count)

    def waits_at(self, point: str) -> bool:
        """True when a fault waits at `point`, however many times it still lets pass."""
        return point in self._waiting

    def due(self, point: str) -> bool:
        """True when the fault strikes the next time."""
        return self._waiting.get(point, ("", 0))[1] == 1

    async def passing(self, point: str) -> None:
        """Commands call this where a fault may strike."""
        action, count = self._waiting.get(point, ("", 0))
        if not action:
            return
        if count > 1:
            self._waiting[point] = (action, count - 1)
            return
        del self._waiting[point]
        self._sim.line.note("!", f"{action} at {point}")
        if action == "silence":
            raise NoAnswer
        self._sim.reboot()
        await asyncio.Event().wait()  # this task has just been cancelled with the power

    async def halfway(self, point: str, data: bytes) -> None:
        """Send the first half of an answer when a fault strikes at `point` in the middle of it."""
        if self.due(point):
            self._sim.line.send(data[: len(data) // 2], shown=f"<half of {len(data)} bytes>")
        await self.passing(point)

    def storm(self, lines: int) -> None:
        """From now on `lines` unsolicited lines stand before and after each line of an answer, and at a prompt."""
        self._storm = lines

    def storm_lines(self) -> list[str]:
        """Return the next lines to push in, none without a storm."""
        lines = [STORM[(self._told + index) % len(STORM)] for index in range(self._storm)]
        self._told += len(lines)
        return lines
