"""terminal.service.modemfile on CPython and MicroPython: what is kept about the modem survives, and stays small."""

import os

from terminal.service.modemfile import ModemMemory, Recordings

CHECKS = 0
DIRECTORY = "modemfile-test"


def check(condition, what):
    global CHECKS
    assert condition, what
    CHECKS += 1


class Clock:
    now = 800000000

    def seconds(self):
        return self.now

    def moment(self):
        return (2026, 11, 21, 20, 45, 3)


def clear():
    for name in os.listdir(DIRECTORY):
        os.remove(DIRECTORY + "/" + name)


def main():
    events = []
    memory = ModemMemory(DIRECTORY, lambda *event: events.append(event))
    found = {"sms": True, "reports": "direct", "cnmi": "2,1,0,1,0", "storage": "SM"}
    check(memory.load("A B 12345678") is None, "empty")
    memory.save("A B 12345678", found)
    memory.save("pin", {"pin": "ab", "tries": 1})
    memory.save("pin", {"pin": "ab", "tries": 9})
    check(memory.load("A B 12345678") == found, "finding")
    check(memory.load("pin") == {"pin": "ab", "tries": 9}, "replaced")
    for n in range(30):
        memory.save("A B %08x" % n, found)
    check(len(os.listdir(DIRECTORY)) <= 9, "few files")
    with open(DIRECTORY + "/modem_pin.json", "wb") as file:
        file.write(b'["pin", {"tr\xff')
    check(memory.load("pin") is None and events == [], "spoilt")
    memory.save("pin", {"text": "x" * 600})
    check([event for event, _ in events] == ["modem.memory"], "too long")

    clock = Clock()
    recordings = Recordings(DIRECTORY, clock, lambda *event: events.append(event))
    check(list(recordings.lines()) == [], "no recording")
    check(recordings.keep("cms 38", ["# head", "0 > AT"]), "kept")
    check(not recordings.keep("cms 38", ["# head"]), "at most once a minute")
    check(list(recordings.lines()) == ["# head", "# 2026-11-21 20:45:03 cms 38", "0 > AT"], "recording")
    clock.now += 60
    check(recordings.keep("reset", ["y" * 99] * 100), "replaced")
    check(os.stat(DIRECTORY + "/modem.rec")[6] <= 8192, "bounded")


try:
    os.mkdir(DIRECTORY)
except OSError:
    clear()
main()
clear()
os.rmdir(DIRECTORY)
print("ok", CHECKS)
