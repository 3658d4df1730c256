"""The firmware image of a board: what its file system holds, each module precompiled to .mpy by mpy-cross.

    folder = build("UNIX")         # build/board/UNIX, only what changed is compiled again
"""

import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from posterm.project import BUILD, ROOT, Problem, board_folder, tool

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
    """Compile the image of `board` and return its folder. Raises Problem for an unknown board or a missing tool."""
    wanted = sources(board)
    folder = BUILD / "board" / board
    native = BUILD / "natmod" / ARCHITECTURES[board] / "paycrypt.mpy"
    if not native.is_file():
        raise Problem(f"{native.relative_to(ROOT)} is missing: run `make natmod`")
    compiler = tool("mpy-cross")
    expected = {folder / "paycrypt.mpy"}
    jobs = []
    for name, source in wanted.items():
        target = folder / name
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
    shutil.copy2(native, folder / "paycrypt.mpy")
    for path in folder.rglob("*"):
        if path.is_file() and path not in expected:
            path.unlink()
    return folder


def _make(compiler: Path, architecture: str, name: str, source: Path, target: Path) -> str | None:
    if source.suffix != ".py":
        shutil.copyfile(source, target)
        return None
    done = subprocess.run(
        [compiler, f"-march={architecture}", "-s", name, "-o", target, source], capture_output=True, text=True, check=False
    )
    if done.returncode:
        return f"{source.relative_to(ROOT)} does not compile: {done.stderr.strip().splitlines()[-1]}"
    return None
