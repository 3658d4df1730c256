"""Print a slip's copies: ask for paper and go on where it stopped, note each finished copy."""

import thermal
from terminal.ui import slip


class Printing:
    """Args: `printer` (lib/thermal), `forms`, `ledger`, `settings`, `log`."""

    def __init__(self, printer, forms, ledger, settings, log):
        self._printer = printer
        self._forms = forms
        self._ledger = ledger
        self._settings = settings
        self._log = log

    async def copies(self, record, recovered):
        """Print the copies of `record` that are not out yet. `recovered`: printed after a power cut, and says so."""
        t = self._forms.texts
        wanted = self._settings["slip_copies"] if record["state"] == "approved" else 1
        while record["copies"] < wanted:
            copy = record["copies"]
            if copy:
                await self._forms.say(t("tear"), t("tear.next"), seconds=self._settings["copy_seconds"])
                self._forms.screen.message(t("printing"))
            lines = slip.sale(record, copy, recovered, self._settings, t)
            if not await self.lines(lines):
                self._log("slip.skipped", "trace %06d copy %d" % (record["trace"], copy + 1))
            self._ledger.slip(record, copy + 1)

    async def lines(self, lines, ask=True):
        """Print layout lines to the end. Returns False when the operator gave up; without `ask` when there is a problem."""
        t = self._forms.texts
        start = 0
        while True:
            try:
                await self._printer.print(lines, start)
                return True
            except thermal.PrinterError as e:
                start = e.line
                kind = e.kind.replace(" ", "")
            self._log("printer." + kind, "line %d" % start)
            if not ask or not await self._ask(t("print." + kind)):
                return False
            self._forms.screen.message(t("printing"))

    async def _ask(self, problem):
        """Show the problem until ENTER (True) or CANCEL (False); a time-out tries again by itself."""
        t = self._forms.texts
        self._forms.screen.message(problem, t("print.resume"), t("print.skip"))
        self._forms.inputs.forget()
        while True:
            event = await self._forms.inputs.get(self._settings["input_seconds"])
            if event is None or event == ("key", "ENTER"):
                return True
            if event == ("key", "CANCEL"):
                return False
