"""The one table of operations that are methods and operators of `Tensor` too.

They are attached to `Tensor` when `fastnn.ops` is imported; a type checker sees this class as its
base.
"""

from __future__ import annotations

from fastnn import ops
from fastnn.ops.elementwise import compare
from fastnn.ops.elementwise import inplace as elementwise_inplace


class ElementwiseMethods:
    """Attribute of `Tensor` = elementwise operation, operators first."""

    __add__ = ops.add
    __sub__ = ops.sub
    __mul__ = ops.mul
    __truediv__ = ops.div
    __floordiv__ = ops.floor_divide
    __mod__ = ops.remainder
    __pow__ = ops.pow
    __neg__ = ops.neg
    __abs__ = ops.abs
    __radd__ = elementwise_inplace.radd
    __rsub__ = elementwise_inplace.rsub
    __rmul__ = elementwise_inplace.rmul
    __rtruediv__ = elementwise_inplace.rtruediv
    __rfloordiv__ = elementwise_inplace.rfloordiv
    __rmod__ = elementwise_inplace.rmod
    __rpow__ = elementwise_inplace.rpow
    __iadd__ = elementwise_inplace.add_
    __isub__ = elementwise_inplace.sub_
    __imul__ = elementwise_inplace.mul_
    __itruediv__ = elementwise_inplace.div_
    __ifloordiv__ = elementwise_inplace.floor_divide_
    __imod__ = elementwise_inplace.remainder_
    __ipow__ = elementwise_inplace.pow_
    __and__ = elementwise_inplace.bitwise_and
    __rand__ = elementwise_inplace.bitwise_and
    __or__ = elementwise_inplace.bitwise_or
    __ror__ = elementwise_inplace.bitwise_or
    __xor__ = elementwise_inplace.bitwise_xor
    __rxor__ = elementwise_inplace.bitwise_xor
    __invert__ = elementwise_inplace.invert
    __eq__ = compare.equals
    __ne__ = compare.differs
    __lt__ = ops.lt
    __le__ = ops.le
    __gt__ = ops.gt
    __ge__ = ops.ge
    abs = ops.abs
    absolute = ops.absolute
    acos = ops.acos
    add = ops.add
    addcdiv = ops.addcdiv
    addcmul = ops.addcmul
    asin = ops.asin
    atan = ops.atan
    atan2 = ops.atan2
    ceil = ops.ceil
    clamp = ops.clamp
    clip = ops.clip
    cos = ops.cos
    cosh = ops.cosh
    div = ops.div
    divide = ops.divide
    eq = ops.eq
    erf = ops.erf
    exp = ops.exp
    expm1 = ops.expm1
    floor = ops.floor
    floor_divide = ops.floor_divide
    fmod = ops.fmod
    frac = ops.frac
    ge = ops.ge
    greater = ops.greater
    greater_equal = ops.greater_equal
    gt = ops.gt
    isfinite = ops.isfinite
    isinf = ops.isinf
    isnan = ops.isnan
    le = ops.le
    lerp = ops.lerp
    less = ops.less
    less_equal = ops.less_equal
    log = ops.log
    log10 = ops.log10
    log1p = ops.log1p
    log2 = ops.log2
    logical_and = ops.logical_and
    logical_not = ops.logical_not
    logical_or = ops.logical_or
    logical_xor = ops.logical_xor
    lt = ops.lt
    maximum = ops.maximum
    minimum = ops.minimum
    mul = ops.mul
    multiply = ops.multiply
    nan_to_num = ops.nan_to_num
    ne = ops.ne
    neg = ops.neg
    negative = ops.negative
    not_equal = ops.not_equal
    pow = ops.pow
    reciprocal = ops.reciprocal
    remainder = ops.remainder
    round = ops.round
    rsqrt = ops.rsqrt
    sign = ops.sign
    sin = ops.sin
    sinh = ops.sinh
    sqrt = ops.sqrt
    square = ops.square
    sub = ops.sub
    subtract = ops.subtract
    tan = ops.tan
    true_divide = ops.true_divide
    where = ops.elementwise.where_method
    trunc = ops.trunc
    abs_ = elementwise_inplace.abs_
    add_ = elementwise_inplace.add_
    addcdiv_ = elementwise_inplace.addcdiv_
    addcmul_ = elementwise_inplace.addcmul_
    ceil_ = elementwise_inplace.ceil_
    clamp_ = elementwise_inplace.clamp_
    cos_ = elementwise_inplace.cos_
    div_ = elementwise_inplace.div_
    exp_ = elementwise_inplace.exp_
    expm1_ = elementwise_inplace.expm1_
    floor_ = elementwise_inplace.floor_
    floor_divide_ = elementwise_inplace.floor_divide_
    fmod_ = elementwise_inplace.fmod_
    frac_ = elementwise_inplace.frac_
    lerp_ = elementwise_inplace.lerp_
    log_ = elementwise_inplace.log_
    log10_ = elementwise_inplace.log10_
    log1p_ = elementwise_inplace.log1p_
    log2_ = elementwise_inplace.log2_
    mul_ = elementwise_inplace.mul_
    neg_ = elementwise_inplace.neg_
    pow_ = elementwise_inplace.pow_
    reciprocal_ = elementwise_inplace.reciprocal_
    remainder_ = elementwise_inplace.remainder_
    round_ = elementwise_inplace.round_
    rsqrt_ = elementwise_inplace.rsqrt_
    sign_ = elementwise_inplace.sign_
    sin_ = elementwise_inplace.sin_
    sqrt_ = elementwise_inplace.sqrt_
    square_ = elementwise_inplace.square_
    sub_ = elementwise_inplace.sub_
    tan_ = elementwise_inplace.tan_
    trunc_ = elementwise_inplace.trunc_
    bitwise_and = elementwise_inplace.bitwise_and
    bitwise_or = elementwise_inplace.bitwise_or
    bitwise_xor = elementwise_inplace.bitwise_xor
    bitwise_not = elementwise_inplace.invert


class Methods(ElementwiseMethods):
    """Attribute of `Tensor` = operation, family by family."""

    # activation
    hardshrink = ops.hardshrink
    prelu = ops.prelu
    relu = ops.relu
    relu_ = ops.relu_
    sigmoid = ops.sigmoid
    sigmoid_ = ops.sigmoid_
    tanh = ops.tanh
    tanh_ = ops.tanh_

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
    cuda = ops.cast.cuda

    # gemm
    __matmul__ = ops.matmul
    __rmatmul__ = ops.gemm.rmatmul
    bmm = ops.bmm
    dot = ops.dot
    matmul = ops.matmul
    mm = ops.mm
    mv = ops.mv
    outer = ops.outer

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

    # reduce
    all = ops.all
    amax = ops.amax
    amin = ops.amin
    aminmax = ops.aminmax
    any = ops.any
    argmax = ops.argmax
    argmin = ops.argmin
    count_nonzero = ops.count_nonzero
    cumprod = ops.cumprod
    cumsum = ops.cumsum
    logsumexp = ops.logsumexp
    max = ops.max
    mean = ops.mean
    median = ops.median
    min = ops.min
    norm = ops.norm
    prod = ops.prod
    std = ops.std
    sum = ops.sum
    var = ops.var

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

    # softmax
    log_softmax = ops.log_softmax
    softmax = ops.softmax

    # sort
    argsort = ops.argsort
    sort = ops.sort
    topk = ops.topk
