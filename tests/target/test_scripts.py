"""Runs every target script on every interpreter."""

from pathlib import Path

import pytest

SCRIPTS = sorted(Path(__file__).parent.glob("*_target.py"))
TEXT_OF_255_PARTS = "sms.count() of 17,086 hanzi wants 119 KB in one go, more than a heap of 136 KB has left"
NOT_ON = {
    ("sms_target", "rv32 natmod"): TEXT_OF_255_PARTS,
    ("sms_target", "rv32 usermod"): TEXT_OF_255_PARTS,
    ("sms_target", "xtensa natmod"): TEXT_OF_255_PARTS,
}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_target_script(interpreter, interpreter_name, script):
    reason = NOT_ON.get((script.stem, interpreter_name))
    if reason:
        with pytest.raises(AssertionError, match="MemoryError"):
            interpreter.run(script)
        return
    last = interpreter.run(script).strip().splitlines()[-1]
    word, count = last.split()
    assert word == "ok"
    assert int(count) > 0
