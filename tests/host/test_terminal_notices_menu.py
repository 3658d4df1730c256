"""The operator's SMS menu and the technician's SMS commands in the whole terminal: what is shown, what comes of it.

Every row that is cut at the screen's 16 cells, and every number or secret that is shown, fails the story (shop.py).
"""

import asyncio
import json

import pytest

from posterm.sim.modem.config import ModemConfig
from shop import CUSTOMER, IDLE, MERCHANT
from terminal.ui.texts import Texts

LANGUAGES = ("zh", "en")
OWN = "13700137000"
CORRECTED = "13587654321"
REFUSED = 8  # CMS: barred, for good
ITEMS = ("state", "why", "resend", "trial", "mode", "preview", "watch")


class Menu:
    """The menu in one language, whatever the settings say."""

    def __init__(self, shop, language="zh"):
        self.shop = shop
        self.t = Texts(language)

    async def speak(self):
        """Switch the screen's language when it is the other one."""
        if self.t.language == "en":
            await self.shop.keys("MENU", "5")
            await self.rows("language.now")
            await self.home()

    async def home(self):
        await self.shop.screen(self.t("idle.start"))

    async def open(self, item):
        """Choose an item like an operator: turn the pages until it is on the screen."""
        shop = self.shop
        await shop.keys("MENU")
        await self.rows("menu", "menu.sale")
        await shop.keys("DOWN")
        await self.rows("menu", "menu.notices")
        await shop.keys("4")
        at = ITEMS.index(item)
        for _ in range(at // 3):
            await shop.keys("DOWN")
        await self.rows("sms." + item)
        await shop.keys(str(at + 1))

    async def rows(self, *keys, timeout=300):
        """Wait for a screen with the texts of all `keys`, wrapped or not; return its rows without blanks around them."""
        wanted = [self.t(key).replace(" ", "") for key in keys]
        for _ in range(10 * timeout):
            rows = [row.strip() for row in self.shop.board.lcd.rows]
            shown = "".join(rows).replace(" ", "")
            if all(text in shown for text in wanted):
                return rows
            await asyncio.sleep(0.1)
        raise AssertionError(f"no screen with {wanted}; it shows {rows}")

    async def leave(self):
        await self.shop.keys("CANCEL")
        await self.home()

    async def type_number(self, number):
        await self.rows("sms.number")
        await self.shop.keys(number, "ENTER")
        await self.rows("mobile.again")
        await self.shop.keys(number, "ENTER")


async def sell(shop, mobile=CUSTOMER):
    await shop.enter_sale("2350", mobile=mobile)
    await shop.screen("交易成功")
    await shop.idle()
    await shop.settled()


async def switched(shop, mode, trial=""):
    """Switch the terminal off and on again with notices.json saying so."""
    await shop.power_off()
    (shop.storage / "notices.json").write_text(json.dumps({"mode": mode, "trial": trial}))
    await shop.power_on()
    await shop.screen(IDLE)
    await shop.ready()


@pytest.fixture
def story_of(play):
    """Return `run(language, story, **options)`, where story(shop, menu)."""

    def run(language, story, **options):
        async def told(shop):
            await story(shop, Menu(shop, language))

        play(told, **options)

    return run


# ---- leaving


@pytest.mark.parametrize("way", ["CANCEL", "time-out"])
@pytest.mark.parametrize("item", [item for item in ITEMS if item != "trial"])
def test_every_item_can_be_left(story_of, item, way):
    async def story(shop, menu):
        await sell(shop)
        before = (shop.storage / "notices.json").read_text(), shop.terminal.outbox.open_count
        await menu.open(item)
        await asyncio.sleep(1)
        if way == "CANCEL":
            await menu.leave()
        else:
            await asyncio.sleep(shop.terminal.settings["input_seconds"])
            await menu.home()
        shop.at_rest()
        assert before == ((shop.storage / "notices.json").read_text(), shop.terminal.outbox.open_count)

    story_of("zh", story)


# ---- states and why


@pytest.mark.parametrize("language", LANGUAGES)
def test_states_of_the_latest_notices_newest_first(story_of, language):
    async def story(shop, menu):
        await sell(shop)
        shop.modem.centre.set_phone(CUSTOMER, refuse=REFUSED)
        await sell(shop)
        await menu.speak()
        t = menu.t
        delivered, failed = t("notice.delivered"), t("notice.failed")
        await menu.open("state")
        assert await menu.rows("sms.state") == [
            t("sms.state"),
            "9000 " + delivered,
            "5678 " + failed,
            "9000 " + delivered,
        ]
        await shop.keys("DOWN")
        await asyncio.sleep(1)
        assert await menu.rows("sms.state") == [t("sms.state"), "5678 " + delivered, "", ""]
        await shop.keys("DOWN", "UP")
        await asyncio.sleep(1)
        assert (await menu.rows("sms.state"))[2] == "5678 " + failed
        await shop.keys("ENTER")
        await menu.home()

    story_of(language, story)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_terminal_without_notices_says_so(story_of, language):
    async def story(shop, menu):
        await menu.speak()
        await menu.open("state")
        await menu.rows("sms.state", "notice.none")
        await menu.leave()
        for item in ("why", "resend"):
            await menu.open(item)
            await menu.rows("sms." + item, "voucher")
            await shop.keys("ENTER")
            await menu.rows("sms." + item, "voucher.none")
            await menu.home()

    story_of(language, story)


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_tells_cause_and_remedy_of_both_notices(story_of, root, language):
    text = (root / f"firmware/terminal/notices/doctor_{language}.txt").read_text(encoding="utf-8")
    words = {line.split("|")[0]: line.split("|")[1:3] for line in text.splitlines()}

    async def story(shop, menu):
        shop.modem.centre.set_phone(CUSTOMER, refuse=REFUSED)
        await sell(shop)
        first = "%d" % shop.record["trace"]
        await sell(shop, mobile="")
        await menu.speak()
        # the last one by ENTER alone, an earlier one by its number
        for typed, cause in ((), "no_number"), ((first,), "barred"):
            await menu.open("why")
            await menu.rows("sms.why", "voucher")
            await shop.keys(*typed, "ENTER")
            for audience, found in (("customer", cause), ("merchant", "delivered")):
                rows = await menu.rows("audience." + audience)
                assert [row for row in rows[1:] if row] == words[found][0].split("/")
                await shop.keys("ENTER")
                rows = await menu.rows("sms.remedy")
                assert [row for row in rows[1:] if row] == words[found][1].split("/")
                await shop.keys("ENTER")
            await menu.home()

    story_of(language, story)


# ---- sending again


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_is_sent_again_to_a_number_typed_twice(story_of, language):
    async def story(shop, menu):
        shop.secrets.numbers.add(CORRECTED)
        shop.modem.centre.set_phone(CUSTOMER, exists=False)
        await sell(shop)
        charged = shop.charged()
        await menu.speak()
        await menu.open("resend")
        await menu.rows("voucher")
        await shop.keys("ENTER")
        await menu.rows("audience.customer", "audience.merchant")
        await shop.keys("1")
        await menu.rows("sms.number")
        await shop.keys("1111111111111111", "ENTER")
        await menu.rows("mobile.bad")
        await shop.keys(CORRECTED, "ENTER")
        await menu.rows("mobile.again")
        await shop.keys(CORRECTED[:-1] + "2", "ENTER")
        await menu.rows("mobile.differs")
        await shop.keys(CORRECTED, "ENTER")
        await menu.rows("mobile.again")
        await shop.keys(CORRECTED, "ENTER")
        await menu.rows("resend.done")
        await menu.home()
        await shop.settled()
        assert len(shop.inbox(CORRECTED, "23.50")) == 1
        assert not shop.inbox(CUSTOMER)
        assert len(shop.inbox(MERCHANT)) == 1
        assert shop.charged() == charged
        # it has arrived: not once more
        await menu.open("resend")
        await menu.rows("voucher")
        await shop.keys("ENTER")
        await menu.rows("audience.customer")
        await shop.keys("1")
        await menu.rows("sms.number")
        await shop.keys("ENTER")
        await menu.rows("sms.resend", "resend.wait")
        await menu.home()
        await shop.settled()
        assert len(shop.inbox(CORRECTED)) == 1

    story_of(language, story)


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_nothing_to_send_again_without_a_number_at_the_sale(story_of, language):
    async def story(shop, menu):
        await sell(shop, mobile="")
        await menu.speak()
        await menu.open("resend")
        await menu.rows("voucher")
        await shop.keys("ENTER")
        await menu.rows("audience.customer")
        await shop.keys("1")
        await menu.rows("resend.none")
        await menu.home()

    story_of(language, story)


def test_a_notice_is_sent_again_to_the_old_number(story_of):
    async def story(shop, menu):
        shop.modem.centre.set_phone(CUSTOMER, refuse=REFUSED)
        await sell(shop)
        shop.modem.centre.set_phone(CUSTOMER, refuse=None)
        shop.medium.fail("outbox new", 2)  # tried twice
        for answer in ("full", "resend.done"):
            await menu.open("resend")
            await menu.rows("voucher")
            await shop.keys("%d" % shop.record["trace"], "ENTER")
            await menu.rows("audience.customer")
            await shop.keys("1")
            await menu.rows("sms.number")
            await shop.keys("ENTER")
            await menu.rows(answer)
            await menu.home()
        await shop.settled()
        assert len(shop.inbox(CUSTOMER)) == 1

    story_of("zh", story)


# ---- self-test and switch


def verdicts(menu, **given):
    return [f"{menu.t('trial.' + name)} {menu.t('verdict.' + verdict)}" for name, verdict in given.items()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_passed_self_test_may_switch_notices_on(story_of, language):
    async def story(shop, menu):
        shop.secrets.numbers.add(OWN)
        await switched(shop, "off")
        await menu.speak()
        await menu.open("trial")
        seen = await menu.rows("trial.send")
        assert seen[1:] == verdicts(menu, send="waiting", report="waiting", receive="waiting")
        seen = await until(menu, verdicts(menu, send="passed", report="passed", receive="passed"))
        assert seen[0] == menu.t("sms.trial")
        await menu.rows("trial.passed")
        await shop.keys("ENTER")
        await menu.rows("mode.now", "mode.on")
        await menu.home()
        assert shop.terminal.post._services.enabling.mode == "on"
        await shop.power_off()
        await shop.power_on()
        await shop.screen(IDLE)
        await sell(shop)
        assert len(shop.inbox(CUSTOMER)) == 1
        # once on, a passed test changes nothing
        await menu.speak()
        await menu.open("trial")
        await menu.rows("trial.passed")
        await menu.home()

    story_of(language, story, settings={"own_mobile": OWN}, modem_config=ModemConfig(own_number=OWN), notices="off")


async def until(menu, wanted):
    for _ in range(3000):
        rows = [row.strip() for row in menu.shop.board.lcd.rows]
        if rows[1:] == wanted:
            return rows
        await asyncio.sleep(0.1)
    raise AssertionError(f"{wanted} did not come; the screen shows {rows}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_reports_the_self_test_fails_and_notices_stay_off(story_of, language):
    async def story(shop, menu):
        shop.secrets.numbers.add(OWN)
        shop.modem.centre.set_report_mode("never")
        await switched(shop, "off")
        await menu.speak()
        await menu.open("trial")
        await until(menu, verdicts(menu, send="passed", report="failed", receive="passed"))
        await menu.rows("sms.trial", "trial.failed")
        await menu.home()
        await menu.open("mode")
        await menu.rows("mode.on")
        await shop.keys("3")
        await menu.rows("sms.mode", "mode.needtrial")
        await menu.home()
        assert json.loads((shop.storage / "notices.json").read_text())["mode"] == "off"

    story_of(language, story, settings={"own_mobile": OWN}, modem_config=ModemConfig(own_number=OWN), notices="off")


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_number_of_its_own_the_merchant_gets_the_test_message(story_of, language):
    async def story(shop, menu):
        await switched(shop, "off")
        await menu.speak()
        await menu.open("trial")
        await until(menu, verdicts(menu, send="passed", report="passed", receive="untried"))
        await menu.rows("trial.passed")
        await menu.leave()
        assert len(shop.inbox(MERCHANT)) == 1
        assert shop.terminal.post._services.enabling.mode == "off"

    story_of(language, story, notices="off")


def test_a_self_test_without_network_names_the_step_that_failed(story_of):
    async def story(shop, menu):
        await switched(shop, "off")
        shop.modem.network.set_registration("searching")
        await menu.open("trial")
        await until(menu, verdicts(menu, send="failed", report="untried", receive="untried"))
        assert "no_network" in shop.logged("trial.failed")[0]
        await menu.home()
        assert shop.terminal.outbox.open_count == 0, "nobody waits for it any longer"

    story_of("zh", story, notices="off")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_switch(story_of, language):
    async def story(shop, menu):
        await switched(shop, "off")
        await menu.speak()
        enabling = shop.terminal.post._services.enabling
        for key, mode, shown in (
            ("3", "off", "mode.needtrial"),
            ("2", "trial", None),
            ("3", "trial", "mode.needtrial"),
            ("1", "off", None),
        ):
            await menu.open("mode")
            assert (await menu.rows("mode.off", "mode.trial", "mode.on"))[0] == menu.t("mode.now") + menu.t(
                "mode." + enabling.mode
            )
            await shop.keys(key)
            if shown:
                await menu.rows("sms.mode", shown)
            await menu.home()
            assert enabling.mode == mode
        shop.medium.fail("notices.json", 1)
        await menu.open("mode")
        await menu.rows("mode.trial")
        await shop.keys("2")
        await menu.rows("full")
        await menu.home()
        assert enabling.mode == "off"

    story_of(language, story, notices="off")


def test_in_trial_the_merchant_alone_gets_a_message(story_of):
    async def story(shop, menu):
        await switched(shop, "trial")
        await shop.screen(IDLE)
        await shop.keys("2350", "ENTER")
        await shop.screen("请刷卡")
        shop.swipe("6222020000000000018=49121010000000000")
        await shop.enter_pin()
        await shop.screen("交易成功")
        await shop.idle()
        await shop.settled()
        assert len(shop.inbox(MERCHANT)) == 1
        assert not shop.inbox(CUSTOMER)

    story_of("zh", story, notices="off")


# ---- preview and figures


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_preview_pages_through_every_notice(story_of, language):
    async def story(shop, menu):
        await menu.speak()
        words = shop.terminal.post._services.words
        names = words.events()
        assert len(names) > 30
        await menu.open("preview")
        for number, (event, audience) in enumerate(names, 1):
            title = "%d/%d %s %d" % (number, len(names), menu.t("preview.parts"), words.preview(event, audience)[2])
            text = ""
            for _ in range(20):
                rows = await shop.screen(title)
                text += "".join(rows[1:])
                before = list(rows)
                await shop.keys("DOWN")
                if list(shop.board.lcd.rows) == before:
                    break
            assert text.replace(" ", "") == words.sample(event, audience).replace(" ", "")
            await shop.keys("UP", "ENTER")
        await shop.screen("1/%d " % len(names))
        await menu.leave()

    story_of(language, story)


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_and_alarms(story_of, language):
    async def story(shop, menu):
        shop.modem.centre.set_phone(CUSTOMER, refuse=REFUSED)
        t = menu.t
        await menu.speak()
        await menu.open("watch")
        empty = [t("watch.rate") + " -", t("watch.time") + " -", t("watch.parts") + " 0"]
        assert await menu.rows("sms.watch", "watch.rate") == [t("sms.watch"), *empty]
        await menu.leave()
        if language == "en":
            await shop.keys("MENU", "5")  # a sale is made in Chinese
        for _ in range(2):
            await sell(shop)
        await asyncio.sleep(61)
        await menu.speak()
        await menu.open("watch")
        rows = await menu.rows("sms.watch", "watch.rate")
        assert rows[1:] == [t("watch.rate") + " 50%", t("watch.time") + " 1s/1s", t("watch.parts") + " 2"]
        await shop.keys("DOWN")
        rows = await menu.rows("sms.watch", "idle.queue")
        assert rows[1:] == [t("idle.queue") + " 0", t("alarm.budget"), t("alarm.spent")]
        await menu.leave()
        assert shop.board.lcd.rows[3].endswith(t("idle.queue") + "0!")

    story_of(language, story, settings={"sms_budget": 2})


# ---- console


def test_console_tells_why_and_how_it_fares(play):
    async def story(shop):
        shop.modem.centre.set_phone(CUSTOMER, refuse=REFUSED)
        await sell(shop)
        for wrong in ("doctor", "doctor 12a", "doctor 1234567"):
            assert "usage: doctor VOUCHER" in await shop.ask(wrong)
        answer = await shop.ask("doctor %06d" % shop.record["trace"])
        customer, merchant = answer.split("[merchant]")
        assert "=> barred: CMS 8" in customer
        assert "sending is barred" in customer
        assert "=> delivered" in merchant
        unknown = await shop.ask("doctor 999999")
        assert "=> unknown_transaction" in unknown
        assert "[merchant]" not in unknown
        watch = await shop.ask("watch")
        for row in ("rate=50", "parts=1", "cost=10", "causes=CMS 8:1", "month=2026-11", "alarms=-"):
            assert row in watch.split("\r\n")
        shop.modem.centre.deliver("13777654321", "?")
        await asyncio.sleep(60)
        assert "asked_days=answered:1,help:1" in (await shop.ask("watch")).split("\r\n")
        assert "none" in await shop.ask("checks")
        shop.terminal.post._services.checks.add("000001.%06d-c" % shop.record["trace"], "no")
        assert " no open" in await shop.ask("checks")

    play(story)


def test_console_previews_notices(play):
    async def story(shop):
        names = shop.terminal.post._services.words.events()
        listed = [line for line in (await shop.ask("preview")).split("\r\n") if " units " in line]
        assert [tuple(line.split()[:2]) for line in listed] == names
        one = await shop.ask("preview sale_approved merchant")
        assert "sale_approved merchant ucs2" in one
        assert "【示例商店】" in one
        assert "sale_approved customer" in await shop.ask("preview sale_approved")
        assert "unknown" in await shop.ask("preview sale")

    play(story)


async def login(shop):
    shop._read = len(shop.console_text)
    await shop.type("login")
    await shop.printed("password")
    await shop.type("technician")
    await shop.printed("ok")
    await shop.printed("posterm> ")


def test_console_switches_and_tests_for_the_technician_only(play):
    async def story(shop):
        shop.secrets.numbers.add(OWN)
        await switched(shop, "off")
        for command in ("sms on", "trial", "resend 000001.000001-c"):
            assert "refused: `login` first" in await shop.ask(command)
        await login(shop)
        assert "usage: sms off, sms trial or sms on; now: off" in await shop.ask("sms")
        assert "usage" in await shop.ask("sms always")
        assert "`trial` must pass first" in await shop.ask("sms on")
        assert "ok trial" in await shop.ask("sms trial")
        shop._read = len(shop.console_text)
        await shop.type("trial")
        answer = await shop.printed("posterm> ", timeout=300)
        for row in ("send=passed", "report=passed", "receive=passed", "passed"):
            assert row in answer.split("\r\n")
        assert "ok on" in await shop.ask("sms on")
        shop.medium.fail("notices.json", 1)
        assert "refused: not stored" in await shop.ask("sms off")
        assert "notices=on" in await shop.ask("status")
        shop.modem.network.set_registration("denied")
        await asyncio.sleep(60)
        shop._read = len(shop.console_text)
        await shop.type("trial")
        answer = await shop.printed("posterm> ", timeout=300)
        assert "send=failed denied" in answer
        assert "not passed" in answer

    play(story, settings={"own_mobile": OWN}, modem_config=ModemConfig(own_number=OWN))


def test_console_sends_again_to_a_number_that_is_not_echoed(play):
    async def story(shop):
        shop.secrets.numbers.add(CORRECTED)
        shop.modem.centre.set_phone(CUSTOMER, refuse=REFUSED)
        await sell(shop)
        key = "%06d.%06d-" % (shop.record["batch"], shop.record["trace"])
        await login(shop)

        async def resend(key, number):
            shop._read = len(shop.console_text)
            await shop.type("resend " + key)
            await shop.printed("not echoed")
            await shop.type(number)
            return await shop.printed("posterm> ")

        assert "usage: resend KEY" in await shop.ask("resend")
        assert "usage: resend KEY" in await shop.ask("resend 000009.000009-c")
        assert "refused" in await resend(key + "c", "12")
        assert "refused: " in await resend(key + "m", "")
        assert "ok " + key + "c~2" in await resend(key + "c", CORRECTED)
        await shop.settled()
        assert len(shop.inbox(CORRECTED)) == 1
        assert key + "c~2" in await shop.ask("notices")

    play(story)


def test_console_shows_the_dialogue_kept_from_trouble(play):
    async def story(shop):
        assert "none" in await shop.ask("recording")
        shop.modem.centre.set_phone(CUSTOMER, refuse=REFUSED)
        await sell(shop)
        answer = await shop.ask("recording")
        assert "# posterm modem recording 1 " in answer
        assert "+CMS ERROR: 8" in answer
        assert "<CTRL-Z>" in answer

    play(story)
