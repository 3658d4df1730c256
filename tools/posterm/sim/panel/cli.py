"""`panel`: keypad, LCD and card reader as a program behind a pseudo-terminal."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

import click

from posterm.sim.acquirer.cards import DEFAULT_CARDS, CardError, CardTable
from posterm.sim.control import ControlError, serve
from posterm.sim.panel.commands import Commands
from posterm.sim.panel.interactive import play
from posterm.sim.panel.panel import PanelSim
from posterm.sim.ptyport import PtyPort


async def run(
    panel: PanelSim, cards: CardTable, link: Path | None, control: Path | None, swipe: str | None = None
) -> None:
    """Serve until SIGTERM or SIGINT. swipe: last digits of the card for interactive use, None without a keyboard.

    Raises OSError or ControlError when a place is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        port = PtyPort(link=link)
        stack.callback(port.close)
        if control is not None:
            stack.push_async_callback((await serve(control, Commands(panel, cards))).close)
        panel.write = port.write
        tasks = {asyncio.ensure_future(stop.wait()), asyncio.ensure_future(_read(port, panel))}
        if swipe is not None:
            tasks.add(asyncio.ensure_future(play(panel, cards.by_tail(swipe).track2)))
        await asyncio.sleep(0)  # the keyboard is taken over before anybody is told to type
        click.echo(f"panel simulator ready on {port.path}")
        done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for task in done:
            task.result()  # a fault of the simulator itself must not look like a clean end


async def _read(port: PtyPort, panel: PanelSim) -> None:
    while data := await port.read():
        panel.feed(data)


@click.command()
@click.option("--link", type=click.Path(path_type=Path), help="Stable name for the port, a symbolic link.")
@click.option("--control", type=click.Path(path_type=Path), help="Unix socket for commands as JSON lines.")
@click.option("--interactive", is_flag=True, help="Use this terminal as keypad and LCD.")
@click.option("--cards", type=click.Path(path_type=Path), default=DEFAULT_CARDS, help="Card table (JSON).")
@click.option("--card", default="0018", show_default=True, help="Last four digits of the card that `s` swipes.")
def panel(link: Path | None, control: Path | None, interactive: bool, cards: Path, card: str) -> None:
    """Simulate keypad, LCD and card reader on a pseudo-terminal."""
    try:
        table = CardTable.load(cards)
        if interactive and not sys.stdin.isatty():
            raise click.UsageError("--interactive needs a terminal as standard input")
        if interactive:
            table.by_tail(card)
        asyncio.run(run(PanelSim(), table, link, control, card if interactive else None))
    except (OSError, ControlError, CardError) as error:
        click.echo(f"panel: {error}", err=True)
        raise SystemExit(2) from error


if __name__ == "__main__":
    panel()
