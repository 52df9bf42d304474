"""Every change in place, through every kind of view: values and gradients are those of NumPy."""

import numpy as np
import pytest
from scipy import special

import fastnn
from fastnn.ops.methods import Methods
from tests.harness import numbers

X = 0.6 + 0.25 * np.tanh(numbers(3, 4, seed=8))  # 0.35 … 0.85: away from kinks
C = numbers(3, 4, seed=9)
W = 1.25


def number(i):
    return fastnn.tensor(i)


def first(change):
    """The change of the first slice of a copy; of a number, of all."""

    def changed(v, w):
        y = v.copy()
        part = y[:1] if y.ndim else y
        part[...] = change(part, w)
        return y

    return changed


def once(v):
    """The places of the first slice."""
    return fastnn.tensor(np.zeros(np.zeros(v.shape)[:1].shape if v.ndim else (), np.int64))


def places(v):
    """The first place along the first dimension, if there is one."""
    return fastnn.tensor(np.arange(v.shape[0] if v.ndim else 1)[:1])


def filled(shape, w):
    return fastnn.tensor(np.ones(shape)) * w


VIEWS = {
    "all": (lambda y: y[...], None),
    "row": (lambda y: y[1], None),
    "element": (lambda y: y[1, 2], lambda y: y[1, 2, ...]),
    "columns": (lambda y: y[:, 1:3], None),
    "steps": (lambda y: y[::2, ::-1], None),
    "number in a tensor": (lambda y: y[number(2)], lambda y: y[2]),
    "number in an array": (lambda y: y[np.array(2)], lambda y: y[2]),
    "bounds in tensors": (lambda y: y[number(1) : number(3)], lambda y: y[1:3]),
    "new axis": (lambda y: y[None, :, 2], None),
    "select": (lambda y: y.select(1, -1), lambda y: y[:, -1]),
    "narrow": (lambda y: y.narrow(0, 1, 2), lambda y: y[1:]),
    "view": (lambda y: y.view(-1)[3:9], lambda y: y.reshape(-1)[3:9]),
    "reshape": (lambda y: y.reshape(2, 6), None),
    "flatten": (lambda y: y.flatten(), lambda y: y.reshape(-1)),
    "unflatten": (lambda y: y.unflatten(1, (2, 2)), lambda y: y.reshape(3, 2, 2)),
    "squeeze": (lambda y: y[:, :1].squeeze(1), lambda y: y[:, 0]),
    "unsqueeze": (lambda y: y.unsqueeze(0), lambda y: y[None]),
    "t": (lambda y: y.t()[0], lambda y: y.T[0]),
    "T": (lambda y: y.T[1:][0], None),
    "transpose": (lambda y: y.transpose(0, 1), lambda y: y.T),
    "permute": (lambda y: y.permute(1, 0)[::2], lambda y: y.T[::2]),
    "movedim": (lambda y: y.movedim(0, 1)[3], lambda y: y.T[3]),
    "adjoint": (lambda y: y.mT, lambda y: y.T),
    "diagonal": (
        lambda y: y.diagonal(1),
        lambda y: np.lib.stride_tricks.as_strided(y[0, 1:], (3,), (y.strides[0] + y.strides[1],)),
    ),
    "split": (lambda y: y.split([1, 3], 1)[1], lambda y: y[:, 1:]),
    "chunk": (lambda y: y.chunk(2)[0], lambda y: y[:2]),
    "unbind": (lambda y: y.unbind(1)[2], lambda y: y[:, 2]),
    "row of a loop": (lambda y: list(y)[2], lambda y: y[2]),
    "nothing": (lambda y: y[1:1], None),
}


def setitem(v, w):
    v[...] = w


def iadd(v, w):
    v += w


COMPARED = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
    **{f"logical_{name}": f"logical_{name}" for name in ("and", "or", "xor")},
}
# Change of a view `v`, where `w` is a number; and what NumPy makes of it.
CHANGES = {
    "abs_": (lambda v, w: v.abs_(), lambda v, w: np.abs(v)),
    "add_": (lambda v, w: v.add_(w, alpha=2), lambda v, w: v + 2 * w),
    "addcdiv_": (lambda v, w: v.addcdiv_(w, w + 1, value=2), lambda v, w: v + 2 * w / (w + 1)),
    "addcmul_": (lambda v, w: v.addcmul_(w, w), lambda v, w: v + w * w),
    "ceil_": (lambda v, w: v.ceil_(), lambda v, w: np.ceil(v)),
    "clamp_": (lambda v, w: v.clamp_(0.0, 0.7), lambda v, w: v.clip(0.0, 0.7)),
    "copy_": (lambda v, w: v.copy_(w * v.exp()), lambda v, w: w * np.exp(v)),
    "cos_": (lambda v, w: v.cos_(), lambda v, w: np.cos(v)),
    "div_": (lambda v, w: v.div_(w), lambda v, w: v / w),
    "exp_": (lambda v, w: v.exp_(), lambda v, w: np.exp(v)),
    "expm1_": (lambda v, w: v.expm1_(), lambda v, w: np.expm1(v)),
    "fill_": (lambda v, w: v.fill_(w), lambda v, w: np.full(v.shape, w)),
    "floor_": (lambda v, w: v.floor_(), lambda v, w: np.floor(v)),
    "floor_divide_": (lambda v, w: v.floor_divide_(0.11), lambda v, w: v // 0.11),
    "fmod_": (lambda v, w: v.fmod_(0.11), lambda v, w: np.fmod(v, 0.11)),
    "frac_": (lambda v, w: (v.add_(w), v.frac_()), lambda v, w: np.modf(v + w)[0]),
    "lerp_": (lambda v, w: v.lerp_(w, 0.3), lambda v, w: v + 0.3 * (w - v)),
    "index_add_": (
        lambda v, w: v.index_add_(0, places(v), filled(once(v).shape, w)),
        first(lambda v, w: v + w),
    ),
    "index_copy_": (
        lambda v, w: v.index_copy_(0, places(v), filled(once(v).shape, w)),
        first(lambda v, w: w),
    ),
    "index_fill_": (lambda v, w: v.index_fill_(0, places(v), w), first(lambda v, w: w)),
    "index_put_": (lambda v, w: v.index_put_((places(v),), filled((), w)), first(lambda v, w: w)),
    "index_reduce_": (
        lambda v, w: v.index_reduce_(0, places(v), filled(once(v).shape, w), "prod"),
        first(lambda v, w: v * w),
    ),
    "cumprod_": (lambda v, w: v.cumprod_(0), lambda v, w: np.cumprod(v, 0)),
    "cumsum_": (lambda v, w: v.cumsum_(0), lambda v, w: np.cumsum(v, 0)),
    "log_": (lambda v, w: v.log_(), lambda v, w: np.log(v)),
    "log10_": (lambda v, w: v.log10_(), lambda v, w: np.log10(v)),
    "log1p_": (lambda v, w: v.log1p_(), lambda v, w: np.log1p(v)),
    "log2_": (lambda v, w: v.log2_(), lambda v, w: np.log2(v)),
    "masked_fill_": (
        lambda v, w: v.masked_fill_(v > 0.6, w),
        lambda v, w: np.where(v > 0.6, w, v),
    ),
    "masked_scatter_": (
        lambda v, w: v.masked_scatter_(v > 0.6, filled(v.shape, w)),
        lambda v, w: np.where(v > 0.6, w, v),
    ),
    "mul_": (lambda v, w: v.mul_(w), lambda v, w: v * w),
    "mul_ by itself": (lambda v, w: v.mul_(v), lambda v, w: v * v),
    "neg_": (lambda v, w: v.neg_(), lambda v, w: -v),
    "pow_": (lambda v, w: v.pow_(3), lambda v, w: v**3),
    "put_": (
        lambda v, w: v.put_(places(v.reshape(-1)), filled(places(v.reshape(-1)).shape, w)),
        lambda v, w: np.where(np.arange(v.size).reshape(v.shape) == 0, w, v),
    ),
    "reciprocal_": (lambda v, w: v.reciprocal_(), lambda v, w: 1 / v),
    "remainder_": (lambda v, w: v.remainder_(0.11), lambda v, w: np.remainder(v, 0.11)),
    "round_": (lambda v, w: v.round_(), lambda v, w: np.round(v)),
    "rsqrt_": (lambda v, w: v.rsqrt_(), lambda v, w: 1 / np.sqrt(v)),
    "scatter_": (lambda v, w: v.scatter_(0, once(v), w), first(lambda v, w: w)),
    "scatter_add_": (
        lambda v, w: v.scatter_add_(0, once(v), filled(once(v).shape, w)),
        first(lambda v, w: v + w),
    ),
    "scatter_reduce_": (
        lambda v, w: v.scatter_reduce_(0, once(v), filled(once(v).shape, w), "prod"),
        first(lambda v, w: v * w),
    ),
    "sign_": (lambda v, w: v.sign_(), lambda v, w: np.sign(v)),
    "sin_": (lambda v, w: v.sin_(), lambda v, w: np.sin(v)),
    "sqrt_": (lambda v, w: v.sqrt_(), lambda v, w: np.sqrt(v)),
    "square_": (lambda v, w: v.square_(), lambda v, w: v * v),
    "sub_": (lambda v, w: v.sub_(w), lambda v, w: v - w),
    "tan_": (lambda v, w: v.tan_(), lambda v, w: np.tan(v)),
    "tril_": (lambda v, w: v.tril_(), lambda v, w: np.tril(v)),
    "triu_": (lambda v, w: v.triu_(1), lambda v, w: np.triu(v, 1)),
    "trunc_": (lambda v, w: v.trunc_(), lambda v, w: np.trunc(v)),
    "zero_": (lambda v, w: v.zero_(), lambda v, w: np.zeros(v.shape)),
    "+=": (iadd, lambda v, w: v + w),
    "[...] =": (setitem, lambda v, w: np.full(v.shape, w)),
}


def fitted(name, function, scale=1.0, shift=0.0):
    """A function in place, of numbers moved into its domain, and NumPy's."""
    return (
        lambda v, w: getattr(v.mul_(scale).add_(shift), name)(),
        lambda v, w: function(v * scale + shift),
    )


def with_number(name, function):
    return (lambda v, w: getattr(v, name)(w), lambda v, w: function(v, w))


CHANGES |= {
    f"{name}_": fitted(f"{name}_", function, *moved)
    for name, function, *moved in [
        *[("absolute", np.abs), ("fix", np.trunc), ("negative", np.negative), ("sgn", np.sign)],
        *[(name, np.arccos, 0.5) for name in ("acos", "arccos")],
        *[(name, np.arccosh, 1.0, 2.0) for name in ("acosh", "arccosh")],
        *[(name, np.arcsin, 0.5) for name in ("asin", "arcsin")],
        *[(name, np.arcsinh) for name in ("asinh", "arcsinh")],
        *[(name, np.arctan) for name in ("atan", "arctan")],
        *[(name, np.arctanh, 0.5) for name in ("atanh", "arctanh")],
        *[("cosh", np.cosh), ("sinh", np.sinh), ("tanh", np.tanh), ("exp2", np.exp2)],
        *[("deg2rad", np.deg2rad), ("rad2deg", np.rad2deg, 0.02), ("sinc", np.sinc, 1.0, 0.1)],
        *[("erf", special.erf), ("erfc", special.erfc), ("erfinv", special.erfinv, 0.5)],
        *[("lgamma", special.gammaln, 1.0, 1.0), ("digamma", special.digamma, 1.0, 2.0)],
        *[("sigmoid", special.expit), ("logit", special.logit, 0.3, 0.3)],
        *[("relu", lambda v: v.clip(0)), ("nan_to_num", np.nan_to_num)],
        *[("logical_not", lambda v: np.zeros(v.shape)), ("i0", special.i0)],
    ]
}
CHANGES |= {
    f"{name}_": with_number(f"{name}_", function)
    for name, function in [
        *[("atan2", np.arctan2), ("arctan2", np.arctan2), ("copysign", np.copysign)],
        *[("divide", np.divide), ("true_divide", np.divide), ("multiply", np.multiply)],
        *[("subtract", np.subtract), ("hypot", np.hypot), ("float_power", np.float_power)],
        *[("xlogy", special.xlogy), ("ldexp", lambda v, w: v * 2.0**w)],
        *[("heaviside", np.heaviside), ("clamp_max", np.minimum), ("clamp_min", np.maximum)],
        *[("igamma", special.gammainc), ("igammac", special.gammaincc)],
        *[(name, getattr(np, longer)) for name, longer in COMPARED.items()],
        *[(longer, getattr(np, longer)) for longer in COMPARED.values() if longer != "equal"],
    ]
}
CHANGES["clip_"] = CHANGES["clamp_"]
RANDOM = {
    *("bernoulli_", "cauchy_", "exponential_", "geometric_", "log_normal_", "normal_", "random_"),
    "uniform_",
}
SHAPES = {
    *("as_strided_", "squeeze_", "swapaxes_", "swapdims_", "t_", "transpose_", "unsqueeze_"),
}
ELSEWHERE = {  # of matrices or integers alone, or with other arguments; no gradient
    *("fill_diagonal_", "nextafter_"),
    *("addbmm_", "addmm_", "addmv_", "addr_", "baddbmm_", "renorm_", "mvlgamma_", "polygamma_"),
    *("bitwise_and_", "bitwise_or_", "bitwise_xor_", "bitwise_not_", "gcd_", "lcm_"),
    *("bitwise_left_shift_", "bitwise_right_shift_"),
}
DIMENSIONS = {"tril_": 2, "triu_": 2, "index_put_": 1}  # at least


def test_every_method_that_changes_in_place_is_here():
    methods = {
        n for base in Methods.__mro__ for n in vars(base) if n.endswith("_") and n[-2] != "_"
    }
    methods -= {"resize_", "resize_as_", "detach_", *SHAPES}  # of elements nothing
    assert methods == (set(CHANGES) | RANDOM | ELSEWHERE) - {"mul_ by itself", "+=", "[...] ="}


def loss(y, view, other, after):
    """A number that depends on every element of all of them."""
    total = (y * y * C).sum() + (view * 0.7).sum() + (other * other).sum()
    return total + (after * y[0, 0] * 0.3).sum()


def with_numpy(x, w, view, change):
    y = np.tanh(x) * 1.2
    other, v = y[:, 1:], view(y)
    v[...] = change(v, w)
    after = y[1] * 2
    y[2] *= w
    return loss(y, v, other, after)


def with_tensors(x, w, view, change):
    y = fastnn.tanh(x) * 1.2
    other, v = y[:, 1:], view(y)
    change(v, w)
    after = y[1] * 2
    y[2].mul_(w)
    return loss(y, v, other, after)


def slopes(f, x, eps=1e-6):
    """Central differences of a number by every element."""
    found = np.zeros(x.shape)
    for i in np.ndindex(*x.shape):
        step = np.zeros(x.shape)
        step[i] = eps
        found[i] = (f(x + step) - f(x - step)) / (2 * eps)
    return found


@pytest.mark.parametrize("name", CHANGES)
def test_change(name):
    change, reference = CHANGES[name]
    for where, (view, same) in VIEWS.items():
        if view(fastnn.ones(3, 4)).ndim < DIMENSIONS.get(name, 0):
            continue
        same = same or view
        x = fastnn.tensor(X, requires_grad=True)
        w = fastnn.tensor(np.array(W), requires_grad=True)
        y = with_tensors(x, w, view, change)
        want = with_numpy(X, W, same, reference)
        assert y.item() == pytest.approx(want, rel=1e-12), where
        y.backward()
        dx = slopes(lambda a, same=same: with_numpy(a, W, same, reference), X)
        dw = slopes(lambda a, same=same: with_numpy(X, a, same, reference), np.array(W))
        np.testing.assert_allclose(x.grad.numpy(), dx, rtol=1e-6, atol=1e-7, err_msg=where)
        np.testing.assert_allclose(w.grad.numpy(), dw, rtol=1e-6, atol=1e-7, err_msg=where)


@pytest.mark.parametrize("name", CHANGES)
def test_change_outside_of_a_graph(name):
    change, reference = CHANGES[name]
    for where, (view, same) in VIEWS.items():
        x = X.copy()
        if view(fastnn.ones(3, 4)).ndim < DIMENSIONS.get(name, 0):
            continue
        v = (same or view)(x)
        v[...] = reference(v, W)
        for prepare in (fastnn.Tensor, lambda a: fastnn.Tensor(a, requires_grad=True)):
            y = prepare(X.copy())
            with fastnn.no_grad():
                change(view(y), W)
            np.testing.assert_allclose(y.detach().numpy(), x, rtol=1e-14, err_msg=where)


@pytest.mark.parametrize("name", CHANGES)
def test_a_leaf_and_its_views_are_not_changed_where_gradients_are_recorded(name):
    change = CHANGES[name][0]
    for view in (lambda y: y, lambda y: y[1:], lambda y: y.T, lambda y: y.split(1)[0]):
        x = fastnn.tensor(X, requires_grad=True)
        with pytest.raises(RuntimeError, match="a leaf that requires a gradient cannot be changed"):
            change(view(x), W)
        np.testing.assert_array_equal(x.detach().numpy(), X)


def grads(*tensors):
    return [None if t.grad is None else t.grad.tolist() for t in tensors]


def leaf(*values):
    return fastnn.tensor(values, requires_grad=True)


@pytest.mark.parametrize("how", ["copy_", "add_", "__setitem__"])
def test_rows_of_a_constant_that_are_filled_one_by_one(how):
    w, out = leaf(1.0, 2.0), fastnn.zeros(3, 2)
    before = out[0]
    for i in range(3):
        if how == "__setitem__":
            out[i] = w * (i + 1)
        else:
            getattr(out[i], how)(w * (i + 1))
    assert out.requires_grad
    assert before.requires_grad
    assert not out.is_leaf
    assert out.tolist() == [[1, 2], [2, 4], [3, 6]]
    (out * out).sum().backward()
    assert grads(w) == [[28, 56]]


def test_a_loop_over_rows_changes_them():
    x = leaf(1.0, 2.0, 3.0, 4.0)
    y = x.reshape(2, 2) * 1
    for row in y:
        row.mul_(row.sum().detach())
    assert y.tolist() == [[3, 6], [21, 28]]
    y.sum().backward()
    assert grads(x) == [[3, 3, 7, 7]]


def test_views_of_a_base_that_changes():
    """Each value is what it was when it was used."""
    x = leaf(1.0, 2.0, 3.0)
    y = x * 2
    v = y[1:]
    early = v * 5
    y.add_(x)
    late = v * 7
    v.mul_(10)
    last = y * 11
    (early.sum() + late.sum() + last.sum()).backward()
    assert v.tolist() == [60, 90]
    assert grads(x) == [[33, 10 + 21 + 330, 10 + 21 + 330]]


def test_the_memory_itself_changes():
    """Arrays and detached tensors over it see the new values, also those of recorded changes."""
    a, w = np.zeros(3), leaf(5.0)
    t = fastnn.Tensor(a)
    d = t.detach()
    t[1:].add_(w)
    assert a.tolist() == d.tolist() == [0, 5, 5]
    assert not d.requires_grad
    y = w * 2
    d, n = y.detach(), y.detach().numpy()
    y.mul_(3)
    assert d.tolist() == n.tolist() == [30]


def test_a_detached_view_has_no_history():
    x = leaf(1.0, 2.0)
    y = x * 1
    y.detach()[0].zero_()
    assert y.tolist() == [0, 2]
    y.sum().backward()
    assert grads(x) == [[1, 1]]


@pytest.mark.parametrize("use", [lambda y: y * y, fastnn.exp, lambda y: y[:1] * y[1:]])
@pytest.mark.parametrize("change", [lambda y: y.add_(1), lambda y: y[0].zero_()])
def test_what_was_saved_before_the_change_is_refused(use, change):
    y = leaf(1.0, 2.0) * 2
    z = use(y)
    change(y if use is not fastnn.exp else z)
    with pytest.raises(RuntimeError, match="was changed in place since the forward pass"):
        z.sum().backward()


def test_an_operation_in_place_keeps_what_it_needs():
    x = leaf(1.0, 2.0)
    y = x * 1
    y[0].mul_(y[1])
    y.exp_()
    y.sum().backward()
    e = np.exp([2.0, 2.0])
    np.testing.assert_allclose(x.grad.numpy(), [2 * e[0], e[0] + e[1]], rtol=1e-6)


@pytest.mark.parametrize("name", sorted(RANDOM))
def test_random_numbers_have_no_history(name):
    x = leaf(1.0, 2.0, 3.0)
    y = x * 2
    args = (0.5,) if name == "geometric_" else ()
    getattr(y[1:], name)(*args)
    y.sum().backward()
    assert grads(x) == [[2, 0, 0]]
    x.grad = None
    y = x * 2
    getattr(y, name)(*args)
    assert y.requires_grad
    y.sum().backward()
    assert grads(x) == [[0, 0, 0]]
    with pytest.raises(RuntimeError, match=f"{name}: a view of a leaf that requires a gradient"):
        getattr(x[1:], name)(*args)


def test_a_view_from_under_no_grad():
    y = leaf(1.0, 2.0) * 2
    with fastnn.no_grad():
        v = y[0]
    with pytest.raises(RuntimeError, match="a view that was made under no_grad"):
        v.zero_()
    y.mul_(2)
    assert v.item() == 4
    with pytest.raises(RuntimeError, match=r"a view of shape .* was made under no_grad"):
        (v * 2).backward()
    with fastnn.no_grad():
        v.zero_()
    assert y.tolist() == [0, 8]


def test_changes_under_no_grad_leave_the_graph():
    x = leaf(1.0, 2.0)
    y = x * 2
    with fastnn.no_grad():
        y[0].add_(100)
    v = y[0]
    assert v.tolist() == 102
    (v + y.sum()).backward()
    assert grads(x) == [[4, 2]]


def test_elements_that_share_their_place():
    for y in (leaf(1.0, 2.0) * 2, fastnn.ones(2)):
        v = y.expand(3, 2)
        for change in (lambda v: v.add_(1), lambda v: v.zero_(), lambda v: setitem(v, 1.0)):
            with pytest.raises((RuntimeError, ValueError), match=r"clone\(\)|read-only"):
                change(v)
        before = v.tolist()
        y.mul_(2)
        assert v.tolist() == [[2 * n for n in row] for row in before]


def test_the_gradient_of_an_expanded_view_whose_base_has_changed():
    x = leaf(1.0, 2.0)
    y = x * 1
    v = y.expand(3, 2)
    y.mul_(5)
    (v * fastnn.tensor([[1.0], [10.0], [100.0]])).sum().backward()
    assert grads(x) == [[555, 555]]


def test_bases_in_any_memory_order():
    for lay in (
        lambda t: t.permute(2, 0, 1),
        lambda t: t.detach().permute(1, 2, 0).contiguous().permute(2, 0, 1).add(0),
        lambda t: fastnn.Tensor(np.zeros((4, 9, 7))[::2, 1:7:2, 6:0:-2]).copy_(t.detach()[..., :3]),
    ):
        y = lay(fastnn.tensor(numbers(2, 3, 4))).detach()
        w = fastnn.tensor(2.0, dtype=y.dtype, requires_grad=True)
        y.mul_(w)
        y[1].mul_(w)
        y.transpose(0, 2)[0, :, 0].mul_(w)
        old = y.detach() / fastnn.tensor(power(y.shape))
        y.sum().backward()
        p = np.log2(power(y.shape))
        np.testing.assert_allclose(w.grad.item(), (old.numpy() * p * 2 ** (p - 1)).sum())


def power(shape):
    p = np.full(shape, 2.0)
    p[1] *= 2
    p[0, :, 0] *= 2
    return p


def test_reshaping_that_copies_is_no_view():
    y = leaf(1.0, 2.0, 3.0, 4.0).reshape(2, 2) * 1
    copy = y.t().reshape(4)
    copy.zero_()
    assert y.tolist() == [[1, 2], [3, 4]]
    assert copy.tolist() == [0, 0, 0, 0]


def test_a_retained_gradient_is_that_of_the_new_value():
    x = leaf(1.0, 2.0)
    y = x * 2
    v = y[0]
    y.retain_grad()
    v.retain_grad()
    y.mul_(3)
    (y * 5).sum().backward(retain_graph=True)
    assert grads(x, y) == [[30, 30], [5, 5]]
    v.backward()
    assert v.retains_grad
    assert grads(v) == [1]


def test_numbers_of_other_types():
    x = leaf(1.0, 2.0)
    y = x * 1
    wide = fastnn.tensor(np.array([0.5, 0.25]), requires_grad=True)
    y.copy_(wide * 2)
    y.sum().backward()
    assert wide.grad.dtype == np.float64
    assert grads(x, wide) == [[0, 0], [2, 2]]
    i = fastnn.tensor([1, 2])
    i.copy_(x)
    assert not i.requires_grad
    with pytest.raises((RuntimeError, TypeError), match="mul"):
        i.mul_(x)
    assert i.tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="add_: a result of shape"):
        y.add_(fastnn.ones(3, 2))


def test_a_bad_value_changes_nothing():
    x = leaf(1.0, 2.0)
    y = x * 1
    v = y[:1]
    for bad in (lambda: v.copy_(fastnn.ones(3)), lambda: y.fill_(x), lambda: setitem(v, [1, 2, 3])):
        with pytest.raises(ValueError, match=r"broadcast|must be a number"):
            bad()
    with pytest.raises(IndexError):
        y[5] = 1.0
    y.sum().backward()
    assert y.tolist() == [1, 2]
    assert grads(x) == [[1, 1]]


def test_data_of_a_base_that_is_replaced():
    """Its views stay with the old memory."""
    x = leaf(1.0, 2.0)
    y = x * 1
    v = y[:1]
    y.data = fastnn.zeros(2)
    v.mul_(7)
    assert y.tolist() == [0, 0]
    assert v.tolist() == [7]
    assert v.alias is None, "it keeps its base alive no more"
    (v * y.sum() + y.sum()).sum().backward()
    assert grads(x) == [[8, 8]]


def test_changes_of_many_rows_take_time_in_proportion(monkeypatch):
    """The gradient of the whole is changed in place, not copied for each row."""
    from fastnn.autograd import views

    copies = []
    original = views.opened

    def opened(gradient, region, reuse):
        whole, part = original(gradient, region, reuse)
        copies.append(whole is not gradient)
        return whole, part

    monkeypatch.setattr(views, "opened", opened)
    w = leaf(1.0, 2.0)
    out = fastnn.zeros(50, 2)
    for i in range(50):
        out[i].copy_(w)
    (out * 3).sum().backward()
    assert grads(w) == [[150, 150]]
    assert sum(copies) == 0


def test_views_that_are_gone_leave_nothing():
    x = fastnn.ones(3)
    for _ in range(100):
        x[0].view(1)
    assert len(x.alias) == 0
    v = x[0]
    assert len(x.alias) == 1
    del x
    assert v.alias.tolist() == [1, 1, 1]
