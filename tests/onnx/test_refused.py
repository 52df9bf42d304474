"""What cannot be exported: an error that names module and operation, before a file is touched."""

import io
import os

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.nn import functional as F

pytest.importorskip("onnx")

pytestmark = pytest.mark.any_threading


class Calls(nn.Module):
    """A module that calls one function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


def in_model(function):
    return nn.Sequential(nn.Linear(4, 4), Calls(function))


def view_changed(x):
    y = x.reshape(-1)
    F.relu(x, inplace=True)
    return y


REFUSED = [
    (fastnn.erfinv, RuntimeError, r"^onnx\.export: 1 \(Calls\): erfinv cannot be exported"),
    (lambda x: x.numpy().sum() + x, RuntimeError, r"1 \(Calls\): Tensor\.numpy reads numbers"),
    (lambda x: x if x.sum() > 0 else -x, RuntimeError, r"1 \(Calls\): Tensor\.__bool__ reads"),
    (lambda x: x * x.max().item(), RuntimeError, r"1 \(Calls\): Tensor\.item reads numbers"),
    (lambda x: x[x > 0], ValueError, r"1 \(Calls\): getitem: the number of places"),
    (lambda x: F.dropout(x, 0.5), ValueError, r"1 \(Calls\): dropout: random numbers"),
    (lambda x: x + fastnn.rand(4), ValueError, r"1 \(Calls\): add: an array that depends on"),
    (lambda x: x.fill_(1.0), RuntimeError, r"1 \(Calls\): fill_? cannot be exported"),
    (view_changed, RuntimeError, r"relu changes a tensor in place that has views"),
    (lambda x: x.expand(len(x) ** 2, *x.shape), ValueError, r"expand: a size that was 4 does not"),
    (lambda x: x.relu() if len(x) > 2 else x, ValueError, r"which operations the model computes"),
]


@pytest.mark.parametrize(("function", "kind", "text"), REFUSED)
def test_the_error_names_module_and_operation(function, kind, text, tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"before")
    model = in_model(function).train()
    with pytest.raises(kind, match=text):
        fastnn.onnx.export(model, fastnn.ones(2, 4), path)
    assert path.read_bytes() == b"before"
    assert os.listdir(tmp_path) == ["model.onnx"]
    assert all(module.training for module in model.modules())
    assert not fastnn.onnx.is_in_onnx_export()


ARGUMENTS = [
    ({"opset_version": 17}, ValueError, "opset_version must be 18 to 21, got 17"),
    ({"input_names": ["a", "b"]}, ValueError, "input_names must be 1 different names"),
    ({"dynamic_axes": {"x": {0: "n"}}}, ValueError, r"dynamic_axes names 'x', and the inputs are"),
    ({"dynamic_axes": {"input": {2: "n"}}}, ValueError, "input has 2 axes, got axis 2"),
]


@pytest.mark.parametrize(("options", "kind", "text"), ARGUMENTS)
def test_arguments(options, kind, text):
    file = io.BytesIO()
    with pytest.raises(kind, match=text):
        fastnn.onnx.export(nn.Linear(4, 2), fastnn.ones(2, 4), file, **options)
    assert not file.getvalue()


def test_a_module_and_an_array_are_needed():
    with pytest.raises(TypeError, match=r"model must be a Module, got function"):
        fastnn.onnx.export(lambda x: x, fastnn.ones(2, 4), io.BytesIO())
    with pytest.raises(ValueError, match=r"args holds no tensor or array"):
        fastnn.onnx.export(nn.Linear(4, 2), (3,), io.BytesIO())


def test_an_input_that_is_not_read():
    class First(nn.Module):
        def forward(self, x, y):
            return x * 2

    with pytest.raises(ValueError, match=r"no operation reads the input 'input_1'"):
        fastnn.onnx.export(First(), (fastnn.ones(2), fastnn.ones(2)), io.BytesIO())


def test_lengths_that_say_nothing():
    x, lengths = np.zeros((5, 2, 4), np.float32), np.array([5, 5])

    class Sorted(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.LSTM(4, 3)

        def forward(self, x, lengths):
            return self.layer(x, lengths=lengths)[0]

    with pytest.raises(ValueError, match=r"give an example in which one is shorter"):
        fastnn.onnx.export(Sorted(), (x, lengths), io.BytesIO(), dynamic_batch=False)


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(ImportError, match=r"onnx\.export needs the package onnx: pip install"):
        fastnn.onnx.export(nn.Linear(4, 2), fastnn.ones(2, 4), io.BytesIO())
