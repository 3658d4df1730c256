"""What the operator does, in order: key presses and card swipes in one bounded queue.

event = await inputs.get(30)                # ("key", "5") | None after 30 s; a card is wiped and ignored
event = await inputs.get(30, cards=True)    # ... | ("card", bytearray)
"""

import asyncio

from micropython import const

_MAX = const(32)


class Inputs:
    """Args: `keypad` and `card_reader` of the board (`await get()`; card_reader may be None), `beat` called when waiting."""

    def __init__(self, keypad, card_reader, buzzer, beat):
        self.beat = beat
        self._sources = [("key", keypad)]
        if card_reader is not None:
            self._sources.append(("card", card_reader))
        self._buzzer = buzzer
        self._events = []
        self._arrived = asyncio.Event()

    def tasks(self):
        """Return (name, coroutine function) of the tasks that fill the queue."""
        return [(kind + " input", lambda k=kind, s=source: self._pump(k, s)) for kind, source in self._sources]

    async def _pump(self, kind, source):
        while True:
            value = await source.get()
            if len(self._events) < _MAX:
                self._events.append((kind, value))
                self._arrived.set()
            else:
                _drop((kind, value))

    def forget(self):
        """Drop what was pressed before a new question is on the screen."""
        while self._events:
            _drop(self._events.pop())

    async def get(self, seconds, cards=False):
        """Return the next event, or None when nothing was done for `seconds`. `cards`: whether a card is wanted."""
        left = seconds
        self.beat()
        while True:
            while self._events:
                event = self._events.pop(0)
                if event[0] == "key":
                    self._buzzer.beep("key")  # the same tone for every key
                    return event
                if cards:
                    return event
                _drop(event)
            self.beat()
            if left <= 0:
                return None
            step = min(left, 5)
            left -= step
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), step)
            except asyncio.TimeoutError:
                continue


def wipe_card(track):
    """Overwrite the octets of a swiped card."""
    for i in range(len(track)):
        track[i] = 0


def _drop(event):
    if event[0] == "card":
        wipe_card(event[1])
