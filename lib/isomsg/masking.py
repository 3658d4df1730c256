"""What of a message a person may read."""

# Fields without card, key or customer data. All others are hidden, so that a field added to a specification is safe
# until somebody decides otherwise. 48 and 62 carry PANs and keys in some messages, 54 balances, 63 free text.
_OPEN = (0, 3, 4, 7, 11, 12, 13, 15, 22, 23, 24, 25, 26, 32, 33, 37, 38, 39, 41, 42, 44, 49, 53, 60, 61)


def _masked_pan(pan):
    # ISO/IEC 7812: 13 digits are the least that leave something hidden between the first 6 and the last 4
    if len(pan) < 13:
        return f"[{len(pan)}]"
    return pan[:6] + "*" * (len(pan) - 10) + pan[-4:]


def mask(fields: dict) -> dict:
    """A copy of decoded fields that is safe in a log.

    The PAN keeps its first 6 and last 4 digits; amounts, numbers of terminal, trace, batch and the like stay;
    everything else, and every binary value, becomes its length in brackets.
    """
    shown = {}
    for number in sorted(fields):
        value = fields[number]
        if number == 2 and isinstance(value, str):
            shown[number] = _masked_pan(value)
        elif number in _OPEN and isinstance(value, str):
            shown[number] = value
        else:
            shown[number] = f"[{len(value)}]"
    return shown
