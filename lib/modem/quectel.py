"""Quectel EC200 and EC800: table and TCP dialect: QICSGP, QIACT, QIOPEN in buffer access mode, QISEND, QIRD, QICLOSE.

    modem = Modem(stream, "EC200")

`SEND OK` means queued: AT+QISEND=n,0 tells what the peer has acknowledged. `SEND FAIL`: nothing was taken, the buffer
is full. `+QIURC: "recv",n` is not repeated until QIRD has answered 0; a connection that the peer closed keeps its
number until QICLOSE, a context that the network ended stays broken until QIDEACT.
Sources: Quectel EC200x Series TCP(IP) Application Note V1.0 chapters 2 to 4; EC200x Series AT Commands Manual V1.1;
EC200S Series Hardware Design V1.2 §3.7 (PWRKEY).
"""

import asyncio

from micropython import const

from .errors import ConnectError
from .job import PAYMENT, Job
from .link import OPEN_S, Link, numbers, plain
from .profile import Profile

_ACTIVATE_S = const(150)
_DEACTIVATE_S = const(40)
_LOOKS = const(8)  # for room in the send buffer
_LOOK_S = 0.25
_CLOSE_S = const(12)  # the modem waits 10 s for the peer
_WORDS = (
    "550 unknown error|552 wrong parameter|553 no memory|554 no socket|561 network not opened|563 socket in use|"
    "564 name busy|565 name not found|566 connect failed|567 closed|568 busy|569 time-out|570 network lost|"
    "572 not allowed|573 no access point"
)


class QiOpen(Link):
    LINKS = 12
    WORDS = _WORDS
    DEAD = (561, 570)
    TAKEN = (563, 568)

    def __init__(self, dialogue, profile, log):
        super().__init__(dialogue, profile, log)
        for head in ("+QIOPEN", "+QIURC"):
            dialogue.urcs[head] = self._on_line

    async def open_context(self, stale: bool) -> None:
        if stale:
            await self.order("AT+QIDEACT=1", _DEACTIVATE_S)
        if self.apn is not None and plain(self.apn, ".-_"):
            await self.order(f'AT+QICSGP=1,1,"{self.apn}","","",0', 5)
        for line in await self.order("AT+QIACT?", 5, "+QIACT:") or ():
            if numbers(line)[:2] == [1, 1]:
                return  # left open by an earlier start of the terminal
        if await self.order("AT+QIACT=1", _ACTIVATE_S) is None:
            # refused also when the network ended it unnoticed
            await self.order("AT+QIDEACT=1", _DEACTIVATE_S)
            if await self.order("AT+QIACT=1", _ACTIVATE_S) is None:
                raise ConnectError("network not opened", await self._last_error())

    async def _last_error(self):
        for line in await self.order("AT+QIGETERROR", 5, "+QIGETERROR:") or ():
            return numbers(line)[0]
        return None

    async def open(self, connection, host: str, port: int):
        if await self.order(f'AT+QIOPEN=1,{connection.number},"TCP","{host}",{port},0,0', 10) is not None:
            return self.refusal(await connection.result("open", OPEN_S))
        return self.refusal(connection.results.pop("open", 0) or await self._last_error() or 550)

    async def send(self, connection, data) -> int:
        lines = await self.piece(
            connection,
            f"AT+QISEND={connection.number},{len(data)}",
            data,
            lambda text: text in ("SEND OK", "SEND FAIL"),
        )
        if not (lines and lines[-1] == "SEND FAIL"):
            return len(data)
        # the buffer is full: a look at what the peer has not acknowledged costs less than the data once more
        for _ in range(_LOOKS):
            await asyncio.sleep(_LOOK_S)
            lines = await self.order(f"AT+QISEND={connection.number},0", 5, "+QISEND:")
            fields = numbers(lines[0]) if lines else ()
            if len(fields) < 3 or not fields[2] or not connection.connected:
                break
        return 0

    def fetching(self, number: int, size: int):
        return Job(f"AT+QIRD={number},{min(size, self.profile.read_limit)}", ("+QIRD:",), 5, PAYMENT)

    def left(self, header: str, number: int):
        return True  # only an answer of 0 shows that nothing is left, and makes the modem announce again

    async def shut(self, connection) -> None:
        await self.order(f"AT+QICLOSE={connection.number}", _CLOSE_S)

    def _on_line(self, text: str, pdu) -> None:
        fields = numbers(text)
        if len(fields) < 2:
            return
        if text[:7] == "+QIOPEN":
            self.tell(fields[0], "open", 550 if fields[1] is None else fields[1])
        elif '"pdpdeact"' in text:
            if fields[1] == 1:
                self.network_lost()
        elif '"closed"' in text:
            self.tell(fields[1], "end")
        elif '"recv"' in text:
            self.tell(fields[1], "more")


EC200 = Profile(
    "EC200",
    raw=(("+QIRD:", 0),),
    hard_boot=("RDY",),
    setup=("ATE0", "AT+CMEE=1", 'AT+QURCCFG="urcport","uart1"', "AT+CREG=1", "AT+CTZU=1"),
    link=QiOpen,
    iccid="AT+QCCID",
    power_off="AT+QPOWD",
    on_ms=2000,
    off_ms=1000,
    reset_ms=300,
    off_s=10,
    power_rest_s=3600,  # it stands few power cycles a day
)
EC800 = EC200
