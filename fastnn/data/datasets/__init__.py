"""Data sets: small tables, points in the plane, pictures from files."""

from ...names import offer as _offer
from .cifar import CIFAR10
from .labelled import LabelledDataset
from .mnist import MNIST, FashionMNIST
from .plane import make_circles, make_moons, make_spirals, make_xor
from .tables import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine

__all__ = [
    "CIFAR10",
    "MNIST",
    "FashionMNIST",
    "LabelledDataset",
    "load_breast_cancer",
    "load_diabetes",
    "load_digits",
    "load_iris",
    "load_wine",
    "make_circles",
    "make_moons",
    "make_spirals",
    "make_xor",
]

_offer(__name__)
