"""L-BFGS: minima, PyTorch's steps, the conditions of Wolfe, state, errors."""

import copy

import numpy as np
import pytest

import fastnn
from fastnn.optim import LBFGS
from fastnn.optim.line_search import Point, cubic, strong_wolfe
from tests.harness import numbers

SHAPES = [(3,), (2, 4), (), (0,)]
OPTIONS = [
    {},
    {"line_search_fn": "strong_wolfe"},
    {"lr": 0.3, "max_iter": 3},
    {"lr": 3.0, "max_iter": 4, "line_search_fn": "strong_wolfe"},
    {"lr": 0.2, "history_size": 2, "max_iter": 7},
    {"history_size": 3, "line_search_fn": "strong_wolfe", "max_eval": 6},
    {"tolerance_grad": 1e-2, "line_search_fn": "strong_wolfe"},
    {"tolerance_change": 1e-1, "lr": 0.1},
    {"max_iter": 1, "line_search_fn": "strong_wolfe"},
    {"max_eval": 1, "line_search_fn": "strong_wolfe"},
]


def bowl(params, exp):
    """A convex loss of all parameters with curvatures from 1 to 20."""
    return sum(
        ((i + 1) * (p - i) ** 2).sum() * 2 + exp(0.3 * p - 0.1).sum() for i, p in enumerate(params)
    )


def valley(params, exp):
    """Rosenbrock's function of a parameter's neighbours."""
    x = params[0]
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


def run(lib, kind, loss_of, start, steps, **options):
    """Losses and parameters after each step."""
    params = [lib.tensor(x) for x in start]
    for p in params:
        p.requires_grad_(True)
    optimizer = kind(params, **options)

    def closure():
        optimizer.zero_grad()
        loss = loss_of(params, lib.exp)
        loss.backward()
        return loss

    path = []
    for _ in range(steps):
        loss = float(optimizer.step(closure).detach())
        path.append([loss, *(p.detach().numpy().copy() for p in params)])
    return path, optimizer


@pytest.mark.parametrize("loss_of", [bowl, valley])
@pytest.mark.parametrize("options", OPTIONS)
def test_torch(options, loss_of, torch):
    """Over 50 steps, of up to 20 iterations each."""
    if loss_of is valley and "line_search_fn" not in options:
        options = {**options, "lr": 1e-3}  # larger steps leave the valley, and amplify rounding
    start = [numbers(*s, seed=i) for i, s in enumerate(SHAPES)]
    mine, a = run(fastnn, LBFGS, loss_of, start, 50, **options)
    theirs, b = run(torch, torch.optim.LBFGS, loss_of, start, 50, **options)
    # Rounding grows along the way of a quasi-Newton method, until it is at the minimum.
    for got, want in zip(mine, theirs):
        for x, y in zip(got, want):
            np.testing.assert_allclose(x, y, rtol=1e-6, atol=1e-6)
    (state,), (other,) = a.state.values(), b.state.values()
    counted = ("n_iter", "func_evals")
    assert [state[k] for k in counted] == pytest.approx([other[k] for k in counted], abs=30)


@pytest.mark.parametrize("options", OPTIONS)
def test_first_steps_torch(options, torch):
    """Evaluation by evaluation, before rounding has grown."""
    start = [numbers(*s, seed=i) for i, s in enumerate(SHAPES)]
    options = {**options, "max_iter": min(options.get("max_iter", 3), 3)}
    mine, a = run(fastnn, LBFGS, bowl, start, 2, **options)
    theirs, b = run(torch, torch.optim.LBFGS, bowl, start, 2, **options)
    for got, want in zip(mine, theirs):
        for x, y in zip(got, want):
            np.testing.assert_allclose(x, y, rtol=1e-11, atol=1e-11)
    (state,), (other,) = a.state.values(), b.state.values()
    assert [state[k] for k in ("n_iter", "func_evals")] == [
        other[k] for k in ("n_iter", "func_evals")
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_minimum_of_a_quadratic(dtype):
    """With a line search, a quadratic of n dimensions is done after about n iterations."""
    a = numbers(6, 6)
    hessian, b = a @ a.T + np.eye(6), numbers(6, seed=1)
    want = np.linalg.solve(hessian, b)
    h, c = fastnn.tensor(hessian, dtype=dtype), fastnn.tensor(b, dtype=dtype)
    path, _ = run(
        fastnn,
        LBFGS,
        lambda ps, exp: 0.5 * (ps[0] @ (h @ ps[0])) - c @ ps[0],
        [np.zeros(6, dtype)],
        3,
        line_search_fn="strong_wolfe",
        tolerance_change=float(np.finfo(dtype).eps),
    )
    # The loss does not show a distance of less than the root of its rounding.
    atol = 10 * np.sqrt(np.finfo(dtype).eps)
    np.testing.assert_allclose(path[-1][1], want, rtol=0, atol=atol)


def test_valley():
    path, optimizer = run(
        fastnn, LBFGS, valley, [np.array([-1.2, 1.0])], 5, line_search_fn="strong_wolfe"
    )
    # It ends where the loss changes by less than 1e-9; along the valley that is 1e-4.
    np.testing.assert_allclose(path[-1][1], [1, 1], rtol=0, atol=1e-3)
    (state,) = optimizer.state.values()
    assert state["func_evals"] < 100


def line(f, slope):
    """Points of a function of one number."""

    def evaluate(t):
        return Point(t, f(t), fastnn.tensor([slope(t)]), slope(t))

    return evaluate


LINES = [
    (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3)),
    (lambda t: -t * np.exp(-t), lambda t: (t - 1) * np.exp(-t)),
    (lambda t: np.cos(t + 1) + t / 9, lambda t: -np.sin(t + 1) + 1 / 9),
    (lambda t: (t**2 + 2) ** -1 * -t, lambda t: (t**2 - 2) / (t**2 + 2) ** 2),
    (lambda t: abs(t - 2) ** 1.5, lambda t: 1.5 * np.sign(t - 2) * abs(t - 2) ** 0.5),
]


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 7.0])
@pytest.mark.parametrize("which", range(len(LINES)))
def test_conditions_of_wolfe(which, first):
    evaluate = line(*LINES[which])
    start = evaluate(0.02)._replace(t=0.0)
    point, calls = strong_wolfe(
        lambda t: evaluate(0.02 + t)._replace(t=t), start, first, 1.0, 25, 1e-9
    )
    assert 1 <= calls <= 26
    assert point.loss <= start.loss + 1e-4 * point.t * start.slope
    assert abs(point.slope) <= 0.9 * abs(start.slope)


def test_cubic():
    """The minimum of a cubic is found at once, from both sides, and within bounds."""
    f, slope = lambda t: t**3 - 3 * t, lambda t: 3 * t**2 - 3
    a, b = line(f, slope)(0.0), line(f, slope)(2.5)
    for pair in ((a, b), (b, a)):
        assert cubic(*pair, (0.0, 2.5)) == pytest.approx(1.0, abs=1e-12)
        assert cubic(*pair, (1.5, 2.0)) == 1.5
    assert cubic(a, a, (1.0, 2.0)) == 1.5
    assert cubic(a, b._replace(loss=np.nan), (1.0, 2.0)) == 1.5


@pytest.mark.parametrize("options", OPTIONS[:4])
def test_a_run_goes_on_from_a_state(options):
    start = [numbers(*s, seed=i) for i, s in enumerate(SHAPES)]
    options = {"max_iter": 3, **options}
    want, _ = run(fastnn, LBFGS, bowl, start, 4, **options)
    half, optimizer = run(fastnn, LBFGS, bowl, start, 2, **options)
    params = [fastnn.Tensor(x, requires_grad=True) for x in half[-1][1:]]
    other = LBFGS(params, lr=77)
    other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for t in (2, 3):

        def closure():
            other.zero_grad()
            loss = bowl(params, fastnn.exp)
            loss.backward()
            return loss

        assert other.step(closure).item() == want[t][0]
    for p, x in zip(params, want[-1][1:]):
        np.testing.assert_array_equal(p._array, x)


def test_a_state_of_torch(torch):
    start = [numbers(*s, seed=i) for i, s in enumerate(SHAPES)]
    options = {"max_iter": 3, "line_search_fn": "strong_wolfe"}
    want, _ = run(torch, torch.optim.LBFGS, bowl, start, 3, **options)
    half, there = run(torch, torch.optim.LBFGS, bowl, start, 2, **options)
    params = [fastnn.Tensor(x, requires_grad=True) for x in half[-1][1:]]
    here = LBFGS(params, lr=77)
    here.load_state_dict(there.state_dict())

    def closure():
        here.zero_grad()
        loss = bowl(params, fastnn.exp)
        loss.backward()
        return loss

    here.step(closure)
    for p, x in zip(params, want[-1][1:]):
        np.testing.assert_allclose(p._array, x, rtol=1e-9, atol=1e-9)


def test_a_parameter_without_gradient_stays():
    p, q = (fastnn.ones(2, requires_grad=True) for _ in "ab")
    optimizer = LBFGS([p, q])

    def closure():
        optimizer.zero_grad()
        loss = (p**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    assert q.tolist() == [1, 1]
    assert abs(p.detach()).max().item() < 1e-3


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda p: LBFGS([p], -1), ValueError, "LBFGS: lr must not be negative"),
        (lambda p: LBFGS([p], max_iter=-1), ValueError, "LBFGS: max_iter must not be negative"),
        (lambda p: LBFGS([p], line_search_fn="x"), ValueError, "line_search_fn must be 'strong"),
        (lambda p: LBFGS([{"params": [p]}, {"params": []}]), ValueError, "must be one group"),
        (lambda p: LBFGS([p]).step(), TypeError, "step must be called with a closure, got None"),
    ],
)
def test_errors(call, error, match):
    with pytest.raises(error, match=match):
        call(fastnn.ones(2, requires_grad=True))
