"""Products made of those in `gemm`: with a sum, along other dimensions, of several matrices."""

from __future__ import annotations

from math import prod
from typing import Any

from ..autograd.record import array
from ..dtypes import check_real
from ..tensor import Tensor, TensorLike
from .elementwise.arithmetic import add, mul, sub
from .gemm import checked, dot, matmul, outer
from .index.basic import select
from .join.concatenate import several, stack
from .shape import axes_of, axis_of, permute, reshape

__all__ = [
    "addbmm",
    "addmm",
    "addmv",
    "addr",
    "baddbmm",
    "chain_matmul",
    "cross",
    "ger",
    "inner",
    "kron",
    "tensordot",
    "vdot",
]


def added(op: str, input: TensorLike, product: Tensor, beta: float, alpha: float) -> Tensor:
    """``beta input + alpha product``; with beta 0 the input counts as 0 even where it is NaN."""
    shape = array(input).shape
    if len(shape) > product.ndim or any(
        n not in (1, m) for n, m in zip(shape[::-1], product.shape[::-1])
    ):
        raise ValueError(
            f"{op}: input of shape {shape} does not expand to the product's, {product.shape}"
        )
    scaled = product if alpha == 1 else mul(product, alpha)
    if beta == 0:
        return scaled
    return add(scaled, input if beta == 1 else mul(input, beta))


def addmm(
    input: TensorLike, mat1: TensorLike, mat2: TensorLike, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """Product of two matrices and a sum: ``y = beta input + alpha mat1 mat2``.

    Parameters
    ----------
    input
        Expands to (M, N).
    mat1, mat2
        (M, K) and (K, N).
    beta, alpha
        Factors of the input, which counts as zeros if `beta` is 0, and of the product.

    Returns
    -------
    Tensor
        (M, N)

    Examples
    --------
    >>> fastnn.addmm(fastnn.ones(2), fastnn.ones(2, 3), fastnn.ones(3, 2), alpha=2).tolist()
    [[7.0, 7.0], [7.0, 7.0]]
    """
    checked("addmm", ("(M, K)", "(K, N)"), mat1, mat2)
    return added("addmm", input, matmul(mat1, mat2), beta, alpha)


def addmv(
    input: TensorLike, mat: TensorLike, vec: TensorLike, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """Product of a matrix and a vector, and a sum: ``y = beta input + alpha mat vec``.

    Arguments are those of `addmm`, with (M, K) and (K,).

    Examples
    --------
    >>> fastnn.addmv(fastnn.ones(2), fastnn.ones(2, 3), fastnn.ones(3))
    tensor([4., 4.])
    """
    checked("addmv", ("(M, K)", "(K,)"), mat, vec)
    return added("addmv", input, matmul(mat, vec), beta, alpha)


def addr(
    input: TensorLike, vec1: TensorLike, vec2: TensorLike, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """Outer product of two vectors and a sum: ``y = beta input + alpha vec1 vec2ᵀ``.

    Arguments are those of `addmm`, with (M,) and (N,).

    Examples
    --------
    >>> fastnn.addr(fastnn.ones(2), fastnn.tensor([1.0, 2.0]), fastnn.ones(2)).tolist()
    [[2.0, 2.0], [3.0, 3.0]]
    """
    checked("addr", ("(M,)", "(N,)"), vec1, vec2)
    return added("addr", input, outer(vec1, vec2), beta, alpha)


def baddbmm(
    input: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """Products of matrices pair by pair, and a sum: ``y_b = beta input_b + alpha a_b c_b``.

    Arguments are those of `addmm`, with a, (B, M, K), and c, (B, K, N); the result is (B, M, N).

    Examples
    --------
    >>> fastnn.baddbmm(fastnn.ones(1), fastnn.ones(1, 1, 3), fastnn.ones(1, 3, 2)).tolist()
    [[[4.0, 4.0]]]
    """
    check_pairs("baddbmm", batch1, batch2)
    return added("baddbmm", input, matmul(batch1, batch2), beta, alpha)


def addbmm(
    input: TensorLike, batch1: TensorLike, batch2: TensorLike, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """Sum of products of matrices pair by pair: ``y = beta input + alpha Σ_b a_b c_b``.

    Arguments are those of `baddbmm`; the result is (M, N).

    Examples
    --------
    >>> fastnn.addbmm(fastnn.ones(1), fastnn.ones(2, 1, 3), fastnn.ones(2, 3, 2)).tolist()
    [[7.0, 7.0]]
    """
    a, b = check_pairs("addbmm", batch1, batch2)
    # One product, whose summed dimension is that of the batch and K.
    rows = reshape(permute(batch1, 1, 0, 2), a.shape[1], -1 if a.size else a.shape[0] * a.shape[2])
    columns = reshape(batch2, b.shape[0] * b.shape[1], b.shape[2])
    return added("addbmm", input, matmul(rows, columns), beta, alpha)


def check_pairs(op: str, batch1: TensorLike, batch2: TensorLike) -> Any:
    a, b = checked(op, ("(B, M, K)", "(B, K, N)"), batch1, batch2)
    if a.shape[0] != b.shape[0] or a.shape[2] != b.shape[1]:
        raise ValueError(
            f"{op}: expected shapes (B, M, K) and (B, K, N), got {a.shape} and {b.shape}"
        )
    return a, b


def chain_matmul(*matrices: Any) -> Tensor:
    """Product of several matrices, in the order of the fewest operations.

    Parameters
    ----------
    matrices
        At least one; each has as many rows as the one before has columns.

    Examples
    --------
    >>> fastnn.chain_matmul(fastnn.ones(2, 9), fastnn.ones(9, 9), fastnn.ones(9, 1)).tolist()
    [[81.0], [81.0]]
    """
    return chain("chain_matmul", several("chain_matmul", matrices))


def chain(op: str, matrices: tuple[Any, ...]) -> Tensor:
    shapes = [array(m).shape for m in matrices]
    for i, shape in enumerate(shapes):
        if len(shape) != 2 or (i and shape[0] != shapes[i - 1][1]):
            raise ValueError(f"{op}: expected matrices (M, K), (K, L), (L, N), ..., got {shapes}")
    sizes = [shapes[0][0], *[shape[1] for shape in shapes]]
    n = len(matrices)
    # cost[i, j] of the product of matrices i to j, and the last of its left factor.
    cost = {(i, i): (0, i) for i in range(n)}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j] = min(
                (cost[i, k][0] + cost[k + 1, j][0] + sizes[i] * sizes[k + 1] * sizes[j + 1], k)
                for k in range(i, j)
            )

    def product(i: int, j: int) -> Any:
        if i == j:
            return matrices[i]
        k = cost[i, j][1]
        return matmul(product(i, k), product(k + 1, j))

    result = product(0, n - 1)
    return result if isinstance(result, Tensor) else Tensor(array(result))


def tensordot(input: TensorLike, other: TensorLike, dims: Any = 2) -> Tensor:
    """Product summed over several dimensions of both tensors.

    Parameters
    ----------
    input, other
        Tensors of one type.
    dims
        How many dimensions: the last ones of `input` with the first ones of `other`. Or two lists,
        of dimensions of `input` and of those of `other` that go with them.

    Returns
    -------
    Tensor
        The other dimensions of `input`, then those of `other`.

    Examples
    --------
    >>> fastnn.tensordot(fastnn.ones(2, 3, 4), fastnn.ones(3, 4, 5), 2).shape
    (2, 5)
    >>> fastnn.tensordot(fastnn.ones(2, 3), fastnn.ones(2, 5), ([0], [0])).shape
    (3, 5)
    """
    a, b = array(input), array(other)
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if hasattr(dims, "__index__"):
        n = dims.__index__()
        if not 0 <= n <= min(a.ndim, b.ndim):
            raise ValueError(f"tensordot: dims must lie in [0, {min(a.ndim, b.ndim)}], got {dims}")
        dims = (list(range(a.ndim - n, a.ndim)), list(range(n)))
    if not isinstance(dims, (list, tuple)) or len(dims) != 2:
        raise TypeError(f"tensordot: dims must be a number or two lists, got {dims!r}")
    over_a, over_b = [
        axes_of("tensordot", d, x.ndim) if d != () and d != [] else () for d, x in zip(dims, (a, b))
    ]
    if [a.shape[i] for i in over_a] != [b.shape[i] for i in over_b]:
        raise ValueError(
            f"tensordot: dimensions {over_a} of shape {a.shape} and {over_b} of shape {b.shape} "
            "must have the same sizes"
        )
    rest_a = [i for i in range(a.ndim) if i not in over_a]
    rest_b = [i for i in range(b.ndim) if i not in over_b]
    m, n = [a.shape[i] for i in rest_a], [b.shape[i] for i in rest_b]
    k = prod([a.shape[i] for i in over_a])
    left = reshape(permute(input, *rest_a, *over_a), prod(m), k)
    right = reshape(permute(other, *over_b, *rest_b), k, prod(n))
    return reshape(matmul(left, right), (*m, *n))


def inner(input: TensorLike, other: TensorLike) -> Tensor:
    """Product summed over the last dimension of both tensors; with a 0-d tensor the product.

    Parameters
    ----------
    input, other
        (..., K) and (..., K), of one type.

    Examples
    --------
    >>> fastnn.inner(fastnn.ones(2, 3), fastnn.ones(3))
    tensor([3., 3.])
    """
    a, b = array(input), array(other)
    check_real("inner", a)
    check_real("inner", b, "other")
    if a.ndim == 0 or b.ndim == 0:
        return mul(input, other)
    return tensordot(input, other, ([-1], [-1]))


def kron(input: TensorLike, other: TensorLike) -> Tensor:
    """Kronecker's product: every element of `input` times all of `other`, as blocks.

    Parameters
    ----------
    input, other
        Of any shapes; the one with fewer dimensions gets more in front.

    Examples
    --------
    >>> fastnn.kron(fastnn.tensor([1.0, 10.0]), fastnn.tensor([1.0, 2.0]))
    tensor([ 1.,  2., 10., 20.])
    """
    a, b = array(input), array(other)
    ndim = max(a.ndim, b.ndim)
    m = (1,) * (ndim - a.ndim) + a.shape
    n = (1,) * (ndim - b.ndim) + b.shape
    left = [size for pair in zip(m, (1,) * ndim) for size in pair]
    right = [size for pair in zip((1,) * ndim, n) for size in pair]
    product = mul(reshape(input, tuple(left)), reshape(other, tuple(right)))
    return reshape(product, tuple([p * q for p, q in zip(m, n)]))


def cross(input: TensorLike, other: TensorLike, dim: int | None = None) -> Tensor:
    """Vector product in three dimensions.

    Parameters
    ----------
    input, other
        Tensors that broadcast, of size 3 in `dim`.
    dim
        The dimension, by default the first of size 3.

    Examples
    --------
    >>> fastnn.cross(fastnn.tensor([1.0, 0.0, 0.0]), fastnn.tensor([0.0, 1.0, 0.0]))
    tensor([0., 0., 1.])
    """
    a = array(input)
    if dim is None:
        if 3 not in a.shape:
            raise ValueError(f"cross: input must have a dimension of size 3, got shape {a.shape}")
        dim = a.shape.index(3) - a.ndim
    return vector_product("cross", input, other, dim)


def vector_product(op: str, input: TensorLike, other: TensorLike, dim: int) -> Tensor:
    a, b = array(input), array(other)
    ndim = max(a.ndim, b.ndim)
    axis = axis_of(op, dim, ndim) - ndim
    if a.ndim != b.ndim or a.shape[axis] != 3 or b.shape[axis] != 3:
        raise ValueError(
            f"{op}: both arguments must have as many dimensions and size 3 in dim {dim}, got "
            f"{a.shape} and {b.shape}"
        )
    x = [select(input, axis, i) for i in range(3)]
    y = [select(other, axis, i) for i in range(3)]
    parts = [
        sub(mul(x[(i + 1) % 3], y[(i + 2) % 3]), mul(x[(i + 2) % 3], y[(i + 1) % 3]))
        for i in range(3)
    ]
    return stack(parts, axis)


ger = outer
vdot = dot
