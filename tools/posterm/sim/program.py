"""A simulated serial device as a program: its pseudo-terminal, its control socket, its end."""

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

import click

from posterm.sim.control import Handler, serve
from posterm.sim.ptyport import PtyPort


class Device(Protocol):
    """What is at the far end of the line: takes bytes by `feed`, sends through `write`."""

    write: Callable[[bytes], object]

    def feed(self, data: bytes) -> None:
        """Take bytes from the terminal."""


async def serve_device(
    name: str, device: Device, link: Path | None, control: Path | None, handler: Handler, *more: Callable[[], Awaitable]
) -> None:
    """Serve `device` on a pseudo-terminal until SIGTERM or SIGINT, or until one of the tasks `more` ends.

    name: printed with the port when ready. link: stable name for the port. control: path of the control socket, whose
    commands `handler` takes. Raises OSError or ControlError when a place is taken.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        port = PtyPort(link=link)
        stack.callback(port.close)
        if control is not None:
            stack.push_async_callback((await serve(control, handler)).close)
        device.write = port.write
        tasks = {
            asyncio.ensure_future(work) for work in (stop.wait(), _read(port, device), *(start() for start in more))
        }
        await asyncio.sleep(0)  # a keyboard is taken over before anybody is told to type
        click.echo(f"{name} simulator ready on {port.path}")
        done, running = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for task in done:
            task.result()  # a fault of the simulator itself must not look like a clean end


async def _read(port: PtyPort, device: Device) -> None:
    while data := await port.read():
        device.feed(data)
