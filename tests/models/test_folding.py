"""Folding norms into convolutions keeps the scores and removes all norms."""

import numpy as np
import pytest

import fastnn
from fastnn import models, nn
from fastnn.models import BasicBlock, Bottleneck, Inception, ResNet, SqueezeExcitation
from tests.models.test_blocks import disturb

MODELS = {
    "resnet": lambda: ResNet(BasicBlock, (1, 1, 1, 1), num_classes=5),
    "bottlenecks": lambda: ResNet(Bottleneck, (1, 1, 1, 1), num_classes=5),
    "se": lambda: ResNet(BasicBlock, (1, 1, 1, 1), num_classes=5, se_layer=SqueezeExcitation),
    "vgg": lambda: models.vgg.features(11, batch_norm=True),
    "inception": lambda: Inception(3, 2, 3, 4, 1, 2, 3),
    "sequence": lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_same_scores(name):
    fastnn.manual_seed(0)
    model = disturb(MODELS[name]()).double()
    before = {key: x.numpy().copy() for key, x in model.state_dict().items()}
    folded = models.fold_norms(model)
    assert not any(isinstance(m, nn.BatchNorm2d) for m in folded.modules())
    x = fastnn.randn(2, 3, 37, 32, dtype=np.float64)
    assert model.training
    expected = model.eval()(x).detach().numpy()
    np.testing.assert_allclose(
        folded(x).detach().numpy(), expected, 1e-9, 1e-9 * np.abs(expected).max()
    )
    for key, value in model.state_dict().items():  # the model itself is unchanged
        np.testing.assert_array_equal(value.numpy(), before[key])


def test_norms_without_a_convolution_before_them_stay():
    model = nn.Sequential(
        nn.BatchNorm2d(3),
        nn.Conv2d(3, 4, 3),
        nn.ReLU(),
        nn.BatchNorm2d(4),
        nn.Conv2d(4, 4, 3, activation="relu"),
        nn.BatchNorm2d(4),
        nn.Conv2d(4, 4, 3),
        nn.BatchNorm2d(4, track_running_stats=False),
    )
    folded = models.fold_norms(model)
    assert sum(isinstance(m, nn.BatchNorm2d) for m in folded.modules()) == 4


def test_user_defined_pairs():
    class Stem(nn.Module):
        folds = (("first", "second"),)

        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

        def forward(self, x):
            return self.second(self.first(x))

    assert isinstance(models.fold_norms(Stem()).second, nn.Identity)


def test_a_folded_resnet_is_convolutions_and_little_else():
    """The profile shows no separate norm, relu or sum."""
    model = models.fold_norms(ResNet(BasicBlock, (1, 1, 1, 1), num_classes=5))
    x = fastnn.randn(1, 3, 32, 32)
    with fastnn.no_grad(), fastnn.profile() as p:
        model(x)
    text = str(p)
    for word in ("batch_norm", "relu", "add"):
        assert word not in text
    assert "conv" in text
