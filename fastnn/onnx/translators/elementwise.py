"""Arithmetic, comparisons and functions of single elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import ops
from ...ops.elementwise import compare
from ..step import Step, translates

UNARY = {
    "abs": "Abs",
    "acos": "Acos",
    "acosh": "Acosh",
    "asin": "Asin",
    "asinh": "Asinh",
    "atan": "Atan",
    "atanh": "Atanh",
    "ceil": "Ceil",
    "cos": "Cos",
    "cosh": "Cosh",
    "erf": "Erf",
    "exp": "Exp",
    "floor": "Floor",
    "log": "Log",
    "neg": "Neg",
    "reciprocal": "Reciprocal",
    "sign": "Sign",
    "sin": "Sin",
    "sinh": "Sinh",
    "sqrt": "Sqrt",
    "tan": "Tan",
}
BINARY = {"mul": "Mul", "maximum": "Max", "minimum": "Min", "pow": "Pow"}
COMPARISONS = {
    "lt": "Less",
    "le": "LessOrEqual",
    "gt": "Greater",
    "ge": "GreaterOrEqual",
    "eq": "Equal",
    "ne": "Equal",
    "equals": "Equal",
    "differs": "Equal",
}
LOGICAL = {"logical_and": "And", "logical_or": "Or", "logical_xor": "Xor"}
BITWISE = {"bitwise_and": "And", "bitwise_or": "Or", "bitwise_xor": "Xor"}


@translates(*[getattr(ops, name) for name in UNARY])
def unary(s: Step) -> str:
    return s.graph.add(UNARY[s.op], s.x("input", s.dtype))


@translates(ops.square)
def square(s: Step) -> str:
    x = s.x("input")
    return s.graph.add("Mul", x, x)


@translates(ops.rsqrt)
def rsqrt(s: Step) -> str:
    return s.graph.add("Reciprocal", s.graph.add("Sqrt", s.x("input", s.dtype)))


@translates(ops.trunc)
def trunc(s: Step) -> str:
    x, g = s.x("input"), s.graph
    return g.add("Mul", g.add("Sign", x), g.add("Floor", g.add("Abs", x)))


@translates(ops.expm1)
def expm1(s: Step) -> str:
    # e^x - 1 = 2 e^(x/2) sinh(x/2), which loses nothing near zero.
    g = s.graph
    half = g.add("Mul", s.x("input", s.dtype), g.constant(0.5, s.dtype))
    product = g.add("Mul", g.add("Exp", half), g.add("Sinh", half))
    return g.add("Mul", product, g.constant(2.0, s.dtype))


@translates(ops.log2, ops.log10)
def log_to_a_base(s: Step) -> str:
    factor = 1 / math.log(2 if s.op == "log2" else 10)
    g = s.graph
    return g.add("Mul", g.add("Log", s.x("input", s.dtype)), g.constant(factor, s.dtype))


@translates(ops.round)
def rounded(s: Step) -> str:
    if s.arg("decimals"):
        raise s.refuse("decimals must be 0")
    return s.graph.add("Round", s.x("input"))


@translates(ops.positive, ops.clone, ops.detach, ops.contiguous, ops.identity)
def nothing(s: Step) -> str:
    return s.x("input")


@translates(*[getattr(ops, name) for name in BINARY])
def binary(s: Step) -> str:
    second = "exponent" if s.op == "pow" else "other"
    return s.graph.add(BINARY[s.op], s.x("input", s.dtype), s.x(second, s.dtype))


@translates(ops.add, ops.sub, ops.rsub)
def sum_or_difference(s: Step) -> str:
    g, alpha = s.graph, s.arg("alpha")
    a, b = s.x("input", s.dtype), s.x("other", s.dtype)
    if alpha != 1:
        factor = g.constant(alpha, s.dtype)
        if s.op == "rsub":
            a = g.add("Mul", a, factor)
        else:
            b = g.add("Mul", b, factor)
    if s.op == "add":
        return g.add("Add", a, b)
    return g.add("Sub", b, a) if s.op == "rsub" else g.add("Sub", a, b)


@translates(ops.div)
def quotient(s: Step) -> str:
    g, mode = s.graph, s.arg("rounding_mode")
    y = g.add("Div", s.x("input", s.dtype), s.x("other", s.dtype))
    if mode is None or (s.dtype.kind in "iu" and mode == "trunc"):
        return y
    if s.dtype.kind != "f":
        raise s.refuse(f"rounding_mode {mode!r} of integers has no operator")
    if mode == "floor":
        return g.add("Floor", y)
    return g.add("Mul", g.add("Sign", y), g.add("Floor", g.add("Abs", y)))


@translates(ops.lerp)
def lerp(s: Step) -> str:
    g = s.graph
    a, b, w = [s.x(name, s.dtype) for name in ("input", "end", "weight")]
    return g.add("Add", a, g.add("Mul", w, g.add("Sub", b, a)))


@translates(ops.addcmul, ops.addcdiv)
def sum_of_product(s: Step) -> str:
    g = s.graph
    kind = "Mul" if s.op == "addcmul" else "Div"
    product = g.add(kind, s.x("tensor1", s.dtype), s.x("tensor2", s.dtype))
    scaled = g.add("Mul", product, g.constant(s.arg("value"), s.dtype))
    return g.add("Add", s.x("input", s.dtype), scaled)


@translates(ops.clamp, ops.clamp_min, ops.clamp_max)
def clamp(s: Step) -> str:
    y = s.x("input", s.dtype)
    for kind, name in (("Max", "min"), ("Min", "max")):
        if name in s.call.args and s.given(name):
            y = s.graph.add(kind, y, s.x(name, s.dtype))
    return y


@translates(ops.where)
def where(s: Step) -> str:
    if not (s.given("input") and s.given("other")):
        raise s.refuse("the number of places that a condition holds depends on the inputs")
    return s.graph.add("Where", s.x("condition"), s.x("input", s.dtype), s.x("other", s.dtype))


@translates(ops.masked_fill)
def masked_fill(s: Step) -> str:
    return s.graph.add("Where", s.x("mask"), s.x("value", s.dtype), s.x("input"))


@translates(
    *[getattr(ops, n) for n in COMPARISONS if hasattr(ops, n)], compare.equals, compare.differs
)
def comparison(s: Step) -> str:
    g = s.graph
    kinds = [v.array.dtype if v else np.asarray(s.call.args[n]).dtype for n, v in operands(s)]
    # A number takes the type of the tensor, as it does in NumPy.
    arrays = [v.array.dtype for _, v in operands(s) if v is not None and v.array.ndim]
    common = np.result_type(*(arrays or kinds))
    if not arrays or (common.kind in "iub" and any(k.kind == "f" for k in kinds)):
        common = np.result_type(common, np.float32) if common.kind != "f" else common
    if common.kind == "b" and s.op in ("lt", "le", "gt", "ge"):
        common = np.dtype(np.int32)
    y = g.add(COMPARISONS[s.op], s.x("input", common), s.x("other", common))
    return g.add("Not", y) if s.op in ("ne", "differs") else y


def operands(s: Step) -> list[tuple[str, Any]]:
    return [(name, s.value(name)) for name in ("input", "other")]


@translates(*[getattr(ops, name) for name in LOGICAL])
def logical(s: Step) -> str:
    return s.graph.add(LOGICAL[s.op], s.x("input", np.bool_), s.x("other", np.bool_))


@translates(*[getattr(ops, name) for name in BITWISE], ops.bitwise_not)
def bitwise(s: Step) -> str:
    if s.dtype != bool:
        raise s.refuse("only bool has an operator")
    if s.op == "bitwise_not":
        return s.graph.add("Not", s.x("input"))
    return s.graph.add(BITWISE[s.op], s.x("input", np.bool_), s.x("other", np.bool_))


@translates(ops.logical_not)
def logical_not(s: Step) -> str:
    return s.graph.add("Not", s.x("input", np.bool_))


@translates(ops.isnan)
def isnan(s: Step) -> str:
    return s.graph.add("IsNaN", s.x("input"))


@translates(ops.cast.to)
def to(s: Step) -> str:
    x = s.x("input")
    value = s.value("input")
    assert value is not None
    return x if value.array.dtype == s.dtype else s.graph.cast(x, s.dtype)
