"""The workloads in ONNX Runtime: a model of MatMul-with-bias nodes, all optimisations on."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from .. import inputs, recurrent
from ..workloads import Size
from . import Case, onnx_networks

THREADS = 1


def setup(threads: int) -> str:
    """Store the number of threads; return the version."""
    global THREADS
    THREADS = threads
    return str(onnxruntime.__version__)


def model(layers: list[inputs.Layer]) -> bytes:
    """Gemm and Relu nodes, weights as initializers."""
    nodes, weights, name = [], [], "x"
    for i, (weight, bias) in enumerate(layers):
        weights += [numpy_helper.from_array(weight, f"w{i}")]
        weights += [numpy_helper.from_array(bias, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [name, f"w{i}", f"b{i}"], [f"y{i}"], transB=1))
        name = f"y{i}"
        if i + 1 < len(layers):
            nodes.append(helper.make_node("Relu", [name], [f"r{i}"]))
            name = f"r{i}"
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, layers[0][0].shape[1]])
    y = helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, layers[-1][0].shape[0]])
    graph = helper.make_graph(nodes, "mlp", [x], [y], weights)
    opset = [helper.make_opsetid("", 17)]
    return bytes(helper.make_model(graph, opset_imports=opset, ir_version=9).SerializeToString())


def session_of(made: bytes) -> Any:
    """A loaded model."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    return onnxruntime.InferenceSession(made, options, providers=["CPUExecutionProvider"])


def mlp_infer(size: Size, variant: str) -> Case:
    data = inputs.mlp_inputs(size)
    session = session_of(model(data.layers))
    feed = {"x": data.x}

    def step() -> Any:
        return session.run(None, feed)[0]

    return Case(step, step)


def lstm_infer(size: Size, variant: str) -> Case:
    """An LSTM node, whose gate order is i, o, f, g."""
    steps, batch, inner, hidden, _, _ = size
    found = recurrent.weights("lstm", size)

    def reordered(name: str) -> Any:
        i, f, g, o = np.split(found[name], 4)
        return np.concatenate([i, o, f, g])[None]

    biases = [reordered("bias_ih_l0"), reordered("bias_hh_l0")]
    weights = [
        numpy_helper.from_array(reordered("weight_ih_l0"), "w"),
        numpy_helper.from_array(reordered("weight_hh_l0"), "r"),
        numpy_helper.from_array(np.concatenate(biases, axis=1), "b"),
    ]
    node = helper.make_node("LSTM", ["x", "w", "r", "b"], ["y"], hidden_size=hidden)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [steps, batch, inner])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [steps, 1, batch, hidden])
    graph = helper.make_graph([node], "lstm", [x], [y], weights)
    opset = [helper.make_opsetid("", 17)]
    made = helper.make_model(graph, opset_imports=opset, ir_version=9)
    session = session_of(made.SerializeToString())
    feed = {"x": recurrent.sequences(size)[0]}

    def step() -> Any:
        return session.run(None, feed)[0]

    return Case(step, lambda: inputs.digest(step()))


BUILDERS = {
    "mlp_infer": mlp_infer,
    "lstm_infer": lstm_infer,
    "resnet_infer": onnx_networks.infer("resnet", session_of),
}
