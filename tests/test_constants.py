"""What an operation takes as a constant: no gradient is lost there, and no part of a number."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import Tensor
from tests.every_record import RECORDS, flat, some_samples
from tests.harness.running import arrays_in, cast, is_float, tree

# -- gradients -------------------------------------------------------------------------------------

UNDIFFERENTIABLE = {
    "div rounded",
    "floor_divide",
    "heaviside",
    "nextafter",
}  # constant but for their steps
IGNORED = {"multi_head_attention_forward"}  # `static_k` and `static_v` stand for others


def changed(value, kind, place, make):
    """The arguments with ``make(value)`` for one of those of a kind, and how many there are."""
    count = 0

    def change(value):
        nonlocal count
        if isinstance(value, (list, tuple)):
            return type(value)([change(v) for v in value])
        if isinstance(value, dict):
            return {k: change(v) for k, v in value.items()}
        if not kind(value):
            return value
        count += 1
        return make(value) if count == place + 1 else value

    return change(value), count


def wanting(value):
    return fastnn.tensor(value, requires_grad=True)


def is_tensor(value):
    return isinstance(value, np.ndarray) and is_float(value)


def is_number(value):
    return type(value) is float


@pytest.mark.parametrize("kind", [is_number, is_tensor])
@pytest.mark.parametrize("record", RECORDS)
def test_what_requires_a_gradient_gets_one_or_is_refused(record, kind):
    if record.name in UNDIFFERENTIABLE | IGNORED:
        return
    for sample in some_samples(record):
        sample = cast(sample, "float32")
        kwargs = {k: v for k, v in sample.kwargs.items() if k not in record.constants}
        for place in range(changed([sample.args, kwargs], kind, 0, wanting)[1]):
            args, named = changed([sample.args, kwargs], kind, place, wanting)[0]
            try:
                ys = flat(record, record.op(*tree(Tensor, args), **tree(Tensor, named)))
            except (TypeError, RuntimeError):
                continue
            floats = [y for y in ys if is_float(y._array)]
            assert not floats or any(y.requires_grad for y in floats)


X, W = fastnn.ones(2, 4), fastnn.tensor(0.5, requires_grad=True)
IMAGE, IDS = fastnn.ones(1, 2, 4, 4), fastnn.tensor([0, 1])
NUMBERS = {
    "leaky_relu": lambda w: F.leaky_relu(X, w),
    "elu": lambda w: F.elu(X, w),
    "softplus": lambda w: F.softplus(X, w),
    "softplus's threshold": lambda w: F.softplus(X, 1.0, w),
    "hardtanh": lambda w: F.hardtanh(X, w, 1.0),
    "step": lambda w: fastnn.step(X, w),
    "full": lambda w: fastnn.full((2,), w),
    "full_like": lambda w: fastnn.full_like(X, w),
    "arange": lambda w: fastnn.arange(0.0, 2.0, w),
    "pad": lambda w: F.pad(X, (1, 1), value=w),
    "huber_loss": lambda w: F.huber_loss(X, X, delta=w),
    "smooth_l1_loss": lambda w: F.smooth_l1_loss(X, X, beta=w),
    "label_smoothing": lambda w: F.cross_entropy(X, IDS, label_smoothing=w),
    "layer_norm": lambda w: F.layer_norm(X, (4,), eps=w),
    "rms_norm": lambda w: F.rms_norm(X, (4,), eps=w),
    "group_norm": lambda w: F.group_norm(IMAGE, 1, eps=w),
    "instance_norm": lambda w: F.instance_norm(IMAGE, eps=w),
    "batch_norm": lambda w: F.batch_norm(IMAGE, fastnn.zeros(2), fastnn.ones(2), eps=w),
    "local_response_norm": lambda w: F.local_response_norm(IMAGE, 2, alpha=w),
    "attention": lambda w: F.scaled_dot_product_attention(IMAGE, IMAGE, IMAGE, scale=w),
    "attention's dropout": lambda w: F.scaled_dot_product_attention(X, X, X, dropout_p=w),
    "dropout": lambda w: F.dropout(X, w),
    "norm": lambda w: fastnn.norm(X, w),
    "var": lambda w: fastnn.var(X, correction=w),
    "interpolate": lambda w: F.interpolate(IMAGE, scale_factor=w),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_tensor_is_a_number_where_it_requires_no_gradient(name):
    with pytest.raises(TypeError):
        NUMBERS[name](W)
    with fastnn.no_grad():
        NUMBERS[name](W)
    NUMBERS[name](W.detach())
    assert float(W) == W.item() == 0.5


V = fastnn.ones(4, requires_grad=True)
IN_LISTS = {
    "add": lambda w: fastnn.add(X, [w, w, w, w]),
    "maximum": lambda w: fastnn.maximum(X, [w, w, w, w]),
    "assignment": lambda w: fastnn.ones(2).__setitem__(slice(None), [w, w]),
    "cat": lambda w: fastnn.cat([fastnn.ones(2), [w]]),
    "mse_loss": lambda w: F.mse_loss(fastnn.ones(2), [w, w]),
    "einsum": lambda w: fastnn.einsum("i,i", fastnn.ones(2), [w, w]),
    "matmul": lambda w: fastnn.matmul(fastnn.ones(2), [w, w]),
    "sum": lambda w: fastnn.sum([[w], [w]]),
}
WEIGHTS = {
    "cross_entropy": lambda w: F.cross_entropy(X, IDS, weight=w),
    "cross_entropy of probabilities": lambda w: F.cross_entropy(X, X, weight=w),
    "nll_loss": lambda w: F.nll_loss(X, IDS, weight=w),
    "binary_cross_entropy": lambda w: F.binary_cross_entropy(X, X, weight=w),
    "with_logits": lambda w: F.binary_cross_entropy_with_logits(X, X, weight=w),
    "pos_weight": lambda w: F.binary_cross_entropy_with_logits(X, X, pos_weight=w),
}


@pytest.mark.parametrize(
    ("call", "w"),
    [pytest.param(call, W, id=f"list-{name}") for name, call in IN_LISTS.items()]
    + [pytest.param(call, V, id=f"weight-{name}") for name, call in WEIGHTS.items()],
)
def test_lists_and_weights_of_losses_get_no_gradient(call, w):
    with pytest.raises(RuntimeError, match=r": no gradient flows to .*requires one; use detach"):
        call(w)
    with fastnn.no_grad():
        call(w)
    call(w.detach())
    assert fastnn.tensor([w, w]).tolist() == [w.tolist()] * 2  # a new leaf, as in PyTorch


def test_scattered_scalar_gets_the_sum():
    w = fastnn.tensor(2.0, dtype=fastnn.float64, requires_grad=True)
    x = fastnn.zeros(3, requires_grad=True)
    y = fastnn.scatter(x, 0, fastnn.tensor([0, 2]), w)
    y.backward(fastnn.tensor([1.0, 2.0, 4.0]))
    assert y.tolist() == [2, 0, 2]
    assert (w.grad.item(), w.grad.dtype, x.grad.tolist()) == (5, np.float64, [0, 2, 0])


# -- parts of numbers ------------------------------------------------------------------------------

ODD = {
    "complex": lambda x: (x + 1j * (x + 1)).astype(np.complex64),
    "structured": lambda x: np.zeros(x.shape, [("a", "f4")]),
    "datetime": lambda x: np.zeros(x.shape, "M8[s]"),
    "timedelta": lambda x: np.ones(x.shape, "m8[s]"),
    "object": lambda x: x.astype(object),
    "string": lambda x: x.astype("U8"),
    "bytes": lambda x: np.ones(x.shape, "S1"),
}
EACH = {"broadcast_tensors"}  # every output is one of the inputs
POSITIONS = {"nonzero"}
# An object without dimensions is the number that it holds.
NUMBER_OF = {"fill", "index_fill", "masked_fill"}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("record", RECORDS)
def test_elements_that_are_no_real_numbers_are_moved_or_refused(record, kind):
    """No operation casts them: what it gives is of their type, or an error."""
    if record.name in POSITIONS | NUMBER_OF | EACH:
        return
    for sample in some_samples(record):
        given = [cast(sample, "float32").args, cast(sample, "float32").kwargs]
        for place in range(len(arrays_in(given))):
            whole = lambda v: isinstance(v, np.ndarray)  # noqa: E731
            args, kwargs = tree(Tensor, changed(given, whole, place, ODD[kind])[0])
            try:
                ys = flat(record, record.op(*args, **kwargs))
            except Exception:  # which of several it is depends on what it meets first
                continue
            assert all(y._array.dtype.kind not in "fiub" for y in ys), (place, kwargs)


Z = fastnn.Tensor(np.array([1j, 1]))
CASTS = {
    "to": lambda z: z.to(fastnn.float32),
    "int": lambda z: z.int(),
    "tensor": lambda z: fastnn.tensor(z, dtype=fastnn.float32),
    "list": lambda z: fastnn.tensor([1j, 1], dtype=fastnn.float32),
    "cumsum": lambda z: z.cumsum(0),
    "max": lambda z: z.max(),
    "median": lambda z: z.median(),
    "argmin": lambda z: z.argmin(),
    "argsort": lambda z: z.argsort(),
    "topk": lambda z: z.topk(1),
    "softmax": lambda z: F.softmax(z, 0, dtype=fastnn.float32),
    "backward": lambda z: fastnn.ones(2, requires_grad=True).backward(z),
    "assignment": lambda z: fastnn.ones(2).__setitem__(slice(None), z),
    "copy_": lambda z: fastnn.ones(2).copy_(z),
    "weight of classes": lambda z: F.cross_entropy(fastnn.ones(2, 2), IDS, weight=z),
    "weight": lambda z: F.binary_cross_entropy(fastnn.ones(2), fastnn.ones(2), weight=z),
}


@pytest.mark.parametrize("name", CASTS)
def test_complex_numbers_keep_their_imaginary_part(name):
    with pytest.raises(TypeError, match="must have a float, integer or bool type, got complex128"):
        CASTS[name](Z)
