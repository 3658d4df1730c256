"""Offers: to those who agreed and to nobody else, never at night, never twice, never before a payment's notice."""

import asyncio
import builtins
import contextlib
import json
import os
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import journal
import virtualclock
from notices_network import EPOCH, Modem, Network
from terminal.notices import bank_ledger, consent_book, templates
from terminal.notices.consent import Consent, ConsentError
from terminal.notices.offers import OfferError, Offers
from terminal.notices.outbox import Outbox
from terminal.notices.sender import Sender
from terminal.ondemand import borrowed

NUMBER = "+8613812345678"
OTHER = "+8613900001111"
OFFER = {"id": "sat", "group": "", "text": "本周六全场八折", "from": "2026-11-21 09:00", "until": "2026-11-30 18:00"}
NOON = bank_ledger.seconds("2026-11-21 12:00:00")
DAY = 86400


def protect(data):
    return b"\x5a" + bytes(b ^ 0x5A for b in data) + bytes((sum(data) & 0xFF,))


def reveal(data):
    clear = bytes(b ^ 0x5A for b in data[1:-1])
    if not data or data[0] != 0x5A or data[-1] != sum(clear) & 0xFF:
        raise ValueError("damaged")
    return clear


class Shop:
    """The offers of a terminal with its outbox, on a clock that is set by hand; `reboot` begins again from storage."""

    def __init__(self, directory, **settings):
        self.directory = Path(directory)
        self.time = NOON
        self.calm = True
        self.logged = []
        self.settings = {"offers": True, "quiet_from": 21, "quiet_to": 9, "offer_cap": 4, "merchant_name": "示例商店"}
        self.settings.update(settings)
        self.reboot()

    def seconds(self):
        return self.time

    def moment(self):
        t = time.gmtime(EPOCH + self.time)
        return tuple(t[:6])

    def log(self, event, detail):
        self.logged.append((event, detail))
        for number in (NUMBER, OTHER):
            assert number[3:] not in detail

    def reboot(self):
        self.box = Outbox(journal.Journal(str(self.directory / "outbox")), protect, reveal, self.seconds, self.log)
        self.consent = Consent(str(self.directory), self.settings, protect, reveal, self.seconds, self.log, self.box)
        self.words = templates.load("zh")
        self.offers = Offers(
            str(self.directory), self.settings, self.consent, self.box, self.words, self, self.log, lambda: self.calm
        )
        self.box.on_end = lambda summary, gone: self.offers.ended(summary)

    def say(self, text, number=NUMBER):
        self.time += 1
        return self.consent.take(number, text, self.time)

    def queued(self):
        return [one[0] for one in self.box.entries() if one[0].startswith("offer-") and one[4] == "queued"]

    def all(self):
        return [one[0] for one in self.box.entries() if one[0].startswith("offer-")]

    def deliver(self):
        """The network takes and reports whatever waits."""
        for entry, i in list(self.box.open_parts()):
            self.box.begin(entry, i)
            self.box.accepted(entry, i, 7)
            self.box.delivered(entry, i, 7)

    def hours(self, count):
        """Let hours pass, with whatever is offered being delivered."""
        sent = 0
        for _ in range(60 * count):
            sent += self.offers.step()
            self.deliver()
            self.time += 60
        return sent

    def days(self, count):
        """Let days pass; offers are looked for from noon to two."""
        sent = 0
        for _ in range(count):
            sent += self.hours(2)
            self.time += DAY - 7200
        return sent


@pytest.fixture
def shop(tmp_path):
    return Shop(tmp_path)


@pytest.mark.parametrize(
    "text", ["订阅", "DY", "dy", "ＤＹ", "Join", " dy。", "订阅！", "【订阅】", "DY VIP", "订阅VIP", "ｄｙ　ｖｉｐ"]
)
def test_words_that_begin_offers(shop, text):
    assert shop.say(text) == "offer_joined"
    assert shop.consent.count() == (1, 0)
    groups = consent_book.find(shop.consent, NUMBER)[consent_book.GROUPS]
    assert groups == ("VIP" if "V" in text.upper() or "ｖ" in text else "")


@pytest.mark.parametrize(
    "text",
    ["退订", "td", "TD", "Ｔ", "t.", "stop", "STOP!", "ＳＴＯＰ", "Unsubscribe please", "退订优惠", "取消订阅", "T D"],
)
def test_words_that_end_offers(shop, text):
    shop.say("DY")
    assert shop.say(text) == "offer_left"
    assert shop.consent.count() == (0, 1)
    assert shop.say(text) == "", "answered once"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "N",
        "是",
        "CX 000012 1234",
        "DYNAMIC",
        "订阅吗？",
        "我要订阅",
        "请问如何退订",
        "TDK",
        "Thanks",
        "DY " + "A" * 9,
        "x" * 41,
    ],
)
def test_other_messages_are_not_ours(shop, text):
    assert shop.say(text) is None
    assert shop.consent.count() == (0, 0)


@given(st.text(max_size=60))
def test_no_text_upsets_the_reader(tmp_path_factory, text):
    if "joined" not in (Shop(tmp_path_factory.mktemp("x")).say(text) or ""):
        return
    assert text.strip()


def test_only_an_answer_given_now_is_given(shop):
    assert shop.consent.take(NUMBER, "DY", 5) == "offer_joined"
    assert shop.consent.take(NUMBER, "DY", 5) == "offer_joined", "the same message, handled again after a power cut"
    assert shop.consent.take(NUMBER, "DY", 6) == ""
    assert shop.consent.take(NUMBER, "TD", 7) == "offer_left"
    assert shop.consent.take(NUMBER[3:], "TD", 7) == "offer_left", "the national form is the same telephone"
    assert shop.consent.take(NUMBER[3:], "TD", 8) == ""


@pytest.mark.parametrize("sender", ["10086", "BANK", "", "95588", "+86138", "1069012345678"])
def test_only_telephones_of_people_can_join(shop, sender):
    assert shop.say("DY", sender) is None
    assert shop.consent.count() == (0, 0)


def test_while_offers_are_off_nobody_joins_and_everybody_may_leave(shop):
    shop.say("DY")
    shop.settings["offers"] = False
    assert shop.say("DY", OTHER) is None
    assert shop.say("TD") == "offer_left"
    assert shop.consent.count() == (0, 1)


def test_the_operator_adds_and_removes_but_not_against_the_customers_word(shop):
    shop.consent.join("138 1234 5678", "vip")
    assert shop.consent.count() == (1, 0)
    shop.consent.join("13812345678")
    assert shop.consent.leave("13812345678")
    assert not shop.consent.leave("13812345678")
    shop.consent.join("13812345678")
    assert shop.consent.count() == (1, 0)
    shop.say("TD", OTHER)
    for number, group, reason in (
        ("13900001111", "", "left"),
        ("123", "", "number"),
        ("13700000000", "a b", "group"),
        ("13700000000", "ABCDEFGHI", "group"),
    ):
        with pytest.raises(ConsentError) as caught:
            shop.consent.join(number, group)
        assert caught.value.reason == reason
    assert shop.say("DY", OTHER) == "offer_joined"


def test_two_hundred_numbers_are_kept_and_no_member_is_dropped(shop):
    for i in range(200):
        shop.consent.join("1380000%04d" % i)
    assert shop.say("DY") == ""
    assert ("offer.refused", "full") in shop.logged
    assert shop.say("TD") == "offer_left"
    assert shop.consent.count() == (200, 0)
    shop.consent.leave("13800000007")
    assert shop.say("DY") == "offer_joined"
    assert shop.consent.count() == (200, 0)
    with pytest.raises(ConsentError):
        shop.consent.join("13900001111")


def test_no_number_stands_clear_in_storage(shop):
    shop.say("DY VIP")
    shop.offers.add(OFFER)
    shop.offers.step()
    stored = b"".join(path.read_bytes() for path in shop.directory.rglob("*") if path.is_file())
    assert b"13812345678" not in stored
    assert shop.queued()


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"id": ""}, "id", "letters and digits"),
        ({"id": "a-b"}, "id", "letters and digits"),
        ({"id": 7}, "id", "letters and digits"),
        ({"group": "a b"}, "group", "A to Z"),
        ({"text": ""}, "text", "1 to 160"),
        ({"text": "字" * 161}, "text", "1 to 160"),
        ({"text": "字" * 130}, "text", "3 parts"),
        ({"text": "\u200b"}, "text", "empty"),
        ({"from": "2026-13-01 09:00"}, "from", "2026-11-21 09:00"),
        ({"until": "tomorrow"}, "until", "2026-11-21 09:00"),
        ({"until": "2026-11-20 09:00"}, "until", "later"),
        ({"colour": "red"}, "colour", "unknown"),
    ],
)
def test_wrong_offers_are_refused_with_what_is_allowed(shop, change, field, words):
    with pytest.raises(OfferError) as caught:
        shop.offers.add({**OFFER, **change})
    assert caught.value.field == field
    assert words in str(caught.value)
    assert shop.offers.offers() == []


def test_offers_have_names_of_their_own_and_there_are_ten(shop):
    assert shop.offers.add(OFFER) == ("ucs2", 18, 1)
    with pytest.raises(OfferError) as caught:
        shop.offers.add(OFFER)
    assert caught.value.field == "id"
    for i in range(9):
        shop.offers.add({**OFFER, "id": "n%d" % i})
    with pytest.raises(OfferError):
        shop.offers.add({**OFFER, "id": "eleven"})
    assert shop.offers.remove("n0")
    assert not shop.offers.remove("n0")
    shop.reboot()
    assert len(shop.offers.offers()) == 9


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"offers": {}}', '{"offers": [3]}', '{"offers": [{"id": "x"}]}', "[" * 9000]
)
def test_a_damaged_file_stops_offers_and_nothing_else(shop, content):
    shop.say("DY")
    (shop.directory / "offers.json").write_text(content)
    with pytest.raises(OfferError):
        shop.offers.offers()
    assert not shop.offers.step()
    assert shop.logged[-1][0] == "offer.file"


def test_an_offer_names_the_merchant_and_how_to_end_them(shop):
    shop.say("DY")
    shop.offers.add(OFFER)
    assert shop.offers.step()
    entry, _ = shop.box.next()
    assert (shop.box.text(entry), entry.number, entry.audience) == (
        "【示例商店】本周六全场八折。回T退订",
        NUMBER,
        "offer",
    )
    assert shop.offers.status() == [["sat", 1, 0, 0, 0]]
    shop.deliver()
    assert shop.offers.status() == [["sat", 1, 1, 0, 0]]


def test_nobody_gets_an_offer_twice_and_strangers_get_none(shop):
    shop.say("DY")
    shop.say("DY", OTHER)
    shop.say("TD", OTHER)
    shop.offers.add(OFFER)
    assert shop.hours(30) == 1
    shop.reboot()
    assert shop.hours(24) == 0
    assert len(shop.all()) == 1
    assert shop.say("TD") == "offer_left"
    assert shop.say("DY") == "offer_joined"
    assert shop.hours(24) == 0, "nor after leaving and joining again"


def test_off_is_off(tmp_path):
    shop = Shop(tmp_path, offers=False)
    shop.consent.join("13812345678")
    shop.offers.add(OFFER)
    assert shop.hours(48) == 0


def test_groups(shop):
    shop.say("DY VIP")
    shop.say("DY", OTHER)
    shop.offers.add({**OFFER, "group": "VIP"})
    assert shop.hours(3) == 1
    shop.offers.add({**OFFER, "id": "all"})
    assert shop.hours(3) == 2


def test_the_cap_holds_for_thirty_days(tmp_path):
    shop = Shop(tmp_path, offer_cap=2)
    shop.say("DY")
    for i in range(4):
        shop.offers.add({**OFFER, "id": "n%d" % i, "until": "2027-11-30 18:00"})
    assert shop.days(12) == 2
    shop.reboot()
    assert shop.days(17) == 0
    assert shop.days(2) == 2


def test_nothing_is_offered_in_the_quiet_hours_nor_just_before(shop):
    shop.say("DY")
    shop.offers.add(OFFER)
    sent = []
    for hour in list(range(21, 33)) + [20.6]:
        shop.time = NOON + int((hour - 12) * 3600)
        sent.append(shop.offers.step())
    assert not any(sent)
    shop.time = NOON + 21 * 3600 + 60
    assert shop.offers.step(), "at nine in the morning"


def test_what_still_waits_when_the_quiet_hours_begin_is_cancelled(shop):
    shop.say("DY")
    shop.offers.add(OFFER)
    shop.offers.step()
    assert shop.queued()
    shop.reboot()
    shop.time = NOON + 9 * 3600
    shop.offers.step()
    assert not shop.queued()
    assert shop.box.open_count == 0


def test_payments_come_first(shop):
    shop.say("DY")
    shop.offers.add(OFFER)
    shop.box.queue("000001.000012-c", "sale_approved", "customer", OTHER, "text")
    assert not shop.offers.step()
    shop.deliver()
    shop.calm = False
    assert not shop.offers.step()
    shop.calm = True
    shop.time += 3600
    assert shop.hours(2) == 1


def test_one_offer_at_a_time(shop):
    shop.say("DY")
    shop.say("DY", OTHER)
    shop.offers.add(OFFER)
    assert shop.offers.step()
    assert not shop.offers.step()
    shop.deliver()
    assert shop.offers.step()


def test_leaving_cancels_what_is_queued(shop):
    shop.say("DY")
    shop.offers.add(OFFER)
    shop.offers.step()
    assert len(shop.queued()) == 1
    assert shop.say("退订") == "offer_left"
    assert shop.queued() == []
    assert shop.offers.status()[0][4] == 1, "counted for the offer after which they left"


def test_an_offer_taken_out_is_cancelled(shop):
    shop.say("DY")
    shop.offers.add(OFFER)
    shop.offers.step()
    shop.offers.remove("sat")
    assert shop.queued() == []


def test_an_expired_offer_is_not_sent(shop):
    shop.say("DY")
    shop.offers.add({**OFFER, "from": "2026-11-22 09:00", "until": "2026-11-22 10:00"})
    assert shop.hours(6) == 0
    shop.time = NOON + 2 * DAY
    assert shop.hours(6) == 0


@pytest.fixture
def held():
    with contextlib.ExitStack() as stack:
        yield stack


class Cut(BaseException):
    """The power fails."""


class Supply:
    """Counts what reaches the medium, and fails at a chosen step, before or after it has its effect."""

    def __init__(self, patch):
        self.left = None
        self.steps = 0
        self.after = False
        rename = os.rename
        append = journal.Journal.append

        def step(action, *arguments):
            self.steps += 1
            if self.left is not None:
                self.left -= 1
                if self.left == 0:
                    if self.after:
                        action(*arguments)
                    raise Cut
            return action(*arguments)

        opened = builtins.open
        patch.setattr(
            builtins,
            "open",
            lambda path, mode="r", **options: (
                step(lambda: opened(path, mode, **options)) if "w" in mode else opened(path, mode, **options)
            ),
        )
        patch.setattr(os, "rename", lambda *arguments: step(rename, *arguments))
        patch.setattr(journal.Journal, "append", lambda *arguments: step(append, *arguments))


def course(shop):
    """Join, get an offer, leave, join again, get another."""
    shop.say("DY")
    for name in ("one", "two"):
        if name not in [offer["id"] for offer in shop.offers.offers()]:
            shop.offers.add({**OFFER, "id": name})
        for _ in range(3):
            shop.offers.step()
            shop.deliver()
            shop.time += 3600
        shop.say("TD")
        shop.say("DY")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_power_cut_at_any_write_makes_nothing_go_twice(tmp_path, monkeypatch, held, after):
    for name in ("offering", "rows", "senders", "templates_text"):
        # held for all the runs, which would import them a thousand times
        held.enter_context(borrowed("terminal.notices." + name))
    supply = Supply(monkeypatch)
    course(Shop(tmp_path_of(tmp_path, "whole")))
    total = supply.steps
    assert total > 15
    supply.after = after
    for at in range(1, total + 1):
        shop = Shop(tmp_path_of(tmp_path, str(at)))
        supply.left = at
        with pytest.raises(Cut):
            course(shop)
        supply.left = None
        shop.reboot()
        course(shop)
        # the network has had each offer once at most
        keys = [json.loads(payload)[0] for _, kind, payload in records(shop) if kind == "new"]
        offered = [key for key in keys if key.startswith("offer-")]
        assert len(offered) == len(set(offered)) <= 2
        assert shop.consent.count() == (1, 0)
        assert shop.say("TD") == "offer_left"
        shop.offers.add({**OFFER, "id": "three"})
        assert not any(shop.offers.step() for _ in range(3)), "and none after leaving"


def records(shop):
    return journal.Journal(str(shop.directory / "outbox")).replay()


def tmp_path_of(tmp_path, name):
    path = tmp_path / name
    path.mkdir()
    return path


def test_a_full_medium_stops_the_offer_not_the_terminal(shop):
    shop.say("DY")
    shop.offers.add(OFFER)
    (shop.directory / "consent.txt.new").mkdir()
    assert not shop.offers.step()
    assert shop.queued() == []
    assert shop.logged[-1][0] == "offer.file"
    with pytest.raises(OSError):
        shop.say("TD")


def test_an_offer_goes_through_the_network(tmp_path):
    async def story():
        network = Network()
        shop = Shop(tmp_path)
        shop.seconds = lambda: NOON + int(asyncio.get_running_loop().time())
        shop.reboot()
        modem = Modem(network)
        modem.reports = True
        sender = Sender(shop.box, modem, shop.log)
        modem.on_pdu = sender.on_pdu
        shop.consent.join("13812345678")
        shop.offers.add(OFFER)
        tasks = [asyncio.create_task(sender.run()), asyncio.create_task(shop.offers.run())]
        await asyncio.sleep(300)
        for task in tasks:
            task.cancel()
        return network, shop

    network, shop = virtualclock.run(story())
    assert [(number, text) for number, text, *_ in network.submitted] == [
        (NUMBER, "【示例商店】本周六全场八折。回T退订")
    ]
    assert shop.offers.status() == [["sat", 1, 1, 0, 0]]
