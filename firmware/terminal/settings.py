"""Settings: one table with type, default, range and meaning; a JSON file in storage overrides the defaults.

    settings = load("/flash")       # reads /flash/settings.json when there is one
    settings["merchant_name"]

A wrong value stops the start with one line that names the setting and what is allowed. Loaded for the start alone.
"""

import json

from terminal import StartError

FAMILIES = ("SIM800", "SIM7600", "A7670", "EC200", "EC800")
_DIGITS = "0123456789"
_ENOENT = 2  # the error number of "no such file", the same on every port
_PHONE_DIGITS = 3  # shortest telephone number in use, a service number


class SettingsError(StartError):
    """The settings file is refused; `name` is the setting at fault or None."""

    def __init__(self, text, name=None):
        super().__init__(text)
        self.name = name


# name: (type, default, low, high or choices, meaning)
#   int: low..high      str: low..high characters      digits: low..high decimal digits      choice: one of the tuple
TABLE = {
    "language": ("choice", "zh", None, ("zh", "en"), "language of screens, slips and notices"),
    "merchant_name": ("str", "示例商店", 1, 20, "printed on slips, sender of notices"),
    "merchant_no": ("digits", "898440154110001", 15, 15, "field 42"),
    "terminal_no": ("digits", "10000001", 8, 8, "field 41"),
    "acquirer_name": ("str", "测试收单行", 1, 16, "printed on slips"),
    "operator": ("digits", "001", 3, 3, "operator number, field 63 at sign-in"),
    "place": ("str", "示例路", 1, 12, "short place named in notices"),
    "hotline": ("phone", "4001234567", 5, 15, "telephone named in notices"),
    "merchant_mobile": ("phone", "", 0, 16, "receives the merchant's notices; empty: none"),
    "host": ("str", "127.0.0.1", 1, 64, "acquirer's host name or address"),
    "port": ("int", 9100, 1, 65535, "acquirer's TCP port"),
    "tpdu": ("digits", "6000030000", 10, 10, "transport header"),
    "header": ("digits", "603100000000", 12, 12, "message header"),
    "host_timeout": ("int", 60, 2, 120, "seconds to wait for the host's answer"),
    "mac": ("choice", "ecb", None, ("ecb", "x919", "cbc"), "MAC algorithm of the acquirer"),
    "refusal_mac": ("bool", False, None, None, "whether refusals count only with a MAC (many hosts send them without)"),
    "weak_keys": ("bool", False, None, None, "whether weak keys and those of equal halves are taken (test hosts)"),
    "network_code": ("choice", "003", None, ("001", "003"), "key layout asked for at sign-in: single or double length"),
    "pin_bypass": ("bool", False, None, None, "whether ENTER without digits skips the PIN"),
    "amount_limit": ("int", 5000000, 1, 99999999, "largest sale, in fen"),
    "slip_copies": ("int", 2, 1, 2, "copies of a slip: merchant's, then customer's"),
    "declined_slip": ("bool", False, None, None, "whether a declined sale prints a slip"),
    "notice_hours": ("int", 24, 1, 72, "hours after which an undelivered notice is given up"),
    "modem": ("choice", "auto", None, ("auto",) + FAMILIES, "modem family; auto: by the model it names"),
    "apn": ("str", "", 0, 40, "access point of the mobile network; empty: the one stored in the modem"),
    "sim_pin": ("digits", "", 0, 8, "PIN of the SIM card; tried once"),
    "own_mobile": ("phone", "", 0, 16, "the terminal's own number, for the self-test; empty: the SIM is asked"),
    "sms_price": ("int", 10, 0, 1000, "price of one SMS part, in fen"),
    "sms_budget": ("int", 0, 0, 100000, "SMS parts a month that raise an alarm; 0: none"),
    "questions": ("bool", False, None, None, "whether cancelled sales ask the customer to answer 1 or 2"),
    "requests": ("bool", True, None, None, "whether customers' requests by SMS are answered"),
    "bank_senders": ("str", "", 0, 60, "senders of bank messages that are believed, separated by commas"),
    "offers": ("bool", False, None, None, "whether offers are sent to numbers that agreed"),
    "offer_cap": ("int", 4, 1, 30, "offers to one number within 30 days"),
    "quiet_from": ("int", 21, 0, 23, "hour from which nothing is sent that can wait"),
    "quiet_to": ("int", 9, 0, 23, "hour at which that ends"),
    "copy_seconds": ("int", 10, 1, 60, "seconds to tear off a copy before the next one prints"),
    "result_seconds": ("int", 10, 1, 60, "seconds a result stays on the screen"),
    "input_seconds": ("int", 60, 5, 300, "seconds without a key until an entry is given up"),
}


def load(directory):
    """Return the settings as a dict. `directory` holds settings.json or not. Raises SettingsError."""
    values = {}
    for name, row in TABLE.items():
        values[name] = row[1]
    try:
        with open(directory + "/settings.json") as file:
            given = json.load(file)
    except OSError as error:
        if error.errno == _ENOENT:
            return values
        # with other settings than the merchant's, money would go astray
        raise SettingsError(
            "settings.json cannot be read (error %s): write it again, or remove it to use the defaults" % error.errno
        ) from None
    except ValueError:
        raise SettingsError("settings.json is not valid JSON: write it again") from None
    if not isinstance(given, dict):
        raise SettingsError("settings.json must hold one object of names and values")
    for name, value in given.items():
        values[name] = check(name, value)
    return values


def check(name, value):
    """Return `value` when setting `name` may take it; raises SettingsError naming what is allowed."""
    row = TABLE.get(name)
    if row is None:
        raise SettingsError("unknown setting %s: see the table of settings in README" % name, name)
    kind, _, low, high, _ = row
    if not _CHECKS[kind](value, low, high):
        raise SettingsError("setting %s: allowed is %s" % (name, _ALLOWED[kind](low, high)), name)
    return value


def _is_int(value, low, high):
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_str(value, low, high):
    if not isinstance(value, str) or not low <= len(value) <= high:
        return False
    # halves of surrogate pairs are no characters: they cannot be stored or printed
    return all(ord(c) >= 32 and not 0xD800 <= ord(c) <= 0xDFFF for c in value)


def _is_digits(value, low, high):
    return _is_str(value, low, high) and all(c in _DIGITS for c in value)


def _is_phone(value, low, high):
    if not _is_str(value, low, high):
        return False
    number = value[1:] if value[:1] == "+" else value
    return not value or (len(number) >= _PHONE_DIGITS and all(c in _DIGITS for c in number))


_CHECKS = {
    "int": _is_int,
    "str": _is_str,
    "digits": _is_digits,
    "phone": _is_phone,
    "choice": lambda value, low, high: value in high,
    "bool": lambda value, low, high: isinstance(value, bool),
}

_ALLOWED = {
    "int": lambda low, high: "a whole number from %d to %d" % (low, high),
    "str": lambda low, high: "a text of %d to %d characters" % (low, high),
    "digits": lambda low, high: "%d digits" % low if low == high else "%d to %d digits" % (low, high),
    "phone": lambda low, high: (
        "%sa telephone number of %d to %d characters, %d or more digits with an optional + before them"
        % ("" if low else "empty, or ", low or _PHONE_DIGITS, high, _PHONE_DIGITS)
    ),
    "choice": lambda low, high: "one of " + ", ".join(high),
    "bool": lambda low, high: "true or false",
}
