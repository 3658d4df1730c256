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
    # in octets: MicroPython keeps each different character that an index or a loop over a text makes, for ever
    octets = bytearray(text.encode("utf-8", "surrogatepass"))
    octets.append(0)
    run = 0
    found = False
    for i, octet in enumerate(octets):
        if 0x30 <= octet <= 0x39:
            run += 1
            continue
        if run >= _RUN:
            found = True
            octets[i - run : i - 4] = b"*" * (run - 4)
        run = 0
    return octets[:-1].decode("utf-8", "surrogatepass") if found else text
