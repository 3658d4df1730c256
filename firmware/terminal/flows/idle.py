"""The idle screen and the menu: where every flow starts and to which every flow returns.

Between two keys it finishes what a power cut left and tries a pending reversal again.
"""

from micropython import const

from terminal.ondemand import borrowed
from terminal.ui.cells import center, fit, money, right, width
from terminal.ui.forms import Left
from terminal.ui.inputs import wipe_card
from terminal.ui.screen import COLUMNS

_TICK = const(1)  # seconds between two looks at clock, signal and queue
_REVERSAL_FIRST = const(10)  # seconds until a failed reversal is tried again, doubled each time
_REVERSAL_MAX = const(300)

VERSION = "0.1.0"


class Idle:
    """Args: `forms`, the flows by name, `services`: see app.Services."""

    def __init__(self, forms, sale, signin, reversal, finish, services):
        self._forms = forms
        self._sale = sale
        self._signin = signin
        self._reversal = reversal
        self._finish = finish
        self._services = services
        self._session = services.session
        self._ledger = services.ledger
        self._keys = services.keys
        self._modem = services.modem
        self._settings = services.settings
        self._log = services.log
        self._menu = (
            ("menu.sale", self._sale.run),
            ("menu.signin", self._signin.run),
            ("menu.lasttxn", self._last),
            ("menu.notices", self._notices),
            ("menu.language", self._language),
            ("menu.version", self._version),
        )

    async def run(self):
        """Run the operator's side for ever."""
        await self._recover()
        refused = self._services.refused
        if refused is not None:
            t = self._forms.texts
            place = "%s %d %s" % (t("texts.line"), refused.line, refused.field)
            await self._forms.say(t("texts.bad"), fit(place, COLUMNS), t("texts.builtin"), seconds=10)
        wait = _REVERSAL_FIRST
        left = 0
        while True:
            if self._reversal.due and left <= 0 and self._modem.ready and self._keys.has_master:
                if await self._reversal.run():
                    wait = _REVERSAL_FIRST
                else:
                    left = wait
                    wait = min(wait * 2, _REVERSAL_MAX)
            elif self._services.checks.waiting and left <= 0 and self._may_ask():
                left = 0 if await self._check() else _REVERSAL_MAX
            self._show()
            event = await self._forms.inputs.get(_TICK, cards=True)
            if event is None:
                left -= _TICK
                continue
            await self._dispatch(event)

    def _may_ask(self):
        return self._modem.ready and self._session.signed_in and not self._reversal.due

    async def _check(self):
        self._forms.screen.message(self._forms.texts("check"), self._forms.texts("check.doing"))
        try:
            with borrowed("terminal.flows.check") as flow:
                return await flow.run(self._services)
        except OSError as e:
            self._log("check.unstored", "error %d" % e.errno)
            return False

    async def _recover(self):
        """Finish answered transactions whose slip or notices a power cut prevented."""
        t = self._forms.texts
        for record in list(self._ledger.unclosed):
            if record["state"] == "approved":
                self._log("recovered", "trace %06d" % record["trace"])
                amount = right(money(record["amount"]), COLUMNS)
                self._forms.screen.message(t("recovered"), amount, t("recovered.why"))
            try:
                await self._finish.run(record, recovered=True)
            except Exception as e:  # noqa: BLE001 - a record that cannot be finished must not keep the shop closed
                self._log("recover.failed", "trace %06d %s" % (record["trace"], type(e).__name__))

    async def _dispatch(self, event):
        kind, value = event
        t = self._forms.texts
        try:
            if kind == "card":
                if self._ready():
                    await self._sale.run(track=value)
                else:
                    wipe_card(value)
            elif value == "MENU":
                items = [t(key) for key, _ in self._menu]
                await self._menu[await self._forms.choose(t("menu"), items)][1]()
            elif not self._ready():
                if value == "ENTER" and self._keys.has_master:
                    await self._signin.run()
            elif value == "ENTER":
                await self._sale.run()
            elif len(value) == 1:
                await self._sale.run(first_digit=value)
        except Left:
            return  # back to the idle screen

    def _ready(self):
        return self._keys.has_working

    def _show(self):
        t = self._forms.texts
        s = self._settings
        if not self._keys.has_master:
            hint = t("idle.nokey")
        elif not self._session.signed_in:
            hint = t("idle.signin")
        elif self._reversal.due:
            hint = t("reversal.pending")
        else:
            hint = t("idle.start")
        moment = self._services.clock.moment()
        signal = self._modem.signal
        stage = self._modem.stage.replace(" ", "")
        if stage and stage != "smsnotready":  # that one is over soon, and payments go on
            state = t("stage." + stage)
        else:
            state = t("idle.nosignal") if signal is None or not self._modem.ready else t("idle.signal") + str(signal)
        waiting = self._services.outbox.open_count
        alarms = self._services.watch.alarms
        if waiting or alarms:
            queue = t("idle.queue") + str(waiting) + ("!" if alarms else "")
            state += " " * (COLUMNS - width(state) - width(queue)) + queue
        self._forms.screen.show(
            center(fit(s["merchant_name"], COLUMNS), COLUMNS),
            center(hint, COLUMNS),
            "%02d-%02d      %02d:%02d" % moment[1:5],
            state,
        )

    async def _last(self):
        t = self._forms.texts
        record = self._ledger.last
        if record is None:
            await self._forms.say(t("menu.lasttxn"), t("last.none"))
            return
        self._forms.inputs.forget()
        self._forms.screen.show(
            "%s %06d" % (t("type." + record["type"]), record["trace"]),
            right(money(record["amount"]), COLUMNS),
            record["card"][:6] + "****" + record["card"][-4:],
            t("state." + record["state"]) + (" " + record["code"] if "code" in record else ""),
        )
        await self._forms.inputs.get(self._settings["result_seconds"])

    async def _notices(self):
        with borrowed("terminal.flows.notices") as flow:
            await flow.menu(self._forms, self._services)

    async def _language(self):
        t = self._forms.texts
        t.select("en" if t.language == "zh" else "zh")
        await self._forms.say(t("menu.language"), t("language.now"), seconds=1)

    async def _version(self):
        await self._forms.say(self._forms.texts("menu.version"), "posterm " + VERSION)
