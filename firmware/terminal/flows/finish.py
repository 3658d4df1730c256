"""What follows the host's answer: notices into the outbox, the slip, the record closed. Also after a power cut."""

from micropython import const

from terminal.acquirer import answers
from terminal.notices import notice_key
from terminal.notices.outbox import OutboxFull
from terminal.ui import slip
from terminal.ui.cells import money

_ANSWER_WITHIN = const(86400)  # seconds a customer has to answer a question


class Finish:
    """Args: `printing`, `services` (see app.Services), `texts`."""

    def __init__(self, printing, services, texts):
        self._printing = printing
        self._services = services
        self._ledger = services.ledger
        self._settings = services.settings
        self._texts = texts
        self._log = services.log

    async def run(self, record, recovered=False, notify=True):
        """Do what is left for an answered or cancelled `record`, each step stored, none done twice."""
        if not record["noticed"]:
            self._ledger.noticed(record, self._queue(record) if notify else "c:quiet m:quiet")
        state = record["state"]
        if state == "approved" and self._services.bank is not None:
            self._services.bank.expected(record)
        if state == "approved" or (state == "declined" and self._settings["declined_slip"]):
            await self._printing.copies(record, recovered)
        self._ledger.close(record)

    async def fault_slip(self, record):
        """Print the slip that says a reversal found no answer, and store that it is out. Without paper: another time."""
        if await self._printing.lines(slip.fault(record, self._settings, self._texts), ask=False):
            self._ledger.fault(record)

    def _queue(self, record):
        """Put the notices into the outbox; return which are missing and why: "c:no_number m:off"."""
        fields = self._fields(record)
        without = []
        for audience, number in (("customer", self._customer), ("merchant", self._merchant)):
            reason = self._put(record, audience, number(record), fields)
            if reason:
                without.append(audience[0] + ":" + reason)
        return " ".join(without)

    def _customer(self, record):
        """Return the customer's number, "" when none was given, None when the stored one cannot be read any more."""
        try:
            return self._services.keys.reveal(bytes.fromhex(record["mobile"])).decode() if record["mobile"] else ""
        except ValueError:
            self._log("notice.number", "trace %06d unreadable" % record["trace"])
            return None

    def _merchant(self, record):
        return self._settings["merchant_mobile"]

    def _put(self, record, audience, number, fields):
        """Queue one notice; return "" or why there is none. The payment stands whatever becomes of its notice."""
        if not self._services.enabling.allows(audience):
            return self._services.enabling.mode
        if number is None:
            return "number_wrong"
        if not number:
            return "no_number"
        event = "sale_" + record["state"]
        key = notice_key(record, audience)
        try:
            if self._asks(record, audience):
                self._services.desk.ask(key, number, "cancelled", _ANSWER_WITHIN)
                event += "_ask"
            self._services.outbox.queue(
                key, event, audience, number, self._services.words.render(event, audience, fields)
            )
            return ""
        except OutboxFull:
            reason = "outbox_full"
        except OSError:
            reason = "storage"
        except ValueError:
            reason = "no_text"
        self._log("notice.notqueued", "%s %s" % (key, reason))
        return reason

    def _asks(self, record, audience):
        """Tell whether the notice asks its reader to answer whether the card was charged."""
        return self._settings["questions"] and record["state"] == "cancelled" and audience == "customer"

    def _fields(self, record):
        s = self._settings
        fields = {
            "merchant": s["merchant_name"],
            "time": record["time"],
            "amount": money(record["amount"]),
            "place": s["place"],
            "tail": record["card"][-4:],
            "hotline": s["hotline"],
            "voucher": "%06d" % record["trace"],
        }
        if record["state"] == "declined":
            # in the language of the templates, which the operator's choice for the screen does not change
            answer = answers.find(s["language"], record["code"])
            fields["reason"] = answer.reason
            fields["advice"] = answer.advice
        return fields
