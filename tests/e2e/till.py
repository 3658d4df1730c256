"""A till in a shop: one rig and the person who serves at it. What the tests know they read at host, paper, phones, panel.

with Rig(folder, SETTINGS, modem=MODEM) as rig:
    till = Till(rig)
    till.open()                                  # master key, sign-in
    till.sell(2350)                              # an approved sale, both copies, both notices
    till.enter(1000, SILENT)                     # up to the moment the request goes out
"""

import re
import time

from posterm.demo import checks
from posterm.demo.scenario import CUSTOMER, GOOD, MERCHANT, PIN
from posterm.rig import Rig
from posterm.sim.control import ControlError

SETTINGS = {"host_timeout": 3, "result_seconds": 1, "copy_seconds": 1, "input_seconds": 20}
MODEM = ("--report-delay", "0.3")
PASSWORD = "service-2026"

IDLE, SIGN_IN_FIRST, NO_KEY = "请输入金额", "请先签到", "请注入主密钥"
ONLINE, APPROVED, DECLINED, UNKNOWN, UNSENT = "正在联机", "交易成功", "交易失败", "交易结果未知", "未发出"
TEAR, PRINTING, REVERSED, PIN_AGAIN, ASK_PIN = "请撕下", "正在打印", "上笔已冲正", "密码错误请重输", "请输入密码"
RECOVERED = "断电前交易成功"
COPIES = ("商户存根", "持卡人存根")
TITLE = "签购单"
RECOVERED_NOTE = "断电后补打"
_UNPAID = "reversed", "declined"


def money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


class Till:
    """Args: `rig`, entered and with its firmware off."""

    def __init__(self, rig: Rig):
        self.rig = rig
        self.frames: list[list[str]] = []  # every screen so far, as `collect_frames` found them
        self._frame = 0

    # ---- start and stop

    def open(self) -> None:
        """Switch on, inject the master key, sign in."""
        self.rig.start_firmware()
        self.rig.wait_screen(NO_KEY)
        self.inject_key()
        self.rig.wait_screen(SIGN_IN_FIRST)
        self.rig.keys("ENTER")
        self.rig.wait_screen(IDLE)

    def inject_key(self) -> str:
        return self.rig.console.inject_master_key(PASSWORD, self.rig.tmk)

    def restart(self, *screens: str, timeout: float = 40, clock_offset: int = 0) -> list[str]:
        """Cut the power when it is on, switch on again, wait for a new screen with one of `screens`.

        clock_offset: seconds by which the terminal's clock is to be ahead.
        """
        self.rig.kill_firmware()
        self.rig.printer.call("paper", state="ok")
        time.sleep(0.1)  # what the dead terminal sent last is shown before its screens are told apart from the next
        shown = self.rig.panel.call("screen")["frame"]
        self.rig.start_firmware(clock_offset)
        return self.rig.panel.call("wait", text=list(screens or (IDLE,)), timeout=timeout, after=shown)["rows"]

    def ready(self) -> None:
        """Bring the shop into order before a case, whatever the one before it left behind."""
        rig = self.rig
        rig.acquirer.call("clear_script")
        rig.modem.call("dribble", size=0)
        rig.printer.call("mute", on=False)
        rig.printer.call("cover", open=False)
        rig.printer.call("paper", state="ok")
        try:
            rig.wait_screen(IDLE, timeout=3)
        except ControlError:
            self.restart(timeout=60)

    # ---- the operator

    def enter(self, fen: int, track: str = GOOD, pin: str = PIN, customer: str | None = CUSTOMER) -> None:
        """Key in amount, card, PIN, customer's number (None: not asked for); the last key sends the request."""
        rig = self.rig
        rig.wait_screen(IDLE, timeout=30)
        rig.keys(str(fen))
        rig.wait_screen("金额:")
        rig.keys("ENTER")
        rig.wait_screen("请刷卡")
        rig.swipe(track)
        self.enter_pin(pin)
        if customer is None:
            return
        rig.wait_screen("顾客手机号")
        rig.keys(customer, "ENTER")
        rig.wait_screen("请再输一次")
        rig.keys(customer, "ENTER")

    def enter_pin(self, pin: str = PIN) -> None:
        self.rig.wait_screen(ASK_PIN)
        self.rig.keys(pin, "ENTER")

    def take_slips(self) -> None:
        """Tear off the first copy and wait until the terminal is idle again."""
        self.rig.wait_screen(TEAR)
        self.rig.keys("ENTER")
        self.idle()

    def idle(self, timeout: float = 40) -> None:
        """Wait until the terminal can take the next sale."""
        self.rig.wait_screen(IDLE, timeout=timeout)

    def sell(self, fen: int, track: str = GOOD) -> None:
        """Make an approved sale and verify all that belongs to it."""
        self.enter(fen, track)
        self.rig.wait_screen(APPROVED)
        self.take_slips()
        self.assert_paid(fen)

    # ---- what became of it

    def status(self) -> dict[str, str]:
        """Return the console's status as a dict."""
        return dict(line.split("=", 1) for line in self.rig.console.ask("status") if "=" in line)

    def settled(self, timeout: float = 30) -> None:
        """Wait until no reversal is pending and no notice waits to be sent (its report may be lost with the power)."""

        def done() -> bool:
            return (
                not {"queued", "sending"} & set(self.notice_states().values()) and self.status()["reversal"] == "none"
            )

        self.rig.wait_until(done, timeout, "the end of reversal and notices")

    def notice_states(self) -> dict[str, str]:
        """Return the terminal's own opinion of its notices: key -> state."""
        rows = [line.split() for line in self.rig.console.ask("notices")]
        return {row[0]: row[3] for row in rows}

    def reported(self, row: dict, timeout: float = 15) -> None:
        """Wait until the terminal has the delivery reports of both notices of the host's transaction `row`."""
        for letter in "cm":
            checks.delivered(self.rig, f"{row['batch']}.{row['trace']}-{letter}", timeout)

    def wait_modem(self, timeout: float = 20) -> None:
        """Wait until the terminal's modem is ready."""
        self.rig.wait_until(lambda: self.status()["modem"] == "ready", timeout, "the modem")

    def host_rows(self, fen: int) -> list[dict]:
        """Return what the host holds of sales over this amount (the tests sell every amount once)."""
        return [row for row in self.rig.acquirer.call("ledger")["transactions"] if row["amount"] == fen]

    def charged(self, fen: int) -> int:
        """Return how often the host has the amount charged."""
        return sum(row["state"] == "approved" for row in self.host_rows(fen))

    def notices(self, fen: int, number: str) -> list[str]:
        """Return the texts a phone has received about this amount."""
        texts = [message["text"] for message in self.rig.modem.call("inbox", number=number)["messages"]]
        return [text for text in texts if re.search(rf"(?<!\d){re.escape(money(fen))}(?!\d)", text)]

    def copies(self, row: dict) -> list[int]:
        """Return how many complete merchant's and customer's copies of the host's transaction `row` are on paper."""
        paper = self.rig.printer.call("text", all=True)["text"]
        segments = [TITLE + segment for segment in paper.split(TITLE)[1:]]
        return [sum(complete(segment, row, copy) for segment in segments) for copy in (0, 1)]

    def last(self) -> dict[str, str]:
        """Return the terminal's own record of the latest transaction."""
        return dict(line.split("=", 1) for line in self.rig.console.ask("last"))

    def assert_paid(self, fen: int, slips: bool = True, disturbed: bool = False) -> None:
        """Demand: charged once, recorded, both copies on paper, one message of success at each phone.

        disturbed: power or modem failed meanwhile. A message that may or may not have left is never sent again, so it
        may be missing at the phone, if the terminal calls it in doubt.
        """
        self.settled()
        row = self._only(fen, "approved")
        assert self.last()["state"] == "approved"
        assert self.last()["reference"] == row["reference"]
        if slips:
            assert min(self.copies(row)) >= 1, f"copies on paper: {self.copies(row)}"
        states = self.notice_states()
        for number, letter in ((CUSTOMER, "c"), (MERCHANT, "m")):
            texts = self.notices(fen, number)
            assert all(says_success(text) for text in texts), texts
            if disturbed and not texts:
                assert states[f"{row['batch']}.{row['trace']}-{letter}"] == "in_doubt"
            else:
                assert len(texts) == 1, f"{len(texts)} messages at the phone ending in {number[-4:]}"

    def assert_undone(self, fen: int, notices: int | None = 1) -> None:
        """Demand: nothing charged, no message of success; `notices` messages at each phone, None for not more than one."""
        self.settled()
        rows = self.host_rows(fen)
        assert not [row for row in rows if row["state"] not in _UNPAID], rows
        for number in (CUSTOMER, MERCHANT):
            texts = self.notices(fen, number)
            assert len(texts) <= 1 if notices is None else len(texts) == notices
            assert not [text for text in texts if says_success(text)]

    def assert_all_or_nothing(self, fen: int) -> str:
        """Demand that the sale either happened whole or not at all; return "paid" or "undone"."""
        self.settled()
        if self.charged(fen):
            self.assert_paid(fen, disturbed=True)
            return "paid"
        self.assert_undone(fen, notices=None)
        return "undone"

    def _only(self, fen: int, state: str) -> dict:
        (row,) = [row for row in self.host_rows(fen) if row["state"] == state]
        return row

    # ---- what was shown

    def collect_frames(self) -> list[list[str]]:
        """Fetch the screens shown since the last call; return all so far."""
        new = self.rig.panel.call("frames", after=self._frame)["frames"]
        if new:
            assert new[0]["number"] == self._frame + 1, "screens went by unseen"
            self._frame = new[-1]["number"]
        self.frames.extend(frame["rows"] for frame in new)
        return self.frames

    def host_events(self) -> int:
        """Return the number of the host's latest event."""
        events = self.rig.acquirer.call("events")["events"]
        return events[-1]["seq"] if events else 0

    def wait_host(self, kind: str, after: int) -> dict:
        return checks.host_event(self.rig, kind, after)


def says_success(text: str) -> bool:
    return "成功" in text.replace("未成功", "")


def labels(copy: int) -> tuple[str, ...]:
    """Return the texts that stand on a copy of a sale's slip, in order."""
    head = (TITLE, COPIES[copy], "商户名称", "商户编号", "终端编号", "操作员号", "收单机构")
    body = ("发卡机构", "卡号", "交易类型", "批次号", "凭证号", "授权码", "参考号", "日期时间", "金额")
    return head + body + (("持卡人签名:", "本人确认以上交易") if copy == 0 else ())


def complete(text: str, row: dict, copy: int) -> bool:
    """Tell whether `text` holds every line of a copy of the host's transaction `row`, in order."""
    at = 0
    for label in labels(copy):
        at = text.find(label, at)
        if at < 0:
            return False
    values = (
        row["trace"],
        row["batch"],
        row["reference"],
        row["authorisation"],
        "￥" + money(row["amount"]),
        row["card"],
    )
    return all(value in text for value in values)
