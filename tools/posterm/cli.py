"""The command `posterm`."""

from pathlib import Path

import click

from posterm import image
from posterm.project import BUILD, ROOT
from posterm.sim.acquirer.cli import acquirer
from posterm.sim.modem.cli import modem
from posterm.sim.panel.cli import panel
from posterm.sim.printer.cli import printer
from posterm.sms import sms

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="posterm")
def main() -> None:
    """Run, simulate and test the posterm payment terminal."""


@main.command()
@click.option("--board", default="UNIX", show_default=True, metavar="NAME", help="a folder of boards/")
def build(board: str) -> None:
    """Compile the firmware of a board into build/board/NAME."""
    folder = image.build(board)
    files = [path for path in folder.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    click.echo(f"{folder.relative_to(ROOT)}: {len(files)} files, {size} bytes")


@main.command()
@click.option("--out", type=FOLDER, default=BUILD / "demo", help="folder for pictures and logs, emptied first")
@click.option(
    "--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="of screens and notices"
)
def demo(out: Path, language: str) -> None:
    """Show the main job on simulated devices and verify every step from outside the firmware."""
    from posterm.demo import show

    raise SystemExit(show.run(out, language))


@main.command()
@click.option("--modem", required=True, metavar="PORT", help="serial port of the modem, or its simulator's link")
@click.option("--printer", required=True, metavar="PORT", help="serial port of the printer")
@click.option("--panel", required=True, metavar="PORT", help="port of keypad, card reader, LCD: `posterm panel`")
@click.option("--console", metavar="PORT", help="port of the service console; else this terminal")
@click.option("--storage", required=True, type=FOLDER, help="folder kept between starts; settings.json lies here")
def run(modem: str, printer: str, panel: str, console: str | None, storage: Path) -> None:
    """Run the firmware in MicroPython on the given ports."""
    from posterm import runner

    raise SystemExit(runner.run(modem, printer, panel, console, storage))


for command in (acquirer, modem, panel, printer, sms):
    main.add_command(command)
