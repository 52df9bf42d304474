"""ResNet and VGG match PyTorch: scores, gradients, running statistics."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from benches.side_by_side import networks
from fastnn import models, nn

torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")


def resnet(depth):
    data = networks.batch_of("resnet", (depth, 3, 37, 7))
    return getattr(models, f"resnet{depth}")(num_classes=7), data


def vgg_features(depth):
    """A VGG without its large linear layers."""
    layers = networks.vgg(depth, 7)
    layers = layers[: next(i for i, x in enumerate(layers) if isinstance(x, networks.Mean))]
    data = networks.batch_of("resnet", (18, 3, 37, 7))
    model = nn.Sequential({"features": models.vgg.features(depth)})
    return model, data._replace(layers=layers, state=networks.weights(layers))


@pytest.mark.parametrize(("build", "depth"), [(resnet, 18), (resnet, 50), (vgg_features, 16)])
def test_a_training_step_and_the_scores_after_it(build, depth):
    """In float64, where rounding errors have no visible effect."""
    from benches.side_by_side.impl.torch_networks import Network

    model, data = build(depth)
    model.load_state_dict(data.state)
    model.double()
    other = Network(data, "")
    other.model.double()
    images = other.x.double()
    x = fastnn.from_numpy(images.numpy())
    loss = F.cross_entropy(model(x).flatten(1), fastnn.from_numpy(data.labels))
    loss.backward()
    scores = other.model(images).flatten(1)
    expected = torch.nn.functional.cross_entropy(scores, other.labels)
    expected.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-10)

    def check(name, got, want):
        limit = 1e-9 * np.abs(want).max()
        np.testing.assert_allclose(got, want, rtol=0, atol=limit, err_msg=name)

    for name, p in model.named_parameters():
        place, _, what = name.rpartition(".")
        check(name, p.grad.numpy(), getattr(other.named[place], what).grad.numpy())
    for name, b in model.named_buffers():
        place, _, what = name.rpartition(".")
        check(name, b.numpy(), getattr(other.named[place], what).numpy())
    with torch.no_grad():
        want = other.model.eval()(images).numpy()
    check("scores", model.eval()(x).detach().numpy(), want)
