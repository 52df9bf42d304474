"""The one table of operations that are methods and operators of `Tensor` too.

They are attached to `Tensor` when `fastnn.ops` is imported; a type checker sees this class as its
base.
"""

from __future__ import annotations

from fastnn import ops
from fastnn.ops.elementwise import compare
from fastnn.ops.elementwise import inplace as elementwise_inplace
from fastnn.ops.index import inplace as index_inplace


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
    acosh = ops.acosh
    add = ops.add
    addcdiv = ops.addcdiv
    addcmul = ops.addcmul
    allclose = ops.allclose
    arccos = ops.arccos
    arccosh = ops.arccosh
    arcsin = ops.arcsin
    arcsinh = ops.arcsinh
    arctan = ops.arctan
    arctan2 = ops.arctan2
    arctanh = ops.arctanh
    asin = ops.asin
    asinh = ops.asinh
    atan = ops.atan
    atan2 = ops.atan2
    atanh = ops.atanh
    ceil = ops.ceil
    clamp = ops.clamp
    clamp_max = ops.clamp_max
    clamp_min = ops.clamp_min
    clip = ops.clip
    copysign = ops.copysign
    cos = ops.cos
    cosh = ops.cosh
    deg2rad = ops.deg2rad
    digamma = ops.digamma
    div = ops.div
    divide = ops.divide
    eq = ops.eq
    equal = ops.equal
    erf = ops.erf
    erfc = ops.erfc
    erfinv = ops.erfinv
    exp = ops.exp
    exp2 = ops.exp2
    expm1 = ops.expm1
    fill = ops.fill
    fix = ops.fix
    float_power = ops.float_power
    floor = ops.floor
    floor_divide = ops.floor_divide
    fmax = ops.fmax
    fmin = ops.fmin
    fmod = ops.fmod
    frac = ops.frac
    ge = ops.ge
    greater = ops.greater
    greater_equal = ops.greater_equal
    gt = ops.gt
    heaviside = ops.heaviside
    hypot = ops.hypot
    i0 = ops.i0
    igamma = ops.igamma
    igammac = ops.igammac
    isclose = ops.isclose
    isfinite = ops.isfinite
    isinf = ops.isinf
    isnan = ops.isnan
    isneginf = ops.isneginf
    isposinf = ops.isposinf
    isreal = ops.isreal
    ldexp = ops.ldexp
    le = ops.le
    lerp = ops.lerp
    less = ops.less
    less_equal = ops.less_equal
    lgamma = ops.lgamma
    log = ops.log
    log10 = ops.log10
    log1p = ops.log1p
    log2 = ops.log2
    logaddexp = ops.logaddexp
    logaddexp2 = ops.logaddexp2
    logical_and = ops.logical_and
    logical_not = ops.logical_not
    logical_or = ops.logical_or
    logical_xor = ops.logical_xor
    logit = ops.logit
    lt = ops.lt
    maximum = ops.maximum
    minimum = ops.minimum
    mul = ops.mul
    multiply = ops.multiply
    nan_to_num = ops.nan_to_num
    ne = ops.ne
    neg = ops.neg
    negative = ops.negative
    nextafter = ops.nextafter
    not_equal = ops.not_equal
    positive = ops.positive
    pow = ops.pow
    rad2deg = ops.rad2deg
    reciprocal = ops.reciprocal
    remainder = ops.remainder
    round = ops.round
    rsqrt = ops.rsqrt
    sgn = ops.sgn
    sign = ops.sign
    signbit = ops.signbit
    sin = ops.sin
    sinc = ops.sinc
    sinh = ops.sinh
    sqrt = ops.sqrt
    square = ops.square
    sub = ops.sub
    subtract = ops.subtract
    tan = ops.tan
    true_divide = ops.true_divide
    trunc = ops.trunc
    where = ops.elementwise.where_method
    xlogy = ops.xlogy
    abs_ = elementwise_inplace.abs_
    absolute_ = elementwise_inplace.abs_
    acos_ = elementwise_inplace.acos_
    acosh_ = elementwise_inplace.acosh_
    add_ = elementwise_inplace.add_
    addcdiv_ = elementwise_inplace.addcdiv_
    addcmul_ = elementwise_inplace.addcmul_
    arccos_ = elementwise_inplace.acos_
    arccosh_ = elementwise_inplace.acosh_
    arcsin_ = elementwise_inplace.asin_
    arcsinh_ = elementwise_inplace.asinh_
    arctan2_ = elementwise_inplace.atan2_
    arctan_ = elementwise_inplace.atan_
    arctanh_ = elementwise_inplace.atanh_
    asin_ = elementwise_inplace.asin_
    asinh_ = elementwise_inplace.asinh_
    atan2_ = elementwise_inplace.atan2_
    atan_ = elementwise_inplace.atan_
    atanh_ = elementwise_inplace.atanh_
    ceil_ = elementwise_inplace.ceil_
    clamp_ = elementwise_inplace.clamp_
    clamp_max_ = elementwise_inplace.clamp_max_
    clamp_min_ = elementwise_inplace.clamp_min_
    clip_ = elementwise_inplace.clamp_
    copysign_ = elementwise_inplace.copysign_
    cos_ = elementwise_inplace.cos_
    cosh_ = elementwise_inplace.cosh_
    deg2rad_ = elementwise_inplace.deg2rad_
    digamma_ = elementwise_inplace.digamma_
    div_ = elementwise_inplace.div_
    divide_ = elementwise_inplace.div_
    eq_ = elementwise_inplace.eq_
    erf_ = elementwise_inplace.erf_
    erfc_ = elementwise_inplace.erfc_
    erfinv_ = elementwise_inplace.erfinv_
    exp2_ = elementwise_inplace.exp2_
    exp_ = elementwise_inplace.exp_
    expm1_ = elementwise_inplace.expm1_
    fix_ = elementwise_inplace.trunc_
    float_power_ = elementwise_inplace.float_power_
    floor_ = elementwise_inplace.floor_
    floor_divide_ = elementwise_inplace.floor_divide_
    fmod_ = elementwise_inplace.fmod_
    frac_ = elementwise_inplace.frac_
    ge_ = elementwise_inplace.ge_
    gt_ = elementwise_inplace.gt_
    heaviside_ = elementwise_inplace.heaviside_
    hypot_ = elementwise_inplace.hypot_
    ldexp_ = elementwise_inplace.ldexp_
    le_ = elementwise_inplace.le_
    lerp_ = elementwise_inplace.lerp_
    lgamma_ = elementwise_inplace.lgamma_
    log10_ = elementwise_inplace.log10_
    log1p_ = elementwise_inplace.log1p_
    log2_ = elementwise_inplace.log2_
    log_ = elementwise_inplace.log_
    logical_and_ = elementwise_inplace.logical_and_
    logical_not_ = elementwise_inplace.logical_not_
    logical_or_ = elementwise_inplace.logical_or_
    logical_xor_ = elementwise_inplace.logical_xor_
    logit_ = elementwise_inplace.logit_
    lt_ = elementwise_inplace.lt_
    mul_ = elementwise_inplace.mul_
    multiply_ = elementwise_inplace.mul_
    nan_to_num_ = elementwise_inplace.nan_to_num_
    ne_ = elementwise_inplace.ne_
    neg_ = elementwise_inplace.neg_
    negative_ = elementwise_inplace.neg_
    nextafter_ = elementwise_inplace.nextafter_
    pow_ = elementwise_inplace.pow_
    rad2deg_ = elementwise_inplace.rad2deg_
    reciprocal_ = elementwise_inplace.reciprocal_
    remainder_ = elementwise_inplace.remainder_
    round_ = elementwise_inplace.round_
    rsqrt_ = elementwise_inplace.rsqrt_
    sgn_ = elementwise_inplace.sign_
    sign_ = elementwise_inplace.sign_
    sin_ = elementwise_inplace.sin_
    sinc_ = elementwise_inplace.sinc_
    sinh_ = elementwise_inplace.sinh_
    sqrt_ = elementwise_inplace.sqrt_
    square_ = elementwise_inplace.square_
    sub_ = elementwise_inplace.sub_
    subtract_ = elementwise_inplace.sub_
    tan_ = elementwise_inplace.tan_
    true_divide_ = elementwise_inplace.div_
    trunc_ = elementwise_inplace.trunc_
    xlogy_ = elementwise_inplace.xlogy_
    bitwise_and = elementwise_inplace.bitwise_and
    bitwise_or = elementwise_inplace.bitwise_or
    bitwise_xor = elementwise_inplace.bitwise_xor
    bitwise_not = elementwise_inplace.invert
    polygamma = elementwise_inplace.polygamma


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
    short = ops.cast.short
    char = ops.cast.char
    byte = ops.cast.byte
    bool = ops.cast.bool_
    cpu = ops.cast.cpu
    is_pinned = ops.cast.is_pinned
    pin_memory = ops.cast.pin_memory
    cuda = ops.cast.cuda

    # create
    bernoulli = ops.bernoulli
    multinomial = ops.multinomial
    new = ops.create.like.new
    new_empty = ops.create.like.new_empty
    new_full = ops.create.like.new_full
    new_ones = ops.create.like.new_ones
    new_tensor = ops.create.like.new_tensor
    new_zeros = ops.create.like.new_zeros

    # draw
    bernoulli_ = ops.draw.bernoulli_
    exponential_ = ops.draw.exponential_
    log_normal_ = ops.draw.log_normal_
    normal_ = ops.draw.normal_
    random_ = ops.draw.random_
    uniform_ = ops.draw.uniform_

    # diagonals, parts, stacking
    diag = ops.diag
    diag_embed = ops.diag_embed
    diagflat = ops.diagflat
    diagonal_scatter = ops.diagonal_scatter
    trace = ops.trace
    as_strided = ops.as_strided
    dsplit = ops.dsplit
    hsplit = ops.hsplit
    select_scatter = ops.select_scatter
    slice_scatter = ops.slice_scatter
    tensor_split = ops.tensor_split
    unfold = ops.parts.unfold
    vsplit = ops.vsplit

    # distances
    dist = ops.dist
    renorm = ops.renorm

    # linalg
    cholesky = ops.cholesky
    cholesky_solve = ops.cholesky_solve
    det = ops.det
    inverse = ops.inverse
    logdet = ops.logdet
    matrix_exp = ops.matrix_exp
    matrix_power = ops.matrix_power
    pinverse = ops.pinverse
    qr = ops.qr
    slogdet = ops.slogdet
    svd = ops.svd

    # products
    addbmm = ops.addbmm
    addmm = ops.addmm
    addmv = ops.addmv
    addr = ops.addr
    baddbmm = ops.baddbmm
    cross = ops.cross
    ger = ops.ger
    inner = ops.inner
    kron = ops.kron
    vdot = ops.vdot

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
    argwhere = ops.argwhere
    gather = ops.gather
    index_add = ops.index_add
    index_copy = ops.index_copy
    index_fill = ops.index_fill
    index_put = ops.index_put
    index_reduce = ops.index_reduce
    index_select = ops.index_select
    masked_fill = ops.masked_fill
    masked_scatter = ops.masked_scatter
    masked_select = ops.masked_select
    narrow = ops.narrow
    nonzero = ops.nonzero
    put = ops.put
    scatter = ops.scatter
    scatter_add = ops.scatter_add
    scatter_reduce = ops.scatter_reduce
    select = ops.select
    take = ops.take
    take_along_dim = ops.take_along_dim
    fill_diagonal_ = index_inplace.fill_diagonal_
    index_add_ = index_inplace.index_add_
    index_copy_ = index_inplace.index_copy_
    index_fill_ = index_inplace.index_fill_
    index_put_ = index_inplace.index_put_
    index_reduce_ = index_inplace.index_reduce_
    masked_fill_ = index_inplace.masked_fill_
    masked_scatter_ = index_inplace.masked_scatter_
    put_ = index_inplace.put_
    scatter_ = index_inplace.scatter_
    scatter_add_ = index_inplace.scatter_add_
    scatter_reduce_ = index_inplace.scatter_reduce_

    # inplace
    __setitem__ = ops.inplace.setitem
    copy_ = ops.inplace.copy_
    fill_ = ops.inplace.fill_
    tril_ = ops.inplace.tril_
    triu_ = ops.inplace.triu_
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
    corrcoef = ops.corrcoef
    cov = ops.cov
    cummax = ops.cummax
    cummin = ops.cummin
    cumprod = ops.cumprod
    cumsum = ops.cumsum
    diff = ops.diff
    logcumsumexp = ops.logcumsumexp
    nanmean = ops.nanmean
    nanquantile = ops.nanquantile
    nansum = ops.nansum
    quantile = ops.quantile
    logsumexp = ops.logsumexp
    max = ops.max
    mean = ops.mean
    min = ops.min
    norm = ops.norm
    prod = ops.prod
    std = ops.std
    sum = ops.sum
    var = ops.var

    # resize
    resize_ = ops.resize.resize_
    resize_as_ = ops.resize.resize_as_

    # shape
    T = property(ops.shape.reverse)
    mT = property(ops.shape.adjoint)
    H = property(ops.shape.matrix_transpose)
    mH = property(ops.shape.adjoint)
    adjoint = ops.adjoint
    broadcast_to = ops.broadcast_to
    clone = ops.clone
    contiguous = ops.contiguous
    diagonal = ops.diagonal
    expand = ops.expand
    expand_as = ops.expand_as
    flatten = ops.flatten
    movedim = ops.movedim
    moveaxis = ops.moveaxis
    sum_to_size = ops.shape.sum_to_size
    swapdims = ops.swapdims
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
    bincount = ops.bincount
    histc = ops.histc
    histogram = ops.histogram
    kthvalue = ops.kthvalue
    median = ops.median
    mode = ops.mode
    msort = ops.msort
    nanmedian = ops.nanmedian
    sort = ops.sort
    topk = ops.topk
    unique = ops.unique
    unique_consecutive = ops.unique_consecutive
