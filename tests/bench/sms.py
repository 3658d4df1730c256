"""What short messages cost: `make bench-sms`, or

    build/venv/bin/python tests/bench/sms.py --only codec

Three parts: the SMS codec in CPython beside python-gsmmodem-new's; the AT parser on MicroPython, on this PC and on an
emulated rv32imc; the way of a notice from the host's approval to the modem's Ctrl-Z. Exit status 1 when a limit is missed.
"""

import statistics
import subprocess
import sys
from pathlib import Path

import click

sys.path[0] = str(Path(__file__).resolve().parents[1])  # the packages of the tests; and this file is not lib/sms
from bench import at, codec, notice  # noqa: E402

FASTER = 2.0  # times as fast as python-gsmmodem-new, at least
PROMPT = 1.0  # seconds from approval to Ctrl-Z of the customer's notice, less than
SALES = 10
SHARE = 0.40  # of a core at 160 MHz for a line at 115,200 baud, at most


def verdict(kept: bool) -> str:
    return "OK" if kept else "MISSED"


def _times(figures: tuple[float, float, float]) -> str:
    middle, least, most = (nanoseconds / 1000 for nanoseconds in figures)
    return f"{middle:8.1f} ({least:.1f}-{most:.1f})"


def show_codec() -> bool:
    """Print the table; return whether the limit is kept in every row."""
    click.echo("SMS codec in CPython, microseconds of processor time a message: median (least-most)")
    click.echo(f"{'':8} {'text':16} {'lib/sms':>24} {'python-gsmmodem-new':>24} {'ratio':>6}  limit {FASTER}")
    every = True
    for (direction, name), (ours, theirs, ratio) in codec.run().items():
        if theirs is None:
            click.echo(f"{direction:8} {name:16} {_times(ours):>24} {'cannot':>24}")
            continue
        kept = ratio >= FASTER
        every = every and kept
        click.echo(f"{direction:8} {name:16} {_times(ours):>24} {_times(theirs):>24} {ratio:6.2f}  {verdict(kept)}")
    return every


def show_parser() -> bool:
    """Print both tables; return whether the limit is kept."""
    click.echo(
        f"\nAT parser, MicroPython on this PC, best of {at.UNIX_RUNS}; {at.BAUD_OCTETS:,} octets/s come at 115,200 baud"
    )
    for piece, (octets, events, seconds) in at.run_unix().items():
        click.echo(f"pieces of {piece:3}: {octets:,} octets, {events:,} events, {octets / seconds:12,.0f} octets/s")
    absent = at.missing()
    if absent:
        click.echo("rv32imc: not measured, missing: " + ", ".join(f"{what} ({how})" for what, how in absent.items()))
        return False
    click.echo("\nAT parser, MicroPython on an emulated rv32imc; share of a core at 160 MHz, one cycle an instruction")
    every = True
    for piece, (octets, _events, instructions) in at.run_emulated().items():
        share = at.share(instructions, octets)
        kept = share <= SHARE
        every = every and kept
        click.echo(f"pieces of {piece:3}: {instructions / octets:7,.0f} instructions an octet, {share:6.1%}"
              f"  limit {SHARE:.0%} {verdict(kept)}")  # fmt: skip
    return every


def show_notice() -> bool:
    """Print the figures; return whether the limit is kept."""
    click.echo(
        f"\nfrom approval to Ctrl-Z, firmware in MicroPython on this PC, {SALES} sales, seconds: median (least-most)"
    )
    every = True
    for who, seconds in zip(
        ("customer's notice", "merchant's notice"), zip(*notice.run(SALES), strict=True), strict=True
    ):
        kept = max(seconds) < PROMPT or not who.startswith("customer")
        every = every and kept
        limit = f"limit {PROMPT} {verdict(kept)}" if who.startswith("customer") else ""
        click.echo(f"{who:18} {statistics.median(seconds):6.3f} ({min(seconds):.3f}-{max(seconds):.3f})  {limit}")
    return every


PARTS = {"codec": show_codec, "parser": show_parser, "notice": show_notice}


@click.command(help="What short messages cost.")
@click.option("--only", type=click.Choice(list(PARTS)), help="this part; all without it")
def main(only: str | None) -> None:
    try:
        kept = [show() for name, show in PARTS.items() if only in (None, name)]
    except (subprocess.SubprocessError, OSError) as error:
        click.echo(f"{error}\n{getattr(error, 'stderr', '') or ''}", err=True)
        sys.exit(1)
    sys.exit(not all(kept))


if __name__ == "__main__":
    main()
