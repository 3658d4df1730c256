"""The demo's steps in order. A step acts like a person at the terminal, then looks at host, paper and phones.

for step in STEPS: print(step.title(language)); step.run(scene)
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from posterm.demo import checks
from posterm.demo.checks import contains, demand
from posterm.rig import HEAP, Rig
from posterm.sim.acquirer.keys import check_value

GOOD = "6222020000000000018=49121010000000000"
POOR = "6222020000000000117=49121010000000000"
SILENT = "6222020000000000216=49121010000000000"  # the host charges this card and never answers
PIN = "123456"
CUSTOMER = "13812345678"
MERCHANT = "13900139000"
OWN = "13700137000"  # the terminal's own SIM

# what the screens and slips say, by language: the demo looks for these
WORDS = {
    "zh": {
        "nokey": "请注入主密钥", "signin": "请先签到", "start": "请输入金额", "amount": "金额:", "swipe": "请刷卡",
        "pin": "请输入密码", "mobile": "顾客手机号", "again": "请再输一次",
        "approved": "交易成功", "declined": "交易失败",
        "unknown": "交易结果未知", "tear": "请撕下", "no_funds": "余额不足", "merchant_copy": "商户存根",
        "customer_copy": "持卡人存根", "success": "成功", "failure": "未成功", "cancelled": "取消", "slip": "签购单",
        "receive": "接收", "passed": "通过",
        "switch": "按确认开启短信", "on": "开启", "voucher": "凭证号", "phone_off": "手机关机", "sms": "短信",
        "remedy": "怎么办", "merchant": "商户短信",
    },
    "en": {
        "nokey": "Load master key", "signin": "Sign in first", "start": "Key in an amount", "amount": "Amount:",
        "swipe": "Swipe/key", "pin": "Enter PIN", "mobile": "Customer mobile", "again": "Number again",
        "approved": "APPROVED", "declined": "DECLINED", "unknown": "RESULT UNKNOWN", "tear": "Tear off",
        "no_funds": "No funds", "merchant_copy": "Merchant copy", "customer_copy": "Customer copy",
        "success": "approved", "failure": "declined", "cancelled": "cancelled", "slip": "SALES SLIP",
        "receive": "Receive", "passed": "passed",
        "switch": "ENTER to turn", "on": "on", "voucher": "Voucher", "phone_off": "Phone", "sms": "SMS:",
        "remedy": "What to do", "merchant": "Merchant SMS",
    },
}  # fmt: skip


def shop(folder: Path, settings: dict, firmware: Path | None = None) -> Rig:
    """Return the rig the steps play in: a new terminal, its notices switched off, whose SIM has a number."""
    return Rig(folder, settings, modem=("--own-number", OWN), firmware=firmware, notices="off")


@dataclass
class Scene:
    """What the steps share. `show(kind, text, title)` presents a slip or message to the person watching."""

    rig: Rig
    out: Path
    language: str
    show: Callable[..., None]
    events: int = 0  # host events seen so far
    frame: int = 0  # number of the last LCD frame presented
    said: dict[str, int] = field(default_factory=dict)  # phone number -> messages seen

    @property
    def words(self) -> dict[str, str]:
        return WORDS[self.language]

    def screen(self, *names: str, timeout: float = 15) -> list[str]:
        """Wait for a screen with one of the named words and return its rows."""
        return self.rig.wait_screen(*(self.words[name] for name in names), timeout=timeout)

    def new_frames(self) -> list[list[str]]:
        """Return every frame the LCD has shown since the last call."""
        frames = self.rig.panel.call("frames", after=self.frame)["frames"]
        if frames:
            self.frame = frames[-1]["number"]
        return [frame["rows"] for frame in frames]

    def picture(self, name: str) -> None:
        """Keep the LCD's present frame as a picture."""
        self.rig.panel.call("png", path=str(self.out / f"lcd-{name}.png"))

    def next_messages(self, number: str, count: int = 1) -> list[str]:
        """Wait for `count` more messages at the phone `number`, show them, return their texts."""
        self.said[number] = self.said.get(number, 0) + count
        new = checks.messages(self.rig, number, self.said[number])[-count:]
        for message in new:
            self.show("message", message["text"], f"SMS → {number[:3]}****{number[-4:]}")
        return [message["text"] for message in new]

    def host(self, kind: str, **expected: object) -> dict:
        event = checks.host_event(self.rig, kind, self.events, **expected)
        self.events = event["seq"]
        return event


def power_on(scene: Scene) -> str:
    scene.rig.start_firmware()
    scene.screen("nokey")
    return scene.rig.console.ask("status")[1] + f", heap {HEAP}"


def inject_key(scene: Scene) -> str:
    shown = scene.rig.console.inject_master_key("service-2026", scene.rig.tmk)
    expected = check_value(scene.rig.tmk).hex().upper()
    demand(shown[:6] == expected[:6], f"check value {shown[:6]} at the terminal, {expected[:6]} at the host")
    scene.screen("signin")
    return f"check value {shown[:6]} at terminal and host"


def sign_in(scene: Scene) -> str:
    scene.rig.keys("ENTER")
    scene.host("sign-in", de39="00")
    scene.screen("start")
    lines = dict(line.split("=", 1) for line in scene.rig.console.ask("status"))
    demand(lines["signed_in"] == "yes", "the terminal does not say it is signed in")
    return f"batch {lines['batch']}, working keys confirmed by check values {lines['pik'][:6]} and {lines['mak'][:6]}"


def self_test(scene: Scene) -> str:
    """The notices are off on a new terminal; they can be switched on after a test that went through the network."""
    rig = scene.rig
    rig.keys("MENU", "4", "4")
    rig.wait_screen(f"{scene.words['receive']} {scene.words['passed']}", timeout=60)
    scene.picture("selftest")
    scene.screen("switch", timeout=20)
    rig.keys("ENTER")
    rig.wait_screen(scene.words["sms"] + scene.words["on"])
    rig.keys("ENTER")
    parts = rig.modem.call("sent")["parts"]
    demand({part["number"][-11:] for part in parts} == {OWN}, "the test message went to another number")
    contains("".join(part["text"] for part in parts), "示例便利店", where="the message to the terminal itself")
    scene.screen("start")
    return "sent, reported and received by the terminal itself; notices switched on"


def enter_sale(scene: Scene, fen: str, track: str) -> None:
    """Key in the amount, swipe, PIN, customer's number twice."""
    rig = scene.rig
    scene.screen("start", timeout=30)
    rig.keys(fen)
    scene.screen("amount")
    rig.keys("ENTER")
    scene.screen("swipe")
    rig.swipe(track)
    scene.screen("pin")
    rig.keys(PIN)
    scene.picture("pin")
    rig.keys("ENTER")
    scene.screen("mobile")
    rig.keys(CUSTOMER, "ENTER")
    scene.screen("again")
    rig.keys(CUSTOMER, "ENTER")


def sale(scene: Scene) -> str:
    enter_sale(scene, "2350", GOOD)
    scene.screen("approved")
    scene.picture("approved")
    event = scene.host("sale", de39="00", amount=2350, mac_ok=True, pin="ok")
    demand(checks.charged(scene.rig, "0018") == 2350, "the host did not charge 23.50 exactly once")
    return f"reference {event['reference']}, MAC and PIN verified by the host"


def slip(scene: Scene) -> str:
    words = scene.words
    scene.screen("tear")
    scene.rig.keys("ENTER")
    pictures = []
    printed = checks.wait_slips(scene.rig, 2)
    for found, copy in zip(printed, ("merchant_copy", "customer_copy"), strict=True):
        scene.show("slip", found["text"])
        contains(found["text"], words["slip"], words[copy], "23.50", "622202*********0018", where="the " + copy)
        pictures.append(f"slip-{copy.partition('_')[0]}.png")
        scene.rig.printer.call("png", path=str(scene.out / pictures[-1]), slip=found["number"])
    problems = scene.rig.printer.call("problems")["problems"]
    demand(not problems, f"the printer did not understand {problems[:1]}")
    return "two copies, pictures " + ", ".join(pictures)


def notices(scene: Scene) -> str:
    words = scene.words
    trace = checks.transactions(scene.rig, "0018")[-1]
    key = f"{trace['batch']}.{trace['trace']}"
    for number, letter in ((CUSTOMER, "c"), (MERCHANT, "m")):
        (text,) = scene.next_messages(number)
        contains(text, words["success"], "23.50", "0018", where=f"the message to {number[:3]}****{number[-4:]}")
        checks.delivered(scene.rig, f"{key}-{letter}")
    return "customer and merchant, both delivery reports taken in"


def missing_notice(scene: Scene) -> str:
    """Slip printed, no SMS: the customer's phone is off, and the terminal says so itself."""
    rig = scene.rig
    rig.modem.call("phone", number=CUSTOMER, on=False)
    enter_sale(scene, "880", GOOD)
    scene.host("sale", de39="00", amount=880)
    scene.screen("tear", timeout=20)
    rig.keys("ENTER")
    checks.wait_slips(rig, 4)
    scene.screen("start", timeout=20)
    scene.next_messages(MERCHANT)
    row = checks.transactions(rig, "0018")[-1]
    demand(len(checks.messages(rig, CUSTOMER, 1)) == 1, "the phone that is off got a message")
    rig.wait_until(lambda: _cause(rig, row["trace"], "customer") == "phone_off", 20, "the doctor's finding")
    rig.keys("MENU", "4", "2")
    scene.screen("voucher")
    rig.keys(row["trace"], "ENTER")
    rows = scene.screen("phone_off")
    scene.picture("doctor")
    for name in ("remedy", "merchant", "remedy"):
        rig.keys("ENTER")
        scene.screen(name)
    rig.keys("ENTER")
    rig.modem.call("phone", number=CUSTOMER, on=True)
    (text,) = scene.next_messages(CUSTOMER)
    contains(text, "8.80", where="the message that came when the phone was on again")
    checks.delivered(rig, f"{row['batch']}.{row['trace']}-c")
    demand(checks.charged(rig, "0018") == 2350 + 880, "the sale was charged more than once")
    return " ".join("".join(rows[1:]).split()) + "; delivered when the phone was on again, once"


def _cause(rig: Rig, voucher: str, audience: str) -> str:
    """Return the cause the doctor's console command names for one notice."""
    lines = iter(rig.console.ask("doctor " + voucher))
    for line in lines:
        if line == f"[{audience}]":
            break
    return next((line.split()[1].rstrip(":") for line in lines if line.startswith("=> ")), "")


def declined_sale(scene: Scene) -> str:
    enter_sale(scene, "1000", POOR)
    rows = scene.screen("declined")
    scene.picture("declined")
    contains("".join(rows), "51", scene.words["no_funds"], where="the screen")
    scene.host("sale", de39="51", amount=1000, mac_ok=True, pin="ok")
    demand(checks.charged(scene.rig, "0117") == 0, "the declined card was charged")
    for number in (CUSTOMER, MERCHANT):
        (text,) = scene.next_messages(number)
        contains(text, scene.words["failure"], "10.00", where="the message")
    demand(len(checks.slips(scene.rig)) == 4, "a slip was printed for a declined sale")
    return "reason and advice on screen and in both messages, no slip"


def unanswered_sale(scene: Scene) -> str:
    enter_sale(scene, "5000", SILENT)
    scene.screen("unknown", timeout=20)
    scene.picture("unknown")
    scene.host("sale", amount=5000)
    event = scene.host("reversal", de39="00", mac_ok=True)
    (row,) = checks.transactions(scene.rig, "0216")
    demand(row["state"] == "reversed", f"the host holds the sale as {row['state']}")
    demand(row["reversal_reason"] == "98", "the reversal does not say that no answer came")
    demand(event["trace"] == row["trace"], "the reversal names another trace number")
    demand(checks.charged(scene.rig, "0216") == 0, "the card is still charged")
    for number in (CUSTOMER, MERCHANT):
        (text,) = scene.next_messages(number)
        contains(text, scene.words["cancelled"], "50.00", where="the message")
    return f"reversed at the host, trace {row['trace']}"


def sale_after(scene: Scene) -> str:
    enter_sale(scene, "150", GOOD)
    scene.screen("approved")
    scene.host("sale", de39="00", amount=150, mac_ok=True, pin="ok")
    demand(checks.charged(scene.rig, "0018") == 3380, "the host's account of the card is not 33.80")
    scene.screen("tear")
    scene.rig.keys("ENTER")
    checks.wait_slips(scene.rig, 6)
    for number in (CUSTOMER, MERCHANT):
        scene.next_messages(number)
    return "the next sale went through after the reversal"


@dataclass(frozen=True)
class Step:
    """One line of the demo: titles in both languages and what is done."""

    zh: str
    en: str
    run: Callable[[Scene], str]


STEPS = (
    Step("开机", "power on", power_on),
    Step("注入主密钥", "inject the master key", inject_key),
    Step("签到", "sign in", sign_in),
    Step("短信自检并开启", "SMS self-test, notices switched on", self_test),
    Step("消费 ￥23.50", "sale of ￥23.50", sale),
    Step("小票两联", "slip, two copies", slip),
    Step("短信通知", "notices by SMS", notices),
    Step("小票打了，短信没到", "slip printed, no SMS: why", missing_notice),
    Step("余额不足被拒", "a sale declined with 51", declined_sale),
    Step("主机不应答，冲正", "the host never answers: reversal", unanswered_sale),
    Step("冲正后再消费", "the next sale", sale_after),
)
