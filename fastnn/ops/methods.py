"""The one table of operations that are methods and operators of `Tensor` too.

They are attached to `Tensor` when `fastnn.ops` is imported; a type checker sees this class as its
base.
"""

from __future__ import annotations

from fastnn import ops


class Methods:
    """Attribute of `Tensor` = operation, family by family."""

    # cast
    to = ops.cast.to
    astype = ops.cast.to
    type = ops.cast.type_
    type_as = ops.cast.type_as
    float = ops.cast.float_
    double = ops.cast.double
    half = ops.cast.half
    int = ops.cast.int_
    long = ops.cast.long
    bool = ops.cast.bool_
    cpu = ops.cast.cpu

    # index
    __getitem__ = ops.index.getitem
    gather = ops.gather
    index_add = ops.index_add
    index_select = ops.index_select
    masked_fill = ops.masked_fill
    masked_select = ops.masked_select
    narrow = ops.narrow
    nonzero = ops.nonzero
    scatter = ops.scatter
    scatter_add = ops.scatter_add
    select = ops.select
    take_along_dim = ops.take_along_dim

    # inplace
    __setitem__ = ops.inplace.setitem
    copy_ = ops.inplace.copy_
    fill_ = ops.inplace.fill_
    masked_fill_ = ops.inplace.masked_fill_
    normal_ = ops.inplace.normal_
    tril_ = ops.inplace.tril_
    triu_ = ops.inplace.triu_
    uniform_ = ops.inplace.uniform_
    zero_ = ops.inplace.zero_

    # join
    chunk = ops.chunk
    repeat = ops.repeat
    repeat_interleave = ops.repeat_interleave
    split = ops.split
    tile = ops.tile
    unbind = ops.unbind

    # rearrange
    flip = ops.flip
    fliplr = ops.fliplr
    flipud = ops.flipud
    roll = ops.roll
    rot90 = ops.rot90
    tril = ops.tril
    triu = ops.triu

    # shape
    T = property(ops.shape.reverse)
    mT = property(ops.shape.adjoint)
    adjoint = ops.adjoint
    broadcast_to = ops.broadcast_to
    clone = ops.clone
    contiguous = ops.contiguous
    diagonal = ops.diagonal
    expand = ops.expand
    expand_as = ops.expand_as
    flatten = ops.flatten
    movedim = ops.movedim
    permute = ops.permute
    ravel = ops.ravel
    reshape = ops.reshape
    reshape_as = ops.reshape_as
    squeeze = ops.squeeze
    swapaxes = ops.swapaxes
    t = ops.t
    transpose = ops.transpose
    unflatten = ops.unflatten
    unsqueeze = ops.unsqueeze
    view = ops.view
    view_as = ops.view_as

    # sort
    argsort = ops.argsort
    sort = ops.sort
    topk = ops.topk
