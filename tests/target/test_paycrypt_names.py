"""The native module of paycrypt offers the names of the typed stub."""

import ast
import subprocess

from posterm.project import ROOT, tool

STUB = ast.parse((ROOT / "lib/paycrypt/typing/paycrypt.pyi").read_text())
NATIVE = ROOT / "build/natmod/x64"


def test_the_native_module_offers_the_names_of_the_stub():
    classes = {node.name: node for node in STUB.body if isinstance(node, ast.ClassDef)}
    wanted = {node.name for node in STUB.body if isinstance(node, ast.FunctionDef)} | set(classes)
    wanted |= {node.target.id for node in STUB.body if isinstance(node, ast.AnnAssign)}
    methods = {node.name for node in classes["KeyStore"].body if isinstance(node, ast.FunctionDef)} - {"__init__"}
    script = "import paycrypt; print(*dir(paycrypt)); print(*dir(paycrypt.KeyStore()))"
    done = subprocess.run(
        [tool("micropython"), "-c", script],
        env={"MICROPYPATH": str(NATIVE)},
        capture_output=True,
        text=True,
        check=True,
    )
    module, store = (set(line.split()) for line in done.stdout.splitlines())
    # MacStream has no name of its own there: it is what mac_stream() returns
    assert wanted - {"MacStream"} <= module
    assert methods <= store
