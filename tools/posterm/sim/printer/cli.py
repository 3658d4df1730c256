"""`printer`: the printer as a program behind a pseudo-terminal."""

import asyncio
from pathlib import Path

import click

from posterm.sim.control import ControlError
from posterm.sim.printer.commands import Commands
from posterm.sim.printer.draw import picture
from posterm.sim.printer.files import save_png, write_whole
from posterm.sim.printer.font import FontMissing, font_file
from posterm.sim.printer.paper import Slip
from posterm.sim.printer.printer import WHEN_OUT, PrinterSim
from posterm.sim.program import serve_device


def save(slip: Slip, folder: Path) -> None:
    """Write one slip as slip-0001.bin, .txt and .png; the picture comes last."""
    stem = folder / f"slip-{slip.number:04d}"
    write_whole(stem.with_suffix(".bin"), bytes(slip.raw))
    write_whole(stem.with_suffix(".txt"), slip.text().encode("utf-8"))
    save_png(picture(slip), stem.with_suffix(".png"))


@click.command()
@click.option("--link", type=click.Path(path_type=Path), help="Stable name for the port, a symbolic link.")
@click.option("--control", type=click.Path(path_type=Path), help="Unix socket for commands as JSON lines.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder for finished slips.")
@click.option("--row-ms", default=0.0, type=click.FloatRange(0), help="Time one dot row takes; 0 prints at once.")
@click.option("--tear-lines", default=3.0, show_default=True, help="Lines of feed after which a slip is torn off.")
@click.option("--when-out", type=click.Choice(WHEN_OUT), default="keep", show_default=True, help="Bytes without paper.")
@click.option("--no-qr", is_flag=True, help="Print GS ( k as text, as cheap heads do.")
def printer(
    link: Path | None,
    control: Path | None,
    out: Path | None,
    row_ms: float,
    tear_lines: float,
    when_out: str,
    no_qr: bool,
) -> None:
    """Simulate a 58 mm ESC/POS printer on a pseudo-terminal."""
    try:
        font_file()
        if out is not None:
            out.mkdir(parents=True, exist_ok=True)
        sim = PrinterSim(row_ms=row_ms, tear_lines=tear_lines, when_out=when_out, qr=not no_qr)
        if out is not None:
            sim.on_slip = lambda slip: save(slip, out)
        try:
            asyncio.run(serve_device("printer", sim, link, control, Commands(sim)))
        finally:
            sim.close()
    except (OSError, ControlError, FontMissing) as error:
        click.echo(f"printer: {error}", err=True)
        raise SystemExit(2) from error


if __name__ == "__main__":
    printer()
