"""Feeds the AT parser a mixed stream and prints a line for each piece size: `piece octets events microseconds`.

Runs in MicroPython; at.py starts it and reads what it prints.
"""

import gc
import sys
import time

from modem.parser import Parser
from modem.sim7600 import SIM7600

ROUNDS = 24  # of about 4 KB, 100 KB in all
PIECES = (16, 64, 256)  # octets a read brings: 1.4, 5.6 and 22 ms at 115,200 baud

REPORT = b"079119890400202306400C91197909913764511090718384225110907183252200"
MESSAGE = b"0891683108100005F0440D91683119325476F80008425060708090238C0500034D0201" + b"6210529F" * 33


def stream() -> bytes:
    """About 4 KB of what a SIM7600 says within a busy minute."""
    lines = bytearray()
    for i in range(6):
        lines.extend(b"\r\n+CSQ: 2%d,99\r\n\r\nOK\r\n" % i)
        lines.extend(b'\r\n+CREG: 2,1,"26A%d","0A1B2C3",7\r\n\r\nOK\r\n' % i)
        lines.extend(b'\r\n+CCLK: "26/11/21,20:45:0%d+32"\r\n\r\nOK\r\n' % i)
        lines.extend(b"\r\n+CIPRXGET: 1,0\r\n")
    for i in range(4):
        size = 150 + 70 * i
        payload = bytes([(i * 31 + k * 7) & 0xFF for k in range(size)])
        lines.extend(b"\r\n+CIPRXGET: 2,0,%d,0\r\n" % size + payload + b"\r\n\r\nOK\r\n")
        lines.extend(b"\r\n>\r\nOK\r\n\r\n+CIPSEND: 0,%d,%d\r\n" % (size, size))
        lines.extend(b"\r\n+CDS: 25\r\n" + REPORT + b"\r\n\r\n+CMGS: %d\r\n\r\nOK\r\n" % i)
    for i in range(3):
        lines.extend(b'\r\n+CMTI: "SM",%d\r\n\r\n+CMGR: 1,,159\r\n' % i + MESSAGE + b"\r\n\r\nOK\r\n")
    lines.extend(b"\r\nRING\r\n\r\n+CPIN: READY\r\n\r\nSMS DONE\r\n\r\n+CMS ERROR: 331\r\n")
    return bytes(lines)


def run(data: bytes, piece: int) -> tuple:
    """(octets, events, microseconds) of feeding `data` ROUNDS times, `piece` octets at a time."""
    parser = Parser(raw=SIM7600.raw, pdu=SIM7600.pdu)
    view = memoryview(data)
    events = 0
    gc.collect()
    begin = time.ticks_us()
    for _ in range(ROUNDS):
        for at in range(0, len(data), piece):
            for _event in parser.feed(bytes(view[at : at + piece])):
                events += 1
    return ROUNDS * len(data), events, time.ticks_diff(time.ticks_us(), begin)


def main() -> None:
    data = stream()
    for piece in PIECES:
        sys.stdout.write("%d %d %d %d\n" % ((piece,) + run(data, piece)))


main()
