"""Code of the caller that runs inside a call: it may change any array, list or tuple of the call.

Conversions come before any array is looked at, so each call sees the arrays as this code leaves
them, and the result is that of the same call with plain arguments.
"""

import contextlib
import gc
import threading

import numpy as np
import pytest

from fastnn import kernels as k


class Number:
    """A number whose conversion, of whatever kind, runs `action` first."""

    def __init__(self, value, action):
        self.value, self.action = value, action

    def _convert(self):
        self.action()
        return self.value

    __index__ = __bool__ = __float__ = __int__ = __len__ = _convert


def images(channels=4):
    return np.random.default_rng(0).standard_normal((2, channels, 6, 6), np.float32)


X, KERNEL = images(), np.random.default_rng(1).standard_normal((4, 4, 3, 3), np.float32)
ROWS, SQUARE = X.reshape(-1, 36)[:5].copy(), np.ones((36, 36), np.float32)
STATS = np.zeros(8)

# name: the call, its arrays, and the plain value of the hostile argument; f(v, *arrays).
CALLS = {
    "sum": (lambda v, x: k.sum(x, v), (X,), 1),
    "sum of axes": (lambda v, x: k.sum(x, (0, v)), (X,), 1),
    "sum of a list": (lambda v, x: k.sum(x, [0, v]), (X,), 1),
    "argmax": (lambda v, x: k.argmax(x, v), (X,), 1),
    "var": (lambda v, x: k.var(x, v), (X,), 1),
    "amax_backward": (lambda v, x, y: k.amax_backward(y, x, y, v), (ROWS, ROWS.max(1)), 1),
    "logsumexp_backward": (lambda v, x, y: k.logsumexp_backward(y, x, y, v), (ROWS, ROWS[:, 0]), 1),
    "sum_backward": (lambda v, dy: k.sum_backward(dy, (v, 7), 1), (np.ones(4, "f4"),), 4),
    "softmax": (lambda v, x: k.softmax(x, v), (X,), 1),
    "median": (lambda v, x: k.median(x, v), (X,), 1),
    "kthvalue": (lambda v, x: k.kthvalue(x, v, 1), (X,), 2),
    "sort": (lambda v, x: k.sort(x, v), (X,), 1),
    "topk": (lambda v, x: k.topk(x, v, 1), (X,), 2),
    "bincount": (lambda v, i: k.bincount(i, minlength=v), (np.array([1, 2, 1]),), 7),
    "cumsum": (lambda v, x: k.cumsum(x, v), (X,), 1),
    "leaky_relu": (lambda v, x: k.leaky_relu(x, v), (X,), 0.25),
    "linear": (lambda v, x, w: k.linear(x, w, activation=("elu", v)), (ROWS, SQUARE), 0.5),
    "linear_backward": (
        lambda v, x, w: k.linear_backward(x, x, w, needs=(True, v, True)),
        (ROWS, SQUARE),
        True,
    ),
    "conv stride": (lambda v, x, w: k.conv(x, w, stride=(1, v)), (X, KERNEL), 2),
    "conv groups": (lambda v, x, w: k.conv(x, w, groups=v), (X, KERNEL), 1),
    "conv padding": (lambda v, x, w: k.conv(x, w, padding=[v, 1]), (X, KERNEL), 1),
    "conv dilation": (lambda v, x, w: k.conv(x, w, dilation=v), (X, KERNEL), 2),
    "conv activation": (
        lambda v, x, w: k.conv(x, w, activation=("elu", v)),
        (X, KERNEL),
        0.5,
    ),
    "conv_transpose": (
        lambda v, x, w: k.conv_transpose(x, w, stride=2, output_padding=v),
        (X, KERNEL),
        1,
    ),
    "conv_backward": (
        lambda v, dy, x, w: k.conv_backward(dy, x, w, needs=(True, v, True)),
        (X[..., :4, :4].copy(), X, KERNEL),
        True,
    ),
    "max_pool": (lambda v, x: k.max_pool(x, (2, v), (2, 2), (0, 0), (1, 1)), (X,), 2),
    "avg_pool": (
        lambda v, x: k.avg_pool(x, (2, 2), (2, 2), (0, 0), divisor_override=v),
        (X,),
        3,
    ),
    "adaptive_avg_pool": (lambda v, x: k.adaptive_avg_pool(x, (2, v)), (X,), 2),
    "max_unpool": (
        lambda v, x, i: k.max_unpool(x, i, (v, 6)),
        (X, np.tile(np.arange(36).reshape(6, 6), (2, 4, 1, 1))),
        6,
    ),
    "unfold": (lambda v, x: k.unfold(x, (2, v), (1, 1), (0, 0), (1, 1)), (X,), 2),
    "fold": (
        lambda v, x: k.fold(x, (2, v), (1, 1), (1, 1), (0, 0), (1, 1)),
        (np.ones((2, 3, 4), "f4"),),
        2,
    ),
    "interpolate": (lambda v, x: k.interpolate(x, (3, 3), "linear", scales=(v, 0.5)), (X,), 0.5),
    "layer_norm": (lambda v, x: k.layer_norm(x, (6, v)), (X,), 6),
    "layer_norm eps": (lambda v, x: k.layer_norm(x, 6, eps=v), (X,), 0.5),
    "layer_norm_backward": (
        lambda v, x, m: k.layer_norm_backward(x, x, 36, m, m, needs=(v, True, True)),
        (ROWS, np.ones(5, "f4")),
        True,
    ),
    "batch_norm": (lambda v, x: k.batch_norm(x, training=True, eps=v), (X,), 0.5),
    "group_norm": (lambda v, x: k.group_norm(x, v), (X,), 2),
    "batch_norm_backward": (
        lambda v, x, m: k.batch_norm_backward(x, x, m, m, needs=(v, True, True, True)),
        (X, np.ones(4)),
        True,
    ),
    "local_response_norm": (lambda v, x: k.local_response_norm(x, v), (X,), 3),
    "embedding_bag": (
        lambda v, i, w: k.embedding_bag(i, np.array([0, 5]), w, padding_idx=v),
        (np.array([0, 1, 2, 1, 0]), ROWS),
        1,
    ),
    "embedding_backward": (
        lambda v, dy, i: k.embedding_backward(dy, i, v),
        (ROWS, np.array([0, 1, 2, 1, 0])),
        7,
    ),
    "rnn total_length": (
        lambda v, x, w: k.rnn_tanh(
            x, [[w, w, None, None]], lengths=np.array([3, 4, 1, 1, 2]), total_length=v
        ),
        (np.ones((6, 5, 36), "f4"), SQUARE),
        8,
    ),
    "sgd fresh": (
        lambda v, p, g, b: (
            k.sgd_step([p], [g], [b], [v], [1], np.array([[0.1, 0.9, 0, 0, 0, 0.0]])),
            p.copy(),
        )[1],
        (ROWS, ROWS + 1, ROWS + 2),
        True,
    ),
    "dropout": (lambda v, x: k.dropout(x, v, np.array([1, 2], np.uint64)), (X,), 0.5),
    "attention": (lambda v, q: k.scaled_dot_product_attention(q, q, q, scale=v), (X,), 0.5),
    "gelu keep": (lambda v, x, w: k.linear(x, w, activation="gelu", keep=v), (ROWS, SQUARE), True),
}


def leaves(value):
    return [x for v in value for x in leaves(v)] if isinstance(value, tuple) else [value]


def same(got, expected):
    for a, b in zip(leaves(got), leaves(expected), strict=True):
        np.testing.assert_array_equal(a, b)


def reshape(arrays):
    """Frees the shapes of the arrays, whose memory others take at once."""
    for a in arrays:
        shape = a.shape
        a.shape = (1, 1, 1, 1, 1, 1, *shape)
        a.shape = shape
    return [np.broadcast_to(np.float32(1), (1 << 20, 1 << 10, 2, 3)) for _ in range(20)]


def reallocate(arrays):
    """Frees the memory of the arrays, and puts the same numbers elsewhere."""
    for a in arrays:
        values, shape = a.copy(), a.shape
        a.resize(1 << 18, refcheck=False)
        a.resize(shape, refcheck=False)
        a[...] = values


@pytest.mark.parametrize("change", [reshape, reallocate])
@pytest.mark.parametrize("name", CALLS)
def test_a_conversion_that_changes_the_arrays(name, change):
    call, plain, value = CALLS[name]
    expected = call(value, *(a.copy() for a in plain))
    arrays, kept = [a.copy() for a in plain], []
    same(call(Number(value, lambda: kept.append(change(arrays))), *arrays), expected)
    assert kept, "the conversion did not run"


@pytest.mark.parametrize("name", CALLS)
def test_a_conversion_that_leaves_other_arrays(name):
    """Flat arrays are refused, or taken as they are; nothing is read outside them."""
    call, plain, value = CALLS[name]
    arrays = [a.copy() for a in plain]

    def flatten():
        for a in arrays:
            a.shape = (a.size,)

    with contextlib.suppress(IndexError, TypeError, ValueError, MemoryError):
        call(Number(value, flatten), *arrays)


class Refusal(BaseException):
    pass


def refuse():
    raise Refusal


@pytest.mark.parametrize("name", CALLS)
def test_a_conversion_that_raises(name):
    """Its exception arrives, or a TypeError where pybind11 converts; nothing has changed."""
    call, plain, value = CALLS[name]
    arrays = [a.copy() for a in plain]
    with pytest.raises((Refusal, TypeError)):
        call(Number(value, refuse), *arrays)
    same(tuple(arrays), plain)


class Scalar(np.float32):
    """A NumPy number that is converted by code of its own."""

    action = staticmethod(lambda: None)

    def __float__(self):
        type(self).action()
        return 2.0


def test_a_scalar_of_numpy_that_changes_the_other_operand():
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    kept = []
    Scalar.action = staticmethod(lambda: kept.append(reshape([x])))
    np.testing.assert_array_equal(k.mul(x.T, Scalar(2)), x.T * 2)
    assert kept


class Liar(np.ndarray):
    """An array that lies about itself, and whose methods are not NumPy's."""

    lies = False

    def _refuse(self, *args, **kwargs):
        raise Refusal

    def __array_finalize__(self, other):
        if Liar.lies:
            raise Refusal

    shape = strides = dtype = ndim = size = flags = property(_refuse)
    copy = astype = __array_wrap__ = __len__ = __bool__ = _refuse
    __array_ufunc__ = __array_function__ = _refuse


@pytest.mark.parametrize(
    "call",
    [
        lambda x, w: k.relu(x),
        lambda x, w: k.add(x, w),
        lambda x, w: k.exp(x),
        lambda x, w: k.sum(x, 0),
        lambda x, w: k.argmax(x, 0),
        lambda x, w: k.linear(x, w),
        lambda x, w: k.matmul(x, w),
        lambda x, w: k.softmax(x, 0),
        lambda x, w: k.cumsum(x, 0),
    ],
)
@pytest.mark.parametrize("form", ["dense", "transposed", "unaligned"])
def test_methods_of_subclasses_are_not_called(call, form, monkeypatch):
    x = np.arange(16, dtype=np.float32).reshape(4, 4)
    w = x + 1
    if form == "transposed":
        x = x.T
    elif form == "unaligned":
        raw = np.zeros(x.nbytes + 1, np.uint8)[1:].view(np.float32).reshape(x.shape)
        raw[...] = x
        x = raw
    expected = call(x, w)
    x, w = x.view(Liar), w.view(Liar)
    monkeypatch.setattr(Liar, "lies", True)
    same(call(x, w), expected)


def test_integers_of_a_subclass_become_floats(monkeypatch):
    x = np.arange(-3, 3, dtype=np.int16).view(Liar)
    monkeypatch.setattr(Liar, "lies", True)
    np.testing.assert_array_equal(k.relu(x), [0, 0, 0, 0, 1, 2])


class List(list):
    """A list that is asked for its items, each made anew."""

    made = 0

    def __init__(self, make, count):
        super().__init__([None] * count)
        self.make = make

    def __getitem__(self, i):
        type(self).made += 1
        return self.make(i)

    def __iter__(self):
        raise Refusal


def test_items_made_when_asked_for():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 2, 64), np.float32)
    w = rng.standard_normal((64, 64), np.float32) / 8
    expected = k.rnn_tanh(x, [[w, w, None, None]])[0]
    for _ in range(20):
        List.made = 0
        params = List(lambda i: w.copy() if i < 2 else None, 4)
        np.testing.assert_array_equal(k.rnn_tanh(x, List(lambda i, p=params: p, 1))[0], expected)
        assert List.made == 5, "each item is asked for once"


def test_axes_from_a_list_that_shrinks():
    x = images()
    axes = [0, 1]
    axes[0] = Number(0, axes.clear)
    np.testing.assert_allclose(k.sum(x, axes), x.sum((0, 1)), rtol=1e-4, atol=1e-4)
    stride = [1, 2]
    stride[0] = Number(1, stride.clear)
    np.testing.assert_array_equal(
        k.conv(x, KERNEL, stride=stride), k.conv(x, KERNEL, stride=(1, 2))
    )


class Long(list):
    def __len__(self):
        return 2**60


class Refused(list):
    def __len__(self):
        raise Refusal

    __iter__ = __getitem__ = __len__


@pytest.mark.parametrize(
    "call",
    [
        lambda items: k.sum(X, items([0, 1])),
        lambda items: k.layer_norm(X, items([6, 6])),
        lambda items: k.conv(X, KERNEL, stride=items([1, 1])),
        lambda items: k.rnn_tanh(X[0], items([[SQUARE[:6, :6]] * 2 + [None] * 2])),
        lambda items: k.rnn_tanh(X[0], [items([SQUARE[:6, :6]] * 2 + [None] * 2)]),
    ],
)
def test_lists_that_lie_or_raise(call):
    call(list)
    with pytest.raises(ValueError, match="at most 64 items"):
        call(Long)
    with pytest.raises(Refusal):
        call(Refused)


def test_parameters_replaced_by_another_thread():
    w = np.full((256, 256), 1e-3, np.float32)
    x = np.full((50, 4, 256), 1e-3, np.float32)
    params, stop = [w.copy(), w.copy(), None, None], threading.Event()
    expected = k.rnn_tanh(x, [[w, w, None, None]])[0]

    def replace():
        while not stop.is_set():
            params[0], params[1] = w.copy(), w.copy()
            junk = [np.full((256, 256), 7, np.float32) for _ in range(2)]
            del junk

    thread = threading.Thread(target=replace)
    thread.start()
    try:
        for _ in range(50):
            np.testing.assert_array_equal(k.rnn_tanh(x, [params])[0], expected)
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("fresh", [np.ones(3), Number(True, refuse)])
def test_a_truth_value_that_raises_stops_the_step(fresh):
    p, g, b = np.ones(4, np.float32), np.ones(4, np.float32), np.ones(4, np.float32)
    with pytest.raises((ValueError, Refusal)):
        k.sgd_step([p], [g], [b], [fresh], [1], np.array([[0.1, 0.9, 0, 0, 0, 0.0]]))
    np.testing.assert_array_equal(p, 1)
    np.testing.assert_array_equal(b, 1)


def test_needs_whose_truth_value_raises():
    with pytest.raises(ValueError, match="ambiguous"):
        k.conv_backward(X[..., :4, :4], X, KERNEL, needs=(True, np.ones(3), True))


def test_a_finalizer_that_runs_while_results_are_made():
    """Garbage is collected inside calls; its finalizers reallocate the arguments."""
    arrays = [images(), np.ones(4, np.float32)]

    class Garbage:
        def __del__(self):
            reallocate(arrays)

    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(100):
            x, w = arrays
            g = Garbage()
            g.cycle = g
            del g
            y = k.batch_norm(x, weight=w, bias=w, training=True, keep=True)[0]
            assert np.isfinite(y).all()
    finally:
        gc.set_threshold(*threshold)
