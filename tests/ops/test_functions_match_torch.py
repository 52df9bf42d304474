"""Shapes, products, distances and linear algebra: the same values and gradients as PyTorch."""

import numpy as np
import pytest

import fastnn
from tests.harness import numbers

pytestmark = pytest.mark.filterwarnings("ignore")  # of what PyTorch calls deprecated

X, Y, Z = numbers(4, 5), numbers(4, 5, seed=1), numbers(5, 3, seed=2)
V, W = numbers(5, seed=3), numbers(4, seed=4)
B1, B2 = numbers(2, 3, 4, seed=5), numbers(2, 4, 5, seed=6)
SQUARE = numbers(2, 3, 3, seed=7) + 3 * np.eye(3)
CUBE = numbers(4, 6, 4, seed=8)
T3 = numbers(4, 3, seed=9)
SCALAR = np.array(1.5)
INF = float("inf")
HOLES = np.where(Y > 1, np.nan, X)
TIES = np.round(X)


CASES = {
    "diag": [(X,), (X, 1), (V,), (V, -2)],
    "diag_embed": [(X,), (X, 1), (X, -1, 0, 2), (B1, 0, -3, 0)],
    "diagflat": [(X,), (V, 1)],
    "trace": [(X,)],
    "atleast_1d": [(SCALAR,), (X,)],
    "atleast_2d": [(SCALAR,), (V,), (X,)],
    "atleast_3d": [(SCALAR,), (V,), (X,), (B1,)],
    "block_diag": [(X, V, SCALAR), (Z,)],
    "broadcast_tensors": [(X, V), (X, SCALAR)],
    "cartesian_prod": [(V, W), (V,)],
    "combinations": [(V,), (V, 3), (V, 2, True), (V, 1)],
    "column_stack": [([W, X],), ([V, V],), ([SCALAR, SCALAR],)],
    "dstack": [([X, Y],), ([V, V],), ([B1, B1],)],
    "row_stack": [([X, V],)],
    "tensor_split": [(X, 3), (X, 2, 1), (X, (1, 3)), (X, (1, 1, 9), 1), (X, 7)],
    "hsplit": [(CUBE, 3), (V, (2,))],
    "vsplit": [(X, 2), (X, (1, 2))],
    "dsplit": [(CUBE, 2)],
    "select_scatter": [(X, V, 0, -1), (X, W, 1, 2)],
    "slice_scatter": [(X, Y[:2], 0, 1, 3), (X, Y[:, :2], 1, 0, 4, 2), (X, Y)],
    "diagonal_scatter": [(X, W, 0), (X, W, 1), (B1, numbers(3, 2), 0, 0, 2)],
    "as_strided": [(X, (2, 3), (1, 2), 1), (X, (3, 3), (5, 1)), (X, (2, 2), (0, 1), 4)],
    "moveaxis": [(B1, 0, -1), (SCALAR, 0, -1)],
    "swapdims": [(B1, 0, 2), (SCALAR, 0, -1)],
    "squeeze": [(SCALAR, 0), (SCALAR, -1), (X[:1], 0)],
    "transpose": [(SCALAR, 0, -1)],
    "addmm": [(X[:, :3], X, Z), (T3[:1], X, Z, {"beta": 0.5, "alpha": 2}), (T3, X, Z, {"beta": 0})],
    "addmv": [(W, X, V), (SCALAR, X, V, {"alpha": 0.5})],
    "addr": [(X, W, V), (V, W, V, {"beta": 2, "alpha": 3})],
    "baddbmm": [(V, B1, B2, {"beta": 2, "alpha": 3}), (B1 @ B2, B1, B2)],
    "addbmm": [(V, B1, B2, {"beta": 2, "alpha": 3})],
    "chain_matmul": [(X, Z, T3.T, T3)],
    "inner": [(X, Y), (X, V), (V, V), (X, SCALAR)],
    "kron": [(X, Z), (V, X), (SCALAR, V)],
    "tensordot": [(B1, CUBE.swapaxes(1, 2), 1), (X, Y, 2), (X, Y, 0), (X, Y, ([0, 1], [0, 1]))],
    "vdot": [(V, V)],
    "ger": [(V, W)],
    "cross": [(T3, T3[::-1].copy(), 1), (T3, T3 + 1)],
    "cdist": [
        *[(X, Y, p) for p in (0.5, 1.0, 2.0, 3.0, INF)],
        (numbers(40, 3), numbers(30, 3, seed=1)),
        (numbers(2, 40, 3), numbers(30, 3, seed=1)),
        (B1, B1 + 1),
    ],
    "dist": [(X, Y), (X, V, 1), (X, Y, INF), (X, Y, -INF), (X, Y, 3)],
    "renorm": [(X, 2, 0, 1.0), (X, 1, 1, 3.0), (B1, 2, 1, 0.5)],
    "norm": [(X, p, d) for p in (-1, -2.5, -INF) for d in (0, 1, (0, 1))],
    "einsum": [(X, [0, 1], Z, [1, 2], [0, 2]), (X, [..., 1], V, [1]), (X, [3, 4])],
    "svd": [(X,), (X.T.copy(),)],
    "det": [(SQUARE,)],
    "logdet": [(SQUARE,)],
    "slogdet": [(SQUARE,)],
    "inverse": [(SQUARE,)],
    "pinverse": [(X,), (Z,)],
    "matrix_exp": [(SQUARE,), (20 * SQUARE[0],)],
    "matrix_power": [(SQUARE, n) for n in (0, 1, 2, 5, -1, -3)],
    "diff": [(X,), (X, 2), (X, 1, 0, Y[:1], Y[:2]), (X, 0), (X, 9)],
    "trapezoid": [(X,), (X, V), (X, Y), (X, W, {"dim": 0}), (X, {"dx": 0.5, "dim": 0})],
    "cumulative_trapezoid": [(X,), (X, V), (X, Y, {"dim": 0}), (X, {"dx": 0.5})],
    "nansum": [(HOLES,), (HOLES, 0), (HOLES, 1, True)],
    "nanmean": [(HOLES,), (HOLES, 0), (HOLES, 1, True)],
    "nanmedian": [(HOLES,), (HOLES, 0), (HOLES, 1, True), (X, -1)],
    "quantile": [
        *[(X, q, d) for q in (0.3, np.array([0.0, 0.5, 0.77, 1.0])) for d in (None, 0, 1)],
        *[(X, 0.3, 1, True, {"interpolation": i}) for i in ("lower", "higher", "midpoint")],
        *[(X, 0.6, None, True, {"interpolation": "nearest"}), (HOLES, 0.5, 0)],
    ],
    "nanquantile": [(HOLES, 0.3), (HOLES, np.array([0.2, 0.5]), 0), (HOLES, 0.5, 1, True)],
    "cov": [(X,), (V,), (X, {"correction": 0})],
    "corrcoef": [(X,), (V,)],
    "cummax": [(X, 0), (X, -1), (HOLES, 0), (TIES, 0), (SCALAR, 0)],
    "cummin": [(X, 0), (X, -1), (HOLES, 0), (TIES, 0)],
    "logcumsumexp": [(X, 0), (X, -1), (30 * B1, 1), (SCALAR, 0)],
    "linalg.inv": [(SQUARE,)],
    "linalg.solve": [(SQUARE, numbers(2, 3, 4)), (SQUARE, numbers(2, 3)), (SQUARE[0], V[:3])],
    "linalg.solve_triangular": [
        (SQUARE, numbers(2, 3, 4), {"upper": True}),
        (SQUARE, numbers(3, 4), {"upper": False, "unitriangular": True}),
        (SQUARE, numbers(2, 4, 3), {"upper": True, "left": False}),
    ],
    "linalg.qr": [(X,), (Z,), (SQUARE,)],
    "linalg.svdvals": [(X,), (Z,)],
    "linalg.cross": [(T3, T3[::-1].copy())],
    "linalg.multi_dot": [([X, Z, T3.T.copy()],)],
    "linalg.vector_norm": [(X,), (X, 3, 1), (X, -INF, 0, True), (X, 0)],
    "linalg.matrix_norm": [
        *[(B1, p) for p in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)],
        (B1, 1, (0, 2), True),
        (B1, "nuc", (2, 0), True),
    ],
    "linalg.norm": [(X,), (X, 2), (X, "nuc"), (X, 1, 0), (X, INF), (B1, "fro", (0, 1))],
    "linalg.pinv": [(Z,)],
}


def run(library, name, args):
    """Outputs, and the gradients of a sum of them with fixed weights."""
    *args, kwargs = args if isinstance(args[-1], dict) else (*args, {})
    leaves = []

    def wrap(value):
        if isinstance(value, np.ndarray) and value.ndim == 1 and "quantile" in name:
            return library.tensor(value)
        if isinstance(value, np.ndarray):
            leaves.append(library.tensor(value.copy(), requires_grad=True))
            return leaves[-1]
        if isinstance(value, list) and any(isinstance(v, np.ndarray) for v in value):
            return [wrap(v) for v in value]
        return value

    op = library
    for part in name.split("."):
        op = getattr(op, part)
    ys = op(*[wrap(arg) for arg in args], **kwargs)
    ys = list(ys) if isinstance(ys, (tuple, list)) else [ys]
    if name.endswith(("svd", "qr")):  # signs of vectors are free
        ys = [ys[0].abs(), ys[1].abs(), *[y.abs() for y in ys[2:]]]
    total = None
    for i, y in enumerate(ys):
        if not y.requires_grad:
            continue
        weights = library.tensor(numbers(*y.shape, seed=50 + i))
        total = (y * weights).sum() if total is None else total + (y * weights).sum()
    if total is not None:
        total.backward()
    return [y.detach() for y in ys], [x.grad for x in leaves]


@pytest.mark.parametrize(
    ("name", "args"),
    [
        pytest.param(n, args, id=f"{n}-{i}")
        for n, all_ in CASES.items()
        for i, args in enumerate(all_)
    ],
)
def test_matches_torch(name, args):
    torch = pytest.importorskip("torch")
    got, gradients = run(fastnn, name, args)
    want, expected = run(torch, name, args)
    assert len(got) == len(want)
    for ours, theirs in zip([*got, *gradients], [*want, *expected], strict=True):
        if theirs is None or ours is None:
            assert ours is theirs or not np.any(np.asarray(ours if theirs is None else theirs))
            continue
        assert tuple(ours.shape) == tuple(theirs.shape)
        limit = 1e-11 * max(1.0, float(theirs.abs().max())) if theirs.numel() else 0
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-9, atol=limit)


@pytest.mark.parametrize("name", ["cholesky", "eigh", "cholesky_solve", "lstsq"])
def test_of_symmetric_matrices_matches_torch(name):
    torch = pytest.importorskip("torch")

    def run(library):
        x = library.tensor(SQUARE, requires_grad=True)
        a = x @ x.mT
        if name == "cholesky":
            ys = [library.linalg.cholesky(a), library.cholesky(a, True)]
        elif name == "eigh":
            values, vectors = library.linalg.eigh(a)
            ys = [values, vectors.abs(), library.linalg.eigvalsh(a)]
        elif name == "lstsq":
            ys = [library.linalg.lstsq(a, library.tensor(numbers(2, 3, 2)))[0]]
        else:
            lower = library.linalg.cholesky(a)
            ys = [library.cholesky_solve(library.tensor(numbers(2, 3, 2)), lower)]
        weighted = [(y * library.tensor(numbers(*y.shape, seed=3))).sum() for y in ys]
        sum(weighted).backward()
        return [*[y.detach() for y in ys], x.grad]

    for ours, theirs in zip(run(fastnn), run(torch), strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("step", [1, 2, 3])
def test_windows_match_torch(step):
    torch = pytest.importorskip("torch")
    results = []
    for library in (fastnn, torch):
        x = library.tensor(CUBE, requires_grad=True)
        y = x.unfold(1, 2, step)
        (y * library.tensor(numbers(*y.shape))).sum().backward()
        s = library.tensor(X, requires_grad=True)
        z = s.sum_to_size(1, 5)
        (z * z).sum().backward()
        results.append([y.detach(), x.grad, z.detach(), s.grad])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-12)
