"""Changes to a module and all its submodules: mode, element type, gradients."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from ... import dtypes
from ...devices import check_device
from ...dtypes import kind
from ...ops.cast import destination
from ..parameter import Uninitialized
from .contents import Contents

T = TypeVar("T", bound="Conversion")


class Conversion(Contents):
    """Switches training mode, element type and which parameters are trained."""

    def train(self: T, mode: bool = True) -> T:
        """Switch this module and its submodules to training mode, or to evaluation with False."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False, got {mode!r}")
        for module in self.modules():
            module.__dict__["training"] = mode
        return self

    def eval(self: T) -> T:
        """Switch this module and its submodules to evaluation mode."""
        return self.train(False)

    def requires_grad_(self: T, requires_grad: bool = True) -> T:
        """Train all parameters, or freeze them with False."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Remove the gradients of all parameters, or set them to 0."""
        for parameter in self.parameters():
            if set_to_none or parameter._grad is None:
                parameter._grad = None
            else:
                parameter._grad.zero_()

    def to(
        self: T,
        *args: Any,
        device: Any = None,
        dtype: Any = None,
        non_blocking: bool = False,
        memory_format: Any = None,
    ) -> T:
        """Change the type of all floating point parameters and buffers, in place.

        Parameters
        ----------
        args
            As in PyTorch: ``dtype``, or ``device, dtype``, or a tensor that has the wanted type.
        device
            ``"cpu"`` or None: there is no other.
        dtype
            A floating point type.
        non_blocking
            Accepted for compatibility with PyTorch; there is no transfer to wait for.
        memory_format
            Accepted as well: convolutions order their weights themselves.

        Examples
        --------
        >>> fastnn.nn.Linear(2, 3).to("cpu", fastnn.float64).weight.dtype
        dtype('float64')
        """
        wanted, _ = destination(args, device, dtype, False)
        if wanted is None:
            return self
        if kind(wanted) != "f":
            raise TypeError(f"to: parameters are floating point, got {wanted}")
        for tensor in [*self.parameters(), *self.buffers()]:
            if isinstance(tensor, Uninitialized):
                tensor.dtype = wanted
                continue
            for part in (tensor, tensor._grad):
                if part is not None and kind(part._array.dtype) == "f":
                    part._array = part._array.astype(wanted, copy=False)
        return self

    def float(self: T) -> T:
        """Make all parameters and buffers float32."""
        return self.to(np.float32)

    def double(self: T) -> T:
        """Make all parameters and buffers float64."""
        return self.to(np.float64)

    def half(self: T) -> T:
        """Make all parameters and buffers float16, a type to store them in: layers refuse it."""
        return self.to(np.float16)

    def bfloat16(self: T) -> T:
        """Make all parameters and buffers bfloat16, a type to store them in: layers refuse it."""
        return self.to(dtypes.bfloat16)

    def type(self: T, dst_type: Any) -> T:
        """As `to` with a type, under PyTorch's older name."""
        return self.to(dst_type)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: there is nothing to compile."""

    def cpu(self: T) -> T:
        """The module itself: there is no other device."""
        return self

    def cuda(self: T, device: Any = None) -> T:
        """Raise an error: fastnn computes on the CPU only."""
        check_device("cuda", "cuda" if device is None or isinstance(device, int) else device)
        return self
