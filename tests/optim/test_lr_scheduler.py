"""Schedules of the learning rate: closed forms, state, order of calls, tensors as rates, errors."""

import copy
import math
import pickle
import warnings

import numpy as np
import pytest

import fastnn
from fastnn.optim import SGD, Adam, lr_scheduler
from fastnn.optim.lr_scheduler import LRScheduler

STEPS = 60


def sequence(s, optimizer):
    """A warm-up of ten steps, then a decay."""
    parts = [s.LinearLR(optimizer, 0.1, total_iters=10), s.ExponentialLR(optimizer, 0.9)]
    return s.SequentialLR(optimizer, parts, [10])


def nested(s, optimizer):
    """A sequence of a sequence, a chain, and restarts."""
    first = s.SequentialLR(
        optimizer, [s.ConstantLR(optimizer, 0.5, 3), s.StepLR(optimizer, 2, 0.7)], [5]
    )
    last = s.CosineAnnealingWarmRestarts(optimizer, 7)
    parts = [first, s.ExponentialLR(optimizer, 0.95), last]
    with warnings.catch_warnings():  # of the second first step, which both take
        warnings.simplefilter("ignore")
        return s.SequentialLR(optimizer, parts, [12, 30])


def chain(s, optimizer):
    """Two schedules at once."""
    return s.ChainedScheduler([s.ConstantLR(optimizer, 0.2, 8), s.ExponentialLR(optimizer, 0.9)])


# Name -> a schedule of a module `s`, of PyTorch or of fastnn.
CASES = {
    "lambda": lambda s, o: s.LambdaLR(o, lambda t: 0.95**t),
    "lambdas": lambda s, o: s.LambdaLR(o, [lambda t: 0.95**t, lambda t: 1 / (1 + t)]),
    "multiplicative": lambda s, o: s.MultiplicativeLR(o, lambda t: 1 - 1 / (2 + t)),
    "step": lambda s, o: s.StepLR(o, 7),
    "step-gamma": lambda s, o: s.StepLR(o, step_size=3, gamma=0.8),
    "multi-step": lambda s, o: s.MultiStepLR(o, [3, 9, 9, 30], gamma=0.5),
    "constant": lambda s, o: s.ConstantLR(o),
    "constant-factor": lambda s, o: s.ConstantLR(o, factor=0.25, total_iters=12),
    "linear": lambda s, o: s.LinearLR(o),
    "linear-down": lambda s, o: s.LinearLR(o, 1.0, 0.1, total_iters=40),
    "exponential": lambda s, o: s.ExponentialLR(o, 0.93),
    "polynomial": lambda s, o: s.PolynomialLR(o),
    "polynomial-power": lambda s, o: s.PolynomialLR(o, 50, 2.5),
    "cosine": lambda s, o: s.CosineAnnealingLR(o, 20),
    "cosine-min": lambda s, o: s.CosineAnnealingLR(o, 13, eta_min=0.01),
    "restarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 6),
    "restarts-longer": lambda s, o: s.CosineAnnealingWarmRestarts(o, 4, 2, eta_min=0.01),
    "cyclic": lambda s, o: s.CyclicLR(o, 0.01, 0.2, step_size_up=7),
    "cyclic-down": lambda s, o: s.CyclicLR(o, [0.01, 0.02], [0.2, 0.3], 5, 9, "triangular2"),
    "cyclic-exp": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 5, mode="exp_range", gamma=0.98),
    "cyclic-scale": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 5, scale_fn=lambda x: 0.9**x),
    "cyclic-rate": lambda s, o: s.CyclicLR(o, 0.01, 0.2, 4, cycle_momentum=False),
    "one-cycle": lambda s, o: s.OneCycleLR(o, 0.3, total_steps=70),
    "one-cycle-linear": lambda s, o: s.OneCycleLR(
        o, [0.3, 0.4], epochs=5, steps_per_epoch=12, anneal_strategy="linear"
    ),
    "one-cycle-three": lambda s, o: s.OneCycleLR(
        o, 0.3, 61, pct_start=0.4, three_phase=True, div_factor=5.0, final_div_factor=10.0
    ),
    "sequence": sequence,
    "nested": nested,
    "chain": chain,
}


def optimizer_of(optim, leaf, kind="SGD"):
    """An optimizer with two groups, and no gradients, of PyTorch or of fastnn."""
    options = {"momentum": 0.9} if kind == "SGD" else {}
    groups = [{"params": [leaf()]}, {"params": [leaf()], "lr": 0.05}]
    return getattr(optim, kind)(groups, lr=0.1, **options)


def mine(kind="SGD"):
    return optimizer_of(fastnn.optim, lambda: fastnn.zeros(2, requires_grad=True), kind)


def options_of(optimizer):
    """What a schedule changes."""
    keys = ("lr", "momentum", "betas")
    return [[g[k] for k in keys if k in g] for g in optimizer.param_groups]


def path(optimizer, schedule, steps):
    """The options after each step."""
    found = [options_of(optimizer)]
    for _ in range(steps):
        optimizer.step()
        schedule.step()
        found.append(options_of(optimizer))
    return found


def flat(found):
    return np.array(
        [[float(x) for g in groups for o in g for x in np.ravel(o)] for groups in found]
    )


def theirs(torch, kind="SGD"):
    return optimizer_of(torch.optim, lambda: torch.zeros(2, requires_grad=True), kind)


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
@pytest.mark.parametrize("name", CASES)
def test_torch(name, kind, torch):
    """The same numbers, bit for bit, over 60 steps."""
    here, there = mine(kind), theirs(torch, kind)
    a, b = CASES[name](lr_scheduler, here), CASES[name](torch.optim.lr_scheduler, there)
    np.testing.assert_array_equal(flat(path(here, a, STEPS)), flat(path(there, b, STEPS)))
    assert a.get_last_lr() == b.get_last_lr()
    assert a.last_epoch == b.last_epoch if hasattr(b, "last_epoch") else name == "chain"


@pytest.mark.parametrize("name", CASES)
def test_state_dict_of_torch(name, torch):
    """A run goes on here with the state that PyTorch had, and there with the state from here."""
    there, here, back = theirs(torch), mine(), theirs(torch)
    a = CASES[name](torch.optim.lr_scheduler, there)
    path(there, a, 23)
    b = CASES[name](lr_scheduler, here)
    here.load_state_dict(there.state_dict())
    b.load_state_dict(a.state_dict())
    c = CASES[name](torch.optim.lr_scheduler, back)
    back.load_state_dict(there.state_dict())
    c.load_state_dict(b.state_dict())
    want = flat(path(there, a, STEPS - 23))
    np.testing.assert_array_equal(flat(path(here, b, STEPS - 23)), want)
    np.testing.assert_array_equal(flat(path(back, c, STEPS - 23)), want)


@pytest.mark.parametrize("options", [
    {}, {"patience": 2, "factor": 0.5}, {"mode": "max", "patience": 3},
    {"threshold": 0.3, "patience": 1}, {"threshold_mode": "abs", "threshold": 0.2, "patience": 1},
    {"mode": "max", "threshold_mode": "abs", "threshold": 0.1, "patience": 0, "factor": 0.9},
    {"cooldown": 3, "patience": 1}, {"min_lr": [0.01, 0.03], "patience": 0},
    {"min_lr": 1e-3, "eps": 1e-2, "patience": 0, "factor": 0.8},
])  # fmt: skip
def test_plateau_torch(options, torch):
    here, there = mine(), theirs(torch)
    a = lr_scheduler.ReduceLROnPlateau(here, **options)
    b = torch.optim.lr_scheduler.ReduceLROnPlateau(there, **options)
    losses = np.random.default_rng(0).normal(size=STEPS).round(1)
    for t, loss in enumerate(losses):
        a.step(loss), b.step(loss)
        assert options_of(here) == options_of(there)
        assert a.get_last_lr() == b.get_last_lr()
        if t == 20:
            a.load_state_dict(pickle.loads(pickle.dumps(b.state_dict())))
        if t == 40:
            b.load_state_dict(pickle.loads(pickle.dumps(a.state_dict())))


@pytest.mark.parametrize("name", CASES)
def test_state_dict_continues_the_run(name):
    optimizer, other = mine(), mine()
    a = CASES[name](lr_scheduler, optimizer)
    path(optimizer, a, 17)
    state, saved = copy.deepcopy(a.state_dict()), copy.deepcopy(optimizer.state_dict())
    assert "optimizer" not in state
    b = CASES[name](lr_scheduler, other)
    other.load_state_dict(saved)
    b.load_state_dict(state)
    want = flat(path(optimizer, a, STEPS - 17))
    np.testing.assert_array_equal(flat(path(other, b, STEPS - 17)), want)


FROM_CLOSED_FORM = {
    "step-gamma": lambda t: 0.8 ** (t // 3),
    "multi-step": lambda t: 0.5 ** sum(t >= m for m in (3, 9, 9, 30)),
    "constant-factor": lambda t: 0.25 if t < 12 else 1,
    "linear-down": lambda t: 1 - 0.9 * min(t, 40) / 40,
    "exponential": lambda t: 0.93**t,
    "polynomial-power": lambda t: (1 - min(t, 50) / 50) ** 2.5,
    "cosine": lambda t: (1 + math.cos(math.pi * t / 20)) / 2,
    "restarts": lambda t: (1 + math.cos(math.pi * (t % 6) / 6)) / 2,
    "lambda": lambda t: 0.95**t,
    "multiplicative": lambda t: math.prod(1 - 1 / (2 + i) for i in range(1, t + 1)),
}


@pytest.mark.parametrize("name", FROM_CLOSED_FORM)
def test_closed_forms(name):
    """Each step by the formula of the docstring, and a jump to a step."""
    formula = FROM_CLOSED_FORM[name]
    optimizer = mine()
    schedule = CASES[name](lr_scheduler, optimizer)
    for t in range(STEPS):
        want = [base * formula(t) for base in (0.1, 0.05)]
        np.testing.assert_allclose(schedule.get_last_lr(), want, rtol=0, atol=1e-14)
        optimizer.step()
        schedule.step()
    if name in ("lambda", "multiplicative"):
        return
    for t in (5, 0, 41):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore" if name == "restarts" else "default")
            jump(schedule, t, name != "restarts")
        want = [base * formula(t) for base in (0.1, 0.05)]
        np.testing.assert_allclose(schedule.get_last_lr(), want, rtol=0, atol=1e-15)


def jump(schedule, t, warns):
    if not warns:
        schedule.step(t)
        return
    with pytest.warns(UserWarning, match="argument epoch of step.. is deprecated"):
        schedule.step(t)


@pytest.mark.parametrize("epoch", [0, 0.5, 3.99, 4, 11.5, 12, 28, 59.25])
def test_restarts_at_a_fraction_torch(epoch, torch):
    here, there = mine(), theirs(torch)
    a = CASES["restarts-longer"](lr_scheduler, here)
    b = CASES["restarts-longer"](torch.optim.lr_scheduler, there)
    a.step(epoch), b.step(epoch)
    assert (a.T_cur, a.T_i, a.last_epoch) == (b.T_cur, b.T_i, b.last_epoch)
    for _ in range(9):
        assert a.get_last_lr() == b.get_last_lr()
        a.step(), b.step()


@pytest.mark.parametrize("name", [n for n in CASES if n not in ("sequence", "nested", "chain")])
@pytest.mark.parametrize("last_epoch", [3, 20])
def test_going_on_from_a_step_torch(name, last_epoch, torch):
    """With `last_epoch` and the options that the optimizer had."""
    found = []
    for optim, make in ((fastnn.optim, mine), (torch.optim, lambda: theirs(torch))):
        optimizer = make()
        s = optim.lr_scheduler
        first = CASES[name](s, optimizer)
        path(optimizer, first, last_epoch)
        other = make()
        other.load_state_dict(optimizer.state_dict())

        class Resumed:  # the module with that last_epoch
            def __getattr__(self, kind, s=s):
                return lambda *a, **k: getattr(s, kind)(*a, **k, last_epoch=last_epoch)

        found.append(flat(path(other, CASES[name](Resumed(), other), 12)))
    np.testing.assert_array_equal(*found)


# -- learning rates that are tensors ---------------------------------------------------------


@pytest.mark.parametrize("box", [lambda x: fastnn.tensor(x, dtype="float64"), np.array])
@pytest.mark.parametrize("name", CASES)
def test_a_tensor_changes_in_place(name, box):
    boxes = [box(0.1), box(0.05)]
    groups = [{"params": [fastnn.zeros(2, requires_grad=True)], "lr": b} for b in boxes]
    optimizer, other = SGD(groups, momentum=0.9), mine()
    a, b = CASES[name](lr_scheduler, optimizer), CASES[name](lr_scheduler, other)
    got, want = path(optimizer, a, 0), path(other, b, 0)
    for _ in range(STEPS):
        optimizer.step(), a.step()
        got.append([[float(x) for x in g] for g in options_of(optimizer)])
        want += path(other, b, 1)[1:]
    assert all(g["lr"] is b for g, b in zip(optimizer.param_groups, boxes))
    np.testing.assert_allclose(flat(got[1:]), flat(want[1:]), rtol=1e-13, atol=1e-17)
    last = a.get_last_lr()
    assert not any(x is b for x in last for b in boxes)
    np.testing.assert_array_equal([float(x) for x in last], [float(b) for b in boxes])


def test_plateau_changes_a_tensor_in_place():
    lr = fastnn.tensor(0.5)
    optimizer = SGD([fastnn.zeros(2, requires_grad=True)], lr=lr)
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    for loss in (fastnn.tensor(1.0), 1.0, np.float32(2)):
        schedule.step(loss)
    assert optimizer.param_groups[0]["lr"] is lr
    assert lr.item() == 0.125


# -- the order of calls ----------------------------------------------------------------------


def messages(call):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        call()
    assert all(w.filename == __file__ for w in found)
    return [str(w.message) for w in found]


def test_a_step_before_the_optimizers_is_warned_of_once():
    optimizer = mine()
    schedule = lr_scheduler.StepLR(optimizer, 2)
    (message,) = messages(lambda: schedule.step())
    assert "before optimizer.step()" in message
    assert messages(lambda: schedule.step()) == []


def test_the_right_order_is_not_warned_of():
    optimizer = mine()
    schedule = lr_scheduler.StepLR(optimizer, 2)
    assert messages(lambda: path(optimizer, schedule, 3)) == []


def test_a_step_of_ones_own_counts():
    class Own(fastnn.optim.Optimizer):
        def step(self, closure=None):
            """Nothing."""
            return 7

    optimizer = Own([fastnn.zeros(2, requires_grad=True)], {"lr": 0.1})
    schedule = lr_scheduler.StepLR(optimizer, 2)
    assert optimizer.step() == 7
    assert Own.step.__doc__ == "Nothing."
    assert messages(lambda: schedule.step()) == []


def test_a_schedule_of_a_program():
    """By the base's older name, with a closed form, as programs for PyTorch write them."""

    class Warmup(lr_scheduler._LRScheduler):
        def __init__(self, optimizer, steps):
            self.steps = steps
            super().__init__(optimizer)

        def get_lr(self):
            return [lr * min(1, (self.last_epoch + 1) / self.steps) for lr in self.base_lrs]

        def _get_closed_form_lr(self):
            return [7 * lr for lr in self.base_lrs]

    optimizer = mine()
    schedule = Warmup(optimizer, 4)
    assert schedule.get_last_lr() == [0.025, 0.0125]
    path(optimizer, schedule, 3)
    assert schedule.get_last_lr() == [0.1, 0.05]
    with pytest.warns(UserWarning, match="deprecated"):
        schedule.step(2)
    assert schedule.get_last_lr() == [7 * 0.1, 7 * 0.05]


def test_get_lr_outside_of_a_step_is_warned_of():
    for name in ("lambda", "multiplicative", "step", "restarts", "cyclic", "one-cycle"):
        schedule = CASES[name](lr_scheduler, mine())
        (message,) = messages(lambda s=schedule: s.get_lr())
        assert "get_last_lr()" in message


# -- functions with state --------------------------------------------------------------------


class Decay:
    def __init__(self, rate):
        self.rate = rate

    def __call__(self, t):
        return self.rate**t


def test_objects_as_functions_are_saved_and_functions_are_not():
    first, second = mine(), mine()
    a = lr_scheduler.LambdaLR(first, [Decay(0.5), lambda t: 0.9**t])
    assert a.state_dict()["lr_lambdas"] == [{"rate": 0.5}, None]
    b = lr_scheduler.LambdaLR(second, [Decay(0.1), lambda t: 0.9**t])
    b.load_state_dict(a.state_dict())
    assert [f.rate for f in b.lr_lambdas[:1]] == [0.5]
    c = lr_scheduler.CyclicLR(first, 0.1, 0.2, 5, scale_fn=Decay(0.5))
    d = lr_scheduler.CyclicLR(second, 0.1, 0.2, 5, scale_fn=Decay(0.1))
    d.load_state_dict(pickle.loads(pickle.dumps(c.state_dict())))
    np.testing.assert_array_equal(flat(path(first, c, 9)), flat(path(second, d, 9)))


# -- errors ----------------------------------------------------------------------------------

S = lr_scheduler


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda o: S.StepLR(3, 2), TypeError, "StepLR: optimizer must be an Optimizer .* got int"),
        (lambda o: S.StepLR(o, 0), ValueError, "StepLR: step_size must be above 0, got 0"),
        (lambda o: S.StepLR(o, "2"), TypeError, "StepLR: step_size must be a number, got '2'"),
        (lambda o: S.StepLR(o, 2, last_epoch=4), KeyError, "group 0 .* must have initial_lr"),
        (lambda o: S.LambdaLR(o, [abs]), ValueError, "for each of the 2 groups .* got 1"),
        (lambda o: S.LambdaLR(o, 0.5), TypeError, "LambdaLR: lr_lambda must be a function, got fl"),
        (lambda o: S.MultiStepLR(o, 3), TypeError, "MultiStepLR: milestones must be a list"),
        (lambda o: S.ConstantLR(o, 1.5), ValueError, r"ConstantLR: factor must be in \[0, 1\]"),
        (lambda o: S.LinearLR(o, 0), ValueError, r"LinearLR: start_factor must be in \(0, 1\]"),
        (lambda o: S.LinearLR(o, 1, 2), ValueError, r"LinearLR: end_factor must be in \[0, 1\]"),
        (lambda o: S.ExponentialLR(o, "x"), TypeError, "ExponentialLR: gamma must be a number"),
        (lambda o: S.PolynomialLR(o, -1), ValueError, "total_iters must be at least 0, got -1"),
        (lambda o: S.CosineAnnealingLR(o, 0), ValueError, "T_max must be above 0, got 0"),
        (lambda o: S.CosineAnnealingWarmRestarts(o, 0), ValueError, "T_0 must be an int of at"),
        (lambda o: S.CosineAnnealingWarmRestarts(o, 2).step(-1), ValueError, "epoch must not be"),
        (lambda o: S.CyclicLR(o, 0.1, 0.2, 0), ValueError, "step_size_up must be above 0"),
        (lambda o: S.CyclicLR(o, 0.1, 0.2, mode="x"), ValueError, "mode must be one of"),
        (lambda o: S.CyclicLR(o, [0.1], 0.2), ValueError, "base_lr must have one value for each"),
        (lambda o: S.OneCycleLR(o, 0.1), ValueError, "pass total_steps, or epochs and steps_per"),
        (lambda o: S.OneCycleLR(o, 0.1, 0), ValueError, "total_steps must be an int above 0"),
        (lambda o: S.OneCycleLR(o, 0.1, 9, pct_start=2), ValueError, "pct_start must be in"),
        (lambda o: S.OneCycleLR(o, 0.1, 9, anneal_strategy="x"), ValueError, "must be one of"),
        (lambda o: path(o, S.OneCycleLR(o, 0.1, 9), 11), ValueError, "step 10 is beyond the 9"),
        (lambda o: S.ReduceLROnPlateau(o, factor=1), ValueError, "factor must be below 1, got 1"),
        (lambda o: S.ReduceLROnPlateau(o, "least"), ValueError, "mode must be one of"),
        (lambda o: S.ReduceLROnPlateau(o, min_lr=[0]), ValueError, "min_lr must have one value"),
        (lambda o: S.ReduceLROnPlateau(o).step("x"), TypeError, "metrics must be a number"),
        (lambda o: S.SequentialLR(o, [], []), ValueError, "schedulers must be a list of sched"),
        (lambda o: S.SequentialLR(o, [S.StepLR(o, 1)], [1]), ValueError, "one step less than the"),
        (lambda o: S.SequentialLR(mine(), [S.StepLR(o, 1)], []), ValueError, "another optimizer"),
        (lambda o: S.ChainedScheduler([S.ReduceLROnPlateau(o)]), ValueError, "needs a loss"),
        (lambda o: S.ChainedScheduler([o]), TypeError, "must be a schedule, got SGD"),
        (lambda o: S.StepLR(o, 1).load_state_dict(3), TypeError, "StepLR: state_dict must be a d"),
        (lambda o: chain(S, o).load_state_dict({}), ValueError, "the states of 2 schedules, got 0"),
        (lambda o: LRScheduler(o), NotImplementedError, "LRScheduler: define get_lr"),
    ],
)
def test_errors(make, error, match):
    with pytest.raises(error, match=match):
        make(mine())


def test_a_momentum_is_needed_where_it_cycles():
    optimizer = fastnn.optim.Adagrad([fastnn.zeros(2, requires_grad=True)])
    for make in (CASES["one-cycle"], lambda s, o: s.CyclicLR(o, 0.1, 0.2)):
        with pytest.raises(ValueError, match="needs an optimizer with momentum or betas, got Adag"):
            make(lr_scheduler, optimizer)
    assert optimizer.param_groups[0]["lr"] == 1e-2


def test_a_group_that_came_later_is_refused():
    optimizer = Adam([fastnn.zeros(2, requires_grad=True)])
    schedule = lr_scheduler.StepLR(optimizer, 2)
    optimizer.add_param_group({"params": [fastnn.zeros(3, requires_grad=True)]})
    optimizer.step()
    with pytest.raises(ValueError, match="shorter"):
        schedule.step()
