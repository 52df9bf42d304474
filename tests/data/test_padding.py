"""Batches of sequences of different lengths."""

import pickle
from collections import namedtuple
from functools import partial

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.data import DataLoader, pad_collate

pytestmark = pytest.mark.any_threading
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("lengths", [[3], [0], [2, 5, 1], [4, 4], [0, 3], list(range(17))])
@pytest.mark.parametrize("rest", [(), (2,), (2, 3), (0,)])
@pytest.mark.parametrize("dtype", [np.float32, np.int64, np.uint8, np.float64])
@pytest.mark.parametrize("batch_first", [False, True])
def test_as_pad_sequence(lengths, rest, dtype, batch_first):
    samples = [RNG.integers(1, 9, (n, *rest)).astype(dtype) for n in lengths]
    expected = nn.utils.rnn.pad_sequence(
        [fastnn.from_numpy(s) for s in samples], batch_first, padding_value=7
    )
    for batch in (samples, [fastnn.from_numpy(s) for s in samples]):
        out, found = pad_collate(batch, 7, batch_first)
        np.testing.assert_array_equal(out.numpy(), expected.numpy(), strict=True)
        assert found.tolist() == lengths
        assert found.dtype == np.int64


def test_lists_of_numbers():
    (ids, lengths), (weights, _) = pad_collate([([1, 2], [0.5]), ([3], []), ([], [2, 1])])
    assert (ids.tolist(), ids.dtype) == ([[1, 3, 0], [2, 0, 0]], np.int64)
    assert lengths.tolist() == [2, 1, 0]
    assert (weights.tolist(), weights.dtype) == ([[0.5, 0, 2], [0, 0, 1]], np.float32)
    out, lengths = pad_collate([[], []])
    assert (out.shape, lengths.tolist()) == ((0, 2), [0, 0])
    out, lengths = pad_collate([[[1, 2]], [[3, 4], [5, 6]], []])
    assert (out.shape, lengths.tolist()) == ((2, 3, 2), [1, 2, 0])


Sample = namedtuple("Sample", "tokens tags name weight")


def test_parts_of_samples():
    samples = [
        Sample([5, 6], np.array([1, 0]), "a", 0.5),
        Sample([7], np.array([2]), "b", 1.0),
    ]
    batch = pad_collate(samples, (0, -100, 0, 0), batch_first=True)
    assert type(batch) is Sample
    assert batch.tokens[0].tolist() == [[5, 6], [7, 0]]
    assert batch.tags[0].tolist() == [[1, 0], [2, -100]]
    assert batch.name == ["a", "b"]
    assert batch.weight.tolist() == [0.5, 1.0]
    as_dicts = [{"x": s.tokens, "y": {"tags": s.tags, "n": 1}} for s in samples]
    batch = pad_collate(as_dicts, {"x": 1, "y": {"tags": -1, "n": 0}}, batch_first=True)
    assert batch["x"][0].tolist() == [[5, 6], [7, 1]]
    assert batch["y"]["tags"][0].tolist() == [[1, 0], [2, -1]]
    assert batch["y"]["n"].tolist() == [1, 1]
    assert pad_collate([(1, "x"), (2, "y")])[0].tolist() == [1, 2]


@pytest.mark.parametrize("workers", [0, 2])
def test_in_a_loader_before_a_recurrent_layer(workers):
    """Padding changes nothing of what packed sequences give."""
    samples = [(RNG.normal(size=(n, 3)).astype(np.float32), n % 2) for n in (5, 2, 7, 1)]
    loader = DataLoader(samples, 2, collate_fn=pad_collate, num_workers=workers)
    layer = nn.GRU(3, 4)
    for number, ((x, lengths), labels) in enumerate(loader):
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        _, state = layer(packed)
        assert labels.tolist() == [n % 2 for _, n in samples[2 * number : 2 * number + 2]]
        for i in range(2):
            alone = layer(fastnn.from_numpy(samples[2 * number + i][0]))[1]
            np.testing.assert_allclose(
                state[0, i].detach().numpy(), alone[0].detach().numpy(), atol=1e-6
            )


def test_other_arguments_for_a_loader():
    collate = pickle.loads(pickle.dumps(partial(pad_collate, padding_value=9, batch_first=True)))
    ((x, lengths),) = DataLoader([[1], [2, 3]], 2, collate_fn=collate)
    assert (x.tolist(), lengths.tolist()) == ([[1, 9], [2, 3]], [1, 2])


@pytest.mark.parametrize(
    ("batch", "match"),
    [
        ([], "there are no samples"),
        ([np.ones((2, 3)), np.ones((2, 4))], r"sample 1 has shape \(2, 4\), others have \(T, 3\)"),
        ([np.ones((2, 3)), np.ones(2)], r"sample 1 has shape \(2,\), others have \(T, 3\)"),
        ([(np.ones(2), 1), (np.ones((2, 2)), 1)], r"sample 1\[0\] has shape \(2, 2\)"),
        ([([1], 2), ([1], 2, 3)], "sample 0 has 2 parts, but sample 1 has 3 parts"),
        ([([1], 2), [1]], "sample 0 has 2 parts, but sample 1 has 1 parts"),
        ([{"a": [1]}, {"b": [1]}], r"sample 0 has the keys \['a'\], but sample 1 has the keys"),
        ([[1], 2], "sample 1 is of type int, others are sequences"),
        ([[1], None], "sample 1 is of type NoneType, others are sequences"),
        (
            [fastnn.ones(2, requires_grad=True)],
            "requires a gradient; use nn.utils.rnn.pad_sequence",
        ),
    ],
)
def test_samples_that_differ(batch, match):
    with pytest.raises(ValueError, match=f"pad_collate: {match}|{match}"):
        pad_collate(batch)


@pytest.mark.parametrize(
    ("batch", "match"),
    [
        ([["a", "b"]], "sample 0 is no sequence of numbers"),
        ([[1], [None]], "sample 1 is no sequence of numbers"),
        ([[[1], [2, 3]]], "sample 0 is no sequence of numbers: .*different lengths"),
        ([(np.array(["a"]), 1)], r"sample 0\[0\] is no sequence of numbers, it is of <U1"),
        ([np.array([object()])], "sample 0 is no sequence of numbers, it is of object"),
    ],
)
def test_sequences_of_other_things(batch, match):
    with pytest.raises(TypeError, match=f"pad_collate: {match}"):
        pad_collate(batch)


@pytest.mark.parametrize(
    ("value", "match"),
    [
        ("0", r"padding_value\[0\] must be a number, got '0'"),
        (None, r"padding_value\[0\] must be a number, got None"),
        (0.5, r"padding_value\[0\] is 0.5, which no element of int64 can be"),
        ((0,), r"padding_value must have the parts \[0, 1\] of samples, got \(0,\)"),
        ({0: 1, 1: 2}, r"padding_value must have the parts \[0, 1\] of samples"),
        (((0, 1), 1), r"padding_value\[0\] must be a number, got \(0, 1\)"),
    ],
)
def test_bad_padding_values(value, match):
    with pytest.raises(ValueError, match=f"pad_collate: {match}"):
        pad_collate([([1], 2)], value)
