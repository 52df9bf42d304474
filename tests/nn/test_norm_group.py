"""Group norm, instance norm and local response norm as layers, as in PyTorch."""

import numpy as np
import pytest

import fastnn
from fastnn import nn
from tests.harness import numbers
from tests.harness.layouts import channels_last


def torch_module():
    return pytest.importorskip("torch", reason="PyTorch is not installed")


def run_both(ours, theirs, x, seed):
    """Outputs and all gradients of both."""
    torch = torch_module()
    dy = numbers(*x.shape, seed=seed)
    a, b = fastnn.tensor(x, requires_grad=True), torch.tensor(x, requires_grad=True)
    ours.zero_grad(), theirs.zero_grad()
    got, want = ours(a), theirs(b)
    got.backward(fastnn.tensor(dy))
    want.backward(torch.tensor(dy))
    pairs = [(got.detach(), want.detach()), (a.grad, b.grad)]
    pairs += [(p.grad, q.grad) for p, q in zip(ours.parameters(), theirs.parameters(), strict=True)]
    pairs += list(zip(ours.buffers(), theirs.buffers(), strict=True))
    for mine, other in pairs:
        np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-10)


def copied(ours, theirs):
    """Check for equal text and names, then copy random parameters from fastnn to PyTorch."""
    torch = torch_module()
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    with torch.no_grad():
        for i, p in enumerate(theirs.parameters()):
            p.copy_(torch.tensor(numbers(*p.shape, low=-1, high=2, seed=i + 5)))
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})


@pytest.mark.parametrize("order", [np.array, channels_last], ids=["C order", "channels-last"])
@pytest.mark.parametrize("options", [{}, {"affine": False}, {"eps": 0.1}, {"bias": False}], ids=str)
@pytest.mark.parametrize("groups", [1, 2, 6])
@pytest.mark.parametrize("shape", [(3, 6), (3, 6, 5), (3, 6, 4, 5), (2, 6, 7, 9), (2, 6, 2, 3, 3)])
def test_group_norm_matches_torch(shape, groups, options, order):
    torch = torch_module()
    theirs = torch.nn.GroupNorm(groups, 6, dtype=torch.float64, **options)
    ours = nn.GroupNorm(groups, 6, dtype="float64", **options)
    copied(ours, theirs)
    run_both(ours, theirs, order(numbers(*shape)), 1)


@pytest.mark.parametrize("order", [np.array, channels_last], ids=["C order", "channels-last"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"affine": True},
        {"affine": True, "track_running_stats": True, "momentum": 0.3},
        {"track_running_stats": True, "momentum": None},
        {"affine": True, "bias": False},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("rank", "shape"),
    [
        (1, (3, 4, 5)),
        (1, (4, 5)),
        (2, (3, 4, 5, 6)),
        (2, (4, 5, 6)),
        (3, (2, 4, 2, 3, 2)),
        (3, (4, 2, 3, 2)),
    ],
)
def test_instance_norm_matches_torch(rank, shape, options, order):
    torch = torch_module()
    theirs = getattr(torch.nn, f"InstanceNorm{rank}d")(4, dtype=torch.float64, **options)
    ours = getattr(nn, f"InstanceNorm{rank}d")(4, dtype="float64", **options)
    copied(ours, theirs)
    for step in range(4):
        if step == 3:
            ours.eval(), theirs.eval()
        run_both(ours, theirs, order(numbers(*shape, seed=step)) * (step + 1), step + 10)


@pytest.mark.parametrize("order", [np.array, channels_last], ids=["C order", "channels-last"])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("shape", [(3, 6, 5), (2, 6, 4, 5), (2, 6, 2, 3, 3), (2, 3, 7, 7)])
@pytest.mark.parametrize(
    "options", [{}, {"alpha": 0.5, "beta": 0.5, "k": 2.0}, {"alpha": 1.0, "beta": 1.3}], ids=str
)
def test_local_response_norm_matches_torch(shape, size, options, order):
    torch = torch_module()
    ours, theirs = (
        nn.LocalResponseNorm(size, **options),
        torch.nn.LocalResponseNorm(size, **options),
    )
    assert repr(ours) == repr(theirs)
    run_both(ours, theirs, order(numbers(*shape)), 1)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("batched", [True, False])
def test_instance_norm_of_every_rank(rank, batched):
    """Each channel of each sample by itself, with and without an axis of samples."""
    layer = getattr(nn, f"InstanceNorm{rank}d")(3, dtype="float64")
    x = numbers(*([2] * batched), 3, *(5, 4, 2)[:rank]) * 3 + 1
    axes = tuple(range(-rank, 0))
    want = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)
    np.testing.assert_allclose(layer(x).detach(), want, rtol=1e-9, atol=1e-12)
    for wrong in (x[None, None], x.reshape(3, -1)[0]):
        with pytest.raises(ValueError, match="input must have shape"):
            layer(wrong)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="GroupNorm: num_channels must be divisible by num_groups"):
        nn.GroupNorm(4, 6)
    with pytest.raises(ValueError, match="GroupNorm: num_channels must be divisible"):
        nn.GroupNorm(0, 6)
    with pytest.raises(ValueError, match=r"input must have shape \(N, 3, H, W\) or \(3, H"):
        nn.InstanceNorm2d(3)(fastnn.zeros(3, 4))
    with pytest.raises(ValueError, match=r"\(num_features=3\): input must .*, got \(2, 4, 5, 5\)"):
        nn.InstanceNorm2d(3, affine=True)(fastnn.zeros(2, 4, 5, 5))
