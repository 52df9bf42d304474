"""Small operations that others make up, and changes of a tensor itself."""

import numpy as np
import pytest
import scipy.special

import fastnn
import fastnn.nn.functional as F
from fastnn import Tensor
from fastnn.testing import gradcheck
from tests.harness import Bad, Record, Sample, numbers, record_test

X, V = numbers(5, 7), numbers(7)
GRID = np.array([0.0, 0.5, 2.0, 2.5, 4.0])
POINTS = numbers(60, 2)
PLACES = np.arange(12).reshape(3, 4)


def strided_scatter(x, src, size, stride, offset=0):
    y = x.copy().reshape(-1)
    for place in np.ndindex(*size):
        y[offset + sum(i * s for i, s in zip(place, stride))] = src[place]
    return y.reshape(x.shape)


def histograms(points, bins, **kwargs):
    hist, edges = np.histogramdd(points, bins, **kwargs)
    return (hist, *edges)


LENGTHS = np.array([2, 0, 3])


def segments(x, reduce, lengths=None, offsets=None, initial=None):
    """Segment by segment, with what each starts with as an element."""
    ends = np.cumsum(lengths) if offsets is None else offsets[1:]
    parts = np.split(x, ends[:-1])
    start = [] if initial is None else [np.full((1, *x.shape[1:]), initial)]
    of_nothing = {"sum": 0, "mean": np.nan, "prod": 1, "max": -np.inf, "min": np.inf}[reduce]
    rows = []
    for part in parts:
        values = np.concatenate([*start, part])
        if reduce == "mean":
            rows.append(values.sum(0) / max(len(part), 1) if len(values) else x[0] * np.nan)
        elif len(values):
            rows.append(getattr(values, reduce)(0))
        else:
            rows.append(np.full(x.shape[1:], of_nothing))
    return np.stack(rows)


def flat_histograms(*args, **kwargs):
    hist, edges = fastnn.histogramdd(*args, **kwargs)
    return (hist, *edges)


RECORDS = [
    Record(
        "rsub",
        fastnn.rsub,
        lambda a, b, alpha=1: b - alpha * a,
        [Sample(X, V), Sample(X, V, alpha=2)],
    ),
    Record(
        "gradient",
        fastnn.gradient,
        lambda x, spacing=1, dim=None, edge_order=1: np.gradient(
            x,
            *(spacing if isinstance(spacing, list) else [spacing]),
            axis=dim,
            edge_order=edge_order,
        ),
        [
            Sample(X),
            Sample(X, spacing=0.5, edge_order=2),
            Sample(X, spacing=[GRID], dim=(0,), edge_order=2),
            Sample(X, spacing=[0.5, 2.0]),
            Sample(V),
        ],
        bad=[
            Bad(TypeError, "gradient: input must have a float type, got int64", PLACES),
            Bad(ValueError, "gradient: edge_order must be 1 or 2, got 3", X, edge_order=3),
            Bad(ValueError, "gradient: dim 0 must have at least 2 elements, got 1", X[:1]),
            Bad(ValueError, "gradient: expected 2 spacings, got 1", X, spacing=[1.0]),
            Bad(
                ValueError,
                r"gradient: the places along dim 1 must have shape \(7,\)",
                X,
                spacing=[1.0, GRID],
            ),
        ],
        constants=("spacing",),
        depth=16,
        magnitude=16,
    ),
    Record(
        "split_with_sizes",
        fastnn.split_with_sizes,
        lambda x, sizes, dim=0: tuple(np.split(x, np.cumsum(sizes)[:-1], dim)),
        [Sample(X, [1, 4]), Sample(X, [3, 0, 4], 1)],
        bad=[Bad(ValueError, r"split: sizes \[1, 1\] do not add up to 5", X, [1, 1])],
        exact=True,
    ),
    Record(
        "as_strided_scatter",
        fastnn.as_strided_scatter,
        strided_scatter,
        [Sample(X, numbers(2, 3), (2, 3), (7, 2), 1), Sample(X, numbers(4), (4,), (3,))],
        bad=[
            Bad(ValueError, "as_strided_scatter: size .* leaves the 7 elements", V, V, (7,), (2,)),
            Bad(
                ValueError,
                "as_strided_scatter: elements of the part share a place",
                V,
                V,
                (7,),
                (0,),
            ),
            Bad(ValueError, "as_strided_scatter: src must have the shape", V, V, (2,), (1,)),
            Bad(ValueError, "as_strided_scatter: size, stride and", V, V, (2,), (1, 1)),
        ],
        exact=True,
    ),
    Record(
        "constant_pad_nd",
        fastnn.constant_pad_nd,
        lambda x, pad, value=0: np.pad(x, [(0, 0), pad], constant_values=value),
        [Sample(X, (1, 2)), Sample(X, (0, 3), 1.5)],
        exact=True,
    ),
    Record(
        "unravel_index",
        fastnn.unravel_index,
        lambda i, shape: tuple(np.unravel_index(i, shape)),
        [Sample(PLACES, (2, 6)), Sample(PLACES[:0], (2, 6)), Sample(PLACES[0, 3], (3, 4))],
        bad=[
            Bad(
                ValueError,
                r"unravel_index: an index is out of range for shape \(2, 2\)",
                PLACES,
                (2, 2),
            ),
            Bad(TypeError, "unravel_index: indices must have an integer type", X, (2, 2)),
        ],
        gradient=False,
        exact=True,
        dtypes=("float64",),
    ),
    Record(
        "nonzero_static",
        fastnn.nonzero_static,
        lambda x, size, fill_value=-1: np.vstack(
            [np.argwhere(x), np.full((max(size - np.count_nonzero(x), 0), x.ndim), fill_value)]
        )[:size],
        [Sample(PLACES % 3, size=20), Sample(PLACES % 3, size=2), Sample(PLACES, size=0)],
        bad=[Bad(ValueError, "nonzero_static: size must not be negative, got -1", X, size=-1)],
        gradient=False,
        exact=True,
        dtypes=("float64",),
    ),
    Record(
        "histogramdd",
        flat_histograms,
        histograms,
        [
            Sample(POINTS, [3, 4]),
            Sample(POINTS, [GRID - 2, GRID[:3] - 1]),
            Sample(POINTS, 2, density=True),
        ],
        bad=[
            Bad(ValueError, r"histogramdd: input must have shape \(..., D\)", V, [2]),
            Bad(ValueError, "histogramdd: expected bins for 2 dimensions, got 1", POINTS, [2]),
            Bad(
                ValueError, "histogramdd: range must have 4 numbers, got 2", POINTS, 2, range=[0, 1]
            ),
            Bad(
                ValueError, "histogramdd: weight must have 60 elements, got 7", POINTS, 2, weight=V
            ),
        ],
        gradient=False,
        layouts=False,
        dtypes=("float64",),
    ),
    Record(
        "frobenius_norm",
        fastnn.frobenius_norm,
        lambda x, dim=None, keepdim=False: np.sqrt((x * x).sum(dim, keepdims=keepdim)),
        [Sample(X), Sample(X, 1), Sample(X, (0, 1), True)],
        depth=40,
    ),
    Record(
        "nuclear_norm",
        fastnn.nuclear_norm,
        lambda x, dim=None: np.linalg.svd(x)[1].sum(-1),
        [Sample(X), Sample(numbers(2, 3, 4), (1, 2))],
        bad=[Bad(ValueError, "nuclear_norm: input must be a matrix", V)],
        depth=100,
        magnitude=30,
    ),
    Record(
        "norm_except_dim",
        fastnn.norm_except_dim,
        lambda v, pow=2, dim=0: (
            (np.abs(v) ** pow).sum(1 - dim if dim >= 0 else None, keepdims=dim >= 0) ** (1 / pow)
        ),
        [Sample(X), Sample(X, 2, 1), Sample(X, 2, -1)],
        bad=[Bad(ValueError, "norm_except_dim: dim must be 0, 1 or -1, got 2", X, 2, 2)],
        depth=40,
    ),
    Record(
        "mvlgamma",
        fastnn.mvlgamma,
        lambda x, p: np.vectorize(lambda v: scipy.special.multigammaln(v, p), otypes=[float])(x),
        [Sample(numbers(5, 7, low=2, high=5), 3), Sample(numbers(7, low=2, high=5), 1)],
        bad=[
            Bad(ValueError, "mvlgamma: p must be from 1 to 65536, got", X, 0),
            Bad(ValueError, "mvlgamma: p must be from 1 to 65536, got", X[:0], 10**12),
            Bad(ValueError, "mvlgamma: input must be above", X, 2),
        ],
        depth=32,
        magnitude=10,
    ),
    Record(
        "segment_reduce",
        fastnn.segment_reduce,
        segments,
        [
            *[Sample(X, r, lengths=LENGTHS) for r in ("sum", "prod")],
            *[Sample(X, r, lengths=np.array([2, 3])) for r in ("max", "min")],
            *[Sample(X, r, lengths=LENGTHS, initial=1.5) for r in ("sum", "mean", "prod", "max")],
            Sample(X, "mean", lengths=np.array([1, 4])),
            Sample(X[:, 0].copy(), "sum", offsets=np.array([0, 1, 5])),
        ],
        bad=[
            Bad(ValueError, "segment_reduce: reduce must be one of", X, "median", lengths=LENGTHS),
            Bad(ValueError, "segment_reduce: expected either lengths or offsets", X, "sum"),
            Bad(
                ValueError,
                "segment_reduce: lengths add up to 5, but .* 7",
                V,
                "sum",
                lengths=LENGTHS,
            ),
            Bad(ValueError, "segment_reduce: lengths must be integers", X, "sum", lengths=-LENGTHS),
            Bad(ValueError, "segment_reduce: axis must be 0", X, "sum", lengths=LENGTHS, axis=1),
            Bad(TypeError, "segment_reduce: expected floats", PLACES, "sum", lengths=LENGTHS),
        ],
        depth=16,
        magnitude=30,
    ),
    Record(
        "conv_tbc",
        F.conv_tbc,
        lambda x, w, b, pad=0: (
            sum(
                np.pad(x, [(pad, pad), (0, 0), (0, 0)])[k : len(x) + 2 * pad - len(w) + 1 + k]
                @ w[k]
                for k in range(len(w))
            )
            + b
        ),
        [Sample(numbers(5, 2, 3), numbers(2, 3, 4), numbers(4), pad) for pad in (0, 1)],
        bad=[Bad(ValueError, "conv_tbc: weight must have 3 dimensions", numbers(5, 2, 3), X, V)],
        depth=40,
    ),
]

test_record = record_test(RECORDS)


def test_feature_dropout():
    fastnn.manual_seed(0)
    x = fastnn.ones(50, 20, 3, 2, 2)
    y = fastnn.feature_dropout(x, 0.5, True).numpy()
    assert set(np.unique(y)) == {0.0, 2.0}
    assert (y.reshape(50, 20, -1).max(-1) == y.reshape(50, 20, -1).min(-1)).all()
    assert fastnn.feature_dropout(x, 0.5, False) is x
    with pytest.raises(ValueError, match="feature_dropout: input must have 2 dimensions"):
        fastnn.feature_dropout(fastnn.ones(3), 0.5, True)


def test_output_size():
    x = fastnn.arange(3)
    assert fastnn.repeat_interleave(x, 2, output_size=6).tolist() == [0, 0, 1, 1, 2, 2]
    with pytest.raises(ValueError, match="the result has 6 elements in dim 0, not the output_siz"):
        fastnn.repeat_interleave(x, 2, output_size=5)


SHAPES = ["squeeze_", "t_", "unsqueeze_", "transpose_", "as_strided_"]


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_in_place(name):
    args = {"unsqueeze_": (0,), "transpose_": (0, 1), "as_strided_": ((2,), (1,))}.get(name, ())
    x = fastnn.ones(2, 3)
    memory = x.numpy()
    assert getattr(x, name)(*args) is x
    x.fill_(2.0)
    assert memory[0, 0] == 2
    y = fastnn.ones(2, 3, requires_grad=True)
    with pytest.raises(RuntimeError, match=f"{name}: a tensor that requires a gradient keeps its"):
        getattr(y, name)(*args)


def test_detach():
    x = fastnn.ones(2, requires_grad=True)
    assert not fastnn.detach(x).requires_grad
    assert np.shares_memory(fastnn.detach(x).numpy(), x.detach().numpy())
    assert fastnn.detach([1.0]).tolist() == [1]
    y = x * 2
    assert y.detach_() is y
    assert (y.requires_grad, y.is_leaf) == (False, True)
    z = (x * 3)[0]
    with pytest.raises(RuntimeError, match="detach_: a view keeps its graph; use detach"):
        z.detach_()


def test_same_places():
    x = fastnn.arange(6).reshape(2, 3)
    assert x.is_set_to(x[:])
    assert not x.is_set_to(x.clone())
    assert not x.is_set_to(x[:1])
    assert x.to_dense() is x


def test_numbers_drawn_in_place():
    x = fastnn.empty(20000)
    generator = fastnn.Generator(0)
    assert abs(np.median(x.cauchy_(1.0, 2.0, generator=generator))) == pytest.approx(1, abs=0.1)
    x.geometric_(0.25, generator=generator)
    assert x.mean().item() == pytest.approx(4, abs=0.2)
    assert x.min().item() == 1
    with pytest.raises(ValueError, match="cauchy_: sigma must be positive, got 0"):
        x.cauchy_(0.0, 0.0)
    with pytest.raises(ValueError, match="geometric_: p must be above 0 and at most 1, got 0"):
        x.geometric_(0.0)
    with pytest.raises(RuntimeError, match="cauchy_: expected a tensor of floats"):
        fastnn.arange(3).cauchy_()


def test_shared_and_copied_constructors():
    a = np.zeros(3)
    assert np.shares_memory(fastnn.asarray(a).numpy(), a)
    assert not np.shares_memory(fastnn.asarray(a, copy=True).numpy(), a)
    assert fastnn.asarray(a, dtype=np.float32).dtype == np.float32
    x = fastnn.ones(2, requires_grad=True)
    y = fastnn.asarray(x * 2)
    assert y.is_leaf
    assert not y.requires_grad
    assert fastnn.asarray([1.0], requires_grad=True).requires_grad
    for call in (
        lambda: fastnn.asarray([1.0], copy=False),
        lambda: fastnn.asarray(a, dtype=np.float32, copy=False),
    ):
        with pytest.raises(ValueError, match="asarray: a copy is needed where copy=False"):
            call()


def test_buffers():
    memory = bytearray(np.arange(4, dtype=np.float32).tobytes())
    x = fastnn.frombuffer(memory, dtype=np.float32, count=2, offset=4)
    assert x.tolist() == [1, 2]
    x[0] = 9.0
    assert np.frombuffer(memory, np.float32)[1] == 9
    with pytest.raises(ValueError, match="frombuffer: "):
        fastnn.frombuffer(memory, dtype=np.float32, offset=3)
    with pytest.raises(TypeError, match="frombuffer: dtype must be a type of numbers"):
        fastnn.frombuffer(memory, dtype="S1")
    y = Tensor(np.ones(2, np.float32))

    class Capsule:
        def __dlpack__(self, **kwargs):
            return fastnn.to_dlpack(y)

        def __dlpack_device__(self):
            return y.__dlpack_device__()

    assert fastnn.from_dlpack(Capsule()).tolist() == [1, 1]
    assert fastnn.asarray(Capsule()).tolist() == [1, 1]


def test_constructors_of_given_memory():
    x = fastnn.empty_strided((2, 3), (1, 4))
    assert (tuple(x.shape), x.stride()) == ((2, 3), (1, 4))
    assert fastnn.empty_strided((0, 3), (1, 4)).shape == (0, 3)
    with pytest.raises(ValueError, match="empty_strided: size and stride must be numbers of at le"):
        fastnn.empty_strided((2,), (1, 1))
    with pytest.raises(ValueError, match="empty_permuted: physical_layout must name the 2 dimens"):
        fastnn.empty_permuted((2, 3), (0, 0))
    assert fastnn.range(0, 1, 0.25).tolist() == [0, 0.25, 0.5, 0.75, 1]
    with pytest.raises(ValueError, match="range: step -1 never leads from 0 to 3"):
        fastnn.range(0, 3, -1)


def test_gradients_of_gradients_along_a_grid():
    x = fastnn.tensor(X, requires_grad=True)
    places = fastnn.tensor(GRID)
    assert gradcheck(lambda x: fastnn.gradient(x, spacing=[places], dim=0, edge_order=2)[0], x)
