"""Adafactor and Muon, which are composed of operations, against the reference and PyTorch."""

import numpy as np
import pytest

import fastnn
from fastnn.optim import Adafactor, Muon
from tests.harness import numbers, threads
from tests.reference import optim as reference

STEPS = 50
MATRICES = [(1, 1), (3, 17), (17, 3), (16, 16), (40, 9)]
SHAPES = [(), (0,), (0, 3), (5,), (17,), *MATRICES, (2, 3, 4), (2, 1, 5, 3)]

CASES = [
    (Adafactor, {}),
    (Adafactor, {"lr": 0.3, "weight_decay": 0.1, "d": 1.5}),
    (Adafactor, {"lr": 0.2, "beta2_decay": -0.3, "eps": (1e-2, 0.5), "maximize": True}),
    (Muon, {}),
    (Muon, {"lr": 0.1, "weight_decay": 0.2, "momentum": 0.5, "nesterov": False}),
    (Muon, {"lr": 0.1, "ns_steps": 3, "ns_coefficients": (2.0, -1.5, 0.5), "eps": 1e-3}),
    (Muon, {"lr": 0.1, "adjust_lr_fn": "match_rms_adamw"}),
    (Muon, {"lr": 0.1, "adjust_lr_fn": "original", "ns_steps": 0}),
]


def problem(kind, dtype):
    shapes = MATRICES if kind is Muon else SHAPES
    start = [numbers(*s, seed=i).astype(dtype) for i, s in enumerate(shapes)]
    grads = [
        [numbers(*s, seed=90 + 10 * t + i).astype(dtype) for i, s in enumerate(shapes)]
        for t in range(STEPS)
    ]
    return start, grads


def trajectory(kind, options, start, grads, change=lambda x: x):
    params = [fastnn.Tensor(p.copy()) for p in start]
    for p in params:
        p._array = change(p._array)
        p.requires_grad = True
    optimizer = kind(params, **options)
    path = []
    for gs in grads:
        for p, g in zip(params, gs):
            p.grad = fastnn.Tensor(change(g))
        optimizer.step()
        path.append([p._array.copy() for p in params])
    return path


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "options"), CASES)
def test_reference(kind, options, dtype):
    start, grads = problem(kind, dtype)
    path = trajectory(kind, options, start, grads)
    run = getattr(reference, kind.__name__.lower())
    if kind is Adafactor and "eps" not in options:
        options = {**options, "eps": (np.finfo(dtype).eps, 1e-3)}
    # Steps of at most 0.4, of so many roundings each; those of Muon grow threefold five times.
    depth = 300 if kind is Muon else 40
    atol = STEPS * depth * np.finfo(dtype).eps
    for i, p in enumerate(start):
        if p.size == 0:
            continue
        want = run(p.astype("f8"), [g[i].astype("f8") for g in grads], **options)
        for t in range(STEPS):
            np.testing.assert_allclose(path[t][i], want[t], rtol=0, atol=atol)


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_torch(kind, options, monkeypatch, torch):
    """Over 50 steps; Muon with PyTorch's iteration in float64 too."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    start, grads = problem(kind, "float64")
    start, *grads = ([x for x in some if x.size] for some in (start, *grads))  # others it refuses
    path = trajectory(kind, options, start, grads)
    params = [torch.tensor(p, requires_grad=True) for p in start]
    optimizer = getattr(torch.optim, kind.__name__)(params, **options)
    for t in range(STEPS):
        for p, g in zip(params, grads[t]):
            p.grad = torch.tensor(g)
        optimizer.step()
        for got, want in zip(path[t], params):
            np.testing.assert_allclose(got, want.detach().numpy(), rtol=0, atol=1e-11)


def test_muon_of_torch_in_bfloat16(torch):
    """Its own iteration has eight bits: the steps agree to a few parts of a hundred."""
    start, grads = problem(Muon, "float32")
    path = trajectory(Muon, {"lr": 0.1, "weight_decay": 0}, start, grads[:1])
    params = [torch.tensor(p, requires_grad=True) for p in start]
    optimizer = torch.optim.Muon(params, lr=0.1, weight_decay=0)
    for p, g in zip(params, grads[0]):
        p.grad = torch.tensor(g)
    optimizer.step()
    for got, p, before in zip(path[0], params, start):
        mine, theirs = got - before, p.detach().numpy() - before
        assert np.linalg.norm(mine - theirs) < 0.05 * np.linalg.norm(mine)


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_threads_and_layouts(kind, options):
    start, grads = problem(kind, "float64")
    want = trajectory(kind, options, start, grads[:3])
    for n in (1, 3):
        with threads(n):
            for got, w in zip(trajectory(kind, options, start, grads[:3])[-1], want[-1]):
                assert got.tobytes() == w.tobytes()
    for change in (np.asfortranarray, lambda x: x[..., ::-1].copy()[..., ::-1] if x.ndim else x):
        for got, w in zip(trajectory(kind, options, start, grads[:3], change)[-1], want[-1]):
            np.testing.assert_allclose(got, w, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", [Adafactor, Muon])
def test_a_run_goes_on_from_a_state(kind):
    start, grads = problem(kind, "float64")
    params, copies = ([fastnn.Tensor(p.copy(), requires_grad=True) for p in start] for _ in "ab")
    optimizer, other = kind(params), kind(copies, lr=7)
    for t, gs in enumerate(grads[:6]):
        if t == 3:
            other.load_state_dict(optimizer.state_dict())
            for p, c in zip(params, copies):
                c._array[...] = p._array
        for some, each in ((params, optimizer), (copies, other)):
            for p, g in zip(some, gs):
                p.grad = fastnn.Tensor(g)
            if each is optimizer or t >= 3:
                each.step()
    for p, c in zip(params, copies):
        np.testing.assert_array_equal(p._array, c._array)


@pytest.mark.parametrize("kind", [Adafactor, Muon])
def test_a_state_of_torch(kind, monkeypatch, torch):
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)
    theirs = torch.tensor(numbers(4, 6), requires_grad=True)
    there = getattr(torch.optim, kind.__name__)([theirs], lr=0.1)
    mine = fastnn.Tensor(numbers(4, 6), requires_grad=True)
    here = kind([mine], lr=0.7)
    for t in range(6):
        g = numbers(4, 6, seed=t)
        theirs.grad, mine.grad = torch.tensor(g), fastnn.Tensor(g)
        there.step()
        if t == 2:
            here.load_state_dict(there.state_dict())
            mine._array[...] = theirs.detach().numpy()
        elif t > 2:
            here.step()
    np.testing.assert_allclose(mine._array, theirs.detach().numpy(), rtol=1e-11)


BAD = {
    "shape": lambda o, p: setattr(p, "_grad", fastnn.ones(2, 4, dtype="float64")),
    "dtype": lambda o, p: setattr(p, "_grad", fastnn.ones(4, 2, dtype="float32")),
    "read-only": lambda o, p: p._array.setflags(write=False),
    "state": lambda o, p: o.state[p].update(dict.fromkeys(o.state[p], fastnn.ones(7))),
    "no tensor": lambda o, p: o.state[p].update(dict.fromkeys(o.state[p], 3)),
    "option": lambda o, p: o.param_groups[0].update(lr=-1),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("kind", [Adafactor, Muon])
def test_a_refused_step_changes_nothing(kind, bad):
    params = [fastnn.Tensor(numbers(4, 2, seed=i), requires_grad=True) for i in range(2)]
    optimizer = kind(params)
    for p in params:
        p.grad = fastnn.ones(4, 2, dtype="float64")
    optimizer.step()
    BAD[bad](optimizer, params[1])
    tensors = [*params, *(x for s in optimizer.state.values() for x in s.values())]
    before = [np.array(x._array) if hasattr(x, "_array") else x for x in tensors]
    with pytest.raises((ValueError, TypeError), match=f"{kind.__name__}: "):
        optimizer.step()
    for x, b in zip(tensors, before):
        np.testing.assert_array_equal(getattr(x, "_array", x), b)


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda p: Adafactor(p, -1), ValueError, "Adafactor: lr must not be negative"),
        (lambda p: Adafactor(p, beta2_decay=1), ValueError, "beta2_decay must be <= 0, got 1"),
        (lambda p: Adafactor(p, d=0.5), ValueError, "d must be at least 1, got 0.5"),
        (lambda p: Adafactor(p, eps=1e-3), TypeError, "eps must be a tuple of two numbers"),
        (lambda p: Adafactor(p, eps=(-1, 0)), ValueError, r"eps\[0\] must not be negative"),
        (lambda p: Adafactor(p, eps=(1, None)), TypeError, r"eps\[1\] must be a number"),
        (lambda p: Muon([fastnn.ones(3, requires_grad=True)]), ValueError, r"matrices, .*\(3,\)"),
        (lambda p: Muon(p, momentum=-1), ValueError, "Muon: momentum must not be negative"),
        (lambda p: Muon(p, ns_steps=100), ValueError, "ns_steps must be an int in"),
        (lambda p: Muon(p, ns_coefficients=(1, 2)), ValueError, "must be three numbers"),
        (lambda p: Muon(p, adjust_lr_fn="x"), ValueError, "adjust_lr_fn must be 'original' or"),
    ],
)
def test_errors(make, error, match):
    with pytest.raises(error, match=match):
        make([fastnn.ones(2, 3, requires_grad=True)])
