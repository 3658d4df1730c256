"""What a user gets wrong at the command line: one line that names the thing and the remedy, no traceback, a code not 0."""

import json
import shutil
import socket
import subprocess

import pytest
from till import SETTINGS

from posterm.rig import Rig


def last_words(done: subprocess.CompletedProcess, *parts: str) -> None:
    """Demand a failure told in one line on stderr that holds `parts`."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr + done.stdout
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    for part in parts:
        assert part in lines[0]


def test_unknown_board(command):
    last_words(command("build", "--board", "NOPE"), "NOPE", "choose", "UNIX")


def test_make_firmware_for_an_unknown_board(root):
    ready = [
        f"--assume-old={root / 'build' / name}" for name in (".build-ready", ".interpreter", "natmod/x64/paycrypt.mpy")
    ]
    done = subprocess.run(
        ["make", *ready, "firmware", "BOARD=NOPE"], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert "NOPE" in line
    assert "choose" in line


@pytest.fixture
def port_file(tmp_path):
    path = tmp_path / "port"
    path.touch()
    return path


@pytest.mark.parametrize("missing", ["modem", "printer", "panel", "console"])
def test_missing_serial_port(command, tmp_path, port_file, missing):
    ports = dict.fromkeys(("modem", "printer", "panel", "console"), port_file)
    ports[missing] = tmp_path / "ttyNONE"
    options = [word for name, path in ports.items() for word in (f"--{name}", path)]
    last_words(command("run", *options, "--storage", tmp_path), "ttyNONE", f"--{missing}")


def test_missing_storage(command, tmp_path, port_file):
    options = [word for name in ("modem", "printer", "panel", "console") for word in (f"--{name}", port_file)]
    last_words(command("run", *options, "--storage", tmp_path / "nowhere"), "nowhere", "--storage")


def test_port_in_use(command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        last_words(command("acquirer", "--port", port), str(port), "--port")


@pytest.mark.parametrize("simulator", ["modem", "printer", "panel"])
def test_place_of_the_link_taken(command, tmp_path, simulator):
    taken = tmp_path / "taken"
    taken.write_text("something of mine")
    last_words(command(simulator, "--link", taken), str(taken), "--link")
    assert taken.read_text() == "something of mine"


@pytest.mark.parametrize("simulator", ["acquirer", "modem", "printer", "panel"])
def test_place_of_the_control_socket_taken(command, tmp_path, simulator):
    taken = tmp_path / "taken"
    taken.touch()
    last_words(command(simulator, "--control", taken), str(taken), "--control")


@pytest.mark.parametrize(
    "words", [("build", "--nope"), ("demo", "--nope"), ("--nope",), ("run", "--nope"), ("modem", "--nope")]
)
def test_unknown_option(command, words):
    done = command(*words)
    assert done.returncode == 2
    lines = done.stderr.strip().splitlines()
    assert "--nope" in lines[-1]
    assert any("Try 'posterm" in line for line in lines)
    assert "Traceback" not in done.stderr


def test_unknown_command(command):
    done = command("nope")
    assert done.returncode == 2
    assert "nope" in done.stderr.strip().splitlines()[-1]


def test_missing_option_is_named(command):
    done = command("run")
    assert done.returncode == 2
    assert "--modem" in done.stderr.strip().splitlines()[-1]


# setting, wrong value: what the firmware's one line must say
WRONG = [
    ("host_timeout", 1, ("host_timeout", "2 to 120")),
    ("host_timeout", "4", ("host_timeout", "whole number")),
    ("language", "fr", ("language", "zh, en")),
    ("terminal_no", "123", ("terminal_no", "8 digits")),
    ("merchant_mobile", "abc", ("merchant_mobile", "telephone number")),
    ("requests", 1, ("requests", "true or false")),
    ("no_such_setting", 1, ("no_such_setting", "unknown")),
]


@pytest.fixture(scope="module")
def rig(tmp_path_factory, firmware):
    with Rig(tmp_path_factory.mktemp("rig"), SETTINGS, firmware=firmware) as rig:
        yield rig


def refusal(rig) -> str:
    """Start the firmware, which must end by itself with code 2, and return its only line."""
    output = rig.folder / "firmware.out"
    output.unlink(missing_ok=True)
    rig.start_firmware()
    assert rig.wait_firmware() == 2
    (line,) = output.read_text().splitlines()
    return line


@pytest.mark.parametrize(("name", "value", "parts"), WRONG)
def test_wrong_setting(rig, name, value, parts):
    rig.configure({**SETTINGS, name: value})
    line = refusal(rig)
    for part in parts:
        assert part in line


@pytest.mark.parametrize("text", ["{", "[]", "", '"x"', "\x00\xff"])
def test_broken_settings_file(rig, text):
    (rig.storage / "settings.json").write_bytes(text.encode("latin-1"))
    assert "settings.json" in refusal(rig)


def test_wrong_setting_by_the_command(command, rig, tmp_path):
    """The same through `posterm run`, as a technician starts it."""
    (tmp_path / "settings.json").write_text(json.dumps({"port": 0}))
    ports = rig.port_paths()
    options = [word for name, path in ports.items() for word in (f"--{name}", path)]
    done = command("run", *options, "--storage", tmp_path)
    assert done.returncode == 2
    (line,) = (done.stdout + done.stderr).strip().splitlines()
    assert "port" in line
    assert "1 to 65535" in line


def test_a_port_that_is_no_serial_port(command, rig, tmp_path, port_file):
    ports = {**rig.port_paths(), "modem": port_file}
    done = command(
        "run", *[word for name, path in ports.items() for word in (f"--{name}", path)], "--storage", tmp_path
    )
    assert done.returncode == 2
    (line,) = (done.stdout + done.stderr).strip().splitlines()
    assert "no serial port" in line


def test_a_vanished_storage_is_named(tmp_path, firmware):
    with Rig(tmp_path / "rig", SETTINGS, firmware=firmware) as rig:
        shutil.rmtree(rig.storage)
        assert "storage directory" in refusal(rig)
