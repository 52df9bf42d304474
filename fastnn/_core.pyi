from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

_Array = NDArray[Any]

# Configuration: fastnn.config is the door.
version: str
compiler: str

def num_threads() -> int: ...
def set_num_threads(n: int) -> None: ...
def threads_source() -> str: ...
def threading() -> str: ...
def threading_source() -> str: ...
def set_threading(name: str) -> None: ...
def isa() -> str: ...
def isa_source() -> str: ...
def set_isa(level: str) -> None: ...
def isa_levels() -> dict[str, str]: ...
def isa_built() -> dict[str, str]: ...
def cpu_features() -> str: ...
def conv_algorithm() -> str: ...
def set_conv_algorithm(name: str) -> None: ...
def conv_algorithms(
    input: _Array,
    weight: _Array,
    stride: _Ints = 1,
    padding: _Ints | str = 0,
    dilation: _Ints = 1,
    groups: int = 1,
) -> tuple[str | None, str | None, str | None]: ...
def conv_transpose_algorithms(
    input: _Array,
    weight: _Array,
    stride: _Ints = 1,
    padding: _Ints | str = 0,
    output_padding: _Ints = 0,
    groups: int = 1,
    dilation: _Ints = 1,
) -> tuple[str | None, str | None, str | None]: ...
def cgroup_limits(root: str = "") -> tuple[float, int, int]: ...
def machine_caches(root: str = "") -> list[tuple[int, int, int]]: ...
def pool_stats() -> dict[str, int]: ...
def set_pool_limit(bytes: int) -> None: ...
def trim_pool() -> None: ...

class recorder:
    class Recording:
        def __len__(self) -> int: ...
        def names(self) -> list[str]: ...
        def forget_owners(self, index: int) -> None: ...
        def replay(self) -> None: ...

    @staticmethod
    def start() -> None: ...
    @staticmethod
    def stop() -> recorder.Recording: ...
    @staticmethod
    def copy(to: _Array, source: _Array) -> None: ...
    @staticmethod
    def idle_block() -> _Array | None: ...

def read_only(array: _Array) -> _Array: ...
def profiler_start() -> None: ...
def profiler_stop() -> list[tuple[str, float, float, float, float, int]]: ...

# Activation. _Fused is what other functions take: a name, or a name and parameters.
_Fused = str | tuple[str | float, ...] | None

def activations() -> dict[str, tuple[str, ...]]: ...
def step(input: _Array, value: float = 1.0) -> _Array: ...
def step_backward(dy: _Array, y: _Array, value: float = 1.0) -> _Array: ...
def relu(input: _Array) -> _Array: ...
def relu_backward(dy: _Array, y: _Array, overwrite: bool = False) -> _Array: ...
def sigmoid(input: _Array) -> _Array: ...
def sigmoid_backward(dy: _Array, y: _Array) -> _Array: ...
def tanh(input: _Array) -> _Array: ...
def tanh_backward(dy: _Array, y: _Array) -> _Array: ...
def hardsigmoid(input: _Array) -> _Array: ...
def hardsigmoid_backward(dy: _Array, input: _Array) -> _Array: ...
def logsigmoid(input: _Array) -> _Array: ...
def logsigmoid_backward(dy: _Array, input: _Array) -> _Array: ...
def gelu(input: _Array) -> _Array: ...
def gelu_backward(dy: _Array, input: _Array) -> _Array: ...
def gelu_tanh(input: _Array) -> _Array: ...
def gelu_tanh_backward(dy: _Array, input: _Array) -> _Array: ...
def silu(input: _Array) -> _Array: ...
def silu_backward(dy: _Array, input: _Array) -> _Array: ...
def hardswish(input: _Array) -> _Array: ...
def hardswish_backward(dy: _Array, input: _Array) -> _Array: ...
def mish(input: _Array) -> _Array: ...
def mish_backward(dy: _Array, input: _Array) -> _Array: ...
def leaky_relu(input: _Array, negative_slope: float = 0.01) -> _Array: ...
def leaky_relu_backward(dy: _Array, input: _Array, negative_slope: float = 0.01) -> _Array: ...
def hardtanh(input: _Array, min_val: float = -1.0, max_val: float = 1.0) -> _Array: ...
def hardtanh_backward(
    dy: _Array, input: _Array, min_val: float = -1.0, max_val: float = 1.0
) -> _Array: ...
def elu(
    input: _Array, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0
) -> _Array: ...
def elu_backward(
    dy: _Array, input: _Array, alpha: float = 1.0, scale: float = 1.0, input_scale: float = 1.0
) -> _Array: ...
def softplus(input: _Array, beta: float = 1.0, threshold: float = 20.0) -> _Array: ...
def softplus_backward(
    dy: _Array, input: _Array, beta: float = 1.0, threshold: float = 20.0
) -> _Array: ...

# Softmax
def softmax(input: _Array, dim: int) -> _Array: ...
def softmax_backward(dy: _Array, y: _Array, dim: int) -> _Array: ...
def log_softmax(input: _Array, dim: int) -> _Array: ...
def log_softmax_backward(dy: _Array, y: _Array, dim: int) -> _Array: ...

# Loss
def cross_entropy(
    input: _Array,
    target: _Array,
    weight: _Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    with_gradient: bool = True,
) -> tuple[_Array, _Array | None]: ...
def cross_entropy_backward(dy: _Array, gradient: _Array, reduction: str = "mean") -> _Array: ...
def nll_loss(
    input: _Array,
    target: _Array,
    weight: _Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> _Array: ...
def nll_loss_backward(
    dy: _Array,
    input: _Array,
    target: _Array,
    weight: _Array | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> _Array: ...
def mse_loss(
    input: _Array,
    target: _Array,
    reduction: str = "mean",
) -> _Array: ...
def mse_loss_backward(
    dy: _Array,
    input: _Array,
    target: _Array,
    reduction: str = "mean",
    to_target: bool = False,
) -> _Array: ...
def l1_loss(
    input: _Array,
    target: _Array,
    reduction: str = "mean",
) -> _Array: ...
def l1_loss_backward(
    dy: _Array,
    input: _Array,
    target: _Array,
    reduction: str = "mean",
    to_target: bool = False,
) -> _Array: ...
def smooth_l1_loss(
    input: _Array,
    target: _Array,
    reduction: str = "mean",
    beta: float = 1.0,
) -> _Array: ...
def smooth_l1_loss_backward(
    dy: _Array,
    input: _Array,
    target: _Array,
    reduction: str = "mean",
    beta: float = 1.0,
    to_target: bool = False,
) -> _Array: ...
def soft_margin_loss(input: _Array, target: _Array, reduction: str = "mean") -> _Array: ...
def soft_margin_loss_backward(
    dy: _Array, input: _Array, target: _Array, reduction: str = "mean", to_target: bool = False
) -> _Array: ...
def huber_loss(
    input: _Array,
    target: _Array,
    reduction: str = "mean",
    delta: float = 1.0,
) -> _Array: ...
def huber_loss_backward(
    dy: _Array,
    input: _Array,
    target: _Array,
    reduction: str = "mean",
    delta: float = 1.0,
    to_target: bool = False,
) -> _Array: ...
def binary_cross_entropy(
    input: _Array,
    target: _Array,
    weight: _Array | None = None,
    reduction: str = "mean",
) -> _Array: ...
def binary_cross_entropy_backward(
    dy: _Array,
    input: _Array,
    target: _Array,
    weight: _Array | None = None,
    reduction: str = "mean",
    to_target: bool = False,
) -> _Array: ...
def binary_cross_entropy_with_logits(
    input: _Array,
    target: _Array,
    weight: _Array | None = None,
    reduction: str = "mean",
    pos_weight: _Array | None = None,
) -> _Array: ...
def binary_cross_entropy_with_logits_backward(
    dy: _Array,
    input: _Array,
    target: _Array,
    weight: _Array | None = None,
    reduction: str = "mean",
    pos_weight: _Array | None = None,
    to_target: bool = False,
) -> _Array: ...

# Dropout. stream is [seed, offset], uint64.
def dropout(input: _Array, p: float, stream: _Array) -> _Array: ...
def dropout_backward(dy: _Array, p: float, stream: _Array) -> _Array: ...

# Elementwise. Any strides, shapes broadcast, numbers take the dtype of the arrays.
_Operand = _Array | float
_Pair = tuple[_Array | None, _Array | None]

def alike(a: Any, b: Any) -> bool: ...
def neg(input: _Array, out: _Array | None = None) -> _Array: ...
def abs(input: _Array, out: _Array | None = None) -> _Array: ...
def sign(input: _Array, out: _Array | None = None) -> _Array: ...
def square(input: _Array, out: _Array | None = None) -> _Array: ...
def cube(input: _Array, out: _Array | None = None) -> _Array: ...
def reciprocal(input: _Array, out: _Array | None = None) -> _Array: ...
def sqrt(input: _Array, out: _Array | None = None) -> _Array: ...
def rsqrt(input: _Array, out: _Array | None = None) -> _Array: ...
def exp(input: _Array, out: _Array | None = None) -> _Array: ...
def expm1(input: _Array, out: _Array | None = None) -> _Array: ...
def log(input: _Array, out: _Array | None = None) -> _Array: ...
def log1p(input: _Array, out: _Array | None = None) -> _Array: ...
def log2(input: _Array, out: _Array | None = None) -> _Array: ...
def log10(input: _Array, out: _Array | None = None) -> _Array: ...
def sin(input: _Array, out: _Array | None = None) -> _Array: ...
def cos(input: _Array, out: _Array | None = None) -> _Array: ...
def tan(input: _Array, out: _Array | None = None) -> _Array: ...
def asin(input: _Array, out: _Array | None = None) -> _Array: ...
def acos(input: _Array, out: _Array | None = None) -> _Array: ...
def atan(input: _Array, out: _Array | None = None) -> _Array: ...
def sinh(input: _Array, out: _Array | None = None) -> _Array: ...
def cosh(input: _Array, out: _Array | None = None) -> _Array: ...
def erf(input: _Array, out: _Array | None = None) -> _Array: ...
def floor(input: _Array, out: _Array | None = None) -> _Array: ...
def ceil(input: _Array, out: _Array | None = None) -> _Array: ...
def round(input: _Array, out: _Array | None = None) -> _Array: ...
def trunc(input: _Array, out: _Array | None = None) -> _Array: ...
def frac(input: _Array, out: _Array | None = None) -> _Array: ...
def logical_not(input: _Array, out: _Array | None = None) -> _Array: ...
def isnan(input: _Array, out: _Array | None = None) -> _Array: ...
def isinf(input: _Array, out: _Array | None = None) -> _Array: ...
def isfinite(input: _Array, out: _Array | None = None) -> _Array: ...
def add(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def sub(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def mul(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def div(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def maximum(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def minimum(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def pow(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def atan2(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def remainder(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def fmod(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def floor_divide(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def eq(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def ne(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def lt(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def le(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def gt(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def ge(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def logical_and(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def logical_or(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def logical_xor(input: _Operand, other: _Operand, out: _Array | None = None) -> _Array: ...
def add_scaled(
    input: _Operand,
    other: _Operand,
    alpha: _Operand,
    out: _Array | None = None,
) -> _Array: ...
def where(
    condition: _Operand,
    input: _Operand,
    other: _Operand,
    out: _Array | None = None,
) -> _Array: ...
def clamp(
    input: _Operand,
    min: _Operand,
    max: _Operand,
    out: _Array | None = None,
) -> _Array: ...
def lerp(
    input: _Operand,
    end: _Operand,
    weight: _Operand,
    out: _Array | None = None,
) -> _Array: ...
def addcmul(
    input: _Operand,
    tensor1: _Operand,
    tensor2: _Operand,
    value: _Operand,
    out: _Array | None = None,
) -> _Array: ...
def addcdiv(
    input: _Operand,
    tensor1: _Operand,
    tensor2: _Operand,
    value: _Operand,
    out: _Array | None = None,
) -> _Array: ...
def nan_to_num(
    input: _Operand,
    nan: _Operand,
    posinf: _Operand,
    neginf: _Operand,
    out: _Array | None = None,
) -> _Array: ...
def clamp_backward(
    dy: _Operand,
    input: _Operand,
    min: _Operand,
    max: _Operand,
    out: _Array | None = None,
) -> _Array: ...
def pow_scalar_backward(
    dy: _Operand,
    input: _Operand,
    exponent: _Operand,
    out: _Array | None = None,
) -> _Array: ...
def abs_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def square_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def cube_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def reciprocal_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def sqrt_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def rsqrt_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def exp_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def expm1_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def log_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def log1p_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def log2_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def log10_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def sin_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def cos_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def tan_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def asin_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def acos_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def atan_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def sinh_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def cosh_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def erf_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def nan_to_num_backward(dy: _Operand, saved: _Operand) -> _Array: ...
def mul_backward(
    dy: _Operand,
    input: _Operand,
    other: _Operand,
    first: bool = True,
    second: bool = True,
) -> _Pair: ...
def div_backward(
    dy: _Operand,
    input: _Operand,
    other: _Operand,
    first: bool = True,
    second: bool = True,
) -> _Pair: ...
def maximum_backward(
    dy: _Operand,
    input: _Operand,
    other: _Operand,
    first: bool = True,
    second: bool = True,
) -> _Pair: ...
def minimum_backward(
    dy: _Operand,
    input: _Operand,
    other: _Operand,
    first: bool = True,
    second: bool = True,
) -> _Pair: ...
def pow_backward(
    dy: _Operand,
    input: _Operand,
    other: _Operand,
    first: bool = True,
    second: bool = True,
) -> _Pair: ...
def atan2_backward(
    dy: _Operand,
    input: _Operand,
    other: _Operand,
    first: bool = True,
    second: bool = True,
) -> _Pair: ...
def where_backward(
    dy: _Operand,
    condition: _Operand,
    first: bool = True,
    second: bool = True,
) -> _Pair: ...
def clamp_bounds_backward(
    dy: _Operand,
    input: _Operand,
    min: _Operand,
    max: _Operand,
    first: bool = True,
    second: bool = True,
) -> _Pair: ...
def lerp_backward(
    dy: _Operand,
    weight: _Operand,
    first: bool = True,
    second: bool = True,
) -> _Pair: ...

# Optim
def sgd_step(
    params: list[_Array],
    grads: list[_Array],
    momentum_buffers: list[_Array | None] | None,
    fresh: list[bool] | None,
    counts: list[int],
    hyper: _Array,
) -> None: ...
def adam_step(
    params: list[_Array],
    grads: list[_Array],
    exp_avgs: list[_Array],
    exp_avg_sqs: list[_Array],
    max_exp_avg_sqs: list[_Array | None] | None,
    steps: list[_Array],
    counts: list[int],
    hyper: _Array,
) -> None: ...
def sgd_step_rows(
    param: _Array, ids: _Array, rows: _Array, lr: float, maximize: bool = False
) -> None: ...
def adam_step_rows(
    param: _Array,
    ids: _Array,
    rows: _Array,
    exp_avg: _Array,
    exp_avg_sq: _Array,
    step: _Array,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    maximize: bool = False,
) -> None: ...
def rmsprop_step(
    params: list[_Array],
    grads: list[_Array],
    square_avgs: list[_Array],
    grad_avgs: list[_Array | None] | None,
    momentum_buffers: list[_Array | None] | None,
    steps: list[_Array],
    counts: list[int],
    hyper: _Array,
) -> None: ...
def grad_norm(grads: list[_Array], p: float) -> _Array: ...
def clip_grad_norm(grads: list[_Array], norm: _Array, max_norm: float) -> None: ...
def clip_grad_value(grads: list[_Array], clip_value: float) -> None: ...

# Gemm
def matmul(input: _Array, other: _Array) -> _Array: ...

# Linear
def linear(
    input: _Array,
    weight: _Array,
    bias: _Array | None = None,
    activation: _Fused = None,
    keep: bool = False,
) -> Any: ...
def linear_backward(
    dy: _Array,
    input: _Array,
    weight: _Array,
    saved: _Array | None = None,
    activation: _Fused = None,
    needs: tuple[bool, ...] = (True, True, True),
) -> tuple[_Array | None, _Array | None, _Array | None]: ...

# Conv: over one to three axes, by the rank of the weight. padding: "same", "valid", or numbers;
# with keep (y, saved), where `saved` is what the gradient of the activation is computed from. needs
# and what comes back: for input, weight, bias, and residual where there is one.
_Ints = int | Sequence[int]

def conv(
    input: _Array,
    weight: _Array,
    bias: _Array | None = None,
    stride: _Ints = 1,
    padding: _Ints | str = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    activation: _Fused = None,
    residual: _Array | None = None,
    keep: bool = False,
) -> Any: ...
def conv_backward(
    dy: _Array,
    input: _Array,
    weight: _Array,
    saved: _Array | None = None,
    stride: _Ints = 1,
    padding: _Ints | str = 0,
    dilation: _Ints = 1,
    groups: int = 1,
    needs: tuple[bool, ...] = (True, True, True),
    activation: _Fused = None,
    overwrite: bool = False,
) -> tuple[_Array | None, ...]: ...
def conv_transpose(
    input: _Array,
    weight: _Array,
    bias: _Array | None = None,
    stride: _Ints = 1,
    padding: _Ints = 0,
    output_padding: _Ints = 0,
    groups: int = 1,
    dilation: _Ints = 1,
    activation: _Fused = None,
    residual: _Array | None = None,
    keep: bool = False,
) -> Any: ...
def conv_transpose_backward(
    dy: _Array,
    input: _Array,
    weight: _Array,
    saved: _Array | None = None,
    stride: _Ints = 1,
    padding: _Ints = 0,
    output_padding: _Ints = 0,
    groups: int = 1,
    dilation: _Ints = 1,
    needs: tuple[bool, ...] = (True, True, True),
    activation: _Fused = None,
    overwrite: bool = False,
) -> tuple[_Array | None, ...]: ...

# Norm. layer_norm gives (y, mean, rstd), rms_norm (y, rstd); all norms with keep also `saved`, what
# the gradient of the activation is computed from.
_Shape = int | Sequence[int]

def layer_norm(
    input: _Array,
    normalized_shape: _Shape,
    weight: _Array | None = None,
    bias: _Array | None = None,
    eps: float | None = 1e-5,
    activation: _Fused = None,
    keep: bool = False,
) -> tuple[Any, ...]: ...
def layer_norm_backward(
    dy: _Array,
    input: _Array,
    normalized_shape: _Shape,
    mean: _Array,
    rstd: _Array,
    weight: _Array | None = None,
    needs: tuple[bool, ...] = (True, True, True),
    saved: _Array | None = None,
    activation: _Fused = None,
) -> tuple[_Array | None, _Array | None, _Array | None]: ...
def rms_norm(
    input: _Array,
    normalized_shape: _Shape,
    weight: _Array | None = None,
    eps: float | None = None,
    activation: _Fused = None,
    keep: bool = False,
) -> tuple[Any, ...]: ...
def rms_norm_backward(
    dy: _Array,
    input: _Array,
    normalized_shape: _Shape,
    rstd: _Array,
    weight: _Array | None = None,
    needs: tuple[bool, ...] = (True, True),
    saved: _Array | None = None,
    activation: _Fused = None,
) -> tuple[_Array | None, _Array | None]: ...

# Norms of channels. mean, rstd, r and d are float64. batch_norm, group_norm and instance_norm give
# (y, mean, rstd), batch_renorm (y, mean, rstd, r, d); running statistics change in place while
# training. `saved` may be None for relu: its sign is then computed again.
_Three = tuple[_Array | None, _Array | None, _Array | None]
_Four = tuple[_Array | None, _Array | None, _Array | None, _Array | None]

def batch_norm(
    input: _Array,
    running_mean: _Array | None = None,
    running_var: _Array | None = None,
    weight: _Array | None = None,
    bias: _Array | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
    activation: _Fused = None,
    residual: _Array | None = None,
    keep: bool = False,
) -> tuple[Any, ...]: ...
def batch_norm_backward(
    dy: _Array,
    input: _Array,
    mean: _Array,
    rstd: _Array,
    weight: _Array | None = None,
    bias: _Array | None = None,
    saved: _Array | None = None,
    training: bool = True,
    activation: _Fused = None,
    needs: tuple[bool, ...] = (True, True, True, True),
) -> _Four: ...
def batch_renorm(
    input: _Array,
    running_mean: _Array,
    running_var: _Array,
    weight: _Array | None = None,
    bias: _Array | None = None,
    momentum: float = 0.01,
    eps: float = 1e-5,
    r_max: float = 3.0,
    d_max: float = 5.0,
    activation: _Fused = None,
    residual: _Array | None = None,
    keep: bool = False,
) -> tuple[Any, ...]: ...
def batch_renorm_backward(
    dy: _Array,
    input: _Array,
    mean: _Array,
    rstd: _Array,
    r: _Array,
    d: _Array,
    weight: _Array | None = None,
    bias: _Array | None = None,
    saved: _Array | None = None,
    activation: _Fused = None,
    needs: tuple[bool, ...] = (True, True, True, True),
) -> _Four: ...
def group_norm(
    input: _Array,
    num_groups: int,
    weight: _Array | None = None,
    bias: _Array | None = None,
    eps: float = 1e-5,
    activation: _Fused = None,
    keep: bool = False,
) -> tuple[Any, ...]: ...
def group_norm_backward(
    dy: _Array,
    input: _Array,
    num_groups: int,
    mean: _Array,
    rstd: _Array,
    weight: _Array | None = None,
    needs: tuple[bool, ...] = (True, True, True),
    saved: _Array | None = None,
    activation: _Fused = None,
) -> _Three: ...
def instance_norm(
    input: _Array,
    running_mean: _Array | None = None,
    running_var: _Array | None = None,
    weight: _Array | None = None,
    bias: _Array | None = None,
    momentum: float = 0.1,
    eps: float = 1e-5,
    activation: _Fused = None,
    keep: bool = False,
) -> tuple[Any, ...]: ...
def instance_norm_backward(
    dy: _Array,
    input: _Array,
    mean: _Array,
    rstd: _Array,
    weight: _Array | None = None,
    needs: tuple[bool, ...] = (True, True, True),
    saved: _Array | None = None,
    activation: _Fused = None,
) -> _Three: ...

# Local response norm. With keep, (y, d), which the backward pass wants.
def local_response_norm(
    input: _Array,
    size: int,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 1.0,
    keep: bool = False,
) -> Any: ...
def local_response_norm_backward(
    dy: _Array,
    input: _Array,
    d: _Array,
    size: int,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 1.0,
) -> _Array: ...

# Embedding. Offsets: where each bag begins, and where the last ends; embedding_bag gives (y,
# winners), the rows (ids, their gradients).
def embedding(input: _Array, weight: _Array) -> _Array: ...
def embedding_backward(
    dy: _Array,
    input: _Array,
    num_embeddings: int,
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
) -> _Array: ...
def embedding_backward_rows(
    dy: _Array,
    input: _Array,
    num_embeddings: int,
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
) -> tuple[_Array, _Array]: ...
def embedding_renorm(
    input: _Array, weight: _Array, max_norm: float, norm_type: float = 2.0
) -> None: ...
def embedding_bag(
    input: _Array,
    offsets: _Array,
    weight: _Array,
    mode: str = "mean",
    per_sample_weights: _Array | None = None,
    padding_idx: int | None = None,
) -> tuple[_Array, _Array | None]: ...
def embedding_bag_backward(
    dy: _Array,
    input: _Array,
    offsets: _Array,
    num_embeddings: int,
    mode: str = "mean",
    per_sample_weights: _Array | None = None,
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
) -> _Array: ...
def embedding_bag_backward_rows(
    dy: _Array,
    input: _Array,
    offsets: _Array,
    num_embeddings: int,
    mode: str = "mean",
    per_sample_weights: _Array | None = None,
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
) -> tuple[_Array, _Array]: ...
def embedding_bag_max_backward(dy: _Array, winners: _Array, num_embeddings: int) -> _Array: ...
def embedding_bag_weights_backward(
    dy: _Array,
    input: _Array,
    offsets: _Array,
    weight: _Array,
    padding_idx: int | None = None,
) -> _Array: ...

# Recurrent layers. params: for each direction (w_ih, w_hh, b_ih, b_hh[, w_hr]), of
# layer_norm_lstm (w_ih, w_hh, b_ih, b_hh, gain_ih, gain_hh, gain_c, b_c); saved: () or with
# keep=True what backward needs. overwrite: backward may write over the saved gates.
# mask: what h is multiplied by where it enters the recurrent product.
# Sequences of different lengths come as rows of real steps with batch_sizes, or with lengths in any
# order. With lengths, input is padded, (T, N, I), or has rows of real steps, longest sequence
# first; total_length is the number of steps of the padded output, by default that of the input, 0
# for rows.
_Params = Sequence[Sequence[_Array | None]]
_Saved = tuple[_Array | None, ...]
_Gradients = tuple[tuple[_Array | None, ...], ...]

def lstm(
    input: _Array,
    params: _Params,
    h_0: _Array | None = None,
    c_0: _Array | None = None,
    batch_sizes: _Array | None = None,
    keep: bool = False,
    mask: _Array | None = None,
    lengths: _Array | None = None,
    total_length: int | None = None,
) -> tuple[_Array, _Array, _Array, _Saved]: ...
def lstm_backward(
    dy: _Array | None,
    dh_n: _Array | None,
    dc_n: _Array | None,
    input: _Array,
    params: _Params,
    h_0: _Array | None,
    c_0: _Array | None,
    y: _Array,
    saved: _Saved,
    batch_sizes: _Array | None = None,
    need_input: bool = True,
    need_params: bool = True,
    overwrite: bool = False,
    mask: _Array | None = None,
    lengths: _Array | None = None,
    total_length: int | None = None,
) -> tuple[_Array | None, _Array, _Array, _Gradients]: ...
def layer_norm_lstm(
    input: _Array,
    params: _Params,
    h_0: _Array | None = None,
    c_0: _Array | None = None,
    batch_sizes: _Array | None = None,
    keep: bool = False,
    mask: _Array | None = None,
    eps: float = 1e-5,
    lengths: _Array | None = None,
    total_length: int | None = None,
) -> tuple[_Array, _Array, _Array, _Saved]: ...
def layer_norm_lstm_backward(
    dy: _Array | None,
    dh_n: _Array | None,
    dc_n: _Array | None,
    input: _Array,
    params: _Params,
    h_0: _Array | None,
    c_0: _Array | None,
    y: _Array,
    saved: _Saved,
    batch_sizes: _Array | None = None,
    need_input: bool = True,
    need_params: bool = True,
    overwrite: bool = False,
    mask: _Array | None = None,
    lengths: _Array | None = None,
    total_length: int | None = None,
) -> tuple[_Array | None, _Array, _Array, _Gradients]: ...
def gru(
    input: _Array,
    params: _Params,
    h_0: _Array | None = None,
    batch_sizes: _Array | None = None,
    keep: bool = False,
    mask: _Array | None = None,
    lengths: _Array | None = None,
    total_length: int | None = None,
) -> tuple[_Array, _Array, _Saved]: ...
def gru_backward(
    dy: _Array | None,
    dh_n: _Array | None,
    input: _Array,
    params: _Params,
    h_0: _Array | None,
    y: _Array,
    saved: _Saved,
    batch_sizes: _Array | None = None,
    need_input: bool = True,
    need_params: bool = True,
    overwrite: bool = False,
    mask: _Array | None = None,
    lengths: _Array | None = None,
    total_length: int | None = None,
) -> tuple[_Array | None, _Array, _Gradients]: ...
def rnn_tanh(
    input: _Array,
    params: _Params,
    h_0: _Array | None = None,
    batch_sizes: _Array | None = None,
    keep: bool = False,
    mask: _Array | None = None,
    lengths: _Array | None = None,
    total_length: int | None = None,
) -> tuple[_Array, _Array, _Saved]: ...
def rnn_tanh_backward(
    dy: _Array | None,
    dh_n: _Array | None,
    input: _Array,
    params: _Params,
    h_0: _Array | None,
    y: _Array,
    saved: _Saved,
    batch_sizes: _Array | None = None,
    need_input: bool = True,
    need_params: bool = True,
    overwrite: bool = False,
    mask: _Array | None = None,
    lengths: _Array | None = None,
    total_length: int | None = None,
) -> tuple[_Array | None, _Array, _Gradients]: ...
def rnn_relu(
    input: _Array,
    params: _Params,
    h_0: _Array | None = None,
    batch_sizes: _Array | None = None,
    keep: bool = False,
    mask: _Array | None = None,
    lengths: _Array | None = None,
    total_length: int | None = None,
) -> tuple[_Array, _Array, _Saved]: ...
def rnn_relu_backward(
    dy: _Array | None,
    dh_n: _Array | None,
    input: _Array,
    params: _Params,
    h_0: _Array | None,
    y: _Array,
    saved: _Saved,
    batch_sizes: _Array | None = None,
    need_input: bool = True,
    need_params: bool = True,
    overwrite: bool = False,
    mask: _Array | None = None,
    lengths: _Array | None = None,
    total_length: int | None = None,
) -> tuple[_Array | None, _Array, _Gradients]: ...

# Attention. With keep, (output, lse), which the backward pass wants; stream as for dropout.
# packed: 0 for (dq, dk, dv); 2 for (dq, dkv), where k and v are the parts of one array
# (..., S, 2, H, E); 3 for (dqkv,).
def scaled_dot_product_attention(
    query: _Array,
    key: _Array,
    value: _Array,
    attn_mask: _Array | None = None,
    is_causal: bool = False,
    scale: float = 1.0,
    dropout_p: float = 0.0,
    stream: _Array | None = None,
    enable_gqa: bool = False,
    keep: bool = False,
) -> Any: ...
def scaled_dot_product_attention_backward(
    dy: _Array,
    query: _Array,
    key: _Array,
    value: _Array,
    out: _Array,
    lse: _Array,
    attn_mask: _Array | None = None,
    is_causal: bool = False,
    scale: float = 1.0,
    dropout_p: float = 0.0,
    stream: _Array | None = None,
    enable_gqa: bool = False,
    packed: int = 0,
) -> tuple[_Array, ...]: ...

# Reduce. dim: an int, several, or None for all axes. var and std give (result, mean), argmax and
# argmin (values, indices); sum_backward a view that cannot be written.
_Dims = int | Sequence[int] | None

def sum(input: _Array, dim: _Dims = None, keepdim: bool = False) -> _Array: ...
def sum_backward(dy: _Array, shape: tuple[int, ...], dim: _Dims = None) -> _Array: ...
def mean(input: _Array, dim: _Dims = None, keepdim: bool = False) -> _Array: ...
def prod(input: _Array, dim: _Dims = None, keepdim: bool = False) -> _Array: ...
def amax(input: _Array, dim: _Dims = None, keepdim: bool = False) -> _Array: ...
def amax_backward(dy: _Array, input: _Array, y: _Array, dim: _Dims = None) -> _Array: ...
def amin(input: _Array, dim: _Dims = None, keepdim: bool = False) -> _Array: ...
def amin_backward(dy: _Array, input: _Array, y: _Array, dim: _Dims = None) -> _Array: ...
def logsumexp(input: _Array, dim: _Dims = None, keepdim: bool = False) -> _Array: ...
def logsumexp_backward(dy: _Array, input: _Array, y: _Array, dim: _Dims = None) -> _Array: ...
def norm(input: _Array, p: float = 2.0, dim: _Dims = None, keepdim: bool = False) -> _Array: ...
def norm_backward(
    dy: _Array, input: _Array, y: _Array, p: float = 2.0, dim: _Dims = None
) -> _Array: ...
def var(
    input: _Array, dim: _Dims = None, correction: float = 1.0, keepdim: bool = False
) -> tuple[_Array, _Array]: ...
def var_backward(
    dy: _Array,
    input: _Array,
    y: _Array,
    mean: _Array,
    dim: _Dims = None,
    correction: float = 1.0,
) -> _Array: ...
def std(
    input: _Array, dim: _Dims = None, correction: float = 1.0, keepdim: bool = False
) -> tuple[_Array, _Array]: ...
def std_backward(
    dy: _Array,
    input: _Array,
    y: _Array,
    mean: _Array,
    dim: _Dims = None,
    correction: float = 1.0,
) -> _Array: ...
def count_nonzero(input: _Array, dim: _Dims = None, keepdim: bool = False) -> _Array: ...
def any(input: _Array, dim: _Dims = None, keepdim: bool = False) -> _Array: ...
def all(input: _Array, dim: _Dims = None, keepdim: bool = False) -> _Array: ...
def argmax(
    input: _Array, dim: int | None = None, keepdim: bool = False
) -> tuple[_Array, _Array]: ...
def argmin(
    input: _Array, dim: int | None = None, keepdim: bool = False
) -> tuple[_Array, _Array]: ...

# Scan: running sums and products along one dimension, and their gradients.
def cumsum(input: _Array, dim: int) -> _Array: ...
def cumsum_backward(dy: _Array, dim: int) -> _Array: ...
def cumprod(input: _Array, dim: int) -> _Array: ...
def cumprod_backward(dy: _Array, input: _Array, y: _Array, dim: int) -> _Array: ...

# Median along one dimension, which is kept with size 1: (values, indices).
def median(input: _Array, dim: int) -> tuple[_Array, _Array]: ...

# Pooling
_Sizes = tuple[int, ...]

def max_pool(
    input: _Array,
    kernel_size: _Sizes,
    stride: _Sizes,
    padding: _Sizes,
    dilation: _Sizes,
    ceil_mode: bool = False,
    with_places: bool = True,
) -> tuple[_Array, Any]: ...
def max_pool_backward(
    dy: _Array,
    places: _Array,
    input_shape: _Sizes,
    kernel_size: _Sizes,
    stride: _Sizes,
    padding: _Sizes,
    dilation: _Sizes,
    ceil_mode: bool = False,
) -> _Array: ...
def max_pool_indices(
    places: _Array,
    input_shape: _Sizes,
    kernel_size: _Sizes,
    stride: _Sizes,
    padding: _Sizes,
    dilation: _Sizes,
    ceil_mode: bool = False,
) -> _Array: ...
def adaptive_max_pool(
    input: _Array, output_size: _Sizes, with_places: bool = True
) -> tuple[_Array, Any]: ...
def adaptive_max_pool_backward(
    dy: _Array, places: _Array, input_shape: _Sizes, output_size: _Sizes
) -> _Array: ...
def adaptive_max_pool_indices(
    places: _Array, input_shape: _Sizes, output_size: _Sizes
) -> _Array: ...
def avg_pool(
    input: _Array,
    kernel_size: _Sizes,
    stride: _Sizes,
    padding: _Sizes,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> _Array: ...
def avg_pool_backward(
    dy: _Array,
    input_shape: _Sizes,
    kernel_size: _Sizes,
    stride: _Sizes,
    padding: _Sizes,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> _Array: ...
def adaptive_avg_pool(input: _Array, output_size: _Sizes) -> _Array: ...
def adaptive_avg_pool_backward(dy: _Array, input_shape: _Sizes, output_size: _Sizes) -> _Array: ...
def max_unpool(input: _Array, indices: _Array, output_size: _Sizes) -> _Array: ...
def max_unpool_backward(dy: _Array, indices: _Array, output_size: _Sizes) -> _Array: ...

# Windows of images as columns, and channels exchanged with pixels
def unfold(
    input: _Array, kernel_size: _Sizes, dilation: _Sizes, padding: _Sizes, stride: _Sizes
) -> _Array: ...
def fold(
    input: _Array,
    output_size: _Sizes,
    kernel_size: _Sizes,
    dilation: _Sizes,
    padding: _Sizes,
    stride: _Sizes,
) -> _Array: ...
def pixel_shuffle(input: _Array, upscale_factor: int) -> _Array: ...
def pixel_unshuffle(input: _Array, downscale_factor: int) -> _Array: ...
def channel_shuffle(input: _Array, groups: int) -> _Array: ...

# Resampling
def interpolate(
    input: _Array,
    output_size: _Sizes,
    mode: str = "nearest",
    align_corners: bool = False,
    scales: tuple[float, ...] | None = None,
) -> _Array: ...
def interpolate_backward(
    dy: _Array,
    input_size: _Sizes,
    mode: str = "nearest",
    align_corners: bool = False,
    scales: tuple[float, ...] | None = None,
) -> _Array: ...
