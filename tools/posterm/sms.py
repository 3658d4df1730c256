"""`posterm sms`: what customers and merchant will read, rendered by the firmware's own code in MicroPython."""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.text import Text

from posterm import image
from posterm.project import Problem, tool

FIELDS = ("event", "audience", "encoding", "units", "parts", "longest", "text")


@click.group(name="sms")
def sms() -> None:
    """Look at the notices before they are sent."""


@sms.command()
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
@click.option(
    "--templates",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="folder with a shop's own templates_zh.txt or templates_en.txt, as it lies in the terminal's storage",
)
@click.option("--event", help="this notice only, such as sale_approved")
@click.option("--json", "as_json", is_flag=True, help="one JSON object a line")
def preview(language: str, templates: Path | None, event: str | None, as_json: bool) -> None:
    """Show every notice with sample values, its length and its number of SMS parts; check a shop's own texts."""
    rows = rendered(language, templates)
    shown = [row for row in rows if event in (None, row["event"])]
    if not shown:
        names = ", ".join(sorted({row["event"] for row in rows}))
        raise Problem(f"no notice {event}: there are {names}")
    if as_json:
        for row in shown:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    screen = Console(highlight=False)
    for row in shown:
        parts = f"parts {row['parts']}, with the longest values {row['longest']}"
        screen.print(f"[bold]{row['event']}[/bold] to the {row['audience']}: {row['units']} {row['encoding']}, {parts}")
        screen.print(Text(row["text"]), "\n", soft_wrap=True)


def rendered(language: str, templates: Path | None) -> list[dict]:
    """Return the notices as the firmware renders them. Raises Problem with what is wrong in a shop's own file."""
    folder = image.build("UNIX")
    with tempfile.TemporaryDirectory() as storage:
        own = (templates or Path()) / f"templates_{language}.txt"
        if templates is not None:
            if not own.is_file():
                raise Problem(f"{own} does not exist: --templates names the folder it lies in")
            shutil.copy(own, storage)  # the firmware keeps a note beside a file it has checked
        words = [tool("micropython"), folder / "preview.py", language, storage]
        done = subprocess.run(
            [str(word) for word in words], env={"MICROPYPATH": str(folder)}, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise Problem("the preview failed: " + (done.stdout.strip().splitlines() or ["no message"])[-1])
    rows = []
    for line in done.stdout.splitlines():
        row = json.loads(line)
        if "error" in row:
            raise Problem(row["error"])
        rows.append({name: row[name] for name in FIELDS})
    return rows
