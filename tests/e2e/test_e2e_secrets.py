"""Nothing a shop leaves behind tells a card number, a PIN, a key or a phone number; and the search would find them."""

import pytest
import secrecy
from till import APPROVED, NO_KEY

from posterm.demo.scenario import CUSTOMER, GOOD, PIN


@pytest.fixture(scope="module")
def busy_till(till):
    """A till that has had every kind of work: a sale, a keyed card, a decline, a reversal, restarts, the console."""
    rig = till.rig
    till.sell(8001)
    till.enter(8002, "6222020000000000117=49121010000000000")
    till.idle()
    rig.acquirer.call("next", on="financial", action="charged_silent")
    till.enter(8003)
    till.idle()
    rig.wait_screen("请输入金额")
    rig.keys("8004")
    rig.keys("ENTER")
    rig.wait_screen("请刷卡")
    rig.keys(GOOD.partition("=")[0])
    rig.wait_screen("卡号")
    rig.keys("ENTER")
    rig.wait_screen("有效期")
    rig.keys("1249", "ENTER")
    till.enter_pin()
    rig.wait_screen("顾客手机号")
    rig.keys(CUSTOMER, "ENTER")
    rig.wait_screen("请再输一次")
    rig.keys(CUSTOMER, "ENTER")
    rig.wait_screen(APPROVED)
    till.take_slips()
    till.enter(8005, pin="111111")
    rig.wait_screen("密码错误")
    rig.keys("CANCEL")
    till.idle()
    for command in ("help", "status", "last", "notices", "log", "modem", "logout", "tmk", "nonsense"):
        rig.console.ask(command)
    till.settled()
    till.restart()
    for command in ("status", "last", "notices", "log", "modem"):
        rig.console.ask(command)
    return till


def test_files_and_screens_tell_nothing(busy_till):
    assert secrecy.search(busy_till) > 100


def test_entries_are_masked_while_they_are_typed(busy_till):
    rows = [row for frame in busy_till.collect_frames() for row in frame]
    assert any("*" * len(PIN) in row for row in rows)
    assert any("622202*" in row for row in rows)
    assert any("138*" in row for row in rows)


def test_the_storage_without_the_devices_secret_tells_nothing(busy_till):
    """The sealed files hold no form of a key or number even for one who reads raw flash."""
    secrets = secrecy.secrets_of(busy_till)
    for path in busy_till.rig.storage.rglob("*"):
        if path.is_file() and path.name != "settings.json":
            assert secrecy.leaks(path.read_bytes(), secrets) == []


@pytest.mark.parametrize("kind", range(20))
def test_the_search_finds_what_it_searches_for(till, kind):
    secrets = secrecy.secrets_of(till)
    name, planted = secrets[kind % len(secrets)]
    assert name in secrecy.leaks(b"some line " + planted + b" of a log", secrets)


def test_a_new_terminal_asks_for_its_key(till):
    assert NO_KEY in "".join("".join(rows) for rows in till.collect_frames())
