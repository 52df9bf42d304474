"""Values put into places: copied, filled in, added up, made one number; in place and not."""

import numpy as np
import pytest

import fastnn
from tests.harness import Bad, Record, Sample, numbers, record_test
from tests.reference import index as reference

X = numbers(4, 5)
I1 = np.array([3, 0, 3])
I2 = np.array([[0, 4, 4], [1, 1, 1], [2, 0, 3]])
MASK = X > 0
ROWS = numbers(3, 5, seed=4)
SRC = numbers(3, 3, seed=5)
ZEROS = np.where(numbers(3, 3, seed=9) > 0.3, 0.0, SRC)
LONG = np.random.default_rng(3).integers(0, 50, 3000)


def reduced(op, ways):
    """The samples of scatter_reduce or index_reduce: every way, with and without the input."""
    along = op is fastnn.scatter_reduce
    index, values = (I2, SRC) if along else (I1, ROWS)
    zeros = ZEROS if along else np.where(ROWS > 0.3, 0.0, ROWS)
    dim = 1 if along else 0
    samples = [
        Sample(X, dim, index, values, way, include_self=own)
        for way in ways
        for own in (True, False)
    ]
    if "prod" in ways:  # none, one and several zeros among the factors
        samples += [
            Sample(np.where(MASK, X, 0), dim, index, zeros, "prod", include_self=own)
            for own in (True, False)
        ]
    return samples


RECORDS = [
    Record(
        "scatter_reduce",
        fastnn.scatter_reduce,
        reference.scatter_reduce,
        [
            *reduced(fastnn.scatter_reduce, ["sum", "mean", "prod", "amax", "amin"]),
            Sample(X, 0, I2[:2] % 4, numbers(4, 4, seed=6), "mean"),
            Sample(numbers(3), 0, np.array([2, 2]), numbers(2, seed=1), "amax"),
        ],
        [
            Bad(ValueError, "scatter_reduce: reduce must be one of", X, 1, I2, SRC, "max"),
            Bad(ValueError, "scatter_reduce: src must be at least", X, 1, I2, SRC[:2], "sum"),
            Bad(IndexError, r"scatter_reduce: index must lie in \[0, 4\)", X, 0, I2, SRC, "amin"),
        ],
        large=[
            Sample(numbers(50), 0, LONG, numbers(3000, seed=2), "mean"),
            Sample(numbers(300, 50), 1, LONG.reshape(60, 50), numbers(60, 50, seed=2), "sum"),
        ],
        depth=lambda x, dim, i, s, reduce, include_self=True: i.size + 2,
    ),
    Record(
        "index_reduce",
        fastnn.index_reduce,
        reference.index_reduce,
        reduced(fastnn.index_reduce, ["mean", "prod", "amax", "amin"]),
        [
            Bad(ValueError, "index_reduce: reduce must be one of prod", X, 0, I1, ROWS, "sum"),
            Bad(ValueError, r"index_reduce: source must have shape \(3, 5\)", X, 0, I1, X, "prod"),
        ],
        depth=6,
    ),
    Record(
        "index_copy",
        fastnn.index_copy,
        lambda x, dim, i, s: reference.index_reduce(x, dim, i, s, "set"),
        [
            Sample(X, 0, I1, ROWS),
            Sample(X, -1, np.array([4, 0]), numbers(4, 2, seed=4)),
            Sample(numbers(), 0, np.array([0]), numbers(seed=2)),
        ],
        [
            Bad(ValueError, r"index_copy: source must have shape \(3, 5\)", X, 0, I1, X),
            Bad(IndexError, r"index_copy: index must lie in \[0, 4\), got 4", X, 0, I1 + 1, ROWS),
        ],
        exact=True,
    ),
    Record(
        "index_fill",
        fastnn.index_fill,
        lambda x, dim, i, v: reference.index_reduce(x, dim, i, v, "set"),
        [Sample(X, 0, I1, 2.5), Sample(X, 1, np.array([-1, 0]), numbers(seed=3))],
        [
            Bad(ValueError, "index_fill: value must be a scalar", X, 0, I1, ROWS),
            Bad(IndexError, r"index_fill: index must lie in \[-4, 4\), got -5", X, 0, I1 - 5, 1.0),
        ],
        exact=True,
    ),
    Record(
        "index_put",
        fastnn.index_put,
        reference.put,
        [
            Sample(X, (I1,), ROWS),
            Sample(X, (I1,), numbers(5, seed=4), True),
            Sample(X, (I1, np.array([1, -1, 1])), numbers(3, seed=4), True),
            Sample(X, (I1, np.array([1, -1, 1])), numbers(3, seed=4)),
            Sample(X, (np.array([[1], [-1]]), np.array([4, 0, 4])), numbers(seed=4), True),
            Sample(X, (MASK[:, 0],), numbers(1, 5, seed=4)),
            Sample(X, (MASK,), numbers(seed=1), True),
            Sample(numbers(2, 3, 4), (I1 % 2, None, I1), numbers(3, 3, seed=2)),
            Sample(numbers(2, 3, 4), (I1 % 2, None, I1), numbers(3, 3, seed=2), True),
        ],
        [
            Bad(IndexError, "index_put: index 4 is out of bounds", X, (I1 + 1,), ROWS),
            Bad(ValueError, "index_put: values must be broadcastable to", X, (I1,), X),
            Bad(TypeError, "index_put: indices must be a tuple", X, I1, ROWS),
        ],
        depth=4,
        layouts=False,
    ),
    Record(
        "put",
        fastnn.put,
        reference.put_flat,
        [
            Sample(X, np.array([[0, -1], [3, 0]]), numbers(4, seed=2)),
            Sample(X, np.array([0, -1, 3, 0]), numbers(2, 2, seed=2), True),
        ],
        [Bad(ValueError, "put: source must have 3 elements, as index has, got 20", X, I1, X)],
        depth=3,
    ),
    Record(
        "take",
        fastnn.take,
        lambda x, i: x.reshape(-1)[i],
        [Sample(X, np.array([[0, -1], [7, 7]])), Sample(X, np.array(3))],
        [Bad(IndexError, "index: index 20 is out of bounds", X, np.array([20]))],
        exact=True,
    ),
    Record(
        "masked_scatter",
        fastnn.masked_scatter,
        reference.masked_scatter,
        [
            Sample(X, MASK, numbers(20, seed=2)),
            Sample(X, MASK[0], numbers(4, 5, seed=2)),
            Sample(numbers(5), MASK, numbers(25, seed=2)),
        ],
        [
            Bad(ValueError, "masked_scatter: source must have .* elements", X, MASK, X[:1]),
            Bad(ValueError, "masked_scatter: mask of shape .* does not fit", X, MASK[:3], X),
            Bad(TypeError, "masked_scatter: mask must be boolean", X, 1 * MASK, X),
        ],
        exact=True,
        layouts=False,
    ),
    Record(
        "argwhere",
        fastnn.argwhere,
        np.argwhere,
        [Sample(MASK), Sample(np.array([0.0, 3.0, np.nan, -0.0])), Sample(np.array(5))],
        exact=True,
        gradient=False,
    ),
]

test_record = record_test(RECORDS)

IN_PLACE = {
    "scatter_": (1, I2, SRC),
    "scatter_add_": (1, I2, SRC),
    "scatter_reduce_": (1, I2, SRC, "amax"),
    "index_add_": (0, I1, ROWS),
    "index_copy_": (0, I1, ROWS),
    "index_fill_": (0, I1, 7.0),
    "index_reduce_": (0, I1, ROWS, "mean"),
    "index_put_": ((I1,), ROWS),
    "put_": (I1, ROWS[0, :3]),
    "masked_fill_": (MASK, 7.0),
    "masked_scatter_": (MASK, X[::-1].copy()),
}


def arguments(name, requires_grad=False):
    return [
        fastnn.tensor(a, requires_grad=requires_grad and a.dtype.kind == "f")
        if isinstance(a, np.ndarray)
        else a
        for a in IN_PLACE[name]
    ]


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place(name):
    want = getattr(fastnn, name[:-1])(fastnn.tensor(X), *arguments(name))
    for base in (X.copy(), np.asfortranarray(X), np.repeat(X, 2, 1)[:, ::2]):
        x = fastnn.from_numpy(base)
        assert getattr(x, name)(*arguments(name)) is x
        np.testing.assert_array_equal(base, want.numpy())


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_in_a_graph(name):
    grads = []
    for method in (name, name[:-1]):
        leaf, args = fastnn.tensor(X, requires_grad=True), arguments(name, True)
        x = leaf * 1
        y = getattr(x, method)(*args)
        assert (y is x) == (method == name)
        (y * fastnn.tensor(numbers(4, 5, seed=8))).sum().backward()
        grads.append([leaf.grad, *[a.grad for a in args if isinstance(a, fastnn.Tensor)]])
    for a, b in zip(*grads):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_array_equal(a.numpy(), b.numpy())


@pytest.mark.parametrize("name", IN_PLACE)
def test_in_place_changes_nothing_on_an_error(name):
    x, args = fastnn.tensor(X), arguments(name)
    at = 0 if name in ("index_put_", "put_", "masked_fill_", "masked_scatter_") else 1
    args[at] = (fastnn.tensor([0, 99]),) if name == "index_put_" else fastnn.tensor([[0, 99]])
    with pytest.raises((IndexError, ValueError, TypeError)):
        getattr(x, name)(*args)
    np.testing.assert_array_equal(x.numpy(), X)
    shared = fastnn.zeros(1, 5, dtype=fastnn.float64).expand(4, 5)
    with pytest.raises(RuntimeError, match="share one place in memory"):
        getattr(shared, name)(*arguments(name))


def test_in_place_of_itself():
    x = fastnn.arange(6).reshape(3, 2)
    x.index_add_(0, fastnn.tensor([1, 2, 0]), x)
    assert x.tolist() == [[4, 6], [2, 4], [6, 8]]
    i = fastnn.tensor([2, 0, 1])
    i.scatter_(0, i, i)
    assert i.tolist() == [0, 1, 2]


def test_fill_diagonal():
    for shape, wrap in (((3, 3), False), ((3, 5), False), ((7, 3), False), ((7, 3), True)):
        x, want = fastnn.zeros(*shape), np.zeros(shape)
        np.fill_diagonal(want, 5.0, wrap)
        np.testing.assert_array_equal(x.fill_diagonal_(5.0, wrap).numpy(), want)
    x = fastnn.zeros(2, 2, 2).fill_diagonal_(1)
    assert fastnn.nonzero(x).tolist() == [[0, 0, 0], [1, 1, 1]]
    with pytest.raises(ValueError, match="fill_diagonal_: input must have 2 dimensions"):
        fastnn.zeros(3).fill_diagonal_(1)
    with pytest.raises(ValueError, match="fill_diagonal_: all dimensions must be equal"):
        fastnn.zeros(3, 3, 2).fill_diagonal_(1)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32", "int64", "float16"])
def test_types_that_kernels_do_not_add(dtype):
    x, v = np.array([1, 0, 1]).astype(dtype), np.array([1, 1]).astype(dtype)
    i = fastnn.tensor([0, 0])
    for y in (
        fastnn.scatter_add(fastnn.tensor(x), 0, i, fastnn.tensor(v)),
        fastnn.index_add(fastnn.tensor(x), 0, i, fastnn.tensor(v)),
        fastnn.tensor(x).index_put((i,), fastnn.tensor(v), True),
        fastnn.tensor(x).scatter_add_(0, i, fastnn.tensor(v)),
        fastnn.tensor(x).index_add_(0, i, fastnn.tensor(v)),
    ):
        assert y.dtype == dtype
        assert y.tolist() == [True if dtype == "bool" else 3, 0, 1]


def test_numbers_of_dimension_zero():
    x, i = fastnn.tensor(3.0), fastnn.tensor(0)
    for dim in (0, -1):
        assert fastnn.gather(x, dim, i).shape == ()
        assert fastnn.gather(x, dim, fastnn.tensor([0, 0])).tolist() == [3, 3]
        assert fastnn.index_select(x, dim, i).item() == 3
        assert fastnn.scatter(x, dim, i, 5.0).item() == 5
        assert fastnn.scatter_add(x, dim, i, x).item() == 6
        assert fastnn.index_add(x, dim, i, x).item() == 6
        assert fastnn.index_fill(x, dim, i, 1.0).item() == 1
        assert fastnn.take_along_dim(x, i, dim).shape == ()
    with pytest.raises(IndexError, match="gather: dim must be from -1 to 0, got 1"):
        fastnn.gather(x, 1, i)


def test_sums_of_many_values_have_the_same_bits_at_any_number_of_threads():
    rng = np.random.default_rng(0)
    values = rng.normal(size=200_000).astype("f4")
    rows = rng.integers(0, 999, 200_000)
    before = fastnn.get_num_threads()
    found = []
    try:
        for n in (1, 2, 3):
            fastnn.set_num_threads(n)
            y = fastnn.zeros(999).index_add_(0, fastnn.tensor(rows), fastnn.tensor(values))
            z = fastnn.zeros(37, 27).index_put_(
                (fastnn.tensor(rows // 27), fastnn.tensor(rows % 27)), fastnn.tensor(values), True
            )
            found.append((y.numpy().tobytes(), z.numpy().tobytes()))
    finally:
        fastnn.set_num_threads(before)
    assert found[0] == found[1] == found[2]
    want = np.zeros(999, "f4")
    np.add.at(want, rows, values)
    assert found[0] == (want.tobytes(), want.tobytes())
