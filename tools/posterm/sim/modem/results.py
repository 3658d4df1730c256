"""Commands as typed by the terminal, and the ways one can fail."""

from dataclasses import dataclass, field

# 3GPP 27.007 §9.2, the codes this modem gives
CME_TEXTS = {
    3: "operation not allowed",
    4: "operation not supported",
    10: "SIM not inserted",
    11: "SIM PIN required",
    14: "SIM busy",
    16: "incorrect password",
    30: "No network service",
    50: "Incorrect parameters",
    100: "unknown",
}


# 3GPP 27.005 §3.2.5 and 24.011 annex E, as modems with verbose errors write them
CMS_TEXTS = {
    1: "Unassigned number",
    8: "Operator determined barring",
    21: "Short message transfer rejected",
    27: "Destination out of service",
    38: "Network out of order",
    302: "operation not allowed",
    303: "operation not supported",
    304: "invalid PDU mode parameter",
    305: "invalid text mode parameter",
    310: "SIM not inserted",
    311: "SIM PIN required",
    321: "invalid memory index",
    322: "memory full",
    330: "SMSC address unknown",
    331: "no network service",
    332: "network timeout",
    340: "no +CNMA acknowledgement expected",
    500: "unknown error",
}


class Failure(Exception):
    """The command ends with ERROR, after optional information lines."""

    def __init__(self, *info: str):
        super().__init__("ERROR")
        self.info = info


class CmeFailure(Failure):
    """Ends with +CME ERROR, shown as AT+CMEE asks."""

    def __init__(self, code: int):
        super().__init__()
        self.code = code


class CmsFailure(Failure):
    """Ends with +CMS ERROR and a number, 3GPP 27.005 §3.2.5."""

    def __init__(self, code: int):
        super().__init__()
        self.code = code


class Ended(Exception):
    """The command ends with a word of its own in place of OK, such as SHUT OK; without a word it just ends."""

    def __init__(self, text: str = ""):
        super().__init__(text)
        self.text = text


class NoAnswer(Exception):
    """An injected fault: the command is carried out (or not) and nothing is said about it."""


def _split(text: str, separator: str) -> list[str]:
    """Split at separators outside quotes, which stay."""
    parts, quoted = [""], False
    for character in text:
        quoted ^= character == '"'
        if character == separator and not quoted:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def split_arguments(text: str) -> list[str]:
    """Split at commas outside quotes; quotes are taken off."""
    return [part.replace('"', "").strip() for part in _split(text, ",")]


@dataclass
class Command:
    """One command: `op` is "" (execute), "=" (set), "?" (read) or "=?" (test)."""

    name: str
    op: str = ""
    text: str = ""
    arguments: list[str] = field(default_factory=list)

    def given(self, index: int) -> bool:
        return index < len(self.arguments) and self.arguments[index] != ""

    def string(self, index: int, default: str | None = None) -> str:
        if self.given(index):
            return self.arguments[index]
        if default is None:
            raise Failure
        return default

    def number(self, index: int, low: int, high: int, default: int | None = None) -> int:
        """Return argument `index` as a number in low..high, or fail with ERROR."""
        if not self.given(index):
            if default is None:
                raise Failure
            return default
        text = self.arguments[index]
        if not (text.isascii() and text.isdigit() and len(text) <= 9 and low <= int(text) <= high):
            raise Failure
        return int(text)


def split_line(line: str) -> list[str]:
    """Split `+A=1;+B?` into its commands, 3GPP 27.007 §4.1 and V.250 §5.2."""
    return [part.strip() for part in _split(line, ";") if part.strip()]


def parse_command(text: str) -> list[Command]:
    """Parse one extended command, or a run of basic ones such as E0V1."""
    if text[0] in "+*$":
        for op in ("=?", "?", "="):
            name, found, rest = text.partition(op)
            if found and (op == "=" or not rest):
                if op == "?" and "=" in name:
                    continue
                arguments = split_arguments(rest) if op == "=" else []
                return [Command(name.upper(), op, rest, arguments)]
        return [Command(text.upper())]
    commands, index = [], 0
    text = text.replace(" ", "")
    while index < len(text):
        start = index
        index += 2 if text[index] == "&" else 1
        name, digits = text[start:index].upper(), index
        while index < len(text) and text[index] in "0123456789":
            index += 1
        commands.append(Command(name, "=" if index > digits else "", text[digits:index], [text[digits:index]]))
    return commands
