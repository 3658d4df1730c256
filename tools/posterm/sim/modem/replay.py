"""Plays a recorded dialogue as the modem's side: says what the modem said, and checks what the terminal says.

    replay = Replay(port.write, read_recording(path))
    replay.start()
    replay.feed(b"AT\\r")
    await replay.ended.wait()
    replay.problem                  # "" or 'line 7: the recording has "AT+CSQ", the terminal sent "AT+CPIN?"'

A recording is text: a head line, then `<ms> > line to the modem`, `<ms> < line from it`, `<ms> ! mark`. What was masked
as `<11 digits>` or `<94 hex>` matches any digits or hexadecimal from the terminal; from the modem it is replaced by
something valid, a PDU by a message or report of the same length. `<14 bytes>` stands for so many octets of payload.

What a terminal records when something went wrong begins in the middle of its day. With a lead-in, a simulated modem
answers until the recording's first line is said.
"""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from posterm.sim.modem.core import ModemSim
from posterm.sim.modem.masking import masked
from posterm.sim.modem.synthetic import pdu_of, plain
from posterm.sim.modem.tpdu import BadPdu, decode_submit

HEAD = "# posterm modem recording 1"
LINES = 100_000  # of a recording
BUFFER = 8192  # bytes typed and not yet looked at
LINE = 4096  # bytes the terminal may send without an end
CUT = 78  # a recorded line this long may have lost its end
GARBAGE = bytes(range(128, 160))
ESCAPE, CTRL_Z = 0x1B, 0x1A

_STEP = re.compile(r"(?:(\d{1,9}) )?([<>!]) ?(.*)")
_MASKED = re.compile(r"<\d+ (digits|hex)>")
_PAYLOAD = re.compile(r"<(\d+) (hex|bytes)>")
_PDU = re.compile(r"<PDU of (\d+)>")


@dataclass
class Step:
    """One line of a recording."""

    line: int
    ms: int
    mark: str
    text: str


def read_recording(path: Path) -> list[Step]:
    """Read a recording. Raises ValueError with the line at fault, OSError."""
    return parse_recording(path.read_text(encoding="utf-8"))


def parse_recording(text: str) -> list[Step]:
    """Return the steps of a recording. Raises ValueError with the line at fault."""
    lines = text.splitlines()
    if not lines or not lines[0].startswith(HEAD):
        raise ValueError(f'this is no recording: its first line is not "{HEAD} ..."')
    if len(lines) > LINES:
        raise ValueError(f"a recording has at most {LINES} lines")
    steps: list[Step] = []
    for number, line in enumerate(lines[1:], 2):
        if not line.strip() or line.startswith("#"):
            continue
        found = _STEP.fullmatch(line)
        if found is None:
            raise ValueError(f'line {number}: not "<ms> > text", "<ms> < text" or "<ms> ! text"')
        ms = int(found[1]) if found[1] else (steps[-1].ms if steps else 0)
        if steps and ms < steps[-1].ms:
            raise ValueError(f"line {number}: earlier than the line before")
        steps.append(Step(number, ms, found[2], found[3]))
    return steps


def _fits(recorded: str, line: str) -> bool:
    """True when a line of the terminal is what was recorded, but for what was masked or cut off."""
    pattern, last = "", 0
    for run in _MASKED.finditer(recorded):
        pattern += re.escape(recorded[last : run.start()])
        pattern += r"[\d -]+" if run[1] == "digits" else r"[0-9A-Fa-f -]+"
        last = run.end()
    pattern += re.escape(recorded[last:].removesuffix("..."))
    if recorded.endswith("...") or len(recorded) >= CUT:
        pattern += ".*"
    return re.fullmatch(pattern, line) is not None


class Mismatch(Exception):
    """The terminal said something else than the recording."""


class Replay:
    """write: takes the bytes meant for the terminal. patience: seconds the terminal may take for a line.

    lead_in: the modem that answers before the first line of the recording.
    `ended` is set at the end or at the first difference, which `problem` names; `line` is where it is.
    """

    def __init__(
        self,
        write: Callable[[bytes], object],
        steps: list[Step],
        log: Callable[[str, str], None] | None = None,
        patience: float = 120.0,
        lead_in: ModemSim | None = None,
    ):
        self.write = write
        self._steps = steps
        self._log = log or (lambda _mark, _text: None)
        self._patience = patience
        self._typed = bytearray()
        self._arrived = asyncio.Event()
        self._task: asyncio.Task | None = None
        self._lead_in = lead_in
        self._header = ""
        self._number = ""  # the last recipient, and the reference of its message
        self._reference = 0
        self.line = 0
        self.problem = ""
        self.ended = asyncio.Event()

    def start(self) -> None:
        """Begin. Needs a running loop."""
        if self._lead_in is not None:
            self._lead_in.start()
        self._task = asyncio.get_running_loop().create_task(self._play())

    def close(self) -> None:
        """Stop where it is."""
        self._end_lead_in()
        if self._task is not None:
            self._task.cancel()

    def feed(self, data: bytes) -> None:
        """Take bytes the terminal sent."""
        self._typed += data[: BUFFER - len(self._typed)]
        self._arrived.set()

    async def _play(self) -> None:
        before = 0
        try:
            for step in self._steps:
                self.line = step.line
                if step.mark == ">":
                    try:
                        await asyncio.wait_for(self._expect(step.text), self._patience)
                    except asyncio.TimeoutError:
                        raise Mismatch("nothing") from None
                elif step.mark == "<":
                    await asyncio.sleep((step.ms - before) / 1000)
                    self._say(step.text)
                before = step.ms
        except Mismatch as difference:
            self.problem = f'line {step.line}: the recording has "{step.text}", the terminal sent {difference}'
            self._log("!", self.problem)
        self.ended.set()

    # what the terminal says

    async def _more(self) -> None:
        self._arrived.clear()
        await self._arrived.wait()

    async def _octets(self, count: int) -> bytes:
        while len(self._typed) < count:
            await self._more()
        data = bytes(self._typed[:count])
        del self._typed[:count]
        return data

    async def _until(self, ends: bytes) -> bytes:
        """Return what comes before one of the octets `ends`, which stays."""
        while True:
            places = [place for place in map(self._typed.find, (bytes((end,)) for end in ends)) if place >= 0]
            if places:
                return await self._octets(min(places))
            if len(self._typed) >= LINE:
                raise Mismatch(f"{LINE} bytes without an end")
            await self._more()

    async def _skip_ends(self) -> None:
        while True:
            while self._typed[:1] in (b"\r", b"\n"):
                del self._typed[:1]
            if self._typed:
                return
            await self._more()

    async def _expect(self, text: str) -> None:
        payload = _PAYLOAD.fullmatch(text)
        if text in ("<ESC>", "<CTRL-Z>"):
            await self._skip_ends()
            octet = (await self._octets(1))[0]
            if octet != (ESCAPE if text == "<ESC>" else CTRL_Z):
                raise Mismatch(f"the octet 0x{octet:02X}")
            self._log(">", text)
        elif payload and payload[2] == "bytes":
            await self._octets(int(payload[1]))
            self._log(">", text)
        elif payload:
            await self._expect_pdu()
        else:
            await self._expect_line(text)

    async def _expect_pdu(self) -> None:
        typed = await self._until(b"\x1a\x1b")
        try:
            pdu = bytes.fromhex(typed.decode("ascii"))
        except ValueError as error:
            raise Mismatch(f"{len(typed)} bytes that are not hexadecimal") from error
        self._log(">", f"<{len(typed)} hex>")
        try:
            self._number = decode_submit(pdu)[1].number
        except BadPdu:
            self._number = ""

    def _end_lead_in(self) -> None:
        if self._lead_in is not None:
            self._lead_in.close()
            self._lead_in = None

    async def _expect_line(self, text: str) -> None:
        while True:
            await self._skip_ends()
            line = (await self._until(b"\r")).decode("latin-1")
            del self._typed[:1]
            self._log(">", masked(line))
            if _fits(text, line):
                self._end_lead_in()
                return
            if self._lead_in is None:
                raise Mismatch(f'"{masked(line)}"')
            self._lead_in.feed(line.encode("latin-1") + b"\r")

    # what the modem says

    def _say(self, text: str) -> None:
        payload, pdu = _PAYLOAD.fullmatch(text), _PDU.fullmatch(text)
        if text == "<prompt>":
            data = b"\r\n> "
        elif payload and payload[2] == "bytes":
            data = bytes(index % 256 for index in range(int(payload[1]))) + b"\r\n"
        elif text == "<garbage>":
            data = GARBAGE
        elif pdu:
            data = pdu_of(self._header, int(pdu[1]), self._number, self._reference).hex().upper().encode() + b"\r\n"
        else:
            if text.startswith(("+CMGS:", "+CMSS:")):
                reference = text.partition(":")[2].strip()
                self._reference = int(reference) % 256 if reference.isdecimal() else 0
            data = b"\r\n" + plain(text).encode("latin-1", "replace") + b"\r\n"
        self._header = text
        self._log("<", text)
        self.write(data)
