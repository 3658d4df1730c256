"""What one printer can do, as data. A board copies a profile and changes what differs: dict(P58, qr=False).

dots        printable dots of a row
columns     cells of a row; a Chinese character takes two
setup       bytes sent after the reset: heat (ESC 7), density (DC2 #) and the like of this head
status      which DLE EOT requests the head answers, of 4 (paper) and 2 (cover, errors); () when it knows none
confirm     the head answers GS r 1 after it has worked off what was sent before
flow        the line has hardware flow control: nothing is lost when the head is busy
block       bytes sent at once; below half of the head's buffer
answer_ms   patience for one answer, printing time not included
row_ms      time of one printed dot row at the head's lowest heat
feed_ms     time of one fed dot row
qr          the head knows GS ( k; qr_dots: dots of one module
cut         there is a blade; cut_feed: text rows from the head to the blade or the tear bar
"""

P58 = {
    "dots": 384,
    "columns": 32,
    "setup": b"",
    "status": (4, 2),
    "confirm": True,
    "flow": False,
    "block": 120,
    "answer_ms": 1500,
    "row_ms": 30,
    "feed_ms": 2,
    "qr": True,
    "qr_dots": 5,
    "cut": False,
    "cut_feed": 3,
}

P80 = dict(P58, dots=576, columns=48, block=192, row_ms=10, feed_ms=1, qr_dots=6, cut=True, cut_feed=4)
