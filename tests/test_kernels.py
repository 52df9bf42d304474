"""`fastnn.kernels` and the stub that the build wrote list every kernel of the extension."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from fastnn import _core, kernels

STUB = Path(_core.__file__).with_name("_core") / "__init__.pyi"


def signatures():
    """Name -> argument names, of every function of the extension."""
    found = {}
    for name, value in vars(_core).items():
        if callable(value) and not name.startswith("_"):
            # "relu(input: object) -> object"; an overloaded function lists no arguments here.
            arguments = re.match(r"\w+\((.*)\)", value.__doc__)[1]
            found[name] = re.findall(r"(\w+): ", arguments)
    return found


def test_every_function_has_a_stub_with_its_arguments():
    stubs = {}
    for node in ast.parse(STUB.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            a = node.args
            stubs[node.name] = [arg.arg for arg in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
    built = signatures()
    assert set(stubs) == set(built)
    wrong = {name for name, arguments in built.items() if arguments and stubs[name] != arguments}
    assert not wrong


def test_the_stub_has_a_type_for_everything():
    """Nothing is left of what pybind11 says of arguments that bindings check by hand."""
    assert not re.findall(r"\bobject\b|typing\.|-> tuple:|\*args", STUB.read_text())


def test_every_kernel_is_public():
    assert set(kernels.__all__) == set(signatures())
    for name in kernels.__all__:
        assert getattr(kernels, name) is getattr(_core, name)


@pytest.mark.parametrize("name", [n for n in kernels.__all__ if n.endswith("_backward")])
def test_every_forward_has_a_backward(name):
    """The names match; those of several variants match by their first words."""
    words = name.removesuffix("_backward").split("_")
    assert any("_".join(words[:n]) in kernels.__all__ for n in range(1, len(words) + 1))


# "input, weight : float (...) = None; what they are" in a docstring.
ARGUMENTS = re.compile(r"^(\w+(?:, \w+)*) : ([^;\n]*)", re.M)
DEFAULT = re.compile(r' = (\(.*?\)|"[^"]*"|[^\s,]+)')


@pytest.mark.parametrize("name", kernels.__all__)
def test_docstrings(name):
    """Each has a sentence, all arguments with shapes and defaults, the result, and an example."""
    signature, blank, *lines = inspect.getdoc(getattr(kernels, name)).splitlines()
    assert re.match(rf"{name}\(.*\) -> ", signature)
    assert re.fullmatch(r"[A-Z][a-z]+s .*\.", lines[0])
    assert blank == lines[1] == ""
    assert max(map(len, lines)) <= 100
    text = "\n".join(lines)
    (function,) = ast.parse(f"def {signature}: ...").body
    arguments, defaults = function.args.args, function.args.defaults
    described = {
        argument: [ast.literal_eval(stated) for stated in DEFAULT.findall(what)]
        for names, what in ARGUMENTS.findall(text)
        for argument in names.split(", ")
    }
    assert set(described) == {argument.arg for argument in arguments}
    usual = {a.arg: ast.literal_eval(d) for a, d in zip(arguments[::-1], defaults[::-1])}
    for argument, stated in described.items():
        assert stated in ([], [usual.get(argument, KeyError)]), argument
    assert re.search(r"^\w.* : .*(\((\.\.\.|[A-Z*)])|shape)", text, re.M), "no shape of an argument"
    assert re.search(r"^Returns .*", text, re.M)
    assert re.search(rf"^(>>>|\.\.\.) .*kernels\.{name}\(", text, re.M)
