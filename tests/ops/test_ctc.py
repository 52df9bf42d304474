"""Connectionist temporal classification."""

import itertools

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from tests.harness import THREADS, Bad, Record, Sample, numbers, record_test, threads
from tests.reference.loss import ctc_loss as reference
from tests.reference.softmax import log_softmax

T, N, C, S = 6, 4, 5, 3
X = log_softmax(numbers(T, N, C), 2)
TARGETS = np.array([[1, 2, 3], [2, 2, 4], [4, 0, 0], [1, 1, 1]])
STEPS, LENGTHS = np.array([6, 6, 2, 5]), np.array([3, 3, 1, 2])
FLAT = np.array([1, 2, 3, 2, 2, 4, 4, 1, 1])


def options(**more):
    return [
        {"reduction": reduction, "zero_infinity": zero, **more}
        for reduction, zero in itertools.product(("mean", "sum", "none"), (False, True))
    ]


def states(x, targets, steps, lengths, *args, **kwargs):
    return 8.0 * len(x) * (2 * max(np.max(lengths, initial=0), 1) + 1)


RECORDS = [
    Record(
        "ctc_loss",
        fastnn.ctc_loss,
        reference,
        [
            *[Sample(X, TARGETS, STEPS, LENGTHS, **o) for o in options()],
            Sample(X, FLAT, STEPS, LENGTHS),
            Sample(X, np.zeros((N, 0), int), STEPS, 0 * LENGTHS, reduction="sum"),
            Sample(X, TARGETS, [6, 5, 0, 5], [3, 3, 0, 2], reduction="none"),
            Sample(X, (TARGETS + 1) % C, STEPS, LENGTHS - 1, blank=1, reduction="none"),
            Sample(X[:, :1], TARGETS[:1].astype(np.int32), [6], [3]),
            # impossible: more symbols, or repetitions, than steps
            Sample(X, TARGETS, [2, 3, 2, 3], LENGTHS, zero_infinity=True, reduction="none"),
            Sample(X[:, :0], TARGETS[:0], STEPS[:0], LENGTHS[:0], reduction="sum"),
        ],
        large=[
            Sample(
                log_softmax(numbers(60, 12, 20), 2),
                np.random.Generator(np.random.PCG64(0)).integers(1, 20, (12, 17)),
                np.arange(49, 61),
                np.arange(6, 18),
            )
        ],
        depth=states,
        magnitude=8.0,
        bad=[
            Bad(
                ValueError, r"must have 3 dimensions \(T, N, C\)", X[0, 0], TARGETS, STEPS, LENGTHS
            ),
            Bad(ValueError, "blank must be a symbol .* from 0 to 4", X, TARGETS, STEPS, LENGTHS, 5),
            Bad(ValueError, r"input_lengths\[0\] must lie", X, TARGETS, STEPS + 1, LENGTHS),
            Bad(ValueError, r"target_lengths\[0\] must lie", X, TARGETS, STEPS, LENGTHS + 1),
            Bad(ValueError, r"target_lengths\[2\] must lie", X, TARGETS, STEPS, LENGTHS - 3),
            Bad(ValueError, r"input_lengths must have shape \(4,\)", X, TARGETS, [6], LENGTHS),
            Bad(ValueError, "as target_lengths add up to, 9, got 8", X, FLAT[1:], STEPS, LENGTHS),
            Bad(IndexError, r"targets\[0, 2\] is 5, but", X, TARGETS + 2, STEPS, LENGTHS),
            Bad(ValueError, r"targets must have shape \(4, S\)", X, TARGETS[:2], STEPS, LENGTHS),
            Bad(ValueError, "reduction must be", X, TARGETS, STEPS, LENGTHS, reduction="avg"),
            Bad(TypeError, "integer", X, TARGETS, STEPS, LENGTHS * 1.0),
        ],
    )
]


test_record = record_test(RECORDS)


def test_one_sample():
    want = F.ctc_loss(X[:, :1], TARGETS[:1], STEPS[:1], LENGTHS[:1])
    x = fastnn.tensor(X[:, 0], requires_grad=True)
    got = F.ctc_loss(x, TARGETS[0], fastnn.tensor(6), 3)
    np.testing.assert_array_equal(got.detach(), want)
    got.backward()
    assert x.grad.shape == (T, C)


def test_impossible_targets():
    for zero, loss, gradient in ((False, np.inf, np.nan), (True, 0.0, 0.0)):
        x = fastnn.tensor(X, requires_grad=True)
        y = F.ctc_loss(x, TARGETS, [2] * 4, [3] * 4, reduction="none", zero_infinity=zero)
        np.testing.assert_array_equal(y.detach(), [loss] * 4)
        y.sum().backward()
        np.testing.assert_array_equal(x.grad[:2], np.full((2, N, C), gradient))
        np.testing.assert_array_equal(x.grad[2:], np.zeros((4, N, C)))


def test_long_targets_keep_their_digits():
    """A thousand steps in float32: each symbol's posteriors still add up to 1 at each step."""
    x = log_softmax(numbers(1000, 1, 30), 2).astype(np.float32)
    target = np.random.Generator(np.random.PCG64(1)).integers(1, 30, (1, 300))
    leaf = fastnn.tensor(x, requires_grad=True)
    loss = F.ctc_loss(leaf, target, [1000], [300], reduction="sum")
    wide = F.ctc_loss(x.astype(np.float64), target, [1000], [300], reduction="sum")
    np.testing.assert_allclose(loss.item(), wide.item(), rtol=np.finfo(np.float32).eps)
    loss.backward()
    np.testing.assert_allclose(leaf.grad.numpy().sum(2), -1.0, rtol=1e-5)


def test_same_bits_with_any_threads_and_order_of_memory():
    found = []
    for n in THREADS:
        for x in (X, np.ascontiguousarray(X.transpose(1, 2, 0)).transpose(2, 0, 1)):
            leaf = fastnn.tensor(x, requires_grad=True)
            with threads(n):
                loss = F.ctc_loss(leaf, TARGETS, STEPS, LENGTHS)
                loss.backward()
            found.append((loss.item(), leaf.grad.numpy()))
    for loss, gradient in found[1:]:
        assert loss == found[0][0]
        np.testing.assert_array_equal(gradient, found[0][1])


@pytest.mark.parametrize("o", options(), ids=str)
@pytest.mark.parametrize("flat", [False, True])
def test_matches_torch(flat, o):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    rng = np.random.Generator(np.random.PCG64(2))
    scores = rng.normal(size=(40, 6, 9))
    lengths = np.array([10, 0, 7, 12, 3, 12])
    steps = np.array([40, 9, 8, 30, 40, 26])
    targets = rng.integers(1, 9, (6, 12))
    targets[3, :4] = 2
    if o["zero_infinity"]:
        steps[0] = 9
    if flat:
        targets = np.concatenate([t[:n] for t, n in zip(targets, lengths)])
    a = fastnn.tensor(scores, requires_grad=True)
    b = torch.tensor(scores, requires_grad=True)
    got = F.ctc_loss(F.log_softmax(a, 2), targets, steps, lengths, **o)
    want = torch.nn.functional.ctc_loss(
        torch.nn.functional.log_softmax(b, 2), *map(torch.tensor, (targets, steps, lengths)), **o
    )
    dy = rng.uniform(0.5, 1.0, want.shape)
    got.backward(fastnn.tensor(dy))
    want.backward(torch.tensor(dy))
    np.testing.assert_allclose(got.detach(), want.detach(), rtol=1e-12)
    np.testing.assert_allclose(a.grad, b.grad, rtol=1e-10, atol=1e-13)
