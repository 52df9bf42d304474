"""Random changes of images, each beside a loop over its samples."""

import copy

import numpy as np
import pytest

import fastnn
from fastnn.data import DataLoader, TensorDataset
from fastnn.data.transforms import (
    Compose,
    CutMix,
    Cutout,
    MixUp,
    Normalize,
    RandomCrop,
    RandomHorizontalFlip,
    RandomShift,
    RandomVerticalFlip,
)

pytestmark = pytest.mark.any_threading
RNG = np.random.default_rng(0)
SHAPES = [(0, 3, 6, 5), (1, 1, 4, 4), (7, 3, 6, 5), (40, 2, 9, 4)]
DTYPES = [np.uint8, np.float32, np.float64, np.int64]


def images(shape, dtype=np.uint8):
    return RNG.integers(0, 250, shape).astype(dtype)


def last(x):
    return np.moveaxis(x, 1, -1)


def both_orders(make, x, compare):
    """The changed images, the same whichever dimension has the channels."""
    out = make(False)(x)
    compare(out)
    np.testing.assert_array_equal(make(True)(last(x)), last(out), strict=True)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize(("size", "padding"), [(4, 0), ((3, 4), 2), ((4, 2), (0, 3)), (1, 1)])
def test_random_crop(shape, dtype, mode, size, padding):
    x = images(shape, dtype)
    before = x.copy()
    height, width = (size, size) if isinstance(size, int) else size
    margin = (padding, padding) if isinstance(padding, int) else padding
    options = {"constant_values": 7} if mode == "constant" else {}
    padded = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in margin]], mode, **options)

    def compare(out):
        draw = fastnn.Generator(5).numpy
        top = draw.integers(0, padded.shape[2] - height + 1, len(x))
        left = draw.integers(0, padded.shape[3] - width + 1, len(x))
        assert out.shape == (*shape[:2], height, width)
        assert out.dtype == dtype
        for i in range(len(x)):
            part = padded[i, :, top[i] : top[i] + height, left[i] : left[i] + width]
            np.testing.assert_array_equal(out[i], part)

    both_orders(lambda c: RandomCrop(size, padding, 7, mode, c, generator=5), x, compare)
    np.testing.assert_array_equal(x, before)


def test_every_part_is_as_likely():
    x = np.arange(9).reshape(1, 1, 3, 3).repeat(9000, 0)
    firsts = RandomCrop(2, padding=(0, 1), fill=-1, generator=1)(x)[:, 0, 0].tolist()
    counts = np.unique(np.array(firsts), axis=0, return_counts=True)[1]
    assert len(counts) == 8  # two heights, four of the width
    assert (abs(counts - 1125) < 5 * np.sqrt(9000 * 7 / 64)).all()


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [0, 2, (3, 0)])
def test_random_shift(shape, size):
    x = images(shape)
    most = (size, size) if isinstance(size, int) else size

    def compare(out):
        assert out.shape == shape
        for a, b in zip(x, out):
            shifts = [
                np.pad(a, [(0, 0), (v, most[0]), (h, most[1])])[
                    :, most[0] : most[0] + shape[2], most[1] : most[1] + shape[3]
                ]
                for v in range(2 * most[0] + 1)
                for h in range(2 * most[1] + 1)
            ]
            assert any((b == s).all() for s in shifts)

    both_orders(lambda c: RandomShift(size, channels_last=c, generator=5), x, compare)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("kind", "axis"), [(RandomHorizontalFlip, 2), (RandomVerticalFlip, 1)])
@pytest.mark.parametrize("p", [0, 0.3, 1])
def test_flips(shape, dtype, kind, axis, p):
    x = images(shape, dtype)
    chosen = fastnn.Generator(5).numpy.random(len(x)) < p

    def compare(out):
        assert out.dtype == dtype
        for a, b, flipped in zip(x, out, chosen):
            np.testing.assert_array_equal(b, np.flip(a, axis) if flipped else a)

    both_orders(lambda c: kind(p, c, generator=5), x, compare)
    assert chosen.all() == (p == 1 or not len(x))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1, 3, (2, 4), 11, 12, 50])
@pytest.mark.parametrize("p", [0, 0.5, 1])
def test_cutout(shape, dtype, size, p):
    x = images(shape, dtype)
    height, width = (size, size) if isinstance(size, int) else size

    def compare(out):
        assert out.dtype == dtype
        draw = fastnn.Generator(5).numpy
        tops = draw.integers(0, shape[2], (len(x), 1))[:, 0] - height // 2
        lefts = draw.integers(0, shape[3], (len(x), 1))[:, 0] - width // 2
        chosen = draw.random((len(x), 1, 1))[:, 0, 0] < p
        for a, b, top, left, there in zip(x, out, tops, lefts, chosen):
            expected = a.copy()
            if there:
                rows = slice(max(top, 0), max(top + height, 0))
                expected[:, rows, max(left, 0) : max(left + width, 0)] = 9
            np.testing.assert_array_equal(b, expected)

    both_orders(lambda c: Cutout(size, p, 9, c, generator=5), x, compare)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mixup(alpha, dtype):
    x, y = images((10, 3, 4), dtype), RNG.integers(0, 4, 10)
    out, shares = MixUp(4, alpha, generator=5)(x, y)
    draw = fastnn.Generator(5).numpy
    partners, weight = draw.permutation(10), draw.beta(alpha, alpha)
    eps = np.finfo(dtype).eps
    for i, j in enumerate(partners):
        np.testing.assert_allclose(
            out[i], weight * x[i] + (1 - weight) * x[j], rtol=4 * eps, atol=1e3 * eps
        )
        expected = weight * np.eye(4)[y[i]] + (1 - weight) * np.eye(4)[y[j]]
        np.testing.assert_allclose(shares[i], expected, rtol=1e-6)
    assert (out.dtype, shares.dtype) == (dtype, np.float32)


def test_weights_of_mixup_follow_the_beta_distribution():
    """Mean 1/2 and variance 1 / (4 (2 α + 1))."""
    mix = MixUp(alpha=0.7, generator=1)
    x = np.eye(2)
    weights = []
    for _ in range(4000):
        out, _ = mix(x, x)
        weights.append(out[0, 0])  # λ, or 1 where the sample is its own partner
    others = np.array([w for w in weights if w != 1])
    assert abs(others.mean() - 0.5) < 5 * np.sqrt(1 / 9.6 / len(others))
    assert others.var() == pytest.approx(1 / 9.6, rel=0.1)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (6, 3, 8, 5), (5, 1, 4, 9)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_cutmix(shape, dtype):
    x, y = images(shape, dtype), np.arange(len(np.zeros(shape))) % 3
    for seed in range(20):
        out, shares = CutMix(3, generator=seed)(x, y)
        partners = fastnn.Generator(seed).numpy.permutation(len(x))
        replaced = (out != x).any((0, 1))  # by chance, pixels may be equal
        rows, columns = np.flatnonzero(replaced.any(1)), np.flatnonzero(replaced.any(0))
        part = np.zeros(shape[2:], bool)
        if len(rows):
            part[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
        for i, j in enumerate(partners):
            np.testing.assert_array_equal(out[i], np.where(part, x[j], x[i]))
        weight = 1 - shares_moved(shares, y, partners)
        if len(rows):
            assert 1 - part.mean() == pytest.approx(weight, abs=1e-6)
        np.testing.assert_allclose(shares.sum(1), 1, atol=1e-6)
        again, same = CutMix(3, channels_last=True, generator=seed)(last(x), y)
        np.testing.assert_array_equal(again, last(out))
        np.testing.assert_array_equal(same, shares)


def shares_moved(shares, y, partners):
    """The share of the partner in the targets; 0 where all partners have the same class."""
    other = np.flatnonzero(y != y[partners])
    return shares[other[0], y[partners[other[0]]]] if len(other) else 0.0


def test_mixing_of_shares_and_quantities():
    """Targets of floats are mixed as they are, of whatever shape."""
    x = np.zeros((4, 2), np.float32)
    for y in (np.eye(4, dtype=np.float32), np.arange(4.0), np.ones((4, 2, 2))):
        out = MixUp(generator=2)(x, y)[1]
        assert (out.shape, out.dtype) == (y.shape, y.dtype)
        assert out.sum() == pytest.approx(y.sum())


def test_tensors_stay_tensors_and_arrays_arrays():
    pixels, floats = images((4, 3, 8, 8)), images((4, 3, 8, 8), np.float32)
    for t in (RandomCrop(4), RandomShift(1), RandomHorizontalFlip(), Cutout(2), Normalize(0, 1)):
        assert isinstance(t(fastnn.from_numpy(pixels)), fastnn.Tensor)
        assert isinstance(t(pixels), np.ndarray)
        x, y = t(pixels, "anything")
        assert y == "anything"
    for mix in (MixUp(3), CutMix(3)):
        x, y = mix(fastnn.from_numpy(floats), fastnn.tensor([0, 1, 2, 0]))
        assert isinstance(x, fastnn.Tensor)
        assert isinstance(y, fastnn.Tensor)
        x, y = mix(floats, np.array([0, 1, 2, 0]))
        assert isinstance(x, np.ndarray)
        assert isinstance(y, np.ndarray)
        loss = fastnn.nn.functional.cross_entropy(fastnn.zeros(4, 3), fastnn.from_numpy(y))
        assert loss.item() == pytest.approx(np.log(3))


def augmentation(generator=None):
    return Compose(
        [
            RandomCrop(8, padding=2, generator=generator),
            RandomHorizontalFlip(generator=generator),
            Cutout(3, generator=generator),
            Normalize([0.4, 0.5, 0.6], [0.2, 0.3, 0.4]),
            lambda x: x + 1,
            MixUp(5, generator=generator),
        ]
    )


def test_bytes_stay_bytes_until_they_are_normalized():
    x = images((4, 3, 8, 8))
    augment = augmentation(1)
    for t in augment.transforms[:3]:
        x = t(x)
        assert x.dtype == np.uint8
    assert augment.transforms[3](x).dtype == np.float32


def test_compose_is_one_after_the_other():
    x, y = images((4, 3, 8, 8)), np.array([0, 1, 2, 3])
    out, shares = augmentation(fastnn.Generator(3))(x, y)
    parts = augmentation(fastnn.Generator(3)).transforms
    for t in parts[:5]:
        x = t(x)
    expected, same = parts[5](x, y)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(shares, same)


@pytest.mark.parametrize("own", [False, True])
def test_a_resumed_run_draws_the_same(own, tmp_path):
    """With the default generator, and with one of its own; through a file."""
    data = TensorDataset(images((12, 3, 8, 8)), np.arange(12) % 5)
    fastnn.manual_seed(4)
    augment = augmentation(fastnn.Generator(3) if own else None)
    loader = DataLoader(data, batch_size=4, shuffle=True)
    expected, path = [], tmp_path / "state"
    for epoch in range(2):
        for number, (x, y) in enumerate(loader):
            out = augment(x, y)
            expected.append([part.numpy() for part in out])
            if (epoch, number) == (0, 1):
                state = {"transforms": augment.state_dict(), "loader": loader.state_dict()}
                fastnn.save({**state, "random": fastnn.get_rng_state()}, path)
    saved = fastnn.load(path)
    fastnn.manual_seed(99)
    resumed = augmentation(fastnn.Generator(98) if own else None)
    again = DataLoader(data, batch_size=4, shuffle=True)
    again.load_state_dict(saved["loader"])
    resumed.load_state_dict(saved["transforms"])
    fastnn.set_rng_state(saved["random"])
    found = [resumed(x, y) for _ in range(2) for x, y in again]
    assert len(found) == 4
    for a, b in zip(found, expected[2:]):
        for one, other in zip(a, b):
            np.testing.assert_array_equal(one.numpy(), other)


def test_copies_draw_what_the_original_would():
    augment = Compose([RandomCrop(4, generator=3), Cutout(2, generator=4)])
    x = images((4, 3, 8, 8))
    augment(x)
    other = copy.deepcopy(augment)
    np.testing.assert_array_equal(other(x), augment(x))


KINDS = {
    "RandomCrop": lambda **o: RandomCrop(2, **o),
    "RandomShift": lambda **o: RandomShift(1, **o),
    "RandomHorizontalFlip": RandomHorizontalFlip,
    "RandomVerticalFlip": RandomVerticalFlip,
    "Cutout": lambda **o: Cutout(2, **o),
    "CutMix": lambda **o: CutMix(3, **o),
}


@pytest.mark.parametrize("name", KINDS)
def test_batches_that_are_no_images(name):
    t, target = KINDS[name](), np.array([0, 1])
    for bad in ((), (2,), (2, 3, 4), (2, 3, 4, 5, 6)):
        with pytest.raises(
            ValueError, match=rf"{name}: x must be (images, \(N, C, H, W\)|a batch)"
        ):
            t(np.zeros(bad, np.float32), target)
    with pytest.raises(ValueError, match=rf"{name}: x must be images, \(N, H, W, C\), got shape"):
        KINDS[name](channels_last=True)(np.zeros((2, 4)), target)
    for wrong in ([[1.0]], "x", None, 3):
        with pytest.raises(TypeError, match=f"{name}: x must be an array or a tensor, got"):
            t(wrong, target)
    for dtype in (object, "U1", complex, "M8[s]"):
        with pytest.raises(TypeError, match=f"{name}: x must be of real numbers, got"):
            t(np.empty((2, 1, 4, 4), dtype), target)
    with pytest.raises(ValueError, match=f"{name}: x requires a gradient; transforms are for data"):
        t(fastnn.zeros(2, 1, 4, 4, requires_grad=True), target)
    with pytest.raises(TypeError, match=rf"{name}: generator must be a fastnn\.Generator"):
        KINDS[name](generator=np.random.default_rng())
    for bad in (None, 1, np.ones(3), "last"):
        with pytest.raises(TypeError, match=f"{name}: channels_last must be True or False, got"):
            KINDS[name](channels_last=bad)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: RandomCrop(0), "RandomCrop: size must be an integer of at least 1"),
        (
            lambda: RandomCrop((3, 4, 5)),
            "RandomCrop: size must be an integer of at least 1, or two",
        ),
        (lambda: RandomCrop(2.0), "RandomCrop: size must be an integer"),
        (lambda: RandomCrop("4"), "RandomCrop: size must be an integer"),
        (lambda: RandomCrop(2, -1), "RandomCrop: padding must be an integer of at least 0"),
        (lambda: RandomCrop(2, padding_mode="wrap"), "padding_mode must be one of constant, edge"),
        (lambda: RandomCrop(2, padding_mode=np.ones(2)), "padding_mode must be one of constant"),
        (lambda: RandomShift(-1), "RandomShift: size must be an integer of at least 0"),
        (lambda: RandomHorizontalFlip(1.5), "RandomHorizontalFlip: p must be a number from 0 to 1"),
        (lambda: RandomVerticalFlip(float("nan")), "RandomVerticalFlip: p must be a number from"),
        (lambda: Cutout(True), "Cutout: size must be an integer of at least 1"),
        (lambda: Cutout(1, "1"), "Cutout: p must be a number from 0 to 1, got '1'"),
        (lambda: MixUp(0), "MixUp: num_classes must be a positive integer, got 0"),
        (lambda: MixUp(2, 0), "MixUp: alpha must be above 0, got 0"),
        (lambda: CutMix(2, -1), "CutMix: alpha must be a number at least 0, got -1"),
        (lambda: CutMix(2, float("inf")), "CutMix: alpha must be a number at least 0, got inf"),
    ],
)
def test_bad_options(make, match):
    with pytest.raises(ValueError, match=match):
        make()


def test_parts_that_are_not_there():
    match = r"RandomCrop: images of 4 × 5 pixels with margins of \(1, 0\) have no part of 7 × 5"
    with pytest.raises(ValueError, match=match):
        RandomCrop((7, 5), (1, 0))(np.zeros((2, 1, 4, 5)))
    for t in (RandomCrop(1, 1), RandomShift(1)):
        with pytest.raises(ValueError, match=r"images of 0 × 5 pixels .* have no part"):
            t(np.zeros((2, 1, 0, 5)))
    with pytest.raises(ValueError, match="CutMix: images must have pixels"):
        CutMix(2)(np.zeros((2, 1, 0, 5)), np.array([0, 1]))
    assert (Cutout(1 << 70)(np.ones((2, 1, 4, 5))) == 0).all()
    with pytest.raises((ValueError, MemoryError)):
        RandomShift(1 << 40)(np.zeros((2, 1, 4, 5)))
    for fill in (256, -1, 0.5, float("nan"), "0", [0, 0, 0], None):
        for t in (RandomCrop(2, 1, fill), Cutout(2, fill=fill)):
            with pytest.raises(ValueError, match="fill"):
                t(np.zeros((2, 1, 4, 5), np.uint8))


@pytest.mark.parametrize("mix", [MixUp(3), CutMix(3)])
def test_bad_targets(mix):
    name, x = type(mix).__name__, np.zeros((3, 1, 2, 2), np.float32)
    with pytest.raises(TypeError, match=f"{name}: targets are mixed too"):
        mix(x)
    with pytest.raises(
        ValueError, match=f"{name}: x and target must have equal lengths, got 3 and"
    ):
        mix(x, np.zeros(2, int))
    with pytest.raises(
        ValueError, match=f"{name}: targets must be class numbers, .* int64 of shape"
    ):
        mix(x, np.zeros((3, 1), int))
    with pytest.raises(ValueError, match=f"{name}: targets must be class numbers, .* bool"):
        mix(x, np.zeros(3, bool))
    with pytest.raises(ValueError, match=rf"{name}: targets of floats must be shares, \(N, 3\)"):
        mix(x, np.zeros((3, 2)))
    for bad in (3, -1):
        with pytest.raises(IndexError, match=f"{name}: target 1 is {bad}, class numbers go from 0"):
            mix(x, np.array([0, bad, 2]))
    with pytest.raises(ValueError, match=f"{name}: targets are class numbers, of int64; pass num_"):
        type(mix)()(x, np.array([0, 1, 2]))
    with pytest.raises(TypeError, match=r"MixUp: x must be of floats, got uint8; normalize it"):
        MixUp(3)(x.astype(np.uint8), np.array([0, 1, 2]))


def test_bad_states():
    augment = Compose([RandomCrop(2, generator=1), Cutout(2, generator=2)])
    before = augment.state_dict()
    with pytest.raises(TypeError, match=r"Compose: expected a dict of state_dict\(\), got list"):
        augment.load_state_dict([])
    with pytest.raises(ValueError, match=r"Compose: expected a state with the keys \['0', '1'\]"):
        augment.load_state_dict({"0": {}})
    with pytest.raises(ValueError, match=r"Cutout: expected a state with the keys \['generator'\]"):
        augment.load_state_dict({"0": RandomCrop(2, generator=9).state_dict(), "1": {}})
    with pytest.raises(ValueError, match="set_state: expected a state from get_state"):
        augment.load_state_dict({"0": {"generator": {}}, "1": before["1"]})
    assert repr(augment.state_dict()) == repr(before)
    with pytest.raises(TypeError, match="Compose: 3 is neither a transform nor a function"):
        Compose([3])
