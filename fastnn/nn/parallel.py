"""Modules over several devices, of which there is one."""

from __future__ import annotations

from typing import Any, NoReturn

from .module import Module

__all__ = ["DataParallel", "DistributedDataParallel"]


class DataParallel(Module):
    """A module that calls another one, as PyTorch's does where there are no GPUs.

    Parameters
    ----------
    module
        The module, which computes each batch as a whole.
    device_ids, output_device, dim
        Accepted for programs written for PyTorch; they change nothing.

    Examples
    --------
    >>> model = fastnn.nn.DataParallel(fastnn.nn.Linear(2, 3))
    >>> model(fastnn.zeros(1, 2)).shape, list(model.state_dict())
    ((1, 3), ['module.weight', 'module.bias'])
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        self.module = module

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The output of the module."""
        return self.module(*args, **kwargs)


def DistributedDataParallel(module: Module, *args: Any, **kwargs: Any) -> NoReturn:
    """Raise an error: fastnn trains in one process."""
    raise RuntimeError(
        "DistributedDataParallel: fastnn trains in one process, by several threads; call the "
        "module itself"
    )
