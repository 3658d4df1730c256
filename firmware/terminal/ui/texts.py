"""Texts of screens and slips. A key names a text; a language is one table.

    t = Texts("zh")
    t("sale")           -> "消费"
    t("no.such.key")    raises KeyError: a missing text is a defect, found by a test

A table is one long string, `key|text` a line: frozen or in ROM it takes no heap, where a dict would take 7 KB.
Screen rows hold 16 cells: 8 Chinese characters or 16 letters.
"""


class Texts:
    def __init__(self, language):
        self.select(language)

    def select(self, language):
        """Use the table of `language`: "zh" or "en"."""
        if language == "en":
            from terminal.ui.texts_en import TABLE
        else:
            from terminal.ui.texts_zh import TABLE
        self.language = language
        self._table = TABLE

    def __call__(self, key):
        start = self._table.find("\n" + key + "|")
        if start < 0:
            raise KeyError(key)
        start += len(key) + 2
        return self._table[start : self._table.find("\n", start)]

    def names(self):
        """Return the keys of every text."""
        return [line.split("|")[0] for line in self._table.split("\n") if line]
