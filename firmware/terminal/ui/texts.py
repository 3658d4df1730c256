"""Texts of screens and slips. A key names a text; a language is one table.

    t = Texts("zh")
    t("sale")                     -> "消费"
    t("menu.title", other="...")  raises KeyError: a missing text is a defect, found by a test

Screen rows hold 16 cells: 8 Chinese characters or 16 letters.
"""


class Texts:
    def __init__(self, language):
        self.select(language)

    def select(self, language):
        """Use the table of `language` ("zh" or "en"); the other one leaves memory."""
        if language == "en":
            from terminal.ui.texts_en import TABLE
        else:
            from terminal.ui.texts_zh import TABLE
        self.language = language
        self._table = TABLE

    def __call__(self, key):
        return self._table[key]
