"""Commands of the control socket: look at the paper, take it away, open the cover."""

from pathlib import Path

from posterm.sim.control import CommandTable
from posterm.sim.printer.draw import picture
from posterm.sim.printer.files import save_png
from posterm.sim.printer.paper import Slip
from posterm.sim.printer.printer import WHEN_OUT, PrinterSim


class Commands(CommandTable):
    """Answers `{"cmd": name, ...}`. `slip` is a number from 1; without it the last slip that is not blank is meant."""

    def __init__(self, printer: PrinterSim):
        self._printer = printer
        self.table = {
            "status": self._status,
            "text": self._text,
            "lines": self._lines,
            "raw": self._raw,
            "slips": self._slips,
            "wait_slip": self._wait_slip,
            "png": self._png,
            "problems": self._problems,
            "paper": self._paper,
            "cover": self._cover,
            "mute": self._mute,
            "mode": self._mode,
            "clear": self._clear,
        }

    def _pick(self, number: int | None) -> Slip:
        slips = self._printer.slips
        if number is None:
            return next((slip for slip in reversed(slips) if not slip.blank), slips[-1])
        for slip in slips:
            if slip.number == number:
                return slip
        raise ValueError(f"there is no slip {number}; {slips[-1].number} is being printed")

    async def _status(self) -> dict:
        return self._printer.status()

    async def _text(self, slip: int | None = None, all: bool = False) -> dict:
        return {"text": self._printer.text() if all else self._pick(slip).text()}

    async def _lines(self, slip: int | None = None) -> dict:
        return {"lines": self._pick(slip).lines()}

    async def _raw(self, slip: int | None = None) -> dict:
        """Bytes as hex; without a slip everything that was received."""
        return {"raw": (self._printer.raw if slip is None else self._pick(slip).raw).hex()}

    async def _slips(self) -> dict:
        return {"slips": [_public(slip) for slip in self._printer.slips if slip.ended or not slip.blank]}

    async def _wait_slip(self, count: int, timeout: float = 10) -> dict:
        """Wait until `count` slips are finished since the start or the last `clear`."""
        return _public(await self._printer.wait_slip(count, timeout))

    async def _png(self, path: str, slip: int | None = None) -> dict:
        chosen = self._pick(slip)
        save_png(picture(chosen), Path(path))
        return {"path": path, "slip": chosen.number}

    async def _problems(self) -> dict:
        return {"problems": self._printer.problems}

    async def _paper(self, state: str = "ok", out_after: int | None = None) -> dict:
        """state: ok, near, out. out_after: lines that are still printed before it ends."""
        self._printer.set_paper(state, out_after)
        return self._printer.status()

    async def _cover(self, open: bool) -> dict:
        self._printer.set_cover(open)
        return self._printer.status()

    async def _mute(self, on: bool = True) -> dict:
        """No status answers, as a head without a back channel."""
        self._printer.mute = on
        return self._printer.status()

    async def _mode(self, when_out: str | None = None, row_ms: float | None = None, qr: bool | None = None) -> dict:
        if when_out is not None:
            if when_out not in WHEN_OUT:
                raise ValueError(f"when_out is one of {', '.join(WHEN_OUT)}")
            self._printer.when_out = when_out
        if row_ms is not None:
            self._printer.row_ms = max(0.0, float(row_ms))
        if qr is not None:
            self._printer.set_qr(qr)
        return self._printer.status()

    async def _clear(self) -> dict:
        self._printer.clear()
        return {}


def _public(slip: Slip) -> dict:
    return {"number": slip.number, "ended": slip.ended, "dots": slip.dots, "text": slip.text()}
