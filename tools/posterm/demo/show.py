"""Run the scenario and present it: screens, slips and messages on the terminal, pictures and a masked log in files."""

import itertools
import shutil
import time
from pathlib import Path

from rich.columns import Columns
from rich.console import Console, Group
from rich.panel import Panel
from rich.text import Text

from posterm.console import ConsoleError
from posterm.demo import secrets_check
from posterm.demo.checks import Failed
from posterm.demo.scenario import STEPS, Scene, shop
from posterm.project import Problem
from posterm.rig import Rig
from posterm.sim.control import ControlError

LOG = "demo.log"
STYLES = {"screen": "black on green", "slip": "black on white", "message": "cyan"}
WIDTHS = {"screen": 20, "slip": 36, "message": 44}  # cells with the frame


def _panel(kind: str, text: str, title: str | None = None) -> Panel:
    return Panel(Text(text), title=title, style=STYLES[kind], width=WIDTHS[kind])


class Presenter:
    """Collects what a step showed and prints it in order; the same goes into demo.log without colours."""

    def __init__(self, console: Console, log: Console):
        self._outputs = (console, log)
        self._items: list[Panel] = []

    def __call__(self, kind: str, text: str, title: str | None = None) -> None:
        """Collect a slip or message (`kind`) of the given text."""
        self._items.append(_panel(kind, text, title))

    def print(self, *what: object) -> None:
        for output in self._outputs:
            output.print(*what)

    def flush(self, frames: list[list[str]]) -> None:
        """Print the LCD's frames, then what was collected, things of one width side by side."""
        screens = [_panel("screen", "\n".join(rows)) for rows in frames]
        for _, group in itertools.groupby(screens + self._items, lambda panel: panel.width):
            self.print(Columns(group))
        self._items = []


def run(out: Path, language: str) -> int:
    """Play the scenario, keep pictures and logs in `out`. Returns 0 when every step was verified, else 1."""
    _prepare(out)
    started = time.monotonic()
    with open(out / LOG, "w", encoding="utf-8") as file:
        screen = Console(highlight=False)
        log = Console(file=file, width=100, color_system=None, highlight=False)
        present = Presenter(screen, log)
        with shop(out / "rig", {"language": language}) as rig:
            scene = Scene(rig, out, language, present)
            for number, step in enumerate(STEPS, 1):
                title = getattr(step, language)
                present.print(f"[{number}/{len(STEPS)}] {title}")
                try:
                    outcome = step.run(scene)
                except (Failed, ControlError, ConsoleError, TimeoutError) as error:
                    present.flush(scene.new_frames())
                    present.print(f"    FAILED: {title}: {error}")
                    _explain(present, rig)
                    return 1
                present.flush(scene.new_frames())
                present.print(f"    ok: {outcome}")
            rig.kill_firmware()
            try:
                outcome = secrets_check.check(rig, out)
            except Failed as error:
                present.print(f"    FAILED: {error}")
                return 1
            present.print(f"    ok: {outcome}")
        present.print(Group(f"pictures and log: {out}"))
    screen.print(f"done in {time.monotonic() - started:.0f} s")
    return 0


def _prepare(out: Path) -> None:
    """Make `out` an empty folder; only an earlier demo's folder is cleared. Raises Problem for any other one."""
    if out.exists() and any(out.iterdir()):
        if not (out / LOG).is_file():
            raise Problem(f"{out} holds other files: choose a new folder with --out")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)


def _explain(present: Presenter, rig: Rig) -> None:
    """Print what an engineer needs first: the screen, the firmware's last words and events."""
    present.print("    screen now:", rig.panel.call("screen")["rows"])
    if not rig.firmware_running:
        present.print("    the firmware has ended")
    for path in (rig.folder / "firmware.out", rig.storage / "events.log"):
        if path.is_file():
            for line in path.read_text(errors="replace").splitlines()[-12:]:
                present.print("    " + path.name + ": " + line)
