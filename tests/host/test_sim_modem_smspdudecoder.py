"""A third decoder, strict about UTF-16, reads what the simulated phones send to the terminal."""

from datetime import datetime

import pytest
from smspdudecoder.easy import read_incoming_sms

from posterm.sim.modem.tpdu import encode_deliver


@pytest.mark.parametrize("text", ["1", "退订", "€20 [ok]", "余额" * 80, "a" * 200, "短😀"])
def test_a_delivered_message_reads_back(text):
    pdus = encode_deliver("+8613900139000", text, "+8613800100500", datetime(2025, 1, 2, 11, 4, 5), 32)
    read = [read_incoming_sms(pdu.hex().upper()) for pdu in pdus]
    assert "".join(message["content"] for message in read) == text
    assert {message["sender"] for message in read} == {"+8613900139000"}
    assert read[0]["date"].isoformat() == "2025-01-02T03:04:05+00:00"
    assert [message["partial"]["part_number"] if message["partial"] else 1 for message in read] == list(
        range(1, len(pdus) + 1)
    )
