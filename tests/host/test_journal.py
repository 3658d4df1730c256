"""The journal over a power cut at every byte, on a full medium and on a spoilt one."""

import os
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import journal

LOG = sys.modules["journal.log"]


class PowerCut(BaseException):
    pass


class DiskFile:
    def __init__(self, disk, name, mode):
        self.disk, self.name, self.mode, self.at = disk, name, mode, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def read(self, size):
        data = bytes(self.disk.files[self.name][self.at : self.at + size])
        self.at += len(data)
        return data

    def seek(self, at):
        self.at = at

    def write(self, data):
        for byte in bytes(data):
            self.disk.step()
            self.disk.take_room()
            self.disk.files[self.name].append(byte)
        return len(data)

    def flush(self):
        self.disk.step()

    def fileno(self):
        return self

    def close(self):
        pass


class Disk:
    """A directory in memory whose power fails after a number of steps: every byte and every change of a name is one.

    unsynced: what a cut leaves of bytes that were written but not yet synced: "kept", "lost" or "zeros".
    """

    def __init__(self, unsynced="kept", capacity=None):
        self.files = {}
        self.synced = {}
        self.left = None
        self.steps = 0
        self.unsynced = unsynced
        self.capacity = capacity
        self.made = False

    def step(self):
        if self.left is not None:
            if self.left <= 0:
                raise PowerCut
            self.left -= 1
        self.steps += 1

    def take_room(self):
        if self.capacity is not None and sum(map(len, self.files.values())) >= self.capacity:
            raise OSError(28, "full")

    def restart(self, left=None):
        for name, data in self.files.items():
            synced = self.synced.get(name, 0)
            if self.unsynced == "lost":
                del data[synced:]
            elif self.unsynced == "zeros":
                data[synced:] = bytes(len(data) - synced)
        self.synced = {name: len(data) for name, data in self.files.items()}
        self.left = left

    def open(self, path, mode):
        name = path.split("/")[-1]
        if mode == "rb":
            if name not in self.files:
                raise FileNotFoundError(2, "none")
        elif mode == "wb" or name not in self.files:
            self.step()
            self.files[name] = bytearray()
            self.synced[name] = 0
        return DiskFile(self, name, mode)

    def fsync(self, file):
        self.step()
        self.synced[file.name] = len(self.files[file.name])

    def mkdir(self, path):
        if self.made:
            raise FileExistsError(17, "there")
        self.step()
        self.made = True

    def listdir(self, path):
        return list(self.files)

    def remove(self, path):
        name = path.split("/")[-1]
        if name not in self.files:
            raise FileNotFoundError(2, "none")
        self.step()
        del self.files[name]

    def rename(self, old, new):
        self.step()
        old, new = old.split("/")[-1], new.split("/")[-1]
        assert new not in self.files, "FAT cannot rename onto a file"
        self.files[new] = self.files.pop(old)
        self.synced[new] = self.synced.pop(old)

    def stat(self, path):
        return (0,) * 6 + (len(self.files[path.split("/")[-1]]),)


@pytest.fixture
def put_in(monkeypatch):
    def replace(disk):
        monkeypatch.setattr(LOG, "open", disk.open, raising=False)
        monkeypatch.setattr(LOG, "os", disk)
        return disk

    return replace


def odd(sequence, kind, payload):
    return sequence % 2 == 1


class Ledger:
    """What the journal promised: the records whose append returned, and what the step under way may have done."""

    def __init__(self):
        self.records = []
        self.possible = [[]]
        self.highest = 0

    def run(self, program, segment_bytes=100):
        log = journal.Journal("/j", segment_bytes)
        for step in program:
            if step == "open":
                log.close()
                log = journal.Journal("/j", segment_bytes)
            elif step == "compact":
                after = [entry for entry in self.records if odd(*entry)]
                self.possible = [self.records, after]
                log.compact(odd)
                self.records = after
            else:
                kind, payload = step
                self.possible = [self.records, self.records + [(log.last + 1, kind, payload)]]
                sequence = log.append(kind, payload)
                assert sequence > self.highest
                self.highest = sequence
                self.records = self.possible[1]
            self.possible = [self.records]

    def recover(self):
        log = journal.Journal("/j", 100)
        found = list(log.replay())
        assert found in self.possible
        assert len({entry[0] for entry in found}) == len(found)
        self.records = found
        if found:
            self.highest = max(self.highest, found[-1][0])
        self.possible = [found]


PROGRAM = (
    ("sale", b"one"),
    ("sale", b""),
    ("answer", b"x" * 30),
    ("note", b"four"),
    "compact",
    ("sale", b"y" * 70),
    "open",
    ("sale", b"six"),
    "compact",
    "compact",
    "open",
    ("sale", b"7"),
)


@pytest.mark.parametrize("unsynced", ["kept", "lost", "zeros"])
def test_power_cut_at_every_byte_loses_and_doubles_nothing(put_in, unsynced):
    whole = put_in(Disk(unsynced))
    Ledger().run(PROGRAM)
    for left in range(whole.steps):
        disk = put_in(Disk(unsynced))
        disk.left = left
        ledger = Ledger()
        with pytest.raises(PowerCut):
            ledger.run(PROGRAM)
        disk.restart()
        ledger.recover()
        ledger.run([("after", b"cut")])
        ledger.recover()
        assert ledger.records[-1][1:] == ("after", b"cut")


PAYLOADS = st.one_of(st.binary(max_size=60), st.just(b"\xb5" * 40), st.just(bytes(30)))
STEPS = st.one_of(st.tuples(st.sampled_from(["sale", "n"]), PAYLOADS), st.sampled_from(["compact", "open"]))


@settings(max_examples=80, deadline=None)
@given(
    st.lists(STEPS, max_size=12),
    st.lists(st.integers(0, 500), max_size=4),
    st.sampled_from(["kept", "lost", "zeros"]),
)
def test_any_program_with_several_cuts(program, cuts, unsynced):
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk(unsynced)
        patch.setattr(LOG, "open", disk.open, raising=False)
        patch.setattr(LOG, "os", disk)
        ledger = Ledger()
        for cut in cuts:
            disk.restart(cut)
            try:
                ledger.run(program)
            except PowerCut:
                disk.restart()
            ledger.recover()
        disk.restart()
        ledger.run(program)
        ledger.recover()


def test_numbers_are_not_used_again_when_everything_was_dropped(tmp_path):
    log = journal.Journal(str(tmp_path / "j"))
    assert [log.append("a", b"") for _ in range(5)] == [1, 2, 3, 4, 5]
    log.compact(lambda *_: False)
    assert list(log.replay()) == []
    assert log.append("a", b"") > 5
    log.close()
    log = journal.Journal(str(tmp_path / "j"))
    log.compact(lambda *_: False)
    highest = log.last
    assert journal.Journal(str(tmp_path / "j")).append("a", b"") > highest


def test_compaction_that_fails_changes_nothing(tmp_path):
    log = journal.Journal(str(tmp_path / "j"), 64)
    for i in range(9):
        log.append("a", bytes([i]))
    before = list(log.replay())

    def broken(sequence, kind, payload):
        if sequence == 7:
            raise KeyError(sequence)
        return False

    with pytest.raises(KeyError):
        log.compact(broken)
    assert list(log.replay()) == before
    assert "new" not in os.listdir(tmp_path / "j")
    assert log.append("a", b"") == 10


def test_replay_across_a_compaction_says_so(tmp_path):
    log = journal.Journal(str(tmp_path / "j"), 64)
    for i in range(9):
        log.append("a", bytes([i]))
    running = log.replay()
    next(running)
    log.compact(odd)
    with pytest.raises(RuntimeError):
        next(running)


def test_append_while_a_replay_runs(tmp_path):
    log = journal.Journal(str(tmp_path / "j"), 64)
    for i in range(5):
        log.append("a", bytes([i]))
    seen = []
    for sequence, _, _ in log.replay():
        if len(seen) < 5:
            log.append("b", b"during")
        seen.append(sequence)
    assert seen[:5] == [1, 2, 3, 4, 5]
    assert [entry[0] for entry in log.replay()] == list(range(1, 11))


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_one_spoilt_byte_costs_one_record(tmp_path, flip):
    directory = tmp_path / "j"
    log = journal.Journal(str(directory), 80)
    for i in range(8):
        log.append("kind", bytes([0xB5, i, 0xB5]))
    before = list(log.replay())
    log.close()
    files = sorted(directory.iterdir())
    assert len(files) == 3
    for file in files:
        good = file.read_bytes()
        for at in range(len(good)):
            file.write_bytes(good[:at] + bytes([good[at] ^ flip]) + good[at + 1 :])
            log = journal.Journal(str(directory), 80)
            after = list(log.replay())
            assert len(after) == 7
            assert [entry for entry in before if entry in after] == after
            assert log.damaged == 1
            assert log.last >= 8 or file == files[-1]
        file.write_bytes(good)
    assert list(journal.Journal(str(directory)).replay()) == before


def test_spoilt_tail_is_never_written_behind(tmp_path):
    directory = tmp_path / "j"
    log = journal.Journal(str(directory))
    log.append("a", b"first")
    log.close()
    with open(directory / "s00000001", "ab") as file:
        file.write(b"\xb5garbage")
    size = (directory / "s00000001").stat().st_size
    log = journal.Journal(str(directory))
    log.append("a", b"second")
    assert (directory / "s00000001").stat().st_size == size
    assert [entry[2] for entry in log.replay()] == [b"first", b"second"]


def test_full_medium_keeps_the_journal_usable(put_in):
    disk = put_in(Disk(capacity=400))
    log = journal.Journal("/j", 100)
    stored = []
    with pytest.raises(journal.Full) as error:
        for i in range(100):
            stored.append((log.append("sale", bytes([i]) * 20), "sale", bytes([i]) * 20))
    assert isinstance(error.value, OSError) and error.value.errno == 28
    files = len(disk.files)
    for _ in range(20):
        with pytest.raises(journal.Full):
            log.append("sale", b"more than fits" * 5)
    assert len(disk.files) <= files + 1
    assert list(log.replay()) == stored
    with pytest.raises(journal.Full):
        log.compact(lambda *_: True)
    assert list(log.replay()) == stored
    disk.capacity = 900
    log.compact(lambda sequence, kind, payload: sequence <= 2)
    disk.capacity = 400
    sequence = log.append("sale", b"again")
    assert sequence > stored[-1][0]
    assert [entry[0] for entry in log.replay()] == [1, 2, sequence]
    disk.restart()
    assert [entry[0] for entry in journal.Journal("/j", 100).replay()] == [1, 2, sequence]


@pytest.mark.parametrize("kind", ["", "x" * 16, "tab\t", "销售"])
def test_kind_is_short_ascii(tmp_path, kind):
    with pytest.raises(ValueError):
        journal.Journal(str(tmp_path / "j")).append(kind, b"")


def test_limits_of_a_record(tmp_path):
    log = journal.Journal(str(tmp_path / "j"), 200)
    log.append("x" * 15, bytes(4096))
    log.append("view", memoryview(b"abc"))
    with pytest.raises(ValueError):
        log.append("x", bytes(4097))
    assert [(kind, len(payload)) for _, kind, payload in log.replay()] == [("x" * 15, 4096), ("view", 3)]


def test_foreign_files_are_left_alone(tmp_path):
    directory = tmp_path / "j"
    directory.mkdir()
    for name in ("readme", "s0000000g", "sXXXXXXXX"):
        (directory / name).write_bytes(b"not ours")
    log = journal.Journal(str(directory))
    log.append("a", b"")
    log.compact(odd)
    assert {"readme", "s0000000g", "sXXXXXXXX"} < set(os.listdir(directory))
    assert log.size() > 0


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=600))
def test_any_bytes_in_a_segment_are_survived(data):
    with pytest.MonkeyPatch.context() as patch:
        disk = Disk()
        disk.files["s00000001"] = bytearray(data)
        disk.made = True
        patch.setattr(LOG, "open", disk.open, raising=False)
        patch.setattr(LOG, "os", disk)
        log = journal.Journal("/j")
        sequence = log.append("a", b"good")
        assert list(log.replay())[-1] == (sequence, "a", b"good")
