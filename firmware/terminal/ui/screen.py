"""The screen: four rows of 16 cells, filled as a whole.

screen.show("消费", "金额:", right("￥23.50", 16), "按确认键继续")
screen.message("交易失败", "余额不足")          # title, then wrapped text
"""

from micropython import const

from terminal.ui.cells import center, fit, wrap

COLUMNS = const(16)
ROWS = const(4)


class Screen:
    def __init__(self, lcd):
        self._lcd = lcd
        self._rows = None

    def show(self, *rows):
        """Show up to four rows; each is cut to 16 cells (texts fit by test, data such as names may not)."""
        frame = [fit(row, COLUMNS) for row in rows]
        while len(frame) < ROWS:
            frame.append("")
        if frame != self._rows:
            self._rows = frame
            self._lcd.show(frame)

    def message(self, title, *texts):
        """Show `title` in the middle of row 1 and the texts wrapped below it."""
        rows = [center(fit(title, COLUMNS), COLUMNS)]
        for text in texts:
            rows.extend(wrap(text, COLUMNS))
        self.show(*rows[:ROWS])
