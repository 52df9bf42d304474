"""The ops of `op_sweep`, each spelt as both libraries know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple


class Op(NamedTuple):
    """An op as both libraries spell it: ``run(lib, *tensors)``."""

    name: str
    run: Callable[..., Any]
    inputs: tuple[str, ...] = (
        "x",
    )  # x: any; p: positive; u: below 1; i, m: ids, a mask of x's shape
    backward: bool = True


def unary(names: str, kind: str = "x", backward: bool = True) -> list[Op]:
    return [Op(n, lambda t, x, n=n: getattr(t, n)(x), (kind,), backward) for n in names.split()]


def functional(names: str) -> list[Op]:
    return [Op(n, lambda t, x, n=n: getattr(t.nn.functional, n)(x)) for n in names.split()]


def binary(names: str, kind: str = "x", backward: bool = True) -> list[Op]:
    return [
        Op(n, lambda t, x, y, n=n: getattr(t, n)(x, y), (kind, kind), backward)
        for n in names.split()
    ]


def along(names: str, backward: bool = True) -> list[Op]:
    return [
        Op(f"{n}({d})", lambda t, x, n=n, d=d: first(getattr(t, n)(x, d)), ("x",), backward)
        for n in names.split()
        for d in (0, 1)
    ]


def F(lib: Any) -> Any:
    return lib.nn.functional


def rows(x: Any, i: Any) -> Any:
    """As many positions along dimension 0 as x has there, some of them several times."""
    return i[:, 0] % x.shape[0]


def columns(x: Any, i: Any) -> Any:
    return i[0] % x.shape[1]


def classes(x: Any, i: Any) -> Any:
    return i[:, 0] % x.shape[1]


def dense(x: Any) -> Any:
    return x.clone() if x.is_contiguous() else x.contiguous()


def corner(x: Any) -> Any:
    n = min(x.shape[0], x.shape[1])
    return x[:n, :n]


def bce(lib: Any, x: Any, mask: Any) -> Any:
    return F(lib).binary_cross_entropy_with_logits(x, mask.to(x.dtype))


def searchsorted(lib: Any, x: Any, y: Any) -> Any:
    return lib.searchsorted(lib.sort(x[0])[0].contiguous(), y.contiguous())


def first(result: Any) -> Any:
    return result[0] if isinstance(result, tuple) else result


OPS = [
    *unary(
        "abs neg exp expm1 sin cos tan asinh atan sinh cosh tanh erf erfc sigmoid square sgn sign "
        "relu selu floor ceil round trunc frac exp2 deg2rad rad2deg sinc nan_to_num positive"
    ),
    *unary("log log2 log10 log1p sqrt rsqrt reciprocal lgamma digamma", "p"),
    *unary("asin acos atanh erfinv", "u"),
    *unary("isnan isinf isfinite logical_not signbit nonzero argwhere argsort", "x", False),
    *functional(
        "relu6 elu celu gelu silu mish softplus softsign tanhshrink hardtanh hardswish hardsigmoid "
        "leaky_relu logsigmoid hardshrink softshrink glu"
    ),
    *binary("add sub mul maximum minimum atan2 hypot logaddexp fmax fmin copysign"),
    *binary("div pow remainder fmod floor_divide xlogy", "p"),
    *binary("eq ne lt le gt ge logical_and logical_or isclose", "x", False),
    *along("sum mean prod amax amin max min var std logsumexp cumsum cumprod cummax logcumsumexp"),
    *along("norm", True),
    *along("softmax log_softmax"),
    *along("argmax argmin", False),
    *along("sort median mode"),
    *unary("sum mean prod max min var std"),
    Op("topk(1)", lambda t, x: t.topk(x, 5, 1)[0]),
    Op("topk(0)", lambda t, x: t.topk(x, 5, 0)[0]),
    Op("kthvalue", lambda t, x: t.kthvalue(x, 3, 1)[0]),
    Op("unique", lambda t, x: t.unique(t.round(x * 100)), backward=False),
    Op("any", lambda t, x: t.any(x > 0, 1), backward=False),
    Op("clone", lambda t, x: x.clone()),
    Op("contiguous", lambda t, x: dense(x)),
    Op("t().contiguous", lambda t, x: dense(x.t())),
    Op("reshape(-1)", lambda t, x: x.t().reshape(-1)),
    Op("flatten+1", lambda t, x: x.t().flatten() + 1),
    Op("expand", lambda t, x: x[:, None, :].expand(x.shape[0], 2, x.shape[1]).contiguous()),
    Op("cat(0)", lambda t, x, y: t.cat([x, y], 0), ("x", "x")),
    Op("cat(1)", lambda t, x, y: t.cat([x, y], 1), ("x", "x")),
    Op("stack(0)", lambda t, x, y: t.stack([x, y], 0), ("x", "x")),
    Op("stack(2)", lambda t, x, y: t.stack([x, y], 2), ("x", "x")),
    Op("split", lambda t, x: t.split(x, 5, 1)[1] * 1),
    Op("unbind", lambda t, x: t.unbind(x, 0)[3] * 1),
    Op("flip", lambda t, x: t.flip(x, (0, 1))),
    Op("roll", lambda t, x: t.roll(x, (1, 3), (0, 1))),
    Op("rot90", lambda t, x: t.rot90(x)),
    Op("repeat", lambda t, x: x.repeat(2, 2)),
    Op("repeat_interleave", lambda t, x: t.repeat_interleave(x, 2, 1)),
    Op("tile", lambda t, x: t.tile(x, (2, 1))),
    Op("tril", lambda t, x: t.tril(x)),
    Op("triu", lambda t, x: t.triu(x)),
    Op("diagonal", lambda t, x: t.diagonal(x) * 1),
    Op("pad", lambda t, x: F(t).pad(x, (1, 2, 1, 0))),
    Op("pad reflect", lambda t, x: F(t).pad(x[None], (2, 2), mode="reflect")),
    Op("slice", lambda t, x: x[1:-1, 2:] * 1),
    Op("slice step", lambda t, x: x[::2, ::3].contiguous()),
    Op("row", lambda t, x: x[3] * 1),
    Op("index rows", lambda t, x, i: x[rows(x, i)], ("x", "i")),
    Op("index columns", lambda t, x, i: x[:, columns(x, i)], ("x", "i")),
    Op("index pairs", lambda t, x, i: x[rows(x, i), classes(x, i)], ("x", "i")),
    Op("index_select(0)", lambda t, x, i: t.index_select(x, 0, rows(x, i)), ("x", "i")),
    Op("index_select(1)", lambda t, x, i: t.index_select(x, 1, columns(x, i)), ("x", "i")),
    Op("gather(0)", lambda t, x, i: t.gather(x, 0, i % x.shape[0]), ("x", "i")),
    Op("gather(1)", lambda t, x, i: t.gather(x, 1, i % x.shape[1]), ("x", "i")),
    Op("scatter(1)", lambda t, x, y, i: t.scatter(x, 1, t.argsort(i, 1), y), ("x", "x", "i")),
    Op(
        "scatter_add(0)", lambda t, x, y, i: t.scatter_add(x, 0, i % x.shape[0], y), ("x", "x", "i")
    ),
    Op(
        "scatter_add(1)", lambda t, x, y, i: t.scatter_add(x, 1, i % x.shape[1], y), ("x", "x", "i")
    ),
    Op("index_add(0)", lambda t, x, y, i: t.index_add(x, 0, rows(x, i), y), ("x", "x", "i")),
    Op("index_add(1)", lambda t, x, y, i: t.index_add(x, 1, columns(x, i), y), ("x", "x", "i")),
    Op("take_along_dim", lambda t, x, i: t.take_along_dim(x, i % x.shape[1], 1), ("x", "i")),
    Op("masked_fill", lambda t, x, m: t.masked_fill(x, m, 0.5), ("x", "m")),
    Op("masked_select", lambda t, x, m: t.masked_select(x, m), ("x", "m")),
    Op("x[mask]", lambda t, x, m: x[m], ("x", "m")),
    Op("where", lambda t, x, y, m: t.where(m, x, y), ("x", "x", "m")),
    Op("x + x", lambda t, x: x + x),
    Op("x + x.t()", lambda t, x: corner(x) + corner(x).t()),
    Op("add scalar", lambda t, x: x + 1),
    Op("mul scalar", lambda t, x: x * 2.5),
    Op("add row", lambda t, x: x + x[0]),
    Op("mul column", lambda t, x: x * x[:, :1]),
    Op("clamp", lambda t, x: t.clamp(x, -0.5, 0.5)),
    Op("lerp", lambda t, x, y: t.lerp(x, y, 0.3), ("x", "x")),
    Op("addcmul", lambda t, x, y: t.addcmul(x, y, y, value=0.5), ("x", "x")),
    Op("outer", lambda t, x: t.outer(x[0], x[:, 0])),
    Op("matmul", lambda t, x, y: x @ y.t(), ("x", "x")),
    Op("linear", lambda t, x, y: F(t).linear(x, y[:10]), ("x", "x")),
    Op("einsum", lambda t, x, y: t.einsum("ij,ij->i", x, y), ("x", "x")),
    Op("cosine_similarity", lambda t, x, y: F(t).cosine_similarity(x, y), ("x", "x")),
    Op("normalize", lambda t, x: F(t).normalize(x)),
    Op("layer_norm", lambda t, x: F(t).layer_norm(x, (x.shape[1],))),
    Op("batch_norm", lambda t, x: F(t).batch_norm(x, None, None, training=True)),
    Op("mse_loss", lambda t, x, y: F(t).mse_loss(x, y), ("x", "x")),
    Op("l1_loss", lambda t, x, y: F(t).l1_loss(x, y), ("x", "x")),
    Op("smooth_l1_loss", lambda t, x, y: F(t).smooth_l1_loss(x, y), ("x", "x")),
    Op("huber_loss", lambda t, x, y: F(t).huber_loss(x, y), ("x", "x")),
    Op("bce_with_logits", bce, ("x", "m")),
    Op("cross_entropy", lambda t, x, i: F(t).cross_entropy(x, classes(x, i)), ("x", "i")),
    Op("nll_loss", lambda t, x, i: F(t).nll_loss(x, classes(x, i)), ("x", "i")),
    Op("one_hot", lambda t, i: F(t).one_hot(i % 16, 16), ("i",), False),
    Op("embedding", lambda t, x, i: F(t).embedding(rows(x, i), x), ("x", "i")),
    Op("bincount", lambda t, i: t.bincount(i.reshape(-1) % 100), ("i",), False),
    Op("searchsorted", searchsorted, ("x", "x"), False),
    Op("cdist", lambda t, x: t.cdist(x[:64], x[:64])),
    Op("to float64", lambda t, x: x.to(t.float64)),
    Op("to int64", lambda t, x: x.to(t.int64), backward=False),
    Op("int to float", lambda t, i: i.to(t.float32), ("i",), False),
]
