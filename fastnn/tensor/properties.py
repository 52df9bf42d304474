"""Properties of a tensor: shape, element type, memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import devices
from ..autograd.contract import Array
from ..dtypes import kind
from .size import Size


class Properties:
    """Base of tensors: shape, element type and memory."""

    __slots__ = ()
    _array: Array

    @property
    def shape(self) -> Size:
        """Sizes of the dimensions."""
        return Size(self._array.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Element type."""
        return self._array.dtype

    @property
    def device(self) -> devices.device:
        """The device, which is the CPU."""
        return devices.CPU

    @property
    def is_cuda(self) -> bool:
        """Whether the tensor is on a GPU: never."""
        return False

    @property
    def is_cpu(self) -> bool:
        """Whether the tensor is on the CPU: always."""
        return True

    is_ipu = is_meta = is_mps = is_mtia = is_quantized = is_vulkan = is_xla = is_xpu = is_cuda
    is_sparse = is_sparse_csr = is_mkldnn = is_nested = is_cuda

    def get_device(self) -> int:
        """The number of the GPU: -1, as for every tensor of the CPU."""
        return -1

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self._array.itemsize

    @property
    def ndim(self) -> int:
        """Number of dimensions."""
        return self._array.ndim

    @property
    def nbytes(self) -> int:
        """Size of the elements in bytes."""
        return self._array.nbytes

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        return Size(self._array.shape) if dim is None else self._array.shape[dim]

    def dim(self) -> int:
        """Number of dimensions."""
        return self._array.ndim

    ndimension = dim

    def numel(self) -> int:
        """Number of elements."""
        return self._array.size

    nelement = numel

    def stride(self, dim: int | None = None) -> Any:
        """The strides in elements, of all dimensions or of one."""
        steps = tuple([s // self._array.itemsize for s in self._array.strides])
        return steps if dim is None else steps[dim]

    def element_size(self) -> int:
        """Bytes of one element."""
        return int(self._array.itemsize)

    def data_ptr(self) -> int:
        """Address of the first element."""
        return int(self._array.ctypes.data)

    def is_floating_point(self) -> bool:
        """Whether the element type is a float."""
        return kind(self._array.dtype) == "f"

    def is_complex(self) -> bool:
        """Whether the elements are complex numbers."""
        return self._array.dtype.kind == "c"

    def is_signed(self) -> bool:
        """Whether the element type has negative numbers."""
        return kind(self._array.dtype) in "ifc"

    def is_nonzero(self) -> bool:
        """Whether the only element is not 0."""
        if self._array.size != 1:
            raise RuntimeError(f"is_nonzero: expected one element, got shape {self.shape}")
        return bool(self._array.item())

    def is_same_size(self, other: Properties) -> bool:
        """Whether the other tensor has the same shape."""
        return self._array.shape == other._array.shape

    def storage_offset(self) -> int:
        """How many elements lie in memory before the first one."""
        base: Any = self._array
        while isinstance(base.base, np.ndarray):
            base = base.base
        return int(self._array.ctypes.data - base.ctypes.data) // self._array.itemsize

    def is_contiguous(self, memory_format: Any = None) -> bool:
        """Whether the elements lie in row-major order without gaps, or in that of a format."""
        x = self._array
        if memory_format is not None and memory_format.ndim is not None:
            return x.ndim == memory_format.ndim and np.moveaxis(x, 1, -1).flags.c_contiguous
        return bool(x.flags.c_contiguous)
