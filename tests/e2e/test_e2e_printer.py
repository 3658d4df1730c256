"""The printer stops in the middle of a slip: nothing of it is lost, and the sale never depends on it."""

import re

import pytest
from till import APPROVED, COPIES, TEAR, TITLE

NO_PAPER, COVER, NO_ANSWER = "打印机缺纸", "打印机盖未合", "打印机无应答"
SLOW = 0.4  # milliseconds a dot row takes: a copy prints for a quarter of a second


def shape(line: str) -> str:
    """Return a line with its digits replaced: what two slips have in common."""
    return re.sub(r"\d+", "#", line).rstrip()


def paper_lines(till) -> list[str]:
    text = till.rig.printer.call("text", all=True)["text"]
    return [line for line in map(shape, text.splitlines()) if line]


def contains_in_order(lines: list[str], wanted: list[str]) -> bool:
    rest = iter(lines)
    return all(line in rest for line in wanted)


def resume(till):
    """Put paper in, press ENTER, take both copies."""
    till.rig.printer.call("paper", state="ok")
    till.rig.keys("ENTER")
    till.rig.wait_screen(TEAR, timeout=40)
    till.take_slips()


def paper_out_after(lines, when_out):
    """The paper ends in the merchant's copy; the head keeps or loses what it has received."""

    def trouble(till, fen):
        till.rig.printer.call("mode", when_out=when_out)
        till.rig.printer.call("paper", state="ok", out_after=lines)
        till.enter(fen)
        till.rig.wait_screen(NO_PAPER, timeout=20)
        resume(till)

    return trouble


def paper_out_in_the_second_copy(till, fen):
    till.enter(fen)
    till.rig.wait_screen(TEAR)
    till.rig.printer.call("paper", state="ok", out_after=9)
    till.rig.wait_screen(NO_PAPER, timeout=20)
    till.rig.printer.call("paper", state="ok")
    till.rig.keys("ENTER")
    till.idle()


def no_paper_at_all(till, fen):
    till.rig.printer.call("paper", state="out")
    till.enter(fen)
    till.rig.wait_screen(NO_PAPER, timeout=20)
    resume(till)


def open_cover(till, fen):
    till.rig.printer.call("cover", open=True)
    till.enter(fen)
    till.rig.wait_screen(COVER, timeout=20)
    till.rig.keys("ENTER")  # still open: asked again
    till.rig.wait_screen(COVER)
    till.rig.printer.call("cover", open=False)
    resume(till)


TROUBLES = {
    "paper out after 1 line": paper_out_after(1, "keep"),
    "paper out after 7 lines": paper_out_after(7, "keep"),
    "paper out after 14 lines": paper_out_after(14, "keep"),
    "paper out after 19 lines": paper_out_after(19, "keep"),
    "paper out, the head forgets what it had": paper_out_after(8, "lose"),
    "paper out in the customer's copy": paper_out_in_the_second_copy,
    "no paper before the slip": no_paper_at_all,
    "cover open": open_cover,
}


def print_with(till, fen, trouble):
    """Print a slip without and one with trouble; return the lines of both, and what the printer did not understand."""
    printer = till.rig.printer
    printer.call("mode", when_out="keep", row_ms=SLOW)
    printer.call("clear")
    till.sell(fen)
    whole = paper_lines(till)
    printer.call("clear")
    trouble(till, fen + 50)
    till.assert_paid(fen + 50, slips=False)
    return whole, paper_lines(till), printer.call("problems")["problems"]


@pytest.fixture(scope="module")
def slips(lanes):
    return {
        name: lanes.start(print_with, 4000 + number, trouble) for number, (name, trouble) in enumerate(TROUBLES.items())
    }


@pytest.mark.parametrize("name", TROUBLES)
def test_every_line_is_on_the_paper_in_the_end(slips, name):
    """A line may be printed twice, none may be missing."""
    whole, troubled, problems = slips[name].result()
    assert whole.count(TITLE) == 2
    assert contains_in_order(troubled, whole), troubled
    assert problems == []


def give_up_a_silent_printer(till):
    fen = 4100
    till.rig.printer.call("clear")
    till.rig.printer.call("mute", on=True)
    till.enter(fen)
    till.rig.wait_screen(NO_ANSWER, timeout=30)
    till.rig.keys("CANCEL")
    till.rig.wait_screen(TEAR, APPROVED)
    till.rig.wait_screen(NO_ANSWER, timeout=30)
    till.rig.keys("CANCEL")
    till.idle()
    till.assert_paid(fen, slips=False)
    printed = paper_lines(till)
    till.rig.printer.call("mute", on=False)
    till.sell(fen + 1)
    return printed


def test_a_silent_printer_can_be_given_up_and_the_sale_stands(lanes, slips):
    printed = lanes.start(give_up_a_silent_printer).result()
    assert not any(copy in line for copy in COPIES for line in printed)
