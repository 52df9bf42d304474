"""Triangular factors, reflectors, and functions that say where there is no value."""

import numpy as np
import pytest

import fastnn
from fastnn.linalg import LinAlgError
from fastnn.testing import gradcheck
from tests.harness import Record, Sample, numbers, record_test

A = numbers(2, 4, 4) + 3 * np.eye(4)
TALL, WIDE = numbers(2, 4, 3, seed=1), numbers(2, 3, 4, seed=2)
SINGULAR = np.stack([np.eye(2), np.ones((2, 2))])


def reflections(a, tau):
    """Q by its matrices, one after the other."""
    m, n = a.shape[-2:]
    q = np.broadcast_to(np.eye(m), (*a.shape[:-1], m)).copy()
    for i in range(tau.shape[-1]):
        v = np.tril(a, -1)[..., i : i + 1] + np.eye(m)[:, i : i + 1]
        q = q @ (np.eye(m) - tau[..., i, None, None] * (v @ v.swapaxes(-1, -2)))
    return q[..., :n]


def solved(b, a, upper=True, transpose=False, unitriangular=False):
    part = np.triu(a) if upper else np.tril(a)
    if unitriangular:
        part = part - np.eye(4) * part + np.eye(4)
    return np.linalg.solve(part.swapaxes(-1, -2) if transpose else part, b), a


REFLECTORS = [Sample(TALL, numbers(2, 3)), Sample(TALL[0], numbers(2))]
RECORDS = [
    Record(
        "orgqr", fastnn.orgqr, reflections, REFLECTORS, depth=200, covers=("householder_product",)
    ),
    Record(
        "ormqr",
        fastnn.ormqr,
        lambda a, tau, c: reflections(np.concatenate([a, np.zeros((4, 1))], -1), tau) @ c,
        [Sample(TALL[0], numbers(3), numbers(4, 2))],
        depth=200,
    ),
    Record(
        "triangular_solve",
        fastnn.triangular_solve,
        solved,
        [
            Sample(TALL, A),
            Sample(TALL, A, upper=False),
            Sample(TALL, A, transpose=True),
            Sample(TALL, A, upper=False, transpose=True, unitriangular=True),
        ],
        depth=400,
        magnitude=10,
        covers=("lu_solve", "lu_unpack", "geqrf", "cholesky_inverse"),
    ),
]

test_record = record_test(RECORDS)


@pytest.mark.parametrize("matrix", [A, TALL, WIDE, A[0], np.zeros((2, 0, 3))], ids=str)
@pytest.mark.parametrize("pivot", [True, False])
def test_lu(matrix, pivot):
    p, lower, upper = (x.numpy() for x in fastnn.linalg.lu(fastnn.tensor(matrix), pivot=pivot))
    np.testing.assert_allclose(p @ lower @ upper, matrix, atol=1e-12)
    np.testing.assert_array_equal(lower, np.tril(lower))
    np.testing.assert_array_equal(upper, np.triu(upper))
    assert (np.abs(lower) <= 1).all() or not pivot
    if not pivot:
        np.testing.assert_array_equal(p, np.broadcast_to(np.eye(p.shape[-1]), p.shape))
    x = fastnn.tensor(matrix, requires_grad=True)
    if matrix.size:
        assert gradcheck(lambda x: fastnn.linalg.lu(x, pivot=pivot)[1:], x)


def test_solutions_from_factors():
    a = fastnn.tensor(A, requires_grad=True)
    b = fastnn.tensor(TALL, requires_grad=True)
    c = fastnn.tensor(WIDE, requires_grad=True)

    def solved(a, b, left, adjoint):
        factors = fastnn.linalg.lu_factor(a)
        return fastnn.linalg.lu_solve(*factors, b, left=left, adjoint=adjoint)

    for adjoint in (False, True):
        matrix = A.swapaxes(-1, -2) if adjoint else A
        np.testing.assert_allclose(matrix @ solved(a, b, True, adjoint).detach().numpy(), TALL)
        np.testing.assert_allclose(solved(a, c, False, adjoint).detach().numpy() @ matrix, WIDE)
        assert gradcheck(lambda a, b, adjoint=adjoint: solved(a, b, True, adjoint), [a, b])
    np.testing.assert_allclose(
        fastnn.lu_solve(b, *fastnn.linalg.lu_factor(a)).detach(), np.linalg.solve(A, TALL)
    )
    found = fastnn.lu_unpack(*fastnn.linalg.lu_factor(a), unpack_data=False)
    assert (found.L.numel(), found.U.numel()) == (0, 0)
    assert fastnn.lu_unpack(*fastnn.linalg.lu_factor(a), unpack_pivots=False).P.numel() == 0


def test_singular_matrices():
    with pytest.raises(LinAlgError, match="lu_factor: diagonal element 2 is zero"):
        fastnn.linalg.lu_factor(fastnn.ones(2, 2))
    assert fastnn.linalg.lu_factor_ex(SINGULAR).info.tolist() == [0, 2]
    inverse, info = fastnn.linalg.inv_ex(SINGULAR)
    assert info.tolist() == [0, 1]
    assert info.dtype == np.int32
    np.testing.assert_array_equal(inverse[0], np.eye(2))
    assert fastnn.linalg.solve_ex(SINGULAR, np.ones((2, 2, 1))).info.tolist() == [0, 1]
    definite = np.stack([np.eye(3), np.diag([1.0, -1.0, 1.0])])
    factor, info = fastnn.linalg.cholesky_ex(definite)
    assert info.tolist() == [0, 2]
    np.testing.assert_array_equal(factor[0], np.eye(3))
    assert np.isnan(factor[1].numpy()).all()
    for call in (
        lambda: fastnn.linalg.inv_ex(SINGULAR, check_errors=True),
        lambda: fastnn.linalg.solve_ex(SINGULAR, np.ones((2, 2, 1)), check_errors=True),
        lambda: fastnn.linalg.cholesky_ex(definite, check_errors=True),
        lambda: fastnn.linalg.lu_factor_ex(SINGULAR, check_errors=True),
        lambda: fastnn.linalg.inv(SINGULAR),
    ):
        with pytest.raises(LinAlgError):
            call()


def test_gradients_where_matrices_are_regular():
    a = fastnn.tensor(A, requires_grad=True)
    b = fastnn.tensor(TALL, requires_grad=True)
    assert gradcheck(lambda a: fastnn.linalg.inv_ex(a).inverse, a)
    assert gradcheck(lambda a, b: fastnn.linalg.solve_ex(a, b).result, [a, b])
    assert gradcheck(lambda a: fastnn.linalg.cholesky_ex(a @ a.mT).L, a)


def test_reflectors_are_those_of_qr():
    x = fastnn.tensor(TALL)
    h, tau = fastnn.geqrf(x)
    q = fastnn.linalg.householder_product(h, tau)
    np.testing.assert_allclose((q @ h.triu()[..., :3, :]).numpy(), TALL, atol=1e-12)
    np.testing.assert_allclose(
        (q.mT @ q).numpy(), np.broadcast_to(np.eye(3), (2, 3, 3)), atol=1e-12
    )
    back = fastnn.ormqr(h, tau, x, transpose=True)
    np.testing.assert_allclose(back[..., :3, :].numpy(), h.triu()[..., :3, :].numpy(), atol=1e-12)
    right = fastnn.ormqr(h, tau, fastnn.tensor(TALL).mT, left=False)
    np.testing.assert_allclose(right.mT.numpy(), back.numpy(), atol=1e-12)
    y = fastnn.tensor(TALL, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"geqrf: it has no gradient; use linalg.qr"):
        fastnn.geqrf(y).a.sum().backward()
    with pytest.raises(ValueError, match="householder_product: A must have as many rows as col"):
        fastnn.linalg.householder_product(WIDE, np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"tau of shape .* does not fit A of shape"):
        fastnn.linalg.householder_product(TALL, np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"ormqr: other of shape .* does not fit Q of 4 rows"):
        fastnn.ormqr(h, tau, x.mT)


def test_tensors_as_matrices():
    a = fastnn.tensor(numbers(2, 3, 6), requires_grad=True)
    b = fastnn.tensor(numbers(2, 3), requires_grad=True)
    np.testing.assert_allclose(fastnn.linalg.tensorinv(a).detach(), np.linalg.tensorinv(a.detach()))
    np.testing.assert_allclose(
        fastnn.linalg.tensorsolve(a, b).detach(), np.linalg.tensorsolve(a.detach(), b.detach())
    )
    assert gradcheck(fastnn.linalg.tensorinv, a)
    assert gradcheck(fastnn.linalg.tensorsolve, [a, b])
    for call, match in (
        (lambda: fastnn.linalg.tensorinv(a, 0), "tensorinv: ind must be at least 1, got 0"),
        (lambda: fastnn.linalg.tensorinv(a, 1), r"tensorinv: shape .* has 2 elements before"),
        (lambda: fastnn.linalg.tensorsolve(a, a[0]), r"tensorsolve: A of shape .* must begin"),
    ):
        with pytest.raises(ValueError, match=match):
            call()


def test_ranks():
    low = TALL @ WIDE
    assert fastnn.linalg.matrix_rank(low).tolist() == [3, 3]
    assert fastnn.linalg.matrix_rank(low).dtype == np.int64
    assert fastnn.linalg.matrix_rank(low, 1e9).tolist() == [0, 0]
    assert fastnn.linalg.matrix_rank(low @ low.swapaxes(1, 2), hermitian=True).tolist() == [3, 3]
    assert fastnn.linalg.matrix_rank(np.zeros((0, 3))).item() == 0


def test_dot_products_along_a_dimension():
    x = fastnn.tensor(numbers(3, 4), requires_grad=True)
    y = fastnn.tensor(numbers(4), requires_grad=True)
    np.testing.assert_allclose(
        fastnn.linalg.vecdot(x, y).detach(), x.detach().numpy() @ y.detach().numpy()
    )
    assert gradcheck(fastnn.linalg.vecdot, [x, y])


def test_condition_numbers():
    x = fastnn.tensor(A, requires_grad=True)
    for p in (None, 2, -2, 1, -1, np.inf, "fro", "nuc"):
        want = [np.linalg.cond(a, p) for a in A] if p != "nuc" else None
        if want is None:
            both = np.linalg.norm(A, "nuc", (1, 2)), np.linalg.norm(np.linalg.inv(A), "nuc", (1, 2))
            want = both[0] * both[1]
        np.testing.assert_allclose(fastnn.linalg.cond(x, p).detach(), want, rtol=1e-10)
        assert gradcheck(lambda x, p=p: fastnn.linalg.cond(x, p), x)
    tall = fastnn.linalg.cond(TALL)
    np.testing.assert_allclose(tall, np.linalg.cond(TALL), rtol=1e-10)


def test_inverses_from_factors():
    definite = A @ A.swapaxes(1, 2)
    for upper in (False, True):
        factor = fastnn.cholesky(fastnn.tensor(definite), upper=upper).requires_grad_()
        inverse = fastnn.cholesky_inverse(factor, upper)
        np.testing.assert_allclose(inverse.detach() @ definite, [np.eye(4)] * 2, atol=1e-9)
        part = (lambda f: f.triu()) if upper else (lambda f: f.tril())
        assert gradcheck(lambda f, part=part, u=upper: fastnn.cholesky_inverse(part(f), u), factor)
