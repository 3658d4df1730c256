"""Keypad, LCD and card reader of the terminal in software, joined to the firmware by JSON lines.

    panel = PanelSim(write=to_firmware)
    panel.feed(b'{"lcd": ["1 消费", "", "", ""]}\\n')
    panel.screen[0]                     # "1 消费"
    panel.press("ENTER")                # {"key": "ENTER"} goes out

Firmware → panel: `{"lcd": [4 rows]}`, `{"beep": "key" | "ok" | "error"}`.
Panel → firmware: `{"key": name}`, `{"swipe": track 2}`. Neither is ever logged.
"""

from posterm.sim.panel.draw import picture
from posterm.sim.panel.panel import KEYS, PanelSim, cells

__all__ = ["KEYS", "PanelSim", "cells", "picture"]
