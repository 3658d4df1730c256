"""The printer stops in the middle of a slip: nothing of it is lost, and the sale never depends on it."""

import re

import pytest
from till import APPROVED, COPIES, TEAR, TITLE

REFERENCE = 4001
NO_PAPER, COVER, NO_ANSWER = "打印机缺纸", "打印机盖未合", "打印机无应答"
SLOW = 0.4  # milliseconds a dot row takes: a copy prints for a quarter of a second


def shape(line: str) -> str:
    """Return a line with its digits replaced: what two slips have in common."""
    return re.sub(r"\d+", "#", line).rstrip()


def paper_lines(text: str) -> list[str]:
    return [line for line in map(shape, text.splitlines()) if line]


def contains_in_order(lines: list[str], wanted: list[str]) -> bool:
    rest = iter(lines)
    return all(line in rest for line in wanted)


@pytest.fixture(scope="module")
def whole_slip(till):
    """Lines of a slip that met no trouble, both copies."""
    till.rig.printer.call("mode", row_ms=SLOW)
    till.sell(REFERENCE)
    text = till.rig.printer.call("text", all=True)["text"]
    assert text.count(TITLE) == 2
    return paper_lines(text)


@pytest.fixture
def clean_paper(till, whole_slip):
    till.rig.printer.call("mode", when_out="keep")
    till.ready()
    till.rig.printer.call("clear")
    return whole_slip


def finish_slip(till, whole_slip):
    """Resume at the problem screen, take both copies, and compare the paper with a whole slip."""
    till.rig.keys("ENTER")
    till.rig.wait_screen(TEAR, timeout=40)
    till.take_slips()
    text = till.rig.printer.call("text", all=True)["text"]
    assert contains_in_order(paper_lines(text), whole_slip), text


@pytest.mark.parametrize(("lines", "when_out"), [(1, "keep"), (7, "keep"), (14, "keep"), (19, "keep"), (8, "lose")])
def test_paper_out_in_the_merchants_copy(till, clean_paper, lines, when_out):
    """The head keeps what it has received, or loses it: a line may be printed twice, none may be missing."""
    fen = 4100 + lines
    till.rig.printer.call("mode", when_out=when_out)
    till.rig.printer.call("paper", state="ok", out_after=lines)
    till.enter(fen)
    till.rig.wait_screen(NO_PAPER, timeout=20)
    till.rig.printer.call("paper", state="ok")
    finish_slip(till, clean_paper)
    till.assert_paid(fen, slips=False)


def test_paper_out_in_the_customers_copy(till, clean_paper):
    till.enter(4200)
    till.rig.wait_screen(TEAR)
    till.rig.printer.call("paper", state="ok", out_after=9)
    till.rig.wait_screen(NO_PAPER, timeout=20)
    till.rig.printer.call("paper", state="ok")
    till.rig.keys("ENTER")
    till.idle()
    text = till.rig.printer.call("text", all=True)["text"]
    assert contains_in_order(paper_lines(text), clean_paper), text
    till.assert_paid(4200, slips=False)


def test_paper_out_before_the_slip(till, clean_paper):
    till.rig.printer.call("paper", state="out")
    till.enter(4201)
    till.rig.wait_screen(NO_PAPER, timeout=20)
    till.rig.printer.call("paper", state="ok")
    finish_slip(till, clean_paper)
    till.assert_paid(4201)


def test_an_open_cover_is_named_and_the_slip_resumed(till, clean_paper):
    till.rig.printer.call("cover", open=True)
    till.enter(4202)
    till.rig.wait_screen(COVER, timeout=20)
    till.rig.keys("ENTER")  # still open: asked again
    till.rig.wait_screen(COVER)
    till.rig.printer.call("cover", open=False)
    finish_slip(till, clean_paper)
    till.assert_paid(4202)


def test_a_silent_printer_can_be_given_up_and_the_sale_stands(till, clean_paper):
    till.rig.printer.call("mute", on=True)
    till.enter(4203)
    till.rig.wait_screen(NO_ANSWER, timeout=30)
    till.rig.keys("CANCEL")
    till.rig.wait_screen(TEAR, APPROVED)
    till.rig.wait_screen(NO_ANSWER, timeout=30)
    till.rig.keys("CANCEL")
    till.idle()
    till.assert_paid(4203, slips=False)
    assert not any(copy in till.rig.printer.call("text", all=True)["text"] for copy in COPIES)


def test_the_next_slip_is_whole_and_the_printer_understood_everything(till, clean_paper):
    till.sell(4204)
    text = till.rig.printer.call("text", all=True)["text"]
    assert paper_lines(text) == clean_paper
    assert till.rig.printer.call("problems")["problems"] == []
