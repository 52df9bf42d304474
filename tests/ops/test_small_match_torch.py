"""Small operations beside PyTorch's: values, types, gradients."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

pytestmark = pytest.mark.filterwarnings("ignore:.*deprecated")

RNG = np.random.default_rng(0)
INTS = RNG.integers(-20, 20, (3, 4))
OTHERS = RNG.integers(1, 6, (4,))
X = RNG.normal(size=(3, 4))
GRID = np.array([0.0, 0.5, 2.0, 3.0])


def arrays(result):
    """All tensors of a result, as arrays."""
    if isinstance(result, (tuple, list)):
        return [a for part in result for a in arrays(part)]
    return [np.asarray(result.detach() if hasattr(result, "detach") else result)]


def given(library, value):
    """Arrays as tensors, at any depth."""
    if isinstance(value, np.ndarray):
        return library.tensor(value)
    if isinstance(value, (tuple, list)):
        return type(value)(given(library, v) for v in value)
    if isinstance(value, dict):
        return {name: given(library, v) for name, v in value.items()}
    if isinstance(value, str) and value in ("float64", "int64"):
        return getattr(library, value)
    return value


CALLS = [
    *[
        (name, (INTS, other), {})
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "gcd", "lcm")
        for other in (OTHERS, INTS.astype(np.int32))
    ],
    ("bitwise_and", (INTS, 6), {}),
    ("bitwise_and", (6, INTS), {}),
    ("bitwise_xor", (X > 0, X > 1), {}),
    ("bitwise_or", (X > 0, INTS), {}),
    ("bitwise_not", (INTS,), {}),
    ("bitwise_not", (X > 0,), {}),
    ("bitwise_left_shift", (INTS, OTHERS), {}),
    ("bitwise_right_shift", (INTS, OTHERS), {}),
    ("bitwise_right_shift", (INTS, 2), {}),
    ("frexp", (np.array([0.0, 1.0, -6.0, 1e-310, 1e300]),), {}),
    ("rsub", (X, 2.0), {}),
    ("rsub", (X, X[0]), {"alpha": 3}),
    ("gradient", (X,), {}),
    ("gradient", (X,), {"spacing": 0.5}),
    ("gradient", (X,), {"spacing": 0.5, "dim": 1, "edge_order": 2}),
    ("gradient", (X,), {"spacing": [0.5, 2.0]}),
    ("gradient", (X,), {"spacing": [GRID], "dim": 1}),
    ("gradient", (X,), {"spacing": [GRID], "dim": 1, "edge_order": 2}),
    ("gradient", (X,), {"spacing": [GRID[:3], GRID], "edge_order": 2}),
    ("gradient", (X[:, :2],), {"dim": -1}),
    ("split_with_sizes", (X, [1, 3], 1), {}),
    ("unravel_index", (np.array([[5, 3], [0, 11]]), (3, 4)), {}),
    ("unravel_index", (np.array([5, -1]), (2, 3, 2)), {}),
    ("as_strided_scatter", (X, np.ones((2, 2)), (2, 2), (4, 2), 1), {}),
    ("constant_pad_nd", (X, (1, 2), 3.0), {}),
    ("norm_except_dim", (X,), {}),
    ("norm_except_dim", (X, 1, 1), {}),
    ("norm_except_dim", (X, 2, -1), {}),
    ("frobenius_norm", (X, 1), {}),
    ("frobenius_norm", (X, [0, 1], True), {}),
    ("nuclear_norm", (X,), {}),
    ("nuclear_norm", (X, (0, 1), True), {}),
    ("nonzero_static", (X > 0,), {"size": 4}),
    ("nonzero_static", (X > 0,), {"size": 20, "fill_value": 7}),
    ("mvlgamma", (np.abs(X) + 2, 3), {}),
    ("repeat_interleave", (X, 2, 1), {"output_size": 8}),
    ("scalar_tensor", (2.5,), {}),
    ("scalar_tensor", (2,), {"dtype": "int64"}),
    ("range", (1, 4), {}),
    ("range", (0.5, 3.0, 0.25), {"dtype": "float64"}),
    ("range", (3, -3, -2), {"dtype": "int64"}),
    *[
        (f"{name}_window", (n, periodic), {"dtype": "float64"})
        for name in ("bartlett", "blackman", "hamming", "hann", "kaiser")
        for n in (0, 1, 2, 7, 8)
        for periodic in (True, False)
    ],
    ("hamming_window", (6, True, 0.5, 0.4), {}),
    ("kaiser_window", (6, True, 4.0), {}),
    ("i0", (X,), {}),
    ("igamma", (np.abs(X) + 0.1, np.abs(X[0]) + 0.2), {}),
    *[
        ("segment_reduce", (X, r), {"lengths": np.array([2, 0, 1]), "initial": initial})
        for r in ("sum", "mean", "prod", "max", "min")
        for initial in (None, 2.0)
    ],
    ("igammac", (np.abs(X) + 0.1, np.abs(X[0]) + 0.2), {}),
]


@pytest.mark.parametrize(
    ("name", "args", "kwargs"), CALLS, ids=[f"{i}-{call[0]}" for i, call in enumerate(CALLS)]
)
def test_values(name, args, kwargs):
    ours = getattr(fastnn, name)(*given(fastnn, args), **given(fastnn, kwargs))
    theirs = getattr(torch, name)(*given(torch, args), **given(torch, kwargs))
    for a, b in zip(arrays(ours), arrays(theirs), strict=True):
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        digits = 1e-6 if a.dtype == np.float32 else 1e-9
        np.testing.assert_allclose(a, b, rtol=digits, atol=digits / 1e3)


BINS = [
    {"bins": [2, 3]},
    {"bins": [2, 3], "range": [-1.0, 1.0, 0.0, 2.0]},
    {"bins": [np.array([-1.0, 0.0, 2.0]), np.array([-2.0, 0.5, 1.0])]},
    {"bins": [2, 3], "weight": np.abs(RNG.normal(size=50)), "density": True},
]


@pytest.mark.parametrize("kwargs", BINS, ids=repr)
def test_histograms_of_points(kwargs):
    points = RNG.normal(size=(50, 2))
    points[0] = [2.0, 1.0]  # on the last edges
    ours = fastnn.histogramdd(fastnn.tensor(points), **given(fastnn, kwargs))
    theirs = torch.histogramdd(torch.tensor(points), **given(torch, kwargs))
    for a, b in zip(arrays(ours), arrays(theirs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


IN_PLACE = [
    ("bitwise_and_", INTS, (6,)),
    ("bitwise_or_", INTS, (OTHERS,)),
    ("bitwise_xor_", INTS, (6,)),
    ("bitwise_not_", INTS, ()),
    ("bitwise_left_shift_", INTS, (1,)),
    ("bitwise_right_shift_", INTS, (1,)),
    ("gcd_", INTS, (OTHERS,)),
    ("lcm_", INTS, (OTHERS,)),
    ("i0_", X, ()),
    ("igamma_", np.abs(X), (np.abs(X) + 1,)),
    ("igammac_", np.abs(X), (np.abs(X) + 1,)),
    ("mvlgamma_", np.abs(X) + 2, (2,)),
    ("polygamma_", np.abs(X) + 1, (1,)),
    ("greater_", X, (0.0,)),
    ("greater_equal_", X, (0.0,)),
    ("less_", X, (0.0,)),
    ("less_equal_", X, (0.0,)),
    ("not_equal_", X, (0.0,)),
    ("cumsum_", X, (0,)),
    ("cumprod_", X, (1,)),
    ("renorm_", X, (2, 0, 0.5)),
    ("addmm_", X, (X[:, :3], X)),
    ("addmv_", X[:, 0], (X[:, :3], X[:, 1])),
    ("addr_", X, (X[:, 0], X[0])),
    ("addbmm_", X, (X[None, :, :3], X[None])),
    ("baddbmm_", X[None], (X[None, :, :3], X[None])),
    ("squeeze_", X[:, None], (1,)),
    ("squeeze_", X[None], ()),
    ("unsqueeze_", X, (1,)),
    ("t_", X, ()),
    ("transpose_", X, (0, 1)),
    ("swapaxes_", X, (0, 1)),
    ("swapdims_", X, (0, 1)),
    ("as_strided_", X, ((2, 2), (1, 2), 1)),
]


@pytest.mark.parametrize(("name", "x", "args"), IN_PLACE, ids=[c[0] for c in IN_PLACE])
def test_in_place(name, x, args):
    x = np.ascontiguousarray(x)
    ours, theirs = fastnn.tensor(x), torch.tensor(x)
    assert getattr(ours, name)(*given(fastnn, args)) is ours
    getattr(theirs, name)(*given(torch, args))
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=1e-8)


A = RNG.normal(size=(2, 4, 4))
TALL, WIDE = RNG.normal(size=(2, 4, 3)), RNG.normal(size=(2, 3, 4))
LOW = TALL @ WIDE


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [
        *[("lu", (m,), {}) for m in (A, TALL, WIDE)],
        *[("lu_factor", (m,), {}) for m in (A, TALL, WIDE)],
        ("lu_factor_ex", (np.zeros((2, 2)),), {}),
        ("inv_ex", (A,), {}),
        ("solve_ex", (A, TALL), {}),
        ("cholesky_ex", (A @ A.transpose(0, 2, 1),), {}),
        ("matrix_rank", (LOW,), {}),
        ("matrix_rank", (LOW,), {"rtol": 0.5}),
        ("matrix_rank", (LOW,), {"atol": 1.0}),
        ("matrix_rank", (LOW @ LOW.transpose(0, 2, 1),), {"hermitian": True}),
        ("tensorinv", (RNG.normal(size=(2, 3, 6)),), {}),
        ("tensorsolve", (RNG.normal(size=(2, 3, 6)), X[:2, :3]), {}),
        ("tensorsolve", (RNG.normal(size=(2, 6, 3)), X[:2, :3]), {"dims": (1,)}),
        ("vecdot", (X, X[0]), {}),
        ("vecdot", (X, X), {"dim": 0}),
        ("householder_product", (TALL, RNG.normal(size=(2, 3))), {}),
        ("householder_product", (TALL, RNG.normal(size=(2, 2))), {}),
    ],
)
def test_linalg(name, args, kwargs):
    def run(library):
        leaves = [library.tensor(a, requires_grad=True) for a in args]
        result = getattr(library.linalg, name)(*leaves, **kwargs)
        found = [result] if hasattr(result, "requires_grad") else list(result)
        outs = [y for y in found if y.requires_grad]
        singular = "ex" in name and any("int" in str(y.dtype) and y.any() for y in found)
        if outs and not singular:
            weights = [np.cos(np.arange(y.numel())).reshape(tuple(y.shape)) for y in outs]
            sum((y * library.tensor(w)).sum() for y, w in zip(outs, weights)).backward()
        return [*found, *[v.grad for v in leaves if v.grad is not None]]

    for a, b in zip(run(fastnn), run(torch), strict=True):
        a, b = a.detach().numpy(), b.detach().numpy()
        assert a.dtype == b.dtype
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize("other", [True, False])
def test_products_with_factors(left, other):
    c = TALL if left else WIDE

    def run(library):
        a, b = library.tensor(A), library.tensor(c)
        h, tau = library.geqrf(library.tensor(TALL))
        factors = library.linalg.lu_factor(a)
        return [
            library.ormqr(h, tau, b, left, other),
            library.linalg.lu_solve(*factors, b, left=left, adjoint=other),
            library.lu_solve(library.tensor(TALL), *factors),
            library.triangular_solve(library.tensor(TALL), a, left, other)[0],
            library.triangular_solve(library.tensor(TALL), a, unitriangular=True)[0],
            *library.lu_unpack(*factors),
            library.orgqr(h, tau),
            h,
            tau,
        ]

    for a, b in zip(run(fastnn), run(torch), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-8, atol=1e-9)


def test_other_names_of_convolutions():
    x, w, b = RNG.normal(size=(5, 2, 3)), RNG.normal(size=(2, 3, 4)), RNG.normal(size=4)
    ours = F.conv_tbc(*given(fastnn, (x, w, b)), 1).numpy()
    theirs = torch.conv_tbc(*given(torch, (x, w, b)), 1).numpy()
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_memory_of_constructors():
    for size, order in (((2, 3, 4), (2, 0, 1)), ((2, 3), (0, 1))):
        ours, theirs = fastnn.empty_permuted(size, order), torch.empty_permuted(size, order)
        assert (tuple(ours.shape), ours.stride()) == (tuple(theirs.shape), theirs.stride())
    ours = fastnn.ones(1, dtype=fastnn.float64).new_empty_strided((2, 3), (1, 2))
    assert (ours.stride(), ours.dtype) == ((1, 2), np.float64)
    assert torch.empty_strided((2, 3), (1, 2)).stride() == ours.stride()
