"""Field table of the messages, as data for pyiso8583: BCD digits, lengths of numeric fields counted in digits."""

_FIXED_DIGITS = {3: 6, 4: 12, 11: 6, 12: 6, 13: 4, 14: 4, 15: 4, 25: 2, 26: 2, 53: 16}
_FIXED_TEXT = {37: 12, 38: 6, 39: 2, 41: 8, 42: 15, 49: 3}
_FIXED_BYTES = {52: 8, 64: 8}
# field: (bytes of the BCD length, digits at most)
_VARIABLE_DIGITS = {2: (1, 19), 32: (1, 11), 35: (1, 37), 36: (2, 104), 48: (2, 322), 60: (2, 17), 61: (2, 29)}
_VARIABLE_TEXT = {44: (1, 25), 54: (2, 20), 63: (2, 163)}
_VARIABLE_BYTES = {55: (2, 255), 62: (2, 512)}


def _digits(size: int, length_bytes: int = 0) -> dict:
    return {
        "data_enc": "b",
        "len_enc": "bcd",
        "len_type": length_bytes,
        "len_count": "nibbles",
        "max_len": size,
        "right_pad": "0",
    }


def _plain(encoding: str, size: int, length_bytes: int = 0) -> dict:
    return {"data_enc": encoding, "len_enc": "bcd", "len_type": length_bytes, "max_len": size}


def _build() -> dict:
    table = {
        "h": _plain("b", 0),
        "t": _plain("b", 2),
        "p": _plain("b", 8),
        "22": _digits(3),  # odd and left aligned: 021 travels as 02 10
        "23": {**_digits(3), "left_pad": "0"},
    }
    for number, size in _FIXED_DIGITS.items():
        table[str(number)] = _digits(size)
    for number, size in _FIXED_TEXT.items():
        table[str(number)] = _plain("latin-1", size)
    for number, size in _FIXED_BYTES.items():
        table[str(number)] = _plain("b", size)
    for number, (length_bytes, size) in _VARIABLE_DIGITS.items():
        table[str(number)] = _digits(size, length_bytes)
    for number, (length_bytes, size) in _VARIABLE_TEXT.items():
        table[str(number)] = _plain("latin-1", size, length_bytes)
    for number, (length_bytes, size) in _VARIABLE_BYTES.items():
        table[str(number)] = _plain("b", size, length_bytes)
    return {key: {**entry, "desc": f"field {key}"} for key, entry in table.items()}


SPEC = _build()
