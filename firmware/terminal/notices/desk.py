"""Where every message received is dealt with, and every question asked is followed up.

    desk = Desk(box, ledger.find, words, settings, clock, log, storage, keys.protect, keys.reveal)
    incoming = Incoming(journal, keys.protect, keys.reveal, clock.seconds, log, desk.handle, desk.tick)
    desk.ask("000001.000012-c", "13812345678", "large", 86400)      # with the notice that asks

In this order a message is taken by: the self-test that waits for it, the bank's messages, then as requests.py says. The
work is done by modules that are borrowed for it (ondemand.py): little stays in memory.
"""

from micropython import const

from terminal.ondemand import borrowed

_LOOK_AGAIN = const(600)  # seconds until what could not be asked again is tried again


class Desk:
    """The one that answers.

    box: the Outbox. find(slip: int, tail: str) -> a transaction's record (type, trace, amount, card, time, state), or None.
    words: has render(event, audience, fields). settings: merchant_name, hotline, language, own_mobile, requests (whether
    they are answered), quiet_from, quiet_to (hours between which nobody is asked; equal: none). clock: the Clock.
    log(event, detail). directory: for its files.
    protect, reveal: encrypt and decrypt a number.

    To be set by who has them; all may be called more than once for one message:
    allows(audience) -> bool: whether answers may be sent. selftest_expects(text) -> bool. bank.take(sender, text,
    when) -> bool, plain or a coroutine. consent.take(sender, text, when) -> event of the reply, "" for none, or None
    when the message is not about offers. on_confirmed(key), on_check(key, why): what a customer's answer means for the
    notice `key`; why as in questions.py. own: the terminal's number as the SIM tells it, "" while unknown.
    """

    def __init__(self, box, find, words, settings, clock, log, directory, protect, reveal):
        self.box = box
        self.find = find
        self.words = words
        self.settings = settings
        self.log = log
        self.directory = directory
        self._clock = clock
        self._protect = protect
        self._reveal = reveal
        self._due = 0
        self.own = ""
        self.allows = None
        self.selftest_expects = None
        self.bank = None
        self.consent = None
        self.on_confirmed = None
        self.on_check = None

    async def handle(self, sender: str, text: str, when: int, sequence: int) -> None:
        """Deal with one message, as Incoming wants it. Raises OSError when something could not be stored."""
        if self.selftest_expects is not None and self.selftest_expects(text):
            self.count("selftest")
            return
        if self.bank is not None:
            taken = self.bank.take(sender, text, when)
            if hasattr(taken, "send"):
                taken = await taken
            if taken:
                self.count("bank")
                return
        self._due = 0
        with borrowed("terminal.notices.requests") as requests:
            requests.take(self, sender, text, when, sequence)

    def ask(self, key: str, number: str, kind: str, seconds: int) -> bool:
        """Note that notice `key` asks its recipient; see questions.py. False when it has asked already."""
        self._due = 0
        with borrowed("terminal.notices.questions") as questions:
            return self.questions(questions).open(key, number, kind, seconds)

    def tick(self) -> None:
        """Ask again what is due, not in the quiet hours. To be called about once a minute. Raises OSError."""
        now = self._clock.seconds()
        if now < self._due or self._is_quiet():
            return
        self._due = now + _LOOK_AGAIN
        with borrowed("terminal.notices.requests") as requests:
            self._due = max(self._due, requests.ask_again(self))

    def status(self) -> dict:
        """Return {"days": [(day, {kind: count})], "questions": {state: count}, "feedback": count}."""
        states = {}
        with borrowed("terminal.notices.questions") as questions:
            for entry in self.questions(questions).entries():
                states[entry[2]] = states.get(entry[2], 0) + 1
        with borrowed("terminal.notices.tally") as tally:
            days = self.tally(tally).figures()
        return {"days": days, "questions": states, "feedback": len(self.feedback())}

    def feedback(self) -> list:
        """Return what customers wrote: [sequence, when, masked number, text], oldest first, at most 50."""
        with borrowed("terminal.notices.feedback") as feedback:
            return feedback.Feedback(self.directory + "/feedback").entries()

    # what the borrowed modules work with

    def questions(self, module):
        return module.Questions(
            self.directory + "/questions", self._protect, self._reveal, self._clock.seconds, self.log
        )

    def tally(self, module):
        return module.Tally(self.directory + "/requests", self._protect, self._reveal, self._clock.seconds)

    def count(self, kind: str) -> None:
        """Count a message for the statistics; kind: one word of a small set."""
        with borrowed("terminal.notices.tally") as tally:
            self.tally(tally).count(kind)

    def _is_quiet(self):
        hour = self._clock.moment()[3]
        begin = self.settings["quiet_from"]
        end = self.settings["quiet_to"]
        if begin <= end:
            return begin <= hour < end
        return hour >= begin or hour < end
