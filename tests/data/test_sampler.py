"""Samplers: exact orders, and chances that are exact but for the number of draws."""

import itertools
from collections import Counter

import numpy as np
import pytest

import fastnn
from fastnn import data
from fastnn.data import (
    BatchSampler,
    DataLoader,
    DistributedSampler,
    RandomSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


@pytest.mark.parametrize("count", range(12))
@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7, 11, 12, None])
@pytest.mark.parametrize("drop_last", [False, True])
def test_batches(count, size, drop_last):
    """Remainders of every size, of a dataset in order, shuffled, from a sampler and in groups."""
    step = size or max(count, 1)
    expected = [list(range(count))[i : i + step] for i in range(0, count, step)]
    if drop_last and size is not None:
        expected = [batch for batch in expected if len(batch) == size]
    samples = list(range(count))
    for options in ({}, {"sampler": samples}, {"sampler": iter(samples)}):
        loader = DataLoader(samples, size, drop_last=drop_last, **options)
        assert [x.tolist() for x in loader] == expected
    assert len(DataLoader(samples, size, drop_last=drop_last)) == len(expected)
    shuffled = list(DataLoader(samples, size, shuffle=True, drop_last=drop_last))
    assert [len(x) for x in shuffled] == [len(batch) for batch in expected]
    drawn = [i for x in shuffled for i in x.tolist()]
    assert len(set(drawn)) == len(drawn) == sum(map(len, expected))
    if size is not None:
        groups = BatchSampler(samples, size, drop_last)
        assert list(groups) == expected
        assert len(groups) == len(expected)


@pytest.mark.parametrize("wanted", [1, 3, 4, 5, 8, 11])
def test_more_samples_than_the_dataset_has(wanted):
    """Each round has every sample once, in an order of its own; the last one is cut off."""
    sampler = RandomSampler(range(4), num_samples=wanted, generator=fastnn.Generator(3))
    order = fastnn.Generator(3).numpy
    rounds = [order.permutation(4).tolist() for _ in range(3)]
    assert list(sampler) == list(itertools.chain(*rounds))[:wanted]
    assert len(sampler) == wanted
    for begin in range(0, wanted - 3, 4):
        assert sorted(rounds[begin // 4]) == [0, 1, 2, 3]


def test_drawing_with_replacement():
    sampler = RandomSampler(range(3), replacement=True, num_samples=3000)
    counts = Counter(sampler)
    assert set(counts) == {0, 1, 2}
    assert all(abs(n - 1000) < 5 * np.sqrt(3000 * 2 / 9) for n in counts.values())  # 5 sigma
    assert len(list(RandomSampler(range(3), replacement=True))) == 3
    assert list(RandomSampler([], replacement=True)) == list(RandomSampler([])) == []


def test_weights():
    fastnn.manual_seed(1)
    assert list(WeightedRandomSampler([0, 3, 0], 4)) == [1, 1, 1, 1]
    n, weights = 20000, np.array([1.0, 0.0, 2.0, 5.0])
    for scale in (1.0, 1e-300, 3e307):  # sums that would overflow or vanish
        counts = Counter(WeightedRandomSampler(weights * scale, n))
        for i, p in enumerate(weights / weights.sum()):
            assert abs(counts[i] - n * p) <= 5 * np.sqrt(n * p * (1 - p))


def test_weights_without_replacement():
    """The chance of i then j is w_i / W times w_j / (W - w_i)."""
    weights = [1.0, 0.0, 2.0, 5.0]
    assert list(WeightedRandomSampler([0, 7, 0], 1, replacement=False)) == [1]
    fastnn.manual_seed(2)
    n, total = 20000, sum(weights)
    counts = Counter(tuple(WeightedRandomSampler(weights, 2, replacement=False)) for _ in range(n))
    pairs = list(itertools.permutations((0, 2, 3), 2))
    assert set(counts) == set(pairs)
    for i, j in pairs:
        p = weights[i] / total * weights[j] / (total - weights[i])
        assert abs(counts[i, j] - n * p) <= 5 * np.sqrt(n * p * (1 - p))
    for _ in range(50):
        assert sorted(WeightedRandomSampler(weights, 3, replacement=False)) == [0, 2, 3]


@pytest.mark.parametrize(
    ("weights", "match"),
    [
        ([-1, 2], r"weights must be finite and >= 0, weights\[0\] is -1"),
        ([1, float("inf")], r"weights\[1\] is inf"),
        ([float("nan")], r"weights\[0\] is nan"),
        ([1, -0.5, float("nan")], r"weights\[1\] is -0.5"),
        ([0, 0.0], "weights must not be all 0"),
        ([], "weights must not be all 0"),
        ([[1, 2]], "weights must be a list of numbers"),
        (3, "weights must be a list of numbers"),
    ],
)
def test_bad_weights(weights, match):
    with pytest.raises(ValueError, match=f"WeightedRandomSampler: .*{match}"):
        WeightedRandomSampler(weights, 2)


def test_bad_numbers():
    for bad in (0, -1, 2.0, "2", float("nan"), None):
        match = "must be a positive integer, got"
        with pytest.raises(ValueError, match=f"WeightedRandomSampler: num_samples {match}"):
            WeightedRandomSampler([1, 2], bad)
        with pytest.raises(ValueError, match=f"BatchSampler: batch_size {match}"):
            BatchSampler([1], bad, False)
        if bad is not None:
            with pytest.raises(ValueError, match=f"RandomSampler: num_samples {match}"):
                RandomSampler([1, 2], num_samples=bad)
    with pytest.raises(ValueError, match=r"at most the number of weights above 0, 2, .* got 3"):
        WeightedRandomSampler([1, 0, 2], 3, replacement=False)


def test_a_base_says_what_to_define():
    with pytest.raises(NotImplementedError, match=r"Sampler: define a method __iter__\(self\)"):
        list(data.Sampler())


@pytest.mark.parametrize("replacement", [False, True])
def test_an_epoch_far_larger_than_the_dataset_is_drawn_when_it_is_needed(replacement):
    sampler = RandomSampler(
        range(3), replacement, num_samples=10**12, generator=fastnn.Generator(0)
    )
    assert len(sampler) == 10**12
    first = list(itertools.islice(sampler, 3000))
    assert all(950 <= first.count(i) <= 1050 for i in range(3))
    if not replacement:
        assert all(set(first[i : i + 3]) == {0, 1, 2} for i in range(0, 3000, 3))
    loader = DataLoader(fastnn.arange(3), batch_size=5, sampler=sampler)
    assert next(iter(loader)).shape == (5,)
    assert len(loader) == 2 * 10**11


def test_blocks_are_the_order(monkeypatch):
    monkeypatch.setattr(fastnn.data.sampler, "BLOCK", 7)
    for replacement in (False, True):
        sampler = RandomSampler(range(5), replacement, num_samples=33)
        drawn = list(sampler)
        assert len(drawn) == 33
        assert set(drawn) <= set(range(5))
        assert sampler.order() is None


def test_a_random_subset():
    indices = [7, 3, 5, 11]
    sampler = SubsetRandomSampler(indices, generator=fastnn.Generator(1))
    epochs = {tuple(sampler) for _ in range(20)}
    assert len(sampler) == 4
    assert len(epochs) > 5
    assert {tuple(sorted(e)) for e in epochs} == {(3, 5, 7, 11)}
    assert list(SubsetRandomSampler([])) == []
    assert {x.item() for x in DataLoader(fastnn.arange(12), sampler=sampler)} == set(indices)


@pytest.mark.parametrize("size", [0, 1, 5, 12])
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_processes_share_a_dataset(size, drop_last, shuffle):
    parts = [DistributedSampler(range(size), 4, rank, shuffle, 3, drop_last) for rank in range(4)]
    for epoch in range(2):
        orders = []
        for part in parts:
            part.set_epoch(epoch)
            assert list(part) == list(part)
            assert len(list(part)) == len(part) == (size // 4 if drop_last else -(-size // 4))
            orders.append(list(part))
        counts = np.bincount(np.array(orders, int).reshape(-1), minlength=size)
        assert counts.max(initial=0) <= (1 if drop_last or (size >= 4 and size % 4 == 0) else 4)
        if not drop_last:
            assert counts.all()
    if size == 12 and shuffle:
        parts[0].set_epoch(0)
        assert list(parts[0]) != orders[0]


def test_a_process_must_be_known():
    with pytest.raises(RuntimeError, match="DistributedSampler: pass num_replicas and rank"):
        DistributedSampler(range(3))
    with pytest.raises(ValueError, match="DistributedSampler: rank must be from 0 to 1, got 2"):
        DistributedSampler(range(3), 2, 2)
