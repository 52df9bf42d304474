"""Products with sums, along several dimensions and of several matrices; distances."""

import numpy as np

import fastnn
from tests.harness import Bad, Record, Sample, numbers, record_test

X, Y, Z = numbers(4, 5), numbers(4, 5, seed=1), numbers(5, 3, seed=2)
V, W = numbers(5, seed=3), numbers(4, seed=4)
B1, B2 = numbers(2, 3, 4, seed=5), numbers(2, 4, 5, seed=6)
T = numbers(4, 3, seed=9)
SCALAR = np.array(1.5)


def with_sum(product):
    return lambda x, a, b, beta=1, alpha=1: beta * x + alpha * product(a, b)


def norms(d, p):
    return np.linalg.norm(d, p, -1) if d.shape[-1] else np.zeros(d.shape[:-1])


def chosen(x, p=2.0):
    first, second = np.triu_indices(len(x), 1)
    return norms(x[first] - x[second], p)


def renormed(x, p, dim, maxnorm):
    axes = tuple(i for i in range(x.ndim) if i != dim)
    size = (np.abs(x) ** p).sum(axes, keepdims=True) ** (1 / p)
    return np.where(size > maxnorm, x * (maxnorm / (size + 1e-7)), x)


FACTORS = {"beta": 0.5, "alpha": 2.0}

RECORDS = [
    *[
        Record(
            name,
            getattr(fastnn, name),
            with_sum(f),
            [Sample(a, *operands), Sample(b, *operands, **FACTORS)],
            bad=[
                Bad(
                    ValueError,
                    f"{name}: input of shape .* does not expand",
                    numbers(9, 9),
                    *operands,
                ),
                Bad(
                    ValueError,
                    f"{name}: the first argument must have shape",
                    a,
                    SCALAR,
                    operands[1],
                ),
            ],
            constants=("beta", "alpha"),
            depth=16,
            magnitude=16.0,
        )
        for name, f, a, b, operands in (
            ("addmm", np.matmul, numbers(4, 3), numbers(3), (X, Z)),
            ("addmv", np.matmul, W, SCALAR, (X, V)),
            ("addr", np.outer, X, V, (W, V)),
            ("baddbmm", np.matmul, numbers(2, 3, 5), V, (B1, B2)),
            ("addbmm", lambda a, b: (a @ b).sum(0), numbers(3, 5), V, (B1, B2)),
        )
    ],
    Record(
        "chain_matmul",
        fastnn.chain_matmul,
        lambda *xs: np.linalg.multi_dot(xs) if len(xs) > 1 else xs[0],
        [Sample(X, Z), Sample(X, Z, T.T.copy(), T), Sample(X)],
        bad=[
            Bad(ValueError, "chain_matmul: expected matrices", X, X),
            Bad(ValueError, "chain_matmul: expected at least one"),
        ],
        depth=32,
        magnitude=64.0,
        layouts=False,
    ),
    Record(
        "tensordot",
        fastnn.tensordot,
        lambda a, b, dims=2: np.tensordot(a, b, dims),
        [Sample(B1, B2[0], 1), Sample(X, Y), Sample(X, Y, 0), Sample(X, Y, ([0], [0]))],
        bad=[
            Bad(ValueError, "tensordot: dims must lie in", X, Y, 3),
            Bad(ValueError, "tensordot: dimensions .* must have the same sizes", X, Y, 1),
            Bad(TypeError, "tensordot: dims must be a number or two lists", X, Y, "ab"),
        ],
        depth=32,
        magnitude=16.0,
    ),
    Record(
        "inner",
        fastnn.inner,
        np.inner,
        [Sample(X, Y), Sample(X, V), Sample(V, V + 1), Sample(X, SCALAR)],
        bad=[Bad(ValueError, "tensordot: dimensions", X, Z)],
        depth=16,
        magnitude=16.0,
    ),
    Record("kron", fastnn.kron, np.kron, [Sample(X, T), Sample(V, X), Sample(SCALAR, V)]),
    Record(
        "cross",
        fastnn.cross,
        lambda a, b, dim=1: np.cross(a, b, axis=dim),
        [Sample(T, T[::-1].copy()), Sample(T.T.copy(), T.T + 1, 0), Sample(T, T[:1] + 1)],
        bad=[
            Bad(ValueError, "cross: input must have a dimension of size 3", X, X),
            Bad(ValueError, "cross: both arguments must have", X, X, 0),
        ],
        magnitude=16.0,
        covers=("ger", "vdot"),
    ),
    Record(
        "dist",
        fastnn.dist,
        lambda a, b, p=2: np.linalg.norm((a - b).ravel(), p),
        [
            Sample(X, Y),
            Sample(X, V, 1),
            Sample(X, Y, np.inf),
            Sample(X, Y, -np.inf),
            Sample(X, Y, 3),
        ],
        constants=("p", 2),
        depth=32,
    ),
    Record(
        "cdist",
        fastnn.cdist,
        lambda a, b, p=2.0, compute_mode="": norms(a[..., :, None, :] - b[..., None, :, :], p),
        [
            *[Sample(X, Y, p) for p in (1.0, 2.0, 3.0, np.inf)],
            Sample(B1, B1[0] + 1),
            Sample(X, Y, compute_mode="use_mm_for_euclid_dist"),
            Sample(numbers(30, 3), numbers(4, 3, seed=1)),
            Sample(X[:0], Y),
            Sample(X[:, :0], Y[:, :0]),
        ],
        bad=[
            Bad(ValueError, "cdist: expected shapes", X, Z),
            Bad(ValueError, "cdist: p must not be negative, got -1", X, Y, -1.0),
            Bad(ValueError, "cdist: compute_mode must be one of", X, Y, 2.0, "fast"),
            Bad(TypeError, "cdist: x1 has dtype", X, Y.astype("i8")),
        ],
        constants=("p", 2),
        depth=64,
        magnitude=16.0,
    ),
    Record(
        "pdist",
        fastnn.pdist,
        chosen,
        [Sample(X), Sample(X, 1.0), Sample(X, 3.0), Sample(X[:1])],
        bad=[
            Bad(ValueError, r"pdist: input must have shape \(N, M\), got", V),
            Bad(ValueError, "pdist: p must not be negative, got -1", X, -1.0),
        ],
        constants=("p", 1),
        depth=32,
    ),
    Record(
        "renorm",
        fastnn.renorm,
        renormed,
        [Sample(X, 2.0, 0, 1.0), Sample(X, 1.0, 1, 3.0), Sample(B1, 2.0, 1, 0.5)],
        bad=[
            Bad(ValueError, "renorm: input must have at least two dimensions", V, 2, 0, 1),
            Bad(ValueError, "renorm: p must be positive, got 0", X, 0, 0, 1),
            Bad(ValueError, "renorm: maxnorm must not be negative, got -1", X, 2, 0, -1),
        ],
        constants=(1, 3),
        depth=32,
    ),
]

test_record = record_test(RECORDS)


def test_beta_of_zero_ignores_the_input():
    y = fastnn.addmm(fastnn.full((3,), float("nan")), fastnn.ones(2, 2), fastnn.ones(2, 3), beta=0)
    assert y.tolist() == [[2.0] * 3] * 2


def test_sublists_of_einsum():
    x, z = fastnn.Tensor(X), fastnn.Tensor(Z)
    y = fastnn.einsum(x, [0, 1], z, [1, 2], [2, 0])
    np.testing.assert_allclose(y.numpy(), (X @ Z).T, rtol=1e-14)
    np.testing.assert_array_equal(fastnn.einsum(x, [..., 7]).numpy(), X)


def test_norms_of_negative_powers():
    for p in (-1, -2.5, -np.inf):
        y = fastnn.norm(X, p, 1)
        np.testing.assert_allclose(y.numpy(), np.linalg.norm(X, p, 1), rtol=1e-14)
