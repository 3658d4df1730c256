"""Settings are taken whole or refused by name: a file that cannot be read is no missing file."""

import errno

import pytest

from terminal import settings


def test_only_a_missing_file_means_the_defaults(tmp_path):
    assert settings.load(str(tmp_path)) == {name: row[1] for name, row in settings.TABLE.items()}
    (tmp_path / "settings.json").mkdir()
    with pytest.raises(settings.SettingsError, match=r"settings\.json cannot be read.*remove it") as caught:
        settings.load(str(tmp_path))
    assert caught.value.name is None and "\n" not in str(caught.value)


@pytest.mark.parametrize("number", [errno.EIO, errno.EISDIR, errno.EACCES])
def test_a_storage_fault_stops_the_start(tmp_path, monkeypatch, number):
    def fail(*_place):
        raise OSError(number, "fault")

    monkeypatch.setattr(settings, "open", fail, raising=False)
    with pytest.raises(settings.SettingsError, match=rf"settings\.json.*error {number}\b.*write it again"):
        settings.load(str(tmp_path))


@pytest.mark.parametrize("name", ["hotline", "merchant_mobile"])
@pytest.mark.parametrize("value", ["+", "1", "+12", "12", "++123456", "12345+", "123 456", "１２３４５"])
def test_what_is_no_telephone_number_is_refused(name, value):
    with pytest.raises(settings.SettingsError, match="3 or more digits with an optional") as caught:
        settings.check(name, value)
    assert caught.value.name == name


def test_telephone_numbers():
    for name, value in (
        ("merchant_mobile", ""),
        ("merchant_mobile", "110"),
        ("merchant_mobile", "+8613900139000"),
        ("hotline", "95516"),
        ("hotline", "+8695516"),
    ):
        assert settings.check(name, value) == value
    with pytest.raises(settings.SettingsError):
        settings.check("hotline", "")
    assert "empty, or" in settings._ALLOWED["phone"](0, 16)
    assert "empty" not in settings._ALLOWED["phone"](5, 15)


@pytest.mark.parametrize("half", ["\ud800", "\udbff", "\udc00", "\udfff"])
def test_half_a_surrogate_pair_is_no_text(tmp_path, half):
    with pytest.raises(settings.SettingsError, match="merchant_name"):
        settings.check("merchant_name", "店" + half)
    (tmp_path / "settings.json").write_text('{"merchant_name": "\\u5e97\\u%04x"}' % ord(half))
    with pytest.raises(settings.SettingsError, match="merchant_name"):
        settings.load(str(tmp_path))
    assert settings.check("merchant_name", "店\ud7ff\ue000") == "店\ud7ff\ue000"
