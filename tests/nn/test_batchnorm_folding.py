"""Folding batch norms into the layers before them."""

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.nn import utils
from tests.harness import numbers


def trained(norm):
    """Give a norm statistics and parameters that are not the identity."""
    size = norm.num_features
    for i, name in enumerate(("weight", "bias", "running_mean")):
        if getattr(norm, name) is not None:
            getattr(norm, name)._array[:] = numbers(size, seed=i)
    norm.running_var._array[:] = numbers(size, low=0.2, high=3, seed=7)
    return norm.eval()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("kind", [nn.BatchNorm1d, nn.BatchRenorm1d])
def test_linear(kind, affine, bias):
    linear = nn.Linear(5, 7, bias=bias, dtype="float64").eval()
    norm = trained(kind(7, affine=affine, dtype="float64"))
    before = linear.weight._array.copy()
    fused = utils.fuse_linear_bn_eval(linear, norm)
    x = fastnn.tensor(numbers(9, 5))
    np.testing.assert_allclose(fused(x).detach(), norm(linear(x)).detach(), rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(linear.weight._array, before)
    assert isinstance(fused, nn.Linear)
    assert list(fused.state_dict()) == ["weight", "bias"]
    assert fused.weight.requires_grad
    assert not fused.training


def test_errors():
    linear, norm = nn.Linear(5, 7), nn.BatchNorm1d(7)
    with pytest.raises(ValueError, match="fuse_linear_bn_eval: both layers must be in evaluation"):
        utils.fuse_linear_bn_eval(linear, norm)
    linear.eval(), norm.eval()
    with pytest.raises(ValueError, match="as many channels as the layer has outputs, 7, got 6"):
        utils.fuse_linear_bn_eval(linear, nn.BatchNorm1d(6).eval())
    with pytest.raises(ValueError, match="the norm has no running statistics"):
        utils.fuse_linear_bn_eval(linear, nn.BatchNorm1d(7, track_running_stats=False).eval())
    with pytest.raises(ValueError, match="the layer has an activation, 'relu', before the norm"):
        utils.fuse_linear_bn_eval(nn.Linear(5, 7, activation="relu").eval(), norm)


@pytest.mark.parametrize("transpose", [False, True])
def test_weights_matches_torch(transpose):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    w = numbers(4, 4, 3, 2)
    rest = [numbers(4, low=0.1, seed=i) for i in range(1, 6)]
    rest[2] = np.abs(rest[2])
    b, m, v, nw, nb = rest
    given = (w, b, m, v, 1e-5, nw, nb)
    theirs = torch.nn.utils.fusion.fuse_conv_bn_weights(
        *[torch.tensor(a) if isinstance(a, np.ndarray) else a for a in given], transpose
    )
    ours = utils.fuse_conv_bn_weights(
        *[fastnn.tensor(a) if isinstance(a, np.ndarray) else a for a in given], transpose
    )
    for mine, other in zip(ours, theirs):
        np.testing.assert_allclose(mine.detach(), other.detach(), rtol=1e-12)


CONVOLUTIONS = [
    ("Conv1d", (2, 4, 9), {}),
    ("Conv2d", (2, 4, 6, 7), {"groups": 2, "stride": 2, "padding": 1}),
    ("Conv2d", (2, 4, 6, 7), {"bias": False}),
    ("Conv3d", (2, 4, 4, 4, 4), {}),
    ("ConvTranspose1d", (2, 4, 9), {}),
    ("ConvTranspose2d", (2, 4, 6, 7), {"groups": 2, "stride": 2}),
]


@pytest.mark.skipif(not hasattr(nn, "Conv2d"), reason="no convolutions yet")
@pytest.mark.parametrize(("name", "shape", "options"), CONVOLUTIONS)
def test_convolutions(name, shape, options):
    conv = getattr(nn, name)(4, 6, 3, dtype="float64", **options).eval()
    norm = trained(getattr(nn, f"BatchNorm{len(shape) - 2}d")(6, dtype="float64"))
    fused = utils.fuse_conv_bn_eval(conv, norm, transpose="Transpose" in name)
    x = fastnn.tensor(numbers(*shape))
    np.testing.assert_allclose(fused(x).detach(), norm(conv(x)).detach(), rtol=1e-11, atol=1e-11)
    assert list(fused.state_dict()) == ["weight", "bias"]
