"""Read-only arrays and the packed-weight cache, which is never stale."""

import copy
import gc
import itertools
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn import _core, nn, optim
from fastnn.nn.utils import make_read_only
from tests.harness import in_threads, machine

# n, c, o, size, kernel, stride, padding, groups, dilation: every packed format, and cases
# without one (one tap, depthwise).
SHAPES = [
    (1, 16, 40, 20, 3, 1, 1, 1, 1),  # Winograd, all points at once
    (2, 130, 33, 9, 3, 1, 1, 1, 1),  # Winograd, squares, with odd edges
    (1, 300, 70, 7, 3, 1, 1, 1, 1),  # several sums
    (3, 70, 600, 14, 3, 1, 0, 1, 1),  # several chunks of tiles
    (4, 33, 65, 30, 3, 2, 1, 1, 1),  # direct, packed for all
    (1, 257, 130, 5, 3, 2, 1, 1, 1),  # direct, packed by chunks
    (1, 24, 36, 6, 5, 2, 2, 4, 1),  # groups computed together
    (1, 64, 96, 8, 2, 1, 0, 2, 1),
    (2, 32, 48, 9, 1, 1, 0, 1, 1),
    (3, 130, 70, 16, 1, 1, 0, 1, 1),  # a plain product
    (2, 64, 3, 20, 3, 1, 1, 1, 1),  # few output channels
    (1, 48, 32, 7, 7, 1, 3, 1, 1),  # wide padding
    (2, 24, 32, 5, 5, 1, 0, 1, 1),  # kernel as large as the image
    (2, 32, 32, 9, 3, 1, 1, 32, 1),
    (2, 40, 48, 11, 3, 1, 2, 1, 2),  # dilation: direct
    (1, 130, 257, 9, 3, 2, 3, 1, 3),
    (1, 48, 36, 10, 3, 1, 2, 4, 2),  # in groups
    (2, 32, 32, 9, 3, 1, 2, 32, 2),
]


def case(shape, dtype="f4", seed=0):
    n, c, o, size, kernel, _, _, groups, _ = shape
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, c, size, size)).astype(dtype)
    return x, rng.standard_normal((o, c // groups, kernel, kernel)).astype(dtype)


def calls(x, w, shape):
    """A convolution, and its transpose on the output, with each algorithm."""
    stride, padding, groups, dilation = shape[5:]
    found = []
    for algorithm in ("auto", "direct", "winograd"):
        with fastnn.conv_algorithm(algorithm):
            y = _core.conv(x, w, None, stride, padding, dilation, groups, "relu")
            found += [y, _core.conv_transpose(y, w, None, stride, padding, 0, groups, dilation)]
    return found


def alike(a, b):
    return all(np.array_equal(i, j) for i, j in zip(a, b, strict=True))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_same_bits_with_and_without_the_cache(shape, dtype):
    x, w = case(shape, dtype)
    kept = _core.read_only(w)
    assert np.array_equal(kept, w)
    for level in machine.isa_levels():
        with machine.isa(level):
            expected = calls(x, w, shape)
            assert alike(calls(x, kept, shape), expected)
            assert alike(calls(x, kept, shape), expected)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_same_bits_for_consecutive_calls(shape):
    """One algorithm at a time, so that the second call uses the cache of the first."""
    x, w = case(shape)
    stride, padding, groups, dilation = shape[5:]
    forward = (stride, padding, dilation, groups)
    for op, algorithm in itertools.product(
        (_core.conv, _core.conv_transpose), ("direct", "winograd")
    ):
        given = x if op is _core.conv else _core.conv(x, w, None, *forward)
        options = forward if op is _core.conv else (stride, padding, 0, groups, dilation)
        kept = _core.read_only(w)
        with fastnn.conv_algorithm(algorithm):
            expected = op(given, w, None, *options)
            for threads in (1, 2, 3, 7, 2):
                with machine.threads(threads):
                    assert np.array_equal(op(given, kept, None, *options), expected)
        bigger = np.concatenate([given, given], 3)  # another size of images in between
        with fastnn.conv_algorithm(algorithm):
            assert np.array_equal(op(bigger, kept, None, *options), op(bigger, w, None, *options))
            assert np.array_equal(op(given, kept, None, *options), expected)


PRODUCTS = [
    (1, 1),
    (3, 5),
    (8, 8),
    (17, 33),
    (64, 64),
    (100, 10),
    (784, 256),
    (4096, 64),
    (33, 500),
]
ROWS = (0, 1, 2, 4, 5, 7, 12, 16, 33, 64, 100, 300)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("sizes", PRODUCTS, ids=str)
def test_linear_layers_have_the_same_bits(sizes, dtype):
    rng = np.random.default_rng(0)
    into, out = sizes
    w, b = rng.standard_normal((out, into)).astype(dtype), rng.standard_normal(out).astype(dtype)
    kept = _core.read_only(w)
    turned = _core.read_only(np.ascontiguousarray(w.T)).T
    for level in machine.isa_levels():
        with machine.isa(level):
            for rows in (*ROWS, *ROWS[::-1]):
                x = rng.standard_normal((rows, into)).astype(dtype)
                expected = _core.linear(x, w, b, "relu")
                assert np.array_equal(_core.linear(x, kept, b, "relu"), expected)
                for threads in (1, 3):
                    with machine.threads(threads):
                        assert np.array_equal(_core.linear(x, kept, b, "relu"), expected)
                expected = _core.linear(x, np.asfortranarray(w), b)
                assert np.array_equal(_core.linear(x, turned, b), expected)


def test_parts_and_other_shapes_of_a_matrix():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((70, 96)).astype("f4"), rng.standard_normal((96, 96)).astype("f4")
    kept = _core.read_only(w)
    for _ in range(2):
        assert np.array_equal(_core.linear(x, kept), _core.linear(x, w))
        assert np.array_equal(_core.linear(x, kept.T), _core.linear(x, w.T))
        assert np.array_equal(_core.linear(x, kept[:50]), _core.linear(x, w[:50]))
        half = x[:, :48]
        assert np.array_equal(
            _core.linear(half, kept.reshape(192, 48)), _core.linear(half, w.reshape(192, 48))
        )
        pixels = x.reshape(1, 7, 10, 96).transpose(0, 3, 1, 2)
        assert np.array_equal(
            _core.conv(pixels, kept.reshape(96, 96, 1, 1)),
            _core.conv(pixels, w.reshape(96, 96, 1, 1)),
        )


def test_a_matrix_is_packed_where_that_saves_work_and_once():
    x, w = np.ones((64, 256), "f4"), np.ones((128, 256), "f4")
    gc.collect()
    kept = _core.read_only(w)
    before = _core.config.pool_stats()["used_bytes"]
    _core.linear(x[:1], kept)  # one row is read with the matrix in place
    assert _core.config.pool_stats()["used_bytes"] == before
    sizes = set()
    for _ in range(3):
        _core.linear(x, kept)
        sizes.add(_core.config.pool_stats()["used_bytes"] - before)
    assert len(sizes) == 1
    assert w.nbytes <= sizes.pop() <= w.nbytes * 1.5


def test_read_only_memory_rejects_writes():
    a = _core.read_only(np.ones((4, 3, 3, 3), "f4"))
    for view in (a, a[:], a.reshape(-1), a.T, a.view(), a.view("i4")):
        with pytest.raises(ValueError, match="read-only"):
            view[...] = 2
        with pytest.raises(ValueError, match="WRITEABLE"):
            view.flags.writeable = True
    assert memoryview(a).readonly
    assert (a == 1).all()


def test_parts_and_other_shapes_of_an_array():
    x, w = case((2, 16, 32, 12, 3, 1, 1, 1, 1))
    kept = _core.read_only(w)
    for _ in range(2):
        assert np.array_equal(_core.conv(x, kept), _core.conv(x, w))
        assert np.array_equal(_core.conv(x, kept[:7]), _core.conv(x, w[:7]))
        assert np.array_equal(_core.conv(x, kept[7:]), _core.conv(x, w[7:]))
        swapped = np.ascontiguousarray(w.transpose(0, 1, 3, 2))
        assert np.array_equal(_core.conv(x, kept.transpose(0, 1, 3, 2)), _core.conv(x, swapped))
        half, other = x[:, :8], w.reshape(64, 8, 3, 3)
        assert np.array_equal(_core.conv(half, kept.reshape(64, 8, 3, 3)), _core.conv(half, other))
        grouped = _core.conv(x, other, groups=2)
        assert np.array_equal(_core.conv(x, kept.reshape(64, 8, 3, 3), groups=2), grouped)


def test_cached_memory_exists_once_and_is_freed():
    x, w = case((1, 64, 64, 14, 3, 1, 1, 1, 1))
    gc.collect()
    before = _core.config.pool_stats()["used_bytes"]
    kept = _core.read_only(w)
    for algorithm, times in (("direct", 2), ("winograd", 6)):
        with fastnn.conv_algorithm(algorithm):
            sizes = set()
            for _ in range(3):
                _core.conv(x, kept, padding=1)
                sizes.add(_core.config.pool_stats()["used_bytes"] - before)
            assert len(sizes) == 1
            assert w.nbytes * 2 <= sizes.pop() <= w.nbytes * times * 1.5
    del kept
    assert _core.config.pool_stats()["used_bytes"] == before
    _core.conv(x, w, padding=1)
    assert _core.config.pool_stats()["used_bytes"] == before


def layer_and_input():
    fastnn.manual_seed(0)
    return make_read_only(nn.Conv2d(32, 32, 3, padding=1)), fastnn.randn(1, 32, 14, 14)


WRITES = {
    "numpy": lambda m: m.weight._array.__setitem__(0, 5.0),
    "numpy, the view of a view": lambda m: m.weight._array[:].reshape(-1).fill(5.0),
    "zero_": lambda m: m.weight.zero_(),
    "copy_": lambda m: m.weight.copy_(fastnn.ones(32, 32, 3, 3)),
    "init": lambda m: nn.init.ones_(m.weight),
    "sgd": lambda m: step(optim.SGD, m),
    "adam": lambda m: step(optim.Adam, m),
    "load_state_dict": lambda m: m.load_state_dict(nn.Conv2d(32, 32, 3).state_dict()),
}


def step(kind, module):
    module.weight.requires_grad_(True)
    module.weight.grad = fastnn.ones(32, 32, 3, 3)
    kind([module.weight], lr=0.1).step()


@pytest.mark.parametrize("name", WRITES)
def test_writes_in_place_fail_and_change_nothing(name):
    module, x = layer_and_input()
    y, w = module(x).detach().numpy(), module.weight.detach().numpy().copy()
    with pytest.raises((ValueError, RuntimeError), match="read-only"):
        WRITES[name](module)
    assert np.array_equal(module.weight.detach().numpy(), w)
    assert np.array_equal(module(x).detach().numpy(), y)


REPLACEMENTS = {
    "array": lambda m, w: setattr(m.weight, "data", w),
    "read-only array": lambda m, w: setattr(m.weight, "data", _core.read_only(w)),
    "parameter": lambda m, w: setattr(m, "weight", nn.Parameter(fastnn.from_numpy(w))),
    "in place, of a new array": lambda m, w: (
        setattr(m.weight, "data", np.zeros_like(w)),
        m(fastnn.zeros(1, 32, 14, 14)),
        np.copyto(m.weight._array, w),
    ),
}


@pytest.mark.parametrize("name", REPLACEMENTS)
def test_replaced_weights_take_effect(name):
    module, x = layer_and_input()
    module(x)
    w = np.random.default_rng(1).standard_normal((32, 32, 3, 3)).astype("f4")
    REPLACEMENTS[name](module, w)
    expected = _core.conv(x.numpy(), w, module.bias.detach().numpy(), padding=1)
    for _ in range(2):
        assert np.array_equal(module(x).detach().numpy(), expected)


def test_replaced_again_and_again():
    """A new array often has the address of the freed one."""
    module, x = layer_and_input()
    for seed in range(20):
        w = np.random.default_rng(seed).standard_normal((32, 32, 3, 3)).astype("f4")
        module.weight._array = _core.read_only(w)
        expected = _core.conv(x.numpy(), w, module.bias.detach().numpy(), padding=1)
        assert np.array_equal(module(x).detach().numpy(), expected)


def test_copies_are_writable():
    module, x = layer_and_input()
    y = module(x).detach().numpy()
    for other in (copy.deepcopy(module), pickle.loads(pickle.dumps(module))):
        assert np.array_equal(other(x).detach().numpy(), y)
        assert other.weight._array.flags.writeable
        other.weight._array[...] = 0
        other.bias._array[...] = 1
        assert (other(x).detach().numpy() == 1).all()
    assert np.array_equal(module(x).detach().numpy(), y)
    assert list(module.state_dict()) == ["weight", "bias"]
    assert len(pickle.dumps(module)) < 1.5 * module.weight._array.nbytes


def test_threads_that_run_the_same_module():
    fastnn.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(16, 64, 3, padding=1), nn.Conv2d(64, 160, 3, 2), nn.Conv2d(160, 160, 3)),
        *(nn.Conv2d(160, 96, 1), nn.AdaptiveAvgPool2d((3, 64)), nn.Linear(64, 40)),
    )
    inputs = [fastnn.randn(1, 16, size, size) for size in (15, 24)]
    expected = [model(x).detach().numpy() for x in inputs]
    make_read_only(model)
    wrong = []

    def work(first):
        for i in range(30):
            which = (first + i // 3) % 2
            if not np.array_equal(model(inputs[which]).numpy(), expected[which]):
                wrong.append(which)

    in_threads(work)
    assert not wrong


FORK = """
import multiprocessing, warnings
warnings.filterwarnings("ignore", category=DeprecationWarning)
import numpy as np, fastnn
from fastnn import nn

conv = nn.utils.make_read_only(nn.Conv2d(64, 160, 3, padding=1))
x = fastnn.randn(1, 64, 20, 20)
y = conv(x).numpy()

def work(_):
    return all(np.array_equal(conv(x).numpy(), y) for _ in range(3))

with multiprocessing.get_context("fork").Pool(2) as pool:
    print(all(pool.map(work, range(4))) and work(0))
"""


def test_after_a_fork():
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", FORK], cwd=root, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "True\n", done.stderr


def test_only_floating_point_arrays():
    for a in (np.zeros((0, 3), "f4"), np.array(2, "f4"), np.arange(6.0).reshape(2, 3).T):
        made = _core.read_only(a)
        assert np.array_equal(made, a)
        assert made.dtype == a.dtype
        assert made.flags.c_contiguous
    with pytest.raises(TypeError, match="read_only: array must have dtype"):
        _core.read_only(np.arange(3))
