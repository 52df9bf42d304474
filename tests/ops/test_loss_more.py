"""Losses that are likelihoods, or have a margin, and the distances they are made of."""

import itertools

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from tests.harness import SIZES, Bad, Record, Sample, away_from, numbers, record_test
from tests.reference import loss as reference

REDUCTIONS = ("mean", "sum", "none")
X = numbers(3, 4)
SIDES = np.sign(away_from(numbers(3, 4, seed=9), 0.0))


def reduced_samples(*arrays, options=({},)):
    return [
        Sample(*arrays, reduction=reduction, **o)
        for reduction, o in itertools.product(REDUCTIONS, options)
    ]


def pairs(low=-2.0, high=2.0, t_low=0.1, t_high=2.0, options=({},)):
    """Inputs and targets of every size."""
    return [
        sample
        for n in SIZES
        for sample in reduced_samples(
            numbers(n, low=low, high=high),
            numbers(n, low=t_low, high=t_high, seed=1),
            options=options,
        )
    ]


def triples(t_low, t_high, options=({},)):
    """Of every size, away from the kink of the margin."""
    found = []
    for n in SIZES:
        x, t = numbers(n), numbers(n, seed=1)
        v = numbers(n, low=t_low, high=t_high, seed=2)
        found += reduced_samples(x, t, v, options=options)
    return found


def signs(n):
    return np.sign(away_from(numbers(n, seed=3), 0.0))


def ranked():
    found = []
    for n in SIZES:
        apart = away_from(numbers(n, low=-3, high=3), 0.0, 0.5, -0.5)
        t = numbers(n, seed=1)
        found += reduced_samples(t + apart, t, signs(n), options=({}, {"margin": 0.5}))
    return found


def hinged():
    found = []
    for n in SIZES:
        x = away_from(numbers(n, low=0, high=3), 1.0, 0.5)
        found += reduced_samples(x, signs(n), options=({}, {"margin": 0.5}))
        found += reduced_samples(x, 0.0 * x)
    return found


def rounds(x, *args, **kwargs):
    return 24 + np.size(x) ** 0.5


def largest(x, *args, **kwargs):
    rows = 1 if kwargs.get("reduction", "mean") == "mean" else np.size(x)
    return 20.0 * max(1, rows) ** 0.5


def record(name, samples, bad=(), **more):
    return Record(
        name,
        getattr(fastnn, name),
        getattr(reference, name),
        samples,
        bad,
        depth=rounds,
        magnitude=largest,
        **more,
    )


IDS = np.array([0, 3, 1])
LISTS = np.array([[0, 2, -1, 9], [-1, 0, 0, 0], [3, 2, 1, 0]])
NOT_A_REDUCTION = "reduction must be 'none', 'mean' or 'sum', got 'avg'"


def gaps(x, *limits):
    """Scores none of which is a limit above another one."""
    return x + np.arange(x.shape[-1]) * 1e-2


RECORDS = [
    record(
        "kl_div",
        [
            *pairs(),
            *pairs(t_low=-2.0, options=({"log_target": True},)),
            Sample(X, numbers(3, 4, low=0.1), reduction="batchmean"),
        ],
        [
            Bad(ValueError, "needs a batch in dim 0", numbers(), numbers(), reduction="batchmean"),
            Bad(ValueError, "must be", X, X, reduction="avg"),
        ],
        large=[Sample(numbers(200, 1001), numbers(200, 1001, low=0.1))],
    ),
    record(
        "poisson_nll_loss",
        [
            *pairs(t_high=9.0, options=({}, {"full": True})),
            *pairs(low=0.5, options=({"log_input": False}, {"log_input": False, "eps": 0.1})),
        ],
        [Bad(ValueError, NOT_A_REDUCTION, X, X, reduction="avg")],
    ),
    record(
        "gaussian_nll_loss",
        [
            *triples(0.5, 2.0, ({}, {"full": True})),
            Sample(X, X + 1, numbers(3, low=0.5)),
            Sample(X, X + 1, numbers(3, 1, low=0.5)),
            Sample(X, X + 1, numbers(4, low=0.5)),
        ],
        [
            Bad(ValueError, "var must not be negative, got -1.0", X, X, -np.ones((3, 4))),
            Bad(ValueError, "eps must be greater than 0, got 0", X, X, np.ones((3, 4)), eps=0.0),
            Bad(ValueError, "must be broadcastable to one shape", X, X, np.ones((3, 7))),
        ],
        large=[Sample(numbers(300, 401), numbers(300, 401, seed=1), numbers(300, 401, low=0.5))],
    ),
    record(
        "margin_ranking_loss",
        ranked(),
        [Bad(ValueError, "must be broadcastable to one shape", X, X, np.ones((3, 7)))],
    ),
    record(
        "hinge_embedding_loss",
        hinged(),
        [Bad(ValueError, NOT_A_REDUCTION, X, X, reduction="avg")],
        constants=(1,),
    ),
    record(
        "sigmoid_focal_loss",
        [
            *pairs(-5.0, 5.0, 0.0, 1.0, ({}, {"alpha": -1.0}, {"gamma": 0.0})),
            *pairs(-5.0, 5.0, 0.0, 1.0, ({"gamma": 1.5, "alpha": 0.9},)),
        ],
        [Bad(ValueError, NOT_A_REDUCTION, X, X, reduction="avg")],
        large=[Sample(numbers(100, 1001), numbers(100, 1001, low=0.0, high=1.0))],
    ),
    record(
        "multilabel_soft_margin_loss",
        [
            *reduced_samples(X, numbers(3, 4, low=0, high=1), options=({}, {"weight": X[0] + 3})),
            Sample(numbers(2, 3, 4), numbers(2, 3, 4, low=0, high=1), reduction="none"),
        ],
        [
            Bad(ValueError, NOT_A_REDUCTION, X, X, reduction="avg"),
            Bad(ValueError, r"must have shape \(\*, C\)", numbers(), numbers()),
        ],
        constants=("weight",),
    ),
    record(
        "cosine_embedding_loss",
        [
            *[
                s
                for n in (1, 5, 17)
                for s in reduced_samples(
                    numbers(4, n, low=0.5), numbers(4, n, seed=1), np.array([1, -1, -1, 1])
                )
            ],
            Sample(numbers(5), numbers(5, seed=1), np.array(1)),
            Sample(numbers(5), numbers(5, seed=1), np.array(-1), margin=-0.9),
        ],
        [
            Bad(ValueError, "inputs and target must have shapes", X, X[:2], IDS),
            Bad(ValueError, r"target must have shape \(3,\), got \(2,\)", X, X, IDS[:2]),
            Bad(ValueError, NOT_A_REDUCTION, X, X, IDS, reduction="avg"),
        ],
    ),
    record(
        "multi_margin_loss",
        [
            *reduced_samples(gaps(X), IDS, options=({}, {"p": 2}, {"margin": 0.3})),
            Sample(gaps(X), IDS, weight=X[0] + 3),
            Sample(gaps(X[0]), np.array(2), reduction="none"),
            *[Sample(gaps(numbers(2, n)), np.array([0, n - 1])) for n in SIZES if n],
            Sample(numbers(0, 4), np.zeros(0, int), reduction="sum"),
        ],
        [
            Bad(IndexError, r"target\[1\] is 4, but input has 4 classes", X, np.array([0, 4, 1])),
            Bad(ValueError, "p must be 1 or 2, got 3", X, IDS, 3),
            Bad(ValueError, r"target must have shape \(3,\) for input", X, IDS[:2]),
            Bad(ValueError, r"\(N, C\) or \(C,\) with C > 0", numbers(3, 0), IDS),
            Bad(ValueError, r"weight must have shape \(4,\)", X, IDS, weight=np.ones(3)),
        ],
        large=[Sample(numbers(300, 301), np.arange(300))],
        constants=("weight",),
    ),
    record(
        "multilabel_margin_loss",
        [
            *reduced_samples(gaps(X), LISTS),
            *[Sample(gaps(x), t, reduction="none") for x, t in zip(X, LISTS)],
            Sample(gaps(numbers(2, 35)), np.array([[3, 34, *[-1] * 33]] * 2)),
        ],
        [
            Bad(IndexError, r"target\[0, 1\] is 4, but input has 4 classes", X, LISTS + 2),
            Bad(ValueError, r"target must have shape \(3, 4\)", X, LISTS[:2]),
        ],
    ),
    record(
        "cosine_similarity",
        [
            *[Sample(numbers(3, n), numbers(3, n, seed=1)) for n in SIZES if n],
            Sample(numbers(3, 4, 5), numbers(3, 4, 5, seed=1), dim=-1),
            Sample(numbers(3, 1, 5), numbers(4, 5, seed=1), dim=2),
        ],
        [Bad(IndexError, "dim", X, X, dim=2)],
    ),
    record(
        "pairwise_distance",
        [
            *[Sample(numbers(3, n), numbers(3, n, seed=1)) for n in SIZES if n],
            Sample(X, numbers(3, 4, seed=1), p=1.0, keepdim=True),
            Sample(X[0], numbers(4, seed=1), p=3.0),
        ],
        [Bad(ValueError, "broadcast", X, numbers(2, 5))],
    ),
    record(
        "normalize",
        [
            *[Sample(numbers(3, n)) for n in SIZES if n],
            Sample(numbers(3, 4, 5), p=1.0, dim=0),
            Sample(numbers(3, 4, 5), p=np.inf, dim=-1),
        ],
        [Bad(IndexError, "dim", X, dim=2)],
    ),
    record(
        "triplet_margin_loss",
        [
            *reduced_samples(X, numbers(3, 4, seed=1), numbers(3, 4, seed=2)),
            Sample(X, numbers(3, 4, seed=1), numbers(3, 4, seed=2), swap=True, margin=9.0),
            Sample(X[0], X[1], X[2], 5.0, 1.0),
        ],
        [
            Bad(ValueError, "margin must be greater than 0, got 0", X, X, X, 0.0),
            Bad(ValueError, "as many dimensions as each other", X, X, X[0]),
            Bad(ValueError, NOT_A_REDUCTION, X, X, X, reduction="avg"),
        ],
        covers=("triplet_margin_with_distance_loss",),
    ),
]


test_record = record_test(RECORDS)


def test_a_distance_of_ones_own():
    a, p, n = (numbers(3, 4, seed=i) for i in range(3))
    far = lambda x, y: abs(x - y).sum(-1)  # noqa: E731
    got = F.triplet_margin_with_distance_loss(a, p, n, distance_function=far, margin=2.0)
    want = np.maximum(np.abs(a - p).sum(-1) - np.abs(a - n).sum(-1) + 2.0, 0).mean()
    np.testing.assert_allclose(got.item(), want, rtol=1e-12)
    plain = F.triplet_margin_with_distance_loss(a, p, n)
    np.testing.assert_array_equal(plain, F.triplet_margin_loss(a, p, n))


def test_gradients_at_zero_are_finite():
    zero = fastnn.tensor(np.zeros((2, 3)), requires_grad=True)
    other = fastnn.tensor(numbers(2, 3), requires_grad=True)
    t = fastnn.tensor(np.array([[0.0, 1.0, 0.0]] * 2), requires_grad=True)
    for loss in (
        F.cosine_similarity(zero, other),
        F.normalize(zero),
        F.pairwise_distance(zero, zero),
        F.cosine_embedding_loss(zero, other, np.array([1, -1])),
        F.kl_div(other, t),
        F.sigmoid_focal_loss(fastnn.tensor([-1e4, 1e4], requires_grad=True), np.ones(2, "f4")),
    ):
        loss.sum().backward()
    for x in (zero, other, t):
        assert np.isfinite(x.grad.numpy()).all()


def test_small_variances_get_the_gradient_of_the_bound():
    v = fastnn.tensor(np.array([1e-9, 1.0]), requires_grad=True)
    F.gaussian_nll_loss(np.zeros(2), np.ones(2), v, eps=0.5, reduction="sum").backward()
    np.testing.assert_allclose(v.grad, [0.5 * (2.0 - 4.0), 0.0])


INSIDE = np.minimum(LISTS, 3)  # PyTorch also checks ids after the end of a list
CASES = [
    *[("kl_div", (X, np.abs(X)), (1, 1), {"reduction": r}) for r in (*REDUCTIONS, "batchmean")],
    ("kl_div", (X, X), (1, 1), {"log_target": True}),
    *[("hinge_embedding_loss", (X, SIDES), (1, 0), {"reduction": r}) for r in REDUCTIONS],
    ("poisson_nll_loss", (X, np.abs(X) * 5), (1, 1), {"full": True}),
    ("poisson_nll_loss", (np.abs(X), np.abs(X) * 5), (1, 1), {"log_input": False}),
    *[
        ("gaussian_nll_loss", (X, X * 2, np.abs(X)), (1, 1, 1), {"reduction": r, "full": True})
        for r in REDUCTIONS
    ],
    ("gaussian_nll_loss", (X, X * 2, np.abs(X[:, 0])), (1, 1, 1), {}),
    *[
        ("margin_ranking_loss", (X, X[::-1].copy(), SIDES), (1, 1, 1), {"reduction": r})
        for r in REDUCTIONS
    ],
    ("cosine_embedding_loss", (X, X[::-1].copy(), SIDES[:, 0]), (1, 1, 0), {"margin": 0.1}),
    *[("multi_margin_loss", (X, IDS), (1, 0), {"reduction": r, "p": 2}) for r in REDUCTIONS],
    ("multi_margin_loss", (X, IDS), (1, 0), {"margin": 0.3}),
    *[("multilabel_margin_loss", (X, INSIDE), (1, 0), {"reduction": r}) for r in REDUCTIONS],
    ("multilabel_soft_margin_loss", (X, np.abs(X) / 2), (1, 1), {}),
    ("triplet_margin_loss", (X, X[::-1].copy(), X * 2), (1, 1, 1), {"swap": True}),
    ("triplet_margin_loss", (X, X[::-1].copy(), X * 2), (1, 1, 1), {"p": 1.0}),
    ("cosine_similarity", (X, X[::-1].copy()), (1, 1), {}),
    ("cosine_similarity", (X * 1e-9, X[::-1].copy()), (1, 1), {"dim": 0}),
    ("pairwise_distance", (X, X[::-1].copy()), (1, 1), {}),
    ("pairwise_distance", (X, X), (1, 1), {"keepdim": True}),
    ("normalize", (X,), (1,), {}),
    ("normalize", (0 * X,), (1,), {"p": 1.0}),
]


@pytest.mark.filterwarnings("ignore:.*batchmean")
@pytest.mark.parametrize(("name", "arrays", "needs", "options"), CASES)
def test_matches_torch(name, arrays, needs, options):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    ours = [fastnn.tensor(a, requires_grad=bool(g)) for a, g in zip(arrays, needs)]
    theirs = [torch.tensor(a, requires_grad=bool(g)) for a, g in zip(arrays, needs)]
    got = getattr(F, name)(*ours, **options)
    want = getattr(torch.nn.functional, name)(*theirs, **options)
    dy = numbers(*want.shape, low=0.5)
    got.backward(fastnn.tensor(dy))
    want.backward(torch.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), rtol=1e-12, atol=1e-13)
    for a, b, g in zip(ours, theirs, needs):
        if g:
            np.testing.assert_allclose(a.grad, b.grad, rtol=1e-12, atol=1e-13)
