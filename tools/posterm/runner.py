"""Run the firmware on given ports; without a console port this terminal becomes the service console."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import termios
import tty
from pathlib import Path

import click

from posterm import image
from posterm.console import ConsolePort
from posterm.project import Problem, tool
from posterm.rig import HEAP

_QUIT = b"\x1d"  # Ctrl-], as in telnet and mpremote


def run(modem: str, printer: str, panel: str, console: str | None, storage: Path) -> int:
    """Run until the firmware ends or Ctrl-] is typed; return the firmware's exit code.

    Args: ports as paths; `storage`: an existing folder. Raises Problem when a port or the folder is missing.
    """
    ports = {
        "POSTERM_MODEM": ("--modem", modem),
        "POSTERM_PRINTER": ("--printer", printer),
        "POSTERM_PANEL": ("--panel", panel),
    }
    if console:
        ports["POSTERM_CONSOLE"] = ("--console", console)
    for option, path in ports.values():
        if not Path(path).exists():
            raise Problem(f"no serial port {path}: plug the device in, start its simulator, or correct {option}")
        if not os.access(path, os.R_OK | os.W_OK):
            raise Problem(f"no permission for {path}: add yourself to its group (often dialout), or correct {option}")
    if not storage.is_dir():
        raise Problem(f"no folder {storage}: create it, or correct --storage")
    folder = image.build("UNIX")
    environment = {
        "MICROPYPATH": str(folder),
        "TZ": os.environ.get("TZ", "Asia/Shanghai"),
        "POSTERM_STORAGE": str(storage.resolve()),
        **{name: path for name, (_, path) in ports.items()},
    }
    with contextlib.ExitStack() as stack:
        here = None
        if console is None:
            here = stack.enter_context(ConsolePort())
            environment["POSTERM_CONSOLE"] = here.path
        firmware = subprocess.Popen(
            [tool("micropython"), "-X", f"heapsize={HEAP}", folder / "start.py"],
            stdin=subprocess.DEVNULL,
            env=environment,
        )
        try:
            signal.signal(signal.SIGTERM, _interrupt)
            if here is not None and _bridge(here, firmware):
                return 0
            return firmware.wait()
        except KeyboardInterrupt:
            return 130
        finally:
            if firmware.poll() is None:
                firmware.kill()
                firmware.wait()


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt  # so that the firmware is ended too


def _bridge(port: ConsolePort, firmware: subprocess.Popen) -> bool:
    """Carry keys and output between this terminal and the console. True: Ctrl-] was typed; False: the firmware ended."""
    keyboard = sys.stdin.fileno()
    saved = termios.tcgetattr(keyboard) if os.isatty(keyboard) else None
    if saved:
        click.echo("service console, Ctrl-] leaves")
        tty.setraw(keyboard)
    sources = [port.near, keyboard]
    try:
        while firmware.poll() is None:
            for source in select.select(sources, [], [], 0.2)[0]:
                data = os.read(source, 1024)
                if source == port.near:
                    os.write(sys.stdout.fileno(), data)
                elif not data:
                    sources.remove(keyboard)  # no more input: go on showing what the terminal says
                elif _QUIT in data:
                    return True
                else:
                    os.write(port.near, data)
        return False
    finally:
        if saved:
            termios.tcsetattr(keyboard, termios.TCSADRAIN, saved)
