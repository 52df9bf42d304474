"""Options that change between steps, and states that other programs have written."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.autograd import RowGradient
from fastnn.optim import (
    ASGD,
    LAMB,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    Lion,
    NAdam,
    RAdam,
    RMSprop,
    Rprop,
    SparseAdam,
)
from tests.harness import numbers
from tests.reference import optim as reference

FUSED = [Adadelta, Adagrad, Adamax, ASGD, LAMB, Lion, NAdam, RAdam, Rprop]
KINDS = [SGD, Adam, AdamW, RMSprop, SparseAdam, *FUSED]
START = np.array([1.0, -2.0, 3.0])
GRADS = [np.array([0.5, -1.0, 2.0]) * (t + 1) for t in range(6)]


def leaf(values=START):
    return fastnn.Tensor(np.array(values), requires_grad=True)


def steps(optimizer, p, grads):
    """The values of `p` after each step."""
    path = []
    for g in grads:
        p.grad = fastnn.Tensor(g.copy())
        optimizer.step()
        path.append(p._array.copy())
    return path


# -- options that are read at each step ------------------------------------------------------


def change_in_place(box, value):
    (box.numpy() if isinstance(box, fastnn.Tensor) else box).fill(value)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("box", [lambda x: fastnn.tensor(x, dtype="float64"), np.array])
def test_a_learning_rate_may_change_in_place(kind, box):
    p, q = leaf(), leaf()
    lr = box(0.1)
    optimizer, other = kind([p], lr=lr), kind([q], lr=0.1)
    for value in (0.1, 0.05, 0.05, 0.2):
        change_in_place(lr, value)
        other.param_groups[0]["lr"] = value
        np.testing.assert_array_equal(steps(optimizer, p, GRADS[:1]), steps(other, q, GRADS[:1]))


@pytest.mark.parametrize("kind", [k for k in KINDS if k not in (ASGD, Rprop)])
def test_a_learning_rate_may_change_in_place_with_sparse_gradients(kind):
    """Those left out take their first steps from the first one."""
    table, lr = leaf(np.ones((4, 2))), fastnn.tensor(0.5)
    optimizer = kind([table], lr=lr)
    lr.fill_(0.0)
    table.grad = RowGradient(np.array([1]), np.ones((1, 2)), (4, 2))
    optimizer.step()
    assert table.tolist() == [[1, 1]] * 4
    lr.fill_(0.25)
    optimizer.step()
    assert table.tolist()[1] != [1, 1]


@pytest.mark.parametrize("kind", [Adam, AdamW, SparseAdam])
def test_betas_may_be_a_list_that_changes_in_place(kind):
    p, q = leaf(), leaf()
    betas = [0.5, fastnn.tensor(0.75)]
    optimizer, other = kind([p], lr=0.1, betas=betas), kind([q], lr=0.1, betas=(0.5, 0.75))
    for first, second in ((0.5, 0.75), (0.25, 0.75), (0.25, 0.5)):
        betas[0] = first
        betas[1].fill_(second)
        other.param_groups[0]["betas"] = (first, second)
        np.testing.assert_array_equal(steps(optimizer, p, GRADS[:1]), steps(other, q, GRADS[:1]))


@pytest.mark.parametrize("kind", [Adam, AdamW, SparseAdam])
@pytest.mark.parametrize("which", [0, 1])
def test_a_beta_of_a_tuple_may_change_in_place(kind, which):
    p, q = leaf(), leaf()
    values, box = [0.5, 0.5], fastnn.tensor(0.5)
    given = (box, 0.5) if which == 0 else (0.5, box)
    optimizer, other = kind([p], lr=0.1, betas=given), kind([q], lr=0.1, betas=(0.5, 0.5))
    for value in (0.5, 0.25, 0.75):
        box.fill_(value)
        values[which] = value
        other.param_groups[0]["betas"] = tuple(values)
        np.testing.assert_array_equal(steps(optimizer, p, GRADS[:1]), steps(other, q, GRADS[:1]))


@pytest.mark.parametrize(
    ("kind", "option"),
    [
        *((SGD, o) for o in ("momentum", "dampening", "weight_decay")),
        *((Adam, o) for o in ("eps", "weight_decay")),
        *((RMSprop, o) for o in ("alpha", "eps", "weight_decay", "momentum")),
        *((Adagrad, o) for o in ("lr_decay", "weight_decay", "eps")),
        *((Adadelta, o) for o in ("rho", "weight_decay", "eps")),
        *((NAdam, o) for o in ("momentum_decay", "weight_decay", "eps")),
        *((ASGD, o) for o in ("lambd", "alpha", "t0", "weight_decay")),
        *((kind, "weight_decay") for kind in (Adamax, RAdam, Lion, LAMB)),
    ],
)
def test_every_number_may_be_a_tensor(kind, option):
    """Each value in turn, as a tensor that changes and as plain numbers."""
    p, q = leaf(), leaf()
    box = fastnn.tensor(0.5)
    more = {"momentum": 0.5} if option == "dampening" else {}
    optimizer = kind([p], lr=0.1, **{**more, option: box})
    other = kind([q], lr=0.1, **{**more, option: 0.5})
    for value in (0.5, 0.25, 0.75):
        box.fill_(value)
        other.param_groups[0][option] = value
        np.testing.assert_array_equal(steps(optimizer, p, GRADS[:1]), steps(other, q, GRADS[:1]))


@pytest.mark.parametrize("kind", KINDS)
def test_an_option_is_checked_when_it_changes(kind):
    """Before anything is updated."""
    p, q = leaf(), leaf()
    optimizer = kind([{"params": [p]}, {"params": [q]}], lr=0.1)
    p.grad, q.grad = fastnn.Tensor(GRADS[0].copy()), fastnn.Tensor(GRADS[0].copy())
    for bad, error in ((-0.1, ValueError), ("0.1", TypeError), (None, TypeError)):
        optimizer.param_groups[1]["lr"] = bad
        with pytest.raises(error, match=f"{kind.__name__}: lr must"):
            optimizer.step()
    np.testing.assert_array_equal(p._array, START)
    np.testing.assert_array_equal(q._array, START)


# -- amsgrad ---------------------------------------------------------------------------------


def test_amsgrad_in_one_group_of_two():
    shrinking = GRADS[::-1]  # so that the largest second moment is not the last
    p, q = leaf(), leaf()
    options = {"lr": 0.1, "betas": (0.5, 0.6)}
    optimizer = Adam([{"params": [p], "amsgrad": True}, {"params": [q]}], **options)
    for t, g in enumerate(shrinking):
        p.grad, q.grad = fastnn.Tensor(g.copy()), fastnn.Tensor(g.copy())
        optimizer.step()
        for each, amsgrad in ((p, True), (q, False)):
            want = reference.adam(START, shrinking[: t + 1], amsgrad=amsgrad, **options)[-1]
            np.testing.assert_allclose(each._array, want, rtol=1e-14)
    assert np.abs(p._array - q._array).min() > 1e-3
    assert "max_exp_avg_sq" in optimizer.state[p]
    assert "max_exp_avg_sq" not in optimizer.state[q]


def test_amsgrad_may_be_switched_off_and_on():
    """Off, a step is Adam's; the largest moment is kept, and used again when it is on."""
    shrinking = GRADS[::-1]
    p, q = leaf(), leaf()
    both = Adam([{"params": [p], "amsgrad": True}, {"params": [q], "amsgrad": True}], lr=0.1)
    for t, g in enumerate(shrinking):
        both.param_groups[0]["amsgrad"] = not 2 <= t < 4
        before = p._array.copy()
        largest = both.state[p]["max_exp_avg_sq"]._array.copy() if t else 0
        p.grad, q.grad = fastnn.Tensor(g.copy()), fastnn.Tensor(g.copy())
        both.step()
        state = {key: value._array for key, value in both.state[p].items()}
        v = state["exp_avg_sq"]
        if both.param_groups[0]["amsgrad"]:
            v = np.maximum(largest, v)
            np.testing.assert_array_equal(state["max_exp_avg_sq"], v)
        else:
            np.testing.assert_array_equal(state["max_exp_avg_sq"], largest)
        n = t + 1
        m, root = state["exp_avg"] / (1 - 0.9**n), np.sqrt(v / (1 - 0.999**n))
        np.testing.assert_allclose(p._array, before - 0.1 * m / (root + 1e-8), rtol=1e-12)


# -- states from elsewhere -------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("by_hand", [False, True])
def test_an_entry_that_is_none_begins_anew(kind, by_hand):
    """As PyTorch writes a momentum buffer that SGD never had."""
    options = {"lr": 0.1, **({"momentum": 0.9} if kind in (SGD, RMSprop) else {})}
    options |= {"amsgrad": True} if kind in (Adam, AdamW) else {}
    p, q = leaf(), leaf()
    fresh = steps(kind([p], **options), p, GRADS[:2])
    optimizer = kind([q], **options)
    steps(optimizer, leaf(), [])
    empty = dict.fromkeys((*kind.numbers, *kind.buffers))
    if by_hand:
        optimizer.state[q].update(empty)
    else:
        optimizer.load_state_dict({**optimizer.state_dict(), "state": {0: empty}})
    np.testing.assert_array_equal(steps(optimizer, q, GRADS[:2]), fresh)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_the_state_of_another_optimizer(kind, other):
    """Its own entries begin anew; options that the other lacks are kept."""
    p, q, r = leaf(), leaf(), leaf()
    donor, optimizer = other([p], lr=0.1), kind([q], lr=0.5)
    steps(donor, p, GRADS[:1])
    mine = {**optimizer.param_groups[0]}
    optimizer.load_state_dict(donor.state_dict())
    group = optimizer.param_groups[0]
    assert {*mine} <= {*group}
    assert group["lr"] == 0.1
    steps(optimizer, q, GRADS[:2])
    assert np.isfinite(q._array).all()
    if not {*kind.buffers} & {*other.buffers} and not {*donor.state[p]} & {"step"}:
        options = {k: v for k, v in group.items() if k in mine and k != "params"}
        options.pop("decoupled_weight_decay", None) if kind is AdamW else None
        steps(kind([r], **options), r, GRADS[:2])
        np.testing.assert_array_equal(q._array, r._array)


def test_foreign_entries_are_kept():
    optimizer = SGD([leaf()], lr=0.1)
    state = {"note": "x", "count": 3, "matrix": np.ones((2, 2)), "ids": np.arange(4)}
    saved = {**optimizer.state_dict(), "state": {0: state}}
    optimizer.load_state_dict(saved)
    (loaded,) = optimizer.state.values()
    assert (loaded["note"], loaded["count"]) == ("x", 3)
    assert loaded["matrix"].shape == (2, 2)
    assert not np.shares_memory(loaded["matrix"]._array, state["matrix"])
    assert loaded["ids"].dtype == np.int64


@pytest.mark.parametrize(
    ("change", "error", "match"),
    [
        (lambda d: None, TypeError, "must be the state_dict.. of an optimizer, .* got NoneType"),
        (lambda d: {"weight": 1}, TypeError, r"got \['weight'\]"),
        (lambda d: {**d, "state": {0: {"exp_avg": 0.5}}}, ValueError, r"exp_avg of a parameter"),
        (lambda d: {**d, "state": {0: {"step": "x"}}}, TypeError, "step must be a number, got 'x'"),
        (lambda d: {**d, "state": {0: {"step": [1, 2]}}}, TypeError, "step must be a number"),
        (lambda d: with_option(d, lr="0.1"), TypeError, "lr must be a number, got '0.1'"),
        (lambda d: with_option(d, betas=(0.9,)), TypeError, "betas must be a tuple of two numbers"),
        (lambda d: with_option(d, betas=(0.9, 2)), ValueError, r"betas\[1\] must be in \[0, 1\)"),
    ],
)
def test_a_bad_state_changes_nothing(change, error, match):
    p, q = leaf(), leaf()
    optimizer, twin = Adam([p], lr=0.1), Adam([q], lr=0.1)
    steps(optimizer, p, GRADS[:2]), steps(twin, q, GRADS[:2])
    with pytest.raises(error, match=f"Adam: .*{match}"):
        optimizer.load_state_dict(change(Adam([leaf()], lr=0.7).state_dict()))
    assert optimizer.param_groups[0]["lr"] == 0.1
    np.testing.assert_array_equal(steps(optimizer, p, GRADS[2:]), steps(twin, q, GRADS[2:]))


def with_option(saved, **options):
    (group,) = saved["param_groups"]
    return {**saved, "param_groups": [{**group, **options}]}


def test_a_bad_row_changes_no_parameter():
    """Neither those with dense gradients, which are updated first, nor other tables."""
    good = RowGradient(np.array([0]), np.ones((1, 2)), (4, 2))
    bad = [
        RowGradient(np.array([1, 4]), np.ones((2, 2)), (4, 2)),
        RowGradient(np.array([-1]), np.ones((1, 2)), (4, 2)),
        RowGradient(np.array([1]), np.ones((1, 3)), (4, 3)),
        RowGradient(np.array([1]), np.ones((2, 2)), (4, 2)),
        RowGradient(np.array([1]), np.ones((1, 2), np.float32), (4, 2)),
    ]
    for kind in (SGD, SparseAdam):
        for g in bad:
            p, first, last = leaf(), leaf(np.ones((4, 2))), leaf(np.ones((4, 2)))
            p.grad = fastnn.Tensor(GRADS[0])
            first.grad = good
            last._grad = g  # past the check of `grad`
            with pytest.raises((ValueError, IndexError), match=kind.__name__):
                kind([p, first, last], lr=0.1).step()
            np.testing.assert_array_equal(p._array, START)
            assert first.tolist() == last.tolist() == [[1, 1]] * 4


# -- a step that is refused ------------------------------------------------------------------


def read_only(x):
    x.flags.writeable = False
    return x


def dense_gradient():
    return fastnn.ones(4, 2, dtype="float64")


def row_gradient():
    return RowGradient(np.array([1, 3]), np.ones((2, 2)), (4, 2))


BAD_STATES = [
    lambda x: np.zeros((2, 4)),
    lambda x: np.zeros((3, 2)),
    lambda x: x.astype(np.float32),
    lambda x: read_only(x.copy()),
    lambda x: read_only(np.asfortranarray(x)),
]
OPTIONS = {
    SGD: [{}, {"momentum": 0.9}],
    Adam: [{"amsgrad": True}],
    AdamW: [{}],
    RMSprop: [{"momentum": 0.9, "centered": True}],
    SparseAdam: [{}],
    **{kind: [{}] for kind in FUSED},
}
EVERY = [(kind, options) for kind in KINDS for options in OPTIONS[kind]]


def refuse(kind, options, gradients, spoil):
    """Steps of three parameters, the last of which `spoil` makes bad: none may change."""
    params = [leaf(np.ones((4, 2))) for _ in gradients]
    optimizer = kind(params, lr=0.1, **options)
    for bad in (False, True):
        for p, make in zip(params, gradients):
            p.grad = make()
        if bad:
            spoil(optimizer, params[-1])
            tensors = [*params, *(x for p in params for x in optimizer.state[p].values())]
            before = [x._array.copy() for x in tensors]
            with pytest.raises((ValueError, TypeError, IndexError)):
                optimizer.step()
            for x, b in zip(tensors, before):
                np.testing.assert_array_equal(x._array, b)
        else:
            optimizer.step()


GRADIENTS = [
    (first, second, last)
    for first in (dense_gradient, row_gradient)
    for second in (dense_gradient, row_gradient)
    for last in (dense_gradient, row_gradient)
]


@pytest.mark.parametrize("gradients", GRADIENTS)
@pytest.mark.parametrize(("kind", "options"), EVERY)
def test_a_bad_state_refuses_the_whole_step(kind, options, gradients):
    for key in (*kind.buffers, "step"):
        for bad in BAD_STATES:

            def spoil(optimizer, p, key=key, bad=bad):
                state = optimizer.state[p]
                if key in state:
                    state[key] = fastnn.Tensor(bad(state[key]._array))
                else:  # of no use here
                    p._array = read_only(p._array)

            refuse(kind, options, gradients, spoil)


@pytest.mark.parametrize("gradients", GRADIENTS)
@pytest.mark.parametrize(("kind", "options"), EVERY)
def test_a_bad_parameter_or_gradient_refuses_the_whole_step(kind, options, gradients):
    def set_array(change):
        def spoil(optimizer, p):
            p._array = change(p._array)

        return spoil

    def set_rows(make):
        def spoil(optimizer, p):
            p._grad = make(p)

        return spoil

    spoils = [
        set_array(read_only),
        set_array(lambda x: read_only(np.asfortranarray(x))),
        set_array(lambda x: x.astype(np.float32)),
        set_rows(lambda p: fastnn.ones(2, 4, dtype="float64")),
    ]
    if kind in (SGD, SparseAdam) and not options:  # others make the gradient dense
        spoils += [
            set_rows(lambda p: RowGradient(np.array([3, 1]), np.ones((2, 2)), (4, 2))),
            set_rows(lambda p: RowGradient(np.array([1, 1]), np.ones((2, 2)), (4, 2))),
            set_rows(lambda p: RowGradient(np.array([0.5]), np.ones((1, 2)), (4, 2))),
            set_rows(lambda p: RowGradient(np.array([0, 1]), p._array[:2], (4, 2))),
        ]
    if kind is SparseAdam:  # whose kernel allows no overlap
        spoils += [
            set_rows(lambda p: p.detach()),
            lambda o, p: set_rows(lambda p: o.state[p]["exp_avg"].detach())(o, p),
            lambda o, p: o.state[p].update(exp_avg=p.detach()),
        ]
    for spoil in spoils:
        refuse(kind, options, gradients, spoil)


@pytest.mark.parametrize("make", [dense_gradient, row_gradient])
@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_option_of_the_last_group_refuses_the_whole_step(kind, make):
    for bad in (-0.1, "0.1", None):
        p, q = leaf(np.ones((4, 2))), leaf(np.ones((4, 2)))
        optimizer = kind([{"params": [p]}, {"params": [q]}], lr=0.1)
        p.grad, q.grad = make(), make()
        optimizer.param_groups[1]["lr"] = bad
        with pytest.raises((ValueError, TypeError), match=f"{kind.__name__}: lr must"):
            optimizer.step()
        assert p.tolist() == q.tolist() == [[1, 1]] * 4


# -- state in a graph ------------------------------------------------------------------------


def losses(optimizer, p):
    """One loss for each tensor of the state of `p`, whose gradient needs that tensor."""
    for key in [*optimizer.state[p]]:
        q = fastnn.ones(1, dtype="float64", requires_grad=True)
        yield (q * optimizer.state[p][key]).sum()


def step_of(optimizer, *params, make=dense_gradient):
    """A step in which only `params` have gradients."""
    optimizer.zero_grad()
    for p in params:
        p.grad = make()
    optimizer.step()


@pytest.mark.parametrize(("kind", "options"), EVERY[1:])
@pytest.mark.parametrize("make", [dense_gradient, row_gradient])
@pytest.mark.parametrize(
    "after",
    [
        lambda o, p, q: None,
        lambda o, p, q: step_of(o, q),
        lambda o, p, q: step_of(o, p, q),
        lambda o, p, q: o.load_state_dict(o.state_dict()),
        lambda o, p, q: copy.deepcopy(o),
    ],
)
def test_a_step_changes_the_state_for_graphs(after, make, kind, options):
    """Each tensor of it, whatever comes between the step and the backward pass."""
    p, q = leaf(np.ones((4, 2))), leaf(np.ones((4, 2)))
    optimizer = kind([p, q], lr=0.1, **options)
    step_of(optimizer, p, q, make=make)
    kept = list(losses(optimizer, p))
    assert len(kept) >= 1
    step_of(optimizer, p, make=make)
    after(optimizer, p, q)
    for loss in kept:
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()
    for loss in losses(optimizer, p):
        loss.backward()


@pytest.mark.parametrize(("kind", "options"), EVERY[1:])
def test_a_step_of_an_optimizer_that_is_gone(kind, options):
    p = leaf(np.ones((4, 2)))
    optimizer = kind([p], lr=0.1, **options)
    step_of(optimizer, p)
    kept = list(losses(optimizer, p))
    step_of(optimizer, p)
    del optimizer
    for loss in kept:
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()


@pytest.mark.parametrize(("kind", "options"), EVERY[1:])
def test_a_step_does_not_change_the_state_of_other_parameters(kind, options):
    """Of those without a gradient, those of other optimizers, or after a copy."""
    p, q, r = (leaf(np.ones((4, 2))) for _ in range(3))
    optimizer, other = kind([p, q], lr=0.1, **options), kind([r], lr=0.1, **options)
    step_of(optimizer, p, q), step_of(other, r)
    twin = pickle.loads(pickle.dumps(optimizer))
    kept = [*losses(optimizer, q), *losses(other, r)]
    kept += losses(twin, twin.param_groups[0]["params"][0])
    step_of(optimizer, p)
    for loss in kept:
        loss.backward()


def test_no_note_is_left_when_the_interpreter_exits():
    code = (
        "import fastnn; p = fastnn.ones(2, requires_grad=True); p.grad = fastnn.ones(2);"
        "o = fastnn.optim.Adam([p]); o.step(); o.me = o"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == ""


# -- errors with the likely fix --------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "match"),
    [
        (lambda: nn.Linear(2, 2), "got Linear; pass its parameters"),
        (lambda: nn.Sequential(nn.Linear(2, 2)), "got Linear; pass its parameters"),
        (lambda: nn.Linear(2, 2).parameters, "got method; call it, as in model.parameters"),
        (lambda: nn.Linear(2, 2).named_parameters(), "got tuple; pass parameters.., which has no"),
        (lambda: nn.Linear(2, 2).state_dict(), "got dict; put it in a list"),
        (lambda: [None], "got NoneType; make it a tensor"),
        (lambda: 3, "got int"),
        (lambda: "weights", "got str"),
        (leaf, "got Tensor; put it in a list"),
    ],
)
def test_params_that_are_none(params, match):
    with pytest.raises(TypeError, match=f"SGD: params must be .*{match}"):
        SGD(params())


def test_a_group_without_params():
    with pytest.raises(ValueError, match=r"SGD: a group must have the key 'params', got \['lr'\]"):
        SGD([{"lr": 0.1}])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("lr", "match"),
    [
        ("0.1", "lr must be a number, got '0.1'; leave out the quotation marks"),
        (None, "lr must be a number, got None"),
        ([0.1], r"lr must be a number, got \[0.1\]"),
        (1j, "lr must be a number, got 1j"),
        (fastnn.ones(2), "lr must be a number, got tensor"),
    ],
)
def test_a_learning_rate_must_be_a_number(kind, lr, match):
    with pytest.raises(TypeError, match=f"{kind.__name__}: {match}"):
        kind([leaf()], lr=lr)


@pytest.mark.parametrize("betas", [0.9, (0.9,), (0.9, 0.99, 0.999), "ab", None])
def test_betas_must_be_two_numbers(betas):
    with pytest.raises(TypeError, match="Adam: betas must be a tuple of two numbers"):
        Adam([leaf()], betas=betas)


def test_numbers_of_a_shared_parameter():
    """One that two modules share is updated once."""
    a = nn.Linear(3, 3, bias=False)
    b = nn.Linear(3, 3, bias=False)
    b.weight = a.weight
    start = a.weight._array.copy()
    model = nn.Sequential(a, b)
    optimizer = SGD(model.parameters(), lr=0.5)
    assert len(optimizer.param_groups[0]["params"]) == 1
    x = fastnn.Tensor(numbers(2, 3).astype("float32"))
    model(x).sum().backward()
    g = a.weight.grad._array.copy()
    optimizer.step()
    np.testing.assert_allclose(a.weight._array, start - 0.5 * g, rtol=1e-6)
