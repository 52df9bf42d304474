"""The base of every layer and model."""

from .module import Module

__all__ = ["Module"]
