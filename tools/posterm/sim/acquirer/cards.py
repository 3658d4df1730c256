"""The issuer's side: test cards with PIN, expiry, balance and habits, and what was charged to each.

`cards.json` beside this file holds the usual ones. Numbers are invented, carry valid check digits and differ in
their last four digits, which is how tests name them. A full number never leaves this module in a log or an answer.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

from posterm.sim.acquirer.faults import Fault, parse

DEFAULT_CARDS = Path(__file__).with_name("cards.json")
PIN_TRIES = 3
CHANGEABLE = {"pin", "expiry", "balance", "behaviour", "pin_required", "tries"}


class CardError(ValueError):
    """A card table or card entry is wrong; the text names the entry by its last digits."""


def luhn_valid(pan: str) -> bool:
    """True for a number whose last digit is the check digit of ISO/IEC 7812-1 annex B."""
    total = 0
    for at, digit in enumerate(reversed(pan)):
        value = int(digit) * (1 + at % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def masked(pan: str) -> str:
    """First 6 and last 4 digits, what anybody may see."""
    return pan[:6] + "*" * (len(pan) - 10) + pan[-4:] if len(pan) >= 13 else "*" * len(pan)


@dataclass(repr=False)
class Card:
    """One account. balance and charged: fen. expiry: YYMM."""

    pan: str
    pin: str
    expiry: str
    balance: int
    name: str = ""
    behaviour: str | dict = "approve"
    pin_required: bool = False
    charged: int = 0
    tries: int = 0
    fault: Fault = field(init=False)

    def __post_init__(self):
        tail = self.pan[-4:]
        if not (self.pan.isdecimal() and 13 <= len(self.pan) <= 19 and luhn_valid(self.pan)):
            raise CardError(f"card {tail}: a number has 13 to 19 digits, the last one its check digit")
        if not (self.pin.isdecimal() and 4 <= len(self.pin) <= 12):
            raise CardError(f"card {tail}: a PIN has 4 to 12 digits")
        if not (self.expiry.isdecimal() and len(self.expiry) == 4 and 1 <= int(self.expiry[2:]) <= 12):
            raise CardError(f"card {tail}: expiry is YYMM")
        if not isinstance(self.balance, int):
            raise CardError(f"card {tail}: balance is a number of fen")
        try:
            self.fault = parse(self.behaviour)
        except (TypeError, ValueError) as error:
            raise CardError(f"card {tail}: {error}") from None

    @property
    def track2(self) -> str:
        """What a magnetic reader delivers, with `=` as separator; service code 101, discretionary data zero."""
        return f"{self.pan}={self.expiry}101".ljust(min(37, len(self.pan) + 18), "0")

    def __repr__(self) -> str:
        return f"Card({masked(self.pan)})"


class CardTable:
    """Cards by number. Accounts change here only."""

    def __init__(self, cards: list[Card]):
        self._cards: dict[str, Card] = {}
        for card in cards:
            self.add(card)

    @classmethod
    def load(cls, path: str | Path = DEFAULT_CARDS) -> "CardTable":
        """Read a JSON list of card objects. Raises CardError."""
        try:
            entries = json.loads(Path(path).read_text(encoding="utf-8"))
            return cls([Card(**entry) for entry in entries])
        except OSError as error:
            raise CardError(f"cannot read the card table {path}: {error.strerror}") from None
        except (TypeError, AttributeError, json.JSONDecodeError):
            raise CardError(f"{path} is no list of cards with pan, pin, expiry and balance") from None

    def add(self, card: Card) -> None:
        for other in self._cards.values():
            if other.pan != card.pan and other.pan[-4:] == card.pan[-4:]:
                raise CardError(f"card {card.pan[-4:]}: two cards end in the same four digits")
        self._cards[card.pan] = card

    def change(self, tail: str, values: dict) -> Card:
        """Replace parts of the card ending in `tail`; its charges stay. Raises CardError, the old card then stays."""
        old = self.by_tail(tail)
        if unknown := set(values) - CHANGEABLE:
            raise CardError(f"card {tail}: cannot change {', '.join(sorted(unknown))}")
        kept = {name: getattr(old, name) for name in (*CHANGEABLE, "pan", "name", "charged")}
        fresh = Card(**{**kept, **values})
        old.__dict__.update(fresh.__dict__)
        return old

    def get(self, pan: str) -> Card | None:
        return self._cards.get(pan)

    def by_tail(self, tail: str) -> Card:
        """The card whose number ends in `tail` (4 digits). Raises CardError."""
        for pan, card in self._cards.items():
            if len(tail) == 4 and pan.endswith(tail):
                return card
        raise CardError(f"no card ends in {tail[-4:]}")

    def __iter__(self):
        return iter(self._cards.values())

    def charged(self, tail: str) -> int:
        """Fen charged and not given back so far to the card ending in `tail`."""
        return self.by_tail(tail).charged

    def charge(self, card: Card, amount: int) -> None:
        card.balance -= amount
        card.charged += amount
