"""Every layer and model as an ONNX file, beside ONNX Runtime."""

import io

import numpy as np
import pytest

import fastnn
from fastnn import models, nn
from tests.onnx.cases import CASES, floats

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

pytestmark = pytest.mark.any_threading

# Public classes of modules without a case of their own, and why.
EXCEPTIONS = {
    "DataParallel": "calls the module that it holds",
    "FractionalMaxPool2d": "draws its windows at random, also in evaluation mode",
    "FractionalMaxPool3d": "draws its windows at random, also in evaluation mode",
    "Module": "the base class",
    "ModuleDict": "has no forward; in the case of containers",
    "ModuleList": "has no forward; in the case of containers",
    "ParameterDict": "has no forward; in the case of containers",
    "ParameterList": "has no forward; in the case of containers",
    "RNNBase": "the base class of RNN, GRU and LSTM",
    "RNNCellBase": "the base class of cells",
    "AdaptiveLogSoftmaxWithLoss": "a loss",
    "VGG": "its linear layers have half a gigabyte: test_vgg",
}
LOSSES = {name for name in dir(nn) if name.endswith("Loss")}
LAZY = {name for name in dir(nn) if name.startswith("Lazy")}  # become the other classes


def classes(package):
    return {
        name
        for name in dir(package)
        if isinstance(getattr(package, name), type)
        and issubclass(getattr(package, name), nn.Module)
    }


def test_every_layer_and_model_has_a_case():
    made = {type(module).__name__ for case in CASES for module in case.make().modules()}
    public = classes(nn) | classes(models)
    assert public - made - LOSSES - LAZY - set(EXCEPTIONS) == set()
    assert set(EXCEPTIONS) <= public


def exported(module, arrays, **options):
    file = io.BytesIO()
    fastnn.onnx.export(module, tuple(map(fastnn.from_numpy, arrays)), file, **options)
    return file.getvalue()


def flat(result):
    if isinstance(result, (tuple, list)):
        return [x for part in result for x in flat(part)]
    return [] if result is None else [result.detach().numpy()]


def run(data, arrays):
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    session = runtime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    names = [i.name for i in session.get_inputs()]
    return session.run(None, dict(zip(names, arrays)))


def axes_of(case, count):
    names = ["input", *[f"input_{i}" for i in range(1, count)]]
    return {names[i]: {axis: "batch"} for i, axis in case.batch.items()}


@pytest.mark.parametrize("case", CASES, ids=[f"{i}-{c.name}" for i, c in enumerate(CASES)])
def test_values_are_those_of_onnx_runtime(case):
    fastnn.manual_seed(0)
    module = case.make().eval()
    example = case.inputs(2)
    data = exported(module, example, dynamic_axes=axes_of(case, len(example)))
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    for n in (2, 5):
        arrays = case.inputs(n)
        expected = flat(module(*map(fastnn.from_numpy, arrays)))
        found = run(data, arrays)
        assert len(found) == len(expected)
        for a, b in zip(found, expected):
            assert a.shape == b.shape
            assert a.dtype == b.dtype
            size = max(1.0, float(np.abs(b).max(initial=0)))
            np.testing.assert_allclose(a, b, rtol=0, atol=case.tolerance * size)


def test_initializers_have_the_names_of_the_state_dict():
    model = models.resnet18(num_classes=3)
    message = onnx.load_from_string(exported(model, (floats(1, 3, 32, 32),)))
    names = {x.name for x in message.graph.initializer if not x.name.startswith("constant")}
    kept = {n for n in model.state_dict() if not n.endswith("num_batches_tracked")}
    assert names == kept


@pytest.mark.slow
def test_vgg():
    model = models.vgg11(num_classes=3).eval()
    x = floats(2, 3, 32, 32)
    data = exported(model, (x,))
    np.testing.assert_allclose(run(data, (x,))[0], flat(model(fastnn.from_numpy(x)))[0], atol=1e-5)


class Causal(nn.Module):
    """Ids, positions and a causal encoder, whose mask follows from the length."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(10, 8)
        self.positions = nn.SinusoidalPositionalEncoding(8, batch_first=True)
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, ids):
        x = self.positions(self.table(ids))
        return self.layer(x, is_causal=True)[:, -1]


class LastState(nn.Module):
    """The states of a recurrent layer side by side, from steps that are counted from the end."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        y, h = self.layer(x)
        h = h[0] if isinstance(h, tuple) else h
        return y[:, 1:-1].flip(1), h.transpose(0, 1).flatten(1), fastnn.arange(x.shape[1])


TIMES = {
    "ids": (Causal, lambda n, t: np.arange(n * t).reshape(n, t) % 10),
    "lstm": (
        lambda: LastState(nn.LSTM(4, 5, 2, batch_first=True, bidirectional=True)),
        lambda n, t: floats(n, t, 4),
    ),
    "gru": (lambda: LastState(nn.GRU(4, 5, batch_first=True)), lambda n, t: floats(n, t, 4)),
    "conv": (
        lambda: nn.Sequential(nn.Conv1d(4, 6, 3, 2, 1), nn.GELU(), nn.AdaptiveMaxPool1d(1)),
        lambda n, t: floats(n, 4, t),
    ),
    "encoder": (
        lambda: nn.Sequential(
            nn.LearnedPositionalEncoding(40, 8, batch_first=True),
            nn.TransformerEncoderLayer(8, 2, 16, batch_first=True),
            nn.MeanPooling(batch_first=True),
        ),
        lambda n, t: floats(n, t, 8),
    ),
}


@pytest.mark.parametrize("name", TIMES)
def test_batch_and_length_may_vary(name):
    make, inputs = TIMES[name]
    module = make().eval()
    axes = {"x": {0: "batch", 2 if name == "conv" else 1: "time"}}
    data = exported(module, (inputs(2, 5),), input_names=["x"], dynamic_axes=axes)
    for n, t in ((2, 5), (1, 9), (7, 3)):
        x = inputs(n, t)
        for a, b in zip(run(data, (x,)), flat(module(fastnn.from_numpy(x))), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-5)


@pytest.mark.parametrize("opset", [18, 19, 20, 21])
def test_versions_of_the_operators(opset):
    case = next(c for c in CASES if c.name == "TransformerEncoder")
    module, arrays = case.make().eval(), case.inputs(2)
    data = exported(module, arrays, opset_version=opset, dynamic_batch=False)
    message = onnx.load_from_string(data)
    onnx.checker.check_model(message, full_check=True)
    assert [o.version for o in message.opset_import] == [opset]
    np.testing.assert_allclose(run(data, arrays)[0], flat(module(*arrays))[0], atol=1e-5)


def test_names_and_sizes_of_inputs_and_outputs():
    class Two(nn.Module):
        def forward(self, x, pair, *, scale):
            return x + pair[0] * scale, {"twice": pair[1] * 2}

    x = floats(3, 4)
    file = io.BytesIO()
    fastnn.onnx.export(
        Two(),
        (x, (x, x)),
        file,
        kwargs={"scale": floats(1)},
        input_names=["a", "b", "c", "s"],
        output_names=["sum", "twice"],
    )
    graph = onnx.load_from_string(file.getvalue()).graph
    sizes = {
        v.name: [d.dim_param or d.dim_value for d in v.type.tensor_type.shape.dim]
        for v in [*graph.input, *graph.output]
    }
    assert sizes == {
        **{name: ["batch", 4] for name in ("a", "b", "c", "sum", "twice")},
        "s": [1],
    }


def test_weights_of_a_parametrization_are_computed_once():
    layer = nn.utils.parametrizations.weight_norm(nn.Linear(4, 3))
    x = floats(2, 4)
    data = exported(layer, (x,))
    assert [n.op_type for n in onnx.load_from_string(data).graph.node] == ["Gemm"]
    np.testing.assert_allclose(run(data, (x,))[0], flat(layer(fastnn.from_numpy(x)))[0], atol=1e-6)


def test_threads_that_compute_meanwhile_are_not_recorded():
    import threading

    stop = threading.Event()

    def compute():
        while not stop.is_set():
            fastnn.ones(2).exp()

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        data = exported(nn.Linear(4, 3), (floats(2, 4),))
    finally:
        stop.set()
        thread.join()
    assert [n.op_type for n in onnx.load_from_string(data).graph.node] == ["Gemm"]
