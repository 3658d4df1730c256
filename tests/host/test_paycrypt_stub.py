"""The typed stub of paycrypt describes the CPython binding, name by name and default by default.

The MicroPython binding is held against the same stub on every interpreter: tests/target/paycrypt_names_target.py.
"""

import ast
import inspect

import pytest

import paycrypt
from posterm.project import ROOT

STUB = ast.parse((ROOT / "lib/paycrypt/typing/paycrypt.pyi").read_text())
CLASSES = {node.name: node.body for node in STUB.body if isinstance(node, ast.ClassDef)}
CONSTANTS = {node.target.id for node in STUB.body if isinstance(node, ast.AnnAssign)}
KINDS = inspect.Parameter


def functions(body):
    """Return {name: [(argument, kind, default or none)]} of the functions in `body`."""
    return {node.name: list(parameters(node.args)) for node in body if isinstance(node, ast.FunctionDef)}


def parameters(arguments):
    assert not (arguments.vararg or arguments.kwonlyargs or arguments.kwarg)
    listed = [(a.arg, KINDS.POSITIONAL_ONLY) for a in arguments.posonlyargs]
    listed += [(a.arg, KINDS.POSITIONAL_OR_KEYWORD) for a in arguments.args]
    none = [KINDS.empty] * (len(listed) - len(arguments.defaults))
    defaults = none + [ast.literal_eval(default) for default in arguments.defaults]
    for (name, kind), default in zip(listed, defaults, strict=True):
        yield name, kind, default


def shape(function):
    """Return the same list for a function of the binding."""
    return [(p.name, p.kind, p.default) for p in inspect.signature(function).parameters.values()]


def public(thing):
    return {name for name in dir(thing) if not name.startswith("_")}


def test_the_binding_offers_exactly_the_names_of_the_stub():
    assert public(paycrypt) == CONSTANTS | set(CLASSES) | set(functions(STUB.body))


@pytest.mark.parametrize("name", sorted(CONSTANTS))
def test_constants_are_integers(name):
    assert type(getattr(paycrypt, name)) is int


@pytest.mark.parametrize("name", sorted(functions(STUB.body)))
def test_functions_take_the_arguments_of_the_stub(name):
    assert shape(getattr(paycrypt, name)) == functions(STUB.body)[name]


@pytest.mark.parametrize("owner", ["KeyStore", "MacStream", "Dukpt"])
def test_methods_take_the_arguments_of_the_stub(owner):
    stub = functions(CLASSES[owner])
    real = getattr(paycrypt, owner)
    assert public(real) == set(stub) - {"__init__"}
    for name, expected in stub.items():
        assert shape(getattr(real, name)) == expected, name


def test_an_error_has_the_attributes_of_the_stub():
    assert issubclass(paycrypt.Error, ValueError)
    attributes = {node.target.id for node in CLASSES["Error"]}
    assert attributes == public(paycrypt.Error) - public(ValueError)
    with pytest.raises(paycrypt.Error) as caught:
        paycrypt.KeyStore().erase(16)
    assert {name: getattr(caught.value, name) for name in attributes} == {"argument": "slot", "reason": "out of range"}
