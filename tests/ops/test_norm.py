"""Layer norm and RMS norm."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from tests.harness import SIZES, Bad, Record, Sample, numbers, record_test
from tests.reference import norm as reference

X = numbers(5, 4, 6)
W, B = numbers(6, low=0.5, high=1.5, seed=1), numbers(6, seed=2)


def samples(count, **options):
    """Rows of every length, blocks of rows with a remainder, several dimensions, no elements."""
    found = []
    for rows in (1, 3, 4, 7):
        for n in SIZES:
            given = [numbers(n, low=0.5, high=1.5, seed=1 + i) for i in range(count)]
            found.append(Sample(numbers(rows, n, seed=rows), n, *given, **options))
    for shape in ((4, 6), (5, 4, 6)):
        given = [numbers(*shape, low=0.5, high=1.5, seed=1 + i) for i in range(count)]
        found.append(Sample(X, shape, *given, **options))
    found += [
        Sample(X, [6], **options),
        Sample(X, (6,), W, **options),
        Sample(numbers(0, 6), 6, W, **options),
    ]
    return found


LARGE = [
    (numbers(300, 768), 768),
    (numbers(3, 100_003), 100_003),
    (numbers(20_000, 7), 7),
    (numbers(2, 3, 70_000), (3, 70_000)),
]


def parameters(shape, count):
    return [numbers(*np.atleast_1d(shape), seed=1 + i) for i in range(count)]


BAD = [
    Bad(ValueError, r"input must have shape \(\*, 5\) for this .* got \(5, 4, 6\)", X, 5),
    Bad(ValueError, r"input must have shape \(\*, 6, 4\)", X, (6, 4)),
    Bad(ValueError, r"input must have shape \(\*, 1, 5, 4, 6\)", X, (1, 5, 4, 6)),
    Bad(ValueError, r"weight must have the normalized shape \(6,\), got \(4,\)", X, 6, numbers(4)),
    Bad(ValueError, r"weight must have the normalized shape \(4, 6\)", X, (4, 6), W),
    Bad(ValueError, "at least one dimension", X, ()),
    Bad(ValueError, "must not be negative, got -6", X, -6),
    Bad(TypeError, "normalized_shape must be an int or a tuple", X, "6"),
    Bad(TypeError, "normalized_shape must hold ints", X, (6.0,)),
    Bad(TypeError, "input must have dtype float32 or float64, got int64", np.zeros((2, 3), int), 3),
    Bad(TypeError, "weight must have dtype float64, got float32", X, 6, W.astype("f4")),
    Bad(ValueError, "eps must not be negative, got -1", X, 6, eps=-1.0),
    Bad(ValueError, "input must have shape", numbers(), 1),
]


def depth(x, *args, **kwargs):
    """Sums are blocked; their error grows at most with the root of the row length."""
    return 16 + np.sqrt(x.size)


def size(x, *args, **kwargs):
    """Normalized numbers are at most the root of the row length, times weights below 2."""
    return 4 + 2 * np.sqrt(x.shape[-1] if x.ndim else 1)


RECORDS = [
    Record(
        "layer_norm",
        F.layer_norm,
        reference.layer_norm,
        [
            *samples(2),
            Sample(X, (6,), None, B),
            Sample(X, 6, W, None),
            Sample(X, 6, W, B, 0.1),
        ],
        [
            *BAD,
            Bad(ValueError, r"bias must have the normalized shape \(6,\)", X, 6, W, numbers(7)),
        ],
        [Sample(x, shape, *parameters(shape, 2)) for x, shape in LARGE],
        depth=depth,
        magnitude=size,
    ),
    Record(
        "rms_norm",
        F.rms_norm,
        reference.rms_norm,
        [*samples(1, eps=1e-5), Sample(X, 6, W, 0.1)],
        BAD,
        [Sample(x, shape, *parameters(shape, 1), eps=1e-5) for x, shape in LARGE],
        depth=depth,
        magnitude=size,
    ),
]


test_record = record_test(RECORDS)


def test_layer_norm_far_from_zero():
    """The variance of numbers near 10000 does not cancel."""
    x = (numbers(3, 5000) + 10_000).astype(np.float32)
    want = reference.layer_norm(x.astype("f8"), 5000)
    np.testing.assert_allclose(F.layer_norm(x, 5000).numpy(), want, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rms_norm_without_eps(dtype):
    """The default eps is the machine epsilon of the dtype."""
    x = numbers(3, 20).astype(dtype) * 1e-4
    want = reference.rms_norm(x.astype("f8"), 20, eps=np.finfo(dtype).eps)
    np.testing.assert_allclose(F.rms_norm(x, 20).numpy(), want, rtol=1e-5)
    np.testing.assert_array_equal(nn.RMSNorm(20, dtype=dtype)(x).detach(), F.rms_norm(x, 20))


def test_rows_of_equal_numbers():
    x = fastnn.full((2, 40), 3.7)
    np.testing.assert_allclose(F.layer_norm(x, 40).numpy(), 0, atol=1e-3)


def test_nan_stays_in_its_row():
    x = numbers(6, 40).astype(np.float32)
    x[2, 5] = np.nan
    x[4, 39] = np.inf
    for op in (F.layer_norm, F.rms_norm):
        t = fastnn.tensor(x, requires_grad=True)
        y = op(t, 40)
        y.backward(fastnn.ones(6, 40))
        for array in (y._array, t.grad.numpy()):
            assert np.isnan(array[[2, 4]]).any(axis=1).all()
            assert np.isfinite(array[[0, 1, 3, 5]]).all()


def test_kernels_by_hand():
    """Kernels on plain arrays match the tape, and compute only the requested gradients."""
    x, dy = numbers(7, 20), numbers(7, 20, seed=1)
    w, b = numbers(20, seed=2), numbers(20, seed=3)
    _, mean, rstd = fastnn.kernels.layer_norm(x, 20, w, b)
    np.testing.assert_allclose(mean, x.mean(1))
    np.testing.assert_allclose(rstd, 1 / np.sqrt(x.var(1) + 1e-5))
    leaves = [fastnn.tensor(a, requires_grad=True) for a in (x, w, b)]
    F.layer_norm(leaves[0], 20, leaves[1], leaves[2]).backward(fastnn.tensor(dy))
    grads = fastnn.kernels.layer_norm_backward(dy, x, 20, mean, rstd, w)
    for leaf, g in zip(leaves, grads):
        np.testing.assert_array_equal(leaf.grad, g)
    for i in range(3):
        needs = tuple(j == i for j in range(3))
        some = fastnn.kernels.layer_norm_backward(dy, x, 20, mean, rstd, w, needs)
        np.testing.assert_array_equal(some[i], grads[i])
        assert [g is None for g in some] == [not n for n in needs]
    with pytest.raises(ValueError, match="mean must have one number for each of 7 rows"):
        fastnn.kernels.layer_norm_backward(dy, x, 20, mean[1:], rstd, w)
    with pytest.raises(ValueError, match="layer_norm_backward: dy must have the shape of input"):
        fastnn.kernels.layer_norm_backward(dy[1:], x, 20, mean, rstd, w)
    with pytest.raises(TypeError, match="needs must be a tuple of 2 booleans"):
        fastnn.kernels.rms_norm_backward(dy, x, 20, rstd, w, (True,))


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        (nn.LayerNorm(6), ["weight", "bias"]),
        (nn.LayerNorm((4, 6), bias=False), ["weight"]),
        (nn.LayerNorm([4, 6], elementwise_affine=False), []),
        (nn.RMSNorm(6), ["weight"]),
        (nn.RMSNorm((4, 6), 0.1, elementwise_affine=False), []),
    ],
)
def test_modules(layer, names):
    assert list(layer.state_dict()) == names
    x = fastnn.tensor(X.astype("f4"))
    function = F.layer_norm if isinstance(layer, nn.LayerNorm) else F.rms_norm
    want = function(x, layer.normalized_shape, eps=layer.eps)
    np.testing.assert_array_equal(layer(x).detach(), want)


def test_module_dtype_and_repr():
    assert nn.LayerNorm(3, dtype=fastnn.float64)(fastnn.zeros(3, dtype=fastnn.float64)).shape == (
        3,
    )
    assert repr(nn.RMSNorm([2, 3], 0.5)) == "RMSNorm((2, 3), eps=0.5, elementwise_affine=True)"


@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", [(6,), (4, 6), (5, 4, 6)])
@pytest.mark.parametrize("name", ["LayerNorm", "RMSNorm"])
def test_matches_torch(name, shape, bias, affine):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    options = {"elementwise_affine": affine, **({"bias": bias} if name == "LayerNorm" else {})}
    theirs = getattr(torch.nn, name)(shape, dtype=torch.float64, **options)
    ours = getattr(nn, name)(shape, dtype=fastnn.float64, **options)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    with torch.no_grad():
        for i, p in enumerate(theirs.parameters()):
            p.copy_(torch.tensor(numbers(*shape, seed=i + 5)))
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    x, dy = numbers(3, 5, 4, 6, seed=3), numbers(3, 5, 4, 6, seed=4)
    a, b = fastnn.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    got, want = ours(a), theirs(b)
    got.backward(fastnn.tensor(dy))
    want.backward(torch.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(a.grad, b.grad, rtol=1e-10, atol=1e-10)
    for p, q in zip(ours.parameters(), theirs.parameters()):
        np.testing.assert_allclose(p.grad, q.grad, rtol=1e-10, atol=1e-10)
