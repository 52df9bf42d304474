"""What an optimizer holds: groups of parameters with options, and state, which can be saved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from types import GeneratorType
from typing import Any, TypeAlias

import numpy as np

from ..autograd.changes import LateNotes
from ..dtypes import kind
from ..tensor import Tensor

Params: TypeAlias = "Iterable[Tensor] | Iterable[dict[str, Any]]"


class Required:
    """Default of an option that every parameter group must set."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = Required()


class ParamGroups:
    """Groups of parameters with their options, and the state of each parameter."""

    buffers: tuple[str, ...] = ()  # entries of a state that have the shape of their parameter
    numbers: tuple[str, ...] = ("step",)  # and those that are one float64 number

    def __init__(self, params: Params, defaults: dict[str, Any]) -> None:
        name = type(self).__name__
        if isinstance(params, (Tensor, np.ndarray, dict, str)) or not hasattr(params, "__iter__"):
            raise TypeError(
                f"{name}: params must be an iterable of tensors or dicts, "
                f"got {type(params).__name__}; {advice(params)}"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._notes = LateNotes()  # of changes of `state`
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError(f"{name}: params must not be empty; {why_empty(params)}")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters, for instance layers that are unfrozen during training.

        Examples
        --------
        >>> a, b = fastnn.zeros(2, requires_grad=True), fastnn.zeros(3, requires_grad=True)
        >>> optimizer = fastnn.optim.SGD([a], lr=0.1)
        >>> optimizer.add_param_group({"params": [b], "lr": 0.01})
        >>> [group["lr"] for group in optimizer.param_groups]
        [0.1, 0.01]
        """
        name = type(self).__name__
        if not isinstance(param_group, dict):
            raise TypeError(f"{name}: a group must be a dict, got {type(param_group).__name__}")
        if "params" not in param_group:
            raise ValueError(f"{name}: a group must have the key 'params', got {[*param_group]}")
        params = param_group["params"]
        if isinstance(params, Tensor):
            params = [params]
        elif isinstance(params, (set, frozenset)):
            raise TypeError(f"{name}: params must be ordered, got a set; use a list")
        elif isinstance(params, GeneratorType) and params.gi_frame is None:
            raise ValueError(f"{name}: params of a group is used up; {why_empty(params)}")
        group = {**param_group, "params": list(params)}
        seen = {id(p) for g in self.param_groups for p in g["params"]}
        for p in group["params"]:
            if not isinstance(p, Tensor):
                raise TypeError(
                    f"{name}: params must be tensors, got {type(p).__name__}; {advice(p)}"
                )
            if not p.is_leaf:
                raise ValueError(f"{name}: params must be leaves, got the result of an operation")
            if p.dtype not in (np.float32, np.float64):
                raise TypeError(f"{name}: params must be float32 or float64, got {p.dtype}")
            if id(p) in seen:
                raise ValueError(f"{name}: a parameter of shape {p.shape} occurs twice")
            seen.add(id(p))
        for option, default in self.defaults.items():
            if default is required and option not in group:
                raise ValueError(f"{name}: a group of parameters must set {option}")
            group.setdefault(option, default)
        self.check_options(group)
        self.param_groups.append(group)

    def check_options(self, options: dict[str, Any]) -> None:
        """Raise ValueError if an option of a group is invalid."""

    def state_dict(self) -> dict[str, Any]:
        """State and options, with parameters numbered over all groups as in PyTorch."""
        order = [p for group in self.param_groups for p in group["params"]]
        number = {p: i for i, p in enumerate(order)}
        groups = [
            {**group, "params": [number[p] for p in group["params"]]} for group in self.param_groups
        ]
        state = {number[p]: dict(s) for p, s in self.state.items() if p in number}
        return {"state": dict(sorted(state.items())), "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load state and options from a `state_dict` of this class or of PyTorch's class.

        Everything is copied; state gets the dtype of its parameter.

        Raises
        ------
        TypeError, ValueError
            If it is no such dict, if groups differ in number or size, if an option is invalid, or
            if a state does not match its parameter. Nothing has changed then.
        """
        name = type(self).__name__
        if not isinstance(state_dict, Mapping) or not {"state", "param_groups"} <= {*state_dict}:
            got = [*state_dict] if isinstance(state_dict, Mapping) else type(state_dict).__name__
            raise TypeError(
                f"{name}: state_dict must be the state_dict() of an optimizer, a dict with 'state' "
                f"and 'param_groups', got {got}"
            )
        saved = state_dict["param_groups"]
        sizes = [len(group["params"]) for group in self.param_groups]
        if [len(group["params"]) for group in saved] != sizes:
            raise ValueError(
                f"{name}: state_dict must have groups of {sizes} parameters, "
                f"got {[len(group['params']) for group in saved]}"
            )
        ids = [i for group in saved for i in group["params"]]
        params = [p for group in self.param_groups for p in group["params"]]
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for i, p in zip(ids, params):
            if i in state_dict["state"]:
                for key, value in state_dict["state"][i].items():
                    state[p][key] = self.load_state(p, key, value)
        groups = []
        for mine, theirs in zip(self.param_groups, saved):
            options = {k: deepcopy(v) for k, v in theirs.items() if k != "params"}
            groups.append({**mine, **options, "params": mine["params"]})
        for group in groups:
            self.check_options(group)
        self._notes.flush()  # of the state that goes
        self.state, self.param_groups = state, groups

    def load_state(self, p: Tensor, key: str, value: Any) -> Any:
        """Convert one entry of a saved state to this optimizer's form."""
        name = type(self).__name__
        if value is None:  # not begun; PyTorch writes it for a buffer of SGD
            return None
        if key in self.numbers:
            return Tensor(np.array(number(name, key, value)))
        if key not in self.buffers and not hasattr(value, "__array__"):
            return deepcopy(value)
        data = np.asarray(value._array if isinstance(value, Tensor) else value)
        if key not in self.buffers:
            return Tensor(data.astype(p._array.dtype if kind(data.dtype) == "f" else data.dtype))
        if data.shape != p._array.shape:
            raise ValueError(
                f"{name}: {key} of a parameter of shape {p.shape} must have that shape, "
                f"got {data.shape}"
            )
        copy = np.zeros_like(p._array)
        copy[...] = data
        return Tensor(copy)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {k}: {v}" for k, v in sorted(group.items()) if k != "params"]
        return "\n".join([*lines, ")"])


def advice(params: Any) -> str:
    """What to pass instead of something that is no list of parameters."""
    if callable(getattr(params, "parameters", None)):
        return "pass its parameters()"
    if callable(params):
        return "call it, as in model.parameters()"
    if isinstance(params, tuple):
        return "pass parameters(), which has no names"
    return "put it in a list" if isinstance(params, (Tensor, dict)) else "make it a tensor"


def why_empty(params: Any) -> str:
    """How it may come that there are no parameters."""
    if isinstance(params, Iterator):
        return (
            f"a {type(params).__name__} such as model.parameters() gives its items once: call "
            "parameters() anew, or keep list(model.parameters())"
        )
    return "does the model have parameters?"


def number(name: str, option: str, value: Any) -> float:
    """The value of an option now: a number, or a tensor with one."""
    if isinstance(value, (str, bytes)):
        raise TypeError(
            f"{name}: {option} must be a number, got {value!r}; leave out the quotation marks"
        )
    try:
        return float(value)
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{name}: {option} must be a number, got {value!r}") from None


def check_not_negative(name: str, options: dict[str, Any], *keys: str) -> None:
    """Raise ValueError if an option is negative or NaN, TypeError if it is no number."""
    for key in keys:
        if not number(name, key, options[key]) >= 0:
            raise ValueError(f"{name}: {key} must not be negative, got {options[key]}")


def check_betas(name: str, options: dict[str, Any]) -> None:
    """Raise TypeError or ValueError if decay rates are not two numbers from [0, 1)."""
    for i, beta in enumerate(pair(name, options, "betas")):
        if not 0 <= beta < 1:
            raise ValueError(f"{name}: betas[{i}] must be in [0, 1), got {options['betas'][i]}")


def pair(name: str, options: dict[str, Any], key: str) -> tuple[float, float]:
    """An option of two numbers; TypeError if it is none."""
    values = options[key]
    if not isinstance(values, (tuple, list)) or len(values) != 2:
        raise TypeError(f"{name}: {key} must be a tuple of two numbers, got {values!r}")
    first, second = (number(name, f"{key}[{i}]", value) for i, value in enumerate(values))
    return first, second
