"""Random numbers whose distribution a tensor describes, and filling with random numbers."""

import numpy as np
import pytest

import fastnn

MANY = 20_000


def generator(seed=0):
    return fastnn.Generator(seed)


def close(counts, chances):
    """Whether frequencies are within five standard deviations of what is expected."""
    p, n = np.asarray(chances), np.sum(counts, axis=-1, keepdims=True)
    return (np.abs(np.asarray(counts) - n * p) <= 5 * np.sqrt(n * p * (1 - p)) + 1e-9).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_bernoulli(dtype):
    p = fastnn.tensor([0.0, 0.1, 0.5, 1.0], dtype=dtype).expand(MANY, 4)
    x = fastnn.bernoulli(p, generator=generator())
    assert x.dtype == dtype
    ones = x.sum(0).tolist()
    chances = np.array([0, 0.1, 0.5, 1])
    assert close(np.stack([ones, MANY - np.array(ones)], 1), np.stack([chances, 1 - chances], 1))
    assert set(np.unique(x)) == {0, 1}
    assert x.tolist() == p.bernoulli(generator=generator()).tolist()
    third = fastnn.bernoulli(fastnn.zeros(MANY, dtype=np.int64), 1 / 3).float().mean().item()
    assert abs(third - 1 / 3) < 0.02
    for wrong in ([1.5], [-0.1], [float("nan")]):
        with pytest.raises(ValueError, match="bernoulli: probabilities must be from 0 to 1"):
            fastnn.bernoulli(fastnn.tensor(wrong))
    with pytest.raises(TypeError, match="bernoulli: input must have a float type, got int64"):
        fastnn.bernoulli(fastnn.arange(2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5,), (3, 5)])
def test_multinomial_with_replacement(dtype, shape):
    w = fastnn.tensor([0.0, 1.0, 0.0, 3.0, 0.0], dtype=dtype).expand(shape) * 7
    x = fastnn.multinomial(w, MANY, replacement=True, generator=generator())
    assert (x.dtype, x.shape) == (np.int64, (*shape[:-1], MANY))
    for row in x.numpy().reshape(-1, MANY):
        assert close(np.bincount(row, minlength=5), [0, 0.25, 0, 0.75, 0])
    again = w.multinomial(MANY, replacement=True, generator=generator())
    assert x.tolist() == again.tolist()


def test_multinomial_without_replacement():
    w = fastnn.tensor([1.0, 0.0, 2.0, 1.0]).expand(MANY, 4)
    x = fastnn.multinomial(w, 3, generator=generator()).numpy()
    assert {tuple(row) for row in np.sort(x, 1).tolist()} == {(0, 2, 3)}
    assert close(np.bincount(x[:, 0], minlength=4), [0.25, 0, 0.5, 0.25])
    second = x[x[:, 0] == 2, 1]  # what is left then has equal weights
    assert close(np.bincount(second, minlength=4), [0.5, 0, 0, 0.5])


def test_multinomial_of_tiny_and_huge_weights():
    for w in ([1e-320, 1e-320, 0.0], [1e308, 1e308, 0.0]):
        for replacement in (False, True):
            w = fastnn.tensor(np.array(w))
            x = fastnn.multinomial(w, 2, replacement)
            assert x.max().item() <= 1
    assert fastnn.multinomial(fastnn.zeros(0, 3), 2).shape == (0, 2)


@pytest.mark.parametrize(
    ("args", "error", "match"),
    [
        (([0.5, -1.0], 1), ValueError, "weights must be finite and at least 0"),
        (([0.5, float("inf")], 1), ValueError, "weights must be finite and at least 0"),
        (([0.0, 0.0], 1, True), ValueError, "every row needs 1 weights above 0, a row has 0"),
        (([0.0, 1.0], 2), ValueError, "every row needs 2 weights above 0, a row has 1"),
        (([1.0], 0), ValueError, "num_samples must be a positive integer, got 0"),
        (([1.0], 1.5), ValueError, "num_samples must be a positive integer, got 1.5"),
        (([[[1.0]]], 1), ValueError, r"input must have shape \(C,\) or \(N, C\), got \(1, 1, 1\)"),
        (([], 1), ValueError, "input must have shape"),
        ((1.0, 1), ValueError, "input must have shape"),
        (([1, 2], 1), TypeError, "input must have a float type, got int64"),
    ],
)
def test_invalid_weights(args, error, match):
    with pytest.raises(error, match=f"^multinomial: {match}"):
        fastnn.multinomial(fastnn.tensor(args[0]), *args[1:])


def test_poisson():
    x = fastnn.poisson(fastnn.full((MANY,), 4.0), generator=generator())
    assert abs(x.mean().item() - 4) < 0.1
    assert abs(x.var().item() - 4) < 0.3
    with pytest.raises(ValueError, match="poisson: rates must be at least 0"):
        fastnn.poisson(fastnn.tensor([-1.0]))


FILLS = {
    "uniform_": ((2.0, 4.0), 3.0, 1 / 3),
    "normal_": ((1.0, 2.0), 1.0, 4.0),
    "exponential_": ((0.5,), 2.0, 4.0),
    "log_normal_": ((0.0, 0.5), np.exp(0.125), (np.exp(0.25) - 1) * np.exp(0.25)),
    "bernoulli_": ((0.25,), 0.25, 0.1875),
    "random_": ((2, 5), 3.0, 2 / 3),
}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("name", FILLS)
def test_filling(name, dtype):
    args, mean, var = FILLS[name]
    x = fastnn.zeros(MANY, dtype=dtype)
    assert getattr(x, name)(*args, generator=generator()) is x
    values = x.numpy().astype(np.float64)
    assert values.mean() == pytest.approx(mean, abs=6 * np.sqrt(var / MANY) + 1e-3)
    assert values.var() == pytest.approx(var, rel=0.1)
    again = getattr(fastnn.zeros(MANY, dtype=dtype), name)(*args, generator=generator())
    assert x.tolist() == again.tolist()
    y = fastnn.zeros(3, requires_grad=True)
    with pytest.raises(RuntimeError, match=f"^{name}: a leaf that requires a gradient"):
        getattr(y, name)(*args)
    with pytest.raises(RuntimeError, match="share one place in memory"):
        getattr(fastnn.zeros(1).expand(3), name)(*args)
    if name not in ("bernoulli_", "random_"):
        with pytest.raises(RuntimeError, match=f"^{name}: expected a tensor of floats, got int64"):
            getattr(fastnn.arange(3), name)(*args)


def test_filling_with_integers():
    for dtype, most in ((np.uint8, 255), (np.int8, 127), (np.int64, 2**63 - 1), (np.bool_, 1)):
        x = fastnn.zeros(4000, dtype=dtype).random_(generator=generator())
        assert most - int(x.max()) <= most // 100
        assert int(x.min()) <= most // 100
    assert set(fastnn.zeros(100, dtype=np.int64).random_(3).tolist()) == {0, 1, 2}
    x = fastnn.zeros(1000).random_()
    assert x.numpy().max() > 1e7
    assert (x.numpy() == np.floor(x.numpy())).all()
    for wrong in ((3, 3), (0,), (-5,)):
        with pytest.raises(ValueError, match="random_: low must be below high"):
            fastnn.zeros(2).random_(*wrong)
    with pytest.raises(RuntimeError, match="random_: 300 cannot be converted to uint8"):
        fastnn.zeros(2, dtype=np.uint8).random_(0, 301)
    with pytest.raises(ValueError, match="exponential_: lambd must be positive, got 0"):
        fastnn.zeros(2).exponential_(0)
    with pytest.raises(ValueError, match=r"bernoulli_: p must be broadcastable to shape \(2,\)"):
        fastnn.zeros(2).bernoulli_(fastnn.ones(3))


def test_binomial():
    n = fastnn.tensor([0.0, 1.0, 10.0, 10.0, 1000.0]).expand(MANY, 5)
    p = fastnn.tensor([0.5, 0.2, 0.0, 1.0, 0.3])
    x = fastnn.binomial(n, p, generator=generator())
    assert x.dtype == np.float32
    mean, n, p = x.numpy().mean(0), n.numpy()[0], p.numpy()
    assert (np.abs(mean - n * p) <= 5 * np.sqrt(n * p * (1 - p) / MANY) + 1e-6).all()
    for count, chance, match in (
        ([1.5], [0.5], "binomial: counts must be whole numbers of at least 0"),
        ([-1.0], [0.5], "binomial: counts must be whole numbers of at least 0"),
        ([1.0], [1.5], "binomial: probabilities must be from 0 to 1"),
    ):
        with pytest.raises(ValueError, match=match):
            fastnn.binomial(fastnn.tensor(count), fastnn.tensor(chance))
