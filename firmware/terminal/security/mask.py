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
    start = 0
    while True:
        start, end = _run(text, start)
        if start == end:
            return text
        if end - start >= _RUN:
            text = text[:start] + "*" * (end - start - 4) + text[end - 4 :]
        start = end


def _run(text, start):
    """Return where the next run of digits at or after `start` begins and ends; both are equal when there is none."""
    length = len(text)
    while start < length and not "0" <= text[start] <= "9":
        start += 1
    end = start
    while end < length and "0" <= text[end] <= "9":
        end += 1
    return start, end
