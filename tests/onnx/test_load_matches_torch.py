"""Files of PyTorch's exporter."""

import io
import warnings

import numpy as np
import pytest

import fastnn
from tests.onnx.cases import floats

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

pytestmark = pytest.mark.any_threading

N = torch.nn


class Residual(N.Module):
    def __init__(self):
        super().__init__()
        self.conv = N.Conv2d(3, 3, 3, padding=1, bias=False)
        self.norm = N.BatchNorm2d(3)

    def forward(self, x):
        y = torch.relu(self.norm(self.conv(x)) + x)
        return torch.cat([y, y[:, 1:]], 1).mean((2, 3))


class Tagger(N.Module):
    def __init__(self):
        super().__init__()
        self.table = N.Embedding(10, 4)
        self.layer = N.LSTM(4, 5, batch_first=True, bidirectional=True)
        self.head = N.Linear(10, 3)

    def forward(self, ids):
        return self.head(self.layer(self.table(ids))[0])


MODELS = {
    "mlp": (lambda: N.Sequential(N.Linear(4, 8), N.GELU(), N.LayerNorm(8), N.Linear(8, 2)), (4,)),
    "mlp3": (lambda: N.Sequential(N.Linear(4, 8), N.ELU(), N.Dropout(), N.Linear(8, 2)), (3, 4)),
    "cnn": (
        lambda: N.Sequential(
            *(N.Conv2d(3, 6, 3, 2, 1), N.BatchNorm2d(6), N.ReLU6(), N.MaxPool2d(2)),
            *(N.AdaptiveAvgPool2d(1), N.Flatten(), N.Linear(6, 2), N.Softmax(1)),
        ),
        (3, 12, 12),
    ),
    "deconv": (lambda: N.Sequential(N.ConvTranspose2d(3, 4, 3, 2, 1, 1), N.Hardswish()), (3, 5, 5)),
    "residual": (Residual, (3, 6, 6)),
    "upsample": (lambda: N.Upsample(scale_factor=2, mode="bilinear"), (3, 6, 6)),
    "tagger": (Tagger, None),
}


@pytest.mark.parametrize("opset", [13, 17, 20])
@pytest.mark.parametrize("name", MODELS)
def test_values_are_those_of_pytorch(name, opset):
    make, shape = MODELS[name]
    torch.manual_seed(0)
    model = make().eval()

    def example(n):
        return np.arange(n * 7).reshape(n, 7) % 10 if shape is None else floats(n, *shape)

    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of itself
        torch.onnx.export(
            model,
            (torch.from_numpy(example(2)),),
            file,
            dynamo=False,
            opset_version=opset,
            input_names=["x"],
            dynamic_axes={"x": {0: "batch"}},
        )
    copy = fastnn.onnx.load(io.BytesIO(file.getvalue()))
    for n in (2, 5):
        x = example(n)
        expected = model(torch.from_numpy(x)).detach().numpy()
        np.testing.assert_allclose(copy(x).detach().numpy(), expected, atol=2e-5)
