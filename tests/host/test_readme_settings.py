"""README's table of settings is the firmware's table."""

import json

from posterm.project import ROOT
from terminal import settings


def test_readme_lists_every_setting_with_default_and_allowed_values():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name, (kind, default, low, high, meaning) in settings.TABLE.items():
        shown = json.dumps(default, ensure_ascii=False)
        allowed = settings._ALLOWED[kind](low, high)
        assert f"| {name} | {shown} | {allowed} | {meaning} |" in readme
