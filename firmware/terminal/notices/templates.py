"""Texts of the notices, as data: templates_zh.txt and templates_en.txt, which say at their heads how to edit them.

    texts = load("zh", "/flash")    # /flash/templates_zh.txt, when there is one, changes some or all of the texts
    fields = {"merchant": "示例商店", "time": "2026-11-21 20:45", "amount": "23.50", "tail": "1234", "hotline": "95516"}
    texts.render("sale_approved", "customer", fields)
    texts.preview("sale_approved", "customer")      # ("ucs2", 63, 1): the file's own sample

Which events there are, who reads them, and what their texts must and may hold is in templates_table.txt. Nothing of
all this stays in memory: a text is read when it is wanted (templates_text.py), a shop's file is checked when it is
loaded (templates_check.py).
"""

import sms
from terminal.ondemand import borrowed

AUDIENCES = ("customer", "merchant")

_FOLDER = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
_TEXT = "terminal.notices.templates_text"
_CHECK = "terminal.notices.templates_check"


class TemplateError(ValueError):
    """A text or a value cannot be used.

    event, field: where, "" when it concerns the file or the whole text. file: its name, "" for a value that a caller
    gave. line: counted from 1, 0 for the whole file. The message says what is allowed; no value stands in it.
    """

    def __init__(self, event, field, problem, file="", line=0):
        place = "%s line %d" % (file, line) if line else file or "template"
        super().__init__("%s, %s, %s: %s" % (place, event or "file", field or "text", problem))
        self.event = event
        self.field = field
        self.file = file
        self.line = line


class Templates:
    """The texts of one language. `paths`: the built-in file, and behind it the shop's own when it has one."""

    def __init__(self, paths):
        self.paths = paths

    def events(self) -> list:
        """Return the (event, audience) pairs there are texts for, in the order of the table."""
        with borrowed(_TEXT) as text:
            return [(event, audience) for event, _, readers in text.events() for audience in readers]

    def render(self, event: str, audience: str, fields: dict) -> str:
        """Return the text of a notice, of at most 4 parts.

        fields: values by name (str). time: (year, month, day, hour, minute…) or "2026-11-21 20:45…"; any other text
        stands as it is. amount, shortfall: with or without a sign for yuan, which the template brings itself. tail:
        4 digits. An empty value is one that is left out; what the event does not show is ignored. An event with one
        text for all takes any audience.
        Raises TemplateError for an unknown event or field, an empty mandatory field, a number too long or none.
        """
        with borrowed(_TEXT) as text:
            return text.render(self.paths, event, audience, fields)

    def sample(self, event: str, audience: str) -> str:
        """Return the text with the file's sample values, to be shown before a template goes into use."""
        with borrowed(_TEXT) as text:
            return text.sample(self.paths, event, audience)

    def preview(self, event: str, audience: str, fields=None) -> tuple:
        """Return (encoding, units, parts) of the text, for the file's own sample when no fields are given."""
        if fields is None:
            return sms.count(self.sample(event, audience))
        return sms.count(self.render(event, audience, fields))

    def longest(self, event: str, audience: str) -> tuple:
        """Return (encoding, units, parts) of the text with the longest value in every field that callers fill."""
        with borrowed(_TEXT), borrowed(_CHECK) as check:
            return sms.count(check.longest(self.paths, event, audience))

    def check(self) -> None:
        """Check the whole of the files. Raises TemplateError naming file, line, event, field and what is allowed."""
        with borrowed(_TEXT), borrowed(_CHECK) as check:
            check.whole(self.paths)


def load(language: str, directory=None) -> Templates:
    """Return the texts of a language ("zh" or "en").

    directory: where a shop's own templates_<language>.txt may lie. It is checked here when it is new or changed; what
    it leaves out is taken from the built-in file. Raises TemplateError when there is no such language, and as
    Templates.check for the shop's file: load(language) alone then gives the built-in texts.
    """
    name = "/templates_%s.txt" % language
    builtin = _FOLDER + name
    if not _there(builtin):
        raise TemplateError("", "", "no texts for language %s; there are zh and en" % language)
    if directory is None or not _there(directory + name):
        return Templates((builtin,))
    texts = Templates((builtin, directory + name))
    with borrowed(_TEXT), borrowed(_CHECK) as check:
        check.once(texts.paths)
    return texts


def _there(path):
    try:
        open(path, "rb").close()
    except OSError:
        return False
    return True
