"""Steps of SGD, Adam and AdamW against the reference and, if installed, PyTorch."""

import numpy as np
import pytest

import fastnn
from fastnn import _core
from tests.harness import isa, isa_levels, numbers, threads
from tests.reference import optim as reference

STEPS = 12
SHAPES = [(), (0,), (1,), (15,), (16,), (17,), (3, 41), (5, 2, 7)]

CASES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.05}),
    ("SGD", {"lr": 0.1, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1, "maximize": True}),
    ("Adam", {"lr": 0.1}),
    ("Adam", {"lr": 0.05, "betas": (0.7, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adam", {"lr": 0.1, "amsgrad": True, "betas": (0.5, 0.6)}),
    ("Adam", {"lr": 0.1, "maximize": True, "weight_decay": 0.2}),
    ("Adam", {"lr": 0.1, "decoupled_weight_decay": True, "weight_decay": 0.2}),
    ("AdamW", {"lr": 0.1}),
    ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True, "betas": (0.5, 0.6)}),
    ("AdamW", {"lr": 0.1, "maximize": True}),
    ("RMSprop", {"lr": 0.1}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.5, "eps": 1e-3, "weight_decay": 0.1, "momentum": 0.7}),
    ("RMSprop", {"lr": 0.05, "alpha": 0.7, "centered": True, "eps": 0.1}),
    ("RMSprop", {"lr": 0.05, "centered": True, "momentum": 0.5, "eps": 0.1, "maximize": True}),
    ("Adagrad", {"lr": 0.1}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.2, "weight_decay": 0.1, "eps": 0.1}),
    ("Adagrad", {"lr": 0.2, "initial_accumulator_value": 0.5, "maximize": True}),
    ("Adadelta", {"lr": 0.5}),
    ("Adadelta", {"lr": 2.0, "rho": 0.6, "eps": 1e-2, "weight_decay": 0.1}),
    ("Adadelta", {"rho": 0.5, "maximize": True}),
    ("Adamax", {"lr": 0.1}),
    ("Adamax", {"lr": 0.1, "betas": (0.6, 0.8), "eps": 0.1, "weight_decay": 0.1}),
    ("Adamax", {"lr": 0.1, "maximize": True}),
    ("NAdam", {"lr": 0.1}),
    ("NAdam", {"lr": 0.1, "betas": (0.6, 0.8), "eps": 0.1, "weight_decay": 0.1}),
    ("NAdam", {"lr": 0.1, "momentum_decay": 0.5, "maximize": True}),
    ("NAdam", {"lr": 0.1, "decoupled_weight_decay": True, "weight_decay": 0.2}),
    ("RAdam", {"lr": 0.1}),
    ("RAdam", {"lr": 0.1, "betas": (0.6, 0.9), "eps": 0.1, "weight_decay": 0.1}),
    ("RAdam", {"lr": 0.1, "betas": (0.6, 0.6), "maximize": True}),
    ("RAdam", {"lr": 0.1, "decoupled_weight_decay": True, "weight_decay": 0.2}),
    ("ASGD", {"lr": 0.1}),
    ("ASGD", {"lr": 0.1, "lambd": 0.5, "alpha": 0.5, "t0": 4, "weight_decay": 0.1}),
    ("ASGD", {"lr": 0.1, "t0": 0, "maximize": True}),
    ("Rprop", {"lr": 0.1}),
    ("Rprop", {"lr": 0.1, "etas": (0.3, 1.9), "step_sizes": (0.06, 0.2)}),
    ("Rprop", {"lr": 0.1, "maximize": True}),
    ("Lion", {"lr": 0.1}),
    ("Lion", {"lr": 0.1, "betas": (0.5, 0.8), "weight_decay": 0.2, "maximize": True}),
    ("LAMB", {"lr": 0.1}),
    ("LAMB", {"lr": 0.1, "betas": (0.5, 0.8), "eps": 0.1, "weight_decay": 0.2, "maximize": True}),
]
IDS = [f"{name}-{'-'.join(options)}" for name, options in CASES]
OF_TORCH = [(name, options) for name, options in CASES if name not in ("Lion", "LAMB")]


def problem(dtype):
    """Start values, and gradients for every step of every parameter."""
    start = [numbers(*shape, seed=i).astype(dtype) for i, shape in enumerate(SHAPES)]
    grads = [
        [numbers(*shape, seed=100 + 10 * t + i).astype(dtype) for i, shape in enumerate(SHAPES)]
        for t in range(STEPS)
    ]
    return start, grads


def trajectory(name, options, start, grads):
    """Parameters after each step."""
    params = [fastnn.Tensor(p.copy(), requires_grad=True) for p in start]
    memory = [p._array for p in params]
    optimizer = getattr(fastnn.optim, name)(params, **options)
    path = []
    for gs in grads:
        for p, g in zip(params, gs):
            p.grad = fastnn.Tensor(g)
        assert optimizer.step() is None
        path.append([p._array.copy() for p in params])
    assert all(p._array is m for p, m in zip(params, memory))
    return path


def rounding(dtype, depth=20):
    """Allowed error of numbers of size 4 after all steps of `depth` roundings each."""
    return STEPS * depth * np.finfo(dtype).eps * 4


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_reference(name, options, dtype, level):
    start, grads = problem(dtype)
    with isa(level):
        path = trajectory(name, options, start, grads)
    for i, p in enumerate(start):
        want = getattr(reference, name.lower())(
            p.astype(np.float64), [g[i].astype(np.float64) for g in grads], **options
        )
        for t in range(STEPS):
            np.testing.assert_allclose(path[t][i], want[t], rtol=0, atol=rounding(dtype))


@pytest.mark.parametrize(("name", "options"), OF_TORCH)
def test_torch(name, options, torch):
    """Over 50 steps."""
    start = [numbers(*shape, seed=i) for i, shape in enumerate(SHAPES)]
    grads = [
        [numbers(*p.shape, seed=90 + 10 * t + i) for i, p in enumerate(start)] for t in range(50)
    ]
    path = trajectory(name, options, start, grads)
    params = [torch.tensor(p, requires_grad=True) for p in start]
    optimizer = getattr(torch.optim, name)(params, **options)
    for got, gs in zip(path, grads):
        for p, g in zip(params, gs):
            p.grad = torch.tensor(g)
        optimizer.step()
        for mine, p in zip(got, params):
            np.testing.assert_allclose(mine, p.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("name", "options"), CASES, ids=IDS)
def test_threads(name, options):
    start = [numbers(5, seed=1), numbers(70001, seed=2).astype("float32"), numbers(300, 200)]
    grads = [[numbers(*p.shape, seed=t).astype(p.dtype) for p in start] for t in range(2)]
    paths = []
    for n in (1, 2, 3, 7):
        with threads(n):
            paths.append(trajectory(name, options, start, grads))
    for path in paths[1:]:
        for got, want in zip(path[-1], paths[0][-1]):
            assert got.tobytes() == want.tobytes()


LAYOUTS = {
    "transposed": lambda x: np.asfortranarray(x),
    "strided": lambda x: np.repeat(np.repeat(x, 2, 0), 3, 1)[::2, ::3],
    "reversed": lambda x: x[::-1, ::-1].copy()[::-1, ::-1],
    "strided-transposed": lambda x: np.repeat(x.T, 2, 0)[::2].T,
}


@pytest.mark.parametrize("what", ["params", "grads", "both"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    ("name", "options"),
    [*CASES, ("SparseAdam", {"lr": 0.1})],
    ids=[*IDS, "SparseAdam"],
)
def test_layouts(name, options, layout, what):
    change = LAYOUTS[layout]
    start, grads = [numbers(6, 21)], [[numbers(6, 21, seed=t)] for t in range(3)]
    want = trajectory(name, options, start, grads)
    p = fastnn.Tensor(start[0].copy())
    if what != "grads":
        p._array = change(start[0].copy())
    p.requires_grad = True
    memory = p._array
    optimizer = getattr(fastnn.optim, name)([p], **options)
    for (g,) in grads:
        p.grad = fastnn.Tensor(change(g) if what != "params" else g)
        optimizer.step()
    assert p._array is memory
    # The norms of LAMB are sums in the order of memory.
    atol = rounding("float64") if name == "LAMB" else 0
    np.testing.assert_allclose(p._array, want[-1][0], rtol=0, atol=atol)


@pytest.mark.parametrize("name", ["SGD", "Adam"])
def test_groups(name):
    """Options per group, mixed dtypes, parameters that get their first gradient late or never."""
    shapes = [(3,), (4, 2), (5,), (2,)]
    start = [numbers(*s, seed=i) for i, s in enumerate(shapes)]
    start[1] = start[1].astype("float32")
    params = [fastnn.Tensor(p.copy(), requires_grad=True) for p in start]
    a = {"lr": 0.1, "weight_decay": 0.1}
    b = {"lr": 0.01, "momentum": 0.9} if name == "SGD" else {"lr": 0.01, "amsgrad": True}
    kind = getattr(fastnn.optim, name)
    optimizer = kind([{"params": params[:2], **a}, {"params": params[2], **b}], lr=1.0)
    optimizer.add_param_group({"params": [params[3]]})
    grads = [[numbers(*s, seed=10 * t + i) for i, s in enumerate(shapes)] for t in range(5)]
    for t in range(5):
        for i, p in enumerate(params[:3]):
            late = i == 0 and t < 2
            p.grad = None if late else fastnn.Tensor(grads[t][i].astype(p.dtype))
        optimizer.step()
    run = getattr(reference, name.lower())
    for i, options in enumerate([a, a, b]):
        want = run(start[i], [g[i] for g in grads[2 if i == 0 else 0 :]], **options)[-1]
        atol = rounding(start[i].dtype)
        np.testing.assert_allclose(params[i]._array, want, rtol=0, atol=atol)
    np.testing.assert_array_equal(params[3]._array, start[3])
    assert params[3] not in optimizer.state


def test_options_may_change():
    p = fastnn.Tensor(np.ones(3), requires_grad=True)
    optimizer = fastnn.optim.SGD([p], lr=0.5)
    p.grad = fastnn.Tensor(np.ones(3))
    optimizer.step()
    optimizer.param_groups[0]["lr"] = 0.25
    optimizer.step()
    np.testing.assert_array_equal(p._array, np.full(3, 0.25))


def steps_of(p, g):
    """Every native step with one parameter and one gradient."""
    m = lambda: [np.zeros(4)]  # noqa: E731
    h = np.ones((1, 6))
    yield lambda: _core.sgd_step([p], [g], None, None, [1], h)
    yield lambda: _core.sgd_step([p], [g], m(), [True], [1], h)
    yield lambda: _core.adam_step([p], [g], m(), m(), m(), [np.zeros(())], [1], np.ones((1, 7)))


@pytest.mark.parametrize(
    ("grad", "error", "match"),
    [
        (np.ones(5), ValueError, r"step: grads\[0\] must have shape \(4,\), got \(5,\)"),
        (np.ones((4, 1)), ValueError, r"step: grads\[0\] must have shape \(4,\), got \(4, 1\)"),
        (np.ones(4, "f4"), TypeError, r"step: grads\[0\] must have dtype float64, got float32"),
        (np.ones(4, int), TypeError, r"step: grads\[0\] must have dtype float64, got int64"),
        ("text", TypeError, r"step: grads\[0\] must be a NumPy array, got str"),
        (None, TypeError, r"step: grads\[0\] must be a NumPy array, got NoneType"),
    ],
)
def test_bad_gradient(grad, error, match):
    p = np.ones(4)
    for step in steps_of(p, grad):
        with pytest.raises(error, match=match):
            step()
    np.testing.assert_array_equal(p, np.ones(4))


def test_nothing_changes_when_the_last_gradient_is_bad():
    params = [fastnn.Tensor(np.ones(n), requires_grad=True) for n in (3, 4)]
    for name in ("SGD", "Adam"):
        options = {"lr": 0.1, "momentum": 0.9} if name == "SGD" else {"lr": 0.1}
        optimizer = getattr(fastnn.optim, name)(params, **options)
        params[0].grad = fastnn.Tensor(np.ones(3))
        params[1]._grad = fastnn.Tensor(np.ones(5))  # past the check of `grad`
        with pytest.raises(ValueError, match=r"grads\[1\] must have shape \(4,\), got \(5,\)"):
            optimizer.step()
        for p in params:
            np.testing.assert_array_equal(p._array, np.ones(p.shape))
        params[1].grad = fastnn.Tensor(np.ones(4))
        optimizer.step()
        if name == "SGD":  # the failed step was not the first
            np.testing.assert_allclose(params[0]._array, np.full(3, 0.9))
            for p in params:
                p._array.fill(1)


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"params": 3}, TypeError, "params must be a list of arrays, got int"),
        ({"params": [np.ones(2), np.ones(2)]}, ValueError, "grads must have as many arrays"),
        ({"params": [np.ones(2, int)]}, TypeError, r"params\[0\] must have dtype float32 or"),
        ({"exp_avgs": []}, ValueError, "exp_avgs must have as many arrays as params, 1, got 0"),
        ({"exp_avgs": [np.ones(3)]}, ValueError, r"exp_avgs\[0\] must have the shape of its par"),
        ({"exp_avg_sqs": [np.ones(2, "f4")]}, TypeError, r"exp_avg_sqs\[0\] must have dtype fl"),
        ({"exp_avg_sqs": [np.ones(4)[::2]]}, ValueError, r"exp_avg_sqs\[0\] must be dense"),
        ({"steps": [np.zeros(2)]}, ValueError, r"steps\[0\] must be one float64 number"),
        ({"counts": [2]}, ValueError, "counts must add up to the number of params, 1"),
        ({"counts": [-1]}, ValueError, "counts must add up to the number of params, 1"),
        ({"counts": [1, 0]}, ValueError, "counts must have one number for each row of hyper"),
        ({"counts": ["x"]}, TypeError, "int"),
        ({"counts": 1}, TypeError, "counts must be a list of int"),
        ({"hyper": np.zeros((1, 6))}, ValueError, r"hyper must have shape \(groups, 7\), got"),
        ({"hyper": np.zeros((1, 7), "f4")}, TypeError, "hyper must be a C-contiguous float64"),
    ],
)
def test_bad_lists(arguments, error, match):
    good = {
        "params": [np.ones(2)],
        "grads": [np.ones(2)],
        "exp_avgs": [np.zeros(2)],
        "exp_avg_sqs": [np.zeros(2)],
        "max_exp_avg_sqs": None,
        "steps": [np.zeros(())],
        "counts": [1],
        "hyper": np.zeros((1, 7)),
    }
    with pytest.raises(error, match=match):
        _core.adam_step(**{**good, **arguments})


def test_read_only_parameter():
    p = np.ones(2)
    p.flags.writeable = False
    with pytest.raises(ValueError, match=r"params\[0\] must be writable"):
        _core.sgd_step([p], [np.ones(2)], None, None, [1], np.zeros((1, 6)))
