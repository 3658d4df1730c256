"""Messages received: in flash before they are deleted from the SIM, handed on once, whole, in the order they came.

    incoming = Incoming(journal, protect, reveal, clock.seconds, log, desk.handle, desk.tick)
    post.on_message = incoming.take             # a message that cannot be stored stays on the SIM
    asyncio.create_task(incoming.run())

A message's way, each arrow stored before what follows it:

    taken ──all parts there──> handled ──> done        (a cut before "done" repeats the handling)
      └──an hour without a part──> handled with "…" in its place

A message that has been handled is known again, also after a restart: networks and SIMs bring one twice.
How all this is stored and put together is in arrivals.py, which is borrowed for it: little stays in memory.
"""

import asyncio

from micropython import const

from terminal.ondemand import borrowed

_IDLE = const(60)  # seconds between looks at the clock
_PAYING = const(2)  # seconds between looks whether a payment is over
_ARRIVALS = "terminal.notices.arrivals"


class Incoming:
    """What is known of the messages in the journal: the open ones (at most 20 parts) and the marks of the latest 32.

    journal: a Journal of its own. protect, reveal: encrypt and decrypt a number (bytes -> bytes; reveal raises
    ValueError when it was damaged). now() -> int: seconds since 2000-01-01 local time, may jump.
    log(event, detail): the event log. tick(): called about once a minute when set; may raise OSError.
    handle: coroutine handle(sender, text, when, sequence), called once for a message, and once more for each power cut
    or restart of the task during it. text: at most 500 characters. when: seconds, the network's time of the message
    unless that is impossible. sequence: different for each message and the same when its handling is repeated.
    It raises OSError when it could not store what it wanted: it is then called again a minute later.
    busy() -> bool: to be set; while it says so, because a payment is on, messages are stored and nothing else is done.
    """

    def __init__(self, journal, protect, reveal, now, log, handle, tick=None):
        self.journal = journal
        self.protect = protect
        self.reveal = reveal
        self.now = now
        self.log = log
        self._handle = handle
        self._tick = tick
        self.busy = None
        self.marks = []
        self.open = []  # sequences of the parts not yet done
        self.owed = []  # (sequence, mark) of what is done, which could not be stored yet
        self.tries = {}  # sequence -> how often its handling was cut short
        self.records = 0
        self._changed = asyncio.Event()
        with borrowed(_ARRIVALS) as arrivals:
            arrivals.restore(self)
        self.start = journal.last  # messages up to this one were there before

    @property
    def open_count(self) -> int:
        """How many parts are stored and not yet done."""
        return len(self.open)

    def take(self, deliver) -> None:
        """Store a sms.Deliver. Raises OSError when it cannot be stored now: it has to stay where it is."""
        self._changed.set()
        with borrowed(_ARRIVALS) as arrivals:
            arrivals.store(self, deliver)

    async def run(self):
        """Hand on what is whole, for ever; after a cancellation it may be started again."""
        while True:
            if self.busy is not None and self.busy():
                await asyncio.sleep(_PAYING)
                continue
            again = False
            try:
                again = await self._round()
                if not again and self._tick is not None:
                    self._tick()
            except OSError as error:
                self.log("sms.storage", repr(error))
            if again:
                await asyncio.sleep(0)
                continue
            try:
                await asyncio.wait_for(self._changed.wait(), _IDLE)
            except asyncio.TimeoutError:
                pass
            self._changed.clear()

    async def _round(self) -> bool:
        """Hand on the next whole message, if there is one; return whether there was."""
        if not self.open and not self.owed:
            return False
        with borrowed(_ARRIVALS) as arrivals:
            message = arrivals.next_message(self)
        if message is None:
            return False
        parts, sender, text, when, sequence = message
        if text is not None:
            tries = self.tries.get(sequence, 0)
            self.tries[sequence] = tries + 1
            try:
                await self._handle(sender, text, when, sequence)
            except OSError:
                self.tries[sequence] = tries
                raise
        with borrowed(_ARRIVALS) as arrivals:
            arrivals.done(self, parts)
        return True
