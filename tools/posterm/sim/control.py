"""Remote control of a simulator over a Unix-domain socket: one JSON object a line, one answer a line.

    server = await serve("/tmp/posterm/modem.ctl", handler)     # handler: async def (command: dict) -> dict
    ...
    await server.close()

    with Control("/tmp/posterm/modem.ctl") as modem:            # in a test or another program, blocking
        modem.call("signal", rssi=7)

A request is `{"cmd": "signal", "rssi": 7}`; the answer `{"ok": true, ...}` or `{"ok": false, "error": "why"}`.
"""

import asyncio
import contextlib
import json
import os
import socket
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

LINE_LIMIT = 1 << 20  # bytes in one request or answer
PATH_LIMIT = 107  # bytes the kernel takes in sun_path, without the final zero

Handler = Callable[[dict], Awaitable[dict]]


class ControlError(Exception):
    """A command was refused or the simulator does not answer; the text says why."""


def _free_place(path: Path) -> None:
    """Remove a socket nobody serves any more; refuse to touch anything else."""
    if len(os.fsencode(path)) > PATH_LIMIT:
        raise ControlError(f"the control path {path} is longer than {PATH_LIMIT} bytes; choose a shorter --control")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ControlError(f"{path} exists and is no socket; remove it or choose another --control")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except OSError as error:
            raise ControlError(f"cannot tell whether {path} is in use ({error}); choose another --control") from error
    raise ControlError(f"a simulator already listens on {path}; stop it or choose another --control")


async def _answer(line: bytes, handler: Handler) -> dict:
    try:
        command = json.loads(line)
    except ValueError:
        return {"ok": False, "error": "the request is not JSON"}
    if not isinstance(command, dict) or not isinstance(command.get("cmd"), str):
        return {"ok": False, "error": 'the request is not an object with a "cmd"'}
    try:
        result = await handler(command)
        json.dumps(result)
    except KeyError as error:
        return {"ok": False, "error": f"{command['cmd']}: argument {error} is missing"}
    except (ControlError, ValueError, TypeError, OSError) as error:
        return {"ok": False, "error": f"{command['cmd']}: {error}"}
    return {"ok": True, **(result or {})}


class CommandTable:
    """Base of a simulator's handler: `table` maps a command's name to the coroutine that takes its arguments by name."""

    table: dict[str, Callable[..., Awaitable[dict]]]

    async def __call__(self, command: dict) -> dict:
        """Carry out `{"cmd": name, ...}`. Raises ValueError for an unknown name, TypeError for a wrong argument."""
        args = dict(command)
        name = args.pop("cmd")
        if name not in self.table:
            raise ValueError(f"unknown command; there are {', '.join(self.table)}")
        return await self.table[name](**args)


class ControlServer:
    """The listening socket and its clients; made by `serve`."""

    def __init__(self, path: Path, handler: Handler):
        self.path = path
        self._handler = handler
        self._clients: set[asyncio.Task] = set()
        self._server: asyncio.AbstractServer | None = None

    async def _start(self) -> None:
        _free_place(self.path)
        mask = os.umask(0o177)  # the simulators hand out phone numbers and journals here: owner only
        try:
            self._server = await asyncio.start_unix_server(self._serve_client, os.fspath(self.path), limit=LINE_LIMIT)
        except OSError as error:
            raise ControlError(f"cannot listen on {self.path} ({error}); choose another --control") from error
        finally:
            os.umask(mask)

    async def _serve_client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # asyncio runs each client in its own task
        self._clients.add(task)
        try:
            while True:
                try:
                    line = await reader.readline()
                except ValueError:  # longer than LINE_LIMIT: the rest of the stream has no meaning
                    writer.write(b'{"ok": false, "error": "the request is too long"}\n')
                    await writer.drain()
                    return
                if not line:
                    return
                writer.write(json.dumps(await _answer(line, self._handler)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, asyncio.CancelledError):
            return  # the client left, or the server closes
        finally:
            self._clients.discard(task)
            writer.close()

    async def close(self) -> None:
        """Stop listening, end all clients and remove the socket file."""
        if self._server is None:
            return
        self._server.close()
        clients = list(self._clients)
        for task in clients:
            task.cancel()
        if clients:
            await asyncio.wait(clients, timeout=2)
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        self._server = None


async def serve(path: str | Path, handler: Handler) -> ControlServer:
    """Listen on `path` and pass each request to `handler`; return the server, to be closed with `await .close()`.

    A handler returns a dict (or None), and refuses a command by raising ControlError, ValueError, TypeError, OSError
    or, for a missing argument, KeyError. Raises ControlError when the place is taken.
    """
    server = ControlServer(Path(path), handler)
    await server._start()
    return server


class Control:
    """Blocking client of one simulator. `timeout`: seconds an answer may take."""

    def __init__(self, path: str | Path, timeout: float = 10.0):
        self.path = os.fspath(path)
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._buffer = bytearray()

    def call(self, cmd: str, **args: object) -> dict:
        """Send one command and return its answer, `{"ok": True, ...}`.

        A command that itself carries `timeout=` (seconds the simulator may wait) extends the client's patience by it.
        Raises ControlError with the simulator's own text, or when it cannot be reached.
        """
        extra = args.get("timeout")
        patience = self._timeout + (extra if isinstance(extra, (int, float)) else 0)
        try:
            if self._socket is None:
                self._socket = socket.socket(socket.AF_UNIX)
                self._socket.settimeout(patience)
                self._socket.connect(self.path)
            self._socket.settimeout(patience)
            self._socket.sendall(json.dumps({"cmd": cmd, **args}).encode() + b"\n")
            answer = json.loads(self._read_line(self._socket))
        except (OSError, ValueError) as error:
            self.close()  # a late answer must not be taken for the next one
            raise ControlError(f"{cmd}: no answer from {self.path} ({error})") from error
        if not answer.get("ok"):
            raise ControlError(answer.get("error", "refused"))
        return answer

    def _read_line(self, connection: socket.socket) -> bytes:
        while b"\n" not in self._buffer:
            data = connection.recv(65536)
            if not data:
                raise ConnectionError("the simulator closed the connection")
            self._buffer += data
        line, _, rest = bytes(self._buffer).partition(b"\n")
        self._buffer[:] = rest
        return line

    def close(self) -> None:
        """End the connection; the next call opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self._buffer.clear()

    def __enter__(self) -> "Control":
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()
