"""Points in the plane."""

import numpy as np
import pytest

import fastnn
from fastnn.data.datasets import make_circles, make_moons, make_spirals, make_xor

pytestmark = pytest.mark.any_threading
MAKERS = [make_moons, make_circles, make_spirals, make_xor]


def arrays(dataset):
    return tuple(part.numpy() for part in dataset.tensors)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("count", [1, 2, 3, 101])
def test_shapes_types_and_sizes_of_classes(make, count):
    x, y = arrays(make(count))
    assert x.shape == (count, 2)
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    assert np.bincount(y, minlength=2).tolist() == [count - count // 2, count // 2]
    assert np.isfinite(x).all()


@pytest.mark.parametrize("make", MAKERS)
def test_seeds_and_generators(make):
    """A seed is a generator of its own; without one, that of `manual_seed` draws."""
    x, y = arrays(make(50, 0.1, generator=3))
    for other in (fastnn.Generator(3), np.int64(3)):
        for a, b in zip(arrays(make(50, 0.1, generator=other)), (x, y)):
            np.testing.assert_array_equal(a, b)
    assert (arrays(make(50, 0.1, generator=4))[0] != x).any()
    fastnn.manual_seed(3)
    np.testing.assert_array_equal(arrays(make(50, 0.1))[0], x)
    assert (arrays(make(50, 0.1))[0] != x).any()
    generator = fastnn.Generator(3)
    assert (arrays(make(50, 0.1, generator=generator))[0] == x).all()
    assert (arrays(make(50, 0.1, generator=generator))[0] != x).any()


@pytest.mark.parametrize("make", MAKERS)
def test_the_order_is_random(make):
    _, y = arrays(make(400))
    runs = np.count_nonzero(np.diff(y)) + 1
    assert abs(runs - 201) < 5 * np.sqrt(100)  # of two classes in random order: variance 100


def test_curves():
    x, y = arrays(make_moons(200, 0))
    center = np.where(y[:, None] == 0, [0, 0], [1, 0.5])
    np.testing.assert_allclose(np.linalg.norm(x - center, axis=1), 1, atol=1e-6)
    assert (x[y == 0, 1] >= -1e-6).all()
    assert (x[y == 1, 1] <= 0.5 + 1e-6).all()
    x, y = arrays(make_circles(200, 0, factor=0.3))
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), np.where(y == 0, 1, 0.3), atol=1e-6)
    for k in (0, 1):  # all around
        turn = np.sort(np.arctan2(x[y == k, 1], x[y == k, 0]))
        np.testing.assert_allclose(np.diff(turn), 2 * np.pi / 100, atol=1e-5)
    x, y = arrays(make_spirals(300, 0, arms=3, turns=2))
    radius, angle = np.linalg.norm(x, axis=1), np.arctan2(x[:, 1], x[:, 0])
    assert radius.min() == pytest.approx(0.1)
    assert radius.max() == pytest.approx(1)
    turns = angle / (2 * np.pi) - 2 * radius - y / 3
    np.testing.assert_allclose(turns, turns.round(), atol=1e-5)
    x, y = arrays(make_xor(200))
    assert np.array_equal(np.sign(x[:, 0]) != np.sign(x[:, 1]), y == 1)
    assert np.abs(x).max() <= 1
    assert (np.bincount((x > 0) @ [1, 2], minlength=4) > 25).all()  # 50 of each quadrant


def test_noise():
    """It has the deviation that is asked for, in both coordinates."""
    n = 20000
    x = arrays(make_moons(n, 0.3, generator=1))[0]
    clean = arrays(make_moons(n, 0, generator=1))[0]  # in the same order: as many numbers drawn
    deviation = (x - clean).std(0)
    np.testing.assert_allclose(deviation, 0.3, atol=5 * 0.3 / np.sqrt(2 * n))


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("bad", [0, -1, 2.0, "3", None, float("nan")])
def test_bad_numbers_of_samples(make, bad):
    with pytest.raises(ValueError, match=f"{make.__name__}: n_samples must be a positive integer"):
        make(bad)


@pytest.mark.parametrize("make", MAKERS)
def test_bad_noise_and_generators(make):
    for bad in (-0.1, float("nan"), float("inf"), "1", None, True):
        with pytest.raises(ValueError, match=f"{make.__name__}: noise must be a number at least 0"):
            make(10, bad)
    for wrong in ("3", 1.5, np.random.default_rng(0), True):
        with pytest.raises(TypeError, match=f"{make.__name__}: generator must be a fastnn.Gen"):
            make(10, generator=wrong)


def test_other_bad_arguments():
    with pytest.raises(ValueError, match="make_circles: factor must be a number from 0 to 1"):
        make_circles(factor=1.5)
    with pytest.raises(ValueError, match="make_spirals: arms must be a positive integer, got 0"):
        make_spirals(arms=0)
    with pytest.raises(ValueError, match="make_spirals: turns must be a number at least 0"):
        make_spirals(turns=float("nan"))
