"""The printer and acquirer simulators as programs: started, steered over their control sockets, ended by a signal."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from posterm.sim.acquirer.cli import acquirer
from posterm.sim.control import Control, ControlError
from test_sim_acquirer_terminal import fields_of

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def read_some(line: int, size: int = 256) -> bytes:
    """Read what a port has for us; a silent one fails the test instead of stopping it."""
    ready, _, _ = select.select([line], [], [], 10)
    assert ready, "nothing came from the simulator"
    return os.read(line, size)


class Program:
    """One simulator as a child process; `with` waits until it is ready and ends it by SIGTERM."""

    def __init__(self, name, *args, stdin=subprocess.DEVNULL):
        self._args = [str(arg) for arg in args]
        command = [sys.executable, "-m", f"posterm.sim.{name}.cli", *self._args]
        environment = {**os.environ, "PYTHONPATH": str(TOOLS), "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(  # noqa: S603 - our own program
            command, env=environment, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.output = ""
        self.code = None

    def __enter__(self):
        self.ready = self.process.stdout.readline()
        self.output += self.ready
        if "--control" in self._args:
            self.control = Control(self._args[self._args.index("--control") + 1])
        return self

    def __exit__(self, *_exc):
        if hasattr(self, "control"):
            self.control.close()
        self.process.send_signal(signal.SIGTERM)
        rest = self.process.communicate(timeout=10)
        self.output += "".join(rest)
        self.code = self.process.returncode


def test_printer_program_saves_slips(tmp_path):
    args = ("--link", tmp_path / "printer", "--control", tmp_path / "c", "--out", tmp_path / "slips")
    with Program("printer", *args) as program:
        assert program.ready.startswith("printer simulator ready on /dev/pts/")
        line = os.open(tmp_path / "printer", os.O_RDWR | os.O_NOCTTY)
        try:
            os.write(line, b"\x1b@" + "合计 ￥1.00\n".encode("gbk") + b"\x1dV\x00\x10\x04\x04")
            program.control.call("wait_slip", count=1, timeout=5)
            assert read_some(line, 16) == b"\x12"
        finally:
            os.close(line)
        assert program.control.call("text")["text"] == "合计 ￥1.00\n"
        with pytest.raises(ControlError, match="no slip 7"):
            program.control.call("text", slip=7)
    assert program.code == 0
    assert (tmp_path / "slips" / "slip-0001.txt").read_text(encoding="utf-8") == "合计 ￥1.00\n"
    assert (tmp_path / "slips" / "slip-0001.bin").read_bytes().startswith(b"\x1b@")
    assert Image.open(tmp_path / "slips" / "slip-0001.png").width == 384 + 80 + 52
    assert sorted(path.name for path in tmp_path.iterdir()) == ["slips"]


def test_acquirer_program_serves_and_refuses_a_taken_port(tmp_path):
    with Program("acquirer", "--control", tmp_path / "c", "--journal", tmp_path / "journal") as program:
        port = int(program.ready.rsplit(":", 1)[1])
        assert program.ready == f"acquirer simulator ready on 127.0.0.1:{port}\n"
        with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
            message = bytes.fromhex("0820 0020000000C00010 000001") + b"12345678" + b"123456789012345"
            body = bytes.fromhex("6000030000603100310000") + message + bytes.fromhex("0011 000000013010")
            link.sendall(len(body).to_bytes(2, "big") + body)
            answer = link.recv(2048)
            assert fields_of(answer[13:])["39"] == b"00"
            assert program.control.call("wait_event", type="echo", timeout=5)["event"]["trace"] == "000001"
        assert program.control.call("next", action="code", code="51", count=2) == {"ok": True, "script": 2}
        with pytest.raises(ControlError, match="no behaviour"):
            program.control.call("next", action="explode")
        program.control.call("set_card", card="0018", balance=5)
        assert program.control.call("charged", card="0018") == {"ok": True, "charged": 0, "balance": 5}
        assert program.control.call("totals")["debits"] == 0
        second = Program("acquirer", "--port", port)
        second.process.wait(timeout=10)
        complaint = second.process.communicate()[1]
        assert second.process.returncode == 2 and complaint.count("\n") == 1 and "--port" in complaint
    assert program.code == 0 and not (tmp_path / "c").exists()
    assert '"type": "echo"' in (tmp_path / "journal").read_text(encoding="utf-8")


def test_acquirer_program_draws_and_reads_master_keys(tmp_path):
    with Program("acquirer", "--tmk-file", tmp_path / "tmk", "--new-tmk") as program:
        key = (tmp_path / "tmk").read_text().strip()
    assert program.code == 0 and len(bytes.fromhex(key)) == 16 and key not in program.output
    assert (tmp_path / "tmk").stat().st_mode & 0o777 == 0o600
    with Program("acquirer", "--tmk-file", tmp_path / "tmk") as program:
        assert "ready" in program.ready
    for content in ("xyz", "0123"):
        (tmp_path / "bad").write_text(content)
        failed = Program("acquirer", "--tmk-file", tmp_path / "bad")
        complaint = failed.process.communicate(timeout=10)[1]
        assert failed.process.returncode == 2 and "master key" in complaint


@pytest.mark.parametrize(
    ("option", "value", "size"),
    [
        ("--terminal", "1234567", 8),
        ("--terminal", "123456789", 8),
        ("--terminal", "1234 678", 8),
        ("--terminal", "１２３４５６７８", 8),
        ("--merchant", "12345678901234", 15),
        ("--merchant", "12345678901234-", 15),
        ("--merchant", "", 15),
    ],
)
def test_acquirer_program_refuses_numbers_that_fit_no_field(tmp_path, option, value, size):
    nowhere = str(tmp_path / "missing" / "journal")  # whatever is taken, nothing is served
    done = CliRunner().invoke(acquirer, [option, value, "--journal", nowhere])
    assert done.exit_code == 2
    assert done.stderr == f"acquirer: {option} needs exactly {size} letters or digits (A to Z, a to z, 0 to 9)\n"


def test_end_with_an_open_link(tmp_path):
    with Program("acquirer") as program:
        link = socket.create_connection(("127.0.0.1", int(program.ready.rsplit(":", 1)[1])), timeout=5)
        time.sleep(0.1)
    link.close()
    assert program.code == 0 and "Traceback" not in program.output
