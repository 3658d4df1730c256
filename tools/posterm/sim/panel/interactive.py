"""The panel in a text terminal: the keyboard is the keypad, the screen is drawn on every change."""

import asyncio
import os
import sys
import termios
import tty

from rich.align import Align
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from posterm.sim.panel.panel import COLUMNS, PanelSim, cells

HINT = "0-9  Enter  Backspace=CLEAR  Esc=CANCEL  m=MENU  arrows  s=swipe a test card  Ctrl-C=end"
KEYBOARD = {
    "\r": "ENTER",
    "\n": "ENTER",
    "\x7f": "CLEAR",
    "\x08": "CLEAR",
    "\x1b": "CANCEL",
    "\x1b[A": "UP",
    "\x1bOA": "UP",
    "\x1b[B": "DOWN",
    "\x1bOB": "DOWN",
    "m": "MENU",
    "M": "MENU",
    **{digit: digit for digit in "0123456789"},
}
SWIPE = ("s", "S")
_READ = 64


def actions(typed: str) -> list[str]:
    """Keys for what came from the keyboard in one read; "swipe" for the card; anything else is passed over."""
    found, at = [], 0
    while at < len(typed):
        sequence = typed[at : at + 3]
        if sequence not in KEYBOARD:
            sequence = typed[at]
        if sequence in SWIPE:
            found.append("swipe")
        elif sequence in KEYBOARD:
            found.append(KEYBOARD[sequence])
        at += len(sequence)
    return found


def render(rows: list[str]) -> Group:
    """The four rows in a frame as rich draws it."""
    text = "\n".join(row + " " * (COLUMNS - cells(row)) for row in rows)
    screen = Panel(Text(text, style="black on green"), title="LCD", subtitle="simulator", expand=False)
    return Group(Align.left(screen), Text(HINT, style="dim"))


async def play(panel: PanelSim, track2: str) -> None:
    """Run until cancelled; the terminal gets its settings back. track2: what `s` swipes."""
    loop = asyncio.get_running_loop()
    keyboard = sys.stdin.fileno()
    saved = termios.tcgetattr(keyboard)

    def typed() -> None:
        for action in actions(os.read(keyboard, _READ).decode("ascii", "replace")):
            if action == "swipe":
                panel.swipe(track2)
            else:
                panel.press(action)

    tty.setcbreak(keyboard, termios.TCSANOW)  # what was typed already still counts
    loop.add_reader(keyboard, typed)
    try:
        with Live(render(panel.screen), console=Console(), auto_refresh=False) as live:
            while True:
                await panel.wait_frame()
                live.update(render(panel.screen), refresh=True)
    finally:
        loop.remove_reader(keyboard)
        termios.tcsetattr(keyboard, termios.TCSADRAIN, saved)
