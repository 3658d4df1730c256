"""A 58 mm thermal printer in software: ESC/POS in, status bytes out, slips as bytes, text and pictures.

    printer = PrinterSim(write=answers.append)
    printer.feed(b"\\x1b@\\x1c&" + "合计 ￥1.00".encode("gbk") + b"\\n\\x1dV\\x00")
    printer.slips[0].text()             # "合计 ￥1.00\\n"
    picture(printer.slips[0]).save("slip.png")

The parser, the paper and the drawing are its own work, apart from any driver; python-escpos is the oracle of its tests.
"""

from posterm.sim.printer.draw import bitmap, picture
from posterm.sim.printer.paper import Slip
from posterm.sim.printer.printer import PrinterSim

__all__ = ["PrinterSim", "Slip", "bitmap", "picture"]
