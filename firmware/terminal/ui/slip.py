"""Slips as layout lines for lib/thermal: what is printed, in which order, how large.

Rows of the sale slip are a table: (text key, function of record and settings giving the value).
"""

from terminal.ui.cells import money
from thermal import BOLD, CENTER, TALL, WIDE

_BIG = BOLD | WIDE | TALL | CENTER
_TALL = BOLD | TALL

_HEAD = (
    ("slip.merchant", lambda r, s, t: s["merchant_name"]),
    ("slip.merchant_no", lambda r, s, t: s["merchant_no"]),
    ("slip.terminal_no", lambda r, s, t: s["terminal_no"]),
    ("slip.operator", lambda r, s, t: s["operator"]),
    ("slip.acquirer", lambda r, s, t: s["acquirer_name"]),
)
_BODY = (
    ("slip.issuer", lambda r, s, t: r.get("issuer") or "-"),
    ("slip.card", lambda r, s, t: "%s %s" % (r["card"], t("entry." + r["entry"][1]))),
    ("slip.type", lambda r, s, t: t("type." + r["type"])),
    ("slip.batch", lambda r, s, t: "%06d" % r["batch"]),
    ("slip.voucher", lambda r, s, t: "%06d" % r["trace"]),
    ("slip.auth", lambda r, s, t: r.get("auth") or "-"),
    ("slip.reference", lambda r, s, t: r.get("reference") or "-"),
    ("slip.time", lambda r, s, t: r["time"]),
)
_COPIES = ("slip.merchant_copy", "slip.customer_copy")


def sale(record, copy, recovered, settings, t):
    """Return the lines of one copy. `copy`: 0 merchant's, 1 customer's; `recovered`: printed after a power cut."""
    lines = [("text", t("slip.title"), _BIG), ("text", t(_COPIES[copy]), CENTER), ("rule", "-")]
    _rows(lines, _HEAD, record, settings, t)
    lines.append(("rule", "-"))
    _rows(lines, _BODY, record, settings, t)
    lines.append(("rule", "-"))
    lines.append(("pair", t("slip.amount"), "RMB " + money(record["amount"]), _TALL))
    if record["state"] == "declined":
        lines.append(("pair", t("slip.answer"), record["code"]))
        lines.append(("text", t("slip.declined"), _TALL | CENTER))
    if recovered:
        lines.append(("pair", t("slip.note"), t("slip.recovered")))
    if copy == 0 and record["state"] == "approved":
        lines.append(("text", t("slip.signature")))
        lines.append(("feed", 2))
        lines.append(("text", t("slip.agree")))
    lines.append(("cut",))
    return lines


def fault(record, settings, t):
    """Return the lines of the slip printed when a reversal stays unanswered."""
    lines = [("text", t("slip.fault"), _BIG), ("rule", "-")]
    _rows(lines, _HEAD, record, settings, t)
    _rows(lines, _BODY[1:5], record, settings, t)
    lines.append(("pair", t("slip.amount"), "RMB " + money(record["amount"]), BOLD))
    lines.append(("text", t("slip.fault.text")))
    lines.append(("cut",))
    return lines


def _rows(lines, rows, record, settings, t):
    for key, value in rows:
        lines.append(("pair", t(key), value(record, settings, t)))
