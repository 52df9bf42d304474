"""Windows of images as columns of a matrix, and columns summed up to images."""

from __future__ import annotations

import numpy as np

from ..autograd.function import Array, Grads, Node, array, record
from ..tensor import Tensor, TensorLike
from .pool.sizes import Sizes, sizes_of

__all__ = ["fold", "unfold"]


class Blocks:
    """Where the windows of an image lie."""

    __slots__ = ("dilation", "kernel", "padding", "size", "stride")

    def __init__(
        self,
        op: str,
        size: tuple[int, ...],
        kernel_size: Sizes,
        dilation: Sizes,
        padding: Sizes,
        stride: Sizes,
    ) -> None:
        self.size = size
        given = {"kernel_size": kernel_size, "dilation": dilation, "stride": stride}
        self.kernel, self.dilation, self.stride = [
            sizes_of(op, name, value, 2) for name, value in given.items()
        ]
        self.padding = sizes_of(op, "padding", padding, 2)
        for name, value in given.items():
            if min(sizes_of(op, name, value, 2)) < 1:
                raise ValueError(f"{op}: {name} must be at least 1, got {value}")
        if min(self.padding) < 0:
            raise ValueError(f"{op}: padding must not be negative, got {padding}")
        if min(self.counts) < 1:
            padded = tuple([n + 2 * p for n, p in zip(size, self.padding)])
            raise ValueError(
                f"{op}: kernel_size {self.kernel} with dilation {self.dilation} is larger than the "
                f"padded image {padded}"
            )

    @property
    def counts(self) -> tuple[int, ...]:
        """How many windows there are along each axis."""
        axes = zip(self.size, self.kernel, self.dilation, self.padding, self.stride)
        return tuple([(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in axes])

    def columns(self, x: Array) -> Array:
        """(N, C, H, W) to (N, C · K_h · K_w, L)."""
        n, c = x.shape[:2]
        (kh, kw), (oh, ow) = self.kernel, self.counts
        y = np.empty((n, c, kh, kw, oh, ow), x.dtype)
        padded = self.padded(x)
        for i in range(kh):
            for j in range(kw):
                y[:, :, i, j] = padded[self.place(i, j)]
        columns: Array = y.reshape(n, c * kh * kw, oh * ow)
        return columns

    def image(self, columns: Array) -> Array:
        """The sums of all numbers that come to lie on one another."""
        n = columns.shape[0]
        (kh, kw), (oh, ow) = self.kernel, self.counts
        c = columns.shape[1] // (kh * kw)
        blocks = columns.reshape(n, c, kh, kw, oh, ow)
        (h, w), (ph, pw) = self.size, self.padding
        # In channels-last memory, as convolutions read it.
        y = np.zeros((n, h + 2 * ph, w + 2 * pw, c), columns.dtype).transpose(0, 3, 1, 2)
        for i in range(kh):
            for j in range(kw):
                y[self.place(i, j)] += blocks[:, :, i, j]
        inside: Array = y[:, :, ph : ph + h, pw : pw + w]
        return inside

    def padded(self, x: Array) -> Array:
        (h, w), (ph, pw) = self.size, self.padding
        if ph == pw == 0:
            return x
        y = np.zeros((*x.shape[:2], h + 2 * ph, w + 2 * pw), x.dtype)
        y[:, :, ph : ph + h, pw : pw + w] = x
        return y

    def place(self, i: int, j: int) -> tuple[slice, ...]:
        """Element (i, j) of all windows in the padded image."""
        found = [slice(None), slice(None)]
        for k, d, s, count in zip((i, j), self.dilation, self.stride, self.counts):
            found.append(slice(k * d, k * d + s * (count - 1) + 1, s))
        return tuple(found)


def unfold(
    input: TensorLike,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Each window of an image as a column: y[n, (c, i, j), l] = x[n, c, l_h s + i d - p, ...].

    Parameters
    ----------
    input
        x, (N, C, H, W), or without N for one sample.
    kernel_size, dilation, padding, stride
        Of the windows, as of a convolution: an int, or one for each axis.

    Returns
    -------
    Tensor
        y, (N, C · K_h · K_w, L), of L windows, row by row.

    Raises
    ------
    ValueError
        The kernel is larger than the padded input, or a number is out of range.

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> F.unfold(fastnn.arange(9.0).reshape(1, 1, 3, 3), 2)[0, :, 0].tolist()
    [0.0, 1.0, 3.0, 4.0]
    """
    x = array(input)
    if x.ndim not in (3, 4):
        raise ValueError(
            "unfold: input must have 4 dimensions (N, C, H, W), or 3 without N, got shape "
            f"{x.shape}"
        )
    blocks = Blocks("unfold", x.shape[-2:], kernel_size, dilation, padding, stride)
    if x.ndim == 4:
        return record(blocks.columns(x), unfold_backward, (input,), blocks)
    return record(blocks.columns(x[None])[0], unfold_backward, (input,), blocks)


def unfold_backward(node: Node, dy: Array) -> Grads:
    (blocks,) = node.saved
    return (blocks.image(dy) if dy.ndim == 3 else blocks.image(dy[None])[0],)


def fold(
    input: TensorLike,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """Columns put back as windows of an image, where windows meet their sum: `unfold`'s gradient.

    Parameters
    ----------
    input
        x, (N, C · K_h · K_w, L), or without N for one sample.
    output_size
        (H, W) of the image.
    kernel_size, dilation, padding, stride
        Of the windows, as in `unfold`.

    Returns
    -------
    Tensor
        y, (N, C, H, W).

    Raises
    ------
    ValueError
        The columns are not as many or as long as the windows, or a number is out of range.

    Examples
    --------
    >>> import fastnn
    >>> import fastnn.nn.functional as F
    >>> F.fold(fastnn.ones(1, 4, 4), 3, 2).tolist()
    [[[[1.0, 2.0, 1.0], [2.0, 4.0, 2.0], [1.0, 2.0, 1.0]]]]
    """
    x = array(input)
    size = sizes_of("fold", "output_size", output_size, 2)
    blocks = Blocks("fold", size, kernel_size, dilation, padding, stride)
    length, count = blocks.kernel[0] * blocks.kernel[1], blocks.counts[0] * blocks.counts[1]
    if x.ndim not in (2, 3) or x.shape[-2] % length or x.shape[-1] != count:
        raise ValueError(
            f"fold: input must have shape (N, C * {length}, {count}), or without N, for these "
            f"windows, got {x.shape}"
        )
    if x.ndim == 3:
        return record(blocks.image(x), fold_backward, (input,), blocks)
    return record(blocks.image(x[None])[0], fold_backward, (input,), blocks)


def fold_backward(node: Node, dy: Array) -> Grads:
    (blocks,) = node.saved
    return (blocks.columns(dy) if dy.ndim == 4 else blocks.columns(dy[None])[0],)
