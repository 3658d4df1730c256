"""What the terminal says to its host: sign in, ask for a transaction, undo one.

The caller keeps the record (ledger); this module only speaks. Every method either returns or raises one of
acquirer.errors.
"""

import paycrypt
from terminal.acquirer import table
from terminal.acquirer.errors import BadKeys, BadMac, NoAnswer, Refused

# answers that ask for a new sign-in: 77 by name, A0 because the MAC key no longer fits
SIGN_IN_CODES = ("77", "A0")


class Session:
    """Args: `link`, `messages`, `keys`, `ledger` (trace numbers, batch), `clock`, `log(event, detail)`."""

    def __init__(self, link, messages, keys, ledger, clock, log):
        self._link = link
        self._messages = messages
        self._keys = keys
        self._ledger = ledger
        self._clock = clock
        self._log = log
        self.sign_in_due = False

    @property
    def signed_in(self):
        """True when working keys are there and nothing has asked for a new sign-in."""
        return self._keys.has_working and not self.sign_in_due

    async def sign_in(self):
        """Fetch working keys and the batch number. Raises HostError; the old keys stay when anything is wrong."""
        trace = self._ledger.next_trace()
        message, fields = self._messages.sign_in(trace, self._ledger.batch)
        got = self._messages.check(fields, await self._link.exchange(message), mac_needed=False)
        if got[39] != "00":
            self._log("signin.refused", got[39])
            raise Refused(got[39])
        batch = got.get(60, "")[2:8]
        if 62 not in got or len(batch) != 6:
            raise NoAnswer("sign-in answer without keys or batch")
        try:
            self._keys.load_working(got[62])
        except paycrypt.Error as e:
            self._log("signin.keys", str(e))
            raise BadKeys("working keys refused") from None
        try:
            self._messages.mac(b"")
        except paycrypt.Error as e:
            self.sign_in_due = True  # nothing can be sold with these
            self._log("signin.keys", "MAC setting: " + e.reason)
            raise BadKeys("the MAC key does not fit the MAC setting") from None
        self.sign_in_due = False
        if int(batch) != self._ledger.batch:
            self._ledger.set_batch(int(batch))
        self._log("signin.done", "batch " + batch)

    async def transact(self, record, card, pin_block):
        """Send the request for `record` and return the answer's fields (any DE39). Raises NotSent, NoAnswer, BadMac."""
        return await self._ask(*self._messages.request(record, card, pin_block))

    async def reverse(self, record, card, reason):
        """Undo `record`. Returns the DE39 that ended the reversal; raises HostError when it is still open."""
        for attempt in range(2):
            if not self.signed_in:
                await self.sign_in()
            got = await self._ask(*self._messages.reversal(record, card, reason))
            code = got[39]
            if code in table.REVERSAL_ENDED:
                return code
            self._log("reversal.refused", code)
            if attempt or code not in SIGN_IN_CODES:
                break
        raise Refused(code)

    async def _ask(self, message, fields):
        """Send a message with a MAC and return the checked answer; note when the host wants a new sign-in."""
        try:
            got = self._messages.check(fields, await self._link.exchange(message), mac_needed=True)
        except BadMac:
            self.sign_in_due = True
            raise
        if got[39] in SIGN_IN_CODES or self._link.handling == table.HANDLING_SIGN_IN:
            self.sign_in_due = True
        return got
