"""Losses."""

import itertools

import numpy as np
import pytest

import fastnn
from fastnn import nn
from tests.harness import (
    SIZES,
    Bad,
    Record,
    Sample,
    away_from,
    isa,
    isa_levels,
    numbers,
    record_test,
)
from tests.reference import loss as reference

REDUCTIONS = ("mean", "sum", "none")


def ids(shape, classes, seed=0, ignore=None):
    """Class ids; one in four is `ignore` if that is given."""
    rng = np.random.Generator(np.random.PCG64(seed))
    t = rng.integers(0, classes, shape)
    return t if ignore is None else np.where(rng.random(shape) < 0.25, ignore, t)


def probabilities(*shape, seed=0):
    """Numbers that add up to 1 along axis 1, or axis 0 of a vector."""
    q = numbers(*shape, low=0.1, high=1.0, seed=seed)
    return q / q.sum(axis=1 if len(shape) > 1 else 0, keepdims=True)


def class_samples(soft):
    """Scores of every rank, with every option, for class ids and (where `soft`) probabilities."""
    found = []
    for shape in [
        (5,),
        (1, 1),
        (4, 3),
        (3, 16),
        (3, 17),
        (3, 35),
        (2, 3, 4),
        (2, 3, 17),
        (2, 3, 2, 5),
    ]:
        rows, classes = shape[:1] * (len(shape) > 1) + shape[2:], shape[len(shape) > 1]
        x = numbers(*shape, low=-3, high=3)
        w = numbers(classes, low=0.5, high=2.0, seed=4)
        for reduction in REDUCTIONS:
            options = {"reduction": reduction}
            found.append(Sample(x, ids(rows, classes), **options))
            found.append(Sample(x, ids(rows, classes, 1), weight=w, **options))
            found.append(Sample(x, ids(rows, classes, 2, -100), weight=w, **options))
            if not soft:
                continue
            smooth = {"label_smoothing": 0.2, **options}
            found.append(Sample(x, ids(rows, classes, 2, 1), weight=w, ignore_index=1, **smooth))
            found.append(Sample(x, probabilities(*shape, seed=1), **options))
            found.append(Sample(x, probabilities(*shape, seed=1), weight=w, **smooth))
    for n in SIZES[1:]:
        found.append(Sample(numbers(2, n), ids((2,), n)))
        found.append(Sample(numbers(2, 3, n), ids((2, n), 3), reduction="none"))
    found.append(Sample(numbers(0, 3), ids((0,), 3), reduction="sum"))
    found.append(Sample(numbers(0, 3), ids((0,), 3)))
    found.append(Sample(numbers(2, 3, 0), ids((2, 0), 3), reduction="none"))
    # Too large for the gradient check, which fails on NaN and large numbers.
    found.append(Sample(numbers(50, 3), np.full(50, -100)))
    found.append(Sample(1e4 * numbers(19, 8), ids((19,), 8)))
    found.append(Sample(numbers(6, 4), ids((6,), 4).astype(np.uint8)))
    found.append(Sample(numbers(6, 4), ids((6,), 4).astype(np.int32)))
    return found


X, T = numbers(3, 4), np.array([0, 3, 1])
CLASS_BAD = [
    Bad(IndexError, r"target\[1\] is 4, but input has 4 classes", X, np.array([0, 4, 9])),
    Bad(IndexError, r"target\[2\] is -1, but input has 4 classes", X, np.array([0, 3, -1])),
    Bad(IndexError, r"target is 4, but input has 4 classes", X[0], np.array(4)),
    Bad(
        IndexError,
        r"target\[1, 2\] is 7, but input has 2 classes",
        numbers(2, 2, 3),
        np.array([[0, 0, 0], [0, 0, 7]]),
    ),
    Bad(ValueError, r"target must have shape \(3,\) for input \(3, 4\), got \(2,\)", X, T[:2]),
    Bad(ValueError, r"target must have shape \(2, 3\) for input", numbers(2, 2, 3), ids((6,), 2)),
    Bad(ValueError, r"weight must have shape \(4,\), got \(3,\)", X, T, weight=np.ones(3)),
    Bad(ValueError, "reduction must be 'none', 'mean' or 'sum', got 'avg'", X, T, reduction="avg"),
    Bad(ValueError, "has no classes", numbers(3, 0), T),
    Bad(ValueError, r"must have shape \(C,\), \(N, C\) or \(N, C, ...\), got \(\)", numbers(), T),
    Bad(TypeError, "input must have dtype float32 or float64, got int64", np.ones((3, 4), int), T),
]


def rounds(x, *args, **kwargs):
    return 16 + x.size**0.5


def largest(x, *args, **kwargs):
    """Losses are differences and sums of scores."""
    mean = kwargs.get("reduction", "mean") == "mean"
    rows = 1 if mean else x.size
    return max(1.0, np.abs(x).max(initial=0.0)) * 2.0 * max(1, rows) ** 0.5


def pairs(low=-3.0, high=3.0, options=({},), t_low=0.0, t_high=1.0):
    """Inputs and targets of every size, reduced in every way."""
    found = []
    for option, reduction in itertools.product(options, REDUCTIONS):
        for n in SIZES:
            x, t = numbers(n, low=low, high=high), numbers(n, low=t_low, high=t_high, seed=1)
            # these losses have their kinks at values of x - t
            found.append(
                Sample(
                    t + away_from(x - t, 0.0, 1.0, -1.0, 0.5, -0.5),
                    t,
                    reduction=reduction,
                    **option,
                )
            )
        x, t = (
            numbers(2, 3, 4, 5, low=low, high=high),
            numbers(2, 3, 4, 5, low=t_low, high=t_high, seed=1),
        )
        found.append(Sample(x, t, reduction=reduction, **option))
        found.append(Sample(x[0, 0, 0, 0, ...], t[0, 0, 0, 0, ...], reduction=reduction, **option))
    return found


PAIR_LARGE = [
    Sample(
        numbers(50, 1001, low=0.1, high=0.9),
        numbers(50, 1001, low=0.0, high=1.0, seed=1),
        reduction=r,
    )
    for r in REDUCTIONS
]
PAIR_BAD = [
    Bad(ValueError, "reduction must be 'none', 'mean' or 'sum', got 'x'", X, X, reduction="x"),
    Bad(ValueError, r"target must have the shape of input, \(3, 4\), got \(3,\)", X, numbers(3)),
    Bad(TypeError, "dtype float32 or float64", X.astype(complex), X),
]


def pair_record(name, samples, bad=(), **more):
    return Record(
        name,
        getattr(fastnn, name),
        getattr(reference, name),
        samples,
        [*PAIR_BAD, *bad],
        PAIR_LARGE,
        depth=rounds,
        magnitude=largest,
        **more,
    )


WEIGHTS = numbers(low=0.5, high=2.0, seed=7)
RECORDS = [
    Record(
        "cross_entropy",
        fastnn.cross_entropy,
        reference.cross_entropy,
        class_samples(True),
        [
            *CLASS_BAD,
            Bad(ValueError, "label_smoothing must lie between 0 and 1", X, T, label_smoothing=1.5),
            Bad(
                ValueError, "label_smoothing must lie between 0 and 1", X, T, label_smoothing=np.nan
            ),
            Bad(ValueError, r"probabilities\) must have shape \(3, 4\), got \(3,\)", X, T * 1.0),
        ],
        [
            Sample(numbers(200, 1000), ids((200,), 1000)),
            Sample(numbers(200, 1000), ids((200,), 1000), label_smoothing=0.1),
            Sample(numbers(8, 21, 1003), ids((8, 1003), 21, ignore=-100)),
            Sample(numbers(20000, 10), ids((20000,), 10), weight=numbers(10, low=0.5)),
            Sample(numbers(250, 10007), ids((250,), 10007)),  # non-temporal stores, unaligned rows
        ],
        depth=rounds,
        magnitude=largest,
        constants=("weight",),
    ),
    Record(
        "nll_loss",
        fastnn.nll_loss,
        reference.nll_loss,
        class_samples(False),
        [
            *CLASS_BAD,
            Bad(TypeError, "target must have an integer dtype, got float64", X, T * 1.0),
        ],
        [Sample(numbers(50000, 3), ids((50000,), 3), weight=numbers(3, low=0.5))],
        depth=rounds,
        magnitude=largest,
        constants=("weight",),
    ),
    pair_record("mse_loss", pairs()),
    pair_record("l1_loss", pairs()),
    pair_record(
        "smooth_l1_loss",
        pairs(options=({}, {"beta": 0.5}, {"beta": 0})),
        [Bad(ValueError, "beta must be greater than 0, got -1", X, X, beta=-1.0)],
    ),
    pair_record(
        "huber_loss",
        pairs(options=({}, {"delta": 0.5})),
        [Bad(ValueError, "delta must be greater than 0, got 0", X, X, delta=0.0)],
    ),
    pair_record("soft_margin_loss", pairs(-9.0, 9.0, t_low=-1.0)),
    pair_record(
        "binary_cross_entropy",
        pairs(0.02, 0.98, ({}, {"weight": WEIGHTS})),
        [
            Bad(ValueError, "between 0 and 1, got 1.5", np.array([0.5, 1.5]), np.ones(2)),
            Bad(ValueError, "target must lie between", np.full(2, 0.5), np.array([1.0, -1.0])),
            Bad(ValueError, "weight must be broadcastable", X, X, weight=np.ones(3)),
        ],
        constants=("weight",),
        backward_depth=lambda x, *a, **k: 2000 + x.size,  # derivatives up to 1 / (x (1 - x))
    ),
    pair_record(
        "binary_cross_entropy_with_logits",
        pairs(options=({}, {"weight": WEIGHTS, "pos_weight": WEIGHTS + 1.0})),
        [Bad(ValueError, "pos_weight must be broadcastable", X, X, pos_weight=np.ones(3))],
        constants=("weight", "pos_weight"),
    ),
]


test_record = pytest.mark.filterwarnings("ignore:.*broadcast")(record_test(RECORDS))


def test_the_lecture_example():
    loss = fastnn.cross_entropy(fastnn.tensor([[2.0, 1.0, 0.1]]), fastnn.tensor([0]))
    np.testing.assert_allclose(loss.item(), -np.log(0.6590011), rtol=1e-6)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 3)])
def test_cross_entropy_backward_scales_the_saved_gradient(shape, reduction):
    x = fastnn.tensor(numbers(*shape), requires_grad=True)
    loss = fastnn.cross_entropy(x, ids((6, *shape[2:]), 5), reduction=reduction)
    loss.backward(np.ones(loss.shape), retain_graph=True)
    once = x.grad.numpy().copy()
    loss.backward(np.full(loss.shape, 3.0), retain_graph=True)
    np.testing.assert_allclose(x.grad, 4.0 * once, rtol=1e-12)
    loss.backward(np.ones(loss.shape))  # the saved array is unchanged
    np.testing.assert_allclose(x.grad, 5.0 * once, rtol=1e-12)


def test_cross_entropy_keeps_channels_last():
    x = np.ascontiguousarray(numbers(2, 5, 6, 4)).transpose(0, 3, 1, 2)
    t = fastnn.Tensor(x, requires_grad=True)
    fastnn.cross_entropy(t, ids((2, 5, 6), 4)).backward()
    assert t.grad._array.strides == x.strides
    dense = fastnn.Tensor(x.copy(), requires_grad=True)
    fastnn.cross_entropy(dense, ids((2, 5, 6), 4)).backward()
    np.testing.assert_allclose(t.grad, dense.grad, rtol=1e-12)


@pytest.mark.parametrize("columns", [False, True])
def test_rows_with_masked_classes(columns):
    inf = np.inf
    x = np.array([[1.0, -inf, 2.0], [-inf, -inf, -inf], [np.nan, 1.0, 2.0], [0.0, 0.0, 1e30]])
    t = np.array([0, 0, 1, 0])
    if columns:
        x, t = x.T[None], t[None]
    leaf = fastnn.Tensor(np.ascontiguousarray(x), requires_grad=True)
    loss = fastnn.cross_entropy(leaf, t, reduction="none")
    loss.backward(np.ones(t.shape))
    losses, grad = loss.numpy(force=True).ravel(), leaf.grad.numpy()
    grad = grad[0].T if columns else grad
    np.testing.assert_allclose(losses[[0, 3]], [np.log1p(np.e), 1e30])
    assert np.isnan(losses[1:3]).all()
    assert np.isnan(grad[1:3]).all()
    assert grad[0, 1] == 0.0


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("reduction", ["mean", "none"])
@pytest.mark.parametrize("kind", ["ids", "probabilities"])
def test_columns_with_power_of_two_strides(kind, reduction, level):
    """These are copied to contiguous memory first; the result equals that of rows."""
    x = numbers(2, 40, 1152)
    x32 = x.astype(np.float32)
    rng = np.random.Generator(np.random.PCG64(0))
    if kind == "ids":
        target = rng.integers(0, 40, (2, 1152))
        turned = target.reshape(-1)
    else:
        target = rng.uniform(0, 1, x.shape)
        turned = np.ascontiguousarray(np.moveaxis(target, 1, 2)).reshape(-1, 40)
    for given in (x, x32):
        same = (lambda t: t) if kind == "ids" else (lambda t, g=given: t.astype(g.dtype))
        columns = fastnn.Tensor(given, requires_grad=True)
        rows = np.ascontiguousarray(np.moveaxis(given, 1, 2)).reshape(-1, 40)
        rows = fastnn.Tensor(rows, requires_grad=True)
        with isa(level):
            got = fastnn.cross_entropy(columns, same(target), reduction=reduction)
            want = fastnn.cross_entropy(rows, same(turned), reduction=reduction)
            got.sum().backward()
            want.sum().backward()
        close = {"rtol": 1e-5, "atol": 1e-6}
        np.testing.assert_allclose(got._array.reshape(-1), want._array.reshape(-1), **close)
        turned_back = np.moveaxis(rows.grad._array.reshape(2, 1152, 40), 2, 1)
        np.testing.assert_allclose(columns.grad._array, turned_back, **close)


def test_ignored_rows_may_hold_anything():
    x = fastnn.tensor([[1.0, 2.0], [np.nan, np.inf]], requires_grad=True)
    for options in ({}, {"label_smoothing": 0.1}):
        x.grad = None
        loss = fastnn.cross_entropy(x, np.array([0, -100]), **options)
        loss.backward()
        assert np.isfinite(loss.item())
        np.testing.assert_array_equal(x.grad.numpy()[1], 0.0)


def test_ids_that_another_thread_changes_read_no_foreign_memory():
    """Kernels check each id again on use; out of range counts as ignored."""
    x = numbers(3, 4).astype("float32")
    loss, gradient = fastnn.kernels.cross_entropy(x, np.array([0, 1, 99]), None, 99)
    assert np.isfinite(loss)
    np.testing.assert_array_equal(gradient[2], 0.0)


def test_binary_cross_entropy_at_the_ends():
    x, t = np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 0.0, 0.0, 1.0])
    loss = fastnn.binary_cross_entropy(x, t, reduction="none")
    np.testing.assert_array_equal(loss.numpy(), [100.0, 100.0, 0.0, 0.0])
    assert np.isnan(fastnn.binary_cross_entropy(np.array([np.nan]), np.ones(1)).item())


def test_logits_of_any_magnitude():
    x = fastnn.tensor([-1e4, 1e4, -80.0, 80.0], requires_grad=True)
    loss = fastnn.binary_cross_entropy_with_logits(x, np.zeros(4), reduction="none")
    np.testing.assert_allclose(loss.numpy(force=True), [0, 1e4, np.exp(-80.0), 80.0], rtol=1e-6)
    loss.backward(np.ones(4, np.float32))
    np.testing.assert_allclose(x.grad, [0, 1, np.exp(-80.0), 1], rtol=1e-6)


def test_shapes_that_differ_are_broadcast_with_a_warning():
    x = fastnn.tensor(numbers(3, 1), requires_grad=True)
    t = fastnn.tensor(numbers(4), requires_grad=True)
    with pytest.warns(UserWarning, match=r"mse_loss: input has shape \(3, 1\) and target \(4,\)"):
        loss = fastnn.mse_loss(x, t)
    loss.backward()
    d = x.detach().numpy() - t.detach().numpy()
    np.testing.assert_allclose(loss.item(), (d**2).mean())
    np.testing.assert_allclose(x.grad, 2 * d.mean(axis=1, keepdims=True) / 3)
    np.testing.assert_allclose(t.grad, -2 * d.mean(axis=0) / 4)


def test_types_that_differ():
    x = fastnn.tensor([1.0, 2.0], requires_grad=True)
    assert fastnn.mse_loss(x, np.array([1, 2])).dtype == np.float32
    assert fastnn.mse_loss(x, np.array([1.0, 2.0])).dtype == np.float64
    fastnn.mse_loss(x, np.array([1.0, 3.0])).backward()
    assert x.grad.dtype == np.float32


# -- against PyTorch -------------------------------------------------------------------------


def both(name, x, t, weight, options):
    """Loss and gradient of fastnn and of PyTorch."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    theirs = torch.tensor(x, requires_grad=True)
    ours = fastnn.tensor(x, requires_grad=True)
    t_ours = fastnn.tensor(t, requires_grad=t.dtype.kind == "f" and name == "cross_entropy")
    t_theirs = torch.tensor(t, requires_grad=t_ours.requires_grad)
    w = None if weight is None else torch.tensor(weight)
    want = getattr(torch.nn.functional, name)(theirs, t_theirs, w, **options)
    got = getattr(fastnn, name)(ours, t_ours, weight, **options)
    dy = numbers(*want.shape, low=0.5)
    want.backward(torch.tensor(dy))
    got.backward(fastnn.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(ours.grad, theirs.grad, rtol=1e-12, atol=1e-13)
    if t_ours.requires_grad:
        np.testing.assert_allclose(t_ours.grad, t_theirs.grad, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["ids", "ignored", "probabilities"])
@pytest.mark.parametrize("shape", [(7,), (6, 7), (3, 7, 4), (2, 7, 3, 5)])
def test_cross_entropy_matches_torch(shape, kind, weighted, smoothing, reduction):
    rows, classes = shape[:1] * (len(shape) > 1) + shape[2:], 7
    t = probabilities(*shape) if kind == "probabilities" else ids(rows, classes, 3)
    options = {"reduction": reduction, "label_smoothing": smoothing}
    if kind == "ignored":
        options["ignore_index"] = 2
    w = numbers(classes, low=0.2, high=2.0, seed=5) if weighted else None
    if kind == "ignored" and shape == (7,) and int(t) == 2:
        t = np.array(3)
    both("cross_entropy", numbers(*shape, low=-4, high=4), t, w, options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shape", [(7,), (6, 7), (3, 7, 4), (2, 7, 3, 5)])
def test_nll_loss_matches_torch(shape, weighted, reduction):
    rows = shape[:1] * (len(shape) > 1) + shape[2:]
    w = numbers(7, low=0.2, high=2.0, seed=5) if weighted else None
    options = {"reduction": reduction, "ignore_index": 2}
    t = ids(rows, 7, 3)
    both("nll_loss", numbers(*shape, low=-4, high=0), np.where(t == 2, 2, t), w, options)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(
    "name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "soft_margin_loss"]
)
def test_differences_matches_torch(name, reduction):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    x, t = numbers(5, 9), numbers(5, 9, seed=1)
    paired = name != "soft_margin_loss"  # PyTorch has no gradient of its target
    xs = [torch.tensor(x, requires_grad=True), torch.tensor(t, requires_grad=paired)]
    ys = [fastnn.tensor(x, requires_grad=True), fastnn.tensor(t, requires_grad=paired)]
    options = {"smooth_l1_loss": {"beta": 0.5}, "huber_loss": {"delta": 0.5}}.get(name, {})
    want = getattr(torch.nn.functional, name)(*xs, reduction=reduction, **options)
    got = getattr(fastnn, name)(*ys, reduction=reduction, **options)
    dy = numbers(*want.shape, low=0.5)
    want.backward(torch.tensor(dy))
    got.backward(fastnn.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), rtol=1e-12, atol=1e-13)
    for ours, theirs in list(zip(ys, xs))[: 1 + paired]:
        np.testing.assert_allclose(ours.grad, theirs.grad, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_binary_matches_torch(name, weighted, reduction):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    logits = name.endswith("logits")
    x = numbers(5, 9, low=-9, high=9) if logits else numbers(5, 9, low=0.01, high=0.99)
    w = numbers(5, 9, low=0.2, seed=3) if weighted else None
    options = {"reduction": reduction}
    if weighted and logits:
        v = numbers(9, low=0.2, seed=6)
        ours, theirs = {"pos_weight": v}, {"pos_weight": torch.tensor(v)}
    else:
        ours, theirs = {}, {}
    t = numbers(5, 9, low=0, high=1, seed=1)
    a, b = torch.tensor(x, requires_grad=True), fastnn.tensor(x, requires_grad=True)
    w_theirs = None if w is None else torch.tensor(w)
    want = getattr(torch.nn.functional, name)(a, torch.tensor(t), w_theirs, **options, **theirs)
    got = getattr(fastnn, name)(b, t, w, **options, **ours)
    dy = numbers(*want.shape, low=0.5)
    want.backward(torch.tensor(dy))
    got.backward(fastnn.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(b.grad, a.grad, rtol=1e-11, atol=1e-13)


OLD = [
    ({"size_average": True}, "mean"),
    ({"size_average": False}, "sum"),
    ({"reduce": True}, "mean"),
    ({"reduce": False}, "none"),
    ({"size_average": False, "reduce": True}, "sum"),
    ({"size_average": False, "reduce": False}, "none"),
]


@pytest.mark.parametrize(("old", "reduction"), OLD)
def test_the_old_names_of_reductions(old, reduction):
    x, t = fastnn.randn(4, 3).sigmoid(), fastnn.rand(4, 3)
    ids = fastnn.tensor([0, 2, 1, 1])
    for name, target in (("mse_loss", t), ("binary_cross_entropy", t), ("cross_entropy", ids)):
        loss = getattr(fastnn, name)
        with pytest.warns(UserWarning, match=f"pass reduction='{reduction}'"):
            got = loss(x, target, **old)
        assert got.tolist() == loss(x, target, reduction=reduction).tolist()
    for module, target in ((nn.L1Loss, t), (nn.BCELoss, t), (nn.NLLLoss, ids)):
        with pytest.warns(UserWarning, match="size_average and reduce are old"):
            old_one = module(**old)
        assert old_one(x, target).tolist() == module(reduction=reduction)(x, target).tolist()
    assert fastnn.mse_loss(x, t, size_average=None, reduce=None).ndim == 0
