"""Sale: amount, card, PIN, customer's number, host, result, slip, notices.

amount -> card -> PIN -> mobile -> started (stored, reversal armed) -> host
    approved -> result, notices queued, slip
    declined -> result with what to do; 55 asks for the PIN again; 77 signs in and asks for the PIN again
    nothing sent -> dropped      no valid answer, or none that can be stored -> reversal at once
"""

from micropython import const

import gbk
import sms
from terminal.acquirer import answers, table
from terminal.acquirer.errors import BadMac, HostError, NotSent
from terminal.acquirer.session import SIGN_IN_CODES
from terminal.security import card as cards
from terminal.ui.cells import center, money, right
from terminal.ui.forms import Left, show_card, show_number, show_plain
from terminal.ui.inputs import wipe_card
from terminal.ui.screen import COLUMNS

_WRONG_PIN = "55"
_TRIED_AGAIN = SIGN_IN_CODES + (_WRONG_PIN,)
_PIN_TRIES = const(3)


class Sale:
    """Args: services by name, see app.py."""

    def __init__(
        self, forms, pinpad, session, signin, reversal, finish, enabling, ledger, keys, modem, settings, clock, log
    ):
        self._forms = forms
        self._pinpad = pinpad
        self._session = session
        self._signin = signin
        self._reversal = reversal
        self._finish = finish
        self._enabling = enabling
        self._ledger = ledger
        self._keys = keys
        self._modem = modem
        self._settings = settings
        self._clock = clock
        self._log = log

    async def run(self, first_digit=None, track=None):
        """Do one sale. `first_digit`: a digit of the amount already pressed; `track`: a card swiped at the idle screen."""
        t = self._forms.texts
        card = None
        try:
            if not await self._reversal.run():
                return
            if not self._ledger.has_room:
                self._log("sale.full")
                await self._full()
                return
            if not self._session.signed_in and not await self._signin.run():
                return
            if track is not None:
                card = await self._read(track)
            amount = await self._forms.amount(t("sale"), self._settings["amount_limit"], first_digit)
            if card is None:
                card = await self._card(amount)
            await self._pay(card, amount)
        except Left as e:
            await self._forms.say(t(e.reason), seconds=2)
        finally:
            if card is not None:
                card.forget()
            if track is not None:
                wipe_card(track)

    async def _pay(self, card, amount):
        """PIN and host, again after a wrong PIN or a demanded sign-in; each attempt is a transaction of its own."""
        mobile = None
        for attempt in range(_PIN_TRIES):
            self._modem.claim()  # from here on no SMS may start that the authorisation would have to wait for
            try:
                pin_block = await self._pinpad.enter(card.pan, amount, self._settings["pin_bypass"])
                if mobile is None:
                    mobile = await self._mobile()
                record, code = await self._ask_host(card, amount, pin_block, mobile)
            finally:
                self._modem.release()
            if code is None:
                return
            if code == "00":
                await self._approved(record)
                return
            again = attempt + 1 < _PIN_TRIES and await self._again(code, pin_block)
            if record["state"] == "started" and not await self._closed(record, code, again):
                return
            # the customer still stands here: only the last refusal is worth a message
            await self._declined(record, code, quiet=again)
            if not again:
                return

    async def _again(self, code, pin_block):
        """Return True when the same sale should be tried once more with a new PIN entry."""
        t = self._forms.texts
        if code in SIGN_IN_CODES:
            return await self._signin.run()
        if code == _WRONG_PIN and pin_block is not None:
            self._forms.screen.message(t("declined"), t("pin.again"), t("enter"))
            self._forms.inputs.forget()
            return await self._forms.inputs.get(self._settings["input_seconds"]) == ("key", "ENTER")
        return False

    async def _ask_host(self, card, amount, pin_block, mobile):
        """Store the record, send the request, store the answer.

        Returns (record, DE39), or (None, None) when there is no answer to act on and everything has been said.
        """
        t = self._forms.texts
        self._forms.screen.message(t("sale"), right(money(amount), COLUMNS), t("online"))
        try:
            record = self._ledger.start(
                "sale",
                amount,
                card.mode + ("1" if pin_block else "2"),
                card.masked,
                _hex(self._keys.protect(card.stored())),
                self._clock.text(),
                _hex(self._keys.protect(mobile)) if mobile else "",
                self._settings["terminal_no"],
                self._settings["merchant_no"],
            )
        except OSError as e:
            self._log("sale.unstored", "started, error %d" % e.errno)
            await self._full()
            return None, None
        try:
            got = await self._session.transact(record, card.fields(), pin_block)
        except NotSent as e:
            self._log("sale.unsent", "trace %06d %s" % (record["trace"], e.reason))
            if self._stored("dropped", record):
                await self._result(t("unsent"), t("unsent.why"))
            else:
                await self._undo(record, table.OTHER)
            return None, None
        except HostError as e:
            self._log("sale.unknown", "trace %06d %s" % (record["trace"], e.reason))
            await self._undo(record, table.BAD_MAC if isinstance(e, BadMac) else table.NO_ANSWER)
            return None, None
        code, reference = got[39], got.get(37, "")
        if code in table.UNSETTLED or not answers.known(code):
            self._log("sale.unknown", "trace %06d answer %s" % (record["trace"], code))
            stored = False
        elif code in _TRIED_AGAIN and 64 not in got:
            # it may hide an approval: the reversal stays armed until it is known whether the card is tried again
            self._log("sale.unsigned", "trace %06d answer %s" % (record["trace"], code))
            return record, code
        elif code == "00":
            issuer = _name(got.get(44, b""))
            stored = self._stored("approved", record, reference, got.get(38, ""), self._host_time(got), issuer)
        else:
            stored = self._stored("declined", record, code, reference)
        if not stored:
            await self._undo(record, table.OTHER)
            return None, None
        return record, code

    def _stored(self, event, record, *details):
        """Store `event` of the ledger. False when the medium refused: then the reversal stays armed."""
        try:
            getattr(self._ledger, event)(record, *details)
        except OSError as e:
            self._log("sale.unstored", "%s %06d error %d" % (event, record["trace"], e.errno))
            return False
        return True

    async def _undo(self, record, reason):
        """Nothing may stand that is not known and stored: reverse at once."""
        t = self._forms.texts
        self._stored("undo", record, reason)
        await self._forms.say(t("noanswer"), t("noanswer.why"), seconds=2)
        await self._reversal.run()

    async def _closed(self, record, code, again):
        """Bring a refusal that came without a MAC to its end: undone before the card is tried again, else believed.

        Returns False when that failed and everything has been said.
        """
        if again:
            return self._stored("undo", record, table.OTHER) and await self._reversal.run(notify=False)
        if self._stored("declined", record, code, ""):
            return True
        await self._undo(record, table.OTHER)
        return False

    async def _full(self):
        await self._forms.say(self._forms.texts("full"), self._forms.texts("full.why"), seconds=10)

    async def _approved(self, record):
        t = self._forms.texts
        self._forms.screen.show(
            center(t("approved"), COLUMNS),
            right(money(record["amount"]), COLUMNS),
            center(record["reference"], COLUMNS),
            center(t("printing"), COLUMNS),
        )
        self._forms.inputs.forget()
        await self._finish.run(record)
        await self._result(t("approved"), right(money(record["amount"]), COLUMNS), center(record["reference"], COLUMNS))

    async def _declined(self, record, code, quiet):
        t = self._forms.texts
        if quiet:
            if record["state"] == "declined":  # else it was reversed, and finished with that
                await self._finish.run(record, notify=False)
            return
        answer = answers.find(t.language, code)
        self._forms.screen.message(t("declined"), code + " " + answer.text, answer.step)
        await self._finish.run(record)
        await self._result(t("declined"), code + " " + answer.text, answer.step)

    async def _result(self, title, *texts):
        self._forms.inputs.forget()
        await self._forms.say(title, *texts, seconds=self._settings["result_seconds"])

    async def _card(self, amount):
        """Ask for a swipe or a keyed number with expiry; a bad card is asked for again."""
        t = self._forms.texts
        note = ""
        while True:
            self._forms.screen.show(t("sale"), right(money(amount), COLUMNS), t("card"), note)
            kind, value = await self._forms.event()
            try:
                if kind == "card":
                    return cards.from_track2(value, self._today())
                if len(value) == 1:
                    return await self._keyed(value)
                note = ""
            except cards.CardError as e:
                self._log("card.refused", e.text)
                note = t(e.text)

    async def _keyed(self, first):
        t = self._forms.texts
        pan = await self._forms.digits((t("sale"), t("card.number")), 13, 19, show_card, first)
        cards.check_keyed(pan)
        expiry = await self._forms.digits((t("sale"), t("card.expiry")), 4, 4, show_plain)
        return cards.keyed(pan, expiry, self._today())

    async def _read(self, track):
        """Return the card swiped at the idle screen, or None after a message when it could not be read."""
        t = self._forms.texts
        try:
            return cards.from_track2(track, self._today())
        except cards.CardError as e:
            self._log("card.refused", e.text)
            await self._forms.say(t("sale"), t(e.text), seconds=2)
            return None

    async def _mobile(self):
        """Return the customer's number as octets, b"" when skipped. Typed twice, because the screen never shows it whole."""
        t = self._forms.texts
        if not self._enabling.allows("customer"):
            return b""
        question = t("mobile")
        while True:
            first = await self._forms.digits((t("sale"), question), 8, 16, show_number, optional=True)
            if not first:
                return b""
            try:
                number = sms.check_number(bytes(first).decode())
            except sms.Error:
                question = t("mobile.bad")
                continue
            second = await self._forms.digits((t("sale"), t("mobile.again")), 8, 16, show_number)
            if first == second:
                return number.encode()
            question = t("mobile.differs")

    def _today(self):
        moment = self._clock.moment()
        return moment[0], moment[1]

    def _host_time(self, got):
        """Return the host's date and time (DE13, DE12) as text, the year from our clock."""
        time, date = got.get(12, ""), got.get(13, "")
        if not ("000000" <= time <= "235959" and time[2:4] < "60" and time[4:] < "60"):
            return self._clock.text()
        if not ("0101" <= date <= "1231" and "01" <= date[2:] <= "31"):
            return self._clock.text()
        year, month = self._today()
        if month == 1 and date[:2] == "12":
            year -= 1
        elif month == 12 and date[:2] == "01":
            year += 1
        return "%04d-%s-%s %s:%s:%s" % (year, date[:2], date[2:], time[:2], time[2:4], time[4:])


def _name(field44):
    """Return the issuer's part of field 44 (first 11 octets, text in GBK) as text."""
    return gbk.decode(field44[:11]).strip()


def _hex(data):
    return "".join("%02x" % b for b in data)
