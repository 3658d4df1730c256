"""Switching notices on: only what was tried out may go to customers."""

import json
import os

import pytest

from terminal.notices.enabling import Enabling, TrialNeeded

IDENTITY = {"model": "SIM7600CE", "firmware": "LE20B04", "sim": "1a2b3c4d", "cnmi": "2,1,0,1,0"}
AUDIENCES = ("customer", "merchant", "trial", "reply", "offer")


class Shop:
    def __init__(self, directory):
        self.directory = str(directory)
        self.identity = dict(IDENTITY)
        self.log = []
        self.start()

    def start(self):
        self.enabling = Enabling(self.directory, lambda: self.identity, lambda *event: self.log.append(event))
        return self.enabling

    def on(self):
        self.enabling.passed()
        self.enabling.set("on")


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


def allowed(enabling):
    return [audience for audience in AUDIENCES if enabling.allows(audience)]


def test_a_new_terminal_sends_nothing(shop):
    assert shop.enabling.mode == "off"
    assert allowed(shop.enabling) == []
    assert shop.log == []


def test_trial_reaches_the_merchant_alone(shop):
    shop.enabling.set("trial")
    assert allowed(shop.enabling) == ["merchant", "trial"]
    assert shop.start().mode == "trial"


def test_on_needs_a_passed_selftest(shop):
    with pytest.raises(TrialNeeded) as refused:
        shop.enabling.set("on")
    assert refused.value.reason == "needtrial"
    assert shop.enabling.mode == "off"
    shop.enabling.passed()
    assert shop.enabling.mode == "off"  # passing switches nothing on by itself
    shop.enabling.set("on")
    assert allowed(shop.enabling) == list(AUDIENCES)
    assert shop.start().mode == "on"
    assert shop.enabling.allows("customer")


def test_on_waits_until_modem_and_sim_are_known(shop):
    shop.enabling.passed()
    shop.identity = {}
    with pytest.raises(TrialNeeded) as refused:
        shop.enabling.set("on")
    assert refused.value.reason == "nomodem"


@pytest.mark.parametrize("name", ["model", "firmware", "sim"])
def test_another_modem_or_sim_needs_another_selftest(shop, name):
    shop.on()
    shop.identity[name] = "other"
    assert not shop.enabling.allows("customer")
    assert shop.enabling.mode == "trial"
    assert [event for event, detail in shop.log if "another" in detail] == ["notices.mode"]
    assert shop.start().mode == "trial"
    with pytest.raises(TrialNeeded):
        shop.enabling.set("on")
    shop.on()
    assert shop.enabling.mode == "on"


def test_other_figures_of_the_modem_do_not_matter(shop):
    shop.on()
    shop.identity["cnmi"] = "2,1,0,2,0"
    assert shop.enabling.allows("customer")


@pytest.mark.parametrize(
    "identity", [{}, None, {"model": "SIM7600CE"}, {**IDENTITY, "sim": None}, {**IDENTITY, "sim": ""}]
)
def test_while_the_modem_starts_the_mode_stays(shop, identity):
    shop.on()
    shop.identity = identity
    assert shop.start().mode == "on"
    assert shop.enabling.allows("customer")
    shop.identity = dict(IDENTITY)
    assert shop.enabling.allows("customer")


def test_a_selftest_sends_its_own_message_even_when_off(shop):
    shop.enabling.begin("482913")
    assert allowed(shop.enabling) == ["trial"]
    shop.enabling.end()
    assert allowed(shop.enabling) == []


def test_the_echo_is_known_by_its_code(shop):
    enabling = shop.enabling
    assert not enabling.expects("")
    assert not enabling.expects("CX 000012 0018")
    enabling.begin("482913")
    assert not enabling.expects("【示例商店】短信通知试发，编号482914")
    assert not enabling.echoed
    assert enabling.expects("【示例商店】短信通知试发，编号482913")
    assert enabling.echoed
    enabling.end()
    assert enabling.expects("【示例商店】短信通知试发，编号482913")  # twice, or late: still nobody's question
    enabling.begin("100000")
    assert not enabling.echoed


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"mode": "on"}',
        '{"mode": "maybe", "trial": ""}',
        '{"mode": "on", "trial": 3}',
        "\0",
    ],
)
def test_an_unreadable_file_means_off(tmp_path, content):
    (tmp_path / "notices.json").write_text(content)
    shop = Shop(tmp_path)
    assert shop.enabling.mode == "off"
    assert [event for event, _ in shop.log] == ["notices.mode"]
    shop.enabling.set("trial")
    assert shop.start().mode == "trial"


def test_a_file_that_cannot_be_opened_means_off(tmp_path):
    (tmp_path / "notices.json").mkdir()
    shop = Shop(tmp_path)
    assert shop.enabling.mode == "off"
    assert shop.log[0][0] == "notices.mode"


def test_what_cannot_be_stored_does_not_change(shop, monkeypatch):
    shop.on()

    def fails(*_):
        raise OSError(28, "full")

    monkeypatch.setattr(os, "rename", fails)
    with pytest.raises(OSError):
        shop.enabling.set("off")
    assert shop.enabling.mode == "on"
    shop.identity["sim"] = "other"
    assert not shop.enabling.allows("customer")  # safe although it cannot be stored
    assert [event for event, _ in shop.log].count("notices.storage") == 1
    assert not shop.enabling.allows("customer")
    monkeypatch.undo()
    assert not shop.start().allows("customer")


def test_a_power_cut_while_storing_leaves_the_old_mode(shop, tmp_path):
    shop.on()
    whole = (tmp_path / "notices.json").read_bytes()
    for cut in range(len(whole)):
        (tmp_path / "notices.json.new").write_bytes(whole[:cut])
        assert shop.start().mode == "on"
    shop.enabling.set("off")
    assert json.loads((tmp_path / "notices.json").read_text())["mode"] == "off"
    assert sorted(os.listdir(tmp_path)) == ["notices.json"]


def test_no_other_mode(shop):
    with pytest.raises(ValueError, match="off, trial or on"):
        shop.enabling.set("always")
