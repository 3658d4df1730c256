"""Undo the one transaction whose fate is unknown, before anything else is sold.

A failed connection does not count as a try; after three tries without a valid answer a fault slip is printed and the
reversal stays pending: no new transaction starts, and the idle loop goes on trying.
"""

from micropython import const

from terminal.acquirer.errors import HostError, NotSent
from terminal.security.card import restored

_TRIES = const(3)


class Reversal:
    """Args: `forms`, `session`, `ledger`, `keys`, `modem`, `finish` (flows.finish), `log`."""

    def __init__(self, forms, session, ledger, keys, modem, finish, log):
        self._forms = forms
        self._session = session
        self._ledger = ledger
        self._keys = keys
        self._modem = modem
        self._finish = finish
        self._log = log
        self._fault_printed = None  # trace whose fault slip is out

    @property
    def due(self):
        """True when a reversal is pending."""
        return self._ledger.pending is not None

    async def run(self, tries=_TRIES):
        """Try the pending reversal. Returns True when nothing is pending any more."""
        record = self._ledger.pending
        if record is None:
            return True
        t = self._forms.texts
        self._forms.screen.message(t("reversal"), t("reversal.doing"))
        self._modem.claim()
        try:
            code = await self._tries(record, tries)
        finally:
            self._modem.release()
        if code is None:
            await self._forms.say(t("reversal.pending"), t("reversal.wait"))
            return False
        self._ledger.reversed(record, code)
        self._log("reversal.done", "trace %06d code %s" % (record["trace"], code))
        await self._finish.run(record)
        await self._forms.say(t("reversal.done"), seconds=2)
        return True

    async def _tries(self, record, tries):
        """Return the DE39 that ended the reversal, or None."""
        card = restored(self._keys.reveal(bytes.fromhex(record["sealed"])))
        for _ in range(tries):
            try:
                return await self._session.reverse(record, card, record["reason"])
            except NotSent as e:
                self._log("reversal.unsent", e.reason)
                return None
            except HostError as e:
                self._log("reversal.open", "trace %06d %s" % (record["trace"], e.reason))
        if tries == _TRIES and self._fault_printed != record["trace"]:
            self._fault_printed = record["trace"]
            await self._finish.fault_slip(record)
        return None
