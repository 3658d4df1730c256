"""Start-up: open the board, build the Terminal, run it."""

import asyncio
import gc
import sys

import board
from terminal import StartError
from terminal.app import Terminal

# Collect before the heap is full of garbage: what lives long then stays together at its beginning, and a kilobyte in one
# piece is there when it is needed. Without this the heap is in splinters after a few sales.
_COLLECT_AFTER = 8192  # octets allocated


def main():
    gc.collect()
    gc.threshold(_COLLECT_AFTER)
    try:
        terminal = Terminal(board.open())
    except (board.BoardError, StartError) as e:
        print("posterm:", e, file=sys.stderr)
        sys.exit(2)
    asyncio.run(terminal.run())


main()
