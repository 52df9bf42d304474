"""Records of modules: what holds for every operation is tried with them too."""

import numpy as np

import fastnn
from fastnn import nn
from tests.harness import Record, Sample, away_from, numbers


def layer(make, *inputs, **options):
    """A record of a module with parameters of a fixed seed."""

    def call(*args, **kwargs):
        fastnn.manual_seed(3)
        module = make().to(next(x.dtype for x in args if x.dtype.kind == "f"))
        return module(*args, **kwargs)

    name = f"module {make().__class__.__name__}"
    return Record(name, call, call, [Sample(*inputs, **options)])


IMAGE, SERIES = numbers(2, 4, 6, 5), numbers(5, 3, 4)
MODULES = [
    layer(lambda: nn.Linear(5, 3), numbers(4, 5)),
    layer(lambda: nn.Bilinear(5, 4, 3), numbers(2, 5), numbers(2, 4, seed=1)),
    layer(lambda: nn.Conv1d(3, 5, 3), numbers(2, 3, 9)),
    layer(lambda: nn.Conv2d(4, 6, 3, padding=1, groups=2), IMAGE),
    layer(lambda: nn.ConvTranspose2d(4, 3, 3, stride=2), IMAGE),
    layer(lambda: nn.BatchNorm2d(4), IMAGE),
    layer(lambda: nn.BatchNorm2d(4).eval(), IMAGE),
    layer(lambda: nn.GroupNorm(2, 4), IMAGE),
    layer(lambda: nn.InstanceNorm2d(4, affine=True), IMAGE),
    layer(lambda: nn.LayerNorm(5), IMAGE),
    layer(lambda: nn.RMSNorm(5), IMAGE),
    layer(lambda: nn.LocalResponseNorm(3), IMAGE),
    layer(lambda: nn.MaxPool2d(2), IMAGE),
    layer(lambda: nn.AdaptiveAvgPool2d(3), IMAGE),
    layer(lambda: nn.Upsample(scale_factor=2, mode="bilinear"), IMAGE),
    layer(lambda: nn.LeakyReLU(), away_from(IMAGE, 0.0)),
    layer(lambda: nn.Softmax(1), IMAGE),
    layer(lambda: nn.Sequential(nn.Flatten(), nn.Linear(120, 3), nn.ReLU()), IMAGE),
    layer(lambda: nn.RNN(4, 6), SERIES),
    layer(lambda: nn.LSTM(4, 6, num_layers=2, bidirectional=True), SERIES),
    layer(lambda: nn.GRU(4, 6), SERIES),
    layer(lambda: nn.MultiheadAttention(4, 2), SERIES, SERIES + 1, SERIES - 1),
    layer(lambda: nn.TransformerEncoderLayer(4, 2, 8, 0.0), SERIES),
    layer(lambda: nn.CrossEntropyLoss(), numbers(4, 5), np.array([1, 0, 4, 2])),
    layer(lambda: nn.MSELoss(), numbers(4, 5), numbers(4, 5, seed=1)),
]
