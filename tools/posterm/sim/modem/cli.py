"""`posterm modem`: the modem on a pseudo-terminal, with a control socket for tests and people."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import click

from posterm.sim.control import ControlError, serve
from posterm.sim.modem.config import SIM_STATES, SPEEDS, ModemConfig
from posterm.sim.modem.core import ModemSim
from posterm.sim.modem.families import FAMILIES
from posterm.sim.modem.masking import masked_number
from posterm.sim.modem.phone import report_plan
from posterm.sim.modem.remote import Remote
from posterm.sim.modem.replay import Replay, Step, read_recording
from posterm.sim.modem.variants import VARIANTS
from posterm.sim.ptyport import PtyPort

LINGER = 0.5  # seconds a replay stays after its end


def _private_file(path: Path):
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8")


async def run_modem(
    link: str | Path | None = None,
    control: str | Path | None = None,
    config: ModemConfig | None = None,
    *,
    log: Callable[[str, str], None] | None = None,
    sms_log: Callable[[dict], None] | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a modem on a pseudo-terminal until cancelled.

    link: stable name for the port. control: path of the control socket. ready: called with the port's name when up.
    Raises PortError or ControlError when a place is taken.
    """
    port = PtyPort(link)
    try:
        sim = ModemSim(port.write, config=config, log=log, sms_log=sms_log, terminal_speed=lambda: port.client_speed)
        server = await serve(control, Remote(sim)) if control is not None else None
        try:
            sim.start()
            if ready is not None:
                ready(port.path)
            while True:
                sim.feed(await port.read())
        finally:
            sim.close()
            if server is not None:
                await server.close()
    finally:
        port.close()


async def run_replay(
    steps: list[Step],
    link: str | Path | None = None,
    lead_in: ModemConfig | None = None,
    *,
    log: Callable[[str, str], None] | None = None,
    ready: Callable[[str], None] | None = None,
) -> str:
    """Play a recording on a pseudo-terminal; return what differed, "" when nothing did. Raises PortError.

    lead_in: a modem so set up answers until the recording's first line is said.
    """
    port = PtyPort(link)
    before = ModemSim(port.write, config=lead_in, log=log) if lead_in else None
    replay = Replay(port.write, steps, log, lead_in=before)

    async def read():
        while True:
            replay.feed(await port.read())

    reader = asyncio.ensure_future(read())
    try:
        if ready is not None:
            ready(port.path)
        replay.start()
        await replay.ended.wait()
        await asyncio.sleep(LINGER)  # what was said last must be read before the port is gone
        return replay.problem
    finally:
        reader.cancel()
        replay.close()
        port.close()


async def _until_signalled(work):
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        return await task


def _routes(_context, _parameter, values: tuple[str, ...]) -> dict:
    routes = {}
    for value in values:
        try:
            (dialled, port), (host, real) = (side.rsplit(":", 1) for side in value.split("="))
            routes[dialled, int(port)] = (host, int(real))
        except ValueError:
            raise click.BadParameter(f"{value!r} is not HOST:PORT=HOST:PORT") from None
    return routes


def _mode(_context, _parameter, value: str) -> str:
    try:
        report_plan(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    return value


class _Files:
    """The files a run appends to; closed by the stack."""

    def __init__(self, stack: contextlib.ExitStack):
        self._stack = stack

    def dialogue(self, path: Path | None) -> Callable[[str, str], None] | None:
        """Return what takes the masked dialogue."""
        if path is None:
            return None
        file = self._stack.enter_context(_private_file(path))
        loop_time = asyncio.get_running_loop().time
        start = loop_time()

        def write(mark: str, text: str) -> None:
            for line in text.splitlines() or [""]:
                file.write(f"{loop_time() - start:10.3f} {mark} {line}\n")
            file.flush()

        return write

    def messages(self, path: Path | None) -> Callable[[dict], None] | None:
        """Return what takes each message a phone received."""
        if path is None:
            return None
        file = self._stack.enter_context(_private_file(path))

        def write(entry: dict) -> None:
            shown = {**entry, "number": masked_number(entry["number"])}
            file.write(json.dumps(shown, ensure_ascii=False) + "\n")
            file.flush()

        return write


PATH = click.Path(path_type=Path)


@click.command()
@click.option("--family", type=click.Choice(tuple(FAMILIES)), default="SIM7600", show_default=True)
@click.option("--model", help="Name AT+CGMM gives; one that ends in -LNXY has no SMS.")
@click.option(
    "--variant",
    "variants",
    multiple=True,
    type=click.Choice(tuple(VARIANTS)),
    metavar="NAME",
    help="A way of real modems, may be repeated; a wrong name lists them all.",
)
@click.option("--link", type=PATH, help="Stable name for the port (a symbolic link).")
@click.option("--control", type=PATH, help="Control socket for faults and the phones' inboxes.")
@click.option("--log", "log_path", type=PATH, help="Append the masked dialogue to this file.")
@click.option("--sms-log", type=PATH, help="Append each received message, one JSON a line.")
@click.option("--replay", type=PATH, help="Play this recorded dialogue instead; ends with it.")
@click.option("--lead-in", is_flag=True, help="Before its first line, answer as usual.")
@click.option("--boot-seconds", "boot", type=click.FloatRange(0, 600), default=0.3, show_default=True)
@click.option(
    "--registration-seconds", "registration_delay", type=click.FloatRange(0, 600), default=0.1, show_default=True
)
@click.option("--report-delay", type=click.FloatRange(0, 86400), default=1.0, show_default=True)
@click.option("--report-mode", callback=_mode, default="delivered", show_default=True)
@click.option("--signal", "rssi", type=click.IntRange(0, 199), default=21, show_default=True, help="AT+CSQ value.")
@click.option("--sim", type=click.Choice(SIM_STATES), default="ready", show_default=True)
@click.option("--pin", default="1234", show_default=True, help="PIN of a locked SIM.")
@click.option("--operator", default="CHINA MOBILE", show_default=True)
@click.option("--own-number", metavar="NUMBER", help="The SIM's number; messages to it come back.")
@click.option(
    "--baud", type=click.Choice(tuple(map(str, SPEEDS))), help="Understand this speed only; any when left out."
)
@click.option(
    "--route",
    "routes",
    multiple=True,
    callback=_routes,
    metavar="HOST:PORT=HOST:PORT",
    help="Connect elsewhere when the terminal dials the first address.",
)
def modem(link, control, log_path, sms_log, replay, lead_in, baud, **settings):
    """Simulate a modem with a network, a message centre and the customers' phones."""

    async def main(files: _Files) -> str:
        log = files.dialogue(log_path)

        def ready(path: str) -> None:
            click.echo(f"modem simulator ready on {path}")

        config = ModemConfig(baud=int(baud) if baud else None, **settings)
        if replay is not None:
            steps = read_recording(replay)
            return await _until_signalled(run_replay(steps, link, config if lead_in else None, log=log, ready=ready))
        await _until_signalled(run_modem(link, control, config, log=log, sms_log=files.messages(sms_log), ready=ready))
        return ""

    with contextlib.ExitStack() as stack:
        try:
            problem = asyncio.run(main(_Files(stack)))
        except (OSError, ControlError, ValueError) as error:
            click.echo(f"modem: {error}", err=True)
            raise SystemExit(2) from error
    if replay is not None and not problem:
        click.echo("the recording was played to its end" if problem == "" else "stopped before the recording's end")
    if problem:
        click.echo(f"modem: {problem}", err=True)
        raise SystemExit(1)


if __name__ == "__main__":
    modem()
