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
_PROMPT = const(62)
_DELETE = const(127)


def canonical(text: str) -> str:
    """`+HEAD:value` and `+HEAD:  value` become `+HEAD: value`; other lines stay as they are."""
    if text[0] in "+*^":
        head, colon, value = text.partition(":")
        if colon:
            return head + ": " + value.strip()
    return text


class Parser:
    """`raw`: pairs of line prefix and position (from 0, after the colon) of the field with the number of raw bytes.
    `pdu`: prefixes of lines that announce a PDU line. `line_limit`, `raw_limit`: octets; a larger announcement of raw
    bytes is not believed and stays a line."""

    def __init__(self, raw=(), pdu=(), line_limit: int = 1024, raw_limit: int = 1500):
        self._raw = raw
        self._pdu = pdu
        self._line_limit = line_limit
        self._raw_limit = raw_limit
        self._buffer = bytearray(max(line_limit, raw_limit))
        self._count = 0
        self._need = 0
        self._header = ""
        self._state = _IN_LINE

    def reset(self) -> None:
        """Stop waiting for raw bytes or for a PDU line that did not come. A line under way is kept."""
        if self._state in (_BEFORE_RAW, _IN_RAW) or (self._state == _IN_PDU and not self._count):
            self._state = _IN_LINE
            self._count = 0

    def feed(self, data) -> list:
        """Take bytes, return the events they complete as a list of (kind, text, data)."""
        events = []
        at = 0
        end = len(data)
        while at < end:
            if self._state == _IN_RAW:
                take = min(self._need - self._count, end - at)
                self._buffer[self._count : self._count + take] = data[at : at + take]
                self._count += take
                at += take
                if self._count == self._need:
                    events.append((RAW, self._header, bytes(memoryview(self._buffer)[: self._count])))
                    self._start(_IN_LINE)
                continue
            byte = data[at]
            if self._state == _BEFORE_RAW and byte != _CR:
                # raw bytes begin after the line feed that ends the announcement
                self._state = _IN_RAW
                at += byte == _LF
                continue
            at += 1
            if byte in (_CR, _LF):
                self._end_line(byte, events)
            elif _SPACE <= byte < _DELETE:
                self._character(byte, events)
            # the rest is noise of level shifters and of booting modems: NUL, FF...
        return events

    def _start(self, state: int) -> None:
        self._state = state
        self._count = 0

    def _character(self, byte: int, events: list) -> None:
        if self._state == _SKIPPING:
            return
        if not self._count:
            if byte == _SPACE:
                return
            if byte == _PROMPT and self._state == _IN_LINE:
                events.append((PROMPT, "", None))
                return
        if self._count == self._line_limit:
            self._start(_SKIPPING)
            events.append((GARBAGE, "", None))
            return
        self._buffer[self._count] = byte
        self._count += 1

    def _end_line(self, byte: int, events: list) -> None:
        if self._state == _SKIPPING:
            self._start(_IN_LINE)
            return
        if self._state == _BEFORE_RAW or not self._count:
            return
        text = bytes(memoryview(self._buffer)[: self._count]).decode().rstrip()
        if self._state == _IN_PDU:
            events.append((PDU, self._header, text))
            self._start(_IN_LINE)
            return
        text = canonical(text)
        self._start(_IN_LINE)
        if self._announces_raw(text, byte) or self._announces_pdu(text):
            self._header = text
            return
        events.append((LINE, text, None))

    def _announces_raw(self, text: str, byte: int) -> bool:
        for prefix, position in self._raw:
            if text.startswith(prefix):
                fields = text[text.find(":") + 1 :].split(",")
                length = fields[position].strip() if position < len(fields) else ""
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
