"""Pruning."""

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.nn.utils import prune
from tests.harness import numbers


def linear(rows=4, columns=5, seed=0):
    layer = nn.Linear(columns, rows, dtype="float64")
    layer.weight.data = fastnn.tensor(numbers(rows, columns, seed=seed))
    return layer


def zeros(layer):
    return int((layer.weight_mask.numpy() == 0).sum())


def test_least_magnitudes_go_first():
    layer = linear()
    size = np.sort(np.abs(layer.weight.detach().numpy()).ravel())
    prune.l1_unstructured(layer, "weight", 0.3)
    assert zeros(layer) == 6
    left = np.abs(layer.weight.detach().numpy())
    assert left[left > 0].min() == size[6]
    prune.l1_unstructured(layer, "weight", 0.5)  # of the 14 that are left
    assert zeros(layer) == 13
    assert prune.is_pruned(nn.Sequential(layer))


def test_gradients_stop_at_the_mask():
    layer = prune.l1_unstructured(linear(), "weight", 7)
    layer(fastnn.tensor(numbers(3, 5))).sum().backward()
    np.testing.assert_array_equal(layer.weight_orig.grad.numpy() == 0, layer.weight_mask == 0)
    names = ["bias", "weight_orig", "weight_mask"]
    assert list(layer.state_dict()) == names
    original = layer.weight_orig
    prune.remove(layer, "weight")
    assert layer.weight is original
    assert (layer.weight.detach().numpy() == 0).sum() == 7
    assert not prune.is_pruned(layer)
    assert list(layer.state_dict()) == ["bias", "weight"]


def test_slices():
    layer = prune.ln_structured(linear(), "weight", 2, n=2, dim=0)
    rows = np.linalg.norm(layer.weight_orig.detach(), axis=1)
    np.testing.assert_array_equal(layer.weight_mask[:, 0] == 0, np.argsort(np.argsort(rows)) < 2)
    prune.random_structured(layer, "weight", 1, dim=1)
    assert ((layer.weight_mask.numpy() == 0).all(0)).sum() == 1


def test_at_random_by_the_seed():
    masks = []
    for _ in range(2):
        fastnn.manual_seed(3)
        masks.append(prune.random_unstructured(linear(), "weight", 0.4).weight_mask.numpy())
    np.testing.assert_array_equal(*masks)
    assert (masks[0] == 0).sum() == 8


def test_masks_of_ones_own_and_none():
    mask = (numbers(4, 5) > 0).astype(float)
    layer = prune.custom_from_mask(linear(), "weight", mask)
    np.testing.assert_array_equal(layer.weight_mask, mask)
    prune.custom_from_mask(layer, "weight", 1 - mask)
    np.testing.assert_array_equal(layer.weight_mask, np.zeros((4, 5)))
    assert zeros(prune.identity(linear(), "weight")) == 0


def test_over_several_parameters():
    a, b = linear(), linear(seed=1)
    both = np.concatenate([np.abs(m.weight.detach().numpy()).ravel() for m in (a, b)])
    prune.global_unstructured([(a, "weight"), (b, "weight")], prune.l1_unstructured, amount=0.25)
    left = np.concatenate([np.abs(m.weight.detach().numpy()).ravel() for m in (a, b)])
    assert (left == 0).sum() == 10
    assert left[left > 0].min() == np.sort(both)[10]


@pytest.mark.parametrize(
    ("error", "match", "call"),
    [
        (ValueError, "amount must lie between 0 and 20, got 21", lambda m: (m, "weight", 21)),
        (ValueError, "amount must lie between 0 and 1, got 1.5", lambda m: (m, "weight", 1.5)),
        (TypeError, "amount must be a number, got str", lambda m: (m, "weight", "1")),
        (ValueError, "Linear has no parameter 'w'", lambda m: (m, "w", 1)),
        (ValueError, "importance_scores must have shape", lambda m: (m, "weight", 1, np.ones(3))),
    ],
)
def test_what_is_refused(error, match, call):
    layer = linear()
    with pytest.raises(error, match=match):
        prune.l1_unstructured(*call(layer))
    assert not prune.is_pruned(layer)


def test_other_errors():
    with pytest.raises(ValueError, match="at least 2 dimensions"):
        prune.ln_structured(linear(), "bias", 1, 2, 0)
    with pytest.raises(IndexError, match="dim must lie in shape"):
        prune.random_structured(linear(), "weight", 1, 2)
    with pytest.raises(ValueError, match="'weight' of Linear is not pruned"):
        prune.remove(linear(), "weight")
    with pytest.raises(ValueError, match=r"mask must have shape \(4, 5\), got \(3,\)"):
        prune.custom_from_mask(linear(), "weight", np.ones(3))
    with pytest.raises(ValueError, match="parameters must not be empty"):
        prune.global_unstructured([], prune.l1_unstructured, amount=1)


def test_masks_match_torch():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    theirs_prune = pytest.importorskip("torch.nn.utils.prune")

    def run(space, layer):
        space.l1_unstructured(layer, "weight", 0.3)
        space.ln_structured(layer, "weight", 0.5, n=2, dim=0)
        space.l1_unstructured(layer, "weight", 0.4)
        return layer

    ours = linear(8, 6)
    theirs = torch.nn.Linear(6, 8, dtype=torch.float64)
    theirs.load_state_dict({k: torch.tensor(v.numpy()) for k, v in ours.state_dict().items()})
    got, want = run(prune, ours), run(theirs_prune, theirs)
    assert set(got.state_dict()) == set(want.state_dict())
    np.testing.assert_array_equal(got.weight_mask, want.weight_mask)
    np.testing.assert_array_equal(got.weight.detach(), want.weight.detach())
