"""What nobody may read after a story: card numbers, PINs, PIN blocks, keys, telephone numbers.

Scanned: every file of the terminal's storage, every LCD frame, the event log, the console, the slips, the modem dialogue.
"""

import re


class Secrets:
    """`numbers`: digit strings that may stand nowhere, also not inside a longer run. `words`: ... as a run of their own.
    `octets`: binary values that may stand nowhere, raw or in hex."""

    def __init__(self):
        self.numbers = set()
        self.words = set()
        self.octets = set()

    def card(self, track):
        """Learn the secrets of a swipe or of a number keyed in."""
        track = track.strip(";?")
        pan, _, rest = track.replace("D", "=").partition("=")
        if not pan.isdecimal():
            return
        self.numbers.add(pan)
        if rest:
            self.numbers.add(track)
            self.numbers.add(pan + "D" + rest)
        packed = pan + "0" * (len(pan) % 2)
        self.octets.add(bytes.fromhex(packed))

    def check(self, places):
        """Raise AssertionError naming the place where a secret stands. `places`: name -> text or octets."""
        for name, content in places.items():
            data = content if isinstance(content, bytes) else content.encode()
            for number in self.numbers:
                assert number.encode() not in data, f"{name} holds a number ending in {number[-4:]}"
            for word in self.words:
                assert not re.search(rb"(?<!\d)%s(?!\d)" % word.encode(), data), f"{name} holds a PIN"
            for octets in self.octets:
                spelt = octets.hex().encode()
                assert octets not in data, f"{name} holds a key or block"
                assert spelt not in data.lower(), f"{name} spells a key or block in hex"
