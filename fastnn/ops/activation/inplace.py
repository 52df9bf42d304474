"""Activations in place, under PyTorch's names: ``relu_`` and its kin."""

from __future__ import annotations

from ..elementwise.inplace import in_place
from .operands import rrelu
from .piecewise import celu, elu, hardtanh, leaky_relu, relu, selu
from .shrink import threshold
from .smooth import sigmoid, tanh

__all__ = [
    "celu_",
    "elu_",
    "hardtanh_",
    "leaky_relu_",
    "relu_",
    "rrelu_",
    "selu_",
    "sigmoid_",
    "tanh_",
    "threshold_",
]

celu_ = in_place(celu)
elu_ = in_place(elu)
hardtanh_ = in_place(hardtanh)
leaky_relu_ = in_place(leaky_relu)
relu_ = in_place(relu)
rrelu_ = in_place(rrelu)
selu_ = in_place(selu)
sigmoid_ = in_place(sigmoid)
tanh_ = in_place(tanh)
threshold_ = in_place(threshold)
