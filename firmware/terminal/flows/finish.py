"""What follows the host's answer: notices into the outbox, the slip, the record closed. Also after a power cut."""

from terminal.acquirer import answers
from terminal.notices.outbox import OutboxFull
from terminal.ui import slip
from terminal.ui.cells import money


class Finish:
    """Args: `printing`, `ledger`, `outbox`, `templates`, `keys`, `settings`, `texts`, `log`."""

    def __init__(self, printing, ledger, outbox, templates, keys, settings, texts, log):
        self._printing = printing
        self._ledger = ledger
        self._outbox = outbox
        self._templates = templates
        self._keys = keys
        self._settings = settings
        self._texts = texts
        self._log = log

    async def run(self, record, recovered=False, notify=True):
        """Do what is left for an answered or cancelled `record`, each step stored, none done twice."""
        if not record["noticed"]:
            if notify and self._settings["notices"]:
                self._queue(record)
            self._ledger.noticed(record)
        state = record["state"]
        if state == "approved" or (state == "declined" and self._settings["declined_slip"]):
            await self._printing.copies(record, recovered)
        self._ledger.close(record)

    async def fault_slip(self, record):
        """Print the slip that says a reversal found no answer, and store that it is out. Without paper: another time."""
        if await self._printing.lines(slip.fault(record, self._settings, self._texts), ask=False):
            self._ledger.fault(record)

    def _queue(self, record):
        fields = self._fields(record)
        if record["mobile"]:
            self._put(record, "customer", lambda: self._keys.reveal(bytes.fromhex(record["mobile"])).decode(), fields)
        if self._settings["merchant_mobile"]:
            self._put(record, "merchant", lambda: self._settings["merchant_mobile"], fields)

    def _put(self, record, audience, number, fields):
        event = "sale_" + record["state"]
        key = "%06d.%06d-%s" % (record["batch"], record["trace"], audience[0])
        try:
            self._outbox.queue(key, event, audience, number(), self._templates.render(event, audience, fields))
        except (OutboxFull, OSError, ValueError) as e:
            # the payment stands whatever becomes of its notice; the event log and the doctor say why there is none
            self._log("notice.notqueued", "%s %s" % (key, type(e).__name__))

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
