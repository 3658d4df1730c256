"""Settings, clock, event log, supervised tasks, service console."""

import asyncio
import json
from datetime import date, timedelta
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

import virtualclock
from shop import CUSTOMER, GOOD, TMK
from terminal import settings as settings_table
from terminal.clock import Clock, days
from terminal.service import console
from terminal.service.eventlog import EventLog
from terminal.tasks import Tasks

# ---- settings

BAD = {
    "int": ("x", 1.5, True, None, -1, 10**9),
    "str": (5, "", "x" * 100, "a\nb", None),
    "digits": (5, "", "12345678901234567", "１２３", "abc", None),
    "phone": (5, "+", "12a4567", "1" * 30, None),
    "choice": ("fr", 5, None, ""),
    "bool": (1, "true", None),
}


@pytest.mark.parametrize("name", settings_table.TABLE)
def test_every_setting_takes_its_default_and_refuses_others_by_name(name):
    kind, default, low, high, meaning = settings_table.TABLE[name]
    assert settings_table.check(name, default) == default
    assert meaning
    for value in BAD[kind]:
        if (kind == "phone" and value == "+" and not low) or (value == "" and low == 0):
            continue
        with pytest.raises(settings_table.SettingsError) as error:
            settings_table.check(name, value)
        text = str(error.value)
        assert error.value.name == name
        assert f"setting {name}: allowed is " in text
        if kind == "int":
            assert str(low) in text
            assert str(high) in text
        elif kind == "choice":
            assert all(choice in text for choice in high)
        elif kind != "bool":
            assert str(high) in text


def test_limits_themselves_are_allowed():
    for name, (kind, _, low, high, _) in settings_table.TABLE.items():
        if kind == "int":
            assert settings_table.check(name, low) == low
            assert settings_table.check(name, high) == high


@pytest.mark.parametrize(
    ("content", "said"), [("{", "not valid JSON"), ("[]", "one object"), ('{"colour": 1}', "unknown setting colour")]
)
def test_settings_file_that_cannot_be_used(tmp_path, content, said):
    (tmp_path / "settings.json").write_text(content)
    with pytest.raises(settings_table.SettingsError, match=said):
        settings_table.load(str(tmp_path))


def test_settings_file_overrides_defaults(tmp_path):
    assert settings_table.load(str(tmp_path))["port"] == 9100
    (tmp_path / "settings.json").write_text(json.dumps({"port": 5000}))
    assert settings_table.load(str(tmp_path))["port"] == 5000


# ---- clock


@given(st.dates(date(2000, 1, 1), date(2399, 12, 31)))
def test_days_agree_with_the_calendar(day):
    assert days(day.year, day.month, day.day) == (day - date(2000, 1, 1)).days


def test_clock_counts_seconds():
    class Rtc:
        def now(self):
            return (2026, 11, 21, 20, 45, 3)

    clock = Clock(Rtc())
    assert clock.text() == "2026-11-21 20:45:03"
    since = date(2026, 11, 21) - date(2000, 1, 1) + timedelta(0)
    assert clock.seconds() == since.days * 86400 + 20 * 3600 + 45 * 60 + 3
    assert clock.moment()[0] == 2026


# ---- event log


class FixedClock:
    def text(self):
        return "2026-11-21 20:45:03"


def test_event_log_turns_over_and_keeps_the_latest(tmp_path):
    log = EventLog(str(tmp_path), FixedClock())
    for number in range(1200):
        log("test", "%d card 6222020000000000018" % number)
        if number == 300:
            log = EventLog(str(tmp_path), FixedClock())  # a restart goes on in the same file
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= 16384
    last = log.last(40)
    assert len(last) == 40
    assert " 1199 card ***************0018" in last[-1]
    assert not any(b"622202" in path.read_bytes() for path in tmp_path.iterdir())


def test_one_event_is_one_line_of_bounded_length(tmp_path):
    log = EventLog(str(tmp_path), FixedClock())
    log("test", "a\r\nb" + "x" * 500)
    (line,) = log.last(5)
    assert line.startswith("2026-11-21 20:45:03 test a  b")
    assert len(line) < 160


# ---- tasks


class Dog:
    def __init__(self):
        self.fed = 0

    def feed(self):
        self.fed += 1


def run_tasks(seconds, add):
    log = []
    dog = Dog()
    tasks = Tasks(dog, lambda event, detail="": log.append((event, detail)))

    async def main():
        add(tasks)
        running = asyncio.ensure_future(tasks.run())
        await asyncio.sleep(seconds)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    virtualclock.run(main())
    return log, dog


def test_dead_task_is_restarted_later_and_later():
    starts = []

    async def dies():
        starts.append(asyncio.get_running_loop().time())
        raise KeyError("6222020000000000018")

    log, _ = run_tasks(200, lambda tasks: tasks.add("victim", dies))
    waits = [round(b - a) for a, b in zip(starts, starts[1:], strict=False)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert all(event == "task.died" and "KeyError" in detail and "622202" not in detail for event, detail in log)


def test_task_that_lived_for_a_while_is_restarted_at_once():
    starts = []

    async def lives():
        starts.append(asyncio.get_running_loop().time())
        await asyncio.sleep(100)

    log, _ = run_tasks(350, lambda tasks: tasks.add("worker", lives))
    assert starts == pytest.approx([0, 101, 202, 303])
    assert log == [("task.ended", "worker")] * 3


def test_where_a_task_died_is_told_from_the_devices_own_traceback(monkeypatch):
    import sys
    import traceback

    monkeypatch.setattr(sys, "print_exception", lambda e, out: traceback.print_exception(e, file=out), raising=False)

    async def dies():
        raise OSError(5, "13812345678")

    log, _ = run_tasks(0.5, lambda tasks: tasks.add("victim", dies))
    (event, detail) = log[0]
    assert event == "task.died"
    assert detail.startswith("victim OSError ")
    assert "test_terminal_service.py" in detail
    assert CUSTOMER not in detail


def test_watchdog_is_fed_only_while_critical_tasks_report():
    async def silent():
        await asyncio.sleep(10**6)

    log, dog = run_tasks(300, lambda tasks: tasks.add("operator", silent, critical=60))
    assert log == [("watchdog.starved", "operator")]
    assert 12 <= dog.fed <= 14


# ---- console


def test_every_command_the_help_lists_exists():
    for row in console._COMMANDS.strip().split("\n"):
        name, module, login, text = row.split("|")
        assert login in ("", "L")
        assert text
        if module:
            assert asyncio.iscoroutinefunction(getattr(import_module("terminal.service." + module), name))
        else:
            assert asyncio.iscoroutinefunction(getattr(console.Console, "_" + name))


def test_console_tells_the_state_and_nothing_secret(play):
    async def story(shop):
        await shop.enter_sale("2350")
        await shop.screen("交易成功")
        await shop.idle()
        await shop.settled()
        assert "tmk" in await shop.ask("help")
        status = await shop.ask("status")
        for wanted in (
            "tmk=1D23C4E8",
            "signed_in=yes",
            "modem=ready",
            "reversal=none",
            "notices_open=0",
            "notices=on",
            "alarms=none",
        ):
            assert wanted in status
        last = await shop.ask("last")
        for wanted in ("state=approved", "amount=2350", "card=622202*********0018"):
            assert wanted in last
        assert "138****5678 delivered" in await shop.ask("notices")
        assert "notice.sent" in await shop.ask("log")
        assert "AT+CIPSEND" in await shop.ask("modem")
        assert "unknown command" in await shop.ask("format")
        assert "refused: `login` first" in await shop.ask("tmk")

    play(story)


def test_console_login_refuses_and_locks(play):
    async def story(shop):
        async def login(password):
            shop._read = len(shop.console_text)
            await shop.type("login")
            await shop.printed("password")
            await shop.type(password)
            return await shop.printed("posterm> ")

        shop._read = len(shop.console_text)
        for left in (4, 3):
            assert f"refused, {left} tries left" in await login("not the password")
        assert "ok" in await login("technician")
        assert "ok" in await shop.ask("logout")
        assert "`login` first" in await shop.ask("tmk")
        for _ in range(5):
            await login("not the password")
        assert "locked" in await shop.ask("login")
        assert "technician" not in shop.console_text

    play(story)


def test_key_injection_checks_its_components(play):
    async def story(shop):
        shop.secrets.octets.discard(TMK)  # the components are typed by the story, not echoed

        async def components(first, second):
            shop._read = len(shop.console_text)
            await shop.type("tmk")
            await shop.printed("component 1")
            await shop.type(first)
            if second is not None:
                await shop.printed("component 2")
                await shop.type(second)
            return await shop.printed("posterm> ")

        await shop.power_on()
        await shop.inject_key()
        assert "32 or 48" in await components("00" * 15, None)
        assert "32 or 48" in await components("zz" * 16, None)
        assert "32 or 48" in await components("00" * 16, "11")
        assert "differ in length" in await components("00" * 16, "11" * 24)
        assert "key: weak key (the same component twice?)" in await components("11" * 16, "11" * 16)
        assert "key: equal parts (the same component twice?)" in await components("11" * 24, "22" * 24)
        assert "check value" in await components("11" * 24, "22" * 8 + "44" * 8 + "88" * 8)
        assert "11" * 16 not in shop.console_text

    play(story, fresh=True)


def test_console_survives_noise(play):
    async def story(shop):
        shop.console.write(bytes(range(256)) * 4 + b"\r")
        shop.console.write(b"sta\x08\x08\x08" + b"status\r\n")
        shop.console.write(b"x" * 1000 + b"\r")
        await asyncio.sleep(2)
        assert "board=HOST" in await shop.ask("status")
        assert GOOD not in shop.console_text

    play(story)
