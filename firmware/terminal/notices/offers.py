"""Offers by SMS: off by default, only to numbers that agreed (consent.py), each one a message of its own.

    offers = Offers(storage, settings, consent, outbox, words, clock, log, calm)
    offers.add({"id": "sat", "group": "", "text": "本周六全场八折", "from": "2026-11-21 09:00", "until": "2026-11-21 18:00"})
    # tasks.add("offers", offers.run); outbox.on_end calls offers.ended

One offer at a time goes into the outbox, and only when nothing else waits there and nothing else is to be done. In the
quiet hours (settings quiet_from, quiet_to: hours; equal: none), half an hour before them, and above the cap
(offer_cap: offers to one number within 30 days) none does. The merchant's name stands in front, how to end them behind.

offers.json holds the offers, at most 10; offers.txt what became of them, a row [id, sent, delivered, failed, left]
each. That an offer goes to a number is stored in consent.txt before it is queued: no power cut makes it go twice.
The work is done in offering.py, borrowed for it.
"""

import asyncio

from micropython import const

from terminal.ondemand import borrowed

_OFFERING = "terminal.notices.offering"
_STEP = const(60)  # seconds
_REST = const(3600)  # when there was nothing to send


class OfferError(ValueError):
    """An offer, or the file of them, is refused. offer: its id, field: what is wrong in it, "" for the file."""

    def __init__(self, offer, field, problem):
        super().__init__("offer %s, %s: %s" % (offer or "file", field or "file", problem))
        self.offer = offer
        self.field = field


class Offers:
    """directory: for offers.json and offers.txt. settings: offers, quiet_from, quiet_to, offer_cap, merchant_name.

    consent: the Consent. box: the Outbox. words: the Templates. clock: the Clock. log(event, detail): the event log.
    calm() -> bool: no payment is going on and nothing else is due.
    """

    def __init__(self, directory, settings, consent, box, words, clock, log, calm):
        self.directory = directory
        self.settings = settings
        self.consent = consent
        self.box = box
        self.words = words
        self.clock = clock
        self.log = log
        self.calm = calm
        self.swept = False  # nothing of ours waits in the outbox when it must not
        self._rest = 0
        consent.on_change = self._changed

    async def run(self) -> None:
        """Send what is to be sent, for ever."""
        while True:
            await asyncio.sleep(_STEP)
            self.step()

    def step(self) -> bool:
        """Queue one offer for one number, if there is one and it may go now; True when it was."""
        self._rest = max(0, self._rest - _STEP)
        quiet = not self.settings["offers"] or self.is_quiet(0)
        if quiet and not self.swept:
            with borrowed(_OFFERING) as offering:
                offering.sweep(self)
        if quiet or self._rest or self.is_quiet(1800) or self.box.open_count or not self.calm():
            return False
        with borrowed(_OFFERING) as offering:
            done = offering.send_one(self)
        if not done:
            self._rest = _REST
        return done

    def is_quiet(self, ahead: int) -> bool:
        """Return True in the quiet hours, seen `ahead` seconds from now."""
        hour = (self.clock.seconds() + ahead) // 3600 % 24
        begin = self.settings["quiet_from"]
        end = self.settings["quiet_to"]
        if begin <= end:
            return begin <= hour < end
        return hour >= begin or hour < end

    def ended(self, summary) -> None:
        """A notice has come to its end (an outbox summary): count it when it was an offer. Never raises."""
        if summary[0].startswith("offer-"):
            with borrowed(_OFFERING) as offering:
                offering.counted(self, summary[0].split("-")[1], 2 if summary[4] == "delivered" else 3)

    def offers(self) -> list:
        """Return the offers (dicts: id, group, text, from, until). Raises OfferError when the file is damaged."""
        with borrowed(_OFFERING) as offering:
            return offering.load(self)

    def add(self, offer: dict) -> tuple:
        """Check and store an offer; return (encoding, units, parts) of its message.

        id: 1 to 8 letters and digits, not used before. group: "" for all, else 1 to 8 of A to Z and digits. text: at
        most 160 characters, and 2 parts with name and ending. from, until: "2026-11-21 09:00". Raises OfferError, OSError.
        """
        self._rest = 0
        with borrowed(_OFFERING) as offering:
            return offering.add(self, offer)

    def remove(self, name: str) -> bool:
        """Take an offer out; False when there is none of this id. Its figures stay. Raises OfferError, OSError."""
        with borrowed(_OFFERING) as offering:
            return offering.remove(self, name)

    def status(self) -> list:
        """Return the figures: [id, sent, delivered, failed, left] of the latest 20 offers."""
        with borrowed(_OFFERING) as offering:
            return list(offering.figures(self))

    def _changed(self, offer):
        self._rest = 0
        if offer:
            with borrowed(_OFFERING) as offering:
                offering.counted(self, offer, 4)
