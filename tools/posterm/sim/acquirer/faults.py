"""What the host does wrong on purpose: scripted for the next requests, or a habit of one card.

Fault("code", code="51")                    declines
Fault("late", seconds=70)                   charges, answers too late
Fault("close_at", byte=10)                  charges, sends 10 bytes of the answer and closes
"""

from dataclasses import dataclass, field

# action: (the request is processed, the account charged; what becomes of the answer)
ACTIONS = {
    "approve": (True, "sent"),
    "code": (True, "sent with the given DE39, nothing is charged"),
    "silent": (False, "none: the request was lost on its way"),
    "charged_silent": (True, "none, the link stays open: the answer was lost"),
    "hangup": (False, "none, the link closes: the request was lost"),
    "drop": (True, "none, the link closes: the answer was lost"),
    "late": (True, "sent after `seconds`"),
    "badmac": (True, "sent with a wrong field 64"),
    "badkcv": (True, "sent with a wrong check value in field 62"),
    "nomac": (True, "sent without field 64"),
    "alter": (True, "sent with `fields` replaced, under a correct MAC"),
    "garbage": (True, "random bytes in a well-formed frame"),
    "noise": (True, "random bytes without a frame"),
    "truncate": (True, "half of it, then the link closes"),
    "close_at": (True, "its first `byte` bytes, then the link closes"),
    "trickle": (True, "sent one byte at a time, `seconds` in between"),
}
KINDS = ("financial", "reversal", "sign-in", "settlement", "upload", "any")


@dataclass(frozen=True)
class Fault:
    """One deviation. `handling` (0 to 6) goes into the header of the answer whatever the action."""

    action: str = "approve"
    code: str = ""
    seconds: float = 0.0
    byte: int = 0
    fields: dict = field(default_factory=dict)
    handling: int = 0
    on: str = "financial"

    def __post_init__(self):
        if self.action not in ACTIONS:
            raise ValueError(f"no behaviour is called {self.action}; there are {', '.join(ACTIONS)}")
        if self.on not in KINDS:
            raise ValueError(f"no kind of request is called {self.on}; there are {', '.join(KINDS)}")
        if self.action == "code" and not (len(self.code) == 2 and self.code.isascii() and self.code.isalnum()):
            raise ValueError("a code has two letters or digits, such as 51")
        if not 0 <= self.handling <= 9:
            raise ValueError("handling is one digit")
        if self.seconds < 0 or self.byte < 0:
            raise ValueError("seconds and byte are not negative")

    @property
    def processed(self) -> bool:
        return ACTIONS[self.action][0]

    @property
    def answered(self) -> bool:
        return self.action not in ("silent", "charged_silent", "hangup", "drop")

    @property
    def closes(self) -> bool:
        return self.action in ("hangup", "drop", "truncate", "close_at")


def parse(behaviour: str | dict) -> Fault:
    """Make a Fault of a card's or a command's notation: "silent", "51", or {"action": "late", "seconds": 5}."""
    if isinstance(behaviour, dict):
        known = {"action", "code", "seconds", "byte", "fields", "handling", "on"}
        if unknown := set(behaviour) - known:
            raise ValueError(f"a behaviour has no {', '.join(sorted(unknown))}")
        return Fault(**behaviour)
    if behaviour in ACTIONS and behaviour != "code":
        return Fault(behaviour)
    if len(behaviour) == 2:
        return Fault("code", code=behaviour)
    raise ValueError(f"no behaviour is called {behaviour}; there are {', '.join(ACTIONS)} and two-character codes")


class Script:
    """Faults waiting for the next requests, in order."""

    LIMIT = 1000

    def __init__(self):
        self._waiting: list[Fault] = []

    def add(self, fault: Fault, count: int = 1) -> None:
        if not 1 <= count <= self.LIMIT or len(self._waiting) + count > self.LIMIT:
            raise ValueError(f"a script holds 1 to {self.LIMIT} steps")
        self._waiting += [fault] * count

    def clear(self) -> None:
        self._waiting.clear()

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, kind: str) -> Fault | None:
        """Return and remove the first fault meant for a request of this kind."""
        for at, fault in enumerate(self._waiting):
            if fault.on in (kind, "any"):
                return self._waiting.pop(at)
        return None
