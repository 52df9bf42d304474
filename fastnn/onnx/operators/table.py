"""The operators that a loaded graph may have."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

__all__: list[str] = []

ATTRIBUTES = {"int": int, "float": float, "str": str, "list[int]": list, "list[float]": list}


class Operator(NamedTuple):
    """A function of the inputs, with the attributes as its keyword-only arguments.

    Attributes
    ----------
    function
        Computes the output, or a tuple of outputs.
    least, most
        How many inputs there may be; `most` is None for any number.
    attributes
        The type of each attribute, by its name.
    required
        Attributes without a default.
    """

    function: Callable[..., Any]
    least: int
    most: int | None
    attributes: dict[str, str]
    required: frozenset[str]


operators: dict[str, Operator] = {}


def operator(*kinds: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorates what computes operators of some names."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        parameters = list(inspect.signature(function).parameters.values())
        inputs = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        least = sum(p.default is p.empty for p in inputs)
        most = None if any(p.kind is p.VAR_POSITIONAL for p in parameters) else len(inputs)
        named = [p for p in parameters if p.kind is p.KEYWORD_ONLY and p.name != "outputs"]
        types = {p.name: str(p.annotation).removesuffix(" | None") for p in named}
        required = frozenset(p.name for p in named if p.default is p.empty)
        for kind in kinds:
            operators[kind] = Operator(function, least, most, types, required)
        return function

    return register


def counts_outputs(function: Callable[..., Any]) -> bool:
    """Whether a function is told how many outputs a node has."""
    return "outputs" in inspect.signature(function).parameters
