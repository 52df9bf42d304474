"""Batch norm and batch renorm."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import kernels
from tests.harness import SIZES, THREADS, Bad, Record, Sample, isa, isa_levels, numbers, record_test
from tests.harness.layouts import channels_last
from tests.harness.machine import threads
from tests.reference import norm as reference


def running(x):
    """Running statistics of another batch, in the type of x."""
    channels = x.shape[1]
    mean = numbers(channels, seed=8) * 0.5
    return mean.astype(x.dtype), numbers(channels, low=0.5, high=2.0, seed=9).astype(x.dtype)


def with_statistics(op):
    """An op on parameters and a residual that returns y and the updated statistics."""

    def call(x, weight=None, bias=None, residual=None, **options):
        mean, var = (fastnn.tensor(a) for a in running(x))
        y = op(x, mean, var, weight, bias, residual=residual, **options)
        return y, mean, var

    return call


def reference_with_statistics(op):
    def call(x, weight=None, bias=None, residual=None, **options):
        return op(x, *running(x), weight, bias, residual=residual, **options)

    return call


def without_statistics(x, weight=None, bias=None, residual=None, **options):
    return F.batch_norm(x, None, None, weight, bias, True, residual=residual, **options)


def reference_without_statistics(x, weight=None, bias=None, residual=None, **options):
    y, *_ = reference.batch_norm(x, None, None, weight, bias, True, residual=residual, **options)
    return y


def renorm(x, mean, var, *args, **options):
    return F.batch_renorm(x, mean, var, *args, training=True, **options)


def far_away(op):
    """Running statistics so far from the batch that r and d are clipped."""

    def call(x, weight=None, bias=None, residual=None, **options):
        near, _ = running(x)
        mean = (np.where(np.arange(len(near)) % 2, 50, -40) + near).astype(x.dtype)
        var = np.where(np.arange(len(near)) % 3, 90.0, 1e-4).astype(x.dtype)
        if op is renorm:
            mean, var = fastnn.tensor(mean), fastnn.tensor(var)
            return op(x, mean, var, weight, bias, residual=residual, **options), mean, var
        return op(x, mean, var, weight, bias, residual=residual, **options)

    return call


def parameters(channels):
    return numbers(channels, low=0.5, high=1.5, seed=1), numbers(channels, seed=2)


# Both memory formats, whole and partial blocks, with every tail.
SHAPES = [
    *[(5, n) for n in SIZES],
    (2, 3, 4),
    (9, 2, 5),
    (2, 5, 31),
    (2, 3, 33),
    (1, 2, 5, 7),
    (3, 4, 2, 2),
    (2, 2, 2, 3, 3),
]
BLOCKS = [
    numbers(700, 3),
    numbers(290, 65),
    numbers(41, 2500),
    numbers(1, 2, 70_001),
    numbers(3, 5, 90, 91),
    channels_last(numbers(3, 70, 20, 21)),
    channels_last(numbers(2, 3, 60, 61)),
]
LARGE = [
    numbers(8, 64, 28, 28),
    channels_last(numbers(8, 64, 28, 28)),
    channels_last(numbers(4, 3, 100, 100)),
    numbers(300, 3000),
]


def samples(**options):
    found = [Sample(numbers(*shape), *parameters(shape[1]), **options) for shape in SHAPES]
    found += [Sample(x, *parameters(x.shape[1]), eps=0.1, **options) for x in BLOCKS]
    x = numbers(4, 3, 2, seed=8)  # the first sample has no two equal neighbours
    w, b = parameters(3)
    add = numbers(4, 3, 2, seed=6)
    found += [
        Sample(x, **options),
        Sample(x, w, **options),
        Sample(x, None, b, **options),
        Sample(x, w, b, add, **options),
        Sample(x, w, b, activation="relu", **options),
        Sample(x, None, b, activation="relu", **options),
        Sample(x, w, b, add, activation="relu", eps=0.1, **options),
        Sample(
            numbers(1, 2, 40),
            *parameters(2),
            numbers(1, 2, 40, seed=7),
            activation="relu",
            **options,
        ),
        Sample(numbers(1, 2, 40), *parameters(2), activation="relu", **options),
        Sample(
            channels_last(numbers(2, 70, 13, 12)), *parameters(70), activation="relu", **options
        ),
        Sample(
            channels_last(numbers(2, 70, 13, 12)),
            *parameters(70),
            channels_last(numbers(2, 70, 13, 12, seed=7)),
            activation="relu",
            **options,
        ),
    ]
    return found


def large(**options):
    return [
        Sample(x, *parameters(x.shape[1]), numbers(*x.shape, seed=3), activation="relu", **options)
        for x in LARGE
    ] + [Sample(x, *parameters(x.shape[1]), **options) for x in LARGE]


def depth(x, *args, **kwargs):
    """Sums are blocked; their error grows at most with the root of a channel's size."""
    return 16 + np.sqrt(x.size / max(1, x.shape[1] if x.ndim > 1 else 1))


def magnitude(x, *args, **kwargs):
    """Normalized numbers are at most the root of their count, times weights below 2."""
    return 8 + 2 * depth(x)


X = numbers(4, 3, 2)
ONE = "more than 1 value per channel when training, got input size"
BAD = [
    Bad(ValueError, rf"{ONE} \(1, 3\)", numbers(1, 3)),
    Bad(ValueError, rf"{ONE} \(1, 3, 1, 1\)", numbers(1, 3, 1, 1)),
    Bad(TypeError, "input must have dtype float32 or float64", np.zeros((2, 3), int)),
    Bad(ValueError, r"weight must have one number for each of 3 channels, got", X, numbers(2)),
    Bad(ValueError, r"bias must have one number for each of 3 channels", X, None, numbers(3, 1)),
    Bad(TypeError, "weight must have dtype float64, got float32", X, numbers(3).astype("f4")),
    Bad(ValueError, r"residual must have shape \(4, 3, 2\), got", X, None, None, numbers(4, 3, 1)),
    Bad(ValueError, "activation must be None, 'step', .*, got 'swoosh'", X, activation="swoosh"),
    Bad(TypeError, "activation must be None, a name or a tuple .*, got int", X, activation=3),
    Bad(ValueError, "eps must not be negative, got -1", X, eps=-1.0),
    Bad(TypeError, "eps must be a number, got str", X, eps="small"),
    Bad(ValueError, "momentum must lie between 0 and 1, got -0.1", X, momentum=-0.1),
    Bad(ValueError, "momentum must lie between 0 and 1, got nan", X, momentum=float("nan")),
    Bad(TypeError, "momentum must be a number, got NoneType", X, momentum=None),
]


def while_training(bad):
    return [Bad(b.error, b.match, *b.sample.args, **b.sample.kwargs, training=True) for b in bad]


RECORDS = [
    Record(
        "batch_norm",
        with_statistics(F.batch_norm),
        reference_with_statistics(reference.batch_norm),
        samples(training=True),
        while_training(BAD),
        large(training=True),
        depth,
        None,
        magnitude,
    ),
    Record(
        "batch_norm_in_evaluation",
        with_statistics(F.batch_norm),
        reference_with_statistics(reference.batch_norm),
        [*samples(), Sample(numbers(1, 3), *parameters(3))],
        BAD[2:],
        large(),
        depth,
        None,
        magnitude,
    ),
    Record(
        "batch_norm_without_statistics",
        without_statistics,
        reference_without_statistics,
        samples(),
        BAD,
        (),
        depth,
        None,
        magnitude,
    ),
    Record(
        "batch_renorm",
        far_away(renorm),
        far_away(reference.batch_renorm),
        samples(r_max=1.2, d_max=0.3),
        [
            *BAD,
            Bad(ValueError, "r_max must be at least 1, got 0.5", X, r_max=0.5),
            Bad(ValueError, "d_max must not be negative, got -1", X, d_max=-1),
            Bad(TypeError, "d_max must be a number, got NoneType", X, d_max=None),
        ],
        large(r_max=1.2, d_max=0.3),
        depth,
        None,
        lambda x, *args, **kwargs: 60 + magnitude(x),
    ),
    Record(
        "batch_renorm_within_bounds",  # finite differences would include r and d
        with_statistics(renorm),
        reference_with_statistics(reference.batch_renorm),
        samples(r_max=100.0, d_max=100.0),
        depth=depth,
        magnitude=magnitude,
        gradient=False,
    ),
]


test_record = record_test(RECORDS)


def leaves(*arrays):
    return [fastnn.tensor(a, requires_grad=True) for a in arrays]


def test_renorm_is_the_running_norm_within_bounds():
    x, (w, b) = numbers(40, 7), parameters(7)
    mean, var = running(x)
    wide = {"r_max": 100.0, "d_max": 100.0}
    y = F.batch_renorm(x, mean.copy(), var.copy(), w, b, True, **wide)
    np.testing.assert_allclose(y._array, F.batch_norm(x, mean, var, w, b)._array, rtol=1e-12)
    rest = F.batch_renorm(x, mean, var, w, b)
    np.testing.assert_array_equal(rest._array, F.batch_norm(x, mean, var, w, b)._array)
    plain = F.batch_renorm(x, mean.copy(), var.copy(), w, b, True, r_max=1, d_max=0)
    np.testing.assert_allclose(plain._array, F.batch_norm(x, None, None, w, b, True)._array)


@pytest.mark.parametrize("activation", [None, "relu"])
@pytest.mark.parametrize("bounds", [(100.0, 100.0), (1.5, 0.2), (1.0, 0.0)])
def test_renorm_treats_r_and_d_as_constants(bounds, activation):
    """The gradient equals that of a batch norm with r and d folded into w and b."""
    x, (w, b), add = numbers(6, 5, 3), parameters(5), numbers(6, 5, 3, seed=4)
    dy = numbers(6, 5, 3, seed=3)
    mean, var = running(x)
    ours, theirs = leaves(x, w, b, add), leaves(x, w, b, add)
    y = F.batch_renorm(
        ours[0],
        mean.copy(),
        var.copy(),
        ours[1],
        ours[2],
        True,
        0.1,
        1e-5,
        *bounds,
        activation=activation,
        residual=ours[3],
    )
    _, _, _, r, d = kernels.batch_renorm(
        x, mean.copy(), var.copy(), w, b, r_max=bounds[0], d_max=bounds[1]
    )
    z = F.batch_norm(
        theirs[0],
        None,
        None,
        theirs[1] * r,
        theirs[2] + theirs[1] * d,
        True,
        activation=activation,
        residual=theirs[3],
    )
    np.testing.assert_allclose(y._array, z._array, rtol=1e-12, atol=1e-12)
    y.backward(fastnn.tensor(dy))
    z.backward(fastnn.tensor(dy))
    for p, q in zip(ours, theirs):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("change", [np.asarray, channels_last], ids=["C order", "channels-last"])
@pytest.mark.parametrize("level", isa_levels())
def test_far_from_zero(level, change):
    """The variance of numbers near 10000 does not cancel, and the mean keeps its precision."""
    x = change((numbers(4, 5, 60, 60) + 10_000).astype(np.float32))
    want, *_ = reference.batch_norm(x.astype("f8"), training=True)
    dy = change(numbers(4, 5, 60, 60, seed=1))
    with isa(level):
        t = fastnn.tensor(x, requires_grad=True)
        y = F.batch_norm(t, training=True)
        y.backward(fastnn.tensor(dy.astype(np.float32)))
        wide = fastnn.tensor(x.astype("f8"), requires_grad=True)
        F.batch_norm(wide, training=True).backward(fastnn.tensor(dy))
    np.testing.assert_allclose(y._array, want, atol=2e-6)
    np.testing.assert_allclose(t.grad, wide.grad, atol=3e-6)


@pytest.mark.parametrize("level", isa_levels())
def test_an_outlier_in_the_rows_that_set_the_shift(level):
    """The shift that is subtracted before squares are summed may be far from the mean.

    It is the mean of 8 of 150 rows. Squares around it are up to 150 / 8 times those around the
    mean, and so are the rounding errors of their sum, at least four; y is 6.
    """
    x = numbers(300, 70)
    x[:8] += 1e4
    want, *_ = reference.batch_norm(x.astype(np.float32).astype("f8"), training=True)
    with isa(level):
        y = F.batch_norm(x.astype(np.float32), training=True)
    np.testing.assert_allclose(y._array, want, atol=4 * 150 / 8 * 6 * np.finfo(np.float32).eps)


@pytest.mark.parametrize("shape", [(64, 100), (4, 64, 9, 9), (2, 8, 40, 40)])
@pytest.mark.parametrize("with_residual", [False, True])
def test_relu_has_the_bits_of_two_operations(shape, with_residual):
    x, dy = (numbers(*shape, seed=s).astype("f4") for s in (0, 1))
    w, b = (p.astype("f4") for p in parameters(shape[1]))
    add = numbers(*shape, seed=2).astype("f4") if with_residual else None
    for training in (True, False):
        results = []
        for fused in (True, False):
            mean, var = running(x)
            given = leaves(x, w, b, *([add] if with_residual else []))
            rest = given[3] if with_residual else None
            options = {"activation": "relu"} if fused else {}
            y = F.batch_norm(given[0], mean, var, *given[1:3], training, residual=rest, **options)
            y = y if fused else F.relu(y)
            y.backward(fastnn.tensor(dy))
            results.append([y._array, mean, var, *[p.grad._array for p in given]])
        for one, other in zip(*results):
            np.testing.assert_array_equal(one, other)


def test_non_temporal_outputs():
    """Outputs with non-temporal stores have the bits of small ones."""
    x = channels_last(numbers(2, 64, 200, 200).astype("f4"))
    mean, var = running(x)
    y = F.batch_norm(x, mean, var, activation="relu").numpy()
    for i in range(0, 200, 50):
        part = F.batch_norm(x[:, :, i : i + 50], mean, var, activation="relu")
        np.testing.assert_array_equal(y[:, :, i : i + 50], part._array)
    assert y.strides == x.strides


@pytest.mark.parametrize("order", ["C", "channels_last", "F"])
def test_memory_order_is_kept(order):
    x = numbers(3, 4, 5, 6)
    x = {"C": np.array, "channels_last": channels_last, "F": np.asfortranarray}[order](x)
    t = fastnn.tensor(0.0)
    t._array, t.requires_grad = x, True
    y = F.batch_norm(t, training=True, residual=numbers(3, 4, 5, 6), activation="relu")
    assert y._array.strides == x.strides
    y.backward(fastnn.ones(3, 4, 5, 6, dtype="float64"))
    assert t.grad._array.strides == x.strides


def test_errors_and_empty_batches_do_not_change_running_statistics():
    mean, var = fastnn.zeros(3), fastnn.ones(3)
    for x, error in ((np.ones((1, 3), "f4"), "more than 1 value"), (np.ones((2, 4), "f4"), "3|4")):
        with pytest.raises(ValueError, match=error):
            F.batch_norm(x, mean, var, training=True)
    F.batch_norm(np.ones((0, 3), "f4"), mean, var, training=True)
    assert mean.tolist() == [0, 0, 0]
    assert var.tolist() == [1, 1, 1]


def test_bad_running_statistics():
    x, zeros, ones = np.ones((4, 3)), np.zeros(3), np.ones(3)
    frozen = np.zeros(3)
    frozen.flags.writeable = False

    def check(error, match, mean, var, training=True):
        with pytest.raises(error, match=match):
            F.batch_norm(x, mean, var, training=training)
        np.testing.assert_array_equal(zeros, 0)

    check(ValueError, "must be given together", zeros, None)
    check(
        ValueError,
        "running_mean and running_var are needed where training is False",
        None,
        None,
        False,
    )
    check(ValueError, "running_mean must have one number for each of 3 channels", ones[:2], ones)
    check(
        ValueError,
        "running_var must have one number for each of 3 channels",
        zeros,
        np.ones((3, 1)),
    )
    check(
        TypeError, "running_var must have dtype float64, got float32", zeros, np.ones(3, np.float32)
    )
    check(ValueError, "running_mean must be writable, got a read-only", frozen, ones)
    check(ValueError, "running_var must be C-contiguous", zeros, np.ones(6)[::2])
    check(ValueError, "must not share memory", zeros, zeros)
    check(TypeError, "running_mean must be a NumPy array, got list", [0.0] * 3, [1.0] * 3)
    assert F.batch_norm(x, frozen, frozen + 1).shape == (4, 3)
    with pytest.raises(ValueError, match="running_mean and running_var are needed"):
        kernels.batch_renorm(x, None, None)


def test_statistics_changed_after_use():
    """Backward raises if the running statistics that the graph saved were changed."""
    mean, var = fastnn.zeros(3), fastnn.ones(3)
    w = fastnn.ones(3, requires_grad=True)
    y = (w * mean).sum()
    F.batch_norm(np.ones((4, 3), "f4"), mean, var, training=True)
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_nan_stays_in_its_channel():
    for change in (np.asarray, channels_last):
        x = numbers(3, 40, 8, 8).astype("f4")
        x[1, 5, 2, 2] = np.nan
        t = fastnn.tensor(change(x), requires_grad=True)
        y = F.batch_norm(t, training=True, activation="relu")
        y.backward(fastnn.ones(3, 40, 8, 8))
        for a in (y._array, t.grad._array):
            assert np.isnan(a[:, 5]).all()
            assert np.isfinite(np.delete(a, 5, axis=1)).all()


def test_kernels_by_hand():
    """Kernels on plain arrays match the tape, and compute only the requested gradients."""
    x, dy, add = (numbers(7, 20, seed=s) for s in (0, 1, 4))
    w, b = parameters(20)
    for training in (True, False):
        mean, var = running(x)
        given = leaves(x, w, b, add)
        y = F.batch_norm(
            given[0], mean, var, *given[1:3], training, activation="relu", residual=given[3]
        )
        y.backward(fastnn.tensor(dy))
        mean, var = running(x)
        y, m, rstd = kernels.batch_norm(x, mean, var, w, b, training, 0.1, 1e-5, "relu", add)
        np.testing.assert_allclose(m, x.mean(0) if training else mean)
        np.testing.assert_allclose(rstd, 1 / np.sqrt((x.var(0) if training else var) + 1e-5))
        rest = (w, b, y, training, "relu")
        grads = kernels.batch_norm_backward(dy, x, m, rstd, *rest)
        for leaf, g in zip(given, grads):
            np.testing.assert_array_equal(leaf.grad, g)
        for i in range(4):
            needs = tuple(j == i for j in range(4))
            some = kernels.batch_norm_backward(dy, x, m, rstd, *rest, needs)
            np.testing.assert_array_equal(some[i], grads[i])
            assert [g is None for g in some] == [not n for n in needs]


def test_kernels_reject_mismatched_arguments():
    x, w = numbers(7, 20), numbers(20)
    _, mean, rstd = kernels.batch_norm(x, training=True)
    backward = kernels.batch_norm_backward
    for match, args in (
        (r"dy must have shape \(7, 20\)", (x[1:], x, mean, rstd)),
        ("mean must have 20 numbers", (x, x, mean[1:], rstd)),
        ("rstd must have dtype float64", (x, x, mean, rstd.astype("f4"))),
        (r"saved must have shape", (x, x, mean, rstd, w, w, x[1:], True, "relu")),
        ("the gradient of a residual needs `saved`", (x, x, mean, rstd, w, w, None, True, "relu")),
        ("needs must be a tuple of 4 booleans", (x, x, mean, rstd, w, w, x, True, None, (True,))),
    ):
        with pytest.raises((ValueError, TypeError), match="batch_norm_backward: " + match):
            backward(*args)


def test_same_bits_for_any_number_of_threads_in_evaluation_and_backward():
    x = channels_last(numbers(8, 48, 40, 40).astype("f4"))
    w, b = (p.astype("f4") for p in parameters(48))
    found = []
    for n in THREADS:
        with threads(n):
            y, mean, rstd = kernels.batch_norm(x, None, None, w, b, True, activation="relu")
            grads = kernels.batch_norm_backward(
                x, x, mean, rstd, w, b, None, True, "relu", (True, True, True, False)
            )
            found.append([a.tobytes() for a in (y, mean, rstd, *grads[:3])])
    assert all(f == found[0] for f in found)
