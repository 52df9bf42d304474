"""Models whose parameters are averages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from itertools import chain
from typing import Any

import numpy as np

from ...autograd.grad_mode import no_grad
from ...nn import Module
from ...nn.norm.batch import BatchNorm
from ...tensor import Tensor
from .averages import Average, MultiAverage, get_swa_multi_avg_fn


class AveragedModel(Module):
    r"""A copy of a model whose parameters are averages of the model's, over many updates.

    Parameters
    ----------
    model
        The model; it is copied.
    device
        The copy's, ``"cpu"``.
    avg_fn
        A function of the average of a tensor, its value now and the number of updates, which
        returns the next average.
    multi_avg_fn
        One of lists of averages and values, which changes the averages in place. By default the
        mean of all updates (`get_swa_multi_avg_fn`); see `get_ema_multi_avg_fn` for another.
    use_buffers
        Average buffers too, as running statistics; else they are copied at each update.

    References
    ----------
    Izmailov et al., Averaging weights leads to wider optima and better generalization, UAI 2018.

    Examples
    --------
    >>> model = fastnn.nn.Linear(1, 1, bias=False)
    >>> averaged = fastnn.optim.swa_utils.AveragedModel(model)
    >>> for value in (1.0, 2.0, 6.0):
    ...     _ = fastnn.nn.init.constant_(model.weight, value)
    ...     averaged.update_parameters(model)
    >>> averaged(fastnn.ones(1, 1)).item()
    3.0
    """

    n_averaged: Tensor

    def __init__(
        self,
        model: Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None,
        use_buffers: bool = False,
    ) -> None:
        super().__init__()
        functions: dict[str, Any] = {"avg_fn": avg_fn, "multi_avg_fn": multi_avg_fn}
        for name, function in functions.items():
            if function is not None and not callable(function):
                kind = type(function).__name__
                raise TypeError(f"AveragedModel: {name} must be a function, got {kind}")
        if avg_fn is not None and multi_avg_fn is not None:
            raise ValueError("AveragedModel: pass only one of avg_fn and multi_avg_fn")
        self.module = deepcopy(check_model(model))
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", Tensor(np.zeros((), np.int64)))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """The output of the averaged model."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the parameters of a model into the averages.

        Raises
        ------
        ValueError
            If its parameters have other shapes. Nothing has changed then.
        """
        averaged, current = (
            tensors(self.module, self.use_buffers),
            tensors(check_model(model), self.use_buffers),
        )
        mine, theirs = list(self.module.buffers()), list(model.buffers())
        check_shapes([*averaged, *mine], [*current, *theirs])
        with no_grad():
            self._average(averaged, current)
            if not self.use_buffers:
                copy(mine, theirs)
            self.n_averaged += 1

    def _average(self, averaged: list[Tensor], current: list[Tensor]) -> None:
        """Change averages in place."""
        count = self.n_averaged
        if int(count) == 0:
            copy(averaged, current)
        elif self.avg_fn is not None:
            for a, p in zip(averaged, current):
                a.copy_(self.avg_fn(a, p, count))
        else:
            average = self.multi_avg_fn or get_swa_multi_avg_fn()
            for some in by_dtype(averaged, current):
                average(*some, count)


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running statistics of batch norms anew, with one pass over data.

    After the training, for an averaged model, whose activations no batch norm has seen.

    Parameters
    ----------
    loader
        Batches: inputs of the model, or tuples or lists that begin with them.
    model
        Its batch norms get the means over all batches; its mode stays.
    device
        That of the inputs.

    Examples
    --------
    >>> model = fastnn.nn.BatchNorm1d(1)
    >>> fastnn.optim.swa_utils.update_bn([fastnn.full((4, 1), x) for x in (1.0, 2.0)], model)
    >>> model.running_mean.item()
    1.5
    """
    norms = [m for m in model.modules() if isinstance(m, BatchNorm)]
    if not norms:
        return
    momenta, training = [norm.momentum for norm in norms], model.training
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all batches
    model.train()
    try:
        for batch in loader:
            x = batch[0] if isinstance(batch, (list, tuple)) else batch
            with no_grad():
                model(x if device is None else x.to(device))
    finally:
        for norm, momentum in zip(norms, momenta):
            norm.momentum = momentum
        model.train(training)


def check_model(model: Any) -> Module:
    """A model; TypeError if it is none."""
    if not isinstance(model, Module):
        raise TypeError(f"AveragedModel: model must be a Module, got {type(model).__name__}")
    return model


def tensors(model: Module, buffers: bool) -> list[Tensor]:
    """The parameters of a model, and its buffers, outside of the graph."""
    found = chain(model.parameters(), model.buffers()) if buffers else model.parameters()
    return [t.detach() for t in found]


def check_shapes(averaged: list[Tensor], current: list[Tensor]) -> None:
    """Raise ValueError if tensors are not as many, or not of the same shapes."""
    mine, theirs = [[t.shape for t in some] for some in (averaged, current)]
    if mine != theirs:
        raise ValueError(
            f"AveragedModel: model must have parameters and buffers of shapes {mine}, got {theirs}"
        )


def copy(averaged: list[Tensor], current: list[Tensor]) -> None:
    """Copy values, of any dtype."""
    for a, p in zip(averaged, current):
        a.detach().copy_(p.detach())


def by_dtype(
    averaged: list[Tensor], current: list[Tensor]
) -> Iterator[tuple[list[Tensor], list[Tensor]]]:
    """The tensors of each dtype."""
    for dtype in dict.fromkeys(a.dtype for a in averaged):
        pairs = [pair for pair in zip(averaged, current) if pair[0].dtype == dtype]
        yield [a for a, _ in pairs], [p for _, p in pairs]
