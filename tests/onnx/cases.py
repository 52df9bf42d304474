"""Every layer and every model: how it is made, and inputs for a batch of n samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from fastnn import models, nn
from fastnn.models.vgg import features as vgg_features

Arrays = tuple[np.ndarray, ...]


class Case(NamedTuple):
    """A module, and what it is called on."""

    name: str
    make: Callable[[], Any]
    inputs: Callable[[int], Arrays]
    batch: dict[int, int]  # axis of the batch, by number of the input
    fixed: bool = False  # the batch cannot vary
    tolerance: float = 2e-5  # of the largest number, for sums of some hundred terms in float32


def floats(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def ids(*shape, high=10):
    return np.random.default_rng(1).integers(0, high, shape)


CASES: list[Case] = []


def case(make, inputs, batch=None, name=None, **options):
    CASES.append(Case(name or type(make()).__name__, make, inputs, batch or {0: 0}, **options))


def one(make, *shape, name=None, **options):
    """A module of one float input (n, *shape)."""
    case(make, lambda n: (floats(n, *shape),), name=name, **options)


def trained(layer):
    """A norm whose parameters and statistics are not those of the start."""
    for seed, x in enumerate([*layer.parameters(), *layer.buffers()]):
        if x.dtype == np.float32:
            x.data.numpy()[...] = np.abs(floats(*x.shape, seed=seed)) + 0.5
    return layer


# Activations.
for kind in (
    *("CELU", "ELU", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU"),
    *("LogSigmoid", "Mish", "PReLU", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid"),
    *("Softplus", "Softshrink", "Softsign", "Step", "Tanh", "Tanhshrink", "Identity"),
    *("Dropout", "AlphaDropout"),
):
    one(getattr(nn, kind), 3, 5)
one(lambda: nn.Threshold(0.1, -2.0), 5)
one(lambda: nn.GELU("tanh"), 5, name="GELU tanh")
one(lambda: nn.Softplus(2.0, 1.0), 5, name="Softplus beta")
one(lambda: nn.CELU(0.5), 5, name="CELU alpha")
one(lambda: nn.PReLU(4), 4, 3, name="PReLU channels")
one(lambda: nn.ReLU(inplace=True), 4, name="ReLU inplace")
one(lambda: nn.GLU(1), 4, 3)
one(lambda: nn.Maxout(6, 4, 2), 6)
one(lambda: nn.Softmax(1), 4, 3)
one(lambda: nn.Softmin(1), 4, 3)
one(lambda: nn.LogSoftmax(-1), 4, 3)
one(nn.Softmax2d, 4, 3, 3)
one(nn.Dropout1d, 4, 3)
one(nn.Dropout2d, 4, 3, 3)
one(nn.Dropout3d, 4, 3, 3, 3)
one(nn.FeatureAlphaDropout, 4, 3, 3)

# Linear layers.
one(lambda: nn.Linear(4, 6), 4)
one(lambda: nn.Linear(4, 6, bias=False), 3, 4, name="Linear of three axes")
one(lambda: nn.Linear(4, 6, activation=("leaky_relu", 0.2)), 2, 3, 4, name="Linear fused")
case(lambda: nn.Bilinear(3, 4, 5), lambda n: (floats(n, 3), floats(n, 4)), {0: 0, 1: 0})
case(nn.CosineSimilarity, lambda n: (floats(n, 3), floats(n, 3, seed=1)), {0: 0, 1: 0})
case(nn.PairwiseDistance, lambda n: (floats(n, 3), floats(n, 3, seed=1)), {0: 0, 1: 0})
case(lambda: nn.Embedding(10, 4, padding_idx=0), lambda n: (ids(n, 5),))
for mode in ("sum", "mean", "max"):
    case(lambda mode=mode: nn.EmbeddingBag(10, 4, mode=mode), lambda n: (ids(n, 5),))

# Convolutions.
one(lambda: nn.Conv1d(4, 6, 3, 2, 1), 4, 9)
one(lambda: nn.Conv2d(4, 6, 3, padding="same", dilation=2, groups=2), 4, 9, 8)
one(lambda: nn.Conv2d(4, 6, 3, 2, 1, activation="relu", bias=False), 4, 9, 8, name="Conv2d fused")
one(lambda: nn.Conv2d(4, 6, 3, padding=1, padding_mode="circular"), 4, 9, 8, name="Conv2d circular")
one(lambda: nn.Conv2d(4, 6, 3, padding=2, padding_mode="reflect"), 4, 9, 8, name="Conv2d reflect")
one(lambda: nn.Conv3d(4, 6, (1, 3, 2)), 4, 3, 5, 6)
one(lambda: nn.ConvTranspose1d(4, 6, 3, 2, 1, 1), 4, 9)
one(lambda: nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2), 4, 5, 6)
one(lambda: nn.ConvTranspose3d(4, 6, 2, 2), 4, 2, 3, 4)
one(lambda: nn.Unfold(3, dilation=2, padding=1, stride=2), 4, 9, 8)
one(lambda: nn.Fold((6, 7), 2, padding=1), 12, 56)
one(lambda: nn.ChannelShuffle(2), 4, 3, 3)
one(lambda: nn.PixelShuffle(2), 8, 3, 3)
one(lambda: nn.PixelUnshuffle(2), 2, 4, 6)

# Norms.
one(lambda: trained(nn.BatchNorm1d(4)), 4)
one(lambda: trained(nn.BatchNorm2d(4)), 4, 5, 5)
one(lambda: trained(nn.BatchNorm3d(4)), 4, 2, 3, 3)
one(lambda: trained(nn.BatchNorm2d(4, affine=False)), 4, 5, 5, name="BatchNorm2d not affine")
one(lambda: nn.BatchNorm2d(4, track_running_stats=False), 4, 5, 5, name="BatchNorm2d of the batch")
one(lambda: trained(nn.BatchRenorm1d(4)), 4, 3)
one(lambda: trained(nn.BatchRenorm2d(4)), 4, 5, 5)
one(lambda: trained(nn.BatchRenorm3d(4)), 4, 2, 3, 3)
one(lambda: trained(nn.GroupNorm(2, 4)), 4, 5, 5)
for d in (1, 2, 3):
    shape = (4, 5, 3, 2)[: d + 1]
    one(lambda d=d: trained(getattr(nn, f"InstanceNorm{d}d")(4, affine=True)), *shape)
one(
    lambda: trained(nn.InstanceNorm2d(4, track_running_stats=True)),
    *(4, 5, 5),
    name="InstanceNorm2d running",
)
one(lambda: trained(nn.LayerNorm((3, 4))), 5, 3, 4)
one(lambda: nn.LayerNorm(4, elementwise_affine=False), 3, 4, name="LayerNorm not affine")
one(lambda: trained(nn.RMSNorm(4)), 3, 4)
one(lambda: nn.LocalResponseNorm(4), 6, 3, 3)

# Poolings.
one(lambda: nn.MaxPool1d(3, 2, 1), 4, 9)
one(lambda: nn.MaxPool2d(3, 2, 1, ceil_mode=True), 4, 8, 9)
one(lambda: nn.MaxPool2d(2, 1, dilation=2, return_indices=True), 4, 8, 9, name="MaxPool2d indices")
one(lambda: nn.MaxPool3d(2), 4, 4, 5, 6)
one(lambda: nn.AvgPool1d(3, 2, 1), 4, 9)
one(lambda: nn.AvgPool2d(3, 2, 1, ceil_mode=True), 4, 8, 9)
one(lambda: nn.AvgPool2d(3, 2, 1, False, False), 4, 8, 9, name="AvgPool2d without pads")
one(lambda: nn.AvgPool2d(2, divisor_override=3), 4, 8, 9, name="AvgPool2d divisor")
one(lambda: nn.AvgPool3d(2), 4, 4, 5, 6)
one(lambda: nn.LPPool1d(2, 3), 4, 9)
one(lambda: nn.LPPool2d(3, 2), 4, 8, 9)
one(lambda: nn.LPPool3d(2, 2), 4, 4, 5, 6)
for d in (1, 2, 3):
    shape = (4, 7, 6, 5)[: d + 1]
    for size in (1, 3):
        one(lambda d=d, size=size: getattr(nn, f"AdaptiveAvgPool{d}d")(size), *shape)
        one(lambda d=d, size=size: getattr(nn, f"AdaptiveMaxPool{d}d")(size), *shape)
one(lambda: nn.AdaptiveAvgPool2d((None, 3)), 4, 7, 6, name="AdaptiveAvgPool2d one axis")


def places(n, *axes):
    """Numbers, and different places of windows of two along each axis."""
    lines = [np.arange(0, 2 * m, 2) for m in axes]
    flat = np.ravel_multi_index(np.meshgrid(*lines, indexing="ij"), [2 * m for m in axes])
    return floats(n, 3, *axes), np.broadcast_to(flat, (n, 3, *axes)).copy()


for d in (1, 2, 3):
    case(
        lambda d=d: getattr(nn, f"MaxUnpool{d}d")(2),
        lambda n, d=d: places(n, *(4, 3, 2)[:d]),
        {0: 0, 1: 0},
    )

# Paddings, shapes, images.
for d in (1, 2, 3):
    shape = (3, 5, 4, 6)[: d + 1]
    for kind in ("Circular", "Reflection", "Replication", "Zero"):
        one(
            lambda kind=kind, d=d: getattr(nn, f"{kind}Pad{d}d")((1, 2, 2, 1, 0, 1)[: 2 * d]),
            *shape,
        )
    one(lambda d=d: getattr(nn, f"ConstantPad{d}d")(1, 2.5), *shape)
one(nn.Flatten, 3, 4)
one(lambda: nn.Unflatten(1, (3, 4)), 12)
one(lambda: nn.Upsample(scale_factor=2), 3, 4, 5)
one(lambda: nn.Upsample(size=(7, 3), mode="bilinear"), 3, 4, 5, name="Upsample bilinear")
one(lambda: nn.Upsample(scale_factor=1.5, mode="bicubic"), 3, 4, 6, name="Upsample bicubic")
one(lambda: nn.Upsample(size=7, mode="linear", align_corners=True), 3, 4, name="Upsample linear")
one(lambda: nn.Upsample(size=(3, 5, 4), mode="trilinear"), 2, 3, 4, 5, name="Upsample trilinear")
one(lambda: nn.Upsample(size=7, mode="nearest-exact"), 3, 4, name="Upsample nearest-exact")
one(lambda: nn.UpsamplingNearest2d(scale_factor=2), 3, 4, 5)
one(lambda: nn.UpsamplingBilinear2d(scale_factor=2), 3, 4, 5)

# Recurrent layers.
for kind in ("RNN", "GRU", "LSTM"):
    layer = getattr(nn, kind)
    case(lambda layer=layer: layer(4, 5), lambda n: (floats(7, n, 4),), {0: 1})
    case(
        lambda layer=layer: layer(4, 5, 2, batch_first=True, bidirectional=True, bias=False),
        lambda n: (floats(n, 7, 4),),
        name=f"{kind} of two layers",
    )
    case(lambda kind=kind: getattr(nn, f"{kind}Cell")(4, 5), lambda n: (floats(n, 4),))
case(lambda: nn.RNN(4, 5, nonlinearity="relu"), lambda n: (floats(7, n, 4),), {0: 1}, "RNN relu")
case(lambda: nn.LSTM(4, 5, proj_size=3), lambda n: (floats(3, n, 4),), {0: 1}, "LSTM projected")
case(
    lambda: trained(nn.LayerNormLSTM(4, 5, 2, bidirectional=True)),
    lambda n: (floats(3, n, 4),),
    {0: 1},
)
case(
    lambda: nn.ZoneoutLSTM(4, 5, zoneout_h=0.2, zoneout_c=0.1), lambda n: (floats(3, n, 4),), {0: 1}
)


class WithLengths(nn.Module):
    """A recurrent layer, or a pooling, on sequences of different lengths."""

    def __init__(self, layer, batch_first=False):
        super().__init__()
        self.layer = layer

    def forward(self, x, lengths):
        return self.layer(x, lengths=lengths)


def with_lengths(n, batch_first=False):
    x = floats(n, 7, 4) if batch_first else floats(7, n, 4)
    return x, np.arange(n) % 6 + 1


for kind in ("RNN", "GRU", "LSTM"):
    case(
        lambda kind=kind: WithLengths(getattr(nn, kind)(4, 5, 2, bidirectional=True)),
        with_lengths,
        {0: 1, 1: 0},
        f"{kind} with lengths",
    )
for kind in ("LastPooling", "MeanPooling", "MaxPooling", "AttentionPooling"):
    options = (4,) if kind == "AttentionPooling" else ()
    make = lambda kind=kind, options=options: getattr(nn, kind)(*options, batch_first=True)  # noqa: E731
    case(make, lambda n: (floats(n, 7, 4),))
    case(
        lambda make=make: WithLengths(make()),
        lambda n: with_lengths(n, True),
        {0: 0, 1: 0},
        f"{kind} with lengths",
    )
    plain = lambda kind=kind, options=options: getattr(nn, kind)(*options)  # noqa: E731
    case(lambda plain=plain: WithLengths(plain()), with_lengths, {0: 1, 1: 0}, f"{kind} time first")

# Attention.
for first in (False, True):
    shape = lambda n, t, first=first: floats(n, t, 8) if first else floats(t, n, 8)  # noqa: E731
    axis = 0 if first else 1
    case(
        lambda first=first: nn.MultiheadAttention(8, 2, batch_first=first),
        lambda n, shape=shape: (shape(n, 3), shape(n, 5), shape(n, 5)),
        {0: axis, 1: axis, 2: axis},
        f"MultiheadAttention batch_first={first}",
    )
    case(
        lambda first=first: nn.TransformerEncoderLayer(8, 2, 16, batch_first=first),
        lambda n, shape=shape: (shape(n, 5),),
        {0: axis},
        f"TransformerEncoderLayer batch_first={first}",
    )
case(
    lambda: nn.MultiheadAttention(8, 2, add_bias_kv=True, add_zero_attn=True, kdim=6, vdim=4),
    lambda n: (floats(3, n, 8), floats(5, n, 6), floats(5, n, 4)),
    {0: 1, 1: 1, 2: 1},
    "MultiheadAttention",
)
case(
    lambda: nn.TransformerEncoderLayer(8, 2, 16, activation="gelu", norm_first=True),
    lambda n: (floats(5, n, 8),),
    {0: 1},
)
case(
    lambda: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16), 2, nn.LayerNorm(8)),
    lambda n: (floats(5, n, 8),),
    {0: 1},
)
pair = lambda n: (floats(4, n, 8), floats(5, n, 8))  # noqa: E731
case(lambda: nn.TransformerDecoderLayer(8, 2, 16), pair, {0: 1, 1: 1})
case(lambda: nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 16), 2), pair, {0: 1, 1: 1})
case(lambda: nn.Transformer(8, 2, 1, 1, 16), pair, {0: 1, 1: 1})
case(lambda: nn.LearnedPositionalEncoding(9, 6), lambda n: (floats(5, n, 6),), {0: 1})
case(lambda: nn.SinusoidalPositionalEncoding(7), lambda n: (floats(5, n, 7),), {0: 1})


class Masked(nn.Module):
    """An encoder layer with padding, and causal."""

    def __init__(self, causal):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.causal = causal

    def forward(self, x, padding):
        t = x.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(t) if self.causal else None
        return self.layer(x, mask, padding, is_causal=self.causal)


for causal in (False, True):
    case(
        lambda causal=causal: Masked(causal),
        lambda n: (floats(n, 5, 8), np.arange(5) > np.arange(n)[:, None] % 5),
        {0: 0, 1: 0},
        f"padding, causal={causal}",
    )

# Containers.
one(lambda: nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.Sequential(nn.Linear(6, 2))), 4)


class Parts(nn.Module):
    """Lists and dicts of modules and parameters, and operators between them."""

    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(4, 4) for _ in range(2)])
        self.named = nn.ModuleDict({"head": nn.Linear(4, 2)})
        self.gains = nn.ParameterList([nn.Parameter(np.float32([1, 2, 3, 4]))])
        self.shifts = nn.ParameterDict({"b": nn.Parameter(np.float32([0.5, 1, 2, 3]))})

    def forward(self, x):
        for layer in self.layers:
            x = (x + layer(x).tanh()) * self.gains[0] - self.shifts["b"] / 2
        y = self.named["head"](x.reshape(x.shape[0] * 2, 4)).reshape(x.shape[0], 2, 2)
        return y[:, -1], x.mean(dim=(0, 1)), y.transpose(1, 2).flatten(1)


one(Parts, 2, 4, name="containers")

# Models.
one(lambda: models.resnet18(num_classes=5), 3, 32, 32)
one(lambda: models.ResNet(models.Bottleneck, [1, 1, 1, 1], 5, groups=2), 3, 32, 32, name="ResNeXt")
one(lambda: models.fold_norms(models.resnet18(num_classes=5)), 3, 32, 32, name="folded")
one(lambda: models.BasicBlock(4, 4), 4, 5, 5)
one(lambda: models.Bottleneck(8, 2), 8, 5, 5)
one(lambda: models.SqueezeExcitation(8), 8, 5, 5)
one(lambda: models.BasicConv2d(3, 4, kernel_size=3), 3, 5, 5)
one(lambda: models.Inception(8, 2, 2, 3, 2, 3, 2), 8, 7, 7)
one(lambda: vgg_features(11, batch_norm=True), 3, 32, 32, name="features of VGG")
