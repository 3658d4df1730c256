"""The bank's own messages about card payments, compared with the terminal's records.

    bank = Bank(storage, settings, ledger.search, clock.seconds, log)
    bank.take("95588", "您尾号1234的卡11月21日20:45消费23.50元", when)     # True: it was the bank's
    bank.verdict("000001.000012")       # "ok"

Only senders in the setting bank_senders are believed, exactly as the network gives them. What is found out stands in
bank.txt, for the latest 50 messages and expectations, without more of a card than its tail:

    agrees    the record says the same
    late      it does, but the bank names another time
    amount    a record at that time and of that card has another amount
    charged   the bank has charged what was declined, cancelled or reversed
    twice     a second charge for a record that has one
    unknown   no such transaction
    open      the record has no end yet: looked at again by overdue()
    due       a message is expected, because this card or issuer has had some before
    missing   it was expected and did not come

The work is done in bank_ledger.py and bank_reading.py, borrowed for one message.
"""

from terminal.ondemand import borrowed

_LEDGER = "terminal.notices.bank_ledger"


class Bank:
    """directory: for bank.txt. settings: bank_senders, senders separated by commas; empty: nobody is believed.

    search(tail, since) -> records (dicts) of the card ending in `tail`, newest first. now() -> seconds since 2000-01-01.
    log(event, detail): the event log; every verdict but "agrees" is reported as "bank.<verdict>".
    """

    def __init__(self, directory, settings, search, now, log):
        self.path = directory + "/bank.txt"
        self.search = search
        self.now = now
        self.log = log
        self._settings = settings
        self.ignored = 0  # messages like a bank's from somebody else, since the start
        self.unread = 0  # messages of a bank that report no transaction, since the start

    def take(self, sender: str, text: str, when: int) -> bool:
        """Deal with a message received at `when` (seconds); False when its sender is not on the list.

        May be called again for the same message. Raises OSError when the verdict could not be stored.
        """
        senders = [name.strip() for name in self._settings["bank_senders"].split(",")]
        believed = sender != "" and sender in senders
        if not believed and senders == [""]:
            return False
        with borrowed("terminal.notices.bank_reading") as reading:
            message = reading.read(text)
        if not believed:
            if message is not None:
                self.ignored += 1
                self.log("bank.ignored", "a sender that is not on the list")
            return False
        if message is None:
            self.unread += 1
            self.log("bank.unread", "no transaction in it")
            return True
        with borrowed(_LEDGER) as ledger:
            ledger.take(self, message, text, when)
        return True

    def expected(self, record: dict) -> bool:
        """A sale was approved: expect a message if this card or issuer usually has one. Never raises: only advice."""
        if not self._settings["bank_senders"]:
            return False
        with borrowed(_LEDGER) as ledger:
            return ledger.expected(self, record)

    def overdue(self) -> int:
        """To be called every few minutes: look again at what is open, report what did not come; return how many."""
        with borrowed(_LEDGER) as ledger:
            return ledger.overdue(self)

    def verdict(self, key: str) -> str:
        """Return what the bank says of the transaction "BBBBBB.TTTTTT": "", "ok", "late", "missing", "different"."""
        with borrowed(_LEDGER) as ledger:
            return ledger.verdict(self, key)

    def status(self) -> dict:
        """Return how often each verdict is among the latest 50; also "ignored" and "unread", since the start."""
        with borrowed(_LEDGER) as ledger:
            return ledger.status(self)
