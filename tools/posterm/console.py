"""The technician's end of the terminal's serial console: a pseudo-terminal, commands typed in, answers read."""

import os
import select
import time
import tty
from pathlib import Path
from typing import BinaryIO


class ConsoleError(Exception):
    """The terminal did not say what was expected."""


class ConsolePort:
    """A pseudo-terminal whose far end (`path`) the firmware opens as its console.

    log: a file that gets everything the terminal says.
    """

    def __init__(self, log: Path | None = None):
        self._log_path = log
        self._log: BinaryIO | None = None

    def __enter__(self) -> "ConsolePort":
        self.near, self._far = os.openpty()
        tty.setraw(self._far)
        self.path = os.ttyname(self._far)
        self._text = ""
        self._log = open(self._log_path, "ab", buffering=0) if self._log_path else None
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._log is not None:
            self._log.close()
        os.close(self.near)
        os.close(self._far)

    def send(self, line: str) -> None:
        """Type one line."""
        os.write(self.near, line.encode() + b"\r")

    def expect(self, text: str, timeout: float = 10) -> str:
        """Read until `text` appears; return everything read up to its end. Raises ConsoleError on a time-out."""
        deadline = time.monotonic() + timeout
        while text not in self._text:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.near], [], [], left)[0]:
                raise ConsoleError(f"the console did not say {text!r} within {timeout:g} s")
            self._text += self._read()
        end = self._text.index(text) + len(text)
        read, self._text = self._text[:end], self._text[end:]
        return read

    def ask(self, command: str, timeout: float = 10) -> list[str]:
        """Type a command and return the lines it printed before the next prompt."""
        self.drop()
        self.send(command)
        return [line for line in self.expect("posterm> ", timeout).split("\r\n")[1:-1] if line]

    def drop(self) -> None:
        """Forget what was printed and not read."""
        self._text = ""
        while select.select([self.near], [], [], 0)[0]:
            self._read()

    def _read(self) -> str:
        data = os.read(self.near, 4096)
        if self._log is not None:
            self._log.write(data)
        return data.decode(errors="replace")

    def inject_master_key(self, password: str, key: bytes) -> str:
        """Log in and load the terminal master key in two components; return the check value the terminal shows."""
        self.type_master_key(password, key)
        answer = self.expect("posterm> ")
        if "check value " not in answer:
            raise ConsoleError("the terminal refused the key: " + answer.strip().splitlines()[0])
        return answer.split("check value ")[1].split()[0]

    def type_master_key(self, password: str, key: bytes) -> None:
        """Log in and type both components of the terminal master key, up to the last key; read no answer."""
        mask = os.urandom(len(key))
        masked = bytes(a ^ b for a, b in zip(key, mask, strict=True))
        self.drop()
        self.send("login")
        self.expect("password")
        self.send(password)
        self.expect("ok")
        self.send("tmk")
        self.expect("component 1")
        self.send(mask.hex())
        self.expect("component 2")
        self.send(masked.hex())
