"""One text out of the template files, and values into it. Borrowed by templates.py: nothing here is kept.

    render(("templates_zh.txt",), "sale_approved", "customer", fields)

A file is looked through for the one heading that is wanted, in a small buffer, so that a notice costs little memory
however many texts there are. In a text {field} is replaced, and a part in [ ] is left out when a field in it is empty.

What goes into a field is data from hosts, settings, phones and keypads: it is cut to the field's length, control and
direction characters are taken out, and a run of 12 or more digits (a card number) is blotted out. Braces in it mean
nothing. It is looked at in slices: MicroPython keeps each different character that an index or a loop over a text makes,
for ever.
"""

from micropython import const

import sms

from .templates import TemplateError

FORM = "form"
SAMPLE = "sample"
MAX_PARTS = const(4)
MAX_LINE = const(1400)  # octets
FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."

_TABLE = FOLDER + "/templates_table.txt"
_BUFFER = const(256)
_ALWAYS_FITS = const(132)  # characters: 4 parts of 66 units, were every one of them an emoji
_CARD = const(12)  # digits: the shortest card number, ISO/IEC 7812-1
_CURRENCY = "￥¥ "  # the texts name the currency: its sign decides between alphabets, hence between one part and two
_STOPS = "。.，,；;！!"  # the templates close reason, advice and offer themselves


def events():
    """Iterate over (event, kind, audiences) of the table."""
    with open(_TABLE, "rb") as file:
        for line in file:
            if line.startswith(b"event|"):
                _, name, kind, readers = str(line, "utf-8").strip().split("|")
                yield name, kind, readers.split(",")


def described(event):
    """Return (mandatory fields, optional fields, limits): two lists, and a text for limit().

    Raises TemplateError for an unknown event.
    """
    with open(_TABLE, "rb") as file:
        if not _seek(file, "\nevent|%s|" % event):
            raise TemplateError(event, "", "no such event; they are in templates_table.txt")
        kind = str(file.readline(), "utf-8").split("|")[2]
        _seek(file, "\nkind|%s|" % kind)
        _, _, mandatory, optional = str(file.readline().strip(), "utf-8").split("|")
        _seek(file, "\nfield|")
        limits = "\n" + str(file.read(), "utf-8")
    return mandatory.split(","), optional.split(","), limits


def limit(limits, field):
    """Return (longest in characters, what may stand in a number or "" for words); None for an unknown field."""
    mark = "\nfield|%s|" % field
    start = limits.find(mark)
    if start < 0 or "|" in field:
        return None
    start += len(mark)
    longest, characters = limits[start : limits.find("\n", start)].split("|")
    return int(longest), characters


def names(limits):
    """Return the names of all fields."""
    return [row.split("|")[1] for row in limits.split("\n") if row]


def section(paths, name, audience=""):
    """Return the values below the heading [name] as a dict, those for `audience` before those for everyone.

    A later file's value stands for an earlier one's.
    """
    values = {}
    for path in paths:
        with open(path, "rb") as file:
            if _seek(file, "\n[%s]" % name):
                file.readline()
                _read(file, audience, values)
    return values


def render(paths, event, audience, fields, bound=True) -> str:
    """As Templates.render; not bound: however many parts that takes."""
    mandatory, _, limits = described(event)
    values = section(paths, event, audience)
    text = values.pop("text", "")
    if not text:
        raise TemplateError(event, "", "no text for the " + audience)
    for field, value in fields.items():
        allowed = limit(limits, field)
        if allowed is None:
            raise TemplateError(event, field, "unknown field; there are " + ", ".join(names(limits)))
        if field == "time":
            value = moment(paths, event, value)
        value = cleaned(allowed, event, field, value)
        if value or field not in values:
            values[field] = value
    for field in mandatory:
        if not values.get(field):
            raise TemplateError(event, field, "empty")
    out = filled(text, values)
    while bound and len(out) > _ALWAYS_FITS and sms.count(out)[2] > MAX_PARTS:
        # together the fields are too long: the longest words give way first, numbers never
        field = max([name for name in values if not limit(limits, name)[1]], key=lambda name: len(values[name]))
        if len(values[field]) < 2:
            raise TemplateError(event, "", "more than %d parts" % MAX_PARTS)
        values[field] = values[field][: len(values[field]) // 2]
        out = filled(text, values)
    return out


def sample(paths, event, audience, bound=True) -> str:
    """As Templates.sample: what the event's own values leave open comes from the file's sample."""
    given = section(paths, event, audience)
    mandatory, optional, _ = described(event)
    values = section(paths, SAMPLE)
    for field in list(values):
        if field in given or field not in mandatory and field not in optional:
            del values[field]
    return render(paths, event, audience, values, bound)


def filled(text, values) -> str:
    """Return a checked text with its values; a part in brackets is left out when a field in it is empty."""
    out = []
    start = 0
    while True:
        bracket = text.find("[", start)
        end = len(text) if bracket < 0 else bracket
        _fill(text, start, end, values, out)
        if bracket < 0:
            return "".join(out)
        start = text.find("]", bracket)
        kept = len(out)
        if not _fill(text, bracket + 1, start, values, out):
            del out[kept:]
        start += 1


def _fill(text, start, end, values, out):
    """Append one part of a text; False when a field in it is empty."""
    whole = True
    while True:
        brace = text.find("{", start, end)
        if brace < 0:
            out.append(text[start:end])
            return whole
        out.append(text[start:brace])
        start = text.find("}", brace) + 1
        value = values.get(text[brace + 1 : start - 1], "")
        whole = whole and value != ""
        out.append(value)


def moment(paths, event, value) -> str:
    """Return a moment as the section [form] says; a text that is no moment stands as it is."""
    if isinstance(value, str):
        if len(value) < 16 or value[4] + value[7] + value[10] + value[13] != "-- :":
            return value
        value = (value[:4], value[5:7], value[8:10], value[11:13], value[14:16])
    try:
        year, month, day, hour, minute = [int(number) for number in value[:5]]
        if not (1 <= month <= 12 and 1 <= day <= 31 and 0 <= hour < 24 and 0 <= minute < 60):
            raise ValueError
    except (TypeError, ValueError):
        raise TemplateError(event, "time", "not (year, month, day, hour, minute)") from None
    form = section(paths, FORM)
    months = form.get("months")
    form["year"] = "%d" % year
    form["month"] = months.split()[month - 1] if months else "%d" % month
    form["day"] = "%d" % day
    form["hour"] = "%02d" % hour
    form["minute"] = "%02d" % minute
    return filled(form["time"], form)


def cleaned(allowed, event, field, value) -> str:
    """Return a value fit for a text, or raise TemplateError; the value itself never shows in the error."""
    if not isinstance(value, str):
        raise TemplateError(event, field, "not a text")
    longest, characters = allowed
    if field in ("amount", "shortfall"):
        while value and value[:1] in _CURRENCY:
            value = value[1:]
    if not characters:
        value = _blotted(_plain(value, longest))
        if field in ("reason", "advice", "words"):
            while value and value[-1:] in _STOPS:
                value = value[:-1]
        return value
    if len(value) > longest:
        raise TemplateError(event, field, "longer than %d characters" % longest)
    for i in range(len(value)):
        c = value[i : i + 1]
        # the 0 in the table stands for the ten digits
        if not ("0" <= c <= "9" or c in characters):
            raise TemplateError(event, field, "not a number; digits%s are allowed" % characters[1:])
    if field == "tail" and len(value) not in (0, 4):
        raise TemplateError(event, field, "not 4 digits")
    return value


def _seek(file, wanted):
    """Stand at the line that begins with `wanted` ("\n" before it); False when there is none."""
    wanted = wanted.encode()
    start = 3 if file.read(3) == b"\xef\xbb\xbf" else 0  # editors on Windows put a mark there
    file.seek(start)
    if file.read(len(wanted) - 1) == wanted[1:]:
        file.seek(start)
        return True
    buffer = bytearray(_BUFFER)
    while True:
        file.seek(start)
        count = file.readinto(buffer)
        at = buffer.find(wanted)
        if 0 <= at <= count - len(wanted):
            file.seek(start + at + 1)
            return True
        if count < _BUFFER:
            return False
        start += _BUFFER - len(wanted) + 1


def _read(file, audience, values):
    mine = (audience + ".").encode()
    special = []  # what stood for this audience alone, which goes before what stands for all
    while True:
        line = _line(file)
        if not line or line[:1] == b"[":
            return
        equals = line.find(b"=")
        if equals < 0 or line[:1] == b"#":
            continue
        own = line.startswith(mine)
        if not own and line.find(b".", 0, equals) >= 0:
            continue  # for the other reader
        view = memoryview(line)
        name = str(view[len(mine) if own else 0 : equals], "utf-8").strip()
        if own:
            special.append(name)
        elif name in special:
            continue
        values[name] = str(view[equals + 1 :], "utf-8").strip()


def _line(file):
    """Return the next line. It grows as it is read: a buffer for the longest may not find room in a heap long in use."""
    line = file.readline(_BUFFER)
    while line and line[-1:] != b"\n" and len(line) < MAX_LINE:
        more = file.readline(_BUFFER)
        if not more:
            break
        line += more
    return line


def _plain(value, longest):
    """Take out what is no visible character, and cut."""
    if not _is_odd(value.encode()):
        return value[:longest].strip()
    out = []
    for i in range(len(value)):
        c = value[i : i + 1]
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


def _is_odd(octets):
    """True when there may be a character that _plain takes out; quick, and without an object for each character."""
    before = 0
    for octet in octets:
        if octet < 0x20 or octet == 0x7F or before == 0xC2 or octet == 0xED:
            return True
        if (before == 0xE2 and octet in (0x80, 0x81)) or (before == 0xEF and octet == 0xBB):
            return True
        before = octet
    return False


def _blotted(value):
    """Replace every run of 12 or more digits, also when grouped by blanks or hyphens, by four asterisks."""
    if len(value) < _CARD:
        return value
    i = 0
    while i < len(value):
        start = i
        digits = 0
        while i < len(value) and (_is_digit(value[i : i + 1]) or (digits and value[i : i + 1] in " -")):
            digits += _is_digit(value[i : i + 1])
            i += 1
        if digits >= _CARD:
            value = value[:start] + "****" + value[i:]
            i = start + 4
        elif i == start:
            i += 1
    return value


def _is_digit(c):
    return "0" <= c <= "9" or "０" <= c <= "９"
