"""Constructors of layers refuse what cannot be meant, by the name of the argument."""

import abc
import copy
import inspect
import pickle
import re

import numpy as np
import pytest

import fastnn
from fastnn import nn

X, T = fastnn.zeros(2, 3), fastnn.tensor([0, 1])

DATA = [
    (nn.MSELoss, (X, X), "reduction"),
    (nn.CrossEntropyLoss, (X, T), "argument 2"),
    (nn.BCELoss, (X, X), "argument 2"),
    (nn.ReLU, (X,), "inplace"),
    (nn.Softmax, (X,), "dim"),
    (nn.Sigmoid, (X,), "device"),
    (nn.GELU, (X,), "approximate"),
    (nn.Linear, (X,), "in_features"),
    (nn.Flatten, (X.numpy(),), "start_dim"),
    (nn.MaxPool2d, (X.numpy(),), "kernel_size"),
    (nn.LSTM, (X, 3), "input_size"),
]
NUMBERS = [
    (lambda: nn.Linear(4 / 2, 3), "Linear: in_features must be an int, got 2.0; write 2, or // in"),
    (lambda: nn.Linear(3, 10.0), "Linear: out_features must be an int, got 10.0; write 10, or //"),
    (lambda: nn.Linear(3, np.float64(2.5)), "Linear: out_features must be an int, got "),
    (lambda: nn.Linear(3, float("inf")), "Linear: out_features must be an int, got inf"),
    (lambda: nn.Linear("10", 3), "Linear: in_features must be an int, got '10'; leave out the quo"),
    (lambda: nn.Linear("ten", 3), "Linear: in_features must be an int, got 'ten'"),
    (lambda: nn.Linear(3, None), "Linear: out_features must be an int, got None"),
    (lambda: nn.Linear(in_features=3.0, out_features=2), "Linear: in_features must be an int"),
    (lambda: nn.LazyLinear(3.0), "LazyLinear: out_features must be an int, got 3.0"),
    (lambda: nn.Dropout("0.5"), "Dropout: p must be a number, got '0.5'; leave out the quotation"),
    (lambda: nn.Dropout2d(None), "Dropout2d: p must be a number, got None"),
    (lambda: nn.LeakyReLU("x"), "LeakyReLU: negative_slope must be a number, got 'x'"),
    (lambda: nn.BatchNorm2d(4.0), "BatchNorm2d: num_features must be an int, got 4.0"),
    (lambda: nn.GroupNorm(2.0, 4), "GroupNorm: num_groups must be an int, got 2.0"),
    (lambda: nn.LayerNorm(4.0), "LayerNorm: normalized_shape must be an int or a tuple of ints,"),
    (lambda: nn.Conv2d(3.0, 4, 3), "Conv2d: in_channels must be an int, got 3.0"),
    (
        lambda: nn.Conv2d(3, 4, "3"),
        "Conv2d: kernel_size must be an int or a tuple of ints, got '3'",
    ),
    (
        lambda: nn.MaxPool2d(2.0),
        "MaxPool2d: kernel_size must be an int or a tuple of ints, got 2.0",
    ),
    (lambda: nn.Embedding(10, 3.0), "Embedding: embedding_dim must be an int, got 3.0"),
    (lambda: nn.MultiheadAttention(8, 2.0), "MultiheadAttention: num_heads must be an int, got 2"),
    (lambda: nn.GRU(2, 3, num_layers=2.0), "GRU: num_layers must be an int, got 2.0"),
]


@pytest.mark.parametrize(("kind", "args", "name"), DATA)
def test_data_in_a_constructor(kind, args, name):
    shape = tuple(args[0].shape)
    if name == "argument 2":
        shape = tuple(args[1].shape)
    text = (
        f"{kind.__name__}: {name} is a setting of the layer, got data of shape {shape}; construct"
    )
    with pytest.raises(TypeError, match=re.escape(text)):
        kind(*args)
    with pytest.raises(TypeError, match=re.escape("input is a setting of the layer, got data of")):
        kind(*((2,) if kind in (nn.Linear,) else ()), input=X)


@pytest.mark.parametrize(("make", "text"), NUMBERS)
def test_a_number_that_cannot_be_meant(make, text):
    with pytest.raises(TypeError, match="^" + re.escape(text)):
        make()


def test_what_is_meant_is_taken():
    assert nn.CrossEntropyLoss(fastnn.ones(3)).weight.shape == (3,)
    assert nn.BCEWithLogitsLoss(pos_weight=fastnn.ones(3)).pos_weight.shape == (3,)
    assert nn.PReLU(1, fastnn.tensor(0.5)).weight.item() == 0.5
    assert nn.Dropout(1).p == 1
    assert nn.Dropout(np.float32(0.5)).p == 0.5
    assert nn.Linear(np.int64(2), np.int32(3), device=None, dtype="float64").weight.shape == (3, 2)
    assert nn.AdaptiveAvgPool2d((None, 2))(fastnn.zeros(1, 1, 4, 4)).shape == (1, 1, 4, 2)
    assert nn.MaxPool2d(2, None).stride == 2
    assert nn.Conv2d(1, 1, 3, padding="same").padding == "same"
    assert nn.BatchNorm1d(3, momentum=None).momentum is None
    assert nn.Identity(X, anything="goes")(3) == 3
    assert len(nn.ParameterList(X)) == 2


def test_a_constructor_of_the_users_takes_anything():
    class Scale(nn.Linear):
        def __init__(self, table, rate="fast", size=2.0):
            super().__init__(table.shape[1], int(size))
            self.rate = rate

    layer = Scale(X, size=4.0)
    assert layer(X).shape == (2, 4)

    class Same(nn.Linear):
        pass

    with pytest.raises(TypeError, match=r"Same: in_features must be an int, got 2\.0"):
        Same(2.0, 3)

    class Abstract(nn.Module, abc.ABC):
        @abc.abstractmethod
        def size(self): ...

    with pytest.raises(TypeError, match="abstract"):
        Abstract()
    assert repr(copy.deepcopy(layer)) == repr(layer)
    assert pickle.loads(pickle.dumps(nn.Linear(2, 3))).out_features == 3


def test_signatures_are_those_of_constructors_and_forward():
    assert list(inspect.signature(nn.Dropout).parameters) == ["p", "inplace"]
    assert list(inspect.signature(nn.Dropout2d).parameters) == ["p", "inplace"]
    assert list(inspect.signature(nn.Module).parameters) == ["device"]
    assert next(iter(inspect.signature(nn.Linear(2, 3)).parameters)) == "args"
