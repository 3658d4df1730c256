"""Commands of the control socket: press keys, swipe cards, read the screen. No answer repeats a key or a track."""

from pathlib import Path

from posterm.sim.acquirer.cards import CardTable
from posterm.sim.control import CommandTable
from posterm.sim.panel.draw import picture
from posterm.sim.panel.panel import KEY_PAUSE, PanelSim
from posterm.sim.printer.files import save_png


class Commands(CommandTable):
    """Answers `{"cmd": name, ...}`. cards: the table `swipe` finds a card in by its last four digits."""

    def __init__(self, panel: PanelSim, cards: CardTable):
        self._panel = panel
        self._cards = cards
        self.table = {
            "status": self._status,
            "key": self._key,
            "swipe": self._swipe,
            "screen": self._screen,
            "frames": self._frames,
            "beeps": self._beeps,
            "wait": self._wait,
            "png": self._png,
            "problems": self._problems,
        }

    async def _status(self) -> dict:
        panel = self._panel
        return {"frame": panel.shown, "rows": panel.screen, "problems": len(panel.problems), "beeps": len(panel.beeps)}

    async def _key(self, key: str | list[str], pause: float = KEY_PAUSE) -> dict:
        """One key or a list of keys; returns the frame shown when the first one was pressed."""
        before = self._panel.shown
        sent = await self._panel.press_all([key] if isinstance(key, str) else key, pause)
        return {"sent": sent, "frame": before}

    async def _swipe(self, track2: str | None = None, card: str = "0018") -> dict:
        """A track as read, or the card of the acquirer's table that ends in `card`."""
        before = self._panel.shown
        self._panel.swipe(track2 if track2 is not None else self._cards.by_tail(card).track2)
        return {"frame": before}

    async def _screen(self) -> dict:
        return {"rows": self._panel.screen, "frame": self._panel.shown}

    async def _frames(self, after: int = 0) -> dict:
        return {"frames": [frame for frame in self._panel.frames if frame["number"] > after]}

    async def _beeps(self) -> dict:
        return {"beeps": list(self._panel.beeps)}

    async def _wait(self, text: str | list[str], timeout: float = 10, after: int = 0) -> dict:
        """Until the screen holds one of the texts; `after` a frame's number leaves earlier screens out."""
        found = await self._panel.wait(text, timeout, after)
        return {"found": found, "rows": self._panel.screen, "frame": self._panel.shown}

    async def _png(self, path: str, frame: int | None = None) -> dict:
        rows = self._panel.screen
        if frame is not None:
            found = [shown["rows"] for shown in self._panel.frames if shown["number"] == frame]
            if not found:
                raise ValueError(f"there is no frame {frame} in the history")
            rows = found[0]
        save_png(picture(rows), Path(path))
        return {"path": path}

    async def _problems(self) -> dict:
        return {"problems": self._panel.problems}
