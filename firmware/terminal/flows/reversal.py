"""Undo the one transaction whose fate is unknown, before anything else is sold.

A failed connection does not count as a try; after three tries without a valid answer a fault slip is printed, once,
and the reversal stays pending: no new transaction starts, and the idle loop goes on trying. The same when the stored card
data cannot be read any more. Nothing is sent that is not stored, and the reversal ends when its answer is stored.
"""

from micropython import const

import paycrypt
from terminal.acquirer import table
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

    @property
    def due(self):
        """True when a reversal is pending."""
        return self._ledger.pending is not None

    async def run(self, notify=True):
        """Try the pending reversal. Returns True when nothing is pending any more. `notify`: tell customer and merchant."""
        record = self._ledger.pending
        if record is None:
            return True
        t = self._forms.texts
        self._forms.screen.message(t("reversal"), t("reversal.doing"))
        try:
            if record["state"] == "started":  # the task that began it died, or the medium refused the answer
                self._ledger.undo(record, table.OTHER)
            self._modem.claim()
            try:
                code = await self._tries(record)
            finally:
                self._modem.release()
            if code is not None:
                self._ledger.reversed(record, code)
        except OSError as e:
            self._log("reversal.unstored", "trace %06d error %d" % (record["trace"], e.errno))
            await self._forms.say(t("reversal.pending"), t("full"), t("full.why"))
            return False
        if code is None:
            if not record["fault"] and record["tries"] >= _TRIES:
                self._forms.screen.message(t("reversal.pending"), t("printing"))
                await self._finish.fault_slip(record)
            await self._forms.say(t("reversal.pending"), t("reversal.wait"))
            return False
        self._log("reversal.done", "trace %06d code %s" % (record["trace"], code))
        await self._finish.run(record, notify=notify)
        if notify:
            await self._forms.say(t("reversal.done"), seconds=2)
        return True

    async def _tries(self, record):
        """Return the DE39 that ended the reversal, or None. `tries` of the record counts what was sent in vain."""
        record["tries"] = 0
        try:
            card = restored(self._keys.reveal(bytes.fromhex(record["sealed"])))
        except paycrypt.Error as e:
            self._log("reversal.card", "trace %06d %s" % (record["trace"], e.reason))
            record["tries"] = _TRIES  # no try can ever succeed: people have to settle it
            return None
        while record["tries"] < _TRIES:
            try:
                return await self._session.reverse(record, card, record["reason"])
            except NotSent as e:
                self._log("reversal.unsent", e.reason)
                return None
            except HostError as e:
                self._log("reversal.open", "trace %06d %s" % (record["trace"], e.reason))
                record["tries"] += 1
        return None
