"""Widths on a character display or slip: an ASCII character takes one cell, a Chinese one two."""


def width(text):
    """Return the cells that `text` takes."""
    return sum(2 if ord(c) > 0xFF else 1 for c in text)


def fit(text, cells):
    """Return the longest beginning of `text` that takes at most `cells`."""
    used = 0
    for i, c in enumerate(text):
        used += 2 if ord(c) > 0xFF else 1
        if used > cells:
            return text[:i]
    return text


def wrap(text, cells):
    """Return `text` as a list of rows of at most `cells`, English broken at spaces where possible."""
    rows = []
    while width(text) > cells:
        row = fit(text, cells)
        if text[len(row)] != " " and ord(row[-1]) < 0x80:
            space = row.rfind(" ")
            if space > 0:
                row = row[:space]
        rows.append(row)
        text = text[len(row) :].lstrip()
    rows.append(text)
    return rows


def right(text, cells):
    """Return `text` padded at the left to `cells`."""
    return " " * (cells - width(text)) + text


def center(text, cells):
    """Return `text` in the middle of `cells` (without trailing blanks)."""
    return " " * ((cells - width(text)) // 2) + text


def money(fen):
    """Return an amount in fen as "￥1,234.50"."""
    yuan = str(fen // 100)
    groups = []
    while len(yuan) > 3:
        groups.insert(0, yuan[-3:])
        yuan = yuan[:-3]
    groups.insert(0, yuan)
    return "￥%s.%02d" % (",".join(groups), fen % 100)
