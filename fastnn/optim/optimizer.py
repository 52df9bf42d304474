"""The base of optimizers: a step collects gradients and updates parameters."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from operator import attrgetter
from typing import Any

import numpy as np

from ..autograd.changes import changed, changes
from ..autograd.grad_mode import enable_grad
from ..autograd.record import Array
from ..autograd.row_gradient import RowGradient
from ..tensor import Tensor
from .groups import ParamGroups, Params
from .groups import required as required

# `map` with these takes half the time of a comprehension, which matters at every step.
DATA = attrgetter("_array")
GRAD = attrgetter("_grad")
GRADIENT = attrgetter("_grad._array")


class Optimizer(ParamGroups):
    """Base of all optimizers.

    A subclass passes its options as `defaults` and defines `update`.

    Parameters
    ----------
    params
        Tensors, or dicts, one for each group, with the key ``"params"`` and options.
    defaults
        Options for groups that do not set them.

    Attributes
    ----------
    param_groups
        One dict per group: ``"params"`` and every option. Options may be changed between steps; a
        tensor with one number, or a list of numbers, also in place.
    state
        The state of each parameter, created when it has its first gradient.

    Raises
    ------
    TypeError
        If `params` is not an iterable of tensors or dicts.
    ValueError
        If it is empty, or contains a tensor twice, or one that is not a leaf.
    """

    has_row_update = False  # whether the subclass defines `update_rows`
    _opt_called = False  # whether a step was taken, for the order of calls of schedules

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "step" in vars(cls):
            cls.step = noting_calls(cls.step)  # type: ignore[method-assign]

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        super().__init__(params, defaults)
        self._hyper: list[tuple[Any, ...]] = []
        self._table = np.zeros((0, 0))

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Remove the gradients of all parameters, or set them to 0.

        Parameters
        ----------
        set_to_none
            Set ``.grad`` to None, which is faster than writing zeros.
        """
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p._grad is not None:
                    p._grad = p._grad.detach()
                    p._grad.zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient, in place.

        Parameters
        ----------
        closure
            Recomputes the loss and its gradients; `step` returns its result.

        Raises
        ------
        TypeError, ValueError, IndexError
            If a gradient or a state does not match its parameter, or one of these is read-only.
            No parameter has changed then.
        """
        self._opt_called = True
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        params: list[Tensor] = []
        grads: list[Array] = []
        counts: list[int] = []
        by_rows: list[tuple[dict[str, Any], Tensor, RowGradient]] = []
        whole = True  # whether every parameter has a gradient
        for group in self.param_groups:
            some = group["params"]
            if self.has_row_update and RowGradient in map(type, map(GRAD, some)):
                sparse = [p for p in some if self.only_rows_change(group, p)]
                by_rows += [(group, p, p._grad) for p in sparse]
                some = [p for p in some if not any(p is q for q in sparse)]
            try:
                grads += map(GRADIENT, some)
            except AttributeError:  # some parameters have no gradient
                whole = False
                del grads[len(params) :]
                some = [p for p in some if p._grad is not None]
                grads += map(GRADIENT, some)
            params += some
            counts.append(len(some))
        if by_rows and len(params) + len(by_rows) > 1:  # one alone is checked by its update
            for row in by_rows:
                self.check_update_rows(*row)
        if params:
            self.update(params, grads, counts)
        for group, p, gradient in by_rows:
            self.update_rows(group, p, gradient)
            params.append(p)
        if params:
            number = changed(map(DATA, params))
            if self.state:
                if not whole:
                    self._notes.flush_unless(params)
                self._notes.last = number, params, self.state
                changes.late = number
        return loss

    def only_rows_change(self, group: dict[str, Any], p: Tensor) -> bool:
        """Whether `update_rows` updates `p`, whose gradient stores only some rows."""
        g = p._grad
        if type(g) is not RowGradient or g.rows is None:
            return False
        check_rows(type(self).__name__, p, g)
        return True

    def check_update_rows(self, group: dict[str, Any], p: Tensor, gradient: RowGradient) -> None:
        """Raise what `update_rows` would, before any parameter changes.

        A subclass adds what its state and its kernel need.
        """
        name, ids = type(self).__name__, gradient.ids
        if not p._array.flags.writeable:
            raise ValueError(f"{name}: a parameter of shape {p.shape} is read-only")
        if np.count_nonzero(ids[1:] <= ids[:-1]):
            raise ValueError(f"{name}: the ids of a gradient must ascend, got {ids}")

    def update_rows(self, group: dict[str, Any], p: Tensor, gradient: RowGradient) -> None:
        """Update only the rows of `p` that `gradient` stores."""
        raise NotImplementedError(f"{type(self).__name__}: define update_rows(group, p, gradient)")

    def update(self, params: list[Tensor], grads: list[Array], counts: list[int]) -> None:
        """Update `params` with gradients `grads`; ``counts[i]`` of them belong to group i."""
        raise NotImplementedError(f"{type(self).__name__}: define update(params, grads, counts)")

    def hyper(self, rows: list[tuple[Any, ...]]) -> Any:
        """A float64 table of options, one row per group; rebuilt only when an option changed."""
        if rows != self._hyper:
            for group in self.param_groups:
                self.check_options(group)
            flat = [
                [float(v) for x in row for v in (x if isinstance(x, (tuple, list)) else (x,))]
                for row in rows
            ]
            if self._table.shape == (len(flat), len(flat[0])):
                self._table[...] = flat
            else:
                self._table = np.array(flat, np.float64)
            # No comparison sees a change in place: what may change so is read in each step.
            self._hyper = rows if all(constant(x) for row in rows for x in row) else []
        return self._table


def check_rows(name: str, p: Tensor, g: RowGradient) -> None:
    """Raise if the rows of a gradient are none of its parameter: before any parameter changes."""
    if g.shape != p.shape or g.rows.shape != (len(g.ids), *p.shape[1:]) or g.dtype != p.dtype:
        raise ValueError(
            f"{name}: the gradient of a parameter of shape {p.shape} and {p.dtype} has "
            f"{len(g.ids)} ids and {g.dtype} rows of shape {g.rows.shape}"
        )
    if len(g.ids) and not (g.ids[0] >= 0 and g.ids[-1] < len(p)):
        raise IndexError(f"{name}: a gradient has rows {g.ids[0]} to {g.ids[-1]} of {len(p)}")


def constant(option: Any) -> bool:
    """Whether an option is a number or a tuple of numbers, which nobody can change in place."""
    if isinstance(option, tuple):
        return all(map(constant, option))
    return isinstance(option, (int, float, np.generic))


def noting_calls(step: Callable[..., Any]) -> Callable[..., Any]:
    """A step of a subclass's own, which notes that it was called."""

    @wraps(step)
    def noting(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        self._opt_called = True
        return step(self, *args, **kwargs)

    return noting
