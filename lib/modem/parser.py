"""Bytes from a modem in, events out. Knows no UART and no command: only how an AT stream is cut.

    parser = Parser(raw=(("+CIPRXGET: 2,", 2),), pdu=("+CDS:",))
    for kind, text, data in parser.feed(b"\r\n+CDS: 25\r\n0791...\r\n\r\nOK\r\n"):
        ...     # (PDU, "+CDS: 25", "0791..."), (LINE, "OK", None)

However a stream is split over calls, the events are the same (only `reset` depends on when it is called).

    kind     text                     data
    LINE     the line, see canonical  None
    PROMPT   ""                       None          `>` at the start of a line, with or without a space or line end
    RAW      the announcing line      bytes         the announced number of bytes, whatever they are
    PDU      the announcing line      str           the next line that is not blank, whatever it looks like
    GARBAGE  ""                       None          a line longer than the limit; it is skipped to its end

Work is done on runs of bytes between line ends, so that the cost is per line and not per byte.
"""

from micropython import const

LINE = const(0)
PROMPT = const(1)
RAW = const(2)
PDU = const(3)
GARBAGE = const(4)

_IN_LINE = const(0)
_IN_PDU = const(1)
_BEFORE_RAW = const(2)
_IN_RAW = const(3)
_SKIPPING = const(4)

_LF = const(10)
_CR = const(13)
_SPACE = const(32)
_ABOVE = const(128)
_PROMPT = const(62)


def canonical(text: str) -> str:
    """`+HEAD:value` and `+HEAD:  value` become `+HEAD: value`; other lines stay as they are."""
    at = text.find(":") + 1
    if not at or text[0] not in "+*^" or (text[at : at + 1] == " " and text[at + 1 : at + 2] != " "):
        return text
    return text[:at] + " " + text[at:].strip()


class Parser:
    """`raw`: pairs of line prefix and position (from 0, after the colon) of the field with the number of raw bytes; at
    position 0 it must be the only field. `pdu`: prefixes of lines that announce a PDU line. `line_limit`, `raw_limit`:
    octets; a larger announcement of raw bytes is not believed and stays a line."""

    def __init__(self, raw=(), pdu=(), line_limit: int = 1024, raw_limit: int = 1500):
        self.learn(raw, pdu)
        self._line_limit = line_limit
        self._raw_limit = raw_limit
        self._buffer = bytearray(max(line_limit, raw_limit))
        self._count = 0
        self._need = 0
        self._header = ""
        self._state = _IN_LINE

    def learn(self, raw, pdu) -> None:
        """Take other announcements from the next line on."""
        self._raw = raw
        self._pdu = pdu
        self._keys = [entry[0][:4] for entry in raw] + [entry[:4] for entry in pdu]  # a quick no for other lines

    def reset(self) -> None:
        """Stop waiting for raw bytes or for a PDU line that did not come. A line under way is kept."""
        if self._state in (_BEFORE_RAW, _IN_RAW) or (self._state == _IN_PDU and not self._count):
            self._state = _IN_LINE
            self._count = 0

    def feed(self, data) -> list:
        """Take bytes, return the events they complete as a list of (kind, text, data)."""
        events: list = []
        at = 0
        end = len(data)
        limit = self._line_limit
        while at < end:
            state = self._state
            if state < _BEFORE_RAW and not self._count:
                # by far the most: a whole line that lies in these bytes
                stop = data.find(b"\n", at)
                if 0 <= stop <= at + limit:
                    run = data[at:stop].strip(b"\r ")
                    if not run:
                        at = stop + 1
                        continue
                    if min(run) >= _SPACE and (run[0] != _PROMPT or state == _IN_PDU):
                        try:
                            text = run.decode()
                        except UnicodeError:
                            text = ""
                        if len(text) == len(run):  # no octet above 127
                            at = stop + 1
                            self._end_line(text, _LF, events)
                            continue
            elif state == _IN_RAW:
                at = self._take_raw(data, at, end, events)
                continue
            elif state == _BEFORE_RAW:
                # raw bytes begin after the line feed that ends the announcement
                byte = data[at]
                if byte != _CR:
                    self._state = _IN_RAW
                at += byte in (_CR, _LF)
                continue
            at = self._take_piece(data, at, end, events)
        return events

    def _take_piece(self, data, at: int, end: int, events: list) -> int:
        """A part of a line, an odd line, or a line end; returns where it ends."""
        stop = data.find(b"\r", at)
        if stop < 0:
            stop = end
        if at < stop:
            lf = data.find(b"\n", at, stop)
            if lf >= 0:
                stop = lf
        if at < stop:
            if self._state != _SKIPPING:
                self._keep(data[at:stop], events)
            return stop
        if self._count:
            text = bytes(memoryview(self._buffer)[: self._count]).decode().rstrip()
            self._count = 0
            self._end_line(text, data[at], events)
        elif self._state == _SKIPPING:
            self._state = _IN_LINE
        return at + 1

    def _take_raw(self, data, at: int, end: int, events: list) -> int:
        take = min(self._need - self._count, end - at)
        self._buffer[self._count : self._count + take] = data[at : at + take]
        self._count += take
        if self._count == self._need:
            events.append((RAW, self._header, bytes(memoryview(self._buffer)[: self._count])))
            self._count = 0
            self._state = _IN_LINE
        return at + take

    def _keep(self, run, events: list) -> None:
        if min(run) < _SPACE or max(run) >= _ABOVE:
            # the noise of level shifters and of booting modems: NUL, FF...
            run = bytes([byte for byte in run if _SPACE <= byte < _ABOVE])
        if not self._count:
            run = run.lstrip(b" ")
            while run and run[0] == _PROMPT and self._state == _IN_LINE:
                events.append((PROMPT, "", None))
                run = run[1:].lstrip(b" ")
        count = self._count + len(run)
        if count > self._line_limit:
            self._count = 0
            self._state = _SKIPPING
            events.append((GARBAGE, "", None))
            return
        self._buffer[self._count : count] = run
        self._count = count

    def _end_line(self, text: str, byte: int, events: list) -> None:
        if self._state == _IN_PDU:
            self._state = _IN_LINE
            events.append((PDU, self._header, text))
            return
        if text[0] in "+*^":
            text = canonical(text)
            if text[:4] in self._keys and (self._announces_raw(text, byte) or self._announces_pdu(text)):
                self._header = text
                return
        events.append((LINE, text, None))

    def _announces_raw(self, text: str, byte: int) -> bool:
        for prefix, position in self._raw:
            if text.startswith(prefix):
                fields = text[text.find(":") + 1 :].split(",")
                if position >= len(fields) or (not position and len(fields) > 1):
                    return False
                length = fields[position].strip()
                if length.isdigit() and len(length) < 6 and 0 < int(length) <= self._raw_limit:
                    self._need = int(length)
                    self._state = _IN_RAW if byte == _LF else _BEFORE_RAW
                    return True
        return False

    def _announces_pdu(self, text: str) -> bool:
        for prefix in self._pdu:
            if text.startswith(prefix):
                if text.startswith("+CMG") and text.endswith(",0"):
                    return False  # an empty place in the storage: no PDU follows
                self._state = _IN_PDU
                return True
        return False
