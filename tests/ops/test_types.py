"""The types of results: every operation on every type, and on pairs of types.

The tables are PyTorch's, from its documentation (torch.promote_types, "Tensor Attributes"); where
it is installed, operations are compared with it too.
"""

import inspect

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import nn

NAMES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]
TYPES = [np.dtype(name) for name in NAMES]
INTEGERS, FLOATS = TYPES[1:6], TYPES[7:]

PROMOTED = {
    "bool": "bool uint8 int8 int16 int32 int64 float16 float32 float64",
    "uint8": "uint8 uint8 int16 int16 int32 int64 float16 float32 float64",
    "int8": "int8 int16 int8 int16 int32 int64 float16 float32 float64",
    "int16": "int16 int16 int16 int16 int32 int64 float16 float32 float64",
    "int32": "int32 int32 int32 int32 int32 int64 float16 float32 float64",
    "int64": "int64 int64 int64 int64 int64 int64 float16 float32 float64",
    "float16": "float16 float16 float16 float16 float16 float16 float16 float32 float64",
    "float32": "float32 float32 float32 float32 float32 float32 float32 float32 float64",
    "float64": "float64 float64 float64 float64 float64 float64 float64 float64 float64",
}


def promoted(a, b):
    return np.dtype(PROMOTED[str(a)].split()[TYPES.index(b)])


def kind(dtype):
    return {"b": 0, "i": 1, "u": 1, "f": 2}[dtype.kind]


def as_float(dtype):
    return dtype if dtype.kind == "f" else np.dtype(np.float32)


def as_sum(dtype):
    return dtype if dtype.kind == "f" else np.dtype(np.int64)


def ones(dtype, *shape):
    return fastnn.ones(*shape or (2,), dtype=dtype)


MASK = fastnn.tensor([True, False])
FIRST = fastnn.tensor([0, 0])


# -- pairs -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("a", TYPES, ids=str)
@pytest.mark.parametrize("b", TYPES, ids=str)
def test_promote_types(a, b):
    assert fastnn.promote_types(a, b) == promoted(a, b)
    assert fastnn.result_type(ones(a), ones(b)) == promoted(a, b)
    # A 0-d tensor counts where its kind is higher, and so does a number.
    lower = promoted(a, b) if kind(b) > kind(a) else a
    assert fastnn.result_type(ones(a), fastnn.Tensor(np.ones((), b))) == lower
    assert fastnn.result_type(ones(a), np.ones((), b)) == lower
    number = np.ones((), b).item()
    counts_as = {bool: "bool", int: "int64", float: "float32"}[type(number)]
    expected = promoted(a, np.dtype(counts_as)) if kind(b) > kind(a) else a
    assert fastnn.result_type(ones(a), number) == expected
    assert fastnn.result_type(ones(a), b.type(1)) == expected


def test_result_type_of_numbers():
    assert fastnn.result_type(True, 1) == np.int64
    assert fastnn.result_type(1, 1.5) == np.float32
    assert fastnn.result_type(fastnn.tensor(1.0), 2) == np.float32
    assert fastnn.result_type(ones("int32"), fastnn.tensor(1), 2.5) == np.float32
    with pytest.raises(TypeError, match="result_type: expected at least one"):
        fastnn.result_type()
    with pytest.raises(TypeError, match="result_type: expected tensors, arrays and numbers, got s"):
        fastnn.result_type("float32")
    with pytest.raises(TypeError, match="expected a float, integer or bool type, got <U1"):
        fastnn.promote_types("U1", "float32")


@pytest.mark.parametrize("a", TYPES, ids=str)
@pytest.mark.parametrize("b", TYPES, ids=str)
def test_can_cast(a, b):
    assert fastnn.can_cast(a, b) == (kind(a) <= kind(b))


# Operations that promote two operands; those in FLOAT give floats of integers, too.
PAIRS = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "maximum": fastnn.maximum,
    "minimum": fastnn.minimum,
    "remainder": lambda a, b: a % b,
    "fmod": fastnn.fmod,
    "floor_divide": lambda a, b: a // b,
    "pow": lambda a, b: a**b,
    "where": lambda a, b: fastnn.where(MASK, a, b),
    "clamp": lambda a, b: fastnn.clamp(a, b),
    "cat": lambda a, b: fastnn.cat([a, b]),
    "stack": lambda a, b: fastnn.stack([a, b]),
    "hstack": lambda a, b: fastnn.hstack([a, b]),
    "vstack": lambda a, b: fastnn.vstack([a, b]),
    "outer": fastnn.outer,
    "addcmul": lambda a, b: fastnn.addcmul(a, b, b),
    "add scaled": lambda a, b: fastnn.add(a, b, alpha=2),
    "div trunc": lambda a, b: fastnn.div(a, b, rounding_mode="trunc"),
    "div floor": lambda a, b: fastnn.div(a, b, rounding_mode="floor"),
}
PAIRS_FLOAT = {
    "div": lambda a, b: a / b,
    "atan2": fastnn.atan2,
    "addcdiv": lambda a, b: fastnn.addcdiv(a, b, b),
    "mse_loss": F.mse_loss,
    "l1_loss": F.l1_loss,
    "smooth_l1_loss": F.smooth_l1_loss,
    "huber_loss": F.huber_loss,
    "soft_margin_loss": F.soft_margin_loss,
    "binary_cross_entropy": F.binary_cross_entropy,
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
}
COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or", "logical_xor"]
WITHOUT_BOOL = [
    "sub",
    "remainder",
    "fmod",
    "floor_divide",
    "pow",
    "div_trunc",
    "div_floor",
]


@pytest.mark.parametrize("name", PAIRS)
@pytest.mark.parametrize("a", TYPES, ids=str)
def test_pairs(name, a):
    for b in TYPES:
        expected = promoted(a, b)
        if expected == np.bool_ and name.replace(" ", "_") in WITHOUT_BOOL:
            with pytest.raises(TypeError, match="must hold numbers, got bool"):
                PAIRS[name](ones(a), ones(b))
        else:
            assert PAIRS[name](ones(a), ones(b)).dtype == expected, (a, b)


@pytest.mark.parametrize("name", PAIRS_FLOAT)
@pytest.mark.parametrize("a", TYPES, ids=str)
def test_pairs_that_give_floats(name, a):
    for b in TYPES:
        if promoted(a, b) == np.float16 and ("loss" in name or "entropy" in name):
            with pytest.raises(TypeError, match="must have dtype float32 or float64, got float16"):
                PAIRS_FLOAT[name](ones(a), ones(b))
        else:
            y = PAIRS_FLOAT[name](ones(a), ones(b))
            assert y.dtype == as_float(promoted(a, b)), (a, b)


@pytest.mark.parametrize("name", COMPARISONS)
@pytest.mark.parametrize("a", TYPES, ids=str)
def test_comparisons(name, a):
    for b in TYPES:
        y = getattr(fastnn, name)(ones(a), ones(b))
        assert (y.dtype, y.tolist()) == (
            np.bool_,
            [name in ("eq", "le", "ge", *COMPARISONS[6:8])] * 2,
        )


@pytest.mark.parametrize("a", TYPES, ids=str)
def test_numbers_and_0d_tensors_do_not_widen(a):
    for other in (True, 2, 2.5, np.float64(2.5), np.int64(2), np.bool_(True)):
        assert (ones(a) * other).dtype == fastnn.result_type(ones(a), other)
        assert (other * ones(a)).dtype == fastnn.result_type(ones(a), other)
    for b in TYPES:
        y = ones(a) * fastnn.tensor(np.ones((), b))
        assert y.dtype == (promoted(a, b) if kind(b) > kind(a) else a), b


def test_numpy_arrays_count_as_tensors_and_numpy_numbers_as_numbers():
    x = fastnn.ones(2)
    assert (x + np.ones(2)).dtype == np.float64
    assert (np.ones(2) + x).dtype == np.float64
    assert (x + np.float64(1)).dtype == np.float32
    assert (np.float64(1) + x).dtype == np.float32
    assert (x + np.ones(())).dtype == np.float32
    assert (x.long() + np.float64(0.5)).dtype == np.float32


BITWISE = {
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
}


@pytest.mark.parametrize("name", BITWISE)
@pytest.mark.parametrize("a", TYPES[:6], ids=str)
def test_bitwise_operands_are_promoted(name, a):
    op = BITWISE[name]
    for b in TYPES[:6]:
        lower = promoted(a, b) if kind(b) > kind(a) else a
        assert op(ones(a), ones(b)).dtype == promoted(a, b)
        assert op(ones(a), fastnn.Tensor(np.ones((), b))).dtype == lower
        assert op(ones(a), b.type(1)).dtype == fastnn.result_type(ones(a), b.type(1))
        assert op(np.ones((), b).item(), ones(a)).dtype == op(ones(a), np.ones((), b).item()).dtype
    for b in FLOATS:
        with pytest.raises(TypeError):
            op(ones(a), ones(b))
    assert (ones("uint8") | 300).tolist() == [45, 45]  # integers wrap around
    assert (ones("uint8") | -1).tolist() == [255, 255]


CHOICES = {
    "clamp max": lambda x, n: x.clamp(max=n),
    "clamp min": lambda x, n: x.clamp(min=n),
    "clamp": lambda x, n: x.clamp(0, n),
    "clamp_": lambda x, n: x.clone().clamp_(n, 5),
    "where": lambda x, n: fastnn.where(MASK, x, n),
    "where of a number": lambda x, n: fastnn.where(MASK, n, x),
    "maximum": fastnn.maximum,
    "minimum": lambda x, n: fastnn.minimum(n, x),
}


@pytest.mark.parametrize("name", CHOICES)
def test_what_is_chosen_does_not_wrap_around(name):
    for dtype in INTEGERS[:4]:
        beyond = int(np.iinfo(dtype).max) + 1
        with pytest.raises(RuntimeError, match=f"{name[:5]}.*{beyond} cannot be converted to"):
            CHOICES[name](ones(dtype), beyond)
        assert CHOICES[name](ones(dtype), beyond - 1).dtype == dtype
        CHOICES[name](ones("float32"), beyond)
    CHOICES[name](ones("int64"), 300)


def test_integers_wrap_around_and_are_not_divided_by_zero():
    x = fastnn.tensor(np.array([1, 255], np.uint8))
    assert (x + 300).tolist() == [45, 43]
    assert (x - 3).tolist() == [254, 252]
    assert (x == 300).tolist() == [False, False]
    for divide in (lambda a: a // 0, lambda a: a % 0, lambda a: fastnn.fmod(a, FIRST)):
        with pytest.raises(ZeroDivisionError, match="integers cannot be divided by 0"):
            divide(x)


def test_rounded_quotients_of_large_integers_are_exact():
    a = fastnn.tensor([2**60 + 1, -(2**60) - 1, 7, -7])
    b = fastnn.tensor([1, 1, -2, 2])
    expected = [2**60 + 1, -(2**60) - 1, -3, -3]
    assert fastnn.div(a, b, rounding_mode="trunc").tolist() == expected
    assert fastnn.div(a, b, rounding_mode="floor").tolist() == [*expected[:2], -4, -4]


def test_alpha_of_integers_is_an_integer():
    with pytest.raises(
        TypeError, match="add: alpha must be an integer for integer operands, got 1"
    ):
        fastnn.add(FIRST, FIRST, alpha=1.5)
    with pytest.raises(TypeError, match="addcmul: value must be an integer for integer operands"):
        fastnn.addcmul(FIRST, FIRST, FIRST, value=1.5)


# -- in place --------------------------------------------------------------------------------------


@pytest.mark.parametrize("a", TYPES, ids=str)
def test_in_place_the_result_is_cast_within_its_kind_or_lower(a):
    for other in (*map(ones, TYPES), True, 2, 2.5):
        x = ones(a)
        result = fastnn.result_type(x, other)
        if kind(result) <= kind(a):
            x += other
            assert x.dtype == a
            assert bool((x > 0).all())
        else:
            match = f"add: a result of dtype {result} cannot be stored in a tensor of dtype {a}"
            with pytest.raises(TypeError, match=match):
                x += other
            assert bool((x == ones(a)).all())


def test_true_division_in_place_is_for_floats():
    with pytest.raises(
        TypeError, match="a result of dtype float32 cannot be stored in a tensor of"
    ):
        FIRST.clone().div_(2)
    with pytest.raises((TypeError, RuntimeError), match="float32"):
        FIRST.clone().clamp_(0.5)


# -- one operand -----------------------------------------------------------------------------------

TO_FLOAT = [
    "reciprocal",
    "sqrt",
    "rsqrt",
    "exp",
    "expm1",
    "log",
    "log1p",
    "log2",
    "log10",
    "sin",
    "cos",
    "tan",
    "asin",
    "acos",
    "atan",
    "sinh",
    "cosh",
    "erf",
]
NUMBERS = ["abs", "absolute", "neg", "negative", "floor", "ceil", "trunc", "round"]
KEEPS = [
    "adjoint",
    "amax",
    "amin",
    "broadcast_to",
    "clone",
    "contiguous",
    "diagonal",
    "expand",
    "expand_as",
    "flatten",
    "flip",
    "fliplr",
    "flipud",
    "gather",
    "getitem",
    "index_select",
    "masked_select",
    "movedim",
    "nan_to_num",
    "narrow",
    "pad",
    "permute",
    "ravel",
    "repeat",
    "repeat_interleave",
    "reshape",
    "reshape_as",
    "roll",
    "rot90",
    "select",
    "sort",
    "squeeze",
    "swapaxes",
    "t",
    "take_along_dim",
    "tile",
    "topk",
    "transpose",
    "tril",
    "triu",
    "unflatten",
    "unsqueeze",
    "view",
    "view_as",
    "max",
    "min",
    "median",
    "aminmax",
    "chunk",
    "split",
    "unbind",
    "cat",
    "stack",
    "hstack",
    "vstack",
    "concat",
    "concatenate",
    "meshgrid",
    "masked_fill",
    "scatter",
    "zeros_like",
    "ones_like",
    "empty_like",
    "full_like",
]
CALLS = {
    "broadcast_to": lambda x: fastnn.broadcast_to(x, (2, 2, 2)),
    "expand": lambda x: x.expand(2, 2, 2),
    "expand_as": lambda x: x.expand_as(x),
    "flip": lambda x: x.flip(0),
    "gather": lambda x: fastnn.gather(x, 0, FIRST.reshape(1, 2)),
    "getitem": lambda x: x[0],
    "index_select": lambda x: fastnn.index_select(x, 0, FIRST),
    "masked_select": lambda x: fastnn.masked_select(x, MASK),
    "masked_fill": lambda x: fastnn.masked_fill(x, MASK, 1),
    "movedim": lambda x: fastnn.movedim(x, 0, 1),
    "narrow": lambda x: x.narrow(0, 0, 1),
    "pad": lambda x: F.pad(x, (1, 1)),
    "permute": lambda x: x.permute(1, 0),
    "repeat": lambda x: x.repeat(2, 2),
    "repeat_interleave": lambda x: x.repeat_interleave(2),
    "reshape": lambda x: x.reshape(-1),
    "reshape_as": lambda x: x.reshape_as(x),
    "roll": lambda x: x.roll(1),
    "select": lambda x: x.select(0, 0),
    "take_along_dim": lambda x: x.take_along_dim(FIRST.reshape(1, 2), 0),
    "tile": lambda x: x.tile((2,)),
    "topk": lambda x: x.topk(1),
    "transpose": lambda x: x.transpose(0, 1),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "unflatten": lambda x: x.unflatten(0, (1, 2)),
    "unsqueeze": lambda x: x.unsqueeze(0),
    "view": lambda x: x.view(-1),
    "view_as": lambda x: x.view_as(x),
    "chunk": lambda x: x.chunk(2),
    "split": lambda x: x.split(1),
    "cat": lambda x: fastnn.cat([x, x]),
    "concat": lambda x: fastnn.concat([x, x]),
    "concatenate": lambda x: fastnn.concatenate([x, x]),
    "stack": lambda x: fastnn.stack([x, x]),
    "hstack": lambda x: fastnn.hstack([x, x]),
    "vstack": lambda x: fastnn.vstack([x, x]),
    "meshgrid": lambda x: fastnn.meshgrid(x[0], x[1]),
    "scatter": lambda x: fastnn.scatter(x, 0, FIRST.reshape(1, 2), 1),
    "full_like": lambda x: fastnn.full_like(x, 1),
    "cumsum": lambda x: x.cumsum(0),
    "cumprod": lambda x: x.cumprod(0),
    "softmax": lambda x: F.softmax(x, 0),
    "log_softmax": lambda x: F.log_softmax(x, 0),
    "logsumexp": lambda x: x.logsumexp(0),
}
REDUCTIONS = [
    "amax",
    "amin",
    "aminmax",
    "max",
    "min",
    "median",
]  # kernels for float32 and float64 alone


def first(y):
    while isinstance(y, (tuple, list)):
        y = y[0]
    return y


def run(name, x):
    return first(CALLS.get(name, getattr(fastnn, name, None))(x))


@pytest.mark.parametrize("name", KEEPS)
def test_operations_that_keep_the_type(name):
    for dtype in TYPES:
        if dtype == np.float16 and name in (*REDUCTIONS, "nan_to_num"):
            continue
        assert run(name, ones(dtype, 2, 2)).dtype == dtype, dtype


@pytest.mark.parametrize("name", [*NUMBERS, "sign", "square"])
def test_operations_on_numbers_that_keep_the_type(name):
    for dtype in TYPES[1:]:
        assert run(name, ones(dtype)).dtype == dtype, dtype
    if name in NUMBERS:
        with pytest.raises(TypeError, match="must hold numbers, got bool"):
            run(name, MASK)
    elif name == "square":
        assert (fastnn.square(MASK).dtype, fastnn.square(MASK).tolist()) == (np.int64, [1, 0])


@pytest.mark.parametrize("name", [*TO_FLOAT, "sigmoid", "tanh", "logsumexp"])
def test_integers_become_float32_where_the_result_is_a_float(name):
    for dtype in (*TYPES[:6], *FLOATS):
        function = CALLS.get(name) or getattr(fastnn, name, None) or getattr(F, name)
        with np.errstate(all="ignore"):
            assert function(ones(dtype)).dtype == as_float(dtype), dtype


@pytest.mark.parametrize("name", ["sum", "prod", "cumsum", "cumprod"])
def test_sums_of_integers_are_int64(name):
    for dtype in (*TYPES[:6], *FLOATS):
        assert run(name, ones(dtype)).dtype == as_sum(dtype), dtype
    many = fastnn.ones(300, dtype=fastnn.uint8)
    assert many.sum().item() == 300
    assert (many > 0).sum().item() == 300
    assert many.sum(dtype=fastnn.float64).dtype == np.float64


@pytest.mark.parametrize("name", ["mean", "var", "std", "norm", "softmax", "log_softmax"])
def test_operations_on_floats_alone(name):
    for dtype in FLOATS:
        assert run(name, ones(dtype)).dtype == dtype
    for dtype in TYPES[:6]:
        with pytest.raises(
            TypeError, match=f"{name}: input must have dtype float32 or float64, got"
        ):
            run(name, ones(dtype))


@pytest.mark.parametrize("dtype", TYPES, ids=str)
def test_positions_counts_and_truth_values(dtype):
    x = ones(dtype)
    if dtype != np.float16:
        assert x.argmax().dtype == x.argmin().dtype == fastnn.count_nonzero(x).dtype == np.int64
        assert x.any().dtype == x.all().dtype == np.bool_
    assert x.argsort().dtype == fastnn.nonzero(x).dtype == np.int64
    assert fastnn.logical_not(x).dtype == fastnn.isnan(x).dtype == np.bool_
    assert fastnn.isinf(x).dtype == fastnn.isfinite(x).dtype == np.bool_


# -- one type for all ------------------------------------------------------------------------------

W, W2 = ones("float32", 2), ones("float32", 2, 2)
IMAGE = ones("float32", 1, 2, 4)
SAME = {
    "matmul": lambda x: x @ W2,
    "mm": lambda x: fastnn.mm(x, W2),
    "bmm": lambda x: fastnn.bmm(x[None], W2[None]),
    "mv": lambda x: fastnn.mv(x, W),
    "dot": lambda x: fastnn.dot(x[0], W),
    "einsum": lambda x: fastnn.einsum("ij,jk->ik", x, W2),
    "lerp": lambda x: fastnn.lerp(x, W2, 0.5),
    "index_add": lambda x: fastnn.index_add(x, 0, FIRST, W2),
    "scatter": lambda x: fastnn.scatter(x, 0, FIRST.reshape(1, 2), W2),
    "scatter_add": lambda x: fastnn.scatter_add(x, 0, FIRST.reshape(1, 2), W2),
    "linear": lambda x: F.linear(x, W2),
    "linear's bias": lambda x: F.linear(x, x, W),
    "bilinear": lambda x: F.bilinear(x, x, W2[None]),
    "layer_norm": lambda x: F.layer_norm(x, (2,), W),
    "rms_norm": lambda x: F.rms_norm(x, (2,), W),
    "group_norm": lambda x: F.group_norm(x, 1, W),
    "batch_norm": lambda x: F.batch_norm(x, W.clone(), W.clone()),
    "instance_norm": lambda x: F.instance_norm(x[None], weight=W),
    "conv1d": lambda x: F.conv1d(x[None], W2[None]),
    "conv_transpose1d": lambda x: F.conv_transpose1d(x[None], W2[:, :, None]),
    "attention": lambda x: F.scaled_dot_product_attention(x, W2, W2),
    "cross_entropy": lambda x: F.cross_entropy(x, FIRST, W),
    "nll_loss": lambda x: F.nll_loss(x, FIRST, W),
    "Linear": nn.Linear(2, 3),
    "Bilinear": lambda x: nn.Bilinear(2, 2, 3)(x, x),
    "LayerNorm": nn.LayerNorm(2),
    "RMSNorm": nn.RMSNorm(2),
    "GroupNorm": nn.GroupNorm(1, 2),
    "BatchNorm1d": nn.BatchNorm1d(2),
    "Conv1d": lambda x: nn.Conv1d(2, 3, 1)(x[None]),
    "RNN": nn.RNN(2, 3),
    "LSTM": nn.LSTM(2, 3),
    "GRU": nn.GRU(2, 3),
    "LSTMCell": nn.LSTMCell(2, 3),
    "MultiheadAttention": lambda x: nn.MultiheadAttention(2, 1)(x, x, x),
    "TransformerEncoderLayer": nn.TransformerEncoderLayer(2, 1, 4),
}


@pytest.mark.parametrize("name", SAME)
def test_operands_of_one_type(name):
    """Parameters and what meets them are not promoted, be the input a tensor or an array."""
    message = r"(?s)float(32|64).*float(32|64); .*(\.float\(\)|astype)"
    with pytest.raises(TypeError, match=message):
        SAME[name](ones("float64", 2, 2))
    if name[0].isupper():
        with pytest.raises(TypeError, match=message):
            SAME[name](np.ones((2, 2)))
    SAME[name](ones("float32", 2, 2))


def test_tensors_of_a_grid_have_one_type():
    with pytest.raises(TypeError, match="meshgrid: tensors must have one type"):
        fastnn.meshgrid(W, FIRST)


# -- what is not in the tables ---------------------------------------------------------------------

ALIASES = {
    "clip": "clamp",
    "divide": "div",
    "true_divide": "div",
    "multiply": "mul",
    "subtract": "sub",
    "greater": "gt",
    "greater_equal": "ge",
    "less": "lt",
    "less_equal": "le",
    "not_equal": "ne",
}
OTHERS = [
    "isnan",
    "isinf",
    "isfinite",
    "logical_not",
    "argmax",
    "argmin",
    "argsort",
    "nonzero",
    "count_nonzero",
    "any",
    "all",
    "one_hot",
    "sum",
    "prod",
    "mean",
    "var",
    "std",
    "norm",
    "var_mean",
    "std_mean",
    "cumsum",
    "cumprod",
    "softmax",
    "log_softmax",
    "logsumexp",
    "sigmoid",
    "tanh",
    "sign",
    "square",
    "frac",
    "full",
    "arange",
    "linspace",
    "logspace",
    "eye",
    "zeros",
    "ones",
    "empty",
    "rand",
    "randn",
    "randint",
    "randperm",
    "normal",
    "rand_like",
    "randn_like",
    "randint_like",
    "tensor",
    "as_tensor",
    "from_numpy",
    "from_dlpack",
]


def test_every_operation_on_tensors_is_in_a_table():
    tables = {*PAIRS, *PAIRS_FLOAT, *COMPARISONS, *KEEPS, *NUMBERS, *TO_FLOAT, *SAME, *ALIASES}
    tables |= set(OTHERS)
    # Those of neural networks have parameters or float kernels alone: SAME, and their records.
    public = {
        name
        for name, value in vars(fastnn.ops).items()
        if inspect.isfunction(value) and not name.startswith("_") and not hasattr(F, name)
    }
    assert public - tables == set()


# -- PyTorch ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*PAIRS, *PAIRS_FLOAT, *COMPARISONS])
def test_pairs_as_in_pytorch(name):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    spelled, _, mode = name.partition(" ")
    options = {"trunc": {"rounding_mode": "trunc"}, "floor": {"rounding_mode": "floor"}}.get(
        mode, {}
    )
    function = getattr(torch, spelled, None) or getattr(torch.nn.functional, spelled)
    calls = {
        "where": lambda a, b: torch.where(torch.tensor([True, False]), a, b),
        "addcmul": lambda a, b: torch.addcmul(a, b, b),
        "addcdiv": lambda a, b: torch.addcdiv(a, b, b),
    }
    joins = ("cat", "stack", "hstack", "vstack")
    theirs = calls.get(spelled) or (
        (lambda a, b: function([a, b]))
        if spelled in joins
        else (lambda a, b: function(a, b, **options))
    )
    ours = PAIRS.get(name) or PAIRS_FLOAT.get(name) or getattr(fastnn, name)
    # huber_loss and soft_margin_loss take the type of the input, logits that of the target there.
    for a in TYPES:
        for b in TYPES:
            x, y = (
                torch.ones(2).to(getattr(torch, str(a))),
                torch.ones(2).to(getattr(torch, str(b))),
            )
            try:
                expected = str(theirs(x, y).dtype).removeprefix("torch.")
                got = str(ours(ones(a), ones(b)).dtype)
            except (RuntimeError, TypeError):
                continue  # one of them has no kernel for these types
            if spelled in ("huber_loss", "soft_margin_loss", "binary_cross_entropy_with_logits"):
                assert a != b or got == expected, (a, b)
            else:
                assert got == expected, (a, b)


@pytest.mark.parametrize(
    ("name", "numpys"),
    [("floor", np.floor), ("ceil", np.ceil), ("trunc", np.trunc), ("round", np.rint)],
)
def test_half_is_rounded(name, numpys):
    x = np.float16([0.6, 1.7, -1.2, 2.5, -0.5, 0.0, 7.0])
    y = getattr(fastnn.tensor(x), name)()
    assert y.dtype == np.float16
    np.testing.assert_array_equal(y.numpy(), numpys(x))
