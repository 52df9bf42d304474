"""Operations that still compute with NumPy, and why: everything else goes through kernels.

Functions of NumPy that look at shapes and types, make views or wrap numbers are no computation.
"""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_threading

ROOT = Path(__file__).resolve().parent.parent / "fastnn"
LOOKS = {
    *("ndarray", "generic", "dtype", "integer", "floating", "number", "bool_", "intp", "uint8"),
    *("float16", "float32", "float64", "int32", "int64", "errstate", "finfo", "iinfo", "typing"),
    *("result_type", "can_cast", "promote_types", "issubdtype", "broadcast_shapes", "ndim", "lib"),
    *(
        "broadcast_to",
        "moveaxis",
        "expand_dims",
        "squeeze",
        "flip",
        "asarray",
        "from_dlpack",
        "inf",
    ),
    *("may_share_memory", "shares_memory", "newaxis", "pi", "nan", "random", "prod", "shape"),
    *("complexfloating", "einsum_path", "int8", "int16", "uint64", "complex64", "complex128"),
}
FILLS = {
    *("array", "arange", "empty", "empty_like", "eye", "full", "full_like", "linspace", "logspace"),
    *("ones", "ones_like", "tri", "zeros", "zeros_like", "ascontiguousarray"),
}
WHY = {
    "activation/piecewise": ("maximum minimum", "rectified integers"),
    "activation/shrink": ("where", "thresholds of integers"),
    "aggregation": ("cumsum diff repeat", "offsets of bags: a number for each"),
    "attention/masks": ("concatenate where", "masks, which are small beside the scores"),
    "clip_grad": ("isfinite", "one number"),
    "create/drawn": ("any less min", "checks of the numbers that draws are made from"),
    "create/filled": ("argsort", "the order of a few axes"),
    "create/sampled": (
        "argsort count_nonzero cumsum floor isfinite less log minimum nextafter searchsorted",
        "multinomial draws, on one thread",
    ),
    "create/values": ("frombuffer", "a view of a buffer"),
    "create/windows": ("cos i0 maximum sqrt", "windows, which are made once"),
    "diagonals": ("stack tril_indices triu_indices", "positions, which are the result"),
    "distances": ("triu_indices", "positions of pairs"),
    "double_backward/loss": ("sign where", "constants of second gradients"),
    "dropout/alpha": ("where", "alpha dropout, on one thread"),
    "elementwise/airy": ("cos exp maximum sin sqrt where", "Airy's function, as Bessel functions"),
    "elementwise/bessel": (
        "abs arccosh cos cosh exp expm1 isfinite log maximum minimum outer sign sin sinh sqrt "
        "where",
        "Bessel functions by the trapezoidal rule, on one thread",
    ),
    "elementwise/incomplete": (
        "abs broadcast_arrays exp expm1 isnan log log1p minimum sqrt where",
        "incomplete gamma functions by a quadrature, on one thread",
    ),
    "elementwise/integers": (
        "bitwise_and bitwise_or bitwise_xor frexp gcd invert isfinite lcm ldexp left_shift "
        "right_shift where",
        "bits of integers and floats",
    ),
    "elementwise/quadrature": ("exp", "the nodes of a quadrature"),
    "elementwise/tail": (
        "abs exp hypot log log1p where",
        "tails of the normal distribution, as these",
    ),
    "embedding": ("append", "offsets of bags: a number for each"),
    "gemm": ("matmul", "products of integers"),
    "index/basic": ("argsort", "the order of a few axes"),
    "index/inplace": ("divmod", "places on a diagonal"),
    "index/places": ("argsort divmod remainder", "the order of a few axes; positions"),
    "index/reduced": ("floor_divide", "means of integers"),
    "join/repeat": ("repeat", "positions of slices: a number for each"),
    "linalg/factors": ("concatenate linalg tril triu where", "factors by LAPACK, through NumPy"),
    "linalg/lu": (
        "abs concatenate linalg put_along_axis tile tril triu where",
        "elimination, a column of all matrices at a time",
    ),
    "linalg/matrices": ("linalg", "the same"),
    "linalg/powers": ("abs ceil isfinite linalg log2", "the same"),
    "linalg/reflectors": ("linalg", "the same"),
    "linalg/solve": ("linalg where", "the same"),
    "linalg/status": ("isfinite isnan linalg", "the same"),
    "linalg/tensors": ("abs linalg maximum where", "the same"),
    "loss/linear": ("atleast_1d", "a shape"),
    "pool/fractional": ("all clip isnan where", "places of windows; which NaN of one is chosen"),
    "quantiles": ("ceil floor isnan maximum round where", "ranks, and lines with NaN"),
    "reduce/count": ("all any count_nonzero", "integers and truth values"),
    "rnn/sequences": ("flatnonzero", "lengths of sequences: a number for each"),
    "running": ("maximum minimum where", "running extremes of integers"),
    "scan": ("cumprod cumsum", "running sums and products of integers"),
    "segments": ("diff maximum repeat", "lengths of segments: a number for each"),
    "sort/histogram": (
        "bincount diff isfinite ravel_multi_index searchsorted",
        "edges of bins: a number for each; histograms of points",
    ),
    "stacking": ("fromiter", "positions of combinations"),
}


def test_the_list_is_complete():
    found = {}
    for path in sorted((ROOT / "ops").rglob("*.py")):
        uses = {
            node.attr
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np"
        }
        if computed := uses - LOOKS - FILLS:
            found[str(path.relative_to(ROOT / "ops").with_suffix(""))] = computed
    assert found == {name: set(functions.split()) for name, (functions, _) in WHY.items()}
