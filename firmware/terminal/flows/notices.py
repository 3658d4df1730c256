"""The operator's menu about SMS: states, why one is missing, sending again, test run, switch, preview, figures.

Loaded while it is open: `with borrowed("terminal.flows.notices") as flow: await flow.menu(forms, services)`.
`services`: see app.Services. Nothing here repeats a payment.
"""

from micropython import const

import sms
from terminal.ondemand import borrowed
from terminal.ui.cells import fit, wrap
from terminal.ui.forms import show_number, show_plain
from terminal.ui.screen import COLUMNS

_PAGE = const(3)  # rows of a text below its title
_LISTED = const(9)  # latest notices that the list shows
_AUDIENCES = ("customer", "merchant")


async def menu(forms, services):
    """Let the operator choose until CANCEL, which raises Left like every entry."""
    t = forms.texts
    rows = (
        ("sms.state", _states),
        ("sms.why", _why),
        ("sms.resend", _resend),
        ("sms.trial", _trial),
        ("sms.mode", _mode),
        ("sms.preview", _preview),
        ("sms.watch", _watch),
    )
    await rows[await forms.choose(t("menu.notices"), [t(key) for key, _ in rows])][1](forms, services)


async def _states(forms, services):
    """The latest notices: the recipient's last four digits and the state, newest first."""
    t = forms.texts
    rows = []
    for _, _, _, number, state, _, _, _, _, _ in services.outbox.entries(_LISTED):
        rows.insert(0, "%s %s" % (number[-4:], t("notice." + state)))
    await _pages(forms, t("sms.state"), rows or [t("notice.none")])


async def _pages(forms, title, rows):
    """Show rows three at a time; UP and DOWN turn, ENTER or silence ends."""
    top = 0
    while True:
        forms.screen.show(title, *rows[top : top + _PAGE])
        key = await forms.key()
        if key == "DOWN" and top + _PAGE < len(rows):
            top += _PAGE
        elif key == "UP" and top:
            top -= _PAGE
        elif key == "ENTER":
            return


async def _record(forms, services, title):
    """Ask for a voucher number, ENTER alone for the last transaction; return its record or None after a message."""
    t = forms.texts
    typed = await forms.digits((title, t("voucher")), 1, 6, show_plain, optional=True)
    record = services.ledger.find(int(bytes(typed))) if typed else services.ledger.last
    if record is None:
        await forms.say(title, t("voucher.none"))
    return record


async def _why(forms, services):
    """The doctor: one cause and one remedy for each of the transaction's notices."""
    t = forms.texts
    record = await _record(forms, services, t("sms.why"))
    if record is None:
        return
    for audience in _AUDIENCES:
        with borrowed("terminal.service.casework") as casework:
            what, remedy = casework.told(services, record, audience, t.language)
        forms.screen.message(t("audience." + audience), *what)
        await forms.key()
        forms.screen.message(t("sms.remedy"), *remedy)
        await forms.key()


async def _resend(forms, services):
    """Send one notice again, to a corrected number when one is keyed in. The payment is not touched."""
    t = forms.texts
    title = t("sms.resend")
    record = await _record(forms, services, title)
    if record is None:
        return
    audience = _AUDIENCES[await forms.choose(title, [t("audience." + name) for name in _AUDIENCES])]
    with borrowed("terminal.service.casework") as casework:
        key = casework.latest(services.outbox, record, audience)
    if key is None:
        await forms.say(title, t("resend.none"))
        return
    number = await _number(forms, title)
    try:
        services.outbox.resend(key, number)
    except ValueError:
        await forms.say(title, t("resend.wait"))
    except OSError:
        await forms.say(title, t("full"), t("full.why"))
    else:
        await forms.say(title, t("resend.done"))


async def _number(forms, title):
    """Return a number typed twice and checked, or None when the old one is to be used."""
    t = forms.texts
    question = t("sms.number")
    while True:
        first = await forms.digits((title, question), 8, 16, show_number, optional=True)
        if not first:
            return None
        try:
            number = sms.check_number(bytes(first).decode())
        except sms.Error:
            question = t("mobile.bad")
            continue
        if first == await forms.digits((title, t("mobile.again")), 8, 16, show_number):
            return number
        question = t("mobile.differs")


async def _trial(forms, services):
    """The test run: three verdicts; when it passes the notices may be switched on."""
    t = forms.texts

    def show(verdicts):
        forms.inputs.beat()
        forms.screen.show(t("sms.trial"), *["%s %s" % (t("trial." + n), t("verdict." + v)) for n, v, _ in verdicts])

    with borrowed("terminal.notices.selftest") as selftest:
        passed = await selftest.run(services, show)
    forms.inputs.forget()
    await forms.inputs.get(services.settings["result_seconds"])
    if not passed:
        await forms.say(t("sms.trial"), t("trial.failed"))
    elif services.enabling.mode == "on":
        await forms.say(t("sms.trial"), t("trial.passed"))
    else:
        forms.screen.message(t("trial.passed"), t("trial.switch"))
        if await forms.key() == "ENTER":
            await _switch(forms, services, "on")


async def _mode(forms, services):
    t = forms.texts
    modes = ("off", "trial", "on")
    title = fit(t("mode.now") + t("mode." + services.enabling.mode), COLUMNS)
    await _switch(forms, services, modes[await forms.choose(title, [t("mode." + mode) for mode in modes])])


async def _switch(forms, services, mode):
    t = forms.texts
    try:
        services.enabling.set(mode)
    except ValueError:
        await forms.say(t("sms.mode"), t("mode.needtrial"))
    except OSError:
        await forms.say(t("sms.mode"), t("full"), t("full.why"))
    else:
        await forms.say(t("mode.now") + t("mode." + mode))


async def _preview(forms, services):
    """Every notice with the file's sample values, and how many parts it takes."""
    t = forms.texts
    names = services.words.events()
    at = 0
    while True:
        event, audience = names[at]
        _, units, parts = services.words.preview(event, audience)
        title = "%d/%d %s %d" % (at + 1, len(names), t("preview.parts"), parts)
        rows = wrap(services.words.sample(event, audience), COLUMNS)
        await _pages(forms, title, rows)
        at = (at + 1) % len(names)


async def _watch(forms, services):
    t = forms.texts
    figures = services.watch.status()
    rate = figures["rate"]
    rows = [
        "%s %s" % (t("watch.rate"), "-" if rate is None else "%d%%" % rate),
        "%s %s"
        % (t("watch.time"), "-" if figures["p50"] is None else _span(figures["p50"]) + "/" + _span(figures["p90"])),
        "%s %d" % (t("watch.parts"), figures["parts"]),
        "%s %d" % (t("idle.queue"), services.outbox.open_count),
    ]
    rows += [t("alarm." + name) for name in services.watch.alarms]
    if services.modem.ready and not services.modem.family_known:
        rows.append(t("alarm.modem"))
    await _pages(forms, t("sms.watch"), rows)


def _span(seconds):
    """Return a time in at most 4 characters."""
    if seconds < 1000:
        return "%ds" % seconds
    return "%dm" % (seconds // 60) if seconds < 60000 else "%dh" % (seconds // 3600)
