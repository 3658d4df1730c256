"""Cards, masks, keys in flash, the technician's password: what is refused, what is wiped, what a power cut cannot do."""

import asyncio
import os
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import paycrypt
from posterm.sim.acquirer.cards import luhn_valid
from terminal.security import card as cards
from terminal.security import mask
from terminal.security.keys import Keys
from terminal.security.technician import Technician

TODAY = (2026, 11)
SECRET = bytes(range(32))
TMK = bytes(range(16))


def ignore(event, detail=""):
    return None


# ---- cards


@st.composite
def pans(draw):
    body = draw(st.text("0123456789", min_size=12, max_size=18))
    return next(body + digit for digit in "0123456789" if luhn_valid(body + digit))


@given(
    pan=pans(),
    month=st.integers(1, 12),
    year=st.integers(27, 99),
    separator=st.sampled_from("=D"),
    framed=st.booleans(),
)
def test_good_swipe_is_read_and_wiped(pan, month, year, separator, framed):
    text = f"{pan}{separator}{year:02d}{month:02d}101"
    track = bytearray((";" + text + "?" if framed else text).encode())
    card = cards.from_track2(track, TODAY)
    assert (card.pan, card.expiry, card.mode) == (pan, f"{year:02d}{month:02d}", "02")
    assert card.track2 == text.replace("=", "D")
    assert card.masked == pan[:6] + "*" * (len(pan) - 10) + pan[-4:]
    assert not any(track)
    assert cards.restored(card.stored()) == {"pan": pan, "expiry": card.expiry, "track2": None}
    card.forget()
    assert card.fields() == {"pan": None, "expiry": None, "track2": None}


@settings(max_examples=100)
@given(octets=st.binary(max_size=60) | st.text("0123456789=D;?", max_size=60).map(str.encode))
def test_any_swipe_is_a_card_or_refused_and_always_wiped(octets):
    track = bytearray(octets)
    try:
        card = cards.from_track2(track, TODAY)
    except cards.CardError as error:
        assert error.text in ("card.swipe", "card.bad", "card.expired", "expiry.bad")
    else:
        assert luhn_valid(card.pan)
        assert 13 <= len(card.pan) <= 19
        assert len(card.track2) <= 37
    assert not any(track)


@given(pan=st.text("0123456789", min_size=13, max_size=19), expiry=st.text("0123456789", min_size=4, max_size=4))
def test_keyed_card_follows_luhn_and_calendar(pan, expiry):
    typed = bytearray(pan.encode()), bytearray(expiry.encode())
    month, year = int(expiry[:2]), 2000 + int(expiry[2:])
    good = luhn_valid(pan) and 1 <= month <= 12 and (year, month) >= TODAY
    if good:
        card = cards.keyed(*typed, TODAY)
        assert (card.pan, card.expiry, card.mode, card.track2) == (pan, expiry[2:] + expiry[:2], "01", None)
    else:
        with pytest.raises(cards.CardError) as error:
            cards.keyed(*typed, TODAY)
        assert pan not in str(error.value)
    assert not any(typed[0])
    assert not any(typed[1])


# ---- masks


def test_masks():
    assert mask.pan("6222020000000018") == "622202******0018"
    assert mask.pan(b"6222020000018") == "622202***0018"
    assert mask.number("13812345678") == "138****5678"
    assert mask.number("+8613812345678") == "+86*******5678"
    assert mask.number("95516") == "***16"
    assert mask.number("1") == "1"


@given(text=st.text("0123456789abc -", max_size=80))
def test_scrubbed_text_has_no_long_run_of_digits(text):
    out = mask.scrub(text)
    assert len(out) == len(text)
    assert all(len(run) < 9 for run in re.findall(r"\d+", out))
    if not re.search(r"\d{9}", text):
        assert out == text


# ---- keys


def keys(folder, secret=SECRET, log=ignore):
    return Keys(paycrypt.KeyStore(), str(folder), secret, os.urandom, log)


def test_keys_survive_a_restart_of_the_same_device_only(tmp_path):
    first = keys(tmp_path)
    assert not first.has_master
    key = bytearray(TMK)
    first.load_master(key)
    assert not any(key)
    blob = first.protect(b"secret number")
    again = keys(tmp_path)
    assert again.check_value("TMK") == first.check_value("TMK") != "-"
    assert again.reveal(blob) == b"secret number"
    log = []
    other = keys(tmp_path, bytes(32), lambda event, detail="": log.append((event, detail)))
    assert log[0][0] == "keys.refused"
    assert not other.has_master
    with pytest.raises(paycrypt.Error):
        other.reveal(blob)


@pytest.mark.parametrize("damage", [b"", b"x", None])
def test_damaged_key_file_is_refused_and_logged(tmp_path, damage):
    keys(tmp_path).load_master(bytearray(TMK))
    path = tmp_path / "keys.sealed"
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.write_bytes(bytes(sealed) if damage is None else damage)
    log = []
    damaged = keys(tmp_path, log=lambda event, detail="": log.append(event))
    assert log == ["keys.refused"]
    assert not damaged.has_master
    assert TMK not in path.read_bytes()


def test_unreadable_key_file_is_not_taken_for_a_new_terminal(tmp_path):
    keys(tmp_path)
    (tmp_path / "keys.sealed").unlink()
    (tmp_path / "keys.sealed").mkdir()
    with pytest.raises(OSError, match="directory"):
        keys(tmp_path)


def test_new_master_key_drops_the_working_keys(tmp_path):
    made = keys(tmp_path)
    made.load_master(bytearray(TMK))
    made._store.load(1, paycrypt.PIN, bytes(16))
    made._store.load(2, paycrypt.MAC, bytes(16))
    assert made.has_working
    made.load_master(bytearray(bytes(range(24))))
    assert not made.has_working
    assert made.check_value("PIK") == made.check_value("MAK") == "-"


@pytest.mark.parametrize("size", [0, 8, 15, 17, 32])
def test_master_key_of_a_wrong_size_is_refused_and_wiped(tmp_path, size):
    made = keys(tmp_path)
    key = bytearray(b"k" * size)
    with pytest.raises(paycrypt.Error):
        made.load_master(key)
    assert not any(key)
    assert not made.has_master


# ---- technician


def technician(folder, log=ignore):
    return Technician(str(folder), os.urandom, log)


def check(tech, password):
    typed = bytearray(password.encode())
    result = asyncio.run(tech.check(typed))
    assert not any(typed)
    return result


@pytest.fixture
def set_up(tmp_path):
    tech = technician(tmp_path)
    assert not tech.is_set
    assert not asyncio.run(tech.set(bytearray(b"short")))
    assert not asyncio.run(tech.set(bytearray(b"x" * 33)))
    assert not tech.is_set
    assert asyncio.run(tech.set(bytearray(b"correct horse")))
    return tmp_path


def test_five_wrong_passwords_lock_for_good(set_up):
    tech = technician(set_up)
    for left in (4, 3, 2, 1, 0):
        assert not check(tech, "wrong horse")
        assert tech.tries_left == left
        tech = technician(set_up)
        assert tech.tries_left == left  # a restart gives nothing back
    assert not check(tech, "correct horse")


def test_right_password_gives_the_tries_back(set_up):
    tech = technician(set_up)
    assert not check(tech, "wrong horse")
    assert check(tech, "correct horse")
    assert technician(set_up).tries_left == 5


def test_try_is_stored_before_the_password_is_compared(set_up, monkeypatch):
    """The power goes while the hash is computed: the try is gone."""

    class Cut(BaseException):
        pass

    def cut(*_):
        raise Cut

    for left in (4, 3, 2, 1, 0):
        tech = technician(set_up)
        with monkeypatch.context() as patch:
            patch.setattr("terminal.security.technician._hash", cut)
            with pytest.raises(Cut):
                asyncio.run(tech.check(bytearray(b"correct horse")))
        assert technician(set_up).tries_left == left
    assert not check(technician(set_up), "correct horse")


def test_power_cut_between_count_and_rename_compares_nothing(set_up, monkeypatch):
    def no_rename(old, new):
        raise OSError(28, "no room")

    tech = technician(set_up)
    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", no_rename)
        with pytest.raises(OSError, match="no room"):
            asyncio.run(tech.check(bytearray(b"correct horse")))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"salt": "00"}', '{"salt": "", "hash": "", "tries": "x"}'])
def test_damaged_password_file_locks_and_does_not_ask_for_a_new_password(set_up, content):
    (set_up / "technician.json").write_text(content)
    log = []
    tech = technician(set_up, lambda event, detail="": log.append(event))
    assert log == ["technician.damaged"]
    assert tech.is_set
    assert not check(tech, "correct horse")
    assert not check(tech, "")
