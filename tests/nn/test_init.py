"""Initialization of parameters."""

import math

import numpy as np
import pytest

import fastnn
from fastnn.nn import init


@pytest.fixture(autouse=True)
def seed():
    fastnn.manual_seed(0)


def test_in_place_even_for_parameters():
    w = fastnn.nn.Parameter(fastnn.empty(3, 4))
    for fill in (
        init.uniform_,
        init.normal_,
        init.trunc_normal_,
        init.ones_,
        init.zeros_,
        init.eye_,
        init.xavier_uniform_,
        init.xavier_normal_,
        init.kaiming_uniform_,
        init.kaiming_normal_,
        init.orthogonal_,
    ):
        data = w._array
        assert fill(w) is w
        assert w._array is data
        assert w.is_leaf


def test_truncated_numbers_are_drawn_again_around_the_mean():
    w = init.trunc_normal_(fastnn.empty(100_000), mean=1, std=1, a=1, b=3)._array
    assert 1 <= w.min() < w.max() <= 3
    # The mean of a normal variable between 0 and 2: (phi(0) - phi(2)) / (Phi(2) - Phi(0)).
    want = (1 - math.exp(-2)) / math.sqrt(2 * math.pi) / (math.erf(math.sqrt(2)) / 2)
    assert abs(w.mean() - 1 - want) < 0.01


@pytest.mark.parametrize(
    ("fill", "std", "bound"),
    [
        (lambda w: init.uniform_(w, -3, 3), 3 / math.sqrt(3), 3),
        (lambda w: init.normal_(w, 0, 2), 2, None),
        (lambda w: init.trunc_normal_(w, 0, 1, -2, 2), 0.8796, 2),
        (init.xavier_uniform_, math.sqrt(2 / 500), math.sqrt(6 / 500)),
        (lambda w: init.xavier_normal_(w, 5 / 3), 5 / 3 * math.sqrt(2 / 500), None),
        (
            lambda w: init.kaiming_uniform_(w, math.sqrt(5)),
            1 / math.sqrt(3 * 200),
            1 / math.sqrt(200),
        ),
        (lambda w: init.kaiming_normal_(w, 0, "fan_out", "relu"), math.sqrt(2 / 300), None),
    ],
)
def test_spread(fill, std, bound):
    w = fill(fastnn.empty(300, 200))._array
    assert abs(w.mean()) < 0.02 * std
    assert abs(w.std() - std) < 0.02 * std
    if bound is not None:
        assert abs(w).max() <= bound
        assert abs(w).max() > 0.99 * bound


def test_fan_counts_the_kernel():
    w = init.xavier_uniform_(fastnn.empty(8, 4, 3, 3))._array
    assert abs(w).max() <= math.sqrt(6 / (9 * 12))


@pytest.mark.parametrize("shape", [(4, 4), (3, 7), (7, 3), (4, 2, 3)])
def test_orthogonal(shape):
    w = init.orthogonal_(fastnn.empty(*shape, dtype=fastnn.float64), gain=2)._array
    w = w.reshape(shape[0], -1)
    w = w if w.shape[0] <= w.shape[1] else w.T
    assert np.allclose(w @ w.T, 4 * np.eye(len(w)))


def test_sparse():
    w = init.sparse_(fastnn.empty(10, 5), 0.25)._array
    assert ((w == 0).sum(0) == 3).all()


def test_constants_and_identity():
    assert init.constant_(fastnn.empty(2), 3.5).tolist() == [3.5, 3.5]
    assert init.eye_(fastnn.empty(2, 3)).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert init.calculate_gain("leaky_relu", 1) == 1
    assert init.calculate_gain("tanh") == 5 / 3
    assert init.kaiming_uniform_(fastnn.empty(3, 0)).shape == (3, 0)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: init.calculate_gain("sine"), "no gain is known for 'sine'"),
        (lambda: init.xavier_normal_(fastnn.empty(3)), r"at least 2 dimensions, got shape \(3,\)"),
        (lambda: init.kaiming_normal_(fastnn.empty(3, 3), mode="in"), "mode must be 'fan_in'"),
        (lambda: init.eye_(fastnn.empty(3)), "eye_: tensor must have 2 dimensions"),
        (lambda: init.trunc_normal_(fastnn.empty(3), a=1, b=1), "a must be below b"),
        (lambda: init.trunc_normal_(fastnn.empty(3), mean=99), "lies too far outside"),
    ],
)
def test_errors(call, match):
    with pytest.raises(ValueError, match=match):
        call()


@pytest.mark.parametrize(
    "name",
    [
        *("uniform", "normal", "xavier_uniform", "xavier_normal", "kaiming_uniform"),
        *("kaiming_normal", "orthogonal", "eye"),
    ],
)
def test_names_without_underscore(name):
    values = []
    for call in (getattr(init, name), getattr(init, name + "_")):
        fastnn.manual_seed(4)
        if call.__name__ == name:
            with pytest.warns(UserWarning, match=f"nn.init.{name} is old; call nn.init.{name}_"):
                values.append(call(fastnn.empty(4, 3)).tolist())
        else:
            values.append(call(fastnn.empty(4, 3)).tolist())
    assert values[0] == values[1]
    with pytest.warns(UserWarning, match="nn.init.constant is old"):
        assert init.constant(fastnn.empty(2), 3).tolist() == [3, 3]
