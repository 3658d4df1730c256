"""The modem's network context and its numbered connections; what differs between families is in a subclass each.

    link = SomeDialect(dialogue, profile, log)
    connection = await link.connect("10.1.2.3", 5000, 30)

    no context -> open_context (one task for all who wait; goes on when they give up) -> context
      ^                                                                                    |
      +---- reset, network lost, or an open refused in a way that means "context dead" ----+

    number:  closed -> open sent -> open -> closing -> closed
                          |  caller gave up: "in doubt", used last; a late success is closed at once
                          +- refused, or not closed for sure: "unknown", closed before it is used

A dialect (see sim7600.py, sim800.py, quectel.py) gives:

    LINKS                               how many connections the modem can have
    WORDS, DEAD, TAKEN                  socket errors: in words; those that mean a dead context; a number in use
    async open_context(stale)           `stale`: it may be half open: close it first. Raises ConnectError
    async open(connection, host, port)  None or the ConnectError
    async send(connection, data)        how many bytes the modem took, 0 when its buffer is full
    fetching(number, size), left(header, number)     the command that fetches; whether more waits behind its reply
    async shut(connection)              tell the modem to close
    async remedy(error)                 what helps against a refused open

and reports what the modem says about a number by tell(number, what, value).
"""

import asyncio

from micropython import const

from .errors import CommandError, ConnectError, ModemError, ModemReset, ModemTimeout
from .job import PAYMENT, Job
from .stream import Connection, Results

CLOSE = const(1)  # remedies: close the number
REOPEN = const(2)  # close and open the context

_CLOSED = const(0)  # states of a number nobody holds
_UNKNOWN = const(1)
_DOUBT = const(2)
_TAKE = const(3)  # held by a connection that is over, but was not closed by its user
_LOST = const(-1)  # result of an open: the context went away
_WAIT_S = const(5)
_SEND_S = const(30)
_FETCH_S = const(5)
_CLOSE_S = const(10)
OPEN_S = const(160)  # longest answer to an open in any family's manual; the caller's limit is shorter


def numbers(text: str) -> list:
    """The fields after the colon, integers where they are such, else None."""
    out = []
    for field in text[text.find(":") + 1 :].split(",")[:8]:
        field = field.strip()
        digits = field[1:] if field[:1] == "-" else field
        out.append(int(field) if digits.isdigit() and len(digits) < 7 else None)
    return out


def plain(text: str, extra: str) -> bool:
    """Whether `text` is 1..100 letters, digits and characters of `extra`: safe between quotes of a command."""
    for char in text:
        if not ("a" <= char <= "z" or "A" <= char <= "Z" or "0" <= char <= "9" or char in extra):
            return False
    return 0 < len(text) <= 100


class Link(Results):
    """`.apn`: access point name for the next context, None: the one stored in the modem."""

    LINKS = 6
    WORDS = ""  # "code word|code word|..."
    DEAD: tuple = ()
    TAKEN: tuple = ()

    def __init__(self, dialogue, profile, log):
        super().__init__()
        self.profile = profile
        self.dialogue = dialogue
        self.log = log
        self.apn = None
        self.network = False
        self._stale = False
        self._age = 0  # contexts opened so far
        self._opening = None  # the task that opens the context
        self._fault = None  # how it ended
        self.slots = [None] * self.LINKS
        # taken to be closed: one that an earlier start of the terminal left open is refused as in use, and closed then
        self._states = bytearray(self.LINKS)

    def reset(self) -> None:
        """The modem restarted, or is given up: nothing of what was open is left."""
        self.network = self._stale = False
        self.error = ModemReset()
        for number, connection in enumerate(self.slots):
            self._states[number] = _CLOSED
            self.slots[number] = None
            if connection is not None:
                connection.end(ModemReset(), False)
        self.results.clear()
        self.news.set()

    # ---- opening

    async def connect(self, host: str, port: int, timeout) -> Connection:
        """Open a connection, the context too when needed. `timeout`: s for all. Raises ConnectError, ModemTimeout,
        ModemReset, ModemError."""
        if not (plain(host, ".-:") and 0 < port < 65536):
            raise ConnectError("bad address")
        connection = self._new()
        given = False
        try:
            await asyncio.wait_for(self._connect(connection, host, port), timeout)
            given = True
        except asyncio.TimeoutError:
            raise ModemTimeout("connect") from None
        finally:
            if not given:
                if connection.connected:
                    connection.close()  # it came up at the last moment
                elif self.slots[connection.number] is connection:
                    self.slots[connection.number] = None
        return connection

    def _new(self) -> Connection:
        best = None
        least = _TAKE
        for number, holder in enumerate(self.slots):
            if holder is None:
                state = self._states[number]
            elif holder.opened and not (holder.connected or holder.closing):
                state = _TAKE
            else:
                continue
            if best is None or state < least:
                best = number
                least = state
        if best is None:
            raise ModemError("too many connections")
        if least == _TAKE:
            self.slots[best].end(ConnectError("closed"), False)
            self._states[best] = _UNKNOWN
        connection = self.slots[best] = Connection(self, best)
        return connection

    async def _connect(self, connection, host: str, port: int) -> None:
        number = connection.number
        again = True
        while True:
            await self._context()
            age = self._age
            if self._states[number] != _CLOSED:
                await self._shut(connection)
            self._states[number] = _DOUBT
            connection.results.clear()
            connection.opened = connection.connected = False
            error = await self.open(connection, host, port)  # type: ignore[attr-defined]
            if error is None:
                return
            connection.connected = False
            self._states[number] = _UNKNOWN
            remedy = await self.remedy(error) if again else 0
            if remedy == REOPEN and self._age == age:
                for other in self.slots:
                    if other is not None and other.connected:
                        raise error  # a context that carries somebody's connection is not dead
                self.network = False
                self._stale = True
            elif not remedy:
                raise error
            again = False

    async def _context(self) -> None:
        if self.network:
            return
        if self._opening is None:
            # a task of its own: on GPRS it may take longer than a caller wants to wait, and must end all the same
            self._fault = self.error = None
            self._opening = asyncio.create_task(self._open_context())
        task = self._opening
        while self._opening is task:
            await self.wait(_WAIT_S)
        if not self.network:
            raise self._fault or ConnectError("network lost")

    async def _open_context(self) -> None:
        try:
            await self.open_context(self._stale)  # type: ignore[attr-defined]
            self.network = True
            self._stale = False
            self._age += 1
        except ModemError as error:
            self.log("context", error.reason)
            self._fault = error
            self._stale = not isinstance(error, ModemReset)
        finally:
            self._opening = None
            self.news.set()

    async def remedy(self, error) -> int:
        if error.code in self.DEAD or error.reason == "network lost":
            return REOPEN
        return CLOSE if error.code in self.TAKEN else 0

    def refusal(self, code):
        """The error for a socket error code; None for 0."""
        if code == 0:
            return None
        if code == _LOST:
            return ConnectError("network lost")
        for entry in self.WORDS.split("|"):
            digits, _, word = entry.partition(" ")
            if digits == str(code):
                return ConnectError(word, code)
        return ConnectError("connect failed", code)

    # ---- what dialects share

    async def order(self, text: str, timeout, *prefixes, finals=None):
        """Give a command; return the lines of its reply, None when the modem refused it. `finals`: see Job."""
        job = Job(text, prefixes, timeout, PAYMENT)
        job.finals = finals
        try:
            await self.dialogue.perform(job)
        except CommandError:
            return None
        return job.lines

    async def piece(self, connection, text: str, data, finals=None) -> list:
        """Give a command and, after the prompt, `data`; return the lines of the reply."""
        job = Job(text, (), _SEND_S, PAYMENT)
        job.data = data
        job.finals = finals
        job.before_write = connection.leaves
        connection.leaving = False
        try:
            await self.dialogue.perform(job)
        except CommandError:
            raise ConnectError("send refused") from None
        return job.lines

    def fetching(self, number: int, size: int):
        """Manual receive as both SIMCom families have it."""
        return Job(f"AT+CIPRXGET=2,{number},{min(size, self.profile.read_limit)}", ("+CIPRXGET: 2",), _FETCH_S, PAYMENT)

    def left(self, header: str, number: int):
        """Whether more waits in the modem; None when the reply is not for this connection."""
        fields = numbers(header)
        return bool(fields[3]) if len(fields) > 3 and fields[1] == number else None

    # ---- closing

    async def release(self, connection) -> None:
        if self.slots[connection.number] is connection:
            connection.error = None  # of before; a reset that comes now ends this
            await self._shut(connection)
            if self.slots[connection.number] is connection:
                self.slots[connection.number] = None
            connection.news.set()

    async def _shut(self, connection) -> None:
        """Close the number, which may not be open. A refusal means that it is closed already."""
        self._states[connection.number] = _UNKNOWN
        try:
            await self.shut(connection)
            self._states[connection.number] = _CLOSED
        except ModemError as error:
            self.log("close", error.reason)

    async def shut(self, connection) -> None:
        """The result of CIPCLOSE is a line of its own in both SIMCom families."""
        connection.results.clear()
        if await self.order(f"AT+CIPCLOSE={connection.number}", _CLOSE_S) is not None:
            await connection.result("closed", _CLOSE_S)

    # ---- unsolicited

    def tell(self, number, what: str, value=None) -> None:
        """The modem said about connection `number` (its word: anything): "open" with 0 or what is wrong, "more" (data
        wait), "end" (the peer closed it), or a result somebody waits for."""
        if not (isinstance(number, int) and 0 <= number < self.LINKS):
            return
        connection = self.slots[number]
        if connection is None:
            if what == "open" and self._states[number] == _DOUBT:
                self._states[number] = _UNKNOWN
                if value == 0:  # for a caller that gave up
                    connection = self.slots[number] = Connection(self, number)
                    connection.close()
        elif what == "end":
            connection.end()
        elif what == "more":
            connection.more = True
            connection.news.set()
        else:
            if what == "open" and value == 0 and not (connection.opened or connection.closing):
                connection.opened = connection.connected = True
            connection.put(what, value)

    def network_lost(self) -> None:
        """The context is gone, and every connection with it."""
        if self.network:
            self.log("network lost", "")
        self.network = False
        self._stale = True
        for connection in self.slots:
            if connection is None:
                continue
            if connection.opened:
                connection.end(ConnectError("network lost"))
            else:
                connection.put("open", _LOST)
