"""A short soak of the notices on MicroPython; `make soak-sms` is the long one."""

import importlib.util

import pytest

from posterm.project import ROOT


@pytest.fixture(scope="module")
def soak():
    spec = importlib.util.spec_from_file_location("notices_soak", ROOT / "tests" / "soak" / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_sixty_transactions_in_a_day_of_faults(soak):
    figures = soak.soak(60, 1, 5)
    assert list(figures.violations()) == []
    assert len(figures.queued) == 120
    assert figures.commits >= 120
    assert sum(figures.faults.values()) > 10, "a soak without faults shows nothing"


def test_the_soak_would_notice(soak):
    figures = soak.Figures()
    text = "1-c款".encode("utf-16-be").hex()
    for line in (
        "Q 1-c 138 4",
        f"D 5 138 0 1 1 {text}",
        f"D 9 138 0 1 1 {text}",
        "E 1-c delivered -",
        "Q 2-c 138 4",
        "E 2-c failed -",
        "Q 3-c 138 4",
        "O 3-c queued",
        "B 1 100000 0 0",
        "B 9 110000 0 0",
    ):
        figures.take(line)
    assert len(list(figures.violations())) == 5
