"""Long messages put together from their parts, which come in any order, twice, or not at all.

whole = Assembler(limit=8, seconds=3600)
message = whole.add(sms.parse(line), now)
if message:
    sender, text, timestamp = message
"""

from micropython import const

_PARTS = const(4)  # for each message under way, on the average


class _Message:
    def __init__(self, deliver, now):
        self.sender = deliver.sender
        self.wide = deliver.wide
        self.reference, self.total, _ = deliver.concat
        self.texts = [None] * self.total
        self.marks = [0] * self.total  # tell a part that comes again from one of a later message
        self.held = 0
        self.timestamp = None
        self.begun = now

    def has(self, deliver) -> bool:
        """Whether the part belongs to this message (3GPP 23.040 §9.2.3.24.1)."""
        reference, total, _ = deliver.concat
        return (
            self.reference == reference
            and self.total == total
            and self.wide == deliver.wide
            and self.sender == deliver.sender
        )

    def put(self, deliver) -> None:
        place = deliver.concat[2] - 1
        self.texts[place] = deliver.text
        self.marks[place] = _mark(deliver)
        self.held += 1
        if not place:
            self.timestamp = deliver.timestamp


def _mark(deliver) -> int:
    return hash((deliver.timestamp, deliver.text))


class Assembler:
    """Messages under way, in memory.

    limit: messages under way at most, 1 or more; four times as many parts at most, in one message or in all.
    seconds: how long a message may take from its first part on.
    on_drop(sender, held, total): called when a message is given up with `held` of its parts: it took too long, its room
        was needed for a newer one, it has more parts than fit, or its reference was used again. Log no more of `sender`
        than masking allows.
    """

    def __init__(self, limit: int = 8, seconds: int = 3600, on_drop=None):
        self._limit = limit
        self._seconds = seconds
        self._on_drop = on_drop
        # the oldest first
        self._open: list = []
        self._whole: list = []

    def add(self, deliver, now: int) -> "tuple | None":
        """Take a received message (sms.Deliver) at `now` (seconds of a clock that is not put back).

        Returns (sender, text, timestamp of the first part) when it is whole; None while parts are missing, for a part
        that has come before, and for a message of octets.
        Parts belong together that have the sender, the reference, its width and the total in common. One whose place is
        taken by another text begins a new message: references come round again.
        """
        self._expire(now)
        if deliver.data is not None:
            return None
        if deliver.concat is None or deliver.concat[1] == 1:
            return deliver.sender, deliver.text, deliver.timestamp
        _, total, index = deliver.concat
        message = self._find(self._whole, deliver)
        if message is not None:
            if message.marks[index - 1] == _mark(deliver):
                return None
            self._whole.remove(message)
        message = self._find(self._open, deliver)
        if message is not None and message.texts[index - 1] is not None:
            if message.texts[index - 1] == deliver.text:
                return None
            self._drop(message)
            message = None
        if message is None:
            if total > _PARTS * self._limit:
                if self._on_drop is not None:
                    self._on_drop(deliver.sender, 1, total)
                return None
            message = _Message(deliver, now)
            self._open.append(message)
        message.put(deliver)
        if message.held < total:
            self._make_room(message)
            return None
        self._open.remove(message)
        text = "".join(message.texts)
        message.texts = ()
        self._whole.append(message)
        if len(self._whole) > self._limit:
            self._whole.pop(0)
        return message.sender, text, message.timestamp

    def _find(self, messages, deliver):
        for message in messages:
            if message.has(deliver):
                return message
        return None

    def _make_room(self, newest):
        """Drop the oldest while there is more than fits, but not the one that was just added to."""
        while len(self._open) > self._limit or sum([message.held for message in self._open]) > _PARTS * self._limit:
            self._drop(self._open[0] if self._open[0] is not newest else self._open[1])

    def _expire(self, now):
        for messages in (self._open, self._whole):
            while messages and not 0 <= now - messages[0].begun <= self._seconds:
                if messages is self._open:
                    self._drop(messages[0])
                else:
                    messages.pop(0)

    def _drop(self, message):
        self._open.remove(message)
        if self._on_drop is not None:
            self._on_drop(message.sender, message.held, message.total)
