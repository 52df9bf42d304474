"""ResNet and VGG: sizes, parameter names, initial weights, image sizes."""

import math

import numpy as np
import pytest

import fastnn
from fastnn import models, nn
from fastnn.models import BasicBlock, Bottleneck, ResNet, SqueezeExcitation
from tests.harness import threads

COUNTS = {
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "vgg11": 132_863_336,
    "vgg11_bn": 132_868_840,
    "vgg13": 133_047_848,
    "vgg13_bn": 133_053_736,
    "vgg16": 138_357_544,
    "vgg16_bn": 138_365_992,
    "vgg19": 143_667_240,
    "vgg19_bn": 143_678_248,
}


@pytest.mark.parametrize("name", COUNTS)
def test_number_of_parameters(name, uninitialized):
    model = getattr(models, name)()
    assert sum(p.numel() for p in model.parameters()) == COUNTS[name]


def norm(name):
    kinds = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    return [f"{name}.{kind}" for kind in kinds]


def resnet_names(counts, convs, first_downsample):
    names = ["conv1.weight", *norm("bn1")]
    for stage, count in enumerate(counts, 1):
        for i in range(count):
            block = f"layer{stage}.{i}"
            for j in range(1, convs + 1):
                names += [f"{block}.conv{j}.weight", *norm(f"{block}.bn{j}")]
            if i == 0 and (stage > 1 or first_downsample):
                names += [f"{block}.downsample.0.weight", *norm(f"{block}.downsample.1")]
    return [*names, "fc.weight", "fc.bias"]


def test_names_of_resnets(uninitialized):
    assert list(models.resnet18().state_dict()) == resnet_names((2, 2, 2, 2), 2, False)
    assert list(models.resnet50().state_dict()) == resnet_names((3, 4, 6, 3), 3, True)


@pytest.mark.parametrize(
    ("name", "convs", "norms"),
    [
        ("vgg16", [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28], 0),
        ("vgg16_bn", [0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40], 1),
        ("vgg11", [0, 3, 6, 8, 11, 13, 16, 18], 0),
    ],
)
def test_names_of_vggs(name, convs, norms, uninitialized):
    names = []
    for i in convs:
        names += [f"features.{i}.weight", f"features.{i}.bias"]
        names += norm(f"features.{i + 1}") if norms else []
    names += [f"classifier.{i}.{kind}" for i in (0, 3, 6) for kind in ("weight", "bias")]
    assert list(getattr(models, name)().state_dict()) == names


def test_shapes(uninitialized):
    state = models.resnet50(num_classes=7, in_channels=1).state_dict()
    assert state["conv1.weight"].shape == (64, 1, 7, 7)
    assert state["layer1.0.conv1.weight"].shape == (64, 64, 1, 1)
    assert state["layer2.0.downsample.0.weight"].shape == (512, 256, 1, 1)
    assert state["layer4.2.conv3.weight"].shape == (2048, 512, 1, 1)
    assert state["fc.weight"].shape == (7, 2048)
    wide = models.resnet50(groups=32, width_per_group=4).state_dict()
    assert wide["layer1.0.conv2.weight"].shape == (128, 4, 3, 3)
    assert sum(x.numel() for n, x in wide.items() if "running" not in n and "num_" not in n) == (
        25_028_904
    )


def deviation(parameter):
    return float(parameter.numpy().std())


def test_initial_weights_of_resnet():
    fastnn.manual_seed(0)
    state = models.resnet18().state_dict()
    for name, x in state.items():
        if x.ndim == 4:  # normal, of variance 2 / (O k k)
            expected = math.sqrt(2 / (x.shape[0] * x.shape[2] * x.shape[3]))
            assert deviation(x) == pytest.approx(expected, rel=0.05), name
        elif name.endswith(("bn1.weight", "bn2.weight", "running_var")):
            assert (x.numpy() == 1).all()
        elif name.endswith(("bn1.bias", "bn2.bias", "running_mean")):
            assert (x.numpy() == 0).all()
    assert np.abs(state["fc.weight"].numpy()).max() <= 1 / math.sqrt(512)


def test_initial_weights_of_vgg():
    fastnn.manual_seed(0)
    for layer, expected in (
        (nn.Conv2d(64, 128, 3), math.sqrt(2 / (128 * 9))),
        (nn.Linear(300, 200), 0.01),
    ):
        layer.apply(models.vgg.reset)
        assert deviation(layer.weight.detach()) == pytest.approx(expected, rel=0.05)
        assert (layer.bias.detach().numpy() == 0).all()


@pytest.mark.parametrize("block", [BasicBlock, Bottleneck])
def test_blocks_with_a_zero_last_norm_are_identities(block):
    model = ResNet(block, (1, 2, 1, 1), num_classes=3, zero_init_residual=True)
    x = fastnn.relu(fastnn.randn(2, 128 * block.expansion, 5, 5))
    np.testing.assert_array_equal(model.layer2[1](x).detach().numpy(), x.numpy())
    plain = ResNet(block, (1, 2, 1, 1), num_classes=3)
    assert (plain.layer2[1](x).detach().numpy() != x.numpy()).any()


@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (28, 28), (33, 47)])
def test_images_of_any_size(shape):
    model = ResNet(Bottleneck, (1, 1, 1, 1), num_classes=3, in_channels=2).eval()
    for count in (0, 1, 3):
        y = model(fastnn.randn(count, 2, *shape))
        assert y.shape == (count, 3)
        assert np.isfinite(y.detach().numpy()).all()


def test_dilation_keeps_images_large(uninitialized):
    layers = ResNet(Bottleneck, (1, 2, 2, 2), replace_stride_with_dilation=(False, True, True))
    strides = [m.stride[0] for m in layers.modules() if isinstance(m, nn.Conv2d)]
    assert max(strides[-14:]) == 1
    dilations = [
        stage[i].conv2.dilation[0] for stage in (layers.layer3, layers.layer4) for i in (0, 1)
    ]
    assert dilations == [1, 2, 2, 4]


def test_a_senet_is_a_resnet_with_squeeze_and_excitation():
    model = ResNet(BasicBlock, (1, 1, 1, 1), num_classes=3, se_layer=SqueezeExcitation)
    assert "layer3.0.se.fc1.weight" in model.state_dict()
    assert model.layer3[0].se.fc1.weight.shape == (16, 256, 1, 1)
    model(fastnn.randn(2, 3, 16, 16)).sum().backward()
    assert all(p.grad is not None for p in model.parameters())


def test_a_training_step_has_the_same_bits_for_any_number_of_threads():
    found = []
    for n in (1, 2, 3, 7):
        with threads(n):
            fastnn.manual_seed(0)
            model = ResNet(BasicBlock, (1, 1, 1, 1), num_classes=5)
            x, labels = fastnn.randn(5, 3, 40, 40), fastnn.tensor([0, 1, 2, 3, 4])
            fastnn.nn.functional.cross_entropy(model(x), labels).backward()
            found.append([p.grad.numpy() for p in model.parameters()])
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_other_networks_use_the_same_blocks():
    """AlexNet's first layers, a small GoogLeNet, and a network that reads text."""
    alexnet = nn.Sequential(
        nn.Conv2d(3, 8, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2), nn.AdaptiveAvgPool2d(6)
    )
    assert alexnet(fastnn.randn(1, 3, 80, 80)).shape == (1, 8, 6, 6)
    googlenet = nn.Sequential(
        models.BasicConv2d(3, 8, kernel_size=7, stride=2, padding=3),
        nn.MaxPool2d(3, 2, ceil_mode=True),
        models.Inception(8, 4, 2, 6, 2, 3, 3),
        models.Inception(16, 4, 2, 6, 2, 3, 3, kernel_size=3),
    )
    assert googlenet(fastnn.randn(2, 3, 32, 32)).shape == (2, 16, 8, 8)
    ids = fastnn.tensor(np.arange(24).reshape(2, 12))
    words = nn.Embedding(24, 5)(ids).transpose(1, 2)
    found = [nn.Conv1d(5, 4, k, activation="relu")(words).amax(2) for k in (2, 3, 4)]
    assert fastnn.cat(found, 1).shape == (2, 12)


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"expected 4 layers .* got 3 and 3"):
        ResNet(BasicBlock, (1, 1, 1))
    with pytest.raises(ValueError, match="got 4 and 2"):
        ResNet(Bottleneck, (1, 1, 1, 1), replace_stride_with_dilation=(True, True))
    with pytest.raises(ValueError, match="BasicBlock: groups, base_width and dilation must be"):
        models.resnet18(groups=2)
    with pytest.raises(ValueError, match="squeeze must be 'avg' or 'max', got 'mean'"):
        SqueezeExcitation(4, squeeze="mean")
    model = ResNet(BasicBlock, (1, 1, 1, 1), num_classes=3)
    with pytest.raises(ValueError, match=r"Conv2d `conv1` \(in_channels=3\): input"):
        model(fastnn.randn(2, 1, 32, 32))
    # One value for each channel.
    with pytest.raises(ValueError, match=r"BatchNorm2d `layer4.0.bn1`: Expected"):
        model(fastnn.randn(1, 3, 32, 32))
