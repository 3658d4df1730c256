"""A bank's message about a card, taken apart. Borrowed for one message: nothing here is kept.

    read("您尾号1234的卡11月21日20:45消费支出人民币23.50元，余额1,234.56元。")
    # Message: kind "debit", tail "1234", amount 2350, date (None, 11, 21), hour 20, minute 45

The words are data: bank_zh.txt. The text is hostile: at most 500 characters of it are looked at, and what does not have
a card's tail and one amount is no message about a transaction. It is looked at in slices: MicroPython keeps each
different character that an index or a loop over a text makes, for ever.
"""

from micropython import const

_FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
_MAX_TEXT = const(500)
_MAX_GAP = const(4)  # characters between the word and the card's tail
_MAX_FEN = const(9999999999)
_GAP = " :：*＊为是（(["
_CLAUSE = "，,。；;：:！!、【】()（）"
_BLANKS = " :：-+－＋为是计￥¥"
_HOUR = ":：时点"
_WIDE = "０１２３４５６７８９．："
_NARROW = "0123456789.:"


class Message:
    """kind: "debit", "return" or "credit". tail: 4 digits. amount: fen.

    date: (year or None, month, day) or None. hour, minute: None when the message names no time of day.
    """

    def __init__(self, kind, tail, amount, date, hour, minute):
        self.kind = kind
        self.tail = tail
        self.amount = amount
        self.date = date
        self.hour = hour
        self.minute = minute


def read(text: str):
    """Return the Message in a text, or None when it reports no transaction of a card."""
    text = _half_width(text[:_MAX_TEXT])
    if _first(text, "advert") >= 0:
        return None
    kind = _kind(text)
    tail = _tail(text)
    amount = _amount(text)
    if not kind or not tail or not amount:
        return None
    date, hour, minute = _moment(text)
    return Message(kind, tail, amount, date, hour, minute)


def _words(meaning):
    with open(_FOLDER + "/bank_zh.txt", encoding="utf-8") as file:
        for line in file:
            row = line.strip().split("|")
            if row[0] == meaning:
                return row[1:]
    return []


def _first(text, meaning):
    """Return where the first of these words stands, -1 for none."""
    places = [text.find(word) for word in _words(meaning) if word in text]
    return min(places) if places else -1


def _kind(text):
    if _first(text, "return") >= 0:
        return "return"
    debit = _first(text, "debit")
    credit = _first(text, "credit")
    if debit < 0 and credit < 0:
        return ""
    return "debit" if credit < 0 or 0 <= debit < credit else "credit"


def _tail(text):
    """The first four digits, no more and no fewer, behind one of the words."""
    for word in _words("tail"):
        at = text.find(word)
        while at >= 0:
            start = at + len(word)
            gap = 0
            while gap < _MAX_GAP and text[start : start + 1] and text[start : start + 1] in _GAP:
                start += 1
                gap += 1
            end = _run(text, start)
            if end - start == 4 and text[end : end + 1] not in ("年", "-", "/", ".", "*", "＊"):
                return text[start:end]
            at = text.find(word, at + 1)
    return ""


def _amount(text):
    """The first amount that is not a balance or the like, in fen; 0 for none."""
    signs = _words("sign")
    units = _words("unit")
    others = _words("other")
    last = 0  # end of the number before
    at = 0
    while at < len(text):
        if not "0" <= text[at : at + 1] <= "9":
            at += 1
            continue
        end, fen = _number(text, at)
        before = text[last:at]
        while before and before[-1:] in _BLANKS[:-2]:
            before = before[:-1]
        signed = False
        for sign in signs:
            if before.endswith(sign):
                signed = True
                before = before[: -len(sign)]
                break
        behind = text[end : end + 4].lstrip(" ")
        if (signed or any(behind.startswith(unit) for unit in units)) and 0 < fen <= _MAX_FEN:
            while before and before[-1:] in _BLANKS:
                before = before[:-1]
            start = max([before.rfind(c) for c in _CLAUSE]) + 1
            if not any(word in before[start:] for word in others):
                return fen
        last = at = end
    return 0


def _number(text, start):
    """Return (end, fen) of a number such as 23, 23.5, 1,234.50; fen is 0 when it is no amount."""
    end = _run(text, start)
    digits = text[start:end]
    while text[end : end + 1] == "," and _run(text, end + 1) - end == 4:
        digits += text[end + 1 : end + 4]
        end += 4
    cents = ""
    if text[end : end + 1] == ".":
        stop = _run(text, end + 1)
        cents = text[end + 1 : stop]
        end = stop
    if len(digits) > 9 or len(cents) > 2:
        return end, 0
    return end, int(digits) * 100 + int((cents + "00")[:2])


def _moment(text):
    """Return (date or None, hour or None, minute or None)."""
    date = hour = minute = None
    runs = []  # (start, end) of the latest three runs of digits
    at = 0
    while at < len(text):
        if not "0" <= text[at : at + 1] <= "9":
            at += 1
            continue
        end = _run(text, at)
        runs = runs[-2:] + [(at, end)]
        if len(runs) > 1:
            first, second = runs[-2]
            between = text[second:at]
            a = int(text[first:second][:5])
            b = int(text[at:end][:5])
            if hour is None and between and between in _HOUR and a < 24 and b < 60 and end - at == 2:
                hour, minute = a, b
            elif date is None and between in ("月", "-", "/") and 1 <= a <= 12 and 1 <= b <= 31:
                # "06-11-21": what follows in the same way makes the first of them a year
                more = text[end : end + 1] == between and _run(text, end + 1) > end + 1
                if not more:
                    date = (_year(text, runs, between), a, b)
        at = end
    return date, hour, minute


def _year(text, runs, between):
    if len(runs) < 3 or text[runs[0][1] : runs[1][0]] not in ("年", between):
        return None
    digits = text[runs[0][0] : runs[0][1]]
    if len(digits) == 2:
        digits = "20" + digits
    return int(digits) if len(digits) == 4 and digits[:2] == "20" else None


def _run(text, start):
    """Return where the run of digits that begins at `start` ends."""
    end = start
    while end < len(text) and "0" <= text[end : end + 1] <= "9":
        end += 1
    return end


def _half_width(text):
    # digits, full stop and colon; the comma stays, it separates clauses and no thousands
    for i, c in enumerate(_WIDE):
        text = text.replace(c, _NARROW[i])
    return text
