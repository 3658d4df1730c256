"""A whole shop on this machine: the firmware in MicroPython and every device around it, each a process of its own.

    with Rig(folder, settings={"merchant_name": "示例商店"}) as rig:
        rig.start_firmware()
        rig.panel.call("key", key="ENTER")
        rig.wait_screen("请先签到")
        rig.kill_firmware()          # a power cut: the storage stays
        rig.start_firmware()

Processes are started by the rig and ended by it, by process id.
"""

import contextlib
import hashlib
import json
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from posterm import image
from posterm.console import ConsolePort
from posterm.project import Problem, tool
from posterm.sim.control import Control, ControlError

HEAP = "256K"

# what a shop's terminal is set up with; times are short so that a demo does not wait like a shop would
SETTINGS = {
    "terminal_no": "10000001",
    "merchant_no": "898440154110001",
    "merchant_name": "示例便利店",
    "merchant_mobile": "13900139000",
    "place": "人民路店",
    "hotline": "4008001234",
    "host_timeout": 4,
    "result_seconds": 2,
    "copy_seconds": 2,
}


class Rig:
    """Simulated devices and the firmware between them.

    folder: where logs, paper and storage go (made when missing). settings: over `SETTINGS`. cards: a card table for
    the acquirer, or its default. modem: further options of `posterm modem`. firmware: folder of a compiled image
    (flash.mpy, start.py); without it the checkout's sources are compiled at each start. notices: how SMS is switched when
    the storage is new: "on" as after a passed self-test, "off" as on a new terminal.
    """

    def __init__(
        self,
        folder: Path,
        settings: dict | None = None,
        cards: Path | None = None,
        modem: tuple = (),
        firmware: Path | None = None,
        notices: str = "on",
    ):
        self.folder = Path(folder)
        self.storage = self.folder / "storage"
        self.paper = self.folder / "paper"
        self._settings = {**SETTINGS, **(settings or {})}
        self._cards = cards
        self._modem_options = modem
        self._image = firmware
        self._notices = notices
        self._processes: dict[str, subprocess.Popen] = {}
        self._stack = contextlib.ExitStack()
        self._firmware: subprocess.Popen | None = None
        self.tmk = secrets.token_bytes(16)
        self.port = 0

    def __enter__(self) -> "Rig":
        with contextlib.ExitStack() as stack:
            if threading.current_thread() is threading.main_thread():
                # a polite `kill` must not leave the devices behind: it ends the rig like Ctrl-C does
                stack.callback(signal.signal, signal.SIGTERM, signal.signal(signal.SIGTERM, _end))
            # sockets and links have short names in a folder of their own: the kernel allows 107 octets
            self._run = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="posterm-")))
            stack.callback(self._stop)
            self.storage.mkdir(parents=True, exist_ok=True)
            self.paper.mkdir(parents=True, exist_ok=True)
            self._start_devices()
            self.console = stack.enter_context(ConsolePort(self.folder / "console.log"))
            self.configure({**self._settings, "port": self.port})
            if not (self.storage / "notices.json").exists():
                status = self.modem.call("status")
                (self.storage / "notices.json").write_text(switched(self._notices, status["identity"]))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    def configure(self, settings: dict) -> None:
        """Write the terminal's settings file; it is read at the next start of the firmware."""
        text = json.dumps(settings, ensure_ascii=False, indent=1)
        (self.storage / "settings.json").write_text(text, encoding="utf-8")

    # ---- devices

    def _start_devices(self) -> None:
        key_file = self._run / "tmk"
        key_file.touch(0o600)
        key_file.write_text(self.tmk.hex())
        run = self._run
        self._start("modem", "--link", run / "modem", "--log", self.folder / "modem.log", *self._modem_options)
        self._start("printer", "--link", run / "printer", "--out", self.paper)
        self._start("panel", "--link", run / "panel")
        shop = ("--terminal", self._settings["terminal_no"], "--merchant", self._settings["merchant_no"])
        options = ["--port", "0", "--tmk-file", key_file, "--journal", self.folder / "acquirer.jsonl", *shop]
        if self._cards:
            options += ["--cards", self._cards]
        self._start("acquirer", *options)
        self.modem = self._control("modem")
        self.printer = self._control("printer")
        self.panel = self._control("panel")
        self.acquirer = self._control("acquirer")
        self.port = int((self.folder / "acquirer.out").read_text().rpartition(":")[2])

    def _start(self, name: str, *options: object) -> None:
        command = [sys.executable, "-m", "posterm", name, "--control", self._run / (name + ".ctl"), *options]
        with open(self.folder / (name + ".out"), "wb") as output:
            self._processes[name] = subprocess.Popen(
                [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    def _control(self, name: str) -> Control:
        control = Control(self._run / (name + ".ctl"))
        deadline = time.monotonic() + 20
        while True:
            try:
                control.call("status")
                return control
            except ControlError as error:
                if self._processes[name].poll() is not None:
                    lines = (self.folder / (name + ".out")).read_text(errors="replace").strip().splitlines()
                    last = lines[-1] if lines else "no message"
                    raise Problem(f"the {name} simulator did not start: {last}") from None
                if time.monotonic() > deadline:
                    raise Problem(f"the {name} simulator does not answer: {error}") from None
                time.sleep(0.05)

    def port_paths(self) -> dict[str, str]:
        """Return the ports the firmware opens, by the names `posterm run` has for them."""
        links = {name: str(self._run / name) for name in ("modem", "printer", "panel")}
        return {**links, "console": self.console.path}

    # ---- firmware

    def start_firmware(self, clock_offset: int = 0) -> None:
        """Power the terminal on: MicroPython with the compiled image and a limited heap."""
        folder = self._image or image.build("UNIX")
        environment = {
            "TZ": "Asia/Shanghai",
            "MICROPYPATH": str(folder),
            **{f"POSTERM_{name.upper()}": path for name, path in self.port_paths().items()},
            "POSTERM_STORAGE": str(self.storage),
            "POSTERM_CLOCK_OFFSET": str(clock_offset),
        }
        with open(self.folder / "firmware.out", "ab") as output:
            self._firmware = subprocess.Popen(
                [tool("micropython"), "-X", f"heapsize={HEAP}", folder / "start.py"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
            )

    def wait_firmware(self, timeout: float = 10) -> int:
        """Wait until the firmware ends by itself and return its exit code. Raises subprocess.TimeoutExpired."""
        if self._firmware is None:
            raise Problem("the firmware was not started: call start_firmware() first")
        return self._firmware.wait(timeout)

    @property
    def firmware_running(self) -> bool:
        return self._firmware is not None and self._firmware.poll() is None

    def kill_firmware(self) -> None:
        """Cut the terminal's power: the process dies at once, its storage stays as it is."""
        if self._firmware is not None:
            self._firmware.send_signal(signal.SIGKILL)
            self._firmware.wait()
            self._firmware = None

    def _stop(self) -> None:
        self.kill_firmware()
        for process in self._processes.values():
            if process.poll() is None:
                process.terminate()
        for process in self._processes.values():
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    # ---- the operator's hands and eyes

    def keys(self, *names: str) -> None:
        """Press keys one after another; a word of digits is pressed digit by digit."""
        pressed: list[str] = []
        for name in names:
            pressed.extend(name if name.isdigit() else [name])
        self.panel.call("key", key=pressed)

    def swipe(self, track2: str) -> None:
        """Swipe a card."""
        self.panel.call("swipe", track2=track2)

    def wait_screen(self, *texts: str, timeout: float = 15) -> list[str]:
        """Wait until the screen holds one of `texts`; return its rows."""
        return self.panel.call("wait", text=list(texts), timeout=timeout)["rows"]

    def wait_until(self, question, timeout: float = 15, what: str = "the expected state"):
        """Ask `question()` until it returns something true, and return that."""
        deadline = time.monotonic() + timeout
        while True:
            answer = question()
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not come within {timeout:g} s")
            time.sleep(0.05)


def switched(mode: str, identity: dict) -> str:
    """Return the terminal's file notices.json: switched to `mode`, the self-test passed with the modem of `identity`
    (model, firmware, imsi)."""
    fingerprint = hashlib.sha256(identity["imsi"].encode()).hexdigest()[:8]
    return json.dumps({"mode": mode, "trial": f"{identity['model']}/{identity['firmware']}/{fingerprint}"})


def _end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)
