"""Which numbers agreed to get offers. Only they ever get one; a word from the customer ends it at once.

    consent = Consent(storage, settings, keys.protect, keys.reveal, clock.seconds, log, outbox)
    consent.take("+8613812345678", "DY VIP", when)      # "offer_joined": what is to be answered
    consent.take("+8613812345678", "退订", when)         # "offer_left"; what was queued is cancelled
    consent.join("13812345678")                         # by the operator, for a customer who asked for it

The numbers are encrypted in consent.txt, at most 200; nothing of them is kept in memory. A number that left by its own
message comes back only by its own message. The words are data: consent_words.txt. The work is done in consent_book.py.
"""

from terminal.ondemand import borrowed

_BOOK = "terminal.notices.consent_book"


class ConsentError(ValueError):
    """The operator cannot add this number. `reason`: "number", "left" (by its own message), "group" or "full"."""

    def __init__(self, reason):
        super().__init__(
            {
                "number": "not a mobile number: 11 digits from 13 to 19, or + and 8 to 15 digits",
                "left": "this customer has ended offers; only the customer's own message begins them again",
                "group": "a group is 1 to 8 letters A to Z and digits",
                "full": "200 numbers have agreed; no more are kept",
            }[reason]
        )
        self.reason = reason


class Consent:
    """directory: for consent.txt. settings: offers. protect, reveal: encrypt and decrypt. now() -> seconds.

    log(event, detail): the event log, which sees no number. box: the Outbox, in which a leaver's offers are cancelled.
    on_change(offer): to be set; called after somebody joined (with "") or left (with the id of the latest offer they
    had, or "").
    """

    def __init__(self, directory, settings, protect, reveal, now, log, box):
        self.path = directory + "/consent.txt"
        self.settings = settings
        self.protect = protect
        self.reveal = reveal
        self.now = now
        self.log = log
        self.box = box
        self.on_change = None

    def take(self, sender: str, text: str, when: int):
        """Return the event to answer with, "" for a message that needs no answer (again), None for another message.

        May be called again for the same message, and then gives the same answer. While offers are off nobody can join;
        leaving is always possible. Raises OSError when it could not be stored.
        """
        with borrowed(_BOOK) as book:
            return book.take(self, sender, text, when)

    def join(self, number: str, group: str = "") -> None:
        """Add a number at its owner's wish. Raises ConsentError, OSError."""
        with borrowed(_BOOK) as book:
            book.join(self, number, group)

    def leave(self, number: str) -> bool:
        """Take a number out, by the operator; False when it was not in. Raises OSError."""
        with borrowed(_BOOK) as book:
            return book.remove(self, number)

    def count(self) -> tuple:
        """Return how many (agreed, left by their own message)."""
        with borrowed(_BOOK) as book:
            return book.count(self)
