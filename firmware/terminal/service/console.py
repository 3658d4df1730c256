"""The service console on the serial port: usable with any terminal program.

Read-only commands work at once; keys need the technician's password. Passwords and keys are not echoed, and nothing
secret is ever printed. `help` lists the commands.
"""

import gc
from binascii import unhexlify

from micropython import const

import paycrypt

_LINE_MAX = const(128)
_PROMPT = "posterm> "


class Console:
    """Args: `stream` of the board, `name` and `serial` of the board, then services by name, see app.py."""

    def __init__(self, stream, board, ledger, outbox, keys, modem, session, technician, log, version):
        self._stream = stream
        self._board = board
        self._ledger = ledger
        self._outbox = outbox
        self._keys = keys
        self._modem = modem
        self._session = session
        self._technician = technician
        self._log = log
        self._version = version
        self._logged_in = False
        self._commands = {
            "help": (self._help, False, "this list"),
            "status": (self._status, False, "versions, keys, modem, pending work"),
            "last": (self._last, False, "the last transaction"),
            "notices": (self._notices, False, "the notices and their states"),
            "log": (self._events, False, "the last events"),
            "modem": (self._dialogue, False, "the last lines exchanged with the modem"),
            "login": (self._login, False, "technician's password; on a new terminal it is set now"),
            "logout": (self._logout, False, "end the technician's session"),
            "settle": (self._settle, True, "end a reversal that was settled with the acquirer by hand"),
            "tmk": (self._tmk, True, "inject the terminal master key in two components"),
        }

    async def run(self):
        """Serve the console for ever."""
        self._logged_in = False
        await self._say("posterm %s on %s, `help` lists the commands" % (self._version, self._board.name))
        while True:
            self._stream.write(_PROMPT.encode())
            await self._stream.drain()
            line = await self._read(echo=True)
            words = bytes(line).decode("ascii", "ignore").split() if _printable(line) else []
            if not words:
                continue
            row = self._commands.get(words[0])
            if row is None:
                await self._say("unknown command: `help` lists them")
            elif row[1] and not self._logged_in:
                await self._say("refused: `login` first")
            else:
                await row[0]()

    async def _read(self, echo):
        """Return one line as a bytearray without its end; octets beyond 128 are dropped."""
        line = bytearray()
        while True:
            data = await self._stream.read(1)
            if not data:
                raise OSError("console closed")
            byte = data[0]
            if byte in (10, 13):
                if line or byte == 13 or not echo:
                    await self._say("")
                    return line
                continue
            if byte in (8, 127):
                line = line[:-1]
            elif len(line) < _LINE_MAX:
                line.append(byte)
                if echo and 32 <= byte < 127:
                    self._stream.write(data)
                    await self._stream.drain()

    async def _say(self, text):
        self._stream.write((text + "\r\n").encode())
        await self._stream.drain()

    async def _help(self):
        for name in sorted(self._commands):
            _, login, text = self._commands[name]
            await self._say("%-8s %s%s" % (name, text, " (login)" if login else ""))

    async def _status(self):
        modem = self._modem
        pending = self._ledger.pending
        rows = (
            ("version", self._version),
            ("board", "%s %s" % (self._board.name, self._board.serial_number)),
            ("tmk", self._keys.check_value("TMK")),
            ("pik", self._keys.check_value("PIK")),
            ("mak", self._keys.check_value("MAK")),
            ("signed_in", _yes(self._session.signed_in)),
            ("batch", "%06d" % self._ledger.batch),
            ("trace", "%06d" % self._ledger.trace),
            ("modem", "ready" if modem.ready else "not ready"),
            ("registration", str(modem.registration)),
            ("signal", "-" if modem.signal is None else str(modem.signal)),
            ("reversal", "none" if pending is None else "trace %06d" % pending["trace"]),
            ("room", str(self._ledger.room)),
            ("notices_open", str(self._outbox.open_count)),
        ) + _heap()
        for name, value in rows:
            await self._say("%s=%s" % (name, value))

    async def _last(self):
        record = self._ledger.last
        if record is None:
            await self._say("none")
            return
        for name in ("type", "state", "trace", "batch", "amount", "card", "time", "code", "reference", "reason"):
            if name in record:
                await self._say("%s=%s" % (name, record[name]))

    async def _notices(self):
        for key, event, _, number, state, cause, parts, _, _, _ in self._outbox.entries():
            await self._say("%s %s %s %s parts=%d cause=%s" % (key, event, number, state, parts, cause or "-"))

    async def _events(self):
        for line in self._log.last(40):
            await self._say(line)

    async def _dialogue(self):
        for line in self._modem.last_dialogue():
            await self._say(line)

    async def _login(self):
        technician = self._technician
        if technician.is_set and technician.tries_left <= 0:
            await self._say("locked: five wrong passwords; the terminal must go to service")
            return
        await self._say("password:" if technician.is_set else "new password, 6 to 32 characters:")
        password = await self._read(echo=False)
        if technician.is_set:
            self._logged_in = await technician.check(password)
            await self._say("ok" if self._logged_in else "refused, %d tries left" % technician.tries_left)
        else:
            self._logged_in = await technician.set(password)
            await self._say("ok" if self._logged_in else "refused: 6 to 32 characters")

    async def _logout(self):
        self._logged_in = False
        await self._say("ok")

    async def _settle(self):
        """Close the pending reversal without an answer, when people have settled it: its trace number confirms."""
        pending = self._ledger.pending
        if pending is None:
            await self._say("none: no reversal is pending")
            return
        await self._say("trace number of the sale settled with the acquirer:")
        if bytes(await self._read(echo=True)) != b"%06d" % pending["trace"]:
            await self._say("refused: another trace number is pending")
            return
        self._ledger.settle(pending)
        self._log("reversal.settled", "trace %06d by hand" % pending["trace"])
        await self._say("ok")

    async def _tmk(self):
        """Ask for two components of 32 or 48 hexadecimal digits; the key is their XOR.

        A single person enters zeros as the second one.
        """
        first = await self._component("component 1")
        if first is None:
            return
        second = await self._component("component 2")
        if second is None:
            paycrypt.wipe(first)
            return
        try:
            if len(first) != len(second):
                await self._say("refused: the components differ in length")
                return
            for i in range(len(first)):
                first[i] ^= second[i]
            kcv = self._keys.load_master(first)
        except paycrypt.Error as e:
            await self._say("refused: %s (the same component twice?)" % e)
            return
        finally:
            paycrypt.wipe(first)
            paycrypt.wipe(second)
        text = "".join("%02X" % b for b in kcv)
        self._log("tmk.loaded", "check value " + text)
        await self._say("ok check value " + text)

    async def _component(self, name):
        await self._say("%s, 32 or 48 hexadecimal digits (not echoed):" % name)
        line = await self._read(echo=False)
        try:
            if len(line) not in (32, 48):
                raise ValueError
            return bytearray(unhexlify(bytes(line)))
        except ValueError:
            await self._say("refused: 32 or 48 hexadecimal digits")
            return None
        finally:
            paycrypt.wipe(line)


def _printable(line):
    return all(32 <= b < 127 for b in line)


def _heap():
    """Return the rows about the heap after a collection; an interpreter that does not tell adds none."""
    gc.collect()
    return tuple(
        (name, str(getattr(gc, function)()))
        for name, function in (("heap_used", "mem_alloc"), ("heap_free", "mem_free"))
        if hasattr(gc, function)
    )


def _yes(value):
    return "yes" if value else "no"
