"""What may be shown of a card or phone number.

    pan("6222020000000000")  -> "622202******0000"
    number("13812345678")    -> "138****5678"
"""

from micropython import const

_RUN = const(9)  # shortest run of digits that could be a card, phone or key in free text


def pan(digits):
    """Mask a card number (str or octets of 13 to 19 digits): first 6 and last 4 remain."""
    text = digits if isinstance(digits, str) else bytes(digits).decode()
    return text[:6] + "*" * (len(text) - 10) + text[-4:]


def number(digits):
    """Mask a phone number: first 3 and last 4 characters remain; short ones keep 2 at the end."""
    if len(digits) < 9:
        return "*" * max(0, len(digits) - 2) + digits[-2:]
    return digits[:3] + "*" * (len(digits) - 7) + digits[-4:]


def scrub(text):
    """Return `text` with every run of nine or more digits reduced to its last 4: the log's last line of defence."""
    out = []
    start = None
    for i, c in enumerate(text):
        if "0" <= c <= "9":
            if start is None:
                start = i
            continue
        if start is not None:
            _close(out, text, start, i)
            start = None
        out.append(c)
    if start is not None:
        _close(out, text, start, len(text))
    return "".join(out)


def _close(out, text, start, end):
    if end - start < _RUN:
        out.append(text[start:end])
    else:
        out.append("*" * (end - start - 4) + text[end - 4 : end])
