"""Weight norm and spectral norm by hooks, as PyTorch had them before parametrizations.

The names in state dicts are those of old models (``weight_g``, ``weight_orig``); new ones take
`fastnn.nn.utils.parametrizations`.
"""

from __future__ import annotations

from typing import Any, TypeVar

from ...autograd import no_grad
from ...ops import mv, normalize, randn
from ...tensor import Tensor
from ..module import Module
from ..parameter import Parameter
from .parametrizations import TRANSPOSED, SpectralNorm, WeightNorm

__all__ = ["remove_spectral_norm", "remove_weight_norm", "spectral_norm", "weight_norm"]

M = TypeVar("M", bound=Module)


class HookedSpectralNorm(SpectralNorm):
    """The estimate of old models, which turns v before u."""

    def step(self, matrix: Tensor, count: int) -> None:
        """Turn v and u towards the singular vectors."""
        with no_grad():
            for _ in range(count):
                self._v.copy_(normalize(mv(matrix.T, self._u), 2.0, 0, self.eps))
                self._u.copy_(normalize(mv(matrix, self._v), 2.0, 0, self.eps))


class Reparametrized:
    """A forward pre-hook that sets an attribute from parameters of the module."""

    def __init__(self, kind: str, name: str, norm: Module) -> None:
        self.kind = kind
        self.name = name
        self.norm = norm

    def __call__(self, module: Module, _: Any = None) -> None:
        module.__dict__[self.name] = self.value(module)

    def value(self, module: Module) -> Tensor:
        """The attribute as the parameters are now."""
        if isinstance(self.norm, WeightNorm):
            parts = (getattr(module, f"{self.name}_g"), getattr(module, f"{self.name}_v"))
            weight: Tensor = self.norm(*parts)
            return weight
        # The vectors are buffers of the module, so that its state dict has them.
        norm = self.norm
        norm.__dict__.update(
            training=module.training,
            _u=getattr(module, f"{self.name}_u"),
            _v=getattr(module, f"{self.name}_v"),
        )
        scaled: Tensor = norm(getattr(module, f"{self.name}_orig"))
        return scaled


def hook_of(module: Module, kind: str, name: str) -> tuple[int, Reparametrized] | None:
    """The module's hook of this kind, and its key."""
    for key, hook in (module._hooks.before if module._hooks else {}).items():
        if isinstance(hook, Reparametrized) and (hook.kind, hook.name) == (kind, name):
            return key, hook
    return None


def taken(module: Module, kind: str, name: str) -> Parameter:
    """The parameter, which the module has no more."""
    weight = module._parameters.get(name)
    if weight is None:
        raise ValueError(f"{kind}: {type(module).__name__} has no parameter {name!r}")
    delattr(module, name)
    parameter: Parameter = weight
    return parameter


def removed(module: Module, kind: str, name: str) -> Tensor:
    """Take the hook off; the value of the attribute, which the module has no more."""
    found = hook_of(module, kind, name)
    if found is None:
        raise ValueError(f"remove_{kind}: {kind} of {name!r} not found in {type(module).__name__}")
    key, hook = found
    assert module._hooks is not None
    del module._hooks.before[key]
    training = module.training
    module.__dict__["training"] = False  # the vectors stay as they are
    with no_grad():
        value = hook.value(module).clone()
    module.__dict__["training"] = training
    delattr(module, name)
    return value


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """`parametrizations.weight_norm` by a hook, with parameters ``weight_g`` and ``weight_v``.

    Examples
    --------
    >>> layer = fastnn.nn.utils.weight_norm(fastnn.nn.Linear(20, 40))
    >>> layer.weight_g.shape, layer.weight_v.shape
    ((40, 1), (40, 20))
    """
    if hook_of(module, "weight_norm", name) is not None:
        raise RuntimeError(f"weight_norm: {name!r} has a weight norm already")
    norm = WeightNorm(dim)
    weight = taken(module, "weight_norm", name)
    with no_grad():
        g, v = norm.right_inverse(weight)
        module.register_parameter(f"{name}_g", Parameter(g.clone()))
        module.register_parameter(f"{name}_v", Parameter(v.detach().clone()))
    hook = Reparametrized("weight_norm", name, norm)
    hook(module)
    module.register_forward_pre_hook(hook)
    return module


def remove_weight_norm(module: M, name: str = "weight") -> M:
    """Make the weight of a `weight_norm` a parameter again, with its present value.

    Examples
    --------
    >>> layer = fastnn.nn.utils.weight_norm(fastnn.nn.Linear(2, 2))
    >>> list(fastnn.nn.utils.remove_weight_norm(layer).state_dict())
    ['bias', 'weight']
    """
    value = removed(module, "weight_norm", name)
    delattr(module, f"{name}_g")
    delattr(module, f"{name}_v")
    module.register_parameter(name, Parameter(value))
    return module


def spectral_norm(
    module: M,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> M:
    """`parametrizations.spectral_norm` by a hook, with the parameter ``weight_orig``.

    The vectors of the power method, ``weight_u`` and ``weight_v``, begin at random.

    Examples
    --------
    >>> layer = fastnn.nn.utils.spectral_norm(fastnn.nn.Linear(20, 40))
    >>> list(layer.state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    if hook_of(module, "spectral_norm", name) is not None:
        raise RuntimeError(f"spectral_norm: {name!r} has a spectral norm already")
    rows = dim if dim is not None else int(isinstance(module, TRANSPOSED))
    weight = module._parameters.get(name)
    if weight is not None and weight.ndim < 2:
        raise ValueError(f"spectral_norm: {name!r} must have at least 2 dimensions")
    args = (n_power_iterations, rows, eps)
    norm = None if weight is None else HookedSpectralNorm(weight, *args)
    weight = taken(module, "spectral_norm", name)
    assert norm is not None
    module.register_parameter(f"{name}_orig", weight)
    for letter, vector in (("u", norm._u), ("v", norm._v)):
        drawn = randn(*vector.shape).to(vector.dtype)
        module.register_buffer(f"{name}_{letter}", normalize(drawn, 2.0, 0, eps))
    hook = Reparametrized("spectral_norm", name, norm)
    module.__dict__[name] = weight.detach()  # until the first forward pass
    module.register_forward_pre_hook(hook)
    return module


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Make the weight of a `spectral_norm` a parameter again, with its present value.

    Examples
    --------
    >>> layer = fastnn.nn.utils.spectral_norm(fastnn.nn.Linear(2, 2))
    >>> list(fastnn.nn.utils.remove_spectral_norm(layer).state_dict())
    ['bias', 'weight']
    """
    value = removed(module, "spectral_norm", name)
    for part in ("orig", "u", "v"):
        delattr(module, f"{name}_{part}")
    module.register_parameter(name, Parameter(value))
    return module
