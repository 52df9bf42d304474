"""Batches of samples of similar length."""

import numpy as np
import pytest

import fastnn
from fastnn.data import BucketBatchSampler, DataLoader, RandomSampler, pad_collate
from fastnn.data.sampler import BatchSampler

pytestmark = pytest.mark.any_threading
LENGTHS = np.random.default_rng(0).geometric(1 / 20, 1003)


@pytest.mark.parametrize("count", [0, 1, 2, 7, 8, 9, 64, 65])
@pytest.mark.parametrize("size", [1, 2, 8, 100])
@pytest.mark.parametrize("pool", [1, 3, 100])
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("shuffle", [False, True])
def test_every_sample_once(count, size, pool, drop_last, shuffle):
    sampler = BucketBatchSampler(LENGTHS[:count], size, drop_last, shuffle, pool)
    batches = list(sampler)
    assert len(batches) == len(sampler) == (count // size if drop_last else -(-count // size))
    drawn = [i for batch in batches for i in batch]
    assert all(type(i) is int for i in drawn)
    kept = count - count % size if drop_last else count
    assert len(drawn) == len(set(drawn)) == kept
    assert set(drawn) <= set(range(count))
    assert all(len(batch) == size for batch in batches[:-1])


def padding(batches):
    """The share of a padded batch that is no sample."""
    padded = sum(len(batch) * LENGTHS[batch].max() for batch in batches)
    return 1 - sum(LENGTHS[batch].sum() for batch in batches) / padded


def test_the_share_of_padding_falls():
    """The larger the pools, the less; at most a tenth of that of random batches at the end."""
    random = padding(list(BatchSampler(RandomSampler(LENGTHS), 16, False)))
    shares = [
        padding(list(BucketBatchSampler(LENGTHS, 16, drop_last=True, pool=n)))
        for n in (1, 4, 16, 62)
    ]
    sorted_ = padding(list(BucketBatchSampler(LENGTHS, 16, shuffle=False)))
    assert abs(shares[0] - random) < 0.05
    assert shares == sorted(shares, reverse=True)
    assert sorted_ < 0.1 * random
    assert shares[3] < 0.1 * random


def test_padding_of_loaded_batches():
    """Of real batches: what a layer computes in vain."""
    samples = [np.ones(n) for n in LENGTHS]

    def empty(**options):
        loader = DataLoader(samples, collate_fn=pad_collate, **options)
        parts = [(x.numpy(), lengths.numpy()) for x, lengths in loader]
        assert all((x.sum(0) == lengths).all() for x, lengths in parts)
        return 1 - sum(x.sum() for x, _ in parts) / sum(x.size for x, _ in parts)

    random = empty(batch_size=32, shuffle=True)
    assert empty(batch_sampler=BucketBatchSampler(LENGTHS, 32)) < random / 4


def test_batches_are_shuffled_and_anew_in_each_epoch():
    sampler = BucketBatchSampler(LENGTHS, 10, generator=3)
    one, two = list(sampler), list(sampler)
    assert one != two
    longest = np.array([LENGTHS[batch].max() for batch in one])
    ranks = longest.argsort().argsort()
    assert abs(np.corrcoef(ranks, np.arange(len(ranks)))[0, 1]) < 5 / np.sqrt(len(ranks))
    again = BucketBatchSampler(LENGTHS, 10, generator=fastnn.Generator(3))
    assert (list(again), list(again)) == (one, two)
    fastnn.manual_seed(3)
    assert list(BucketBatchSampler(LENGTHS, 10)) == one


def test_samples_that_are_dropped_are_not_always_the_longest():
    """Each with the same chance, 3 of 1003."""
    longest, dropped = int(LENGTHS.argmax()), 0
    sampler = BucketBatchSampler(np.sort(LENGTHS)[-11:], 4, drop_last=True, generator=1)
    for _ in range(400):
        dropped += 10 not in {i for batch in sampler for i in batch}
    assert abs(dropped - 400 * 3 / 11) < 5 * np.sqrt(400 * 3 / 11 * 8 / 11)
    assert longest < len(LENGTHS)


def test_without_shuffling_from_short_to_long():
    batches = list(BucketBatchSampler([3, 1, 2, 1, 3], 2, shuffle=False))
    assert batches == [[1, 3], [2, 0], [4]]


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("drop_last", [False, True])
def test_a_run_goes_on_within_an_epoch(workers, drop_last, tmp_path):
    samples = np.arange(53)

    def loader(seed):
        sampler = BucketBatchSampler(LENGTHS[:53], 5, drop_last, generator=seed)
        return DataLoader(samples, batch_sampler=sampler, num_workers=workers, worker_kind="thread")

    first, taken = loader(1), []
    for number, batch in enumerate(first):
        taken.append(batch.tolist())
        if number == 3:
            fastnn.save(first.state_dict(), tmp_path / "state")
    resumed = loader(2)
    resumed.load_state_dict(fastnn.load(tmp_path / "state"))
    assert [batch.tolist() for batch in resumed] == taken[4:]
    assert len(list(resumed)) == len(taken) == len(first)


def test_states_of_other_loaders():
    sampler = BucketBatchSampler(LENGTHS[:20], 5)
    loader = DataLoader(np.arange(20), batch_sampler=sampler)
    next(iter(loader))
    state = loader.state_dict()
    assert sorted(state["order"]) == list(range(20))
    with pytest.raises(ValueError, match="the state has an order of samples, this one takes it"):
        DataLoader(np.arange(20), batch_sampler=[[0, 1]]).load_state_dict(state)
    with pytest.raises(ValueError, match="the state is of a larger dataset"):
        DataLoader(np.arange(9), batch_sampler=sampler).load_state_dict(state)
    with pytest.raises(ValueError, match="the state is after 9 batches, an epoch has 4"):
        loader.load_state_dict({**state, "batches": 9})
    with pytest.raises(TypeError, match="the order of BatchSampler is not known before it is used"):
        other = DataLoader(np.arange(9), batch_sampler=BatchSampler(range(9), 2, False))
        next(iter(other))
        other.state_dict()


@pytest.mark.parametrize(
    ("lengths", "match"),
    [
        (5, "lengths must be a list of integers, got 5"),
        ("abc", "lengths must be a list of integers, got 'abc'"),
        ([1.0, 2.0], "lengths must be a list of integers"),
        ([[1], [2]], "lengths must be a list of integers"),
        ([[1], [2, 3]], "lengths must be a list of integers"),
        ([True], "lengths must be a list of integers"),
        ([None], "lengths must be a list of integers"),
        ([3, -1], r"lengths must be at least 0, lengths\[1\] is -1"),
    ],
)
def test_bad_lengths(lengths, match):
    with pytest.raises(ValueError, match=f"BucketBatchSampler: {match}"):
        BucketBatchSampler(lengths, 2)


def test_bad_numbers():
    for bad in (0, -1, 2.0, "2", None):
        with pytest.raises(ValueError, match="BucketBatchSampler: batch_size must be a positive"):
            BucketBatchSampler([1], bad)
        with pytest.raises(ValueError, match="BucketBatchSampler: pool must be a positive integer"):
            BucketBatchSampler([1], 1, pool=bad)
    for name in ("drop_last", "shuffle"):
        with pytest.raises(TypeError, match=f"BucketBatchSampler: {name} must be True or False"):
            BucketBatchSampler([1], 1, **{name: np.ones(2)})
    with pytest.raises(TypeError, match=r"BucketBatchSampler: generator must be a fastnn\.Gen"):
        BucketBatchSampler([1], 1, generator="1")
    assert list(BucketBatchSampler([], 2)) == []
    assert list(BucketBatchSampler(fastnn.tensor([3, 1]), 2, shuffle=False)) == [[1, 0]]
