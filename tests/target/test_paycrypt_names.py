"""The signatures that paycrypt_names_target.py checks on every interpreter are those of the typed stub."""

import ast

from posterm.project import ROOT

STUB = ast.parse((ROOT / "lib/paycrypt/typing/paycrypt.pyi").read_text())
SCRIPT = ast.parse((ROOT / "tests/target/paycrypt_names_target.py").read_text())


def signatures(body):
    """Return {name: (arguments by place, ((further argument, default), …))} of the functions in `body`."""
    found = {}
    for node in body:
        if isinstance(node, ast.FunctionDef) and node.name != "__init__":
            arguments = node.args
            assert not (arguments.vararg or arguments.kwonlyargs or arguments.kwarg), node.name
            defaults = [ast.literal_eval(default) for default in arguments.defaults]
            further = [argument.arg for argument in arguments.args if argument.arg != "self"]
            places = [argument.arg for argument in arguments.posonlyargs if argument.arg != "self"]
            found[node.name] = (" ".join(places), tuple(zip(further, defaults, strict=True)))
    return found


def written(name):
    """The value of a constant of the script."""
    for node in SCRIPT.body:
        if isinstance(node, ast.Assign) and node.targets[0].id == name:
            return ast.literal_eval(node.value)
    raise AssertionError(name)


def test_the_script_checks_the_constants_of_the_stub():
    constants = [node.target.id for node in STUB.body if isinstance(node, ast.AnnAssign)]
    assert written("CONSTANTS").split() == constants


def test_the_script_checks_the_signatures_of_the_stub():
    expected = {"": signatures(STUB.body)}
    for node in STUB.body:
        if isinstance(node, ast.ClassDef) and node.name != "Error":
            expected[node.name] = signatures(node.body)
    assert written("SIGNATURES") == expected
