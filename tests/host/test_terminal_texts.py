"""Texts of screens, slips, answers and notices: both languages complete, and everything fits where it is shown."""

import ast
import re

import pytest

from terminal.acquirer import answers
from terminal.ledger import ledger
from terminal.notices import templates
from terminal.ui.cells import center, fit, money, right, width, wrap
from terminal.ui.screen import COLUMNS
from terminal.ui.texts import Texts

LANGUAGES = ("zh", "en")
# keys put together at run time: prefix -> all that may follow
BUILT = {
    "type.": ("sale",),
    "state.": tuple(ledger.STATES.values()),
    "notice.": ("queued", "sending", "sent", "delivered", "failed", "in_doubt"),
    "print.": ("paper", "cover", "error", "noanswer"),
    "entry.": ("1", "2"),
    # what keeps the modem from sending, as far as the idle screen says it
    "stage.": ("noanswer", "nosim", "simlocked", "nosms", "notregistered", "denied"),
    "alarm.": ("rate", "queue", "budget", "spent", "reports"),
    "trial.": ("send", "report", "receive"),
    "verdict.": ("waiting", "passed", "failed", "untried"),
    "mode.": ("off", "trial", "on"),
    "audience.": ("customer", "merchant"),
}
# shown by Screen.message below a title, hence wrapped; all others are rows of the screen or lines of a slip
BODIES = (
    ("unsent.why",),
    ("signin.keys",),
    ("noanswer.why",),
    ("reversal.wait",),
    ("full", "full.why"),
    ("recovered.why",),
    ("print.resume", "print.skip"),
    ("pin.again", "enter"),
    ("tear.next",),
    ("check.doing",),
    ("resend.wait",),
    ("trial.failed",),
    ("trial.switch",),
    ("mode.needtrial",),
    ("texts.line", "texts.builtin"),
)
# rows that share the screen's 16 cells with something else: what is shown, made from a text
ROWS = {
    "idle.signal": "{}31 {}64!",
    "idle.nosignal": "{} {}64!",
    "type.sale": "{} 999999",
    "state.declined": "{} 51",
    "watch.rate": "{} 100%",
    "watch.time": "{} 999s/120h",
    "watch.parts": "{} 999999",
    "preview.parts": "38/38 {} 4",
}
ROWS |= {"stage." + name: "{} {}64!" for name in BUILT["stage."]}
ROWS |= {"notice." + name: "5678 {}" for name in BUILT["notice."]}
# items of a menu behind their number
ITEMS = ("menu.", "audience.")
SMS_MENU = ("state", "why", "resend", "trial", "mode", "preview", "watch")
# the acquirer's answer codes that a terminal must know
CODES = (
    "00 10 01 03 04 05 06 09 12 13 14 15 22 25 30 38 41 43 51 54 "
    "55 57 58 61 64 65 68 75 77 90 91 92 94 95 96 97 98 99 A0"
)


def literals(root):
    """Every string constant in the terminal's sources, the text tables apart."""
    found = set()
    for path in (root / "firmware/terminal").rglob("*.py"):
        if not path.name.startswith("texts_"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found


def asked_for(root):
    """Keys given to a Texts object as a constant: t("..."), texts("...")."""
    found = set()
    for path in (root / "firmware/terminal").rglob("*.py"):
        found |= set(re.findall(r"""\b(?:t|texts)\("([a-z_.0-9]+)"\)""", path.read_text(encoding="utf-8")))
    return found - {"no.such.key"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_is_used_exists(root, language):
    keys = Texts(language).names()
    assert len(keys) == len(set(keys))
    wanted = asked_for(root) | {prefix + name for prefix, names in BUILT.items() for name in names}
    # keys that travel as data: the menu, refused cards, reasons for leaving an entry
    wanted |= {"menu.sale", "menu.signin", "menu.lasttxn", "menu.notices", "menu.language", "menu.version"}
    wanted |= {"sms." + name for name in SMS_MENU}
    wanted |= {"card.bad", "card.expired", "card.swipe", "expiry.bad", "cancelled", "timeout"}
    assert sorted(wanted - set(keys)) == []
    with pytest.raises(KeyError):
        Texts(language)("no.such.key")


def test_both_languages_have_the_same_texts_and_none_is_unused(root):
    zh, en = (set(Texts(language).names()) for language in LANGUAGES)
    assert zh == en
    used = literals(root) | {prefix + name for prefix, names in BUILT.items() for name in names}
    assert sorted(zh - used) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_row_fits_the_screen(language):
    t = Texts(language)
    wrapped = {key for group in BODIES for key in group}
    for key in Texts(language).names():
        assert t(key), key
        if key.startswith("slip.") or key in wrapped:
            continue
        text = t(key)
        if key in ROWS:
            text = ROWS[key].format(text, t("idle.queue"))
        assert width(text) <= COLUMNS, f"{key}: {text}"
        if key.startswith(ITEMS) or key in ("sms." + name for name in SMS_MENU):
            assert width("7 " + text) <= COLUMNS, key
    for verdict in BUILT["verdict."]:
        for name in BUILT["trial."]:
            assert width(t("trial." + name) + " " + t("verdict." + verdict)) <= COLUMNS
    for mode in BUILT["mode."]:
        assert width(t("mode.now") + t("mode." + mode)) <= COLUMNS
    for group in BODIES:
        rows = [row for key in group for row in wrap(t(key), COLUMNS)]
        assert len(rows) <= 3, group
        assert all(width(row) <= COLUMNS for row in rows)


def lines(root, language):
    text = (root / f"firmware/terminal/acquirer/answers_{language}.txt").read_text(encoding="utf-8")
    return [line.split("|") for line in text.splitlines()]


def test_answer_tables_name_every_code_once_in_both_languages(root):
    zh, en = ([row[0] for row in lines(root, language)] for language in LANGUAGES)
    assert zh == en
    assert sorted(zh) == sorted([*CODES.split(), "**"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_fit_the_screen_and_the_notice(root, language):
    words = templates.load(language)
    merchant, place = ("示例商店", "示例路") if language == "zh" else ("Corner Shop", "Main Street")
    fields = {"merchant": merchant, "time": "2026-11-21 20:45:00", "amount": "￥50,000.00", "place": place}
    fields |= {"tail": "0018", "hotline": "4001234567", "voucher": "000012"}
    for row in lines(root, language):
        assert len(row) == 5, row
        assert all(row), row
        code, text, step, reason, advice = row
        shown = wrap(code + " " + text, COLUMNS) + wrap(step, COLUMNS)
        assert len(shown) <= 3, f"{code} takes {len(shown)} rows below the title"
        for audience in templates.AUDIENCES:
            sms_text = words.render("sale_declined", audience, {**fields, "reason": reason, "advice": advice})
            assert reason in sms_text
            assert advice in sms_text
            assert words.preview("sale_declined", audience, {**fields, "reason": reason, "advice": advice})[2] <= 2, (
                code
            )


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_are_found_and_unknown_ones_get_general_words(root, language):
    for code, text, step, reason, advice in lines(root, language):
        found = answers.find(language, code)
        assert (found.text, found.step, found.reason, found.advice) == (text, step, reason, advice)
    general = answers.find(language, "Z9")
    assert general.code == "Z9"
    assert general.text == answers.find(language, "**").text


@pytest.mark.parametrize("language", LANGUAGES)
def test_previews_of_all_notices_take_at_most_two_parts(language):
    words = templates.load(language)
    for event, audience in words.events():
        assert words.preview(event, audience)[2] <= 2, (event, audience)


def test_cells():
    assert width("a中") == 3
    assert fit("中文字", 5) == "中文"
    assert right("中", 4) == "  中"
    assert center("ab", 6) == "  ab"
    assert [money(fen) for fen in (1, 2350, 123456, 99999999)] == ["￥0.01", "￥23.50", "￥1,234.56", "￥999,999.99"]
    assert wrap("one two three four", 8) == ["one two", "three", "four"]
    assert wrap("abcdefghijkl", 8) == ["abcdefgh", "ijkl"]
    assert wrap("请勿重复刷卡", 8) == ["请勿重复", "刷卡"]
