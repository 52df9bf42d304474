"""Sums of products in Einstein notation."""

import numpy as np
import pytest

import fastnn
from tests.harness import Bad, Record, Sample, numbers, record_test

A, B, C = numbers(3, 4), numbers(4, 2, seed=1), numbers(2, 5, seed=2)
P, Q = numbers(2, 3, 4, seed=3), numbers(2, 4, 2, seed=4)


def magnitude(equation, *xs):
    return np.einsum(equation, *[np.abs(x) for x in xs]).max(initial=1.0)


RECORDS = [
    Record(
        "einsum",
        fastnn.einsum,
        np.einsum,
        [
            Sample("ij,jk->ik", A, B),
            Sample("ij,jk", A, B),
            Sample("ij,jk,kl->il", A, B, C),
            Sample("ij,jk,kl->", A, B, C),
            Sample("bij,bjk->bik", P, Q),
            Sample("bij,bjk->kb", P, Q),
            Sample("...ij,...jk->...ik", P, Q),
            Sample("...ij,jk->...ik", P, B),
            Sample("...ij->...ji", P),
            Sample("i...,i...->...", P, P),
            Sample("ij->ji", A),
            Sample("ij->", A),
            Sample("ij->i", A),
            Sample("ii->i", numbers(3, 3)),
            Sample("ii", numbers(3, 3)),
            Sample("iij,jk->ki", numbers(2, 2, 4), B),
            Sample("i,j->ij", numbers(3), numbers(4)),
            Sample("i,i->", numbers(3), numbers(3)),
            Sample("ij,ij->ij", A, A),
            Sample("ij,ij->i", A, A),
            Sample("ij,ij->j", A, A),
            Sample("ij,ji->j", A, numbers(4, 3)),
            Sample("ij,ij->i", numbers(3, 1), A),
            Sample("ij,ij->i", A, numbers(1, 4)),
            Sample("ij,ij->ij", numbers(1, 4), numbers(3, 1)),
            Sample("bij,bjk->bik", numbers(1, 3, 4), Q),
            Sample("ij,ij,ij->j", A, numbers(1, 4), numbers(3, 1)),
            Sample("ijk,ik->kj", P, numbers(2, 4)),
            Sample("ji,kjl->kl", A, P),
            Sample("ij,k->i", A, numbers(3)),
            Sample("i,i,i->i", numbers(3), numbers(3, seed=7), numbers(3, seed=8)),
            Sample("ij,jk->ik", numbers(3, 1), B),
            Sample(",ij->ij", numbers(), A),
            Sample("ij,jk->ik", numbers(0, 4), B),
            Sample("ij,jk->ik", numbers(3, 0), numbers(0, 2)),
            Sample(" i j , j k -> i k ", A, B),
        ],
        [
            Bad(ValueError, "einsum: .* names 2 operands, but there are 1", "ij,jk->ik", A),
            Bad(
                ValueError, r"einsum: 'ijk' does not fit an operand of shape \(3, 4\)", "ijk->i", A
            ),
            Bad(
                ValueError, "einsum: index 'j' .* has sizes 4 and 3", "ij,kj->ik", A, numbers(2, 3)
            ),
            Bad(ValueError, "einsum: the output .* repeats or invents", "ij->ik", A),
            Bad(ValueError, "einsum: the output .* repeats or invents", "ij->ii", A),
            Bad(ValueError, r"einsum: '\?' .* is no letter", "i?->i", A),
            Bad(ValueError, "einsum: index 'i' has sizes 3 and 4", "ii->i", A),
        ],
        depth=lambda equation, *xs: 8 + sum(x.size for x in xs),
        magnitude=magnitude,
    ),
]


test_record = record_test(RECORDS)


def test_operands_in_a_list():
    x = fastnn.from_numpy(A)
    assert np.allclose(fastnn.einsum("ij,kj->ik", [x, x])._array, A @ A.T)


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "i8"])
@pytest.mark.parametrize("equation", ["ij,ij->i", "ij,ij->ij", "ij,kj->ik", "ij,ij->", "ij->ji"])
def test_products_of_integers_keep_their_type(equation, dtype):
    xs = [np.arange(6).reshape(2, 3).astype(dtype)] * (1 + equation.count(","))
    y = fastnn.einsum(equation, *xs)
    assert y.dtype == dtype
    np.testing.assert_array_equal(y.numpy(), np.einsum(equation, *xs))


def test_sums_of_one_operand_of_integers_are_int64():
    assert fastnn.einsum("ij->i", np.ones((2, 3), "i4")).dtype == np.int64


def test_same_equation_with_other_shapes():
    for n, m in ((2, 3), (3, 2), (2, 1), (0, 3), (2, 3)):
        x = numbers(n, m)
        np.testing.assert_allclose(
            fastnn.einsum("ij,ij->i", x, x).numpy(), (x * x).sum(1), rtol=1e-6
        )
