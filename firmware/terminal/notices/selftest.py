"""The self-test: a real notice to the terminal's own number, through outbox, modem and network and back.

    with borrowed("terminal.notices.selftest") as selftest:
        passed = await selftest.run(services, show)

Three verdicts, each waiting, then passed, failed with one of the doctor's causes, or untried:
    send      the network has taken the message              within 90 s
    report    its delivery report has come                   within 120 s more
    receive   the message itself has come in again           within the same time

The own number is that of the settings, else the one the SIM tells. Without it the message goes to the merchant, and
receive stays untried. Send and report must pass; where the modem can have no reports, the echo proves as much.
"""

import asyncio
import time

from micropython import const

from modem import ModemError
from terminal.notices.outbox import OutboxFull
from terminal.ondemand import borrowed

_SEND_LIMIT = const(90)  # seconds
_BACK_LIMIT = const(120)
_STEP = const(1)


class Run:
    """One self-test. services: see app.py; used are outbox, modem, enabling, settings, words, clock."""

    def __init__(self, services, show):
        self._services = services
        self._show = show
        self._key = ""
        self._began = time.ticks_ms()
        self.verdicts = [("send", "waiting", ""), ("report", "waiting", ""), ("receive", "waiting", "")]

    def tell(self, name, verdict, cause=""):
        self.verdicts = [(name, verdict, cause) if row[0] == name else row for row in self.verdicts]

    def waits(self, name):
        return (name, "waiting", "") in self.verdicts

    def passed(self, name):
        return (name, "passed", "") in self.verdicts

    def show(self):
        self._show(tuple(self.verdicts))

    def refuse(self, cause):
        """Nothing can be sent, or nothing was."""
        self.tell("send", "failed", cause)
        for name in ("report", "receive"):
            if self.waits(name):
                self.tell(name, "untried")

    async def number(self):
        """Return the number to test with, "" when there is none."""
        settings = self._services.settings
        number = settings["own_mobile"]
        if not number:
            try:
                number = await self._services.modem.own_number()
            except ModemError:
                number = None  # what is wrong with the modem shows when it is to send
        if not number:
            self.tell("receive", "untried")
            number = settings["merchant_mobile"]
        return number

    def queue(self, number):
        """Put the message into the outbox; return "" or the cause why it is not there."""
        services = self._services
        settings = services.settings
        seconds = services.clock.seconds()
        self._key = "trial-%d" % seconds
        code = "%06d" % (seconds % 1000000)
        fields = {
            "merchant": settings["merchant_name"],
            "time": services.clock.moment(),
            "code": code,
            "hotline": settings["hotline"],
        }
        try:
            text = services.words.render("trial", "merchant", fields)
        except ValueError:
            return "no_text"
        services.enabling.begin(code)
        try:
            # the key is known when the clock was set back: another test of this very second
            return "" if services.outbox.queue(self._key, "trial", "trial", number, text) else "waiting"
        except OutboxFull:
            return "outbox_full"
        except OSError:
            return "storage"
        except ValueError:
            return "number_wrong"

    async def follow(self):
        """Watch the message until every verdict is given."""
        services = self._services
        if self._reports() == "none":
            self.tell("report", "untried", "reports_off")
        gone = False
        ended = False
        while self.waits("send") or self.waits("report") or self.waits("receive"):
            self.show()
            await asyncio.sleep(_STEP)
            if not ended:
                state, cause, _, _ = services.outbox.state(self._key) or ("failed", "", 0, 0)
                ended = state in ("delivered", "failed")
            if not gone and state not in ("queued", "sending"):
                gone = True
                self._began = time.ticks_ms()
            late = time.ticks_diff(time.ticks_ms(), self._began) > 1000 * (_BACK_LIMIT if gone else _SEND_LIMIT)
            told = cause.startswith("status")
            if services.enabling.echoed and self.waits("receive"):
                self.tell("receive", "passed")
            if self.waits("send"):
                self._judge_send(state, told, late)
            if self.waits("report"):
                if state == "delivered":
                    self.tell("report", "passed")
                elif told or late:
                    self.tell("report", "failed", self._cause() if told else "no_report")
            if self.waits("receive") and late:
                self.tell("receive", "failed", "sim_full" if services.modem.storage_full else "no_echo")
        services.outbox.cancel(self._key)  # when it still waits, nobody waits for it any longer
        if self.passed("send"):
            return self.passed("report") or (self._reports() == "none" and self.passed("receive"))
        return False

    def _judge_send(self, state, told, late):
        if state in ("sent", "delivered") or told or self._services.enabling.echoed:
            self.tell("send", "passed")
        elif state == "failed" or late:
            self.refuse(self._cause())

    def _reports(self):
        return (self._services.modem.capabilities or {}).get("reports", "direct")

    def _cause(self):
        services = self._services
        modem = services.modem
        facts = {
            "mode": "trial",
            "notice": services.outbox.evidence(self._key),
            "stage": modem.stage,
            "registration": modem.registration,
            "signal": modem.signal,
            "sms": (modem.capabilities or {}).get("sms", True),
            "reports": self._reports(),
            "supply": modem.supply_warnings + modem.resets,
            "now": services.clock.seconds(),
        }
        with borrowed("terminal.notices.doctor") as doctor:
            return doctor.diagnose(facts).cause


async def run(services, show) -> bool:
    """Run the self-test, which takes up to 210 s; return whether it has passed, which `services.enabling` then knows.

    show(verdicts): called about every second and at the end with ((name, verdict, cause), ...): names send, report,
    receive; verdicts waiting, passed, failed, untried; cause: a key of the doctor's words, or "".
    """
    test = Run(services, show)
    test.show()
    passed = False
    try:
        number = await test.number()
        cause = test.queue(number) if number else "no_own_number"
        if cause:
            test.refuse(cause)
        else:
            passed = await test.follow()
            if passed:
                services.enabling.passed()
    except OSError as error:
        # what the test needs to read or keep cannot be read or kept
        services.log("notice.storage", repr(error))
        test.refuse("storage")
        passed = False
    finally:
        services.enabling.end()
    test.show()
    services.log(
        "trial." + ("passed" if passed else "failed"), ", ".join([" ".join(row).rstrip() for row in test.verdicts])
    )
    return passed
