"""The typed stub of paycrypt describes the real modules: the binding by signature, the native module by name."""

import ast
import inspect
import subprocess

import pytest

import paycrypt
from posterm.project import ROOT

STUB = ast.parse((ROOT / "lib/paycrypt/typing/paycrypt.pyi").read_text())


def functions(body):
    """Return {name: (positional-only arguments, further arguments)} of the functions in `body`."""
    return {
        node.name: ([a.arg for a in node.args.posonlyargs], [a.arg for a in node.args.args])
        for node in body
        if isinstance(node, ast.FunctionDef)
    }


def classes():
    return {node.name: node.body for node in STUB.body if isinstance(node, ast.ClassDef)}


def shape(function):
    """Return the same pair for a function of the binding."""
    parameters = inspect.signature(function).parameters.values()
    only = [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
    return only, [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]


def names(module):
    return {name for name in dir(module) if not name.startswith("_")} - {"ffi", "lib", "index"}


def test_the_binding_offers_exactly_the_names_of_the_stub():
    constants = {node.target.id for node in STUB.body if isinstance(node, ast.AnnAssign)}
    assert names(paycrypt) == constants | set(classes()) | set(functions(STUB.body))


@pytest.mark.parametrize("name", sorted(functions(STUB.body)))
def test_functions_take_the_arguments_of_the_stub(name):
    assert shape(getattr(paycrypt, name)) == functions(STUB.body)[name]


@pytest.mark.parametrize("owner", ["KeyStore", "MacStream"])
def test_methods_take_the_arguments_of_the_stub(owner):
    stub = functions(classes()[owner])
    real = getattr(paycrypt, owner)
    assert {name for name in dir(real) if not name.startswith("_")} == set(stub) - {"__init__"}
    for name, arguments in stub.items():
        if name != "__init__":
            assert shape(getattr(real, name)) == arguments, name


def test_the_native_module_offers_the_same_names():
    native = ROOT / "build/natmod/x64"
    interpreter = ROOT / "build/venv/bin/micropython"
    if not (native / "paycrypt.mpy").exists() or not interpreter.exists():
        pytest.skip("needs `make natmod` and the unix interpreter")
    script = "import paycrypt; print(*dir(paycrypt)); print(*dir(paycrypt.KeyStore()))"
    done = subprocess.run(
        [interpreter, "-c", script], env={"MICROPYPATH": str(native)}, capture_output=True, text=True, check=True
    )
    module, store = (set(line.split()) for line in done.stdout.splitlines())
    # a native module cannot export a type by name alone: MacStream is what mac_stream() returns
    assert names(paycrypt) - {"MacStream"} <= module
    assert set(functions(classes()["KeyStore"])) - {"__init__"} <= store
