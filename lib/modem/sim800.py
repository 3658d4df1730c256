"""SIM800: table and TCP dialect: CSTT, CIICR, CIFSR, CIPSTART, CIPSEND, manual receive with CIPRXGET.

    modem = Modem(stream, "SIM800")

    IP INITIAL -CSTT-> IP START -CIICR-> IP GPRSACT -CIFSR-> IP STATUS <-> IP PROCESSING
        ^-- CIPSHUT, from anywhere ----------------------------------------- PDP DEACT

Several commands end with a line of their own instead of OK: CIFSR with the address, CIPSHUT with `SHUT OK`, CIPSEND
with `0, SEND OK` (the peer's TCP has acknowledged the bytes), CIPCLOSE with `0, CLOSE OK`.
Sources: SIM800 Series AT Command Manual V1.09 chapter 8; SIM800 Series TCPIP Application Note V1.02; SIM800C Hardware
Design V1.02 §4.2 (PWRKEY).
"""

from micropython import const

from .errors import ConnectError, ModemTimeout
from .link import CLOSE, OPEN_S, REOPEN, Link, numbers, plain
from .profile import Profile

_SHUT_S = const(65)
_ACTIVATE_S = const(85)


def _word(text: str, number: int) -> str:
    """`0, CLOSED` is "CLOSED" for number 0 and "" for any other."""
    head, _, word = text.partition(",")
    return word.strip() if head == str(number) else ""


def _address(text: str) -> bool:
    return text.count(".") == 3 and text.replace(".", "").isdigit()


class CipStart(Link):
    LINKS = 6

    def __init__(self, dialogue, profile, log):
        super().__init__(dialogue, profile, log)
        # `DST: 1` comes with the network's time and must not pass for the reply to AT+CGMM
        for head in (",", "+CIPRXGET", "+PDP", "STATE", "DST"):
            dialogue.urcs[head] = self._on_line

    async def open_context(self, stale: bool) -> None:
        # from whatever state it was left in; nothing else leaves PDP DEACT, and the settings need IP INITIAL
        await self.order("AT+CIPSHUT", _SHUT_S, finals=lambda text: text == "SHUT OK")
        await self.order("AT+CIPMUX=1", 5)
        await self.order("AT+CIPRXGET=1", 5)
        named = self.apn is not None and plain(self.apn, ".-_")
        await self.order(f'AT+CSTT="{self.apn}","",""' if named else "AT+CSTT", 10)
        if (
            await self.order("AT+CIICR", _ACTIVATE_S) is None
            or await self.order("AT+CIFSR", 10, finals=_address) is None
        ):
            raise ConnectError("network not opened")

    async def open(self, connection, host: str, port: int):
        number = connection.number
        results = connection.results
        if await self.order(f'AT+CIPSTART={number},"TCP","{host}",{port}', 10) is None and not results:
            return ConnectError("refused")
        # `0, ALREADY CONNECT` comes with ERROR, the others after OK
        code = await connection.result("open", OPEN_S)
        return ConnectError("socket in use") if code == "ALREADY CONNECT" else self.refusal(code)

    async def remedy(self, error) -> int:
        """The refusal has no code; the modem's state tells a dead context from a peer that cannot be reached."""
        if error.reason == "socket in use":
            return CLOSE
        self.results.pop("STATE", None)
        state = ""
        try:
            if await self.order("AT+CIPSTATUS", 5) is not None:
                state = await self.result("STATE", 5)
        except ModemTimeout:
            self.log("no state", error.reason)
        if state in ("", "IP STATUS", "IP PROCESSING"):
            return CLOSE if error.reason == "refused" else 0
        self.network_lost()
        return REOPEN

    async def send(self, connection, data) -> int:
        number = connection.number

        def ends(text):
            # a peer that closes now may leave the modem without another word, but the prompt must have been answered
            return _word(text, number) in (("SEND OK", "SEND FAIL", "CLOSED") if connection.leaving else ())

        lines = await self.piece(connection, f"AT+CIPSEND={number},{len(data)}", data, ends)
        word = _word(lines[-1], number) if lines else ""
        if word == "CLOSED":
            connection.end()
            raise ConnectError("closed")
        if word == "SEND FAIL":
            raise ConnectError("send failed")
        return len(data)

    async def shut(self, connection) -> None:
        number = connection.number
        await self.order(f"AT+CIPCLOSE={number}", 10, finals=lambda text: _word(text, number) == "CLOSE OK")

    def _on_line(self, text: str, pdu) -> None:
        if text[1:2] == ",":
            number = int(text[0])
            word = _word(text, number)
            if word == "CLOSED":
                self.tell(number, "end")
            elif word[:7] == "CONNECT" or word[:7] == "ALREADY":
                self.tell(number, "open", 0 if word == "CONNECT OK" else word)
        elif text[:5] == "STATE":
            self.put("STATE", text[6:].strip())
        elif text[:4] == "+PDP":
            self.network_lost()
        else:
            fields = numbers(text)
            if len(fields) > 1 and fields[0] == 1:
                self.tell(fields[1], "more")


SIM800 = Profile(
    "SIM800",
    raw=(("+CIPRXGET: 2,", 2),),
    hard_boot=("RDY",),
    setup=("ATE0", "AT+CMEE=1", "AT+CREG=1", "AT+CLTS=1"),
    link=CipStart,
    power_off="AT+CPOWD=1",
    on_ms=1200,
    off_ms=2000,  # 1.5 to 33 s
    reset_ms=150,
    off_s=5,
)
