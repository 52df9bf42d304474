"""Layers and models: what holds parameters and calls operations."""

from . import functional, init
from .container import ModuleDict, ModuleList, ParameterList, Sequential
from .module import Module
from .parameter import Parameter
from .shape import Flatten, Identity, Unflatten
