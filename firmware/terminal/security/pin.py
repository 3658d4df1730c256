"""PIN entry: 4 to 12 digits (ISO 9564-1 §6), only stars on the screen, encrypted at once and wiped in every ending.

block = await enter(forms, keys, card_number, bypass=False)     # 8 octets, or None when bypassed
"""

from micropython import const

from terminal.ui.cells import money

_LOW = const(4)
_HIGH = const(12)


class PinPad:
    """Holds the one PIN buffer of the terminal. Args: `forms`, `keys`."""

    def __init__(self, forms, keys):
        self._forms = forms
        self._keys = keys
        self._buffer = bytearray(_HIGH)

    async def enter(self, card_number, amount, bypass):
        """Return the encrypted PIN block (8 octets), or None when the PIN was skipped and `bypass` allows it.

        `card_number`: str of digits; `amount` in fen stays on the screen so that the cardholder sees what the PIN is for.
        Raises Left when cancelled or timed out.
        """
        forms = self._forms
        t = forms.texts
        buffer = self._buffer
        count = 0
        note = t("enter")
        try:
            forms.inputs.forget()
            while True:
                forms.screen.show(t("pin"), money(amount), "*" * count, note)
                note = t("enter")
                key = await forms.key()
                if key == "CLEAR":
                    count = 0
                    self._wipe()
                elif key == "ENTER":
                    if count == 0 and bypass:
                        return None
                    if count >= _LOW:
                        return self._encrypt(count, card_number)
                    note = t("pin.short")
                elif len(key) == 1 and count < _HIGH:
                    buffer[count] = ord(key)
                    count += 1
        finally:
            self._wipe()

    def _encrypt(self, count, card_number):
        # a copy of exactly `count` octets, wiped by the C module before it returns
        pin = bytearray(memoryview(self._buffer)[:count])
        return self._keys.pin_block(pin, card_number)

    def _wipe(self):
        for i in range(_HIGH):
            self._buffer[i] = 0
