"""The service console on the serial port: usable with any terminal program.

Read-only commands work at once; what changes something needs the technician's password. Passwords and keys are not
echoed, and nothing secret is ever printed. `help` lists the commands.

Each command is a function `async (console, services, arguments)` in a module that is loaded while it works.
"""

from micropython import const

from terminal.ondemand import borrowed

_LINE_MAX = const(128)
_PROMPT = "posterm> "

# name|module|L: the technician must be logged in|what it does; one string, because a dict would lie in the heap
_COMMANDS = """
help|||this list
login|||technician's password; on a new terminal it is set now
logout|||end the technician's session
status|commands_state||versions, keys, modem, pending work
last|commands_state||the last transaction
log|commands_state||the last events
modem|commands_state||the last lines exchanged with the modem
recording|commands_state||the dialogue kept from the last trouble with the modem
notices|commands_notices||the notices and their states
doctor|commands_notices||why there was no SMS: doctor VOUCHER
watch|commands_notices||success rate, delivery times, causes, parts, alarms
checks|commands_notices||what customers and the bank say differently
preview|commands_notices||a notice with sample values: preview EVENT AUDIENCE
sms|commands_notices|L|switch notices: sms off, sms trial, sms on
trial|commands_notices|L|test run: send, report, receive
resend|commands_notices|L|send a notice again: resend KEY
offers|commands_offers||the offers and what became of them
join|commands_offers|L|take in a number that wants offers: join GROUP
leave|commands_offers|L|take a number out
settle|commands_keys|L|end a reversal that was settled with the acquirer by hand
tmk|commands_keys|L|inject the terminal master key in two components
"""


class Console:
    """Args: `stream` of the board, `services`: see app.Services."""

    def __init__(self, stream, services):
        self._stream = stream
        self._services = services
        self._logged_in = False

    async def run(self):
        """Serve the console for ever."""
        self._logged_in = False
        services = self._services
        await self.say("posterm %s on %s, `help` lists the commands" % (services.version, services.board.name))
        while True:
            self._stream.write(_PROMPT.encode())
            await self._stream.drain()
            line = await self.read(echo=True)
            words = bytes(line).decode("ascii", "ignore").split() if _printable(line) else []
            if words:
                await self._command(words[0], words[1:])

    async def _command(self, name, arguments):
        start = _COMMANDS.find("\n" + name + "|") + 1
        if not start:
            await self.say("unknown command: `help` lists them")
            return
        _, module_name, login, _ = _COMMANDS[start : _COMMANDS.find("\n", start)].split("|")
        if login and not self._logged_in:
            await self.say("refused: `login` first")
        elif module_name:
            with borrowed("terminal.service." + module_name) as module:
                await getattr(module, name)(self, self._services, arguments)
        else:
            await getattr(self, "_" + name)()

    async def read(self, echo):
        """Return one line as a bytearray without its end; octets beyond 128 are dropped."""
        line = bytearray()
        while True:
            data = await self._stream.read(1)
            if not data:
                raise OSError("console closed")
            byte = data[0]
            if byte in (10, 13):
                if line or byte == 13 or not echo:
                    await self.say("")
                    return line
                continue
            if byte in (8, 127):
                line = line[:-1]
            elif len(line) < _LINE_MAX:
                line.append(byte)
                if echo and 32 <= byte < 127:
                    self._stream.write(data)
                    await self._stream.drain()

    async def say(self, text):
        """Print one line."""
        self._stream.write((text + "\r\n").encode())
        await self._stream.drain()

    async def _help(self):
        for row in sorted(_COMMANDS.strip().split("\n")):
            name, _, login, text = row.split("|")
            await self.say("%-9s %s%s" % (name, text, " (login)" if login else ""))

    async def _login(self):
        technician = self._services.technician
        if technician.is_set and technician.tries_left <= 0:
            await self.say("locked: five wrong passwords; the terminal must go to service")
            return
        await self.say("password:" if technician.is_set else "new password, 6 to 32 characters:")
        password = await self.read(echo=False)
        if technician.is_set:
            self._logged_in = await technician.check(password)
            await self.say("ok" if self._logged_in else "refused, %d tries left" % technician.tries_left)
        else:
            self._logged_in = await technician.set(password)
            await self.say("ok" if self._logged_in else "refused: 6 to 32 characters")

    async def _logout(self):
        self._logged_in = False
        await self.say("ok")


def _printable(line):
    return all(32 <= b < 127 for b in line)
