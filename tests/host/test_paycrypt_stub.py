"""The typed stub of paycrypt describes the CPython binding (the native module: tests/target/test_paycrypt_names.py)."""

import ast
import inspect

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
