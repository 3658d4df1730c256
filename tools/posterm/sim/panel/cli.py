"""`panel`: keypad, LCD and card reader as a program behind a pseudo-terminal."""

import asyncio
import sys
from pathlib import Path

import click

from posterm.sim.acquirer.cards import DEFAULT_CARDS, CardError, CardTable
from posterm.sim.control import ControlError
from posterm.sim.panel.commands import Commands
from posterm.sim.panel.interactive import play
from posterm.sim.panel.panel import PanelSim
from posterm.sim.program import serve_device


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
        sim = PanelSim()
        keyboard = [lambda: play(sim, table.by_tail(card).track2)] if interactive else []
        asyncio.run(serve_device("panel", sim, link, control, Commands(sim, table), *keyboard))
    except (OSError, ControlError, CardError) as error:
        click.echo(f"panel: {error}", err=True)
        raise SystemExit(2) from error


if __name__ == "__main__":
    panel()
