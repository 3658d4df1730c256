"""The check of template files, before they are used. Borrowed by templates.py, after templates_text: nothing is kept.

    once(("…/templates_zh.txt", "/flash/templates_zh.txt"))     # the shop's file; raises TemplateError
    whole(("…/templates_zh.txt",))                              # and that no text is missing

Every error names the file, the line, the event, the field, and what is allowed.
"""

import os
from binascii import crc32

from micropython import const

import sms

from . import templates_text
from .templates import AUDIENCES, TemplateError

_MAX_FILE = const(24576)  # octets
_MAX_TEXT = const(400)  # characters
_MOMENT = ("year", "month", "day", "hour", "minute")


def whole(paths):
    """Check all files, and that they hold a text for every event and reader."""
    name = _name(paths[0])
    for count in range(len(paths)):
        own(paths[: count + 1])
    for event, _, readers in templates_text.events():
        for audience in readers:
            if "text" not in templates_text.section(paths, event, audience):
                raise TemplateError(event, "", "no text for the " + audience, name)


def once(paths):
    """Check the last file, unless this has been done: a mark beside it names what was found to be in order."""
    mark = ("%08x" % _checksum(paths)).encode()
    beside = paths[-1].rsplit(".", 1)[0] + ".checked"
    try:
        with open(beside, "rb") as file:
            if file.read(9) == mark:
                return
    except OSError:
        pass  # none yet
    own(paths)
    try:
        with open(beside, "wb") as file:
            file.write(mark)
    except OSError:
        return  # then it is checked at the next start too


def own(paths):
    """Check the last file of `paths`, as it stands upon the earlier ones."""
    path = paths[-1]
    name = _name(path)
    try:
        if os.stat(path)[6] > _MAX_FILE:
            raise TemplateError("", "", "larger than %d octets" % _MAX_FILE, name)
        with open(path, "rb") as file:
            _Walk(paths, name).run(file)
    except OSError as error:
        raise TemplateError("", "", "cannot be read, error %s" % error.errno, name) from None


def longest(paths, event, audience) -> str:
    """Return the text with the longest values in those fields that the file itself does not fill."""
    given = templates_text.section(paths, event, audience)
    mandatory, optional, limits = templates_text.described(event)
    # one letter of the language in every place: the same alphabet as the text
    letter = "国" if ord(max(given.get("text") or "x")) > 0x2E80 else "W"
    values = {}
    for field in mandatory + optional:
        if field and field not in given:
            size, digits = templates_text.limit(limits, field)
            values[field] = ("8" if digits else letter) * size
    if "time" in values:
        values["time"] = (2026, 12, 31, 23, 58)
    return templates_text.render(paths, event, audience, values, False)


class _Walk:
    """One file, line by line. What a section holds is forgotten at the next heading."""

    def __init__(self, paths, name):
        self._paths = paths
        self._name = name
        self._headings = []
        self._event = ""  # heading of the section, "" before the first
        self._lines = {}  # name -> its line
        self._described = None
        self._line = 0

    def run(self, file):
        if file.read(3) != b"\xef\xbb\xbf":
            file.seek(0)
        while True:
            raw = file.readline(templates_text.MAX_LINE)
            if not raw:
                break
            self._line += 1
            if raw[-1:] != b"\n" and len(raw) == templates_text.MAX_LINE:
                self._refuse("", "the line is longer than %d octets" % templates_text.MAX_LINE)
            try:
                line = str(raw, "utf-8").strip()
            except UnicodeError:
                self._refuse("", "not UTF-8: save the file with the encoding UTF-8")
            if not line or line[0] == "#":
                continue
            if raw[:1] in b" \t":
                self._refuse("", "blanks at the beginning of the line")
            if line[0] == "[":
                self._close()
                self._open(line)
            else:
                self._value(line)
        self._close()

    def _refuse(self, field, problem, line=None):
        line = self._line if line is None else line
        raise TemplateError(self._event, field[:20], problem, self._name, line) from None

    def _open(self, line):
        self._event = line[1:-1][:32]
        self._lines = {}
        if line[-1] != "]" or not self._event:
            self._refuse("", "a heading is an event in brackets, such as [sale_approved]")
        if self._event in self._headings:
            self._refuse("", "this heading is there twice")
        self._headings.append(self._event)
        if self._event in (templates_text.FORM, templates_text.SAMPLE):
            self._described = None
            return
        names = [event for event, _, _ in templates_text.events()]
        if self._event not in names:
            self._refuse("", "no such event; there are form, sample, " + ", ".join(names))
        self._described = templates_text.described(self._event)

    def _value(self, line):
        name, equals, value = line.partition("=")
        name = name.strip()
        value = value.strip()
        if not self._event:
            self._refuse(name, "a line before the first heading")
        if not equals or not name:
            self._refuse(name, "not a line of the form name = value")
        if name in self._lines:
            self._refuse(name, "this name is there twice below its heading")
        self._lines[name] = self._line
        if self._event == templates_text.FORM:
            self._form(name, value)
            return
        if self._event == templates_text.SAMPLE:
            limits = templates_text.described("trial")[2]
            self._field(name, value, limits, templates_text.names(limits))
            return
        reader, dot, plain = name.partition(".")
        if not dot:
            plain = name
        elif reader not in AUDIENCES:
            self._refuse(name, "not a reader; there are " + ", ".join(AUDIENCES))
        mandatory, optional, limits = self._described
        allowed = [field for field in mandatory + optional if field]
        if plain == "text":
            self._text(value, allowed, [field for field in mandatory if field])
        else:
            self._field(plain, value, limits, allowed)

    def _form(self, name, value):
        if name == "months":
            if len(value.split()) != 12:
                self._refuse(name, "12 names with blanks between them are needed")
        elif name == "time":
            self._text(value, _MOMENT, (), name)
        else:
            self._refuse(name, "unknown; there are time and months")

    def _field(self, name, value, limits, allowed):
        if name not in allowed:
            self._refuse(name, "unknown field; allowed are " + ", ".join(allowed))
        if name == "time" and self._event == templates_text.SAMPLE:
            value = value[:16]
        size, digits = templates_text.limit(limits, name)
        if len(value) > size:
            self._refuse(name, "longer than %d characters" % size)
        try:
            templates_text.cleaned((size, digits), self._event, name, value)
        except TemplateError as error:
            self._refuse(name, str(error).rpartition(": ")[2])
        if name == "stop":
            words = _leaving()
            if not any(word in value for word in words):
                self._refuse(name, "one of the words that end offers must stand here: " + ", ".join(words))

    def _text(self, text, allowed, mandatory, name="text"):
        """Check the braces of a text, and that each field is allowed and each mandatory one there, outside brackets."""
        if not 0 < len(text) <= _MAX_TEXT:
            self._refuse(name, "1 to %d characters are needed" % _MAX_TEXT)
        seen = []
        word = None  # begun by {
        bracket = False
        for i in range(len(text)):
            c = text[i : i + 1]  # a slice: MicroPython keeps each different character that a loop makes, for ever
            if word is not None:
                if c == "}":
                    if word not in allowed:
                        self._refuse(word, "unknown field; allowed are " + ", ".join(allowed))
                    if not bracket:
                        seen.append(word)
                    word = None
                elif c in "{[]":
                    self._refuse(word, "malformed braces: { without }")
                else:
                    word += c
            elif c == "{":
                word = ""
            elif c == "}":
                self._refuse(name, "malformed braces: } without {")
            elif c in "[]":
                if bracket == (c == "["):
                    self._refuse(name, "malformed brackets: they come in pairs, none inside another")
                bracket = c == "["
        if word is not None or bracket:
            self._refuse(word or name, "malformed braces: not closed")
        for field in mandatory:
            if field not in seen:
                self._refuse(field, "missing in the text; it must hold " + ", ".join(mandatory))

    def _close(self):
        """The section is whole: what do its texts come to?"""
        if self._described is None:
            return
        for event, _, readers in templates_text.events():
            if event == self._event:
                for audience in readers:
                    self._count(audience)

    def _count(self, audience):
        line = self._lines.get(audience + ".text") or self._lines.get("text") or self._line
        try:
            usual = sms.count(templates_text.sample(self._paths, self._event, audience, False))[2]
            most = sms.count(longest(self._paths, self._event, audience))[2]
        except TemplateError as error:
            self._refuse(error.field, "%s: %s" % (audience, str(error).rpartition(": ")[2]), line)
        if most > templates_text.MAX_PARTS:
            problem = "%d parts with the sample, %d with the longest values; %d are allowed"
            self._refuse("", problem % (usual, most, templates_text.MAX_PARTS), line)


def _checksum(paths):
    """Return the CRC-32 of the files and of what they are checked against."""
    total = 0
    buffer = bytearray(256)
    for path in paths + (templates_text.FOLDER + "/templates_table.txt", templates_text.FOLDER + "/consent_words.txt"):
        try:
            with open(path, "rb") as file:
                count = file.readinto(buffer)
                while count:
                    total = crc32(memoryview(buffer)[:count], total)
                    count = file.readinto(buffer)
        except OSError as error:
            raise TemplateError("", "", "cannot be read, error %s" % error.errno, _name(path)) from None
    return total & 0xFFFFFFFF


def _leaving():
    """Return the words by which customers end offers."""
    words = []
    with open(templates_text.FOLDER + "/consent_words.txt", "rb") as file:
        for line in file:
            row = str(line, "utf-8").strip().split("|")
            if row[0] in ("leave", "leaves"):
                words += row[1:]
    return words


def _name(path):
    return path.rsplit("/", 1)[-1]
