"""Batch norm and batch renorm layers: PyTorch's results over several steps, fusing, schedules."""

import copy
import pickle

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn
from tests.harness import numbers
from tests.harness.layouts import channels_last

SHAPES = {1: [(6, 5), (4, 5, 7)], 2: [(3, 5, 6, 4), (2, 5, 8, 8)], 3: [(2, 5, 3, 2, 4)]}
KINDS = [(rank, shape) for rank, shapes in SHAPES.items() for shape in shapes]


def pair(rank, **options):
    """fastnn's layer and PyTorch's with the same parameters and statistics."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    theirs = getattr(torch.nn, f"BatchNorm{rank}d")(5, dtype=torch.float64, **options)
    ours = getattr(nn, f"BatchNorm{rank}d")(5, dtype=fastnn.float64, **options)
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for key, value in theirs.state_dict().items():
        mine = ours.state_dict()[key]
        np.testing.assert_array_equal(mine, value)
        assert str(mine.dtype) == str(value.dtype).removeprefix("torch.")
    with torch.no_grad():
        for i, p in enumerate(theirs.parameters()):
            p.copy_(torch.tensor(numbers(5, low=-1, high=2, seed=i + 5)))
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    return torch, ours, theirs


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("order", [np.array, channels_last], ids=["C order", "channels-last"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.3, "eps": 1e-3},
        {"momentum": None},
        {"affine": False},
        {"bias": False},
        {"track_running_stats": False},
        {"affine": False, "track_running_stats": False},
    ],
    ids=str,
)
@pytest.mark.parametrize(("rank", "shape"), KINDS)
def test_matches_torch(rank, shape, options, order):
    torch, ours, theirs = pair(rank, **options)
    for step in range(4):
        if step == 3:
            ours.eval(), theirs.eval()
        x, dy = order(numbers(*shape, seed=step)) * (step + 1), numbers(*shape, seed=step + 10)
        a, b = fastnn.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
        ours.zero_grad(), theirs.zero_grad()
        got, want = ours(a), theirs(b)
        got.backward(fastnn.tensor(dy))
        want.backward(torch.tensor(dy))
        same(got.detach(), want.detach())
        same(a.grad, b.grad)
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            same(p.grad, q.grad)
        for p, q in zip(ours.buffers(), theirs.buffers(), strict=True):
            same(p, q)


def test_errors_matches_torch():
    torch, ours, theirs = pair(2)
    for shape in ((1, 5, 1, 1), (3, 5), (3, 5, 4)):
        with pytest.raises(ValueError, match=r"more than 1 value per channel|expected 4D input"):
            theirs(torch.zeros(shape, dtype=torch.float64))
        with pytest.raises(ValueError, match=r"more than 1 value per channel|must have shape"):
            ours(fastnn.zeros(*shape, dtype="float64"))
    assert int(ours.num_batches_tracked) == 0


@pytest.mark.parametrize(
    ("layer", "shape", "match"),
    [
        (nn.BatchNorm1d(3), (2, 3, 4, 5), r"input must have shape \(N, 3\) or \(N, 3, L\)"),
        (nn.BatchNorm2d(3), (2, 3), r"input must have shape \(N, 3, H, W\), got \(2, 3\)"),
        (nn.BatchNorm3d(3), (2, 3, 4, 5), r"input must have shape \(N, 3, D, H, W\), got"),
        (nn.BatchNorm1d(3), (2, 4), r"BatchNorm1d \(num_features=3\): input must"),
        (nn.BatchRenorm2d(3), (2, 3), r"BatchRenorm2d \(num_features=3\): input must"),
    ],
)
def test_wrong_shapes(layer, shape, match):
    before = [p.numpy().copy() for p in layer.state_dict().values()]
    with pytest.raises(ValueError, match=match):
        layer(fastnn.zeros(*shape))
    for p, b in zip(layer.state_dict().values(), before):
        np.testing.assert_array_equal(p, b)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="BatchNorm2d: num_features must not be negative"):
        nn.BatchNorm2d(-1)
    with pytest.raises(ValueError, match="BatchNorm1d: momentum must lie between 0 and 1"):
        nn.BatchNorm1d(3, momentum=-0.1)
    with pytest.raises(ValueError, match="BatchRenorm1d: r_max must be at least 1"):
        nn.BatchRenorm1d(3, r_max=0.5)
    with pytest.raises(ValueError, match=r"BatchRenorm1d: d_max must be \(final, begin, end\)"):
        nn.BatchRenorm1d(3, d_max=(5.0, 10, 5))


def test_reset():
    layer = nn.BatchNorm1d(4)
    layer(fastnn.randn(10, 4) * 3 + 1)
    assert int(layer.num_batches_tracked) == 1
    layer.reset_running_stats()
    assert layer.running_mean.tolist() == [0] * 4
    assert layer.running_var.tolist() == [1] * 4
    assert int(layer.num_batches_tracked) == 0


@pytest.mark.parametrize("momentum", [None, 0.1, 1.0])
def test_running_statistics(momentum):
    """The mean over all batches, or a mean that forgets them."""
    layer = nn.BatchNorm1d(3, momentum=momentum, dtype="float64")
    batches = [numbers(7, 3, seed=i) * (i + 1) + i for i in range(4)]
    mean, var = np.zeros(3), np.ones(3)
    for i, x in enumerate(batches):
        share = 1 / (i + 1) if momentum is None else momentum
        mean = (1 - share) * mean + share * x.mean(0)
        var = (1 - share) * var + share * x.var(0, ddof=1)
        layer(x)
        np.testing.assert_allclose(layer.running_mean, mean, rtol=1e-12)
        np.testing.assert_allclose(layer.running_var, var, rtol=1e-12)
        assert int(layer.num_batches_tracked) == i + 1
    if momentum is None:
        np.testing.assert_allclose(mean, np.mean([x.mean(0) for x in batches], 0))
    layer.eval()
    x = batches[0]
    np.testing.assert_allclose(layer(x).detach(), (x - mean) / np.sqrt(var + 1e-5), rtol=1e-12)
    assert int(layer.num_batches_tracked) == 4
    np.testing.assert_array_equal(layer.running_mean, mean)
    layer.train()
    layer.reset_running_stats()
    layer(x)  # counts from the beginning
    share = 1 if momentum is None else momentum
    np.testing.assert_allclose(layer.running_mean, share * x.mean(0), rtol=1e-12)


@pytest.mark.parametrize("momentum", [None, 0.1])
def test_without_running_statistics(momentum):
    """Evaluation normalizes by the batch, as training does, and nothing is counted."""
    layer = nn.BatchNorm1d(3, momentum=momentum, track_running_stats=False, dtype="float64")
    assert list(layer.buffers()) == []
    assert list(layer.state_dict()) == ["weight", "bias"]
    assert layer.running_mean is layer.running_var is layer.num_batches_tracked is None
    for training in (True, False, True):
        x = numbers(7, 3, seed=training) * 3 + 2
        want = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)
        np.testing.assert_allclose(layer.train(training)(x).detach(), want, rtol=1e-9)
    layer.reset_running_stats()
    assert list(layer.buffers()) == []


def test_statistics_that_are_no_longer_tracked():
    """In training they are neither used nor changed; in evaluation they are used."""
    layer = nn.BatchNorm1d(3, dtype="float64")
    x = numbers(7, 3) * 3 + 2
    layer(x)
    mean, var = layer.running_mean.numpy().copy(), layer.running_var.numpy().copy()
    layer.track_running_stats = False
    want = (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5)
    np.testing.assert_allclose(layer(x).detach(), want, rtol=1e-9)
    np.testing.assert_array_equal(layer.running_mean, mean)
    assert int(layer.num_batches_tracked) == 1
    np.testing.assert_allclose(layer.eval()(x).detach(), (x - mean) / np.sqrt(var + 1e-5))


def test_types_and_copies():
    layer = nn.BatchNorm2d(3).double()
    assert layer.running_var.dtype == np.float64
    assert layer.num_batches_tracked.dtype == np.int64
    layer(fastnn.randn(4, 3, 5, 5, dtype="float64"))
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        twin(fastnn.randn(4, 3, 5, 5, dtype="float64"))
        assert int(twin.num_batches_tracked) == 2
        assert int(layer.num_batches_tracked) == 1


def test_frozen_statistics_have_gradients():
    layer = nn.BatchNorm2d(3, dtype="float64").eval()
    layer.running_mean._array[:] = 0.5
    assert fastnn.testing.gradcheck(layer, [fastnn.tensor(numbers(2, 3, 2, 2), requires_grad=True)])


class Chain(nn.Sequential):
    """The same modules without fusion."""

    def forward(self, input):
        for module in self:
            input = module(input)
        return input


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("kind", ["BatchNorm", "BatchRenorm"])
@pytest.mark.parametrize(("rank", "shape"), KINDS)
def test_fused_with_relu(kind, rank, shape, training):
    """One operation has the bits of two."""
    make = getattr(nn, f"{kind}{rank}d")
    results = []
    for container, nodes in ((nn.Sequential, 1), (Chain, 2)):
        model = container(make(5), nn.ReLU()).train(training)
        x = fastnn.tensor(channels_last(numbers(*shape)).astype("f4"), requires_grad=True)
        y = model(x)
        count, node = 0, y.node
        while isinstance(node, fastnn.autograd.tape.Node):
            count, node = count + 1, node.inputs[0]
        assert count == nodes
        y.backward(fastnn.tensor(numbers(*shape, seed=1).astype("f4")))
        results.append(
            [
                y._array,
                x.grad._array,
                *[p.grad._array for p in model.parameters()],
                *[b._array for b in model.buffers()],
            ]
        )
    for one, other in zip(*results):
        np.testing.assert_array_equal(one, other)


def test_not_fused():
    x = fastnn.randn(6, 5)
    for tail in (nn.Tanh(), nn.LeakyReLU()):
        model = nn.Sequential(nn.BatchNorm1d(5), tail)
        np.testing.assert_array_equal(model(x).detach(), Chain(*model)(x).detach())
    model = nn.Sequential(nn.BatchNorm1d(5), nn.ReLU())
    seen = []
    model[0].register_forward_hook(lambda module, args, y: seen.append(y._array.min()))
    model(x)
    assert seen[0] < 0


def test_residual():
    layer, add = nn.BatchNorm2d(5), fastnn.randn(3, 5, 4, 4)
    x = fastnn.randn(3, 5, 4, 4)
    y = layer(x, activation="relu", residual=add)
    layer.reset_running_stats()
    np.testing.assert_allclose(y.detach(), F.relu(layer(x) + add).detach(), atol=1e-6)


def test_schedules():
    layer = nn.BatchRenorm1d(4, momentum=0.1, r_max=(3.0, 2, 6), d_max=lambda step: 0.5 * step)
    plain = nn.BatchNorm1d(4, momentum=0.1)
    x = fastnn.randn(20, 4) * 2 + 3
    for step in range(9):
        mean, var = layer.running_mean.clone(), layer.running_var.clone()
        y = layer(x)
        r_max = [1, 1, 1, 1.5, 2, 2.5, 3, 3, 3][step]
        want = F.batch_renorm(
            x, mean, var, layer.weight, layer.bias, True, 0.1, r_max=r_max, d_max=0.5 * step
        )
        np.testing.assert_array_equal(y.detach(), want.detach())
        np.testing.assert_array_equal(layer.running_mean, mean)
        plain(x)
        np.testing.assert_array_equal(layer.running_var, plain.running_var)
    assert int(layer.num_batches_tracked) == 9
    plain.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(layer.eval()(x).detach(), plain.eval()(x).detach())


def test_the_schedule_of_the_paper():
    from fastnn.nn.norm.renorm import bound

    layer = nn.BatchRenorm2d(3)
    assert [bound(layer.r_max, 1.0, n) for n in (0, 5_000, 22_500, 40_000, 10**6)] == [
        1,
        1,
        2,
        3,
        3,
    ]
    assert [bound(layer.d_max, 0.0, n) for n in (0, 5_000, 15_000, 25_000)] == [0, 0, 2.5, 5]
    assert repr(layer) == (
        "BatchRenorm2d(3, eps=1e-05, momentum=0.01, affine=True, bias=True, "
        "r_max=(3.0, 5000, 40000), d_max=(5.0, 5000, 25000))"
    )


def test_renorm_learns_from_small_batches():
    """With two samples of one class per batch, batch norm learns and does not generalize."""
    rng = np.random.default_rng(0)
    gaps = []
    for make in (nn.BatchNorm1d, nn.BatchRenorm1d):
        fastnn.manual_seed(0)
        options = (
            {"r_max": (3.0, 50, 100), "d_max": (5.0, 50, 100)} if "Re" in make.__name__ else {}
        )
        model = nn.Sequential(
            nn.Linear(4, 16), make(16, momentum=0.05, **options), nn.ReLU(), nn.Linear(16, 1)
        )
        optimizer = fastnn.optim.SGD(model.parameters(), lr=0.02)
        for _ in range(600):
            label = rng.integers(0, 2)
            x = (rng.standard_normal((4, 4)) + 1.5 * (2 * label - 1)).astype("f4")
            loss = F.binary_cross_entropy_with_logits(
                model(fastnn.tensor(x)), fastnn.full((4, 1), float(label))
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        labels = rng.integers(0, 2, 500)
        x = rng.standard_normal((500, 4)) + 1.5 * (2 * labels[:, None] - 1)
        y = model.eval()(fastnn.tensor(x.astype("f4"))).detach().numpy()[:, 0]
        gaps.append(float(((y > 0) == labels).mean()))
    assert gaps[1] > 0.95


@pytest.mark.parametrize("name", ["running_mean", "running_var", "num_batches_tracked"])
def test_renorm_without_its_statistics_says_so(name):
    layer = nn.BatchRenorm1d(3)
    setattr(layer, name, None)
    with pytest.raises(RuntimeError, match="the running statistics have been removed"):
        layer(fastnn.rand(4, 3))
