"""Imports point inwards: main, app, flows, services, lib; and what checks the firmware shares no code with it."""

import ast

import pytest

from posterm.project import ROOT

LIBRARIES = {path.name for path in (ROOT / "lib").iterdir() if path.is_dir()}
APART = {
    ("ledger", "ui"),
    ("ledger", "acquirer"),
    ("acquirer", "ui"),
    ("notices", "ui"),
    ("notices", "acquirer"),
    ("ui", "ledger"),
}


def imports(path):
    """Return the names of the modules that `path` imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def level(name):
    """Return how far inside module `name` lies, None when it is not part of the terminal or lib."""
    parts = name.split(".")
    if parts[0] in LIBRARIES:
        return 4
    if parts[0] != "terminal":
        return None
    if len(parts) > 1 and parts[1] == "app":
        return 1
    if len(parts) > 1 and parts[1] == "flows":
        return 2
    return 3


def device_files():
    files = sorted((ROOT / "firmware").rglob("*.py")) + sorted(
        p for n in LIBRARIES for p in (ROOT / "lib" / n).glob("*.py")
    )
    return [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in files]


def own_name(path):
    for base in ("firmware", "lib"):
        if path.is_relative_to(ROOT / base):
            return ".".join(path.relative_to(ROOT / base).with_suffix("").parts)
    raise AssertionError(path)


@pytest.mark.parametrize("path", device_files())
def test_imports_point_inwards(path):
    name = own_name(path)
    here = level(name) if name != "main" else 0
    for imported in imports(path):
        there = level(imported)
        if there is None or here is None:
            continue
        assert there >= here, f"{name} imports {imported}"
        if there == here == 4:
            assert imported.split(".")[0] == name.split(".")[0], f"library {name} imports library {imported}"
        pair = tuple(module.split(".")[1] for module in (name, imported)) if there == here == 3 else None
        assert pair not in APART, f"{name} imports {imported}"


@pytest.mark.parametrize("path", sorted((ROOT / "tools" / "posterm").rglob("*.py")), ids=lambda path: path.name)
def test_host_tools_share_no_code_with_the_firmware(path):
    foreign = {name for name in imports(path) if name.split(".")[0] in LIBRARIES | {"terminal", "board"}}
    assert not foreign
