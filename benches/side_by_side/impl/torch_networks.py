"""ResNet and VGG in PyTorch, in either memory format."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .. import inputs, networks, networks_reference
from ..workloads import Size
from . import Case

FORMATS = {"": torch.contiguous_format, "channels_last": torch.channels_last}


class Residual(nn.Module):
    """relu(branch(x) + shortcut(x))."""

    def __init__(self, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.branch(x)
        y += self.shortcut(x)
        return functional.relu_(y)


def module_of(layer: Any) -> nn.Module:
    """A layer with default weights."""
    if isinstance(layer, networks.Conv):
        sizes = (layer.fan_in, layer.fan_out, layer.kernel, layer.stride, layer.pad)
        return nn.Conv2d(*sizes, bias=layer.bias)
    if isinstance(layer, networks.Norm):
        return nn.BatchNorm2d(layer.channels)
    if isinstance(layer, networks.Relu):
        return nn.ReLU(inplace=True)
    if isinstance(layer, networks.MaxPool):
        return nn.MaxPool2d(*layer)
    if isinstance(layer, networks.Mean):
        return nn.Sequential(nn.AdaptiveAvgPool2d(layer.parts), nn.Flatten())
    return nn.Linear(layer.fan_in, layer.fan_out)


class Network:
    """A model and its batch; ``named`` maps names to the modules that have weights."""

    def __init__(self, data: networks.Batch, variant: str, fold: bool = False) -> None:
        self.named: dict[str, nn.Module] = {}
        self.fold = fold
        layout: Any = {"memory_format": FORMATS[variant]}
        self.model: Any = self.chain(data.layers, data.state).to(**layout)
        self.x = torch.from_numpy(data.x).contiguous(**layout)
        self.labels = torch.from_numpy(data.labels)

    def chain(self, layers: Sequence[Any], state: networks.State) -> nn.Sequential:
        """A sequence of layers."""
        made: list[Any] = []
        for layer in layers:
            if isinstance(layer, networks.Residual):
                parts = (self.chain(part, state) for part in (layer.branch, layer.shortcut))
                made.append(Residual(*parts))
                continue
            module = module_of(layer)
            name = getattr(layer, "name", None)
            if name is not None:
                self.named[name] = module
                own = {k: v for k, v in state.items() if k.rpartition(".")[0] == name}
                module.load_state_dict(
                    {k.rpartition(".")[2]: torch.tensor(v) for k, v in own.items()}
                )
            if self.fold and isinstance(layer, networks.Norm):
                made[-1] = fuse_conv_bn_eval(made[-1].eval(), module.eval())  # type: ignore[type-var]
            else:
                made.append(module)
        return nn.Sequential(*made)

    def grads(self) -> dict[str, Any]:
        """Samples of all gradients."""
        return {
            f"{name}.{kind}": networks_reference.sample(p.grad.contiguous().numpy())
            for name, module in self.named.items()
            for kind, p in module.named_parameters()
            if p.grad is not None
        }


def train(kind: str) -> Callable[[Size, str], Case]:
    """A training step with SGD and momentum."""

    def build(size: Size, variant: str) -> Case:
        data = networks.batch_of(kind, size)
        network: Network
        optimizer: torch.optim.SGD

        def reset() -> None:
            nonlocal network, optimizer
            network = Network(data, variant)
            optimizer = torch.optim.SGD(
                network.model.parameters(), lr=networks.RATE, momentum=networks.MOMENTUM
            )

        def descend() -> torch.Tensor:
            optimizer.zero_grad(set_to_none=True)
            loss = functional.cross_entropy(network.model(network.x), network.labels)
            loss.backward()
            return loss

        def step() -> torch.Tensor:
            loss = descend()
            optimizer.step()
            return loss

        def answer() -> Any:
            reset()
            return networks_reference.answer(descend().item(), network.grads())

        reset()
        return Case(step, answer, reset)

    return build


def infer(kind: str) -> Callable[[Size, str], Case]:
    """Scores, norms folded."""

    def build(size: Size, variant: str) -> Case:
        network = Network(networks.batch_of(kind, size), variant, fold=True)
        network.model.eval()

        @torch.inference_mode()
        def step() -> torch.Tensor:
            y: torch.Tensor = network.model(network.x)
            return y

        return Case(step, lambda: inputs.digest(np.asarray(step())))

    return build


BUILDERS = {
    **{f"{kind}_step": train(kind) for kind in networks.NETWORKS},
    "resnet_infer": infer("resnet"),
}
