"""Constructors."""

import copy
import pickle

import numpy as np
import pytest

import fastnn


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1, "int64"),
        (1.5, "float32"),
        (True, "bool"),
        ([1, 2.0], "float32"),
        ([[True], [False]], "bool"),
        ([], "float32"),
        ([[], []], "float32"),
        (np.float64(2), "float64"),
        (np.arange(3), "int64"),
        (np.ones(2), "float64"),
        (np.ones(2, np.float32), "float32"),
        ([np.float64(1), np.float64(2)], "float64"),
        (range(3), "int64"),
    ],
)
def test_tensor_types(data, dtype):
    t = fastnn.tensor(data)
    assert t.dtype == dtype
    assert np.array_equal(t._array, np.asarray(data))


def test_tensor_copies_and_from_numpy_shares():
    a = np.zeros(3, np.float32)
    copied, shared, same = fastnn.tensor(a), fastnn.from_numpy(a), fastnn.as_tensor(a)
    a[0] = 1
    assert copied.tolist() == [0, 0, 0]
    assert shared.tolist() == same.tolist() == [1, 0, 0]
    assert fastnn.as_tensor(shared) is shared
    assert fastnn.as_tensor(shared, fastnn.float64).dtype == fastnn.float64


def test_tensor_of_tensors():
    t = fastnn.tensor([fastnn.tensor(1.0), fastnn.tensor(2.0)])
    assert t.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: fastnn.tensor("abc"), TypeError, "tensor: cannot make a tensor of str"),
        (lambda: fastnn.tensor({}), TypeError, "tensor: cannot make a tensor of dict"),
        (lambda: fastnn.tensor([1], requires_grad=True), RuntimeError, "only floating point"),
        (lambda: fastnn.from_numpy([1]), TypeError, "from_numpy: expected a NumPy array, got list"),
        (lambda: fastnn.from_numpy(np.array(["a"])), TypeError, "from_numpy: cannot hold"),
        (lambda: fastnn.zeros(-1), ValueError, "zeros: sizes must not be negative"),
        (lambda: fastnn.ones(1.5), TypeError, "ones: sizes must be integers, got 1.5"),
        (lambda: fastnn.arange(0, 5, 0), ValueError, "arange: step must not be 0"),
        (lambda: fastnn.arange(0, 5, -1), ValueError, "arange: step -1 never leads from 0 to 5"),
        (lambda: fastnn.full((2,), [1, 2]), ValueError, "full: fill_value must be a scalar"),
        (lambda: fastnn.randint(5, 5, (2,)), ValueError, "randint: low must be below high"),
        (lambda: fastnn.randint(5), TypeError, "randint: size is missing"),
        (lambda: fastnn.randn(2, dtype=fastnn.int64), TypeError, "randn: dtype must be float32"),
        (lambda: fastnn.normal(0, -1, (2,)), ValueError, "normal: std must not be negative"),
    ],
)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_filled():
    assert fastnn.zeros((2, 3))._array.tolist() == np.zeros((2, 3)).tolist()
    assert fastnn.ones(2, dtype=fastnn.int64).tolist() == [1, 1]
    assert fastnn.full((2,), 7).dtype == fastnn.int64
    assert fastnn.full((2,), 7.0).dtype == fastnn.float32
    assert fastnn.full((), True).item() is True
    assert fastnn.empty(3, 0).shape == (3, 0)
    assert fastnn.eye(2, 3).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert fastnn.linspace(0, 1, 3, requires_grad=True).requires_grad
    assert fastnn.logspace(0, 2, 3).tolist() == [1, 10, 100]


def test_arange():
    assert fastnn.arange(5).tolist() == [0, 1, 2, 3, 4]
    assert fastnn.arange(5, 0, -2).tolist() == [5, 3, 1]
    assert fastnn.arange(2.0).dtype == fastnn.float32


def test_like():
    x = fastnn.zeros(2, 3, dtype=fastnn.float64)
    for make in (
        fastnn.ones_like,
        fastnn.zeros_like,
        fastnn.empty_like,
        fastnn.rand_like,
        fastnn.randn_like,
    ):
        y = make(x)
        assert (y.shape, y.dtype) == (x.shape, x.dtype)
    assert fastnn.full_like(x, 3).tolist() == [[3] * 3] * 2
    assert fastnn.randint_like(x, 4).dtype == x.dtype
    assert fastnn.zeros_like(x, dtype=fastnn.int32).dtype == fastnn.int32


def test_random_values():
    fastnn.manual_seed(0)
    assert abs(fastnn.randn(100_000)._array.mean()) < 0.02
    assert abs(fastnn.rand(100_000)._array.mean() - 0.5) < 0.01
    assert abs(fastnn.normal(3, 2, (100_000,))._array.std() - 2) < 0.02
    assert set(fastnn.randint(2, 5, (1000,)).tolist()) == {2, 3, 4}
    assert sorted(fastnn.randperm(100).tolist()) == list(range(100))


def test_seed_repeats_everything():
    def draw():
        return [
            fastnn.rand(3).tolist(),
            fastnn.randperm(9).tolist(),
            fastnn.random.reserve(5).tolist(),
        ]

    fastnn.manual_seed(7)
    first = draw()
    assert draw() != first
    fastnn.manual_seed(7)
    assert draw() == first
    state = fastnn.random.get_state()
    second = draw()
    fastnn.random.set_state(pickle.loads(pickle.dumps(state)))
    assert draw() == second
    assert fastnn.initial_seed() == 7


def test_reserve_and_state():
    generator = fastnn.Generator(3)
    assert generator.reserve(10).tolist() == [3, 0]
    assert generator.reserve(1).tolist() == [3, 10]
    assert generator.stream.tolist() == [3, 11]
    assert generator.stream.dtype == np.uint64


def test_negative_and_huge_seeds():
    for seed in (-1, 2**64 + 5, 0):
        a = fastnn.Generator(seed)
        b = fastnn.Generator(seed)
        assert fastnn.rand(2, generator=a).tolist() == fastnn.rand(2, generator=b).tolist()


def test_fork_rng_puts_the_state_back_after_an_error():
    fastnn.manual_seed(1)
    expected = fastnn.rand(2).tolist()
    fastnn.manual_seed(1)
    with pytest.raises(KeyError), fastnn.fork_rng():
        fastnn.rand(100)
        raise KeyError
    assert fastnn.rand(2).tolist() == expected


def test_dlpack_both_ways():
    t = fastnn.arange(4.0)
    a = np.from_dlpack(t)
    assert np.shares_memory(a, t._array)
    assert np.shares_memory(fastnn.from_dlpack(t._array)._array, t._array)
    with pytest.raises(BufferError, match="requires a gradient"):
        np.from_dlpack(fastnn.ones(2, requires_grad=True))


def test_copies():
    x = fastnn.ones(2, requires_grad=True)
    x.grad = fastnn.zeros(2)
    for y in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert y.requires_grad
        assert y.tolist() == [1, 1]
        assert not np.shares_memory(x._array, y._array)
    with pytest.raises(RuntimeError, match="only leaves"):
        copy.deepcopy(x.clone())
    with pytest.raises(RuntimeError, match="only leaves"):
        pickle.dumps(x.clone())
