"""Devices: "cpu" is accepted wherever PyTorch accepts a device; all others are rejected."""

import copy
import inspect
import pickle

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.ops.create import drawn, filled, values

CPU = fastnn.device("cpu")
X = fastnn.zeros(2, 3)

# Every function of `fastnn` with a `device` argument, and its other arguments.
FACTORIES = {
    "arange": (3,),
    "as_tensor": ([1.0],),
    "asarray": ([1.0],),
    "empty": (2, 3),
    "empty_like": (X,),
    "empty_permuted": ((2, 3), (1, 0)),
    "empty_strided": ((2, 3), (3, 1)),
    "eye": (3,),
    "full": ((2, 3), 1.0),
    "full_like": (X, 1.0),
    "linspace": (0, 1, 3),
    "logspace": (0, 1, 3),
    "normal": (0.0, 1.0, (2, 3)),
    "ones": (2, 3),
    "ones_like": (X,),
    "rand": (2, 3),
    "rand_like": (X,),
    "randint": (0, 5, (2, 3)),
    "randint_like": (X, 5),
    "randn": (2, 3),
    "randn_like": (X,),
    "randperm": (3,),
    "range": (3,),
    "scalar_tensor": (1.0,),
    "tensor": ([1.0],),
    "zeros": (2, 3),
    "zeros_like": (X,),
}

# Every layer with a `device` argument, and the arguments before it, as in PyTorch.
LAYERS = {
    "AdaptiveLogSoftmaxWithLoss": (8, 20, [5, 10], 4.0, False),
    "AttentionPooling": (3, 4, False),
    "BatchNorm1d": (3, 1e-5, 0.1, True, True),
    "BatchNorm2d": (3, 1e-5, 0.1, True, True),
    "BatchNorm3d": (3, 1e-5, 0.1, True, True),
    "BatchRenorm1d": (3, 1e-5, 0.1, True, 3.0, 5.0),
    "BatchRenorm2d": (3, 1e-5, 0.1, True, 3.0, 5.0),
    "BatchRenorm3d": (3, 1e-5, 0.1, True, 3.0, 5.0),
    "Bilinear": (3, 4, 5, True),
    "Conv1d": (4, 6, 3, 1, 0, 1, 1, True, "zeros"),
    "Conv2d": (4, 6, 3, 1, 0, 1, 1, True, "zeros"),
    "Conv3d": (4, 6, 3, 1, 0, 1, 1, True, "zeros"),
    "ConvTranspose1d": (4, 6, 3, 1, 0, 0, 1, True, 1, "zeros"),
    "ConvTranspose2d": (4, 6, 3, 1, 0, 0, 1, True, 1, "zeros"),
    "ConvTranspose3d": (4, 6, 3, 1, 0, 0, 1, True, 1, "zeros"),
    "Embedding": (7, 3, None, None, 2.0, False, False),
    "EmbeddingBag": (7, 3, None, 2.0, False, "mean", False, False, None),
    "GRU": (3, 4, 1, True, False, 0.0, False),
    "GRUCell": (3, 4, True),
    "GroupNorm": (2, 4, 1e-5, True),
    "InstanceNorm1d": (3, 1e-5, 0.1, True, False),
    "InstanceNorm2d": (3, 1e-5, 0.1, True, False),
    "InstanceNorm3d": (3, 1e-5, 0.1, True, False),
    "LSTM": (3, 4, 1, True, False, 0.0, False, 0),
    "LSTMCell": (3, 4, True),
    "LayerNorm": (3, 1e-5, True, True),
    "LayerNormLSTM": (3, 4, 1, True, False, 0.0, False, 1e-5),
    "LearnedPositionalEncoding": (7, 4, 0.0, False),
    "Linear": (3, 4, True),
    "Maxout": (3, 4, 2, True),
    "MultiheadAttention": (4, 2, 0.0, True, False, False, None, None, False),
    "PReLU": (1, 0.25),
    "RMSNorm": (3, None, True),
    "RNN": (3, 4, 1, "tanh", True, False, 0.0, False),
    "RNNBase": ("LSTM", 3, 4, 1, True, False, 0.0, False, 0),
    "RNNCell": (3, 4, True, "tanh"),
    "RNNCellBase": (3, 4, True, 1),
    "ZoneoutLSTM": (3, 4, True, False, 0.1, 0.1),
    "Transformer": (4, 2, 1, 1, 8, 0.1, "relu", None, None, 1e-5, False, False, True),
    "TransformerDecoderLayer": (4, 2, 8, 0.1, "relu", 1e-5, False, False, True),
    "TransformerEncoderLayer": (4, 2, 8, 0.1, "relu", 1e-5, False, False, True),
}
LAYERS |= {name: LAYERS[name[4:]][1:] for name in vars(nn) if name.startswith("Lazy")}
TAKEN = (None, "cpu", "cpu:0", CPU, fastnn.device("cpu", 0))
REFUSED = [
    ("cuda", RuntimeError, "device must be 'cpu', got 'cuda'; fastnn computes on the CPU only"),
    ("cuda:0", RuntimeError, "device must be 'cpu', got 'cuda:0'"),
    ("cpu:1", RuntimeError, "device must be 'cpu', got 'cpu:1'"),
    (np.float64, TypeError, "device must be 'cpu' or None, got <class 'numpy.float64'>"),
    (0, TypeError, "device must be 'cpu' or None, got 0, the number of a GPU; fastnn computes on"),
]


def parameters_of(value):
    try:
        return inspect.signature(value).parameters
    except (TypeError, ValueError):
        return {}


def test_every_function_and_layer_with_a_type_is_in_the_tables():
    names = [*drawn.__all__, *filled.__all__, *values.__all__]
    creating = {n for n in names if "dtype" in parameters_of(getattr(fastnn, n))}
    assert creating - {"frombuffer"} == set(FACTORIES)  # as in PyTorch it has no device
    layers = {
        name
        for name, value in vars(nn).items()
        if inspect.isclass(value) and issubclass(value, nn.Module)
        if "dtype" in parameters_of(value)
    }
    assert layers == {*LAYERS, "LinearCrossEntropyLoss"}  # whose device has no position


@pytest.mark.parametrize("name", FACTORIES)
def test_functions_that_make_tensors(name):
    make, args = getattr(fastnn, name), FACTORIES[name]
    for place in TAKEN:
        assert make(*args, device=place).device == CPU
    for place, error, text in REFUSED:
        with pytest.raises(error, match=f"^{name}: {text}"):
            make(*args, device=place)
    order = [p for p in parameters_of(make) if p in ("dtype", "device", "requires_grad")]
    assert order[:2] == ["dtype", "device"]


def test_pytorch_keywords_are_keyword_only():
    with pytest.raises(TypeError, match="positional"):
        fastnn.tensor([1.0], fastnn.float64)
    assert fastnn.as_tensor([1], fastnn.float64, "cpu").dtype == fastnn.float64


@pytest.mark.parametrize("name", LAYERS)
def test_layers_take_a_device_before_a_type(name):
    make, args = getattr(nn, name), LAYERS[name]
    for place in TAKEN:
        layer = make(*args, place, fastnn.float64)
        assert {p.dtype for p in layer.parameters()} == {np.dtype("float64")}
    assert {p.dtype for p in make(*args, device="cpu").parameters()} == {np.dtype("float32")}
    for place, error, text in REFUSED:
        with pytest.raises(error, match=f"^{name}: {text}"):
            make(*args, place)
        with pytest.raises(error, match=f"^{name}: {text}"):
            make(*args, device=place)


def test_the_mask_of_a_transformer():
    make = nn.Transformer.generate_square_subsequent_mask
    assert make(3, "cpu", fastnn.float64).dtype == fastnn.float64
    with pytest.raises(RuntimeError, match="generate_square_subsequent_mask: device must be 'cpu'"):
        make(3, "cuda")


def test_a_device():
    zero = fastnn.device("cpu:0")
    assert (CPU.type, CPU.index, str(CPU), repr(CPU)) == ("cpu", None, "cpu", "device(type='cpu')")
    assert (zero.type, zero.index, str(zero)) == ("cpu", 0, "cpu:0")
    assert repr(zero) == "device(type='cpu', index=0)"
    assert (
        fastnn.device("cpu", 0) == fastnn.device(type="cpu", index=0) == fastnn.device(zero) == zero
    )
    assert fastnn.device(CPU) == CPU != zero
    assert CPU != "cpu"
    assert len({CPU, fastnn.device("cpu"), zero}) == 2
    for place in (CPU, zero):
        assert pickle.loads(pickle.dumps(place)) == copy.deepcopy(place) == place


@pytest.mark.parametrize(("place", "error", "text"), REFUSED)
def test_unsupported_devices(place, error, text):
    with pytest.raises(error, match=f"^device: {text}"):
        fastnn.device(place)


def test_unsupported_index():
    with pytest.raises(
        RuntimeError, match="device: index must be 0 or None, got 1; there is one CPU"
    ):
        fastnn.device("cpu", 1)


def test_the_device_of_a_tensor():
    x = fastnn.zeros(2, requires_grad=True)
    assert x.device == (x * 2).device == nn.Parameter(x).device == CPU
    assert x.device.type == "cpu"
    with pytest.raises(AttributeError):
        x.device = "cpu"


F64, F32 = fastnn.float64, fastnn.float32
OTHER = fastnn.zeros(1, dtype=F64)

# Arguments of `to` as in PyTorch, and the resulting type of a float32 tensor.
CALLS = [
    (("cpu",), {}, F32),
    ((CPU,), {}, F32),
    ((None,), {}, F32),
    ((F64,), {}, F64),
    (("float64",), {}, F64),
    ((np.float64,), {}, F64),
    ((OTHER,), {}, F64),
    (("cpu", F64), {}, F64),
    ((CPU, F64), {}, F64),
    ((None, F64), {}, F64),
    ((CPU, None), {}, F32),
    ((F64, True), {}, F64),
    (("cpu", F64, True), {}, F64),
    ((), {"device": "cpu"}, F32),
    ((), {"dtype": F64}, F64),
    ((), {"device": CPU, "dtype": F64}, F64),
    (("cpu",), {"dtype": F64}, F64),
    ((F64,), {"device": "cpu"}, F64),
    (("cpu",), {"non_blocking": True}, F32),
]


@pytest.mark.parametrize(("args", "kwargs", "dtype"), CALLS)
def test_to(args, kwargs, dtype):
    x = fastnn.ones(2, 3)
    y = x.to(*args, **kwargs)
    assert y.dtype == dtype
    assert y.tolist() == x.tolist()
    assert (y is x) == (dtype == F32)
    layer = nn.Linear(2, 3)
    assert layer.to(*args, **kwargs) is layer
    assert layer.weight.dtype == layer.bias.dtype == dtype


def test_to_copies_on_demand():
    x = fastnn.ones(2)
    for args, kwargs in (
        ((CPU,), {"copy": True}),
        ((F32, False, True), {}),
        ((CPU, F32, 0, 1), {}),
    ):
        y = x.to(*args, **kwargs)
        assert y is not x
        assert not np.shares_memory(y.numpy(), x.numpy())


@pytest.mark.parametrize("thing", [fastnn.ones(2), nn.Linear(2, 3)], ids=["tensor", "module"])
def test_other_devices_are_rejected(thing):
    assert thing.cpu() is thing
    text = "device must be 'cpu', got 'cuda'; fastnn computes on the CPU only"
    with pytest.raises(RuntimeError, match=f"^to: {text}"):
        thing.to("cuda")
    with pytest.raises(RuntimeError, match=f"^to: {text}"):
        thing.to(device="cuda", dtype=F64)
    with pytest.raises(RuntimeError, match=f"^cuda: {text}"):
        thing.cuda()
    with pytest.raises(TypeError, match=r"^to: device must be 'cpu' or None, got 3"):
        thing.to(device=3)
    with pytest.raises(
        TypeError, match=r"^to: expected a device and a dtype, a dtype, or a tensor"
    ):
        thing.to("cpu", F64, False, False, 1)


def test_the_device_of_a_generator():
    for made in (fastnn.Generator("cpu"), fastnn.Generator(device=CPU), fastnn.Generator(CPU)):
        assert made.device == CPU
        assert fastnn.rand(2, generator=made.manual_seed(3)).tolist() == (
            fastnn.rand(2, generator=fastnn.Generator(3)).tolist()
        )
    for args, kwargs in ((("cuda",), {}), ((), {"device": "cuda"}), ((3, "cuda"), {})):
        with pytest.raises(RuntimeError, match=r"^Generator: device must be 'cpu', got 'cuda'"):
            fastnn.Generator(*args, **kwargs)
