"""What a customer says otherwise than the record is kept until the host was asked, and never doubles."""

import json

from terminal.notices.checks import Checks


class Log(list):
    def __call__(self, event, detail=""):
        self.append((event, detail))


def test_a_check_waits_until_it_is_settled_also_after_a_restart(tmp_path):
    checks = Checks(str(tmp_path), Log())
    assert checks.due() is None
    checks.add("000001.000012-c", "no")
    checks.add("000001.000013-c", "contradiction")
    checks = Checks(str(tmp_path), Log())
    assert checks.waiting == 2
    assert checks.due() == "000001.000012-c"
    checks.settle("000001.000012-c", "host 25")
    assert checks.due() == "000001.000013-c"
    checks.settle("000001.000013-c", "by hand")
    assert checks.due() is None
    assert Checks(str(tmp_path), Log()).rows() == [
        ["000001.000012-c", "no", "host 25"],
        ["000001.000013-c", "contradiction", "by hand"],
    ]


def test_the_same_word_twice_is_one_check(tmp_path):
    checks = Checks(str(tmp_path), Log())
    for _ in range(3):
        checks.add("000001.000012-c", "no")
    assert len(checks.rows()) == 1
    checks.settle("000001.000012-c", "host 00")
    checks.add("000001.000012-c", "no")
    assert checks.due() is None, "asked already"
    checks.add("000001.000012-c", "contradiction")
    assert checks.due() == "000001.000012-c"


def test_a_damaged_file_is_named_and_replaced(tmp_path):
    for content in ("{", "5", '[1, ["a"], "x"]'):
        (tmp_path / "checks.json").write_text(content)
        log = Log()
        checks = Checks(str(tmp_path), log)
        assert checks.rows() == []
        assert bool(log) == (content == "{")
    checks.add("000001.000001-c", "no")
    assert json.loads((tmp_path / "checks.json").read_text()) == [["000001.000001-c", "no", ""]]


def test_only_the_latest_twenty_are_kept(tmp_path):
    checks = Checks(str(tmp_path), Log())
    for number in range(30):
        checks.add(f"000001.{number:06}-c", "no")
    assert len(checks.rows()) == 20
    assert checks.due() == "000001.000010-c"
