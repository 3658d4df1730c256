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
from terminal import settings as settings_table
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
from terminal.notices import templates
from terminal.notices.outbox import Outbox
from terminal.notices.sender import Sender
from terminal.security.keys import Keys
from terminal.security.pin import PinPad
from terminal.security.technician import Technician
from terminal.service.console import Console
from terminal.service.eventlog import EventLog
from terminal.tasks import Tasks
from terminal.ui.forms import Forms
from terminal.ui.inputs import Inputs
from terminal.ui.screen import Screen
from terminal.ui.texts import Texts


class Terminal:
    """The whole terminal on one `board` (see boards/). Raises SettingsError when its settings are refused."""

    def __init__(self, board):
        self.settings = settings_table.load(board.storage)
        self.clock = Clock(board.rtc)
        self.log = EventLog(board.storage, self.clock)
        self.log("start", "posterm %s on %s" % (VERSION, board.name))
        paycrypt.selftest()
        self.tasks = Tasks(board.watchdog, self.log)
        texts = Texts(self.settings["language"])
        self.keys = Keys(
            paycrypt.KeyStore(),
            board.storage,
            board.device_secret(),
            board.entropy,
            self.log,
            strict=not self.settings["weak_keys"],
        )
        self.modem = modem_lib.Modem(board.modem_uart, modem_lib.SIM7600, power=board.modem_power, log=self.log)
        self.ledger = Ledger(journal.Journal(board.storage + "/ledger"), self.log, lambda: _room(board.storage))
        self.outbox = Outbox(
            journal.Journal(board.storage + "/outbox"),
            self.keys.protect,
            self.keys.reveal,
            self.clock.seconds,
            self.log,
            self.settings["notice_hours"] * 3600,
            random.random,
        )
        sender = Sender(self.outbox, self.modem, self.log, self.settings["notices"])
        self.modem.on_pdu = sender.on_pdu
        printer = thermal.Printer(board.printer_uart, thermal.P58, gbk.encode)

        inputs = Inputs(board.keypad, board.card_reader, board.buzzer, self._beat)
        forms = Forms(Screen(board.lcd), inputs, texts, self.settings["input_seconds"])
        messages = Messages(self.settings, self.keys)
        link = Link(self.modem, self.settings, self.log, self._beat)
        session = Session(link, messages, self.keys, self.ledger, self.clock, self.log)
        printing = Printing(printer, forms, self.ledger, self.settings, self.log)
        words = templates.load(self.settings["language"])
        finish = Finish(printing, self.ledger, self.outbox, words, self.keys, self.settings, texts, self.log)
        signin = SignIn(forms, session, self.modem, self.log)
        reversal = Reversal(forms, session, self.ledger, self.keys, self.modem, finish, self.log)
        pinpad = PinPad(forms, self.keys)
        sale = Sale(
            forms,
            pinpad,
            session,
            signin,
            reversal,
            finish,
            self.ledger,
            self.keys,
            self.modem,
            self.settings,
            self.clock,
            self.log,
        )
        idle = Idle(
            forms,
            sale,
            signin,
            reversal,
            finish,
            session,
            self.ledger,
            self.outbox,
            self.keys,
            self.modem,
            self.settings,
            self.clock,
            self.log,
        )
        technician = Technician(board.storage, board.entropy, self.log)
        console = Console(
            board.console,
            board,
            self.ledger,
            self.outbox,
            self.keys,
            self.modem,
            session,
            technician,
            self.log,
            VERSION,
        )

        for name, start in board.tasks:
            self.tasks.add(name, start)
        for name, start in inputs.tasks():
            self.tasks.add(name, start)
        self.tasks.add("modem", self.modem.run)
        self.tasks.add("notices", sender.run)
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
