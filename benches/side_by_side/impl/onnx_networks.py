"""ResNet in ONNX Runtime: norms folded by hand, all optimisations on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from .. import inputs, networks
from ..workloads import Size
from . import Case


class Graph:
    """Nodes and weights; every method returns the name of its output."""

    def __init__(self, state: networks.State) -> None:
        self.state = state
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def node(self, kind: str, *sources: str, **attributes: Any) -> str:
        """One operation."""
        name = f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(sources), [name], **attributes))
        return name

    def weight(self, value: Any) -> str:
        """An initializer."""
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name

    def chain(self, layers: Sequence[Any], x: str) -> str:
        """A sequence of layers; a norm is folded into the convolution before it."""
        for i, layer in enumerate(layers):
            if isinstance(layer, networks.Conv):
                x = self.conv(layer, layers[i + 1], x)
            elif isinstance(layer, networks.Relu):
                x = self.node("Relu", x)
            elif isinstance(layer, networks.MaxPool):
                k, s, p = layer
                x = self.node("MaxPool", x, kernel_shape=[k, k], strides=[s, s], pads=[p] * 4)
            elif isinstance(layer, networks.Mean):
                x = self.node("Flatten", self.node("GlobalAveragePool", x))
            elif isinstance(layer, networks.Linear):
                parts = [self.weight(self.state[f"{layer.name}.{k}"]) for k in ("weight", "bias")]
                x = self.node("Gemm", x, *parts, transB=1)
            elif isinstance(layer, networks.Residual):
                branch, shortcut = self.chain(layer.branch, x), self.chain(layer.shortcut, x)
                x = self.node("Relu", self.node("Add", branch, shortcut))
        return x

    def conv(self, layer: networks.Conv, norm: networks.Norm, x: str) -> str:
        """A convolution with its norm."""
        names = ("weight", "bias", "running_mean", "running_var")
        w, b, mean, var = (self.state[f"{norm.name}.{kind}"].astype(float) for kind in names)
        factor = w / np.sqrt(var + 1e-5)
        folded = self.state[f"{layer.name}.weight"] * factor[:, None, None, None]
        sources = x, self.weight(folded), self.weight(b - mean * factor)
        k, s, p = layer.kernel, layer.stride, layer.pad
        return self.node("Conv", *sources, kernel_shape=[k, k], strides=[s, s], pads=[p] * 4)


def infer(kind: str, session_of: Callable[[bytes], Any]) -> Callable[[Size, str], Case]:
    """Scores."""

    def build(size: Size, variant: str) -> Case:
        data = networks.batch_of(kind, size)
        graph = Graph(data.state)
        y = graph.chain(data.layers, "x")
        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in (("x", data.x.shape), (y, (size[1], size[3])))
        ]
        made = helper.make_graph(graph.nodes, kind, ends[:1], ends[1:], graph.weights)
        opset = [helper.make_opsetid("", 17)]
        model = helper.make_model(made, opset_imports=opset, ir_version=9)
        session = session_of(model.SerializeToString())
        feed = {"x": data.x}

        def step() -> Any:
            return session.run(None, feed)[0]

        return Case(step, lambda: inputs.digest(step()))

    return build
