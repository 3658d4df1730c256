"""`acquirer`: the host as a program on a TCP port."""

import asyncio
import contextlib
import logging
import signal
from pathlib import Path

import click

from posterm.sim.acquirer.cards import DEFAULT_CARDS, CardError, CardTable
from posterm.sim.acquirer.commands import Commands
from posterm.sim.acquirer.host import AcquirerHost, HostConfig
from posterm.sim.acquirer.keys import MAC_ALGORITHMS, TEST_TMK, KeyFileError, random_tmk, read_tmk
from posterm.sim.control import ControlError, serve

EXIT_USAGE = 2
TERMINAL_SIZE = 8  # characters of field 41
MERCHANT_SIZE = 15  # characters of field 42


class StartError(Exception):
    """The simulator cannot start; the text says what to do."""


async def run(host: AcquirerHost, address: str, port: int, control: Path | None) -> None:
    """Serve until SIGTERM or SIGINT. Raises StartError."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    links: set[asyncio.Task | None] = set()

    async def link(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        links.add(task)
        try:
            await host.serve_connection(reader, writer)
        except asyncio.CancelledError:
            return  # the program ends
        finally:
            links.discard(task)

    try:
        server = await asyncio.start_server(link, address, port)
    except OSError as error:
        raise StartError(
            f"cannot listen on {address}:{port} ({error.strerror}): stop the program that holds the port, "
            "or choose another with --port (0 takes a free one)"
        ) from error
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(server.close)
        if control is not None:
            try:
                commands = await serve(control, Commands(host))
            except ControlError as error:
                raise StartError(str(error)) from error
            stack.push_async_callback(commands.close)
        click.echo(f"acquirer simulator ready on {address}:{server.sockets[0].getsockname()[1]}")
        await stop.wait()
        server.close()
        open_links = [task for task in links if task is not None]
        for task in open_links:
            task.cancel()
        if open_links:
            await asyncio.wait(open_links, timeout=2)


@click.command()
@click.option(
    "--port", default=0, show_default=True, type=click.IntRange(0, 65535), help="TCP port; 0 takes a free one."
)
@click.option("--host", "address", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--control", type=click.Path(path_type=Path), help="Unix socket for commands as JSON lines.")
@click.option("--journal", type=click.Path(path_type=Path, dir_okay=False), help="Append every event as a JSON line.")
@click.option("--tmk-file", type=click.Path(path_type=Path, dir_okay=False), help="Terminal master key as hex.")
@click.option("--new-tmk", is_flag=True, help="Draw a random master key and write it to --tmk-file first.")
@click.option("--cards", type=click.Path(path_type=Path), default=DEFAULT_CARDS, help="Card table (JSON).")
@click.option("--terminal", default="12345678", show_default=True, help="Terminal number it serves.")
@click.option("--merchant", default="123456789012345", show_default=True, help="Merchant number of that terminal.")
@click.option("--mak-bytes", type=click.Choice(["8", "16"]), default="16", show_default=True, help="Size of MAC keys.")
@click.option("--mac", type=click.Choice(list(MAC_ALGORITHMS)), default="unionpay-ecb", show_default=True)
@click.option("--verbose", is_flag=True, help="Tell on stderr what happens.")
def acquirer(
    port: int,
    address: str,
    control: Path | None,
    journal: Path | None,
    tmk_file: Path | None,
    new_tmk: bool,
    cards: Path,
    terminal: str,
    merchant: str,
    mak_bytes: str,
    mac: str,
    verbose: bool,
) -> None:
    """Simulate the acquirer's host for one terminal.

    Without --tmk-file the public test key 0123456789ABCDEFFEDCBA9876543210 is the terminal's master key.
    """
    level = logging.INFO if verbose else logging.ERROR
    logging.basicConfig(level=level, format="%(asctime)s %(name)s %(message)s")
    _check_number("--terminal", terminal, TERMINAL_SIZE)
    _check_number("--merchant", merchant, MERCHANT_SIZE)
    if new_tmk and tmk_file is None:
        _fail("--new-tmk needs --tmk-file, the file to write")
    try:
        tmk = bytes.fromhex(TEST_TMK)
        if tmk_file is not None:
            tmk = random_tmk(tmk_file) if new_tmk else read_tmk(tmk_file)
        table = CardTable.load(cards)
        with contextlib.ExitStack() as stack:
            book = stack.enter_context(journal.open("a", encoding="utf-8")) if journal else None
            config = HostConfig(tmk=tmk, terminals={terminal: merchant}, cards=table, mak_bytes=int(mak_bytes), mac=mac)
            asyncio.run(run(AcquirerHost(config, journal=book), address, port, control))
    except (StartError, KeyFileError, CardError) as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"cannot write the journal {journal}: {error.strerror}")


def _check_number(option: str, value: str, size: int) -> None:
    if len(value) != size or not (value.isascii() and value.isalnum()):
        _fail(f"{option} needs exactly {size} letters or digits (A to Z, a to z, 0 to 9)")


def _fail(text: str) -> None:
    click.echo(f"acquirer: {text}", err=True)
    raise SystemExit(EXIT_USAGE)


if __name__ == "__main__":
    acquirer()
