"""The terminal's post office: everything about SMS put together, and the tasks that run it.

    post = Post(services, "/flash", random.random)
    for name, start in post.tasks(): tasks.add(name, start)

It adds to `services`: enabling, words, refused (the TemplateError of a shop's own texts, or None), watch, outbox, desk,
checks, consent, bank, offers. What is there before: settings, clock, log, ledger, keys, modem. bank and offers are None
unless the settings want them.
"""

import asyncio

from micropython import const

import journal
from modem import ModemError
from terminal.notices import templates
from terminal.notices.checks import Checks
from terminal.notices.consent import Consent
from terminal.notices.desk import Desk
from terminal.notices.enabling import Enabling
from terminal.notices.incoming import Incoming
from terminal.notices.outbox import Outbox
from terminal.notices.sender import Sender
from terminal.notices.watch import Watch

_ROUND = const(60)  # seconds between two looks at queue, bank and SIM


class Post:
    """Args: `services`, `directory` for the files, `spread()` -> 0..1, by which retries are spread."""

    def __init__(self, services, directory, spread):
        settings, clock, log, keys, modem = (
            services.settings,
            services.clock,
            services.log,
            services.keys,
            services.modem,
        )
        self._services = services
        services.enabling = Enabling(directory, lambda: modem.identity, log)
        services.words, services.refused = _words(settings["language"], directory, log)
        services.watch = Watch(journal.Journal(directory + "/watch"), settings, clock.seconds, log)
        box = services.outbox = Outbox(
            journal.Journal(directory + "/outbox"),
            keys.protect,
            keys.reveal,
            clock.seconds,
            log,
            settings["notice_hours"] * 3600,
            spread,
        )
        services.checks = Checks(directory, log)
        services.bank = services.offers = None
        if settings["bank_senders"]:
            from terminal.notices.bank import Bank

            services.bank = Bank(directory, settings, services.ledger.search, clock.seconds, log)
        consent = services.consent = Consent(directory, settings, keys.protect, keys.reveal, clock.seconds, log, box)
        if settings["offers"]:
            from terminal.notices.offers import Offers

            services.offers = Offers(directory, settings, consent, box, services.words, clock, log, self._calm)
        else:
            _withdraw_offers(box)
        desk = services.desk = Desk(
            box, services.ledger.find, services.words, settings, clock, log, directory, keys.protect, keys.reveal
        )
        desk.allows = services.enabling.allows
        desk.selftest_expects = services.enabling.expects
        desk.bank = services.bank
        desk.consent = consent
        desk.on_check = services.checks.add
        incoming = Incoming(
            journal.Journal(directory + "/incoming"),
            keys.protect,
            keys.reveal,
            clock.seconds,
            log,
            desk.handle,
            desk.tick,
        )
        incoming.busy = lambda: modem.claimed
        sender = Sender(box, modem, log, services.enabling.allows)
        sender.on_message = incoming.take
        modem.on_pdu = sender.on_pdu
        box.on_end = self._ended
        self._tasks = [("notices", sender.run), ("incoming", incoming.run), ("post", self._rounds)]
        if services.offers is not None:
            self._tasks.append(("offers", services.offers.run))

    def tasks(self):
        """Return (name, coroutine function) of each task."""
        return self._tasks

    def _ended(self, summary, gone):
        self._services.watch.ended(summary, gone)
        if self._services.offers is not None:
            self._services.offers.ended(summary)

    def _calm(self):
        """Tell whether nothing is going on that an offer could disturb."""
        services = self._services
        return not services.modem.claimed and not services.outbox.open_count and services.enabling.mode == "on"

    async def _rounds(self):
        """Look after what nobody else wakes up for."""
        services = self._services
        while True:
            await asyncio.sleep(_ROUND)
            services.enabling.check()
            services.watch.check(services.outbox.open_count)
            if services.bank is not None:
                services.bank.overdue()
            if not services.desk.own and services.modem.ready and not services.modem.claimed:
                services.desk.own = await _own_number(services.modem)


def _withdraw_offers(box):
    """Cancel what waits from the time when offers were sent."""
    for key in [row[0] for row in box.entries() if row[2] == "offer" and row[4] == "queued"]:
        box.cancel(key)


async def _own_number(modem):
    """Return the number the SIM tells; "?" when it tells none, which is asked once."""
    try:
        return await modem.own_number() or "?"
    except ModemError:
        return ""


def _words(language, directory, log):
    """Return the templates and None. When a shop's own file is wrong the built-in texts serve: then the error, too."""
    try:
        return templates.load(language, directory), None
    except templates.TemplateError as e:
        log("templates.refused", str(e))
        return templates.load(language), e
