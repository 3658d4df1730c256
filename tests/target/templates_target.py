"""Texts, bank messages and offers on the device's interpreter: from their files, within a small heap, in real storage.

MICROPYPATH=lib:firmware:.frozen micropython -X heapsize=256K tests/target/templates_target.py
"""

import gc
import os
import sys

import micropython  # noqa: F401 - on CPython it installs time.ticks_*

from terminal.notices import templates
from terminal.notices.bank import Bank
from terminal.notices.consent import Consent, ConsentError
from terminal.notices.offers import OfferError, Offers

NUMBER = "+8613812345678"
NOON = 848577600  # 2026-11-21 12:00:00
TEXT = "您尾号1234的卡11月21日11:45消费支出人民币23.50元，余额1,234.56元。"
RECORD = {"type": "sale", "trace": 12, "batch": 1, "amount": 2350, "card": "622202******1234", "state": "approved"}
FIELDS = {
    "merchant": "示例商店",
    "time": "2026-11-21 20:45:03",
    "amount": "￥23.50",
    "place": "示例路",
    "tail": "1234",
    "hotline": "4001234567",
    "voucher": "000012",
}
STORAGE = "templates_target"

checks = 0


def check(value):
    global checks
    assert value
    checks += 1


def log(event, detail):
    check(NUMBER[-8:] not in detail)


def turned(data):
    return bytes([b ^ 0x5A for b in data])


def clean():
    if STORAGE not in os.listdir():
        os.mkdir(STORAGE)
    for name in os.listdir(STORAGE):
        os.remove(STORAGE + "/" + name)


def texts():
    for language in ("zh", "en"):
        words = templates.load(language)
        words.check()
        for event, audience in words.events():
            usual = words.preview(event, audience)[2]
            check(usual <= 2)
            check(usual <= words.longest(event, audience)[2] <= 4)
    words = templates.load("zh")
    text = words.render("refund_approved_account", "customer", dict(FIELDS, shortfall="5.00"))
    check(
        text
        == "【交易返还通知】示例商店：尾号1234的卡11月21日20:45在示例路退款￥23.50成功，凭证000012。原因：账户问题。"
        "如仍需购买，请重新付款，需补足￥5.00。客服4001234567"
    )
    for length in (80, 200):
        fields = dict(FIELDS, advice="好" * length, merchant="店\u202e" * length)
        check(templates.sms.count(words.render("refund_pending", "merchant", fields))[2] <= 4)
    for field, value in (("tail", "12345"), ("amount", "x"), ("pan", "1"), ("advice", 3)):
        try:
            words.render("sale_approved", "customer", dict(FIELDS, **{field: value}))
            check(False)
        except templates.TemplateError as error:
            check(error.field == field)


def own_file():
    for content, line in (
        ("[trial]\ntext = {merchant}\n", 2),
        ("\ufeff[offer]\nstop = bye\n", 2),
        ("[nothing]\n", 1),
        ("[trial]\ntext = {merchant}{time}{\n", 2),
    ):
        write(content.encode())
        try:
            templates.load("zh", STORAGE)
            check(False)
        except templates.TemplateError as error:
            check(error.line == line and error.file == "templates_zh.txt")
    write(b"[trial]\r\ntext = \xd6\xd0\r\n")
    try:
        templates.load("zh", STORAGE)
        check(False)
    except templates.TemplateError as error:
        check("UTF-8" in str(error))
    write("\ufeff[sale_approved]\r\ncustomer.advice = 谢谢惠顾\r\n".encode())
    for _ in range(2):
        words = templates.load("zh", STORAGE)
    check("templates_zh.checked" in os.listdir(STORAGE))
    check("谢谢惠顾" in words.sample("sale_approved", "customer"))
    check("以结算为准" in words.sample("sale_approved", "merchant"))


def write(content):
    with open(STORAGE + "/templates_zh.txt", "wb") as file:
        file.write(content)


def memory():
    """What a notice needs while it is made, and that nothing of it stays."""
    if not hasattr(gc, "mem_alloc"):
        return
    words = templates.load("zh")
    words.render("refund_pending", "customer", FIELDS)
    gc.collect()
    before = gc.mem_alloc()
    for _ in range(5):
        words.render("refund_pending", "customer", FIELDS)
        gc.collect()
    check(gc.mem_alloc() - before < 200)
    check("terminal.notices.templates_text" not in sys.modules)
    if "-v" in sys.argv:
        print("live while rendering:", peak(words) - before)


def peak(words):
    most = 0
    with templates.borrowed("terminal.notices.templates_text") as text:
        fill = text.filled

        def watched(*arguments):
            nonlocal most
            gc.collect()
            most = max(most, gc.mem_alloc())
            return fill(*arguments)

        text.filled = watched
        words.render("refund_pending", "customer", FIELDS)
    return most


class Terminal:
    """What bank and offers see of the terminal."""

    def __init__(self):
        self.time = NOON
        self.notices = []
        self.records = [dict(RECORD, time="2026-11-21 11:45:03")]
        self.settings = {"bank_senders": "95588", "offers": True, "quiet_from": 21, "quiet_to": 9}
        self.settings.update({"offer_cap": 2, "merchant_name": "示例商店"})
        self.open_count = 0

    def seconds(self):
        return self.time

    def search(self, tail, since):
        return [record for record in self.records if record["card"][-4:] == tail]

    def queue(self, key, event, audience, number, text):
        self.notices.append((key, number, text))
        return True

    def cancel(self, key):
        self.notices.append((key, "", "cancelled"))

    def entries(self):
        return []

    def parts(self):
        bank = Bank(STORAGE, self.settings, self.search, self.seconds, log)
        consent = Consent(STORAGE, self.settings, turned, turned, self.seconds, log, self)
        offers = Offers(STORAGE, self.settings, consent, self, templates.load("zh"), self, log, lambda: True)
        return bank, consent, offers


def bank_messages(terminal):
    bank = terminal.parts()[0]
    check(not bank.take("10086", TEXT, NOON))
    check(bank.take("95588", TEXT, NOON))
    check(bank.take("95588", TEXT, NOON))
    check(bank.verdict("000001.000012") == "ok")
    terminal.records[0]["state"] = "cancelled"
    check(bank.take("95588", TEXT.replace("11:45", "11:46"), NOON))
    check(bank.verdict("000001.000012") == "different")
    bank = terminal.parts()[0]
    for i in range(60):
        bank.take("95588", TEXT.replace("23.50", "%d.00" % (i + 1)), NOON + i)
    figures = bank.status()
    check(sum([figures[name] for name in figures]) == 50)


def offering(terminal):
    _, consent, offers = terminal.parts()
    check(consent.take(NUMBER, "ｄｙ　ｖｉｐ", NOON) == "offer_joined")
    check(consent.take("95588", "DY", NOON) is None)
    offer = {"id": "sat", "group": "VIP", "text": "全场八折", "from": "2026-11-21 09:00", "until": "2026-11-30 18:00"}
    check(offers.add(offer)[2] == 1)
    try:
        offers.add(dict(offer, id="x", group="a b"))
        check(False)
    except OfferError as error:
        check(error.field == "group")
    check(offers.step())
    check(terminal.notices == [("offer-sat-1", NUMBER, "【示例商店】全场八折。回T退订")])
    check(not offers.step())
    _, consent, offers = terminal.parts()
    check(not offers.step())
    check(consent.take(NUMBER, "退订", NOON) == "offer_left")
    check(terminal.notices[-1] == ("offer-sat-1", "", "cancelled"))
    check(offers.status() == [["sat", 1, 0, 0, 1]])
    for i in range(25):
        consent.join("1370000%04d" % i)
    check(consent.count() == (25, 1))
    try:
        consent.join(NUMBER)
        check(False)
    except ConsentError as error:
        check(error.reason == "left")


def leftovers():
    for name in ("bank_ledger", "bank_reading", "consent_book", "offering", "templates_check", "rows"):
        check("terminal.notices." + name not in sys.modules)


clean()
texts()
own_file()
memory()
the_terminal = Terminal()
bank_messages(the_terminal)
offering(the_terminal)
leftovers()
clean()
os.rmdir(STORAGE)
print("ok", checks)
