"""The base class of every layer and model."""

from .module import Module

__all__ = ["Module"]
