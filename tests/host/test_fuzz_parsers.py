"""A short search of tests/fuzz/parsers.py, the same each time, and that it would find something."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

import sms
from fuzz import parsers

CASES = {"pdu": 20000, "parts": 2000, "stream": 3000, "mask": 10000, "modem": 200}


@pytest.mark.parametrize("name", CASES)
def test_promises_hold(name):
    check = parsers.TARGETS[name][0]
    for data in itertools.islice(parsers.inputs(name, "posterm"), CASES[name]):
        try:
            check(data)
        except Exception as error:
            raise AssertionError(f"{name}: {data.hex()}") from error


def test_search_finds_and_keeps_a_fault(monkeypatch, tmp_path, capsys):
    real = sms.parse

    def careless(pdu, **options):
        message = real(pdu, **options)
        if isinstance(message, sms.Deliver) and message.concat and message.concat[0] > 600:
            raise IndexError("careless")
        return message

    monkeypatch.setattr(sms, "parse", careless)
    monkeypatch.setattr(parsers, "OUT", tmp_path)
    assert not parsers.search("pdu", 20, "posterm")
    (kept,) = tmp_path.iterdir()
    assert "careless" in capsys.readouterr().err
    with pytest.raises(IndexError, match="careless"):
        parsers.TARGETS["pdu"][0](kept.read_bytes())


def test_as_a_program():
    program = Path(parsers.__file__)
    options = ["--seconds", "1", "--random", "--target", "mask", "--seed", "1"]
    done = subprocess.run([sys.executable, program, *options], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "nothing found" in done.stderr
