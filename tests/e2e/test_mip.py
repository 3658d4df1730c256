"""Each library of lib/ installs alone with mip, from package.json, into real MicroPython, and imports there."""

import functools
import json
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from posterm.project import ROOT, tool

LIBRARIES = sorted(path.parent.name for path in (ROOT / "lib").glob("*/package.json"))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_args):
        """Say nothing: the test's output is for failures."""


@pytest.fixture(scope="module")
def server():
    """Serve lib/ on a free port of this machine."""
    handler = functools.partial(Quiet, directory=ROOT / "lib")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def test_every_library_in_python_has_a_package():
    assert LIBRARIES == ["gbk", "isomsg", "journal", "modem", "sms", "thermal"]


@pytest.mark.parametrize("name", LIBRARIES)
def test_package_lists_every_file(name):
    listed = {source for _, source in json.loads((ROOT / "lib" / name / "package.json").read_text())["urls"]}
    present = {path.name for path in (ROOT / "lib" / name).iterdir() if path.suffix in (".py", ".bin")}
    assert listed == present


@pytest.mark.parametrize("name", LIBRARIES)
def test_library_installs_with_mip_and_imports_alone(name, server, tmp_path):
    install = f"import mip; mip.install('{server}/{name}/package.json', target='{tmp_path}', mpy=False)"
    use = f"import sys; sys.path[:] = ['{tmp_path}', '.frozen']; import {name}; print({name}.__file__)"
    for script in (install, use):
        done = subprocess.run(
            [tool("micropython"), "-c", script], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == f"{tmp_path}/{name}/__init__.py"
