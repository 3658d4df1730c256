"""Debian's gammu, a program that knows nothing of this project, uses the simulated modem like any other on a serial port."""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from posterm.sim.control import Control

CUSTOMER = "+8613800138000"
WHOLE = "退款通知，金额100.00元。" * 12
MODELS = {"SIM7600": "SIMCOM_SIM7600CE", "SIM800": "SIMCOM_SIM800C", "EC200": "EC200U"}
# options of gammu, text, parts it takes
TEXTS = {
    "ASCII": ((), "Hello 1", 1),
    "Chinese": (("-unicode",), "交易成功，金额100.00元", 1),
    "long Chinese": (("-unicode", "-len", "400", "-report"), WHOLE, 3),
    "long ASCII": (("-len", "400"), "0123456789 " * 25, 2),
}
INCOMING = {"95588": "OK 余额 100.00", "+8613900139000": "ERROR", "+8613800138000": WHOLE}

pytestmark = pytest.mark.skipif(
    shutil.which("gammu") is None and os.environ.get("CI") != "true",
    reason="gammu is not installed: make packages",
)


class Computer:
    """A computer with gammu and one modem."""

    def __init__(self, folder, modem: Control):
        self.modem = modem
        self._settings = folder / "gammurc"
        self._settings.write_text(f"[gammu]\ndevice = {folder}/modem\nconnection = at115200\nsynchronizetime = no\n")

    def gammu(self, *words: str, code: int = 0) -> str:
        """Run one command of gammu and return what it printed."""
        done = subprocess.run(
            ["gammu", "-c", self._settings, *words],
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert bool(done.returncode) == bool(code), done.stdout + done.stderr
        return done.stdout + done.stderr

    def send(self, options: tuple, text: str) -> tuple:
        """Send a text; return how many references gammu printed, and what the phones got."""
        self.modem.call("clear_inbox")
        said = self.gammu("sendsms", "TEXT", CUSTOMER, *options, "-text", text)
        got = [(m["number"], m["text"], m["parts"]) for m in self.modem.call("inbox")["messages"]]
        return said.count("OK, message reference="), got

    def use(self) -> dict:
        """Do what a person would; return what came of it."""
        seen = {name: self.gammu(name) for name in ("identify", "getsecuritystatus", "networkinfo")}
        seen["sent"] = {name: self.send(options, text) for name, (options, text, _) in TEXTS.items()}
        self.modem.call("next_cms_error", code=38, count=10)
        seen["refused"] = self.gammu("sendsms", "TEXT", CUSTOMER, "-text", "Hello", code=1)
        for number, text in INCOMING.items():
            self.modem.call("deliver", **{"from": number}, text=text)
        seen["all"] = self.gammu("getallsms")
        seen["each"] = self.gammu("geteachsms")
        seen["deleted"] = self.gammu("deleteallsms", "1")
        seen["left"] = self.modem.call("status")["stored"]["SM"]
        return seen


def scenario(folder, family: str) -> dict:
    """Start a modem, wait for its network, let gammu use it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "posterm", "modem", "--family", family]
        + ["--link", str(folder / "modem"), "--control", str(folder / "control")],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline().startswith("modem simulator ready on ")
        with Control(folder / "control") as modem:
            end = time.monotonic() + 20
            while modem.call("status")["registration"] != 1:
                assert time.monotonic() < end
                time.sleep(0.05)
            return Computer(folder, modem).use()
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def computers(tmp_path_factory):
    """One computer for each family, at work at the same time: gammu mostly waits."""
    with ThreadPoolExecutor(len(MODELS)) as pool:
        return {family: pool.submit(scenario, tmp_path_factory.mktemp(family), family) for family in MODELS}


@pytest.fixture(params=MODELS)
def family(request):
    return request.param


@pytest.fixture
def seen(computers, family):
    return computers[family].result()


def test_it_is_identified_and_in_the_network(seen, family):
    assert MODELS[family] in seen["identify"]
    assert "860000000000004" in seen["identify"]
    assert "460000000000001" in seen["identify"]
    assert "Nothing to enter." in seen["getsecuritystatus"]
    assert "home network" in seen["networkinfo"]
    assert "LAC 1816" in seen["networkinfo"]


@pytest.mark.parametrize("name", TEXTS)
def test_it_sends(seen, name):
    _, text, parts = TEXTS[name]
    assert seen["sent"][name] == (parts, [(CUSTOMER, text, parts)])


def test_a_refusal_of_the_network_is_told(seen):
    assert "error" in seen["refused"].lower()


def test_it_receives_and_deletes(seen):
    for wanted in ("OK 余额 100.00", "\nERROR\n", '"95588"', '"+8613900139000"'):
        assert wanted in seen["all"]
    assert WHOLE in seen["each"].replace("\n", "")
    assert "5 SMS parts in 3 SMS sequences" in seen["each"]
    assert seen["left"] == 0
