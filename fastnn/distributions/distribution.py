"""The base of distributions: shapes, parameters and what follows from other properties."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np

from .. import ops
from ..autograd import no_grad
from ..tensor import Size, Tensor, TensorLike, as_array
from .constraints import Constraint

D = TypeVar("D", bound="Distribution")


class Distribution:
    """A distribution of random numbers, or a batch of them, one for each set of parameters.

    Parameters
    ----------
    batch_shape
        The shape of the parameters.
    event_shape
        The shape of one draw.
    validate_args
        Whether parameters and values are checked; by default they are, see
        `set_default_validate_args`.

    Notes
    -----
    A draw has the shape ``sample_shape + batch_shape + event_shape``, and its `log_prob` the shape
    ``sample_shape + batch_shape``.

    A distribution of your own sets its parameters as attributes, and then calls ``__init__`` of
    this class, which checks those that `arg_constraints` names. With `support` the values that
    `log_prob` gets through ``_value`` are checked too.
    """

    _validates: ClassVar[bool] = True
    has_rsample = False
    has_enumerate_support = False
    arg_constraints: ClassVar[dict[str, Constraint]] = {}

    def __init__(
        self,
        batch_shape: Sequence[int] = (),
        event_shape: Sequence[int] = (),
        validate_args: bool | None = None,
    ) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        checked = Distribution._validates if validate_args is None else validate_args
        self._validate_args = bool(checked)
        for name, constraint in self.arg_constraints.items():
            given = vars(self).get(name)
            if self._validate_args and isinstance(given, Tensor):
                self._check(name, constraint.check(given.detach()), constraint.meaning)

    @staticmethod
    def set_default_validate_args(value: bool) -> None:
        """Say whether distributions that will be made check parameters and values by default."""
        if value not in (True, False):
            raise ValueError(f"set_default_validate_args: value must be a bool, got {value!r}")
        Distribution._validates = bool(value)

    @property
    def batch_shape(self) -> Size:
        """The shape of the parameters."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one draw."""
        return self._event_shape

    @property
    def support(self) -> Constraint:
        """The set of the values that can be drawn."""
        raise NotImplementedError(f"{type(self).__name__} has no support")

    @property
    def mean(self) -> Tensor:
        """The mean."""
        raise NotImplementedError(f"{type(self).__name__} has no mean")

    @property
    def mode(self) -> Tensor:
        """The most probable value."""
        raise NotImplementedError(f"{type(self).__name__} has no mode")

    @property
    def variance(self) -> Tensor:
        """The variance."""
        raise NotImplementedError(f"{type(self).__name__} has no variance")

    @property
    def stddev(self) -> Tensor:
        """The standard deviation."""
        return self.variance.sqrt()

    def expand(self: D, batch_shape: Sequence[int]) -> D:
        """The same distribution for each element of a larger batch, without a copy of parameters.

        Examples
        --------
        >>> fastnn.distributions.Normal(0.0, 1.0).expand((2, 3)).sample().shape
        (2, 3)
        """
        lead, shape = len(self._batch_shape), tuple(batch_shape)
        new = copy.copy(self)
        for name, value in vars(self).items():
            if isinstance(value, Tensor):
                vars(new)[name] = ops.expand(value, *shape, *value.shape[lead:])
            elif isinstance(value, Distribution):
                vars(new)[name] = value.expand((*shape, *value.batch_shape[lead:]))
        new._batch_shape = Size(shape)
        return new

    def sample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws without gradients.

        Parameters
        ----------
        sample_shape
            The shape of the draws from each distribution of the batch.
        """
        with no_grad():
            return self.rsample(sample_shape).detach()

    def rsample(self, sample_shape: Sequence[int] = ()) -> Tensor:
        """Draws as functions of the parameters, through which gradients flow to these."""
        raise NotImplementedError(f"{type(self).__name__} has no reparametrized draws; use sample")

    def log_prob(self, value: TensorLike) -> Tensor:
        """The logarithm of the density, or of the probability, of values."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob")

    def cdf(self, value: TensorLike) -> Tensor:
        """The probability of at most `value`."""
        raise NotImplementedError(f"{type(self).__name__} has no cdf")

    def icdf(self, value: TensorLike) -> Tensor:
        """The inverse of `cdf`: the value that draws exceed with the probability ``1 - value``."""
        raise NotImplementedError(f"{type(self).__name__} has no icdf")

    def entropy(self) -> Tensor:
        """The entropy in nats."""
        raise NotImplementedError(f"{type(self).__name__} has no entropy")

    def perplexity(self) -> Tensor:
        """The exponential of the entropy."""
        return self.entropy().exp()

    def enumerate_support(self, expand: bool = True) -> Tensor:
        """All values that a discrete distribution has, along a new first dimension."""
        raise NotImplementedError(f"{type(self).__name__} has no values that can be enumerated")

    def _enumerated(self, values: Tensor, expand: bool) -> Tensor:
        """Values (S, *event_shape) along a new first dimension, for the batch or to fit it."""
        values = values.view(len(values), *[1] * len(self._batch_shape), *self._event_shape)
        return (
            values.expand(len(values), *self._batch_shape, *self._event_shape) if expand else values
        )

    def _extended_shape(self, sample_shape: Sequence[int] = ()) -> Size:
        """The shape of draws."""
        lead = (sample_shape,) if isinstance(sample_shape, int) else tuple(sample_shape)
        return Size((*lead, *self._batch_shape, *self._event_shape))

    def _extended(self, parameter: Tensor, sample_shape: Sequence[int] = ()) -> Tensor:
        """A parameter of each draw."""
        return ops.expand(parameter, *self._extended_shape(sample_shape))

    def _check(self, name: str, good: Any, meaning: str) -> None:
        """ValueError unless the condition on the parameter `name` holds for all its elements."""
        if self._validate_args and not np.all(as_array(good)):
            raise ValueError(f"{type(self).__name__}: {name} must be {meaning}")

    def _value(self, value: TensorLike) -> Tensor:
        """A value as a tensor; ValueError if its shape or an element is not one of a draw."""
        x = self._fitting(value)
        if self._validate_args:
            support = self.support
            self._check("value", support.check(x.detach()), support.meaning)
        return x

    _validate_sample = _value  # what a subclass written for PyTorch calls

    def _fitting(self, value: TensorLike) -> Tensor:
        """A value as a tensor; ValueError if its shape does not fit the distribution."""
        x = value if isinstance(value, Tensor) else Tensor(as_array(value))
        shape = Size(self._batch_shape + self._event_shape)
        n = len(self._event_shape)
        try:
            np.broadcast_shapes(x.shape, shape)
            fits = not n or x.shape[-n:] == self._event_shape
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(
                f"{type(self).__name__}: a value must be broadcastable to {tuple(shape)}, got "
                f"shape {tuple(x.shape)}"
            )
        return x

    def __repr__(self) -> str:
        shapes = f"batch_shape={tuple(self._batch_shape)}, event_shape={tuple(self._event_shape)}"
        return f"{type(self).__name__}({shapes})"


def parameters(*values: TensorLike, dims: int = 0) -> list[Tensor]:
    """Parameters as tensors of one float type, to which gradients flow.

    All but their last `dims` dimensions are broadcast to one shape.
    """
    arrays = [as_array(v) for v in values]
    dtype = np.result_type(np.float32, *[a.dtype for a in arrays if a.dtype.kind == "f"])
    batch = np.broadcast_shapes(*[a.shape[: a.ndim - dims] for a in arrays])
    tensors = [v if isinstance(v, Tensor) else Tensor(a) for v, a in zip(values, arrays)]
    shapes = [(*batch, *a.shape[a.ndim - dims :]) for a in arrays]
    return [
        ops.expand(t.to(dtype), *shape) if t.shape != shape else t.to(dtype)
        for t, shape in zip(tensors, shapes)
    ]


def summed(x: Tensor, dims: int) -> Tensor:
    """The sum over the last dimensions."""
    return x.sum(tuple(range(-dims, 0))) if dims else x


def xlogx(p: Tensor, log_p: Tensor) -> Tensor:
    """``p log p``, which is 0 where p is, whatever its logarithm is clipped to."""
    return p * log_p.clamp(min=float(np.finfo(log_p.dtype).min))
