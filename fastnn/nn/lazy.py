"""Layers that learn the number of their input's features or channels from the first input."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from inspect import Signature, signature
from typing import Any, ClassVar

from ..random import fork_rng
from ..tensor import Tensor, TensorLike, as_array
from .conv import (
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
)
from .linear import Linear
from .module import Module
from .module.inputs import Floats, Inputs, Sizes, fits, not_an_array, wanted, wrong_dtype
from .norm.batch import BatchNorm1d, BatchNorm2d, BatchNorm3d
from .norm.instance import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from .parameter import Uninitialized, UninitializedBuffer, UninitializedParameter, become

__all__ = [
    "LazyBatchNorm1d",
    "LazyBatchNorm2d",
    "LazyBatchNorm3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
    "LazyInstanceNorm1d",
    "LazyInstanceNorm2d",
    "LazyInstanceNorm3d",
    "LazyLinear",
]


TRACKED = {"affine": True, "track_running_stats": True}


class Lazy(Module):
    """What makes a layer lazy: stands before the layer among the bases of a class.

    A lazy layer takes the arguments of its `cls_to_become` except for the first one, a size of the
    input, which is 0 until the first call. Then that class makes a layer of the right size, whose
    initial values the lazy layer takes; so they are those of an ordinary layer, drawn at that time.
    """

    cls_to_become: ClassVar[type[Module]]
    _defaults: ClassVar[Mapping[str, Any]] = {}  # that are not those of `cls_to_become`
    __signature__: ClassVar[Signature]
    _arguments: dict[str, Any]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "cls_to_become" in cls.__dict__:
            _, *rest = signature(cls.cls_to_become).parameters.values()
            cls.__signature__ = Signature(
                [p.replace(default=cls._defaults.get(p.name, p.default)) for p in rest]
            )

    def __init__(self, *args: Any, **options: Any) -> None:
        try:
            bound = self.__signature__.bind(*args, **options)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}: {error}") from None
        bound.apply_defaults()
        super().__init__(0, **bound.arguments)
        self._arguments = bound.arguments
        for name, p in self.named_parameters(recurse=False):
            setattr(self, name, UninitializedParameter(dtype=p.dtype))
        for name, b in self.named_buffers(recurse=False):
            if b.ndim:  # a count has its shape
                setattr(self, name, UninitializedBuffer(dtype=b.dtype))

    def has_uninitialized_params(self) -> bool:
        """Whether a parameter or buffer has no values yet."""
        own = *self.parameters(recurse=False), *self.buffers(recurse=False)
        return any(isinstance(tensor, Uninitialized) for tensor in own)

    def reset_parameters(self) -> None:
        """Do nothing: the first call gives the parameters their values."""

    def initialize_parameters(self, input: TensorLike) -> None:
        """Give parameters and buffers the shapes that an input calls for, and initial values.

        Those that `load_state_dict` has set keep their values; nothing is drawn if it set them all.
        """
        name, size = size_name(type(self)), self._size(input)
        own = {**dict(self.named_parameters(recurse=False)), **dict(self.named_buffers("", False))}
        dtype = next((t.dtype for t in own.values() if t.dtype.kind == "f"), None)
        arguments = {**self._arguments, name: size, "dtype": dtype}
        with nullcontext() if self.has_uninitialized_params() else fork_rng():
            layer = self.cls_to_become(**arguments)
        for key, tensor in own.items():
            wanted = getattr(layer, key).shape
            if not isinstance(tensor, Uninitialized) and tensor.shape != wanted:
                raise ValueError(
                    f"{type(self).__name__}: {key} of {name}={size}, the size of the input, has "
                    f"shape {wanted}, got {tensor.shape} from a state dict"
                )
        for key, tensor in own.items():
            if isinstance(tensor, Uninitialized):
                values = getattr(layer, key)._array
                tensor.materialize(values.shape)
                tensor._array = values
        setattr(self, name, size)

    def _size(self, input: TensorLike) -> int:
        """What the missing size is, given an input."""
        kind, expected = type(self).__name__, super()._expected()["input"]
        assert isinstance(expected, Floats)
        fault = not_an_array("input", input) or wrong_dtype(self, "input", input)
        if fault is not None:
            raise TypeError(f"{kind}: {fault}")
        name, shape = size_name(type(self)), as_array(input).shape
        layouts: list[Sizes] = [tuple(words) for words in expected.layouts]
        for words in layouts:
            if fits(shape, words):
                return int(shape[words.index(name) - len(words)])
        raise ValueError(f"{kind}: input{wanted(layouts)}, got {shape}")

    def _become(self, input: TensorLike) -> Module:
        """The module itself, an ordinary layer from now on."""
        self.initialize_parameters(input)
        del self._arguments
        become(self, self.cls_to_become)
        return self

    def _expected(self) -> Inputs:
        return {}  # `_size` has checked it

    def forward(self, input: TensorLike, *args: Any, **options: Any) -> Tensor:
        """Become an ordinary layer, and do what that does."""
        output: Tensor = self._become(input).forward(input, *args, **options)
        return output

    def forward_with(self, input: TensorLike, *args: Any, **options: Any) -> Tensor:
        """`forward` fused with an activation."""
        layer: Any = self._become(input)
        output: Tensor = layer.forward_with(input, *args, **options)
        return output


def size_name(lazy: type[Lazy]) -> str:
    """The argument that the ordinary layer takes first, also an attribute of both."""
    return next(iter(signature(lazy.cls_to_become).parameters))


class LazyLinear(Lazy, Linear):
    """A `Linear` whose `in_features` is the length of the last dimension of its first input.

    Parameters and attributes are those of `Linear` without `in_features`. Until the first call the
    parameters are `UninitializedParameter` objects, which an optimizer may hold already: they
    become ordinary ones in place, and so does the layer. Values are drawn then, so seed the
    generator before the first call.

    Examples
    --------
    >>> layer = fastnn.nn.LazyLinear(30)
    >>> layer
    LazyLinear(in_features=0, out_features=30, bias=True)
    >>> layer(fastnn.zeros(128, 20)).shape
    (128, 30)
    >>> layer
    Linear(in_features=20, out_features=30, bias=True)
    """

    cls_to_become = Linear


class LazyConv1d(Lazy, Conv1d):
    """A `Conv1d` whose `in_channels` is the number of channels of its first input.

    Other arguments and attributes are those of `Conv1d`; see `LazyLinear` for what is lazy.

    Examples
    --------
    >>> fastnn.nn.LazyConv1d(16, 3)(fastnn.zeros(2, 8, 20)).shape
    (2, 16, 18)
    """

    cls_to_become = Conv1d


class LazyConv2d(Lazy, Conv2d):
    """A `Conv2d` whose `in_channels` is the number of channels of its first input.

    Other arguments and attributes are those of `Conv2d`; see `LazyLinear` for what is lazy.

    Examples
    --------
    >>> fastnn.nn.LazyConv2d(16, 3)(fastnn.zeros(2, 8, 9, 9)).shape
    (2, 16, 7, 7)
    """

    cls_to_become = Conv2d


class LazyConv3d(Lazy, Conv3d):
    """A `Conv3d` whose `in_channels` is the number of channels of its first input.

    Other arguments and attributes are those of `Conv3d`; see `LazyLinear` for what is lazy.

    Examples
    --------
    >>> fastnn.nn.LazyConv3d(16, 3)(fastnn.zeros(2, 8, 5, 6, 7)).shape
    (2, 16, 3, 4, 5)
    """

    cls_to_become = Conv3d


class LazyConvTranspose1d(Lazy, ConvTranspose1d):
    """A `ConvTranspose1d` whose `in_channels` is the number of channels of its first input.

    Other arguments and attributes are those of `ConvTranspose1d`; see `LazyLinear` for what
    is lazy.

    Examples
    --------
    >>> fastnn.nn.LazyConvTranspose1d(16, 3)(fastnn.zeros(2, 8, 20)).shape
    (2, 16, 22)
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(Lazy, ConvTranspose2d):
    """A `ConvTranspose2d` whose `in_channels` is the number of channels of its first input.

    Other arguments and attributes are those of `ConvTranspose2d`; see `LazyLinear` for what
    is lazy.

    Examples
    --------
    >>> fastnn.nn.LazyConvTranspose2d(16, 3)(fastnn.zeros(2, 8, 9, 9)).shape
    (2, 16, 11, 11)
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(Lazy, ConvTranspose3d):
    """A `ConvTranspose3d` whose `in_channels` is the number of channels of its first input.

    Other arguments and attributes are those of `ConvTranspose3d`; see `LazyLinear` for what
    is lazy.

    Examples
    --------
    >>> fastnn.nn.LazyConvTranspose3d(16, 3)(fastnn.zeros(2, 8, 5, 6, 7)).shape
    (2, 16, 7, 8, 9)
    """

    cls_to_become = ConvTranspose3d


class LazyBatchNorm1d(Lazy, BatchNorm1d):
    """A `BatchNorm1d` whose `num_features` is the number of channels of its first input.

    Other arguments and attributes are those of `BatchNorm1d`; see `LazyLinear` for what is lazy.

    Examples
    --------
    >>> fastnn.nn.LazyBatchNorm1d()(fastnn.zeros(2, 8, 20)).shape
    (2, 8, 20)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(Lazy, BatchNorm2d):
    """A `BatchNorm2d` whose `num_features` is the number of channels of its first input.

    Other arguments and attributes are those of `BatchNorm2d`; see `LazyLinear` for what is lazy.

    Examples
    --------
    >>> fastnn.nn.LazyBatchNorm2d()(fastnn.zeros(2, 8, 9, 9)).shape
    (2, 8, 9, 9)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(Lazy, BatchNorm3d):
    """A `BatchNorm3d` whose `num_features` is the number of channels of its first input.

    Other arguments and attributes are those of `BatchNorm3d`; see `LazyLinear` for what is lazy.

    Examples
    --------
    >>> fastnn.nn.LazyBatchNorm3d()(fastnn.zeros(2, 8, 5, 6, 7)).shape
    (2, 8, 5, 6, 7)
    """

    cls_to_become = BatchNorm3d


class LazyInstanceNorm1d(Lazy, InstanceNorm1d):
    """An `InstanceNorm1d` whose `num_features` is the number of channels of its first input.

    Other arguments and attributes are those of `InstanceNorm1d`; see `LazyLinear` for what is lazy.
    As in PyTorch, `affine` and `track_running_stats` are True by default.

    Examples
    --------
    >>> fastnn.nn.LazyInstanceNorm1d()(fastnn.zeros(2, 8, 20)).shape
    (2, 8, 20)
    """

    cls_to_become = InstanceNorm1d
    _defaults = TRACKED


class LazyInstanceNorm2d(Lazy, InstanceNorm2d):
    """An `InstanceNorm2d` whose `num_features` is the number of channels of its first input.

    Other arguments and attributes are those of `InstanceNorm2d`; see `LazyLinear` for what is lazy.
    As in PyTorch, `affine` and `track_running_stats` are True by default.

    Examples
    --------
    >>> fastnn.nn.LazyInstanceNorm2d()(fastnn.zeros(2, 8, 9, 9)).shape
    (2, 8, 9, 9)
    """

    cls_to_become = InstanceNorm2d
    _defaults = TRACKED


class LazyInstanceNorm3d(Lazy, InstanceNorm3d):
    """An `InstanceNorm3d` whose `num_features` is the number of channels of its first input.

    Other arguments and attributes are those of `InstanceNorm3d`; see `LazyLinear` for what is lazy.
    As in PyTorch, `affine` and `track_running_stats` are True by default.

    Examples
    --------
    >>> fastnn.nn.LazyInstanceNorm3d()(fastnn.zeros(2, 8, 5, 6, 7)).shape
    (2, 8, 5, 6, 7)
    """

    cls_to_become = InstanceNorm3d
    _defaults = TRACKED
