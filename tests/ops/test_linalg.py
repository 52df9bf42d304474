"""Linear algebra: NumPy's values, and gradients beside finite differences."""

import numpy as np

import fastnn
from fastnn import linalg
from tests.harness import Bad, Record, Sample, numbers, record_test

X, Z, V = numbers(4, 3), numbers(2, 3, 5, seed=1), numbers(3, seed=2)
SQUARE = numbers(2, 3, 3, seed=7) + 3 * np.eye(3)
ONE = SQUARE[0]
INF = np.inf


def symmetric(op, **options):
    """Of the symmetric matrix of any one, so that all elements count."""
    return lambda x, **kwargs: op(x @ x.swapaxes(-1, -2), **options, **kwargs)


def decided(factors):
    """Factors whose signs are free, as magnitudes."""
    return [abs(factor) for factor in factors]


def exponential(a):
    """The series, of a matrix halved often, squared as often."""
    y = term = np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    for k in range(1, 20):
        term = term @ (a / 1024) / k
        y = y + term
    for _ in range(10):
        y = y @ y
    return y


def lapack(name, op, reference, samples, bad=(), **options):
    """A record of what is as exact as the matrices are regular, which repeated rows are not."""
    squares = [
        Bad(TypeError, "must have dtype float32 or float64, got int64", np.eye(3, dtype="i8")),
        Bad(ValueError, "must have shape", V),
    ]
    options = {"depth": 256, "magnitude": 8.0, "layouts": False, **options}
    squares = [] if name in ("cholesky", "eigh") else squares  # of products
    return Record(name, op, reference, samples, bad=[*squares, *bad], **options)


NOT_SQUARE = Bad(ValueError, r"must have shape \(..., N, N\), got \(4, 3\)", X)
SINGULAR = Bad(RuntimeError, "singular matrix", np.zeros((3, 3)))

RECORDS = [
    lapack(
        "inverse",
        fastnn.inverse,
        np.linalg.inv,
        [Sample(SQUARE), Sample(ONE), Sample(SQUARE[:0])],
        [NOT_SQUARE, SINGULAR],
        covers=("inv",),
    ),
    lapack(
        "pinverse",
        fastnn.pinverse,
        np.linalg.pinv,
        [Sample(X), Sample(Z), Sample(ONE)],
        covers=("pinv",),
    ),
    lapack(
        "det", fastnn.det, np.linalg.det, [Sample(SQUARE), Sample(ONE)], [NOT_SQUARE], magnitude=99
    ),
    lapack(
        "logdet",
        fastnn.logdet,
        lambda x: np.log(np.linalg.det(x)),
        [Sample(SQUARE)],
        [NOT_SQUARE],
    ),
    lapack(
        "slogdet",
        fastnn.slogdet,
        lambda x: list(np.linalg.slogdet(x)),
        [Sample(SQUARE), Sample(-ONE)],
        [NOT_SQUARE],
    ),
    Record(
        "solve",
        linalg.solve,
        np.linalg.solve,
        [Sample(SQUARE, Z), Sample(SQUARE, ONE), Sample(ONE, V), Sample(ONE, Z)],
        bad=[
            Bad(ValueError, "solve: expected shapes", ONE, X),
            Bad(RuntimeError, "solve: singular matrix", np.zeros((3, 3)), ONE),
            Bad(TypeError, "solve: A has dtype", ONE, np.eye(3, dtype="i8")),
            Bad(ValueError, "solve: B must be a matrix where left", ONE, V, left=False),
        ],
        depth=256,
        magnitude=8.0,
        layouts=False,
    ),
    Record(
        "solve_triangular",
        linalg.solve_triangular,
        lambda a, b, upper: np.linalg.solve(np.triu(a) if upper else np.tril(a), b),
        [Sample(SQUARE, Z, upper=True), Sample(ONE, Z, upper=False)],
        bad=[Bad(ValueError, "solve_triangular: A must have shape", X, X, upper=True)],
        depth=256,
        magnitude=8.0,
        layouts=False,
    ),
    lapack(
        "cholesky",
        symmetric(fastnn.cholesky),
        symmetric(np.linalg.cholesky),
        [Sample(SQUARE), Sample(ONE)],
        magnitude=16.0,
    ),
    Record(
        "cholesky_solve",
        fastnn.cholesky_solve,
        lambda b, low: np.linalg.solve(np.tril(low) @ np.tril(low).swapaxes(-1, -2), b),
        [Sample(Z, SQUARE), Sample(ONE, SQUARE)],
        bad=[Bad(ValueError, "cholesky_solve: L must have shape", X, X)],
        depth=256,
        magnitude=8.0,
        layouts=False,
    ),
    lapack(
        "qr",
        lambda x: decided(fastnn.qr(x)),
        lambda x: decided(np.linalg.qr(x)),
        [Sample(X), Sample(Z), Sample(ONE)],
        magnitude=16.0,
    ),
    lapack(
        "svd",
        lambda x: decided(fastnn.svd(x)),
        lambda x: decided(
            (lambda u, s, vh: (u, s, vh.swapaxes(-1, -2)))(*np.linalg.svd(x, full_matrices=False))
        ),
        [Sample(X), Sample(Z), Sample(ONE)],
        magnitude=16.0,
        backward_depth=4096,
    ),
    lapack(
        "eigh",
        symmetric(lambda x: decided(linalg.eigh(x))),
        symmetric(lambda x: decided(np.linalg.eigh(x))),
        [Sample(SQUARE), Sample(ONE)],
        magnitude=64.0,
    ),
    Record(
        "lstsq",
        lambda a, b: linalg.lstsq(a, b).solution,
        lambda a, b: np.linalg.pinv(a) @ b,
        [Sample(X, numbers(4, 2)), Sample(SQUARE, Z)],
        bad=[Bad(ValueError, "lstsq: expected shapes", X, ONE)],
        depth=256,
        magnitude=8.0,
        layouts=False,
    ),
    lapack(
        "matrix_exp",
        fastnn.matrix_exp,
        exponential,
        [Sample(SQUARE / 4), Sample(ONE)],
        [NOT_SQUARE],
        magnitude=512.0,
    ),
    lapack(
        "matrix_power",
        lambda x, n=2: fastnn.matrix_power(x, n),
        lambda x, n: np.linalg.matrix_power(x, n),
        [Sample(SQUARE, n) for n in (1, 2, 5, -2)],
        magnitude=4096.0,
    ),
    *[
        Record(
            "matrix_norm",
            linalg.matrix_norm,
            lambda x, p, dim=(-2, -1): np.linalg.norm(x, p, dim),
            [Sample(x, p) for x in (X, Z) for p in ("fro", "nuc", 1, -1, 2, -2, INF, -INF)],
            bad=[
                Bad(ValueError, "matrix_norm: ord must be 'fro', 'nuc'", X, 3),
                Bad(ValueError, "matrix_norm: dim must name two dimensions", X, 1, 0),
            ],
            depth=128,
        )
    ],
]

test_record = record_test(RECORDS)


def test_singular_matrices_have_a_gradient_of_their_determinant():
    x = fastnn.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=fastnn.float64, requires_grad=True)
    y = linalg.det(x)
    y.backward()
    np.testing.assert_allclose(x.grad.numpy(), [[4, -2], [-2, 1]], atol=1e-14)
    assert linalg.det(x).item() == 0


def test_logdet_of_negative_and_singular_matrices():
    assert np.isnan(fastnn.logdet(-np.eye(3)).item())
    assert fastnn.logdet(np.zeros((2, 2))).item() == -INF


def test_identities():
    assert linalg.matrix_power(fastnn.Tensor(SQUARE), 0).tolist() == [np.eye(3).tolist()] * 2
    a = fastnn.Tensor(SQUARE)
    np.testing.assert_allclose((linalg.inv(a) @ a).numpy(), [np.eye(3)] * 2, atol=1e-14)
    for factors in (linalg.svd(a), linalg.svd(fastnn.Tensor(X))):
        k = factors.S.shape[-1]
        whole = factors.U[..., :k] * factors.S.unsqueeze(-2) @ factors.Vh[..., :k, :]
        want = SQUARE if whole.ndim == 3 else X
        np.testing.assert_allclose(whole.numpy(), want, atol=1e-13)
    q, r = linalg.qr(fastnn.Tensor(X), "complete")
    assert q.shape == (4, 4)
    np.testing.assert_allclose((q @ r).numpy(), X, atol=1e-14)
    assert linalg.norm(fastnn.Tensor(X)).item() == linalg.vector_norm(fastnn.Tensor(X)).item()
