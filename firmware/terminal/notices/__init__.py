"""Notices by SMS: the texts, the outbox that survives power cuts, and the task that sends and follows them up.

texts = templates.load("zh")
box = outbox.Outbox(journal, protect, reveal, clock.seconds, log)
post = sender.Sender(box, modem, log)
modem.on_pdu = post.on_pdu
box.queue("000012-c", "sale_approved", "customer", "13812345678", texts.render("sale_approved", "customer", fields))
"""


def notice_key(record, audience):
    """Return the outbox's key of a transaction's notice. `record`: of the ledger; "000001.000012-c" for the customer's."""
    return "%06d.%06d-%s" % (record["batch"], record["trace"], audience[0])
