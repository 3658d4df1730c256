"""Runs every target script on every interpreter."""

from pathlib import Path

import pytest

SCRIPTS = sorted(Path(__file__).parent.glob("*_target.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_target_script(interpreter, script):
    last = interpreter.run(script).strip().splitlines()[-1]
    word, count = last.split()
    assert word == "ok"
    assert int(count) > 0
