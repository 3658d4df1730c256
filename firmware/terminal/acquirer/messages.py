"""Requests built from records, answers checked against requests.

A record is the ledger's dict of one transaction; card data travels apart from it and is never logged.
"""

import isomsg
import paycrypt
from terminal.acquirer import table
from terminal.acquirer.errors import BadMac, NoAnswer, NotSent

_ALGORITHMS = {
    "ecb": paycrypt.MAC_ECB_UNIONPAY,
    "x919": paycrypt.MAC_X919,
    "cbc": paycrypt.MAC_CBC,
}
_NO_MAC = b"\x00" * 8


class Messages:
    """Args: `settings`, `keys` (MAC)."""

    def __init__(self, settings, keys):
        self._settings = settings
        self._keys = keys

    def sign_in(self, trace, batch):
        """Return (message, fields) of a sign-in request (0800, no MAC)."""
        s = self._settings
        fields = {
            0: table.SIGN_IN_MTI,
            11: "%06d" % trace,
            41: s["terminal_no"],
            42: s["merchant_no"],
            60: "00%06d%s" % (batch, s["network_code"]),
            63: s["operator"].encode(),
        }
        return isomsg.encode(table.FIELDS, fields), fields

    def request(self, record, card, pin_block):
        """Return (message, fields) of the financial request for `record`.

        `card`: dict with pan, expiry (YYMM or None), track2 (or None); `pin_block`: 8 octets or None.
        """
        mti, fields = self._common(record, card)
        fields[0] = mti
        if pin_block is not None:
            fields[26] = "12"
            fields[52] = pin_block
            # PIN method 2 (with PAN), algorithm 6 (double-length keys) or 0 (single), no track encryption
            fields[53] = "2" + ("6" if self._settings["network_code"] == "003" else "0") + "0" * 14
        if card["track2"]:
            fields[35] = card["track2"]
        return self._with_mac(fields), fields

    def reversal(self, record, card, reason):
        """Return (message, fields) of the 0400 that undoes `record`; same trace, no PIN, no track."""
        _, fields = self._common(record, card)
        fields[0] = table.REVERSAL_MTI
        fields[39] = reason
        return self._with_mac(fields), fields

    def _common(self, record, card):
        mti, processing, condition, kind = table.TRANSACTIONS[record["type"]]
        fields = {
            2: card["pan"],
            3: processing,
            4: "%012d" % record["amount"],
            11: "%06d" % record["trace"],
            22: record["entry"],
            25: condition,
            41: record["terminal_no"],
            42: record["merchant_no"],
            49: "156",
            60: kind + "%06d" % record["batch"] + table.NETWORK + table.CAPABILITY,
        }
        if card["expiry"]:
            fields[14] = card["expiry"]
        return mti, fields

    def _with_mac(self, fields):
        fields[64] = _NO_MAC
        message = isomsg.encode(table.FIELDS, fields)
        covered = memoryview(message)[: len(message) - 8]
        try:
            memoryview(message)[len(message) - 8 :] = self.mac(covered)
        except paycrypt.Error as e:
            raise NotSent("MAC " + e.reason) from None
        return message

    def mac(self, data):
        """Return field 64 over `data`. Raises paycrypt.Error when the MAC key is missing or of the wrong length."""
        return self._keys.mac(_ALGORITHMS[self._settings["mac"]], data)

    def check(self, fields, answer, mac_needed):
        """Decode `answer` and return its fields when it answers the request `fields`.

        Raises BadMac when field 64 is wrong, or missing from an approval that needs it (with the setting refusal_mac
        from any answer that needs it); NoAnswer when the message is malformed or answers something else.
        """
        try:
            got = isomsg.decode(table.FIELDS, answer)
        except isomsg.Error as e:
            raise NoAnswer("answer field %s: %s" % (e.field, e.reason)) from None
        if 64 in got:
            try:
                right = paycrypt.equal(self.mac(answer[: len(answer) - 8]), got[64])
            except paycrypt.Error as e:
                raise BadMac("MAC " + e.reason) from None
            if not right:
                raise BadMac("MAC differs")
        elif mac_needed and (got.get(39) == "00" or self._settings["refusal_mac"]):
            raise BadMac("MAC missing")
        mti = fields[0]
        if got[0] != mti[:2] + "1" + mti[3:]:
            raise NoAnswer("answer to another message")
        for number in (3, 4, 11, 41, 42):
            if number in fields and got.get(number, fields[number]) != fields[number]:
                raise NoAnswer("answer field %d differs" % number)
        if got.get(11) is None or len(got.get(39, "").strip()) != 2:
            raise NoAnswer("answer without trace or code")
        return got
