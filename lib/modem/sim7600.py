"""SIM7600 and A7670: table and TCP dialect: NETOPEN, CIPOPEN, CIPSEND, manual receive with CIPRXGET.

    modem = Modem(stream, "SIM7600")

The result of NETOPEN, CIPOPEN, CIPSEND and CIPCLOSE is a line of its own, before or after OK.
Sources: SIM7500_SIM7600 Series AT Command Manual V2.00 and TCPIP Application Note V1.00; A7600 Series AT Command Manual
V1.04; SIM7600 Series Hardware Design V1.03 §3.2 (PWRKEY).
"""

from micropython import const

from .errors import ConnectError, ModemTimeout
from .link import OPEN_S, Link, numbers, plain
from .profile import Profile

_NET_S = const(60)  # for +NETOPEN after OK
_CONFIRM_S = const(5)  # for +CIPSEND after OK; the peer's answer is the real proof
_WORDS = (
    "1 network failure|2 network not opened|3 wrong parameter|4 not connected|5 no socket|6 no socket|8 busy|"
    "9 socket in use|10 time-out|11 name not found"
)


class NetOpen(Link):
    LINKS = 10
    WORDS = _WORDS
    DEAD = (1, 2, 5, 6)
    TAKEN = (4, 8, 9)

    def __init__(self, dialogue, profile, log):
        super().__init__(dialogue, profile, log)
        for head in (
            "+NETOPEN",
            "+NETCLOSE",
            "+CIPOPEN",
            "+CIPSEND",
            "+CIPCLOSE",
            "+IPCLOSE",
            "+CIPRXGET",
            "+CIPEVENT",
        ):
            dialogue.urcs[head] = self._on_line

    async def open_context(self, stale: bool) -> None:
        self.results.clear()
        if stale and await self.order("AT+NETCLOSE", 10) is not None:  # refused: it is closed
            try:
                await self.result("+NETCLOSE", 10)
            except ModemTimeout:
                self.log("no confirmation", "NETCLOSE")
        if self.apn is not None and plain(self.apn, ".-_"):
            await self.order(f'AT+CGDCONT=1,"IP","{self.apn}"', 9)
        await self.order("AT+CIPRXGET=1", 5)
        if await self.order("AT+NETOPEN", 30) is not None:
            code = await self.result("+NETOPEN", _NET_S)
            if code != 0:
                raise ConnectError("network not opened", code)
        # refused: it is open already, which CIPOPEN will show

    async def open(self, connection, host: str, port: int):
        text = f'AT+CIPOPEN={connection.number},"TCP","{host}",{port}'
        if await self.order(text, 30) is not None:
            code = await connection.result("open", OPEN_S)
        else:
            code = connection.results.pop("open", 0) or 1
        return self.refusal(code)

    async def send(self, connection, data) -> int:
        size = len(data)
        connection.results.pop("sent", None)
        await self.piece(connection, f"AT+CIPSEND={connection.number},{size}", data)
        try:
            taken = await connection.result("sent", _CONFIRM_S)
        except ModemTimeout:
            self.log("no confirmation", "CIPSEND")
            return size
        if taken < 0:
            connection.end(ConnectError("closed"), False)
            raise ConnectError("closed")
        return min(taken, size)

    def _on_line(self, text: str, pdu) -> None:
        head = text[: text.find(":")]
        fields = numbers(text)
        code = 255 if fields[-1] is None else fields[-1]
        if head == "+NETOPEN":
            self.put(head, code)
        elif head == "+CIPEVENT":
            self.network_lost()
        elif head == "+NETCLOSE":
            self.network_lost()
            self.put(head, code)
        elif len(fields) < 2:
            return
        elif head == "+CIPRXGET":
            if fields[0] == 1:
                self.tell(fields[1], "more")
        elif head == "+IPCLOSE":
            self.tell(fields[0], "end")
        else:
            self.tell(fields[0], {"+CIPOPEN": "open", "+CIPSEND": "sent"}.get(head, "closed"), code)


# only the banners differ, and both are listed
SIM7600 = Profile(
    "SIM7600",
    soft_error="+IP ERROR",
    raw=(("+CIPRXGET: 2,", 2),),
    hard_boot=("RDY", "*ATREADY", "START"),
    link=NetOpen,
    restart="AT+CRESET",
    power_off="AT+CPOF",
    on_ms=500,
    off_ms=3000,
    reset_ms=200,
    off_s=23,
)
A7670 = SIM7600
