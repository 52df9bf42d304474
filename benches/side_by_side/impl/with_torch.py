"""The workloads in PyTorch, eager, as its own documentation advises."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from .. import convolution, inputs, norms, pooling, recurrent, reference, resampling
from ..workloads import Size
from . import Case, torch_networks

ADAM: dict[str, dict[str, bool]] = {"": {}, "foreach": {"foreach": True}, "fused": {"fused": True}}


def setup(threads: int) -> str:
    """Set the number of threads; return the version."""
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    return str(torch.__version__)


def inference(call: Callable[[], torch.Tensor]) -> Case:
    """A case without a tape."""

    @torch.inference_mode()
    def step() -> torch.Tensor:
        return call()

    return Case(step, lambda: step().numpy())


def matmul(size: Size, variant: str) -> Case:
    a, b = map(torch.from_numpy, inputs.matmul_inputs(size))
    return inference(lambda: torch.matmul(a, b))


def network(layers: list[inputs.Layer]) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    modules: list[nn.Module] = []
    for weight, bias in layers:
        linear = nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(weight))
            linear.bias.copy_(torch.from_numpy(bias))
        modules += [linear, nn.ReLU()]
    return nn.Sequential(*modules[:-1])


def mlp_infer(size: Size, variant: str) -> Case:
    data = inputs.mlp_inputs(size)
    x, model = torch.from_numpy(data.x), network(data.layers).eval()
    return inference(lambda: model(x))


def training(
    make: Callable[[], Any], loss_of: Callable[[Any], Any], variant: str, steps: int
) -> Case:
    """Steps of Adam on a new model; the answer is the losses of the first ones."""
    model: Any
    optimizer: Any

    def reset() -> None:
        nonlocal model, optimizer
        model = make()
        optimizer = torch.optim.Adam(model.parameters(), lr=reference.LR, **ADAM[variant])

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
    x, labels = torch.from_numpy(data.x), torch.from_numpy(data.labels)
    return training(
        lambda: network(data.layers),
        lambda model: functional.cross_entropy(model(x), labels),
        variant,
        reference.TRAIN_STEPS,
    )


def cross_entropy(size: Size, variant: str) -> Case:
    logits, labels = map(torch.from_numpy, inputs.logits_inputs(size))
    logits.requires_grad_()

    def step() -> torch.Tensor:
        logits.grad = None
        loss = functional.cross_entropy(logits, labels)
        loss.backward()
        return loss

    def answer() -> Any:
        loss = step().item()
        assert logits.grad is not None
        return np.concatenate([[loss], inputs.sample(logits.grad) * logits.numel()])

    return Case(step, answer)


def pointwise(function: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        x, dy = map(torch.from_numpy, inputs.pointwise_inputs(size))
        x.requires_grad_()

        def step() -> torch.Tensor:
            x.grad = None
            y = function(x)
            y.backward(dy)
            return y

        def answer() -> Any:
            y = step().detach()
            assert x.grad is not None
            return np.stack([inputs.sample(y), inputs.sample(x.grad)])

        return Case(step, answer)

    return build


def layer_norm(size: Size, variant: str) -> Case:
    value, slope, weight, bias = map(torch.from_numpy, inputs.layer_norm_inputs(size))
    x, dy = value.requires_grad_(), slope
    layer = nn.LayerNorm(size[1])
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)

    def step() -> torch.Tensor:
        x.grad = layer.weight.grad = layer.bias.grad = None
        y = layer(x)
        y.backward(dy)
        return y

    def answer() -> Any:
        y = step().detach()
        assert x.grad is not None
        assert layer.weight.grad is not None
        return np.concatenate([inputs.sample(y), inputs.sample(x.grad), layer.weight.grad.numpy()])

    return Case(step, answer)


def embedding(size: Size, variant: str) -> Case:
    table, ids, dy = map(torch.from_numpy, inputs.embedding_inputs(size))
    layer = nn.Embedding.from_pretrained(table, freeze=False)

    def step() -> torch.Tensor:
        layer.weight.grad = None
        y: torch.Tensor = layer(ids)
        y.backward(dy)
        return y

    def answer() -> Any:
        y = step().detach()
        assert layer.weight.grad is not None
        return np.concatenate([inputs.sample(y), inputs.sample(layer.weight.grad)])

    return Case(step, answer)


def adam(size: Size, variant: str) -> Case:
    first, grads = inputs.adam_inputs(size)
    params: list[nn.Parameter]
    optimizer: torch.optim.Adam

    def reset() -> None:
        nonlocal params, optimizer
        params = [nn.Parameter(torch.tensor(p)) for p in first]
        for p, g in zip(params, grads, strict=True):
            p.grad = torch.from_numpy(g)
        optimizer = torch.optim.Adam(params, lr=reference.LR, **ADAM[variant])

    def answer() -> Any:
        reset()
        for _ in range(reference.ADAM_STEPS):
            optimizer.step()
        return np.stack([inputs.sample(p.detach()) for p in params])

    reset()
    return Case(lambda: optimizer.step(), answer, reset)


def encoder_layer(size: Size, variant: str) -> Case:
    data = inputs.encoder_inputs(size)
    _, _, features, heads, inner = size
    layer = nn.TransformerEncoderLayer(features, heads, inner, dropout=0.0, batch_first=True)
    layer.load_state_dict({name: torch.from_numpy(p) for name, p in data.state.items()})
    x, dy = torch.tensor(data.x, requires_grad=True), torch.from_numpy(data.dy)

    def step() -> torch.Tensor:
        layer.zero_grad(set_to_none=True)
        x.grad = None
        y: torch.Tensor = layer(x)
        y.backward(dy)
        return y

    def answer() -> Any:
        y = step().detach()
        return inputs.encoder_answer(y, x.grad, layer.self_attn.in_proj_weight.grad)

    return Case(step, answer)


def digits(size: Size, variant: str, path: str = "") -> Case:
    batch, *dims = size
    data = inputs.digits_inputs(path)
    x, labels = torch.from_numpy(data.x), torch.from_numpy(data.labels)

    def train() -> nn.Sequential:
        modules: list[nn.Module] = []
        for fan_in, fan_out in pairwise(dims):
            modules += [nn.Linear(fan_in, fan_out), nn.ReLU()]
        model = nn.Sequential(*modules[:-1])
        optimizer = torch.optim.Adam(model.parameters(), lr=reference.LR, **ADAM[variant])
        for _ in range(30):
            order = torch.randperm(len(x))
            for start in range(0, len(x), batch):
                rows = order[start : start + batch]
                optimizer.zero_grad(set_to_none=True)
                functional.cross_entropy(model(x[rows]), labels[rows]).backward()
                optimizer.step()
        return model

    def answer() -> Any:
        torch.manual_seed(0)
        model = train()
        with torch.inference_mode():
            guess = model(torch.from_numpy(data.test_x)).argmax(1).numpy()
        return np.array([np.mean(guess == data.test_labels)])

    return Case(train, answer)


def recurrent_module(kind: str, size: Size) -> Any:
    """A stack with the weights of the workload."""
    _, _, inner, hidden, layers, directions = size
    module: Any = getattr(nn, kind.upper())(inner, hidden, layers, bidirectional=directions == 2)
    found = recurrent.weights(kind, size)
    module.load_state_dict({name: torch.from_numpy(w) for name, w in found.items()})
    return module


def recurrent_step(kind: str, many_lengths: bool = False) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        module = recurrent_module(kind, size)
        value, slope = recurrent.sequences(size)
        x = torch.tensor(value, requires_grad=True)
        dy = torch.from_numpy(slope)

        lengths = torch.from_numpy(recurrent.lengths(size))

        def call() -> torch.Tensor:
            if not many_lengths:
                return module(x)[0]  # type: ignore[no-any-return]
            packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
            return nn.utils.rnn.pad_packed_sequence(module(packed)[0])[0]

        def step() -> torch.Tensor:
            x.grad = None
            module.zero_grad(set_to_none=True)
            y = call()
            y.backward(dy)
            return y

        def answer() -> Any:
            y = step()
            grads = [p.grad.numpy() for p in module.parameters()]
            return recurrent.answer(y.detach().numpy(), x.grad.numpy(), grads)  # type: ignore[union-attr]

        return Case(step, answer)

    return build


def recurrent_infer(kind: str) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        module = recurrent_module(kind, size).eval()
        x = torch.from_numpy(recurrent.sequences(size)[0])
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
        self.load_state_dict({name: torch.tensor(w) for name, w in state.items()})

    def forward(self, ids: Any) -> Any:
        return self.linear(self.lstm(self.embedding(ids))[0])


def char_lm(size: Size, variant: str) -> Case:
    data = recurrent.char_lm_inputs(size)
    ids, labels = torch.from_numpy(data.ids[:-1]), torch.from_numpy(data.ids[1:].reshape(-1))
    return training(
        lambda: CharLM(data.state),
        lambda model: functional.cross_entropy(model(ids).flatten(0, 1), labels),
        variant,
        reference.ADAM_STEPS,
    )


def conv_layer(size: Size, variant: str) -> tuple[Any, torch.Tensor, torch.Tensor]:
    """A layer, images and the gradient of the output, in one of PyTorch's memory formats."""
    _, channels, _, out, kernel, stride, padding, groups = size
    value, weight, slope = map(torch.from_numpy, convolution.arrays(size))
    layer: Any = nn.Conv2d(channels, out, kernel, stride, padding, groups=groups, bias=False)
    with torch.no_grad():
        layer.weight.copy_(weight)
    if variant != "channels_last":
        return layer, value, slope
    last = torch.channels_last
    return layer.to(memory_format=last), value.to(memory_format=last), slope.to(memory_format=last)


def norm_step(kind: str) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        x, dy, weight, bias = map(torch.from_numpy, norms.arrays(size))
        if variant == "channels_last":
            x, dy = (a.to(memory_format=torch.channels_last) for a in (x, dy))
        layer = norms.layer(nn, kind, size[1])
        with torch.no_grad():
            layer.weight.copy_(weight)
            layer.bias.copy_(bias)
        model = nn.Sequential(layer, nn.ReLU()) if kind == "batch_norm_relu" else layer
        x.requires_grad_()

        def step() -> torch.Tensor:
            x.grad = layer.weight.grad = layer.bias.grad = None
            y: torch.Tensor = model(x)
            y.backward(dy)
            return y

        return Case(step, lambda: norms.answer(step().detach(), x.grad, layer.weight.grad))

    return build


def conv_infer(size: Size, variant: str) -> Case:
    layer, x, _ = conv_layer(size, variant)
    case = inference(lambda: layer(x))
    return Case(case.step, lambda: inputs.sample(case.answer()))


def conv_part(wanted: int) -> Callable[[Size, str], Case]:
    """Only one gradient: 0 for the input's, 1 for the weight's."""
    mask = [wanted == 0, wanted == 1, False]

    def build(size: Size, variant: str) -> Case:
        layer, x, dy = conv_layer(size, variant)
        options = layer.stride, layer.padding, layer.dilation, False, (0, 0), layer.groups

        @torch.inference_mode()
        def step() -> Any:
            w = layer.weight
            return torch.ops.aten.convolution_backward(dy, x, w, None, *options, mask)[wanted]

        return Case(step, lambda: inputs.sample(step()))

    return build


def conv_step(first: bool) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        layer, x, dy = conv_layer(size, variant)
        x.requires_grad_(not first)

        def step() -> torch.Tensor:
            x.grad = layer.weight.grad = None
            y: torch.Tensor = layer(x)
            y.backward(dy)
            return y

        def answer() -> Any:
            y = step().detach()
            return convolution.answer(y, None if first else x.grad, layer.weight.grad, size)

        return Case(step, answer)

    return build


def max_pool(size: Size, variant: str) -> Case:
    x, dy = map(torch.from_numpy, pooling.arrays(size))
    if variant == "channels_last":
        x, dy = (a.to(memory_format=torch.channels_last) for a in (x, dy))
    x.requires_grad_()

    def step() -> torch.Tensor:
        x.grad = None
        y: torch.Tensor = functional.max_pool2d(x, *size[3:])
        y.backward(dy)
        return y

    def answer() -> Any:
        y = step().detach()
        return pooling.answer(y, x.grad)

    return Case(step, answer)


def images(size: Size, variant: str) -> list[torch.Tensor]:
    """Images and the gradient of the output, in one of PyTorch's memory formats."""
    last = variant == "channels_last"
    form = torch.channels_last if last else torch.contiguous_format
    return [torch.from_numpy(a).to(memory_format=form) for a in resampling.arrays(size)]


def upsampled(x: torch.Tensor, mode: str) -> torch.Tensor:
    return functional.interpolate(x, scale_factor=2, mode=mode)


def upsample_infer(mode: str) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        x, _ = images(size, variant)
        case = inference(lambda: upsampled(x, mode))
        return Case(case.step, lambda: inputs.sample(case.answer()))

    return build


def upsample_step(mode: str) -> Callable[[Size, str], Case]:
    def build(size: Size, variant: str) -> Case:
        x, dy = images(size, variant)
        x.requires_grad_()

        def step() -> torch.Tensor:
            x.grad = None
            y = upsampled(x, mode)
            y.backward(dy)
            return y

        return Case(step, lambda: resampling.answer(step().detach(), x.grad))

    return build


BUILDERS = {
    "matmul": matmul,
    "mlp_infer": mlp_infer,
    "mlp_step": mlp_step,
    "cross_entropy": cross_entropy,
    "tanh": pointwise(torch.tanh),
    "gelu": pointwise(functional.gelu),
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
    **torch_networks.BUILDERS,
}
