"""Scalings, beside NumPy's statistics and scikit-learn's transforms."""

import numpy as np
import pytest

import fastnn
from fastnn.data.readers import map_npy
from fastnn.data.transforms import MinMax, Normalize, Standardize

pytestmark = pytest.mark.any_threading
RNG = np.random.default_rng(0)
KINDS = [Standardize, MinMax]
DTYPES = [np.uint8, np.int64, np.int16, np.float32, np.float64, np.bool_]
BATCHES = {
    "table": ((50, 4), 1),
    "images": ((20, 3, 5, 6), 1),
    "channels last": ((20, 5, 6, 3), -1),
    "one number": ((20, 3, 5, 6), None),
    "a vector": ((9, 1), 1),
}


def batch(shape, dtype):
    return (RNG.normal(3, 2, shape) * (1 if dtype != np.uint8 else 20)).clip(0, 200).astype(dtype)


def axes_but(x, dim):
    return None if dim is None else tuple(i for i in range(x.ndim) if i != dim % x.ndim)


@pytest.mark.parametrize("case", BATCHES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("block", [1, 7, 1 << 18])
def test_statistics(case, dtype, block, monkeypatch):
    """Those of NumPy in float64, however the batch is divided."""
    monkeypatch.setattr("fastnn.data.transforms.scaling.BLOCK", block)
    shape, dim = BATCHES[case]
    x = batch(shape, dtype)
    wide = x / 255 if dtype == np.uint8 else x.astype(np.float64)
    axes = axes_but(x, dim)
    found = Standardize(dim).fit(x)
    np.testing.assert_allclose(found.mean, np.ravel(wide.mean(axes)), rtol=1e-13)
    np.testing.assert_allclose(found.std, np.ravel(wide.std(axes)), rtol=1e-12)
    ends = MinMax(dim=dim).fit(x)
    np.testing.assert_allclose(ends.minimum, np.ravel(wide.min(axes)), rtol=1e-15)
    np.testing.assert_allclose(ends.maximum, np.ravel(wide.max(axes)), rtol=1e-15)


@pytest.mark.parametrize("case", BATCHES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_values_and_inverse(case, dtype, kind):
    shape, dim = BATCHES[case]
    x = batch(shape, dtype)
    before = x.copy()
    t = kind(dim=dim).fit(x)
    y = t(x)
    wide = x / 255 if dtype == np.uint8 else x.astype(np.float64)
    keep = {"axis": axes_but(x, dim), "keepdims": True}
    if kind is Standardize:
        shift, scale = wide.mean(**keep), wide.std(**keep)
    else:
        shift, scale = wide.min(**keep), wide.max(**keep) - wide.min(**keep)
    expected = (wide - shift) / np.where(scale == 0, 1, scale)
    exact = np.float64 if dtype == np.float64 else np.float32
    assert y.dtype == exact
    # One rounding of x and of the shift, which the division enlarges, and two of the result.
    eps = np.finfo(exact).eps
    size = (np.abs(wide).max() + np.abs(shift)) / np.where(scale == 0, 1, scale)
    assert (np.abs(y - expected) <= 4 * eps * (size + np.abs(expected))).all()
    back = t.inverse(y)
    assert back.dtype == exact
    assert (np.abs(back - wide) <= 8 * eps * (np.abs(wide).max() + np.abs(shift))).all()
    np.testing.assert_array_equal(x, before)


def test_the_training_part_decides():
    train, test = RNG.normal(5, 3, (100, 2)), RNG.normal(9, 1, (10, 2))
    t = Standardize().fit(train)
    np.testing.assert_allclose(t(test), (test - train.mean(0)) / train.std(0))
    assert abs(t(train).mean(0)).max() < 1e-12
    assert MinMax(0, 1).fit(train)(test).max() > 0.5


def test_as_in_scikit_learn():
    scaling = pytest.importorskip("sklearn.preprocessing")
    x = RNG.normal(5, 3, (100, 4))
    x[:, 2] = 0.1
    np.testing.assert_allclose(
        Standardize().fit(x)(x), scaling.StandardScaler().fit_transform(x), atol=1e-12
    )
    ends = scaling.MinMaxScaler((-1, 2)).fit_transform(x)
    np.testing.assert_allclose(MinMax(-1, 2).fit(x)(x), ends, atol=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6 + 0.1, -1e-8])
def test_constant_features(value):
    x = np.full((1001, 2), value)
    for t, expected in ((Standardize(), 0), (MinMax(3, 5), 3)):
        np.testing.assert_allclose(t.fit(x)(x), expected, atol=1e-9)
        eps = np.finfo(np.float64).eps
        np.testing.assert_allclose(t.inverse(t(x)), x, atol=4 * eps * (abs(value) + 3))
        other = t(x + 2)
        np.testing.assert_allclose(other - expected, 2 * (t.high - t.low if expected else 1))


def test_numbers_far_from_zero():
    """Their deviation is not lost in the mean."""
    x = 1e9 + RNG.normal(size=(2000, 1))
    assert Standardize().fit(x).std[0] == pytest.approx(x.std(), rel=1e-12)
    assert Standardize().fit(x)(x).std() == pytest.approx(1, rel=1e-6)


def test_normalize():
    x = RNG.integers(0, 255, (4, 3, 5, 5), np.uint8)
    mean, std = np.array([0.49, 0.48, 0.45]), [0.25, 0.24, 0.26]
    expected = (x / 255 - mean[:, None, None]) / np.array(std)[:, None, None]
    y = Normalize(mean, std)(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, expected, atol=1e-6)
    np.testing.assert_allclose(
        Normalize(mean, std, dim=-1)(np.moveaxis(x, 1, -1)), np.moveaxis(expected, 1, -1), atol=1e-6
    )
    np.testing.assert_allclose(Normalize(fastnn.tensor(mean), std)(x / 255.0), expected)
    np.testing.assert_allclose(Normalize(0.5, 2)(x), (x / 255 - 0.5) / 2, atol=1e-6)
    np.testing.assert_allclose(Normalize(mean, std).inverse(y), x / 255, atol=1e-6)


def test_tensors():
    x = fastnn.rand(6, 2)
    t = Standardize().fit(x)
    y = t(x)
    assert isinstance(y, fastnn.Tensor)
    assert isinstance(t.inverse(y), fastnn.Tensor)
    assert t(x, 3)[1] == 3


def test_a_memory_map_is_not_loaded(tmp_path):
    import tracemalloc

    x = np.memmap(tmp_path / "raw", np.float32, "w+", shape=(1 << 22, 2))
    x[:] = [1, 3]
    x[: 1 << 21] *= -1
    np.save(tmp_path / "x.npy", x)
    mapped = map_npy(tmp_path / "x.npy")
    tracemalloc.start()
    t = Standardize().fit(mapped)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_allclose(t.std, [1, 3], rtol=1e-12)
    assert peak < 16 << 20  # of 32 MiB, which would be 64 in float64


@pytest.mark.parametrize("t", [Standardize(), MinMax(-1, 3), Standardize(dim=None)])
def test_states(t, tmp_path):
    x = RNG.normal(5, 3, (20, 4))
    fresh = type(t)(dim=t.dim) if isinstance(t, Standardize) else MinMax(-1, 3)
    assert set(t.state_dict().values()) == {None}
    fresh.load_state_dict(t.state_dict())
    t.fit(x)
    fastnn.save(t.state_dict(), tmp_path / "state")
    fresh.load_state_dict(fastnn.load(tmp_path / "state"))
    np.testing.assert_array_equal(fresh(x), t(x))


def test_bad_states():
    t = Standardize().fit(np.array([[1.0, 2.0], [3.0, 5.0]]))
    before = repr(t.state_dict())
    for state, kind, match in [
        ([], TypeError, r"expected a dict of state_dict\(\), got list"),
        ({"mean": [1.0]}, ValueError, r"expected a state with the keys \['mean', 'std'\]"),
        ({"mean": [1.0], "std": None}, ValueError, "std must be finite numbers, one for each"),
        (
            {"mean": [1.0], "std": [1.0, 2.0]},
            ValueError,
            "mean and std must have equal lengths, got 1 and 2",
        ),
        ({"mean": [1.0], "std": [-1.0]}, ValueError, "std must not be negative"),
        ({"mean": ["a"], "std": [1.0]}, ValueError, "mean must be finite numbers"),
        ({"mean": [np.nan], "std": [1.0]}, ValueError, "mean must be finite numbers"),
        ({"mean": [[1.0]], "std": [1.0]}, ValueError, "mean must be finite numbers"),
    ]:
        with pytest.raises(kind, match=f"Standardize: {match}"):
            t.load_state_dict(state)
    with pytest.raises(ValueError, match="MinMax: minimum must not be above maximum"):
        MinMax().load_state_dict({"minimum": [1.0], "maximum": [0.0]})
    with pytest.raises(ValueError, match="Standardize: with dim=None there is one number of each"):
        Standardize(dim=None).load_state_dict({"mean": [1.0, 2.0], "std": [1.0, 2.0]})
    assert repr(t.state_dict()) == before


@pytest.mark.parametrize("kind", KINDS)
def test_bad_batches(kind):
    name, t = kind.__name__, kind()
    with pytest.raises(RuntimeError, match=rf"{name}: call fit\(x\) with the training part first"):
        t(np.zeros((2, 3)))
    with pytest.raises(RuntimeError, match=rf"{name}: call fit\(x\)"):
        t.inverse(np.zeros((2, 3)))
    for shape in ((0, 3), (3, 0)):
        with pytest.raises(ValueError, match=f"{name}: fit needs at least one sample, got shape"):
            t.fit(np.zeros(shape))
    for bad in (np.nan, np.inf, -np.inf):
        x = np.zeros((4, 3), np.float32)
        x[2, 1] = bad
        with pytest.raises(
            ValueError, match=f"{name}: x must be finite to be fitted; feature 1 has"
        ):
            t.fit(x)
    with pytest.raises(ValueError, match=f"{name}: x must have a dimension 1 of features"):
        t.fit(np.zeros(3))
    for dim in (0, -2, 2, 7):
        with pytest.raises(ValueError, match=f"{name}: x must have a dimension {dim} of features"):
            kind(dim=dim).fit(np.zeros((2, 3)))
    for wrong in ([1.0], "x", None):
        with pytest.raises(TypeError, match=f"{name}: x must be an array or a tensor, got"):
            t.fit(wrong)
    for dtype in (object, "U1", complex):
        with pytest.raises(TypeError, match=f"{name}: x must be of real numbers, got"):
            t.fit(np.empty((2, 3), dtype))
    assert set(t.state_dict().values()) == {None}
    t.fit(np.eye(3))
    match = f"{name}: x must have 3 features along dimension 1, got shape"
    with pytest.raises(ValueError, match=match):
        t(np.zeros((2, 4)))
    with pytest.raises(TypeError, match=f"{name}: y must be of floats, got int64"):
        t.inverse(np.zeros((2, 3), int))
    with pytest.raises(ValueError, match=f"{name}: x requires a gradient"):
        t(fastnn.zeros(2, 3, requires_grad=True))
    for dim in (1.0, "1", True):
        with pytest.raises(TypeError, match=f"{name}: dim must be an integer or None, got"):
            kind(dim=dim)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Normalize([0.5, 0.5], [0.1]), "Normalize: mean and std must have equal lengths"),
        (lambda: Normalize([0.5], [0.0]), r"Normalize: std must be above 0, got \[0.0\]"),
        (lambda: Normalize([np.inf], [1.0]), "Normalize: mean must be finite numbers"),
        (lambda: Normalize("0.5", 1.0), "Normalize: mean must be finite numbers"),
        (lambda: Normalize([[0.5], [0.1, 0.2]], 1.0), "Normalize: mean must be finite numbers"),
        (lambda: Normalize([0.1, 0.2], [1.0, 1.0], None), "Normalize: with dim=None there is one"),
        (lambda: MinMax(1, 1), "MinMax: low must be below high, got 1 and 1"),
        (lambda: MinMax(float("nan"), 1), "MinMax: low must be a number"),
        (lambda: MinMax(0, float("inf")), "MinMax: high must be a number"),
    ],
)
def test_bad_options(make, match):
    with pytest.raises(ValueError, match=match):
        make()
