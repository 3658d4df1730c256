"""From the host's approval to the modem's Ctrl-Z of the customer's notice: the firmware in MicroPython on this PC.

    figures = run(10)       # [(seconds to the customer's Ctrl-Z, seconds to the merchant's), ...]

Both clocks are this machine's: the host's event tells when the approval left, the modem's record when it had taken the
message, which is `SUBMIT` seconds after Ctrl-Z. What the simulated modem itself takes for its commands (5 ms each) is
in the figures.
"""

import tempfile
from datetime import datetime
from pathlib import Path

from posterm.demo.scenario import CUSTOMER, GOOD, MERCHANT, PIN
from posterm.rig import Rig

SUBMIT = 0.2  # seconds that the simulated network takes from Ctrl-Z to +CMGS
SETTINGS = {"result_seconds": 1, "copy_seconds": 1}
PASSWORD = "bench-2026"


def _open(rig: Rig) -> None:
    rig.start_firmware()
    rig.wait_screen("请注入主密钥")
    rig.console.inject_master_key(PASSWORD, rig.tmk)
    rig.wait_screen("请先签到")
    rig.keys("ENTER")
    rig.wait_screen("请输入金额")


def _sell(rig: Rig, fen: int) -> None:
    rig.keys(str(fen))
    rig.wait_screen("金额:")
    rig.keys("ENTER")
    rig.wait_screen("请刷卡")
    rig.swipe(GOOD)
    rig.wait_screen("请输入密码")
    rig.keys(PIN, "ENTER")
    rig.wait_screen("顾客手机号")
    rig.keys(CUSTOMER, "ENTER")
    rig.wait_screen("请再输一次")
    rig.keys(CUSTOMER, "ENTER")
    rig.wait_screen("请撕下", timeout=30)
    rig.keys("ENTER")
    rig.wait_screen("请输入金额", timeout=30)


def run(sales: int) -> list[tuple[float, float]]:
    """Make `sales` sales; return the seconds from approval to each notice's Ctrl-Z."""
    figures = []
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder) / "rig", SETTINGS) as rig:
        rig.modem.call("delay", name="submit", seconds=SUBMIT)
        _open(rig)
        for number in range(sales):
            before = rig.modem.call("sent_count")["count"]
            _sell(rig, 100 + number)
            approved = _time(
                rig.acquirer.call("wait_event", type="sale", after=0, timeout=5, where={"amount": 100 + number})
            )
            rig.wait_until(lambda count=before + 2: rig.modem.call("sent_count")["count"] >= count, 30, "both notices")
            parts = rig.modem.call("sent")["parts"][before:]
            figures.append(tuple(_left(parts, who) - approved for who in (CUSTOMER, MERCHANT)))
    return figures


def _time(answer: dict) -> float:
    return datetime.fromisoformat(answer["event"]["time"]).timestamp()


def _left(parts: list[dict], number: str) -> float:
    part = next(part for part in parts if part["number"].endswith(number))
    return datetime.fromisoformat(part["time"]).timestamp() - SUBMIT
