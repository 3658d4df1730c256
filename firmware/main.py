"""Start-up: open the board, build the Terminal, run it."""

import asyncio
import sys

import board
from terminal.app import Terminal
from terminal.settings import SettingsError


def main():
    try:
        terminal = Terminal(board.open_board())
    except (board.BoardError, SettingsError) as e:
        print("posterm:", e)
        sys.exit(2)
    asyncio.run(terminal.run())


main()
