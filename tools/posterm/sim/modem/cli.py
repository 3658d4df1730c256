"""`posterm sim modem`: the modem on a pseudo-terminal, with a control socket for tests and people."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import click

from posterm.sim.control import ControlError, serve
from posterm.sim.modem.config import SIM_STATES, ModemConfig
from posterm.sim.modem.core import ModemSim
from posterm.sim.modem.masking import masked_number
from posterm.sim.modem.phone import report_plan
from posterm.sim.modem.remote import Remote
from posterm.sim.ptyport import PtyPort


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
        sim = ModemSim(port.write, config=config, log=log, sms_log=sms_log)
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


async def _until_signalled(work) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


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


@click.command()
@click.option("--link", type=click.Path(path_type=Path), help="Stable name for the port (a symbolic link).")
@click.option("--control", type=click.Path(path_type=Path), help="Control socket for faults and the phones' inboxes.")
@click.option("--log", "log_path", type=click.Path(path_type=Path), help="Append the masked dialogue to this file.")
@click.option("--sms-log", type=click.Path(path_type=Path), help="Append each received message, one JSON a line.")
@click.option("--boot-seconds", type=click.FloatRange(0, 600), default=0.3, show_default=True)
@click.option("--registration-seconds", type=click.FloatRange(0, 600), default=0.1, show_default=True)
@click.option("--report-delay", type=click.FloatRange(0, 86400), default=1.0, show_default=True)
@click.option("--report-mode", callback=_mode, default="delivered", show_default=True)
@click.option("--signal", "rssi", type=click.IntRange(0, 199), default=21, show_default=True, help="AT+CSQ value.")
@click.option("--sim", "sim_state", type=click.Choice(SIM_STATES), default="ready", show_default=True)
@click.option("--operator", default="CHINA MOBILE", show_default=True)
@click.option(
    "--route",
    "routes",
    multiple=True,
    callback=_routes,
    metavar="HOST:PORT=HOST:PORT",
    help="Connect elsewhere when the terminal dials the first address.",
)
def modem(
    link,
    control,
    log_path,
    sms_log,
    boot_seconds,
    registration_seconds,
    report_delay,
    report_mode,
    rssi,
    sim_state,
    operator,
    routes,
):
    """Simulate a SIM7600 modem with a network, a message centre and the customers' phones."""
    config = ModemConfig(
        boot=boot_seconds,
        registration_delay=registration_seconds,
        report_delay=report_delay,
        report_mode=report_mode,
        rssi=rssi,
        sim=sim_state,
        operator=operator,
        routes=routes,
    )
    with contextlib.ExitStack() as files:

        def dialogue(path: Path):
            file = files.enter_context(_private_file(path))
            loop_time = asyncio.get_running_loop().time
            start = loop_time()

            def write(mark: str, text: str) -> None:
                for line in text.splitlines() or [""]:
                    file.write(f"{loop_time() - start:10.3f} {mark} {line}\n")
                file.flush()

            return write

        def messages(path: Path):
            file = files.enter_context(_private_file(path))

            def write(entry: dict) -> None:
                shown = {**entry, "number": masked_number(entry["number"])}
                file.write(json.dumps(shown, ensure_ascii=False) + "\n")
                file.flush()

            return write

        async def main():
            await _until_signalled(
                run_modem(
                    link,
                    control,
                    config,
                    log=dialogue(log_path) if log_path else None,
                    sms_log=messages(sms_log) if sms_log else None,
                    ready=lambda path: click.echo(f"modem simulator ready on {path}"),
                )
            )

        try:
            asyncio.run(main())
        except (OSError, ControlError) as error:
            click.echo(f"modem: {error}", err=True)
            raise SystemExit(2) from error


if __name__ == "__main__":
    modem()
