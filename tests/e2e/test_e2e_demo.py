"""The demo: each of its steps as a test, and the installed command as a user runs it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from posterm.demo import secrets_check
from posterm.demo.scenario import STEPS, Scene, shop

PICTURES = (
    "lcd-selftest.png",
    "lcd-doctor.png",
    "lcd-pin.png",
    "lcd-approved.png",
    "lcd-declined.png",
    "lcd-unknown.png",
    "slip-merchant.png",
    "slip-customer.png",
)
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def played(command, tmp_path_factory):
    """The command in both languages, started at once: language -> (folder, what it said, once it has ended)."""
    with ThreadPoolExecutor(2) as pool:
        found = {}
        for language in ("zh", "en"):
            out = tmp_path_factory.mktemp("played") / "demo"
            words = ("demo", "--out", out, "--language", language)
            found[language] = out, pool.submit(command, *words, timeout=120)
        yield found


@pytest.fixture(scope="module")
def scene(tmp_path_factory, firmware, played):
    out = tmp_path_factory.mktemp("scene")
    with shop(out / "rig", {"result_seconds": 1, "copy_seconds": 1}, firmware) as rig:
        yield Scene(rig, out, "zh", lambda *_shown: None)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.en)
def test_step(scene, step):
    assert step.run(scene)


def test_no_secret_is_left_after_the_steps(scene):
    assert "hold no card number" in secrets_check.check(scene.rig, scene.out)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_command_plays_the_demo_and_leaves_pictures(played, language):
    out, outcome = played[language]
    done = outcome.result()
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "FAILED" not in done.stdout
    for step in STEPS:
        assert getattr(step, language) in done.stdout
    for name in PICTURES:
        assert (out / name).read_bytes().startswith(PNG)
    assert (out / "demo.log").stat().st_size > 1000
