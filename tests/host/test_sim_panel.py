"""The panel simulator: frames, widths, keys, pictures, and the program behind its pseudo-terminal."""

import asyncio
import json
import os
import pty

import pytest
from PIL import Image
from rich.console import Console

import virtualclock
from posterm.sim.acquirer.cards import CardTable
from posterm.sim.panel import PanelSim, cells, picture
from posterm.sim.panel import draw as drawing
from posterm.sim.panel.commands import Commands
from posterm.sim.panel.interactive import actions, render
from test_sim_printer_programs import Program, read_some


def lcd(*rows):
    return json.dumps({"lcd": [*rows, *[""] * (4 - len(rows))]}).encode() + b"\n"


def test_frames_arrive_in_any_pieces_and_keep_their_history():
    panel = PanelSim()
    stream = lcd("请签到") + b'{"beep": "key"}\n' + lcd("主菜单", "1 消费")
    for at in range(len(stream)):
        panel.feed(stream[at : at + 1])
    assert panel.screen == ["主菜单", "1 消费", "", ""]
    assert [frame["rows"][0] for frame in panel.frames] == ["请签到", "主菜单"]
    assert panel.beeps[0]["beep"] == "key"
    assert panel.problems == []


def test_history_is_bounded():
    panel = PanelSim()
    for number in range(1200):
        panel.feed(lcd(str(number)))
    assert len(panel.frames) == 1000 and panel.frames[0]["rows"][0] == "200" and panel.shown == 1200


@pytest.mark.parametrize(
    ("text", "width"), [("", 0), ("abc", 3), ("金额", 4), ("￥1.00", 6), ("请输入持卡人密码", 16), ("·…", 2)]
)
def test_width_in_cells(text, width):
    assert cells(text) == width


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (lcd("请输入持卡人密码!"), "too_wide"),
        (lcd("a\tb"), "control_character"),
        (b"hello\n", "not_json"),
        (b"[1]\n", "not_an_object"),
        (b'{"lcd": ["1", "2"]}\n', "rows"),
        (b'{"lcd": "text"}\n', "rows"),
        (b'{"beep": 5}\n', "beep"),
        (b'{"print": 5}\n', "unknown"),
        (b"x" * 5000 + b"\n", "line_too_long"),
        (b"\xff\xfe\n", "not_json"),
    ],
)
def test_what_a_panel_cannot_show_is_a_problem(line, problem):
    panel = PanelSim()
    panel.feed(line)
    panel.feed(lcd("ok"))
    assert [found["name"] for found in panel.problems] == [problem]
    assert panel.screen[0] == "ok"


def test_keys_and_swipes_go_out_and_leave_no_trace():
    sent = []
    panel = PanelSim(write=sent.append)
    for key in ("1", "ENTER"):
        panel.press(key)
    panel.swipe("6222020000000000018D4912101")
    assert [json.loads(line) for line in sent] == [
        {"key": "1"},
        {"key": "ENTER"},
        {"swipe": "6222020000000000018=4912101"},
    ]
    for wrong in ("12", "enter", ""):
        with pytest.raises(ValueError, match="no such key") as caught:
            panel.press(wrong)
        assert not wrong or wrong not in str(caught.value).replace("1 2", "")
    with pytest.raises(ValueError, match="track 2") as caught:
        panel.swipe("6222020000000000018=;")
    assert "622202" not in str(caught.value)
    assert "622202" not in repr(vars(panel))


def test_waiting_for_a_screen():
    async def scenario():
        panel = PanelSim(now=asyncio.get_running_loop().time)
        control = Commands(panel, CardTable.load())
        asyncio.get_running_loop().call_later(3, panel.feed, lcd("交易成功"))
        answer = await control({"cmd": "wait", "text": ["交易失败", "交易成功"], "timeout": 5})
        assert answer["found"] == "交易成功" and panel.frames[0]["time"] == 3
        with pytest.raises(ValueError, match="did not appear within 2 s; the screen shows .*交易成功"):
            await control({"cmd": "wait", "text": "主菜单", "timeout": 2})
        with pytest.raises(ValueError, match="did not appear"):
            await control({"cmd": "wait", "text": "交易成功", "timeout": 1, "after": answer["frame"]})
        assert await control({"cmd": "key", "key": list("123") + ["ENTER"]}) == {"sent": 4, "frame": 1}
        with pytest.raises(ValueError, match="unknown command"):
            await control({"cmd": "explode"})

    virtualclock.run(scenario())


def test_picture_shows_the_dots_of_the_text(tmp_path):
    rows = ["金额 ￥128.50", "", "", "确认"]
    dots = drawing.bitmap(rows)
    assert dots.size == (128, 64)
    assert dots.crop((0, 0, 16, 16)).getbbox() and not dots.crop((0, 16, 128, 48)).getbbox()
    assert not dots.crop((13 * 8, 0, 128, 16)).getbbox()
    assert picture(rows).size == (128 * 4 + 80, 64 * 4 + 80)


def test_every_digit_looks_different():
    shapes = {drawing.bitmap([digit]).tobytes() for digit in "0123456789"}
    assert len(shapes) == 10


def test_keyboard_to_keys():
    assert actions("12\r\x7f\x1bm\x1b[A\x1bOBsx") == [
        "1", "2", "ENTER", "CLEAR", "CANCEL", "MENU", "UP", "DOWN", "swipe",
    ]  # fmt: skip


def test_terminal_drawing_keeps_sixteen_cells():
    console = Console(width=100, record=True, file=open(os.devnull, "w"))  # noqa: SIM115 - lives as long as the console
    console.print(render(["主菜单", "1 消费 2 撤销", "", ""]))
    text = console.export_text()
    assert "主菜单" in text and "Esc=CANCEL" in text


def test_program_shows_presses_and_ends_cleanly(tmp_path):
    with Program("panel", "--link", tmp_path / "panel", "--control", tmp_path / "c") as program:
        line = os.open(tmp_path / "panel", os.O_RDWR | os.O_NOCTTY)
        try:
            os.write(line, lcd("请刷卡"))
            frame = program.control.call("wait", text="请刷卡", timeout=5)["frame"]
            program.control.call("key", key=["5", "ENTER"])
            program.control.call("swipe")
            received = b""
            while received.count(b"\n") < 3:
                received += read_some(line)
        finally:
            os.close(line)
        assert [next(iter(json.loads(row))) for row in received.splitlines()] == ["key", "key", "swipe"]
        program.control.call("png", path=str(tmp_path / "lcd.png"), frame=frame)
        assert Image.open(tmp_path / "lcd.png").size == (592, 336)
        assert program.control.call("problems")["problems"] == []
    assert program.code == 0 and "622202" not in program.output
    assert not (tmp_path / "panel").is_symlink() and not (tmp_path / "c").exists()


def test_interactive_keyboard(tmp_path):
    near, far = pty.openpty()
    try:
        with Program("panel", "--interactive", "--link", tmp_path / "panel", stdin=far) as program:
            line = os.open(tmp_path / "panel", os.O_RDWR | os.O_NOCTTY)
            try:
                os.write(near, b"7")
                assert json.loads(read_some(line)) == {"key": "7"}
            finally:
                os.close(line)
        assert program.code == 0
    finally:
        os.close(near)
        os.close(far)
