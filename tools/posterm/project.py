"""Where the checkout's parts lie, and the one kind of error a user sees: one line with the remedy, exit code 2."""

from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
BOARDS = ROOT / "boards"


class Problem(click.ClickException):
    """A mistake or a missing thing the user can mend: `message` names it and the remedy."""

    exit_code = 2

    def show(self, file=None) -> None:
        click.echo(f"posterm: {self.message}", err=True)


def board_folder(name: str) -> Path:
    """Return the folder of board `name`; raises Problem naming the boards there are."""
    folder = BOARDS / name
    known = sorted(path.parent.name for path in BOARDS.glob("*/board.py"))
    if name not in known:
        raise Problem(f"unknown board {name}: choose one of {', '.join(known)}")
    return folder


def tool(name: str) -> Path:
    """Return the executable `name` of the project's virtual environment, or of build/unix; raises Problem."""
    for path in (BUILD / "venv" / "bin" / name, BUILD / "unix" / name):
        if path.is_file():
            return path
    raise Problem(f"{name} is not installed: run `make firmware` (or `make micropython` where PyPI has no wheel)")
