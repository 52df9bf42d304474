"""The workloads in fastnn, written as a user would write them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

import fastnn
from fastnn import nn, optim
from fastnn.nn import functional

from .. import convolution, inputs, norms, pooling, recurrent, reference, resampling
from ..workloads import Size
from . import Case, fastnn_networks


def setup(threads: int) -> str:
    """Set the number of threads; return the version."""
    fastnn.set_num_threads(threads)
    return str(fastnn.__version__)


def inference(call: Callable[[], Any]) -> Case:
    """A case without a tape."""

    def step() -> Any:
        with fastnn.no_grad():
            return call()

    return Case(step, lambda: step().numpy())


def matmul(size: Size, variant: str) -> Case:
    a, b = map(fastnn.from_numpy, inputs.matmul_inputs(size))
    return Case(lambda: fastnn.matmul(a, b), lambda: fastnn.matmul(a, b).numpy())


def network(layers: list[inputs.Layer]) -> Any:
    """Linear layers with ReLU between them."""
    modules: list[Any] = []
    for weight, bias in layers:
        linear: Any = nn.Linear(weight.shape[1], weight.shape[0])
        linear.weight._array[...] = weight
        linear.bias._array[...] = bias
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def mlp_infer(size: Size, variant: str) -> Case:
    data = inputs.mlp_inputs(size)
    x, model = fastnn.from_numpy(data.x), network(data.layers).eval()
    return inference(lambda: model(x))


def training(make: Callable[[], Any], loss_of: Callable[[Any], Any], steps: int) -> Case:
    """Steps of Adam on a new model; the answer is the losses of the first ones."""
    model: Any
    optimizer: Any

    def reset() -> None:
        nonlocal model, optimizer
        model = make()
        optimizer = optim.Adam(model.parameters(), lr=reference.LR)

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(model)
        loss.backward()
        optimizer.step()
        return loss

    def answer() -> Any:
        reset()
        return np.array([step().item() for _ in range(steps)])

    reset()
    return Case(step, answer, reset)


def mlp_step(size: Size, variant: str) -> Case:
    data = inputs.mlp_inputs(size)
    x, labels = fastnn.from_numpy(data.x), fastnn.from_numpy(data.labels)
    return training(
        lambda: network(data.layers),
        lambda model: functional.cross_entropy(model(x), labels),
        reference.TRAIN_STEPS,
    )


def cross_entropy(size: Size, variant: str) -> Case:
    scores, ids = inputs.logits_inputs(size)
    logits: Any = fastnn.tensor(scores, requires_grad=True)
    labels = fastnn.from_numpy(ids)

    def step() -> Any:
        logits.grad = None
        loss = functional.cross_entropy(logits, labels)
        loss.backward()
        return loss

    def answer() -> Any:
        loss = step().item()
        return np.concatenate([[loss], inputs.sample(logits.grad.numpy()) * scores.size])

    return Case(step, answer)


def pointwise(name: str) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        function = getattr(functional, name)
        value, slope = inputs.pointwise_inputs(size)
        x: Any = fastnn.tensor(value, requires_grad=True)
        dy = fastnn.from_numpy(slope)

        def step() -> Any:
            x.grad = None
            y = function(x)
            y.backward(dy)
            return y

        def answer() -> Any:
            y = step()
            return np.stack([inputs.sample(y.detach().numpy()), inputs.sample(x.grad.numpy())])

        return Case(step, answer)

    return build


def layer_norm(size: Size, variant: str) -> Case:
    value, slope, weight, bias = inputs.layer_norm_inputs(size)
    x: Any = fastnn.tensor(value, requires_grad=True)
    dy = fastnn.from_numpy(slope)
    layer: Any = nn.LayerNorm(size[1])
    layer.weight._array[...] = weight
    layer.bias._array[...] = bias

    def step() -> Any:
        x.grad = layer.weight.grad = layer.bias.grad = None
        y = layer(x)
        y.backward(dy)
        return y

    def answer() -> Any:
        y = step().detach().numpy()
        parts = inputs.sample(y), inputs.sample(x.grad.numpy()), layer.weight.grad.numpy()
        return np.concatenate(parts)

    return Case(step, answer)


def embedding(size: Size, variant: str) -> Case:
    table, ids, dy = map(fastnn.from_numpy, inputs.embedding_inputs(size))
    layer: Any = nn.Embedding.from_pretrained(table, freeze=False)

    def step() -> Any:
        layer.weight.grad = None
        y = layer(ids)
        y.backward(dy)
        return y

    def answer() -> Any:
        y = step().detach().numpy()
        return np.concatenate([inputs.sample(y), inputs.sample(layer.weight.grad.numpy())])

    return Case(step, answer)


def adam(size: Size, variant: str) -> Case:
    first, grads = inputs.adam_inputs(size)
    params: list[Any]
    optimizer: Any

    def reset() -> None:
        nonlocal params, optimizer
        params = [nn.Parameter(fastnn.tensor(p)) for p in first]
        for p, g in zip(params, grads, strict=True):
            p.grad = fastnn.from_numpy(g)
        optimizer = optim.Adam(params, lr=reference.LR)

    def answer() -> Any:
        reset()
        for _ in range(reference.ADAM_STEPS):
            optimizer.step()
        return np.stack([inputs.sample(p.detach().numpy()) for p in params])

    reset()
    return Case(lambda: optimizer.step(), answer, reset)


def encoder_layer(size: Size, variant: str) -> Case:
    data = inputs.encoder_inputs(size)
    _, _, features, heads, inner = size
    layer: Any = nn.TransformerEncoderLayer(features, heads, inner, dropout=0.0, batch_first=True)
    layer.load_state_dict(data.state)
    x: Any = fastnn.tensor(data.x, requires_grad=True)
    dy = fastnn.from_numpy(data.dy)

    def step() -> Any:
        layer.zero_grad()
        x.grad = None
        y = layer(x)
        y.backward(dy)
        return y

    def answer() -> Any:
        y = step().detach().numpy()
        weight = layer.self_attn.in_proj_weight
        return inputs.encoder_answer(y, x.grad.numpy(), weight.grad.numpy())

    return Case(step, answer)


def digits(size: Size, variant: str, path: str = "") -> Case:
    batch, *dims = size
    data = inputs.digits_inputs(path)
    x, labels = fastnn.from_numpy(data.x), fastnn.from_numpy(data.labels)

    def train() -> Any:
        modules: list[Any] = []
        for fan_in, fan_out in pairwise(dims):
            modules += [nn.Linear(fan_in, fan_out), nn.ReLU()]
        model = nn.Sequential(*modules[:-1])
        optimizer = optim.Adam(model.parameters(), lr=reference.LR)
        for _ in range(30):
            order = fastnn.randperm(len(x))
            for start in range(0, len(x), batch):
                rows = order[start : start + batch]
                optimizer.zero_grad()
                functional.cross_entropy(model(x[rows]), labels[rows]).backward()
                optimizer.step()
        return model

    def answer() -> Any:
        fastnn.manual_seed(0)
        model = train()
        with fastnn.no_grad():
            guess = model(fastnn.from_numpy(data.test_x)).numpy().argmax(1)
        return np.array([np.mean(guess == data.test_labels)])

    return Case(train, answer)


def recurrent_module(kind: str, size: Size) -> Any:
    """A stack with the weights of the workload."""
    _, _, inner, hidden, layers, directions = size
    module: Any = getattr(nn, kind.upper())(inner, hidden, layers, bidirectional=directions == 2)
    module.load_state_dict(recurrent.weights(kind, size))
    return module


def recurrent_step(kind: str, many_lengths: bool = False) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        module = recurrent_module(kind, size)
        value, slope = recurrent.sequences(size)
        x: Any = fastnn.tensor(value, requires_grad=True)
        dy = fastnn.from_numpy(slope)
        options = {"lengths": recurrent.lengths(size)} if many_lengths else {}

        def step() -> Any:
            x.grad = None
            module.zero_grad()
            y = module(x, **options)[0]
            y.backward(dy)
            return y

        def answer() -> Any:
            y = step()
            grads = [p.grad.numpy() for p in module.parameters()]
            return recurrent.answer(y.detach().numpy(), x.grad.numpy(), grads)

        return Case(step, answer)

    return build


def recurrent_infer(kind: str) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        module = recurrent_module(kind, size)
        x = fastnn.from_numpy(recurrent.sequences(size)[0])
        case = inference(lambda: module(x)[0])
        return Case(case.step, lambda: inputs.digest(case.answer()))

    return build


class CharLM(nn.Module):
    """Embedding, LSTM, and a linear layer over the characters."""

    def __init__(self, state: dict[str, inputs.Array]) -> None:
        super().__init__()
        characters, inner = state["embedding.weight"].shape
        hidden = state["linear.weight"].shape[1]
        self.embedding = nn.Embedding(characters, inner)
        self.lstm = nn.LSTM(inner, hidden)
        self.linear = nn.Linear(hidden, characters)
        self.load_state_dict(state)

    def forward(self, ids: Any) -> Any:
        return self.linear(self.lstm(self.embedding(ids))[0])


def char_lm(size: Size, variant: str) -> Case:
    data = recurrent.char_lm_inputs(size)
    ids, labels = fastnn.from_numpy(data.ids[:-1]), fastnn.from_numpy(data.ids[1:].reshape(-1))
    return training(
        lambda: CharLM(data.state),
        lambda model: functional.cross_entropy(model(ids).flatten(0, 1), labels),
        reference.ADAM_STEPS,
    )


def conv_layer(size: Size) -> tuple[Any, Any, Any]:
    """A layer, channels-last images, and the gradient of its output."""
    _, channels, _, out, kernel, stride, padding, groups = size
    value, weight, slope = convolution.arrays(size)
    layer: Any = nn.Conv2d(channels, out, kernel, stride, padding, groups=groups, bias=False)
    layer.weight._array[...] = weight
    x, dy = map(convolution.channels_last, (value, slope))
    return layer, fastnn.from_numpy(x), fastnn.from_numpy(dy)


def norm_step(kind: str) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        value, slope, weight, bias = norms.arrays(size)
        x: Any = fastnn.from_numpy(convolution.channels_last(value))
        dy = fastnn.from_numpy(convolution.channels_last(slope))
        layer = norms.layer(nn, kind, size[1])
        layer.weight._array[...] = weight
        layer.bias._array[...] = bias
        model = nn.Sequential(layer, nn.ReLU()) if kind == "batch_norm_relu" else layer
        x.requires_grad = True

        def step() -> Any:
            x.grad = layer.weight.grad = layer.bias.grad = None
            y = model(x)
            y.backward(dy)
            return y

        def answer() -> Any:
            y = step().detach().numpy()
            return norms.answer(y, x.grad.numpy(), layer.weight.grad.numpy())

        return Case(step, answer)

    return build


def conv_infer(size: Size, variant: str) -> Case:
    layer, x, _ = conv_layer(size)

    def call() -> Any:
        fastnn.set_conv_algorithm(variant or "auto")
        return layer(x)

    case = inference(call)
    return Case(case.step, lambda: inputs.sample(case.answer()))


def conv_part(wanted: int) -> Callable[[Size, str], Case]:
    """Only one gradient: 0 for the input's, 1 for the weight's."""
    needs = wanted == 0, wanted == 1, False

    def build(size: Size, variant: str) -> Case:
        layer, x, dy = conv_layer(size)
        options = layer.stride, layer.padding, layer.dilation, layer.groups

        def step() -> Any:
            fastnn.set_conv_algorithm(variant or "auto")
            arrays = dy._array, x._array, layer.weight._array
            return fastnn.kernels.conv_backward(*arrays, None, *options, needs)[wanted]

        return Case(step, lambda: inputs.sample(step()))

    return build


def conv_step(first: bool) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        layer, x, dy = conv_layer(size)
        x.requires_grad = not first

        def step() -> Any:
            x.grad = layer.weight.grad = None
            y = layer(x)
            y.backward(dy)
            return y

        def answer() -> Any:
            y = step().detach().numpy()
            dx = None if first else x.grad.numpy()
            return convolution.answer(y, dx, layer.weight.grad.numpy(), size)

        return Case(step, answer)

    return build


def max_pool(size: Size, variant: str) -> Case:
    value, slope = map(convolution.channels_last, pooling.arrays(size))
    x, dy = fastnn.from_numpy(value), fastnn.from_numpy(slope)
    x.requires_grad = True

    def step() -> Any:
        x.grad = None
        y = functional.max_pool2d(x, *size[3:])
        y.backward(dy)
        return y

    def answer() -> Any:
        y = step().detach().numpy()
        return pooling.answer(y, x.grad.numpy())  # type: ignore[union-attr]

    return Case(step, answer)


def upsampled(x: Any, mode: str) -> Any:
    return functional.interpolate(x, scale_factor=2, mode=mode)


def upsample_infer(mode: str) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        x = fastnn.from_numpy(convolution.channels_last(resampling.arrays(size)[0]))
        case = inference(lambda: upsampled(x, mode))
        return Case(case.step, lambda: inputs.sample(case.answer()))

    return build


def upsample_step(mode: str) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        value, slope = map(convolution.channels_last, resampling.arrays(size))
        x: Any = fastnn.from_numpy(value)
        dy = fastnn.from_numpy(slope)
        x.requires_grad = True

        def step() -> Any:
            x.grad = None
            y = upsampled(x, mode)
            y.backward(dy)
            return y

        return Case(step, lambda: resampling.answer(step().detach().numpy(), x.grad.numpy()))

    return build


BUILDERS = {
    "matmul": matmul,
    "mlp_infer": mlp_infer,
    "mlp_step": mlp_step,
    "cross_entropy": cross_entropy,
    "tanh": pointwise("tanh"),
    "gelu": pointwise("gelu"),
    "layer_norm": layer_norm,
    "embedding": embedding,
    "max_pool": max_pool,
    **{f"{mode}_infer": upsample_infer(mode) for mode in resampling.MODES},
    **{f"{mode}_step": upsample_step(mode) for mode in resampling.MODES},
    "adam": adam,
    "encoder_layer": encoder_layer,
    "digits": digits,
    **{f"{kind}_step": recurrent_step(kind) for kind in recurrent.GATES},
    **{f"{kind}_infer": recurrent_infer(kind) for kind in recurrent.GATES},
    "lstm_lengths": recurrent_step("lstm", many_lengths=True),
    "char_lm": char_lm,
    "conv_infer": conv_infer,
    "conv_data": conv_part(0),
    "conv_weight": conv_part(1),
    "conv_step": conv_step(first=False),
    "conv_first": conv_step(first=True),
    **{kind: norm_step(kind) for kind in norms.KINDS},
    **fastnn_networks.BUILDERS,
}
