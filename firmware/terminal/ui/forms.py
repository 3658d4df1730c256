"""Questions at the keypad: amount, digits, yes or no, menu. Each returns an answer or raises Left.

    fen = await forms.amount(t("sale"))
    digits = await forms.digits(t("sale"), t("card.number"), 13, 19, show=mask_typing)

CLEAR takes back one digit, CANCEL leaves, silence for `input_seconds` leaves.
"""

from micropython import const

from terminal.ui.cells import fit, money, right
from terminal.ui.screen import COLUMNS

_AMOUNT_MAX = const(99999999)  # fen: eight digits


class Left(Exception):
    """The operator left the entry; `reason` is a text key: "cancelled" or "timeout"."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class Forms:
    """Args: `screen`, `inputs`, `texts`, `seconds` without a key until an entry is given up."""

    def __init__(self, screen, inputs, texts, seconds):
        self.screen = screen
        self.inputs = inputs
        self.texts = texts
        self.seconds = seconds

    async def event(self, cards=True):
        """Return the next key or card event (`cards`: or key event only); raises Left for CANCEL and time-out."""
        event = await self.inputs.get(self.seconds, cards)
        if event is None:
            raise Left("timeout")
        if event == ("key", "CANCEL"):
            raise Left("cancelled")
        return event

    async def key(self):
        """Return the next key; a card swiped meanwhile is wiped and ignored."""
        return (await self.event(cards=False))[1]

    async def amount(self, title, limit, first=None):
        """Ask for an amount up to `limit` fen and return it in fen. `first`: a digit already pressed, or None."""
        t = self.texts
        fen = int(first) if first else 0
        note = t("enter")
        while True:
            self.screen.show(title, t("amount"), right(money(fen), COLUMNS), note)
            note = t("enter")
            key = await self.key()
            if key == "CLEAR":
                fen //= 10
            elif key == "ENTER":
                if 0 < fen <= limit:
                    return fen
                note = t("amount.limit" if fen else "amount.zero")
            elif len(key) == 1 and fen * 10 + int(key) <= _AMOUNT_MAX:
                fen = fen * 10 + int(key)

    async def digits(self, rows, low, high, show, first=None, optional=False):
        """Ask for `low` to `high` digits and return them as a bytearray of ASCII digits (empty when `optional` and skipped).

        `rows`: title and question; `show(buffer)` returns what the third row may show of the digits.
        """
        t = self.texts
        buffer = bytearray(high)
        count = 0
        if first:
            buffer[0] = ord(first)
            count = 1
        try:
            while True:
                self.screen.show(rows[0], rows[1], show(memoryview(buffer)[:count]), t("enter"))
                key = await self.key()
                if key == "CLEAR":
                    if count:
                        count -= 1
                        buffer[count] = 0
                elif key == "ENTER":
                    if low <= count <= high or (optional and count == 0):
                        return bytearray(memoryview(buffer)[:count])
                elif len(key) == 1 and count < high:
                    buffer[count] = ord(key)
                    count += 1
        finally:
            for i in range(high):
                buffer[i] = 0

    async def say(self, title, *texts, seconds=3):
        """Show a message until a key is pressed or `seconds` are over."""
        self.screen.message(title, *texts)
        self.inputs.forget()
        await self.inputs.get(seconds)

    async def choose(self, title, items):
        """Show numbered `items` (texts), three at a time with UP and DOWN; return the index chosen."""
        top = 0
        while True:
            rows = [title]
            for i in range(top, min(top + 3, len(items))):
                rows.append(fit("%d %s" % (i + 1, items[i]), COLUMNS))
            self.screen.show(*rows)
            key = await self.key()
            if key == "DOWN" and top + 3 < len(items):
                top += 3
            elif key == "UP" and top >= 3:
                top -= 3
            elif len(key) == 1 and 0 < int(key) <= len(items):
                return int(key) - 1


def show_card(typed):
    """Show the first six digits typed, stars, and how many digits there are, which may be more than the row holds."""
    return "%s%s %d" % (bytes(typed[:6]).decode(), "*" * min(7, len(typed) - 6), len(typed))


def show_number(typed):
    """Show the first three digits of a phone number typed and a star for each further one."""
    return bytes(typed[:3]).decode() + "*" * (len(typed) - 3)


def show_plain(typed):
    return bytes(typed).decode()
