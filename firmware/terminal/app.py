"""Composition root: board and settings become services, services become supervised tasks. Only here every service is known.

Terminal(board.open()).run()
"""

import os
import random

import gbk
import journal
import modem as modem_lib
import paycrypt
import thermal
from terminal.acquirer.link import Link
from terminal.acquirer.messages import Messages
from terminal.acquirer.session import Session
from terminal.clock import Clock
from terminal.flows.finish import Finish
from terminal.flows.idle import VERSION, Idle
from terminal.flows.printing import Printing
from terminal.flows.reversal import Reversal
from terminal.flows.sale import Sale
from terminal.flows.signin import SignIn
from terminal.ledger.ledger import Ledger
from terminal.notices.post import Post
from terminal.ondemand import borrowed
from terminal.security.keys import Keys
from terminal.security.pin import PinPad
from terminal.security.technician import Technician
from terminal.service.console import Console
from terminal.service.eventlog import EventLog
from terminal.service.modemfile import ModemMemory, Recordings
from terminal.tasks import Tasks
from terminal.ui.forms import Forms
from terminal.ui.inputs import Inputs
from terminal.ui.screen import Screen
from terminal.ui.texts import Texts


class Services:
    """What console and menus work with, by name: board, settings, clock, log, ledger, keys, modem, recordings, session,
    technician, version; of the notices: outbox, enabling, watch, words, desk, checks, bank, offers."""


class Terminal:
    """The whole terminal on one `board` (see boards/). Raises StartError when its settings are refused."""

    def __init__(self, board):
        services = Services()
        services.board = board
        services.version = VERSION
        with borrowed("terminal.settings") as table:
            settings = self.settings = services.settings = table.load(board.storage)
        clock = self.clock = services.clock = Clock(board.rtc)
        log = self.log = services.log = EventLog(board.storage, clock)
        log("start", "posterm %s on %s" % (VERSION, board.name))
        paycrypt.selftest()
        self.tasks = Tasks(board.watchdog, log)
        texts = Texts(settings["language"])
        keys = self.keys = services.keys = Keys(
            paycrypt.KeyStore(),
            board.storage,
            board.device_secret(),
            board.entropy,
            log,
            strict=not settings["weak_keys"],
        )
        modem = self.modem = services.modem = modem_lib.Modem(
            board.modem_uart,
            None if settings["modem"] == "auto" else settings["modem"],
            power=board.modem_power,
            log=log,
            memory=ModemMemory(board.storage, log),
            pin=settings["sim_pin"] or None,
        )
        modem.set_apn(settings["apn"] or None)
        services.recordings = Recordings(board.storage, clock, log)
        modem.on_trouble = lambda reason: services.recordings.keep(reason, modem.last_dialogue())
        ledger = self.ledger = services.ledger = Ledger(
            journal.Journal(board.storage + "/ledger"), log, lambda: _room(board.storage)
        )
        self.post = Post(services, board.storage, random.random)
        self.outbox = services.outbox
        printer = thermal.Printer(board.printer_uart, thermal.P58, gbk.encode)

        inputs = Inputs(board.keypad, board.card_reader, board.buzzer, self._beat)
        forms = Forms(Screen(board.lcd), inputs, texts, settings["input_seconds"])
        messages = Messages(settings, keys)
        link = Link(modem, settings, log, self._beat)
        session = services.session = Session(link, messages, keys, ledger, clock, log)
        printing = Printing(printer, forms, ledger, settings, log)
        finish = Finish(printing, services, texts)
        signin = SignIn(forms, session, modem, log)
        reversal = Reversal(forms, session, ledger, keys, modem, finish, log)
        pinpad = PinPad(forms, keys)
        sale = Sale(
            forms,
            pinpad,
            session,
            signin,
            reversal,
            finish,
            services.enabling,
            ledger,
            keys,
            modem,
            settings,
            clock,
            log,
        )
        idle = Idle(forms, sale, signin, reversal, finish, services)
        services.technician = Technician(board.storage, board.entropy, log)
        console = Console(board.console, services)

        for name, start in board.tasks:
            self.tasks.add(name, start)
        for name, start in inputs.tasks():
            self.tasks.add(name, start)
        self.tasks.add("modem", modem.run)
        for name, start in self.post.tasks():
            self.tasks.add(name, start)
        self.tasks.add("console", console.run)
        self.tasks.add("operator", idle.run, critical=240)

    async def run(self):
        """Run for ever."""
        await self.tasks.run()

    def _beat(self):
        self.tasks.beat("operator")


def _room(directory):
    """Return the octets free on the medium that holds `directory`."""
    figures = os.statvfs(directory)
    return figures[1] * figures[4]
