"""A customer's phone: on or off, full or not, and what it does when a message has arrived."""

from dataclasses import dataclass

FAILED_STATUS = 0x41  # incompatible destination, 3GPP 23.040 §9.2.3.15
TRYING, EXPIRED = 0x30, 0x46

# report mode -> (multiple of the report delay, TP-ST, national address) of each report; failed: takes its status
REPORTS = {
    "delivered": ((1.0, 0x00, False),),
    "never": (),
    "early": ((0.0, 0x00, False),),
    "twice": ((1.0, 0x00, False), (1.5, 0x00, False)),
    "national": ((1.0, 0x00, True),),
    "trying": ((1.0, TRYING, False), (2.0, 0x00, False)),
}


def same_number(a: str, b: str) -> bool:
    """True when two forms of a number mean the same subscriber (+8613… and 13…)."""
    a, b = a.lstrip("+"), b.lstrip("+")
    return a == b or (min(len(a), len(b)) >= 7 and (a.endswith(b) or b.endswith(a)))


def report_plan(mode: str) -> tuple:
    """Return the reports a mode makes. Raises ValueError for an unknown mode."""
    name, _, status = mode.partition(":")
    if name == "failed":
        value = int(status, 0) if status else FAILED_STATUS
        if not 0x20 <= value <= 0x7F:
            raise ValueError("a failure status is 0x20 to 0x7F")
        return ((1.0, value, False),)
    if mode not in REPORTS:
        raise ValueError(f"report mode is one of {', '.join(REPORTS)}, failed:<status>")
    return REPORTS[mode]


@dataclass
class Phone:
    """One subscriber. report: a report mode, None for the message centre's own. refuse: +CMS ERROR given at once."""

    number: str
    on: bool = True
    full: bool = False  # its memory takes nothing
    exists: bool = True  # False: a wrong number, reported as failed
    answer: str | None = None  # what it writes back when it has received a message
    answers: int | None = None  # how often it still does, None: always
    report: str | None = None
    refuse: int | None = None

    def change(self, **changes) -> None:
        """Set attributes by name. Raises ValueError for a value that is none."""
        for name in ("on", "full", "exists"):
            if not isinstance(changes.get(name, True), bool):
                raise ValueError(f'"{name}" is true or false')
        for name, most in (("answers", 1000), ("refuse", 999)):
            value = changes.get(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most):
                raise ValueError(f'"{name}" is 0 to {most}, or null')
        if changes.get("report") is not None:
            report_plan(changes["report"])
        if changes.get("answer") is not None and not isinstance(changes["answer"], str):
            raise ValueError('"answer" is a text, or null')
        for name, value in changes.items():
            if name not in self.__dataclass_fields__ or name == "number":
                raise ValueError("a phone has on, full, exists, answer, answers, report and refuse")
            setattr(self, name, value)

    @property
    def reachable(self) -> bool:
        return self.on and not self.full

    def next_answer(self) -> str | None:
        """Return what it writes back now."""
        if self.answer is None or self.answers == 0:
            return None
        if self.answers is not None:
            self.answers -= 1
        return self.answer
