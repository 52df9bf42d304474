"""Errors of layers speak of what the caller passed, and say where in the model it happened."""

import re

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn


def f(*shape, dtype="float32"):
    return fastnn.zeros(*shape, dtype=dtype)


def ids(*values):
    return fastnn.tensor(list(values), dtype=fastnn.int64)


ARRAY = np.zeros((2, 9, 9, 3), np.float32)
LSTM = nn.LSTM(10, 20)
ATTENTION = nn.MultiheadAttention(16, 4, kdim=8, vdim=6)
ENCODER = nn.TransformerEncoderLayer(16, 4, 32)
DECODER = nn.TransformerDecoderLayer(16, 4, 32)

# A layer, inputs that it must refuse, and words that the error must have.
WRONG = [
    (nn.Linear(20, 3), [f(32, 19)], "(in_features=20): input's last dimension must be 20, got (32"),
    (nn.Linear(20, 3), [f()], "(in_features=20): input's last dimension must be 20, got ()"),
    (nn.Linear(20, 3), [f(8, 4, 5)], "got (8, 4, 5); input.flatten(1) makes one dimension of"),
    (nn.Linear(20, 3), [f(4, 5)], "if that is one sample, the input of the model lacks a batch"),
    (nn.Flatten(), [f(4)], "(start_dim=1): input must have more than 1 dimensions, got shape (4,)"),
    (nn.Flatten(), [f(4)], "input.unsqueeze(0) adds the batch dimension"),
    (nn.Linear(20, 3), [None], "input must be a tensor or an array, got NoneType; does the forwar"),
    (
        nn.MSELoss(),
        [None, f(2)],
        ": input is None; does a forward() or a function lack its return?",
    ),
    (nn.CrossEntropyLoss(), [f(2, 3), None], ": target is None; does a forward() or a function"),
    (nn.ReLU(), [None], ": input is None; does a forward() or a function lack its return?"),
    (nn.Linear(20, 3), ["words"], "input must be a tensor or an array, got str"),
    (nn.Linear(20, 3), [LSTM(f(5, 2, 10))], "input must be one tensor, got a tuple of 2"),
    (nn.Bilinear(3, 4, 5), [f(2, 9), f(2, 4)], "(in1_features=3): input1's last dimension must"),
    (nn.Bilinear(3, 4, 5), [f(2, 3), f(2, 9)], "(in2_features=4): input2's last dimension must"),
    (nn.Bilinear(3, 4, 5), [f(2, 3), f(5, 4)], "input2 must have shape (2, 4), got (5, 4)"),
    (nn.Conv1d(3, 4, 3), [f(2, 5, 9)], "(in_channels=3): input must have shape (N, 3, L) or (3"),
    (nn.Conv1d(3, 4, 3), [f(2, 9, 3)], "input.permute(0, 2, 1) puts them first"),
    (nn.Conv2d(3, 4, 3), [f(9, 9)], "input must have shape (N, 3, H, W) or (3, H, W), got (9, 9)"),
    (nn.Conv2d(3, 4, 3), [f(2, 9, 9, 3)], "channels come last: input.permute(0, 3, 1, 2) puts"),
    (nn.Conv2d(3, 4, 3), [f(9, 9, 3)], "its channels come last: input.permute(2, 0, 1) puts"),
    (nn.Conv2d(1, 4, 3), [f(8, 9, 9)], "input.unsqueeze(1) adds the channel dimension"),
    (nn.Conv2d(3, 4, 3), [f(2, 3, 2, 9)], "the kernel must not be larger than the padded input"),
    (nn.Conv2d(3, 4, 3), [f(2, 3, 9, 9, dtype="int64")], "got int64; input.float() converts it"),
    (nn.Conv2d(3, 4, 3), [np.zeros((2, 3, 9, 9))], "got float64; input.astype('float32') converts"),
    (nn.Conv2d(3, 4, 3), [f(2, 3, 9, 9, dtype="float64")], "and double() of the layer its"),
    (nn.Conv2d(3, 4, 3).double(), [f(2, 3, 9, 9)], "got float32; input.double() converts it"),
    (nn.Conv2d(4, 4, 3, groups=2, padding=1, padding_mode="circular"), [f(2, 3, 9, 9)], "(2, 3, 9"),
    (nn.Conv2d(3, 4, 3), [ARRAY], "input.transpose(0, 3, 1, 2) puts them first"),
    (nn.Conv2d(1, 4, 3), [ARRAY[0]], "input[:, None] adds the channel dimension"),
    (nn.BatchNorm1d(8), [np.zeros(8)], "input[None] adds the batch dimension"),
    (
        nn.Linear(20, 3),
        [np.zeros((8, 4, 5), np.float32)],
        "input.reshape(len(input), -1) makes one dimension",
    ),
    (nn.Conv3d(3, 4, 3), [f(2, 4, 9, 9, 9)], "(N, 3, D, H, W) or (3, D, H, W), got (2, 4, 9, 9"),
    (nn.ConvTranspose1d(3, 4, 3), [f(2, 4, 9)], "(in_channels=3): input must have shape (N, 3, L)"),
    (nn.ConvTranspose2d(3, 4, 3), [f(2, 9, 9, 3)], "input.permute(0, 3, 1, 2) puts them first"),
    (nn.ConvTranspose3d(3, 4, 3), [f(3, 9, 9)], "(in_channels=3): input must have shape (N, 3, D"),
    (nn.BatchNorm1d(8), [f(4, 7)], "(num_features=8): input must have shape (N, 8) or (N, 8, L)"),
    (nn.BatchNorm1d(8), [f(8)], "got (8,); input.unsqueeze(0) adds the batch dimension"),
    (nn.BatchNorm1d(8), [f(4, 5, 8)], "its channels come last: input.permute(0, 2, 1) puts them"),
    (nn.BatchNorm2d(8), [f(4, 7, 3, 3)], "(num_features=8): input must have shape (N, 8, H, W)"),
    (nn.BatchNorm2d(8), [f(8, 3, 3)], "input.unsqueeze(0) adds the batch dimension"),
    (nn.BatchNorm2d(8), [f(4, 8, 3, 3, dtype="float64")], "must have dtype float32, as the param"),
    (nn.BatchNorm3d(8), [f(4, 3, 3, 3, 8)], "input.permute(0, 4, 1, 2, 3) puts them first"),
    (nn.BatchRenorm2d(8), [f(4, 7, 3, 3)], "(num_features=8): input must have shape (N, 8, H, W)"),
    (nn.InstanceNorm1d(8), [f(8)], "(num_features=8): input must have shape (N, 8, L) or (8, L)"),
    (nn.InstanceNorm2d(8, affine=True), [f(4, 7, 3, 3)], "input must have shape (N, 8, H, W) or"),
    (nn.InstanceNorm3d(8), [f(8, 3, 3)], "must have shape (N, 8, D, H, W) or (8, D, H, W), got"),
    (nn.LayerNorm(8), [f(4, 7)], "(normalized_shape=(8,)): input's last dimension must be 8, got"),
    (nn.LayerNorm((3, 8)), [f(4, 8)], "input's last dimensions must be (3, 8), got (4, 8)"),
    (nn.LayerNorm(8), [f(4, 8, dtype="int64")], "must have dtype float32, as the parameters, got"),
    (nn.RMSNorm(8), [f(4, 7)], "(normalized_shape=(8,)): input's last dimension must be 8, got"),
    (nn.GroupNorm(2, 8), [f(4, 6, 3)], "(num_channels=8): input must have shape (N, 8, *), got"),
    (nn.LocalResponseNorm(2), [f(4)], "input must have shape (N, C, L, *), got (4,)"),
    (nn.Embedding(10, 4), [f(3)], "must have an integer type, for ids, got float32; input.long()"),
    (nn.Embedding(10, 4), [ids(1, 10)], "(num_embeddings=10): input[1] is 10, but ids must lie"),
    (
        nn.Embedding(10, 4),
        [fastnn.tensor([[0, -1]])],
        "input[0, 1] is -1, but ids must lie between",
    ),
    (nn.Embedding(10, 4), [fastnn.tensor(12)], "input is 12, but ids must lie between 0 and 9"),
    (nn.EmbeddingBag(10, 4), [fastnn.tensor([[1, 10]])], "(num_embeddings=10): input[0, 1] is 10"),
    (nn.EmbeddingBag(10, 4), [ids(1, 2)], "one-dimensional input needs offsets"),
    (LSTM, [f(5, 2, 7)], "(input_size=10): input must have shape (T, N, 10) or (T, 10), got (5, 2"),
    (LSTM, [f(5, 2, 10, dtype="int64")], "must have dtype float32, as the parameters, got int64"),
    (LSTM, [f(5, 2, 10), f(1, 2, 20)], "hx must be a tuple (h_0, c_0)"),
    (LSTM, [f(5, 2, 10), (f(1, 3, 20), f(1, 2, 20))], "h_0 must have shape (1, 2, 20), got (1, 3,"),
    (
        nn.RNN(10, 20, batch_first=True),
        [f(5, 2, 7)],
        "(input_size=10): input must have shape (N, T",
    ),
    (nn.GRU(10, 20), [f(5, 2, 7)], "(input_size=10): input must have shape (T, N, 10) or (T, 10)"),
    (nn.GRU(10, 20), [f(5, 2, 10), (f(1, 2, 20),) * 2], "hx must be one tensor, h_0, got a tuple"),
    (nn.LayerNormLSTM(10, 20), [f(5, 2, 7)], "(input_size=10): input must have shape (T, N, 10)"),
    (nn.RNNCell(10, 20), [f(3, 7)], "(input_size=10): input must have shape (N, 10) or (10,), got"),
    (
        nn.RNNCell(10, 20),
        [f(3, 10), f(3, 7)],
        "(hidden_size=20): hx must have shape (N, 20) or (20",
    ),
    (
        nn.GRUCell(10, 20),
        [f(3, 10), f(3, 7)],
        "(hidden_size=20): hx must have shape (N, 20) or (20",
    ),
    (nn.GRUCell(10, 20), [f(3, 10), f(3, 20, dtype="float64")], "hx must have dtype float32, as"),
    (nn.LSTMCell(10, 20), [f(3, 10), f(3, 20)], "hx must be a tuple (h, c)"),
    (nn.LSTMCell(10, 20), [f(3, 10), (f(3, 20), f(3, 7))], "(hidden_size=20): hx[1] must have sha"),
    (
        ATTENTION,
        [f(5, 2, 9), f(4, 2, 8), f(4, 2, 6)],
        "(embed_dim=16): query must have shape (L, B",
    ),
    (
        ATTENTION,
        [f(5, 2, 16), f(4, 2, 9), f(4, 2, 6)],
        "(kdim=8): key must have shape (S, B, 8) or",
    ),
    (ATTENTION, [f(5, 2, 16), f(4, 2, 8), f(4, 2, 9)], "(vdim=6): value must have shape (S, B, 6)"),
    (ATTENTION, [f(5, 2, 16), f(4, 2, 8), f(3, 2, 6)], "key and value must have the same length"),
    (ENCODER, [f(5, 2, 12)], "(d_model=16): src's last dimension must be 16, got (5, 2, 12)"),
    (DECODER, [f(5, 2, 12), f(5, 2, 16)], "(d_model=16): tgt's last dimension must be 16, got"),
    (DECODER, [f(5, 2, 16), f(5, 2, 12)], "(d_model=16): memory's last dimension must be 16, got"),
    (
        nn.Transformer(16, 4, 1, 1, 32),
        [f(5, 2, 16), f(5, 2, 12)],
        "tgt's last dimension must be 16",
    ),
    (nn.SinusoidalPositionalEncoding(16), [f(5, 2, 12)], "(d_model=16): input must have shape (T,"),
    (nn.LearnedPositionalEncoding(9, 16), [f(5, 2, 12)], "(d_model=16): input must have shape (T,"),
    (nn.AttentionPooling(16), [f(5, 2, 12), ids(5, 2)], "(input_size=16): input's last dimension"),
    (nn.MaxPool1d(2), [f(4)], "input must have 3 dimensions (N, C, L), or 2 without N, got (4,)"),
    (nn.MaxPool2d(2), [f(2, 3, 1, 1)], "kernel_size (2, 2) with dilation (1, 1) is larger than"),
    (nn.AvgPool2d(2), [f(2, 3, 4, 4, dtype="int64")], "got int64; input.float() converts it"),
    (nn.Softmax(1), [np.zeros((4, 5), int)], "got int64; input.astype('float32') converts it"),
    (nn.Dropout(), [f(4, dtype="int64")], "got int64; input.float() converts it"),
    (nn.AdaptiveAvgPool2d(2), [f(4)], "input must have 4 dimensions (N, C, H, W), or 3 without N"),
    (nn.LPPool2d(2, 2), [f(4)], "input must have 4 dimensions (N, C, H, W), or 3 without N, got"),
    (nn.MaxUnpool2d(2), [f(2, 3, 4, 4), f(2, 3, 4, 4)], "indices must have an integer dtype, got"),
    (nn.PixelShuffle(2), [f(1, 5, 2, 2)], "channels must be a multiple of 2 * 2, got shape (1, 5"),
    (nn.ReflectionPad2d(2), [f(1, 3, 2, 2)], "reflect of dim 2 of size 2 reaches 1, got (2, 2)"),
    (nn.Dropout2d(), [f(4)], "input must have 2 or 3 or 4 dimensions, got shape (4,)"),
    (nn.Softmax(1), [f(4)], "dim must lie between -1 and 0 for shape (4,), got 1"),
]


def name_of(case):
    return type(case[0]).__name__


@pytest.mark.parametrize("case", WRONG, ids=name_of)
def test_wrong_input(case):
    layer, inputs, words = case
    with pytest.raises((TypeError, ValueError, IndexError)) as caught:
        layer(*inputs)
    text = str(caught.value)
    assert text.startswith(type(layer).__name__)
    assert words in text
    assert "\n" not in text
    # What the caller did not pass: parameters, and operations inside the layer.
    hidden = r"\b(weight\w*|bias\w*|running_\w+|\w+_proj\w*|[a-z]+_?\w*(1d|2d|3d|norm|conv\w*)):?\b"
    assert not re.search(hidden, text), text


@pytest.mark.parametrize("case", WRONG, ids=name_of)
def test_wrong_input_inside_a_model(case):
    layer, inputs, words = case

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.ModuleDict({"parts": nn.ModuleList([nn.Identity(), layer])})

        def forward(self, *args):
            return self.body["parts"][1](*args)

    with pytest.raises((TypeError, ValueError, IndexError)) as caught:
        Model()(*inputs)
    text = str(caught.value)
    assert text.startswith(f"{type(layer).__name__} `body.parts.1")
    assert words in text


class Head(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(20, 8)
        self.fc2 = nn.Linear(8, 3)

    def forward(self, x):
        return self.fc2(F.relu(self.fc1(x)))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = Head()

    def forward(self, x):
        return self.head(x)


def message(model, *args):
    with pytest.raises((TypeError, ValueError, IndexError, RuntimeError)) as caught:
        model(*args)
    return str(caught.value)


def test_the_path_begins_at_the_outermost_module_called():
    wrong = f(32, 19)
    tail = " (in_features=20): input's last dimension must be 20, got (32, 19)"
    net = Net()
    assert message(net, wrong) == "Linear `head.fc1`" + tail
    assert message(net.head, wrong) == "Linear `fc1`" + tail
    assert message(net.head.fc1, wrong) == "Linear" + tail
    assert message(nn.Sequential(nn.Flatten(), nn.Sequential(net)), wrong).startswith(
        "Linear `1.0.head.fc1` (in_features=20)"
    )


@pytest.mark.parametrize("after", [nn.ReLU(), nn.Softmax(1)], ids=["fused", "separate"])
def test_fused_layers_are_named(after):
    model = nn.Sequential(nn.Sequential(nn.Linear(20, 3), after), nn.Linear(4, 3))
    assert message(model, f(2, 19)).startswith("Linear `0.0` (in_features=20)")
    assert message(model, f(2, 20)).startswith("Linear `1` (in_features=4)")


def test_hooked_modules_are_named():
    net = Net()
    net.head.register_forward_pre_hook(lambda module, args: None)
    net.head.fc1.register_full_backward_hook(lambda module, dx, dy: None)
    x = fastnn.zeros(2, 19, requires_grad=True)
    assert message(net, x).startswith("Linear `head.fc1` (in_features=20)")


def test_shared_layers_have_the_name_under_which_they_were_registered_first():
    layer = nn.Linear(4, 4)
    assert message(nn.Sequential(layer, nn.ReLU(), layer), f(2, 3)).startswith("Linear `0`")


def test_a_module_that_its_caller_does_not_hold():
    inner = nn.Sequential(nn.Linear(4, 4))

    class Caller(nn.Module):
        def forward(self, x):
            return inner(x)

    assert message(Caller(), f(2, 3)).startswith("Linear `0` (in_features=4)")


def test_operations_of_a_users_module_say_where():
    class Block(nn.Module):
        def forward(self, x):
            return F.softmax(x, dim=7)

    assert (
        message(Block(), f(2, 3))
        == "softmax: dim must lie between -2 and 1 for shape (2, 3), got 7"
    )
    text = message(nn.Sequential(nn.Identity(), Block()), f(2, 3))
    assert text == "softmax: dim must lie between -2 and 1 for shape (2, 3), got 7; in Block `1`"


def test_missing_arguments_say_where():
    text = message(nn.Sequential(nn.Identity(), nn.Bilinear(2, 2, 2)), f(2, 3))
    assert "missing 1 required positional argument: 'input2'" in text
    assert text.endswith("; in Bilinear `1`")


class Custom(ValueError):
    pass


@pytest.mark.parametrize(
    "error",
    [
        ValueError("mine"),
        Custom("mine"),
        TypeError("mine", 2),
        RuntimeError(),
        KeyError("mine"),
        IndexError("linear: not what it seems"),
    ],
    ids=repr,
)
def test_errors_of_users_are_not_touched(error):
    class Fails(nn.Module):
        def forward(self, x):
            raise error

    args = error.args
    with pytest.raises(type(error)) as caught:
        nn.Sequential(nn.Linear(2, 2), Fails())(f(1, 2))
    assert caught.value is error
    assert caught.value.args is args


def test_errors_of_functions_that_users_pass_are_not_touched():
    def activation(x):
        raise ValueError("mine")

    layer = nn.TransformerEncoderLayer(4, 2, 8, activation=activation)
    assert message(nn.TransformerEncoder(layer, 1), f(3, 2, 4)) == "mine"


def test_errors_of_numpy_in_a_users_forward_are_not_touched():
    class Plain(nn.Module):
        def forward(self, x):
            return np.concatenate([np.zeros((2, 2)), np.zeros((3, 3))])

    assert "; in " not in message(nn.Sequential(Plain()), f(1))


def test_type_identity_and_traceback_stay():
    kept = []

    class Watches(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, x):
            try:
                return self.fc(x)
            except ValueError as error:
                kept.append(error)
                raise

    with pytest.raises(ValueError, match="`fc`") as caught:
        Watches()(f(2, 3))
    assert caught.value is kept[0]
    names = [entry.name for entry in caught.traceback]
    assert names[-1] == "linear"
    assert names.count("__call__") == 2


def test_errors_that_forward_handles_are_its_own_affair():
    class Falls(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(4, 4), nn.Linear(3, 4)

        def forward(self, x):
            try:
                return self.first(x)
            except ValueError:
                return self.second(x)

    assert Falls()(f(2, 3)).shape == (2, 4)


def test_a_message_is_never_lost_to_an_explanation():
    class Odd(nn.Linear):
        def _expected(self):
            raise RuntimeError("not this")

    assert message(nn.Sequential(Odd(4, 4)), f(2, 3)).startswith("linear: ")


def test_hostile_inputs_reach_their_own_error():
    class Hostile:
        def __array__(self, dtype=None, copy=None):
            raise RuntimeError("no array")

        def __len__(self):
            raise RuntimeError("no length")

    class Surprising(np.ndarray):
        @property
        def shape(self):
            raise RuntimeError("no shape")

    for value in (Hostile(), [Hostile()], Hostile):
        with pytest.raises((RuntimeError, TypeError, ValueError)):
            nn.Sequential(nn.Linear(4, 4))(value)
    with pytest.raises((RuntimeError, ValueError)):
        nn.Sequential(nn.Linear(4, 4))(np.zeros((2, 3), np.float32).view(Surprising))


def test_a_call_that_succeeds_asks_for_nothing(monkeypatch):
    def fail(*args):
        raise AssertionError("explained a call that succeeded")

    monkeypatch.setattr("fastnn.nn.module.module.explain", fail)
    monkeypatch.setattr(nn.Linear, "_expected", fail)
    assert Net()(f(2, 20)).shape == (2, 3)


@pytest.mark.parametrize(
    ("module", "match"),
    [
        (nn.ReLU, r"got the class ReLU; ReLU\(\) makes a module of it"),
        (fastnn.nn.functional.relu, "got a function, relu; pass the module that calls it"),
        ([nn.ReLU()], r"got list; pass its modules one by one: Sequential\(\*modules\)"),
        (3, "got int"),
    ],
)
def test_what_is_no_module(module, match):
    with pytest.raises(TypeError, match=match):
        nn.Sequential(nn.Linear(2, 2), module)


AFTER = [nn.ReLU(), nn.Flatten(), nn.Dropout(), nn.Softmax(-1), nn.Linear(4, 2), nn.LayerNorm(4)]


@pytest.mark.parametrize("layer", AFTER, ids=lambda layer: type(layer).__name__)
@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("recording", [True, False])
def test_the_tuple_of_a_recurrent_layer_is_no_tensor(layer, steps, recording):
    """Not even with one step, where output and state have the same shape."""
    model = nn.Sequential(nn.GRU(3, 4), layer)
    match = r"recurrent layers and attention return a tuple, of which the first is the output"
    with fastnn.set_grad_enabled(recording), pytest.raises(TypeError, match=match):
        model(fastnn.rand(steps, 2, 3))


def test_lists_of_different_lengths():
    with pytest.raises(ValueError, match="list with parts of different lengths is no array"):
        fastnn.tensor([[1, 2], [3]])


def forgets(x):
    x + 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda y: F.mse_loss(y, f(2)), "mse_loss: input is None; does a forward() or a function"),
        (lambda y: F.cross_entropy(f(2, 3), y), "cross_entropy: target is None; does a forward()"),
        (lambda y: fastnn.log_softmax(y, 1), "log_softmax: input is None; does a forward() or a"),
        (fastnn.sum, "sum: input is None; does a forward() or a function lack its return?"),
        (fastnn.tensor, "tensor: data is None; does a forward() or a function lack its return?"),
        (nn.Parameter, "tensor: data is None; does"),
        (lambda y: fastnn.stack([f(2), y]), "tensor: an item is None; does"),
    ],
)
def test_the_result_of_a_function_that_lacks_its_return(call, words):
    with pytest.raises(TypeError) as caught:
        call(forgets(f(2)))
    assert str(caught.value).startswith(words)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: F.linear(f(1, 2, dtype="int64"), f(3, 2)), "linear: input must have dtype"),
        (lambda: F.softmax(ids(1, 2), 0), "softmax: input must have dtype"),
        (lambda: ids(1, 2).mean(), "mean: input must have dtype"),
        (lambda: F.dropout(ids(1, 2)), "dropout: input must have dtype"),
        (lambda: fastnn.quantile(ids(1, 2), 0.5), "quantile: input must have dtype"),
        (lambda: fastnn.cov(ids(1, 2)), "cov: input must have dtype"),
        (lambda: fastnn.exp(np.ones(2, np.longdouble)), "exp: input must have dtype"),
        (lambda: fastnn.linalg.inv(f(2, 2, dtype="int64")), "inv: input must have dtype"),
    ],
)
def test_operations_say_how_integers_become_floats(call, words):
    with pytest.raises(TypeError) as caught:
        call()
    text = str(caught.value)
    assert text.startswith(words)
    assert text.endswith("; .float() of a tensor, or .astype('float32') of an array, converts it")


def test_a_layer_says_it_of_its_input():
    with pytest.raises(TypeError) as caught:
        nn.MaxPool2d(2)(f(1, 4, 4, dtype="int64"))
    assert str(caught.value).endswith("got int64; input.float() converts it")
