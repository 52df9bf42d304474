"""Constructors."""

import copy
import pickle
import re

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
    one = fastnn.tensor([[3.0]])  # in a list a number, as in PyTorch
    assert fastnn.tensor([one, one]).shape == (2,)
    assert fastnn.tensor([[one], [one]]).tolist() == [[3], [3]]
    assert fastnn.tensor([one, 2.0]).tolist() == [3, 2]


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
        (lambda: fastnn.randint(0, size=(2,)), ValueError, "low must be below high, got 0 and 0"),
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
    for one_bound in (
        fastnn.randint(3, (1000,)),
        fastnn.randint(3, size=(1000,)),
        fastnn.randint(high=3, size=(1000,)),
    ):
        assert set(one_bound.tolist()) == {0, 1, 2}
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


HUGE = {
    "zeros": lambda: fastnn.zeros(2**62),
    "ones": lambda: fastnn.ones(2**40, 2**40),
    "empty": lambda: fastnn.empty(2**70),
    "full": lambda: fastnn.full((2**62,), 1),
    "rand": lambda: fastnn.rand(2**62),
    "randn": lambda: fastnn.randn(2**40, 2**40),
    "normal": lambda: fastnn.normal(0, 1, (2**62,)),
    "randint": lambda: fastnn.randint(3, (2**62,)),
    "randperm": lambda: fastnn.randperm(2**62),
    "arange": lambda: fastnn.arange(2**62),
    "arange of floats": lambda: fastnn.arange(0, 1, 1e-30),
    "linspace": lambda: fastnn.linspace(0, 1, 2**62),
    "logspace": lambda: fastnn.logspace(0, 1, 2**62),
    "eye": lambda: fastnn.eye(2**40),
    "eye without rows": lambda: fastnn.eye(0, 2**62),
    "no elements": lambda: fastnn.zeros(0, 2**62),
    "tile": lambda: fastnn.ones(2).tile((2**62,)),
    "repeat": lambda: fastnn.ones(2).repeat(2**40, 2**40),
    "repeat_interleave": lambda: fastnn.ones(2).repeat_interleave(2**62),
    "one_hot": lambda: fastnn.one_hot(fastnn.tensor([0]), 2**62),
    "pad": lambda: fastnn.pad(fastnn.ones(2), (0, 2**62)),
    "Linear": lambda: fastnn.nn.Linear(2**40, 2**40),
    "Embedding": lambda: fastnn.nn.Embedding(2**60, 2**10),
    "Conv2d": lambda: fastnn.nn.Conv2d(2**30, 2**30, 3),
    "LSTM": lambda: fastnn.nn.LSTM(2**40, 2**40),
    "LayerNorm": lambda: fastnn.nn.LayerNorm(2**62),
    "BatchNorm1d": lambda: fastnn.nn.BatchNorm1d(2**62),
}


@pytest.mark.parametrize("name", HUGE)
def test_sizes_beyond_any_memory(name):
    with pytest.raises(MemoryError):
        HUGE[name]()


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 1e30, 2**63, -(2**63) - 1])
def test_integers_hold_no_infinities(value):
    x, mask = fastnn.zeros(2, dtype=fastnn.int64), fastnn.tensor([True, False])
    index = fastnn.tensor([0])
    calls = [
        lambda: fastnn.full((2,), value, dtype=fastnn.int64),
        lambda: fastnn.full_like(x, value),
        lambda: fastnn.tensor([value, 1], dtype=fastnn.int64),
        lambda: x.masked_fill(mask, value),
        lambda: x.scatter(0, index, value),
        lambda: fastnn.pad(x, (1, 1), value=value),
    ]
    for call in calls:
        with pytest.raises((RuntimeError, TypeError), match=r"cannot be converted|cannot make a"):
            call()
    assert x.tolist() == [0, 0]


def test_small_types_hold_what_is_in_their_range():
    u8, f32 = fastnn.uint8, fastnn.float32
    assert fastnn.full((1,), -1, dtype=u8).tolist() == [255]
    assert fastnn.full((1,), 1.9, dtype=u8).tolist() == [1]
    assert fastnn.full((1,), np.nan, dtype=fastnn.bool).tolist() == [True]
    assert fastnn.full((1,), np.inf).tolist() == [np.inf]
    for value, dtype in ((300, u8), (-256, u8), (1e300, f32)):
        with pytest.raises(RuntimeError, match=r"full: .* cannot be converted to .* without over"):
            fastnn.full((1,), value, dtype=dtype)
    for call in (
        lambda: fastnn.randint(300, (2,), dtype=u8),
        lambda: fastnn.linspace(0, 300, 4, dtype=u8),
    ):
        with pytest.raises(RuntimeError, match="cannot be converted to uint8"):
            call()


def test_numbers_take_the_type_of_the_tensor_without_loss():
    x = fastnn.zeros(1, dtype=fastnn.float64)
    mask = fastnn.tensor([True])
    assert fastnn.full_like(x, 0.1).tolist() == [0.1]
    assert fastnn.full((1,), 0.1, dtype=fastnn.float64).tolist() == [0.1]
    assert x.masked_fill(mask, 0.1).tolist() == [0.1]
    assert x.scatter(0, fastnn.tensor([0]), 0.1).tolist() == [0.1]


def test_types_of_sequences():
    assert fastnn.arange(3).dtype == fastnn.arange(True).dtype == fastnn.int64
    assert fastnn.arange(np.int32(3)).dtype == fastnn.int64
    assert fastnn.arange(np.float64(3)).dtype == fastnn.float32
    assert fastnn.arange(fastnn.tensor(3.0, dtype=fastnn.float64)).dtype == fastnn.float32
    assert fastnn.linspace(0, 1, 3, dtype=None).dtype == fastnn.float32
    for bound in (np.inf, np.nan):
        with pytest.raises(ValueError, match="arange: bounds must be finite"):
            fastnn.arange(0, bound)


def test_normal_of_tensors():
    mean, std = fastnn.tensor([[1.0], [2.0]]), fastnn.tensor([0.0, 0.0, 0.0])
    assert fastnn.normal(mean, std).tolist() == [[1.0] * 3, [2.0] * 3]
    assert fastnn.normal(mean.double(), std).dtype == fastnn.float64
    assert fastnn.normal(mean, std.double()).dtype == fastnn.float32
    assert fastnn.normal(0.0, std.double()).dtype == fastnn.float64
    assert fastnn.normal(mean, 1.0, requires_grad=True).is_leaf
    with pytest.raises(ValueError, match="normal: std must not be negative, got -1"):
        fastnn.normal(mean, fastnn.tensor([0.0, -1.0]))
    with pytest.raises(TypeError, match="normal: dtype must be float32 or float64, got int64"):
        fastnn.normal(mean.long(), std)


@pytest.mark.parametrize("dtype", [">f4", ">f8", ">i4", ">i8", ">f2", ">u2"])
def test_arrays_in_another_byte_order(dtype):
    a = np.array([1, 2, 3], dtype)
    for make in (fastnn.tensor, fastnn.as_tensor):
        t = make(a)
        assert (t.tolist(), t.dtype) == ([1, 2, 3], np.dtype(dtype).newbyteorder("="))
    assert fastnn.add(a, 1).tolist() == [2, 3, 4]
    with pytest.raises(ValueError, match="from_numpy: the array must be in native byte o") as error:
        fastnn.from_numpy(a)
    advice = re.search(r"pass (.*)", str(error.value))[1]
    assert fastnn.from_numpy(eval(advice)).tolist() == [1, 2, 3]


def test_the_advice_of_kernels_on_byte_order_works():
    a = np.array([[1.0, 2.0]], ">f4")
    with pytest.raises(ValueError, match="softmax: input must be in native byte order") as error:
        fastnn.softmax(a, 1)
    advice = re.search(r"pass (.*)", str(error.value))[1]
    assert fastnn.softmax(eval(advice), 1).sum().item() == pytest.approx(1)


def test_filling_in_place():
    x = fastnn.zeros(2, dtype=fastnn.int64)

    def assign(t, value):
        t[0] = value

    for fill in (fastnn.Tensor.fill_, assign, lambda t, v: t.masked_fill_(t == 0, v)):
        for value in (np.inf, np.nan, 1e30, 2**63):
            with pytest.raises((RuntimeError, TypeError), match=r"cannot be conv|cannot make a"):
                fill(x, value)
        assert x.tolist() == [0, 0]
        y = fastnn.zeros(1, dtype=fastnn.float64)
        fill(y, 0.1)
        assert y.tolist() == [0.1]
        u8 = fastnn.zeros(1, dtype=fastnn.uint8)
        fill(u8, -1)
        assert u8.tolist() == [255]
        u8.zero_()
        fill(u8, 1.9)
        assert u8.tolist() == [1]
    with pytest.raises(RuntimeError, match="fill_: inf cannot be converted to int64"):
        x.fill_(fastnn.tensor(np.inf))


@pytest.mark.parametrize(
    ("values", "dtype", "shape"),
    [
        ([], "float32", (0,)),
        ([[], []], "float32", (2, 0)),
        ([1.5, np.float64(2)], "float64", (2,)),
        ([[1, 2], [3, np.float64(4)]], "float64", (2, 2)),
        ((np.float32(2), 1.5), "float32", (2,)),
        ([np.int64(2), 1.5], "float32", (2,)),
        ([np.float32(2), np.int64(3)], "float32", (2,)),
        ([np.ones(2), [3, 4]], "float64", (2, 2)),
        ([fastnn.ones(2), [3.0, 4.0]], "float32", (2, 2)),
        ([True, 2.5], "float32", (2,)),
        ([[1, 2], [3, 4]], "int64", (2, 2)),
        (1.5, "float32", ()),
        (np.float64(1.5), "float64", ()),
    ],
)
def test_numbers_in_lists(values, dtype, shape):
    """Those of Python are float32, those of NumPy and tensors keep their type, as in PyTorch."""
    x = fastnn.tensor(values)
    assert x.dtype == dtype
    assert x.shape == shape
