"""The base class of every layer and model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ...autograd.hooks import Handle
from ...devices import check_device
from ..hooks import Hooks, call_hooked
from ..summary import Summary, summarize
from .conversion import Conversion
from .explain import KINDS, explain
from .inputs import Inputs
from .settings import Settings
from .state import State

__all__ = ["Module"]


class Module(Conversion, State, Settings):
    """A layer or model: a `forward` method, with parameters and submodules as attributes.

    Assigning a parameter or a module to an attribute registers it.

    Parameters
    ----------
    device
        The device of the parameters: ``"cpu"`` or None. Anything else is an error that names the
        layer.

    Examples
    --------
    >>> class Scale(fastnn.nn.Module):
    ...     def __init__(self, size):
    ...         super().__init__()
    ...         self.weight = fastnn.nn.Parameter(fastnn.ones(size))
    ...     def forward(self, x):
    ...         return x.reshape(-1)
    >>> scale = Scale(3)
    >>> [name for name, p in scale.named_parameters()]
    ['weight']
    >>> scale(fastnn.zeros(1, 3)).shape
    (3,)
    """

    training: bool
    _hooks: Hooks | None
    _shown: ClassVar[tuple[str, ...]] = ()  # attributes that the representation names

    def __init__(self, device: Any = None) -> None:
        if device is not None:
            check_device(type(self).__name__, device)
        self.__dict__.update(
            training=True, _parameter_names={}, _buffer_names={}, _module_names={}, _hooks=None
        )

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; every module defines it."""
        raise NotImplementedError(f"{type(self).__name__}: define a method forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self._hooks is None:
                return self.forward(*args, **kwargs)
            return call_hooked(self, self._hooks, args, kwargs)
        except KINDS as error:
            explain(error)
            raise

    def _expected(self) -> Inputs:
        """What `forward` expects of its arguments; asked for after an error alone."""
        return {}

    # -- hooks -------------------------------------------------------------------------------

    def _hook(self, kind: str, hook: Callable[..., Any]) -> Handle:
        if self._hooks is None:
            self.__dict__["_hooks"] = Hooks()
        return Handle(getattr(self._hooks, kind), hook)

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, args)`` before `forward`; a result replaces the arguments."""
        return self._hook("before", hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, args, output)`` after `forward`; a result replaces the output."""
        return self._hook("after", hook)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, grad_output)`` when the gradient reaches the module's outputs."""
        return self._hook("backward_before", hook)

    def register_full_backward_hook(self, hook: Callable[..., Any]) -> Handle:
        """Call ``hook(module, grad_input, grad_output)`` when the gradient leaves its inputs."""
        return self._hook("backward_after", hook)

    # -- text --------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """The text between the brackets when the module is printed."""
        return ", ".join([f"{name}={getattr(self, name)!r}" for name in self._shown])

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({name}): " + repr(child).replace("\n", "\n  ")
            for name, child in self.named_children()
        ]
        if not children and len(lines) <= 1:
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + children) + "\n)"

    def summary(self, *input_shape: Any, dtype: Any = np.float32) -> Summary:
        """A table of layers, output shapes and numbers of parameters, from one run on zeros.

        Parameters
        ----------
        input_shape
            The shape of the input, batch included: ``summary(1, 64)`` or ``summary((1, 64))``; for
            several inputs a list of shapes.
        dtype
            Type of the input; int64 for ids.

        Examples
        --------
        >>> print(fastnn.nn.Sequential(fastnn.nn.Flatten()).summary(1, 8, 8))
        layer         output shape  parameters
        --------------------------------------
        Sequential    (1, 64)                0
          0: Flatten  (1, 64)                0
        --------------------------------------
        parameters: 0 (0 learnt), 0 bytes
        """
        return summarize(self, input_shape, dtype)
