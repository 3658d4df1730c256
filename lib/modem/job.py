"""One command on its way to the modem, and how its end is recognised."""

import asyncio

from micropython import const

from .trace import command_name

PAYMENT = const(0)
SETUP = const(1)  # also while the modem is not ready for commands yet
NORMAL = const(2)
SMS = const(3)  # not started while a payment holds the line

ANY = ""  # prefix of a reply without one (AT+CGMM): takes lines that start with a letter and are no known URC
DIGITS = "#"  # the reply is a line of digits only (AT+CGSN, AT+CIMI)

_CALL_RESULTS = ("NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE")  # final only for a call; else about somebody's call
_VERBOSE = {
    "SIM NOT INSERTED": 10,
    "SIM PIN REQUIRED": 11,
    "SIM PUK REQUIRED": 12,
    "SIM FAILURE": 13,
    "SIM BUSY": 14,
    "SIM WRONG": 15,
    "NO NETWORK SERVICE": 331,
    "NETWORK TIMEOUT": 332,
    "MEMORY FULL": 322,
    "INVALID MEMORY INDEX": 321,
    "SMSC ADDRESS UNKNOWN": 330,
    "UNKNOWN ERROR": 500,
    "UNKNOWN": 500,
}


def final_result(text: str, call: bool = False):
    """(kind, code) when the line ends a command, else None. Source: V.250 §5.7.1, 3GPP 27.007 §9.2, 27.005 §3.2.5."""
    if text == "OK" or text == "ERROR":
        return text, None
    if text[0] == "+":
        kind = text[1:4]
        if text[4:10] != " ERROR" or kind not in ("CME", "CMS"):
            return None
        value = text[10:].strip(" :")
        return kind, int(value[:5]) if value.isdigit() else _VERBOSE.get(value.upper())
    if text in ("COMMAND NOT SUPPORT", "TOO MANY PARAMETERS"):
        return "ERROR", None
    if call and text in _CALL_RESULTS:
        return text, None
    return None


class Job:
    """One command on its way. `timeout`: s from when it is its turn, or from `commit`. `data` goes out after the prompt;
    `commit` (Ctrl-Z) after `data`, if any."""

    def __init__(self, text, prefixes=(), timeout=5, rank=NORMAL):
        self.text = text
        self.name = command_name(text)
        self.prefixes = prefixes
        self.timeout = timeout
        self.rank = rank
        self.lines = []
        self.sink = None  # sink(announcing line, raw bytes)
        self.finals = None  # finals(text): whether a line of this family ends the command too; it joins `lines`
        self.data = None
        self.commit = None
        self.before_write = None  # called right before data leaves, for data without commit
        self.before_commit = None  # called right before commit leaves; may raise to stop the command
        self.committed = False
        self.abandoned = False  # nobody waits for it any more
        self.prompted = False
        self.finished = False
        self.fence = False
        self.tries = 3  # of the fence before this command
        self.end = None  # ticks in ms when its time is up
        self.soft = None  # an error that may or may not be followed by a final result
        self.error = None
        self.wake = asyncio.Event()
        self.done = asyncio.Event()

    def fail(self, error) -> None:
        if not self.finished:
            self.finished = True
            self.error = error
            self.wake.set()

    def takes(self, text: str, known: bool) -> bool:
        """Whether the line is part of this command's reply. `known`: it is in the URC table."""
        for prefix in self.prefixes:
            if prefix == DIGITS:
                if text.isdigit():
                    return True
            elif prefix == ANY:
                if not known and text[0] not in "+*^$":
                    return True
            elif text.startswith(prefix):
                return True
        return False
