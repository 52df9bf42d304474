"""ResNet and VGG in fastnn, written as a user would write them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import fastnn
from fastnn import models, optim
from fastnn.nn import functional

from .. import inputs, networks, networks_reference
from ..workloads import Size
from . import Case


def model_of(kind: str, size: Size, data: networks.Batch) -> Any:
    """The network of `fastnn.models`."""
    depth, _, _, classes = size
    options = {"dropout": 0.0} if kind == "vgg" else {}
    model = getattr(models, f"{kind}{depth}")(num_classes=classes, **options)
    model.load_state_dict(data.state)
    return model


def train(kind: str) -> Callable[[Size, str], Case]:
    """A training step with SGD and momentum."""

    def build(size: Size, variant: str) -> Case:
        data = networks.batch_of(kind, size)
        x, labels = fastnn.from_numpy(data.x), fastnn.from_numpy(data.labels)
        model: Any
        optimizer: Any

        def reset() -> None:
            nonlocal model, optimizer
            model = model_of(kind, size, data)
            optimizer = optim.SGD(model.parameters(), lr=networks.RATE, momentum=networks.MOMENTUM)

        def descend() -> Any:
            optimizer.zero_grad()
            loss = functional.cross_entropy(model(x), labels)
            loss.backward()
            return loss

        def step() -> Any:
            loss = descend()
            optimizer.step()
            return loss

        def answer() -> Any:
            reset()
            loss = descend().item()
            grads = {
                name: networks_reference.sample(p.grad.numpy())
                for name, p in model.named_parameters()
            }
            return networks_reference.answer(loss, grads)

        reset()
        return Case(step, answer, reset)

    return build


def infer(kind: str) -> Callable[[Size, str], Case]:
    """Scores, norms folded."""

    def build(size: Size, variant: str) -> Case:
        data = networks.batch_of(kind, size)
        model = models.fold_norms(model_of(kind, size, data))
        x = fastnn.from_numpy(data.x)

        def step() -> Any:
            with fastnn.no_grad():
                return model(x)

        return Case(step, lambda: inputs.digest(step().numpy()))

    return build


BUILDERS = {
    **{f"{kind}_step": train(kind) for kind in networks.NETWORKS},
    "resnet_infer": infer("resnet"),
}
