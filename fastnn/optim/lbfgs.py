"""L-BFGS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import _core, ops
from ..autograd.changes import changed
from ..autograd.grad_mode import enable_grad, no_grad
from ..tensor import Tensor
from .arithmetic import add_scaled
from .groups import Params, check_not_negative
from .line_search import Point, strong_wolfe
from .optimizer import Optimizer

VECTORS = ("d", "prev_flat_grad")
LISTS = ("old_dirs", "old_stps")


class LBFGS(Optimizer):
    r"""L-BFGS: a quasi-Newton method with the curvature of the last steps, for whole batches.

    A step computes the loss several times, by a closure.

    Parameters
    ----------
    params
        Tensors, all with the same options.
    lr
        The step, or with a line search the first one tried.
    max_iter
        Iterations of one `step`.
    max_eval
        The most computations of the loss in one `step`; by default ``1.25 * max_iter``.
    tolerance_grad
        It ends where no gradient is larger in magnitude,
    tolerance_change
        and where loss or parameters change by no more.
    history_size
        How many past steps are kept, of twice the size of all parameters each.
    line_search_fn
        ``"strong_wolfe"`` or None.

    References
    ----------
    Liu and Nocedal, On the limited memory BFGS method for large scale optimization, Mathematical
    Programming 1989.

    Examples
    --------
    >>> p = fastnn.tensor([3.0, -4.0], requires_grad=True)
    >>> optimizer = fastnn.optim.LBFGS([p], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((p - 1) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).item()
    29.0
    >>> p.detach().numpy().round(4)
    array([1., 1.], dtype=float32)
    """

    numbers = ()

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        super().__init__(
            params,
            {
                "lr": lr,
                "max_iter": max_iter,
                "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
                "tolerance_grad": tolerance_grad,
                "tolerance_change": tolerance_change,
                "history_size": history_size,
                "line_search_fn": line_search_fn,
            },
        )

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add the only group of parameters."""
        if self.param_groups:
            raise ValueError("LBFGS: params must be one group, since a step moves all at once")
        super().add_param_group(param_group)

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""
        keys = ("lr", "max_iter", "max_eval", "tolerance_grad", "tolerance_change", "history_size")
        check_not_negative("LBFGS", options, *keys)
        if options["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(
                "LBFGS: line_search_fn must be 'strong_wolfe' or None, "
                f"got {options['line_search_fn']!r}"
            )

    def load_state(self, p: Tensor, key: str, value: Any) -> Any:
        """Convert one entry of a saved state to this optimizer's form."""
        if value is None or key == "al":
            return None
        if key in VECTORS:
            return vector(p, value)
        if key in LISTS:
            return [vector(p, v) for v in value]
        if key == "ro":
            return [float(v) for v in value]
        if key in ("n_iter", "func_evals"):
            return int(value)
        return float(value) if key in ("t", "H_diag", "prev_loss") else value

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Take up to `max_iter` iterations.

        Parameters
        ----------
        closure
            Sets the gradients to zero, computes the loss and its gradients, and returns the loss.

        Returns
        -------
        Tensor
            The first loss.
        """
        if not callable(closure):
            raise TypeError(f"LBFGS: step must be called with a closure, got {closure!r}")
        (group,) = self.param_groups
        self.check_options(group)
        with enable_grad():
            first = closure()
        with no_grad():
            Run(group, self.state[group["params"][0]], closure).iterate(float(first))
        return first


class Run:
    """The iterations of one step, over all parameters as one vector."""

    def __init__(
        self, group: dict[str, Any], state: dict[str, Any], closure: Callable[[], Any]
    ) -> None:
        self.group, self.state, self.closure = group, state, closure
        state.pop("al", None)  # of PyTorch's, without meaning between steps
        self.params: list[Tensor] = [p.detach() for p in group["params"]]

    def iterate(self, loss: float) -> None:
        """Move the parameters, where `loss` and its gradients are computed."""
        group, state = self.group, self.state
        lr, change = float(group["lr"]), float(group["tolerance_change"])
        state["func_evals"] = state.get("func_evals", 0) + 1
        state.setdefault("n_iter", 0)
        evaluations, gradient = 1, self.gradient()
        if largest(gradient) <= group["tolerance_grad"]:
            return
        for i in range(1, int(group["max_iter"]) + 1):
            state["n_iter"] += 1
            d = self.direction(gradient)
            first = state["n_iter"] == 1
            t = min(1.0, 1.0 / float(abs(gradient).sum())) * lr if first else lr
            slope = dot(gradient, d)
            before = loss
            state.update(d=d, t=t, prev_flat_grad=gradient.clone(), prev_loss=before)
            if slope > -change:
                break
            calls, ended = 0, i == group["max_iter"]
            if group["line_search_fn"] is not None:
                start = Point(0.0, loss, gradient.clone(), slope)
                more = int(group["max_eval"]) - evaluations
                evaluate = self.evaluation(d)
                point, calls = strong_wolfe(evaluate, start, t, largest(d), more, change)
                t, loss, gradient = point.t, point.loss, point.gradient
                self.move(t, d)
            else:
                self.move(t, d)
                if not ended:  # else nothing needs the loss
                    loss, gradient, calls = self.loss(), self.gradient(), 1
            state["t"] = t
            evaluations += calls
            state["func_evals"] += calls
            if ended or evaluations >= group["max_eval"]:
                break
            if largest(gradient) <= group["tolerance_grad"] or largest(d) * t <= change:
                break
            if abs(loss - before) < change:
                break

    def direction(self, gradient: Tensor) -> Tensor:
        """Minus the gradient times the inverse of the Hessian, as far as the past steps show it."""
        state = self.state
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
            return -gradient
        ys, ss, rs = state["old_dirs"], state["old_stps"], state["ro"]
        y, s = gradient - state["prev_flat_grad"], state["d"] * state["t"]
        product = dot(y, s)
        if product > 1e-10:
            for past, new in ((ys, y), (ss, s), (rs, 1.0 / product)):
                past.append(new)
                del past[: -int(self.group["history_size"]) or None]
            state["H_diag"] = product / dot(y, y)
        q = -gradient
        shares = []
        for y, s, r in zip(reversed(ys), reversed(ss), reversed(rs)):
            shares.append(dot(s, q) * r)
            add_scaled([q._array], [y._array], -shares[-1])
        q.mul_(state["H_diag"])
        for y, s, r, share in zip(ys, ss, rs, reversed(shares)):
            add_scaled([q._array], [s._array], share - dot(y, q) * r)
        return q

    def evaluation(self, d: Tensor) -> Callable[[float], Point]:
        """The points of a line; parameters stay where they are."""
        here = [p.clone() for p in self.params]

        def evaluate(t: float) -> Point:
            self.move(t, d)
            loss, gradient = self.loss(), self.gradient()
            for p, x in zip(self.params, here):
                p.copy_(x)
            return Point(t, loss, gradient, dot(gradient, d))

        return evaluate

    def loss(self) -> float:
        """The loss, with its gradients."""
        with enable_grad():
            return float(self.closure())

    def gradient(self) -> Tensor:
        """The gradients of all parameters as one vector."""
        return ops.cat(
            [
                (p.detach() * 0 if p.grad is None else p.grad.detach()).reshape(-1)
                for p in self.group["params"]
            ]
        )

    def move(self, t: float, d: Tensor) -> None:
        """Move the parameters by ``t * d``."""
        arrays, at, parts = [p._array for p in self.params], 0, []
        for a in arrays:
            parts.append(d._array[at : at + a.size].reshape(a.shape).astype(a.dtype, copy=False))
            at += a.size
        add_scaled(arrays, parts, t)
        changed(arrays)


def dot(a: Tensor, b: Tensor) -> float:
    """The product of two vectors."""
    return float(ops.dot(a, b))


def largest(x: Tensor) -> float:
    """The largest magnitude."""
    return float(_core.grad_norm([x._array], np.inf))


def vector(p: Tensor, value: Any) -> Tensor:
    """A copy of a vector of a saved state."""
    data = np.asarray(value._array if isinstance(value, Tensor) else value)
    return Tensor(data.astype(p._array.dtype))
