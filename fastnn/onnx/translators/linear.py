"""Linear maps and matrix products."""

from __future__ import annotations

from ... import ops
from ..step import Step, translates
from .activation import fused


@translates(ops.linear)
def linear(s: Step) -> str:
    g, x, w = s.graph, s.x("input"), s.x("weight")
    bias = [s.x("bias")] if s.given("bias") else []
    if len(s.shape("input")) == 2:
        y = g.add("Gemm", x, w, *bias, transB=1)
    else:
        y = g.add("MatMul", x, g.add("Transpose", w, perm=[1, 0]))
        y = g.add("Add", y, *bias) if bias else y
    return fused(s, y, s.arg("activation"))


@translates(ops.bilinear)
def bilinear(s: Step) -> str:
    # t[n, o, j] = Σᵢ x1[n, i] W[o, i, j] as a product of (..., 1, 1, I) and (O, I, J).
    g = s.graph
    x1 = g.add("Unsqueeze", s.x("input1"), g.ints(-2, -3))
    x2 = g.add("Unsqueeze", s.x("input2"), g.ints(-3, -1))
    y = g.add("MatMul", g.add("MatMul", x1, s.x("weight")), x2)
    y = g.add("Squeeze", y, g.ints(-1, -2))
    return g.add("Add", y, s.x("bias")) if s.given("bias") else y


@translates(ops.matmul, ops.mm, ops.bmm, ops.mv, ops.dot)
def matmul(s: Step) -> str:
    second = next(name for name in ("other", "mat2", "vec", "tensor") if name in s.call.args)
    return s.graph.add("MatMul", s.x("input", s.dtype), s.x(second, s.dtype))


@translates(ops.outer)
def outer(s: Step) -> str:
    g = s.graph
    a = g.add("Unsqueeze", s.x("input", s.dtype), g.ints(1))
    return g.add("Mul", a, s.x("vec2", s.dtype))


@translates(ops.addmm, ops.baddbmm, ops.addmv)
def added_product(s: Step) -> str:
    a, b = {
        "addmm": ("mat1", "mat2"),
        "baddbmm": ("batch1", "batch2"),
        "addmv": ("mat", "vec"),
    }[s.op]
    g = s.graph
    y, more = g.add("MatMul", s.x(a, s.dtype), s.x(b, s.dtype)), s.x("input", s.dtype)
    alpha, beta = s.arg("alpha"), s.arg("beta")
    y = y if alpha == 1 else g.add("Mul", y, g.constant(alpha, s.dtype))
    more = more if beta == 1 else g.add("Mul", more, g.constant(beta, s.dtype))
    return g.add("Add", more, y)


@translates(ops.einsum)
def einsum(s: Step) -> str:
    equation = s.arg("equation")
    if not isinstance(equation, str):
        raise s.refuse("the equation must be a string")
    operands = s.call.args["operands"]
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = operands[0]
    names = [s.x(x, s.dtype) for x in operands]
    return s.graph.add("Einsum", *names, equation=equation)
