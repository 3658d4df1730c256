"""One TCP connection in the SIM7600 dialect: NETOPEN, CIPOPEN, CIPSEND, manual receive with CIPRXGET.

    connection = await modem.connect("10.1.2.3", 5000, timeout=30)
    await connection.send(request, 10)
    answer = await connection.recv(512, 60)
    await connection.close()

    closed -> NETOPEN -> CIPOPEN -> connected -> (CIPCLOSE | +IPCLOSE | reset) -> closed

The result of NETOPEN, CIPOPEN, CIPSEND and CIPCLOSE is a URC that comes before or after OK. It is kept from the moment
the command is given, so its order does not matter.
"""

import asyncio
import time

from micropython import const

from .errors import CommandError, ConnectError, ModemError, ModemReset, ModemTimeout
from .job import PAYMENT, Job

_LINK = "0"
_POLL_S = const(5)  # a look for data although no URC announced any
_CONFIRM_S = const(5)  # for +CIPSEND after OK; the peer's answer is the real proof
_RESULTS = ("+NETOPEN", "+CIPOPEN", "+CIPSEND", "+CIPCLOSE")


def _numbers(text: str) -> list:
    """The fields after the colon, integers where they are such, else None."""
    out = []
    for field in text[text.find(":") + 1 :].split(",")[:8]:
        field = field.strip()
        digits = field[1:] if field[:1] == "-" else field
        out.append(int(field) if digits.isdigit() and len(digits) < 7 else None)
    return out


def _plain(text: str, extra: str) -> bool:
    for char in text:
        if not ("a" <= char <= "z" or "A" <= char <= "Z" or "0" <= char <= "9" or char in extra):
            return False
    return 0 < len(text) <= 100


class Connection:
    """`.connected`: open as far as known. `.sent_any`: False as long as no byte can have left the terminal."""

    def __init__(self, link):
        self._link = link
        self._received = b""
        self._more = True  # data may wait in the modem
        self.connected = True
        self.sent_any = False
        self._taken = False  # the caller of connect() has it
        self._closed = False
        self._error = None

    async def send(self, data, timeout=10) -> None:
        """Send all of `data` (bytes). `timeout`: s for all. Raises ModemError; look at `sent_any` then."""
        end = time.ticks_add(time.ticks_ms(), int(timeout * 1000))
        at = 0
        while at < len(data):
            left = time.ticks_diff(end, time.ticks_ms())
            if left <= 0:
                raise ModemTimeout("CIPSEND")
            self._check()
            size = min(len(data) - at, self._link.profile.send_limit)
            taken = await self._link.send(self, data[at : at + size], left / 1000)
            at += taken
            if not taken:
                await asyncio.sleep(0.2)  # the modem's buffer is full

    async def recv(self, n: int, timeout=60) -> bytes:
        """Return 1..n bytes, b"" when the peer has closed. Raises ModemTimeout after `timeout` s, ModemError."""
        end = time.ticks_add(time.ticks_ms(), int(timeout * 1000))
        looked = False
        while not self._received:
            if self._error is not None:
                raise self._error
            left = time.ticks_diff(end, time.ticks_ms()) / 1000
            if left <= 0 and looked:
                raise ModemTimeout("CIPRXGET")
            looked = True
            if self._more:
                self._more = False
                await self._link.read(self, n)
                continue
            if not self.connected:
                return b""
            if not await self._link.wait(min(left, _POLL_S)):
                self._more = True
        data = self._received[:n]
        self._received = self._received[n:]
        return data

    async def close(self) -> None:
        """Close; a fault on the way leaves the connection closed all the same."""
        self.connected = self._more = False
        self._received = b""
        if not self._closed:
            self._closed = True
            await self._link.close(self)

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
        if not self.connected:
            raise ConnectError("closed")

    # called by the link

    def _take(self, header: str, raw: bytes) -> None:
        # also for a caller that gave up meanwhile: what left the modem's buffer must not be lost
        fields = _numbers(header)
        self._more = len(fields) > 3 and bool(fields[3])
        self._received += raw

    def _lost(self, error) -> None:
        self._more = self.connected = False
        self._error = self._error or error

    def _peer_closed(self) -> None:
        self._more = True  # what came before the end is still to be read
        self.connected = False


class NetLink:
    """The modem's network context and its link 0. `apn` None: the one stored in the modem."""

    def __init__(self, dialogue, profile, log):
        self.profile = profile
        self.apn = None
        self._dialogue = dialogue
        self._log = log
        self._lock = asyncio.Lock()
        self._changed = asyncio.Event()
        self._results = {}
        self._network = False
        self._clean = False  # link 0 is known to be closed
        self._connection = None
        for head in _RESULTS:
            dialogue.urcs[head] = self._on_result
        dialogue.urcs["+IPCLOSE"] = self._on_peer_close
        dialogue.urcs["+CIPRXGET"] = self._on_data
        dialogue.urcs["+CIPEVENT"] = self._on_network_lost
        dialogue.urcs["+NETCLOSE"] = self._on_network_lost

    def reset(self) -> None:
        """The modem restarted: nothing of what was open is left."""
        self._network = False
        self._clean = True
        if self._connection is not None:
            self._connection._lost(ModemReset())
            self._connection = None
        self._results.clear()
        self._results["reset"] = True
        self._changed.set()

    async def connect(self, host: str, port: int, timeout) -> Connection:
        if not (_plain(host, ".-:") and 0 < port < 65536):
            raise ConnectError("bad address")
        try:
            connection = await asyncio.wait_for(self._connect(host, port), timeout)
        except asyncio.TimeoutError:
            raise ModemTimeout("CIPOPEN") from None
        connection._taken = True
        return connection

    async def _connect(self, host: str, port: int) -> Connection:
        async with self._lock:
            if self._connection is not None and self._connection.connected and self._connection._taken:
                raise ModemError("link in use")
            self._connection = None  # lost, or opened for a caller that was cancelled at the last moment
            if not self._clean:
                await self._close_link()
            again = True
            while True:
                if not self._network:
                    await self._open_network()
                code = await self._open_link(host, port)
                if code == 0:
                    break
                if code not in self.profile.reopen_errors or not again:
                    raise ConnectError(self.profile.socket_errors.get(code, "connect failed"), code)
                again = False
                await self._close_network()
            connection = Connection(self)
            if "+IPCLOSE" in self._results:
                connection._peer_closed()  # accepted and closed at once
            else:
                self._connection = connection
            return connection

    async def _open_network(self) -> None:
        if self.apn is not None and _plain(self.apn, ".-_"):
            await self._try(f'AT+CGDCONT=1,"IP","{self.apn}"', 9)
        await self._try("AT+CIPRXGET=1", 5)
        if await self._try("AT+NETOPEN", 30, "+NETOPEN"):
            code = await self._result("+NETOPEN", 0)
            if code != 0:
                raise ConnectError("network not opened", code)
        # refused: it is open already, which CIPOPEN will show
        self._network = True

    async def _close_network(self) -> None:
        self._network = False
        if await self._try("AT+NETCLOSE", 10):
            await asyncio.sleep(1)

    async def _open_link(self, host: str, port: int):
        self._clean = False
        self._results.pop("+IPCLOSE", None)
        if await self._try(f'AT+CIPOPEN={_LINK},"TCP","{host}",{port}', 30, "+CIPOPEN"):
            return await self._result("+CIPOPEN", 1)
        fields = self._results.get("+CIPOPEN")
        self._clean = True
        return fields[1] if fields and len(fields) > 1 and fields[1] else 1

    async def _try(self, text: str, timeout, head: str = None) -> bool:
        """Give a command; False when the modem refused it. `head`: the URC that brings its result."""
        if head is not None:
            self._results.pop(head, None)
        self._results.pop("reset", None)
        try:
            await self._dialogue.command(text, timeout=timeout, rank=PAYMENT)
        except CommandError:
            return False
        return True

    async def _result(self, head: str, position: int):
        """Wait for the URC; the caller sets the time limit. Returns the field, 255 when it makes no sense."""
        while head not in self._results:
            if "reset" in self._results:
                raise ModemReset()
            await self.wait(60)
        fields = self._results.pop(head)
        code = fields[position] if position < len(fields) else None
        return 255 if code is None else code

    async def wait(self, seconds) -> bool:
        """Until something happened on the link; False: nothing did for `seconds`."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        self._changed.clear()
        return True

    async def send(self, connection, data, seconds) -> int:
        """Hand over `data`, return how many bytes the modem took."""

        def leaves():
            connection.sent_any = True

        job = Job(f"AT+CIPSEND={_LINK},{len(data)}", (), seconds, PAYMENT)
        job.data = data
        job.before_write = leaves
        self._results.pop("+CIPSEND", None)
        whole = False
        try:
            await self._dialogue.perform(job)
            whole = True
        except CommandError:
            raise ConnectError("send refused") from None
        finally:
            if not whole:  # also when cancelled: what the host got or will get is no message
                connection._lost(ConnectError("send broken off"))
        try:
            taken = await asyncio.wait_for(self._result("+CIPSEND", 2), min(seconds, _CONFIRM_S))
        except asyncio.TimeoutError:
            self._log("no confirmation", "CIPSEND")
            return len(data)
        if taken < 0:
            connection._lost(ConnectError("closed"))
            raise ConnectError("closed")
        return min(taken, len(data))

    async def read(self, connection, n: int) -> None:
        """Fetch what waits in the modem, at most n bytes, into the connection."""
        if self._connection is not None and self._connection is not connection:
            return  # the link carries a newer connection
        size = max(1, min(n, self.profile.read_limit))
        job = Job(f"AT+CIPRXGET=2,{_LINK},{size}", ("+CIPRXGET: 2",), 5, PAYMENT)
        job.sink = connection._take
        try:
            await self._dialogue.perform(job)
        except CommandError:
            return  # nothing to read
        except ModemTimeout:
            connection._lost(ConnectError("bytes lost"))  # the modem may have given them up
            raise

    async def close(self, connection) -> None:
        async with self._lock:
            if self._connection is connection:
                self._connection = None
                if not self._clean:
                    await self._close_link()

    async def _close_link(self) -> None:
        try:
            if await self._try("AT+CIPCLOSE=" + _LINK, 10, "+CIPCLOSE"):
                await asyncio.wait_for(self._result("+CIPCLOSE", 1), 10)
            self._clean = True
        except asyncio.TimeoutError:
            self._log("no confirmation", "CIPCLOSE")
        except ModemError as error:
            self._log("close", error.reason)

    # ---- unsolicited

    def _on_result(self, text: str, pdu) -> None:
        fields = _numbers(text)
        head = text[: text.find(":")]
        if head == "+NETOPEN" or fields[0] == int(_LINK):
            self._results[head] = fields
            self._changed.set()

    def _on_peer_close(self, text: str, pdu) -> None:
        fields = _numbers(text)
        if fields[0] == int(_LINK):
            self._results["+IPCLOSE"] = fields
            if self._connection is not None:
                self._connection._peer_closed()
                self._connection = (
                    None  # the next connect closes the link all the same: a line of noise looks like this
                )
            self._changed.set()

    def _on_data(self, text: str, pdu) -> None:
        fields = _numbers(text)
        if fields[0] == 1 and fields[1:2] == [int(_LINK)] and self._connection is not None:
            self._connection._more = True
            self._changed.set()

    def _on_network_lost(self, text: str, pdu) -> None:
        self._network = False
        if text.startswith("+CIPEVENT"):
            self._log("network lost", "")
        if self._connection is not None:
            self._connection._peer_closed()
            self._connection = None
            self._changed.set()
