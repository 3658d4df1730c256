"""Fixtures for stories about the whole terminal (shop.py)."""

import pytest

from shop import run_shop


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """Storage and host of a terminal that is signed in, for `shop.resume`."""
    patch = pytest.MonkeyPatch()
    try:

        async def story(shop):
            await shop.open()
            await shop.power_off()
            return shop.keep()

        return run_shop(tmp_path_factory.mktemp("kept"), story, patch)
    finally:
        patch.undo()


@pytest.fixture
def play(tmp_path, monkeypatch, kept):
    """Return `play(story, fresh=False, **options)`: run a story in a shop whose terminal is signed in and idle, or new
    and off. Options: settings, modem_config."""

    def play(story, fresh=False, **options):
        async def opened(shop):
            if not fresh:
                await shop.resume(kept)
            return await story(shop)

        return run_shop(tmp_path, opened, monkeypatch, **options)

    return play
