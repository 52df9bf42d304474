"""Activations with operands besides their input."""

import numpy as np
import pytest

import fastnn
from fastnn.nn import functional as F
from tests.harness import (
    SIZES,
    THREADS,
    Bad,
    Record,
    Sample,
    away_from,
    numbers,
    record_test,
    threads,
)
from tests.reference import activation as reference
from tests.reference.softmax import softmax

SLOPES = numbers(3, low=0.1, high=0.9, seed=2)


def signed(*shape, seed=0):
    return away_from(numbers(*shape, seed=seed), 0.0)


RECORDS = [
    Record(
        "glu",
        fastnn.glu,
        reference.glu,
        [
            *[Sample(numbers(2 * n)) for n in SIZES],
            *[Sample(numbers(3, 2 * n)) for n in SIZES[:5]],
            *[Sample(numbers(2, 4, 3, 5), dim=dim) for dim in (1, -3)],
            Sample(numbers(6, 3), dim=0),
            Sample(numbers(0, 4)),
            Sample(numbers(4, 0), dim=0),
        ],
        large=[Sample(numbers(300, 2002)), Sample(numbers(3, 4, 150, 101), dim=1)],
        depth=8,
        bad=[
            Bad(ValueError, r"even size along dim -1, got shape \(2, 3\)", numbers(2, 3)),
            Bad(ValueError, r"even size along dim -1, got shape \(\)", numbers()),
            Bad(IndexError, "dim must lie between -2 and 1", numbers(2, 4), 2),
            Bad(TypeError, "input must have dtype float32 or float64", np.ones(4, int)),
        ],
    ),
    Record(
        "prelu",
        fastnn.prelu,
        reference.prelu,
        [
            *[Sample(signed(n), numbers(1, low=0.1)) for n in SIZES],
            *[Sample(signed(2, n), numbers(n, low=0.1)) for n in SIZES if n],
            *[Sample(signed(2, 3, n), SLOPES) for n in SIZES],
            Sample(signed(2, 3, 4, 5), SLOPES),
            Sample(signed(), numbers(low=0.1)),
            Sample(signed(0, 3), SLOPES),
            Sample(signed(2, 3, 4), numbers(low=0.1)),
        ],
        large=[
            Sample(signed(5000, 31), numbers(31, low=0.1)),
            Sample(signed(20, 3, 70, 61), SLOPES),
            Sample(signed(200_003), numbers(1, low=0.1)),
        ],
        depth=2,
        backward_depth=lambda x, w: 4 + 4 * x.size**0.5,
        magnitude=lambda x, w: max(4.0, 2.0 * (x.size / w.size) ** 0.5),
        bad=[
            Bad(
                ValueError, r"one for each of the 3 channels .* \(2, 3\)", signed(2, 3), SLOPES[:2]
            ),
            Bad(ValueError, r"weight must have one element", signed(3), SLOPES),
            Bad(TypeError, "prelu", np.ones((2, 3), int), SLOPES),
        ],
    ),
    Record(
        "rrelu",
        fastnn.rrelu,
        reference.rrelu,
        [*[Sample(signed(n), lower=0.25, upper=0.5) for n in SIZES], Sample(signed(2, 3, 4))],
        depth=2,
        covers=("rrelu_",),
        bad=[
            Bad(ValueError, "lower <= upper, got 2.0 and 1.0", signed(3), 2.0, 1.0),
            Bad(ValueError, "must be finite", signed(3), 0.0, float("inf"), True),
            Bad(TypeError, "float32 or float64", np.ones(3, int), 0.1, 0.2, True),
        ],
    ),
    Record(
        "softmin",
        fastnn.softmin,
        lambda x, dim: softmax(-x, dim),
        [*[Sample(numbers(2, n), dim=1) for n in SIZES], Sample(numbers(2, 3, 4), dim=-2)],
        depth=16,
        bad=[Bad(IndexError, "dim must lie between", numbers(3), 1)],
    ),
    Record(
        "maxout",
        fastnn.maxout,
        reference.maxout,
        [
            *[Sample(numbers(2, 3 * n), num_pieces=3) for n in SIZES if n],
            Sample(numbers(2, 6, 4), num_pieces=2, dim=1),
            Sample(numbers(6), num_pieces=1),
        ],
        exact=True,
        bad=[
            Bad(ValueError, "a multiple of num_pieces, 4, along dim -1", numbers(2, 6), 4),
            Bad(ValueError, "a multiple of num_pieces, 0", numbers(2, 6), 0),
        ],
    ),
]


test_record = record_test(RECORDS)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_random_slopes(dtype):
    """In their range, with its mean; the gradient has the same ones; the seed decides."""
    x = fastnn.tensor(-np.ones((7, 5000), dtype), requires_grad=True)
    fastnn.manual_seed(3)
    y = F.rrelu(x, 0.2, 0.6, training=True)
    y.sum().backward()
    slopes = -y.detach().numpy()
    assert 0.2 <= slopes.min() < 0.21
    assert 0.59 < slopes.max() <= 0.6
    # The standard error of the mean of n uniform numbers is width / sqrt(12 n).
    assert abs(slopes.mean() - 0.4) < 5 * 0.4 / np.sqrt(12 * slopes.size)
    np.testing.assert_array_equal(x.grad, slopes)
    fastnn.manual_seed(3)
    np.testing.assert_array_equal(F.rrelu(x.detach(), 0.2, 0.6, training=True), -slopes)
    assert (F.rrelu(x.detach(), 0.2, 0.6, training=True).numpy() != -slopes).any()


def test_random_slopes_belong_to_elements_in_c_order():
    x = -np.ones((40, 30))
    fastnn.manual_seed(0)
    want = F.rrelu(x, training=True).numpy()
    fastnn.manual_seed(0)
    turned = fastnn.tensor(np.asfortranarray(x), requires_grad=True)
    got = F.rrelu(turned, training=True)
    np.testing.assert_array_equal(got.detach(), want)
    got.sum().backward()
    np.testing.assert_array_equal(turned.grad, -want)


def test_random_slopes_with_any_threads():
    x = -np.ones(100_003)
    found = []
    for n in THREADS:
        with threads(n):
            fastnn.manual_seed(0)
            found.append(F.rrelu(x, training=True).numpy())
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


NAMES = ["celu", "elu", "hardtanh", "leaky_relu", "relu", "selu", "sigmoid", "tanh"]


@pytest.mark.parametrize("name", NAMES)
def test_in_place(name):
    x = numbers(3, 4)
    want = getattr(F, name)(x)
    y = fastnn.tensor(x)
    assert getattr(F, f"{name}_")(y) is y
    np.testing.assert_array_equal(y, want)
    leaf = fastnn.tensor(x, requires_grad=True)
    z = leaf * 1.0
    getattr(F, f"{name}_")(z)
    z.sum().backward()
    other = fastnn.tensor(x, requires_grad=True)
    getattr(F, name)(other).sum().backward()
    np.testing.assert_array_equal(leaf.grad, other.grad)


def test_in_place_with_arguments():
    y = fastnn.tensor([-1.0, 3.0])
    np.testing.assert_array_equal(F.threshold_(y, 1.0, 7.0), [7.0, 3.0])
    np.testing.assert_array_equal(F.rrelu_(fastnn.tensor([-1.0, 3.0]), 0.5, 0.5), [-0.5, 3.0])
    want = fastnn.tanh(np.float32([7.0, 3.0])).sigmoid()
    np.testing.assert_array_equal(y.relu_().tanh_().sigmoid_(), want)
    np.testing.assert_array_equal(F.threshold(np.array([1, 5]), 2, 9), [9, 5])


CASES = [
    ("glu", numbers(4, 6), (), {"dim": 0}),
    ("glu", numbers(4, 6), (), {}),
    ("prelu", signed(4, 3, 5), (SLOPES,), {}),
    ("prelu", signed(4, 3), (SLOPES,), {}),
    ("prelu", signed(4), (SLOPES[:1],), {}),
    ("rrelu", signed(4), (), {}),
    ("softmin", numbers(3, 4), (), {"dim": 1}),
]


@pytest.mark.parametrize(("name", "x", "more", "options"), CASES)
def test_matches_torch(name, x, more, options):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours = [fastnn.tensor(a, requires_grad=True) for a in (x, *more)]
    theirs = [torch.tensor(a, requires_grad=True) for a in (x, *more)]
    got = getattr(F, name)(*ours, **options)
    want = getattr(torch.nn.functional, name)(*theirs, **options)
    dy = numbers(*want.shape, seed=5)
    got.backward(fastnn.tensor(dy))
    want.backward(torch.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), rtol=1e-12, atol=1e-14)
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a.grad, b.grad, rtol=1e-12, atol=1e-14)
