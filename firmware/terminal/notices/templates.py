"""Texts of the notices, one data file per language beside this module: templates_zh.json, templates_en.json.

    texts = load("zh")
    fields = {"merchant": "示例商店", "time": "2026-11-21 20:45", "amount": "23.50", "tail": "1234", "hotline": "95516"}
    texts.render("sale_approved", "customer", fields)
    texts.preview("sale_approved", "customer")      # ("ucs2", 70, 1): the file's own sample

A data file holds, for each event and audience, a "text" and values that stand in for fields the caller leaves out
(result, type, advice…). In a text, {field} is replaced, and a part in [ ] is left out when a field in it is empty.
A literal { } [ ] cannot be written. "time" says how a moment is shown, "months" names the months, "sample" serves
the preview.

What goes into a field is data from hosts, settings and keypads: it is cut to the field's length, control and direction
characters are taken out, and a run of 12 or more digits (a card number) is blotted out. Braces in it mean nothing.
"""

import json

from micropython import const

import sms

REQUIRED = ("sale_approved", "sale_declined", "sale_cancelled")
AUDIENCES = ("customer", "merchant")
MANDATORY = ("merchant", "time", "amount", "type", "tail", "result", "advice", "hotline")

# field: (longest value in characters, what else may stand in a number; None for free text, which is cut)
_FIELDS = {
    "merchant": (20, None),
    "time": (20, None),
    "amount": (16, ".,"),
    "type": (12, None),
    "place": (16, None),
    "tail": (4, ""),
    "result": (12, None),
    "reason": (40, None),
    "advice": (80, None),
    "hotline": (20, "+- ()"),
    "voucher": (12, ""),
}
_MOMENT = ("year", "month", "day", "hour", "minute")
_MAX_TEXT = const(400)
_CARD = const(12)  # digits: the shortest card number, ISO/IEC 7812-1
_CURRENCY = "￥¥ "  # the texts name the currency: its sign decides between alphabets, hence between one part and two
_STOPS = "。.，,；;！!"  # the templates close reason and advice themselves


class TemplateError(ValueError):
    """A text or a value cannot be used. event, field: where, "" when it concerns the file or the whole text."""

    def __init__(self, event, field, problem):
        super().__init__("template %s, %s: %s" % (event or "file", field or "text", problem))
        self.event = event
        self.field = field


class Templates:
    """The checked texts of one language.

    data: what a data file holds (dict). Raises TemplateError naming event and field for an unknown field, a missing
    mandatory one, a missing event or audience, and braces that do not fit.
    """

    def __init__(self, data: dict):
        try:
            self._sample = dict(data["sample"])
            self._months = data.get("months")
            self._time = _parse(data["time"], _MOMENT, "time")
            if self._months is not None and len(self._months) != 12:
                raise TemplateError("", "months", "12 names are needed")
            self._texts = {}
            for event, table in data["events"].items():
                shared = {name: value for name, value in table.items() if name not in AUDIENCES}
                for audience in AUDIENCES:
                    if audience not in table:
                        raise TemplateError(event, "", "no text for the " + audience)
                    self._texts[event, audience] = self._checked(event, audience, shared, table[audience])
        except (KeyError, TypeError, AttributeError) as error:
            raise TemplateError("", "", "not a template file: " + repr(error)) from None
        for event in REQUIRED:
            if (event, AUDIENCES[0]) not in self._texts:
                raise TemplateError(event, "", "the event is missing")

    def _checked(self, event, audience, shared, own):
        defaults = dict(shared)
        defaults.update(own)
        tokens = _parse(defaults.pop("text", ""), _FIELDS, event)
        used = [token[1] for token in tokens if token[1]]
        for field in MANDATORY:
            if field not in used:
                raise TemplateError(event, field, "missing in the text for the " + audience)
        for field, value in defaults.items():
            if field not in _FIELDS:
                raise TemplateError(event, field, "unknown field")
            _cleaned(event, field, value)
        return tokens, defaults

    def events(self) -> list:
        """Return the (event, audience) pairs there are texts for, sorted."""
        return sorted(self._texts)

    def render(self, event: str, audience: str, fields: dict) -> str:
        """Return the text of a notice.

        fields: values by name (str). time: (year, month, day, hour, minute…) or "2026-11-21 20:45…"; any other text
        stands as it is. amount: with or without a sign for yuan, which the template brings itself. tail: 4 digits.
        Raises TemplateError for an unknown event or field, an empty mandatory field, a number too long or none.
        """
        if (event, audience) not in self._texts:
            raise TemplateError(event, "", "no such text for " + audience)
        tokens, defaults = self._texts[event, audience]
        values = {}
        for source in (defaults, fields):
            for field, value in source.items():
                if field not in _FIELDS:
                    raise TemplateError(event, field, "unknown field")
                if field == "time":
                    value = self._moment(event, value)
                value = _cleaned(event, field, value)
                if value or field not in values:
                    values[field] = value
        for field in MANDATORY:
            if not values.get(field):
                raise TemplateError(event, field, "empty")
        return _joined(tokens, values)

    def preview(self, event: str, audience: str, fields=None) -> tuple:
        """Return (encoding, units, parts) of the text, for the file's own sample when no fields are given."""
        return sms.count(self.render(event, audience, self._sample if fields is None else fields))

    def sample(self, event: str, audience: str) -> str:
        """Return the text with the file's sample values, to be shown before a template goes into use."""
        return self.render(event, audience, self._sample)

    def _moment(self, event, moment):
        if isinstance(moment, str):
            if len(moment) < 16 or moment[4] + moment[7] + moment[10] + moment[13] != "-- :":
                return moment
            moment = (moment[:4], moment[5:7], moment[8:10], moment[11:13], moment[14:16])
        try:
            year, month, day, hour, minute = [int(number) for number in moment[:5]]
            values = {
                "year": "%d" % year,
                "month": self._months[month - 1] if self._months else "%d" % month,
                "day": "%d" % day,
                "hour": "%02d" % hour,
                "minute": "%02d" % minute,
            }
        except (TypeError, ValueError, IndexError):
            raise TemplateError(event, "time", "not (year, month, day, hour, minute)") from None
        return _joined(self._time, values)


def load(language: str, directory=None) -> Templates:
    """Read and check templates_<language>.json.

    directory: where it lies, by default beside this module.
    Raises TemplateError when there is none, when it is no JSON, and as Templates does.
    """
    if directory is None:
        directory = __file__.rpartition("/")[0] or "."
    try:
        with open(directory + "/templates_" + language + ".json", encoding="utf-8") as file:
            data = json.load(file)
    except OSError:
        raise TemplateError("", "", "no texts for language " + language) from None
    except ValueError:
        raise TemplateError("", "", "not JSON: language " + language) from None
    return Templates(data)


def _parse(text, known, event):
    """Split a text into (literal, field, group) triples: one of the first two is "", group 0 stands in no brackets."""
    if not isinstance(text, str) or not 0 < len(text) <= _MAX_TEXT:
        raise TemplateError(event, "", "a text of 1 to %d characters is needed" % _MAX_TEXT)
    tokens = []
    group = 0
    groups = 0
    field = None
    run = []
    for c in text:
        if c not in "{}[]":
            run.append(c)
            continue
        word = "".join(run)
        run = []
        if field is not None:
            if c != "}" or word not in known:
                raise TemplateError(event, word[:20], "unknown field" if c == "}" else "malformed braces")
            tokens.append(("", word, group))
            field = None
            continue
        if word:
            tokens.append((word, "", group))
        if c == "{":
            field = True
        elif c == "[" and not group:
            groups += 1
            group = groups
        elif c == "]" and group:
            group = 0
        else:
            raise TemplateError(event, word[-20:], "malformed braces")
    if field is not None or group:
        raise TemplateError(event, "".join(run)[:20], "malformed braces")
    if run:
        tokens.append(("".join(run), "", 0))
    return tokens


def _joined(tokens, values):
    left_out = [group for _, field, group in tokens if group and field and not values.get(field)]
    return "".join([literal or values.get(field, "") for literal, field, group in tokens if group not in left_out])


def _cleaned(event, field, value):
    """Return a value fit for a text, or raise TemplateError; the value itself never shows in the error."""
    if not isinstance(value, str):
        raise TemplateError(event, field, "not a text")
    longest, punctuation = _FIELDS[field]
    if field == "amount":
        while value and value[0] in _CURRENCY:
            value = value[1:]
    if punctuation is None:
        value = _blotted(_plain(value, longest))
        if field in ("reason", "advice"):
            while value and value[-1] in _STOPS:
                value = value[:-1]
        return value
    if len(value) > longest:
        raise TemplateError(event, field, "longer than %d characters" % longest)
    for c in value:
        if not ("0" <= c <= "9" or c in punctuation):
            raise TemplateError(event, field, "not a number")
    if field == "tail" and len(value) not in (0, 4):
        raise TemplateError(event, field, "not 4 digits")
    return value


def _plain(value, longest):
    """Take out what is no visible character, and cut."""
    out = []
    for c in value:
        code = ord(c)
        if code in (0x09, 0x0A, 0x0D, 0x2028, 0x2029):
            out.append(" ")
        elif not (
            code < 0x20
            or 0x7F <= code < 0xA0  # C1 controls
            or 0x200B <= code <= 0x200F  # zero width, direction marks
            or 0x202A <= code <= 0x202E  # direction overrides
            or 0x2060 <= code <= 0x206F
            or 0xD800 <= code <= 0xDFFF  # halves of surrogate pairs
            or code == 0xFEFF
        ):
            out.append(c)
        if len(out) == longest:
            break
    return "".join(out).strip()


def _blotted(value):
    """Replace every run of 12 or more digits, also when grouped by blanks or hyphens, by four asterisks."""
    i = 0
    while i < len(value):
        start = i
        digits = 0
        while i < len(value) and (_is_digit(value[i]) or (digits and value[i] in " -")):
            digits += _is_digit(value[i])
            i += 1
        if digits >= _CARD:
            value = value[:start] + "****" + value[i:]
            i = start + 4
        elif i == start:
            i += 1
    return value


def _is_digit(c):
    return "0" <= c <= "9" or "０" <= c <= "９"
