"""Batches loaded ahead by processes and threads."""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import fastnn
from fastnn import data
from fastnn.data import DataLoader, transport, workers

KINDS = ["process", "thread"]
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


class Squares(data.Dataset):
    """Samples that Python makes; `large` ones travel through shared memory."""

    def __init__(self, count=23, large=False):
        self.count, self.large = count, large

    def __len__(self):
        return self.count

    def __getitem__(self, key):
        if not 0 <= key < self.count:
            raise IndexError(key)
        if self.large:
            return np.full((50, 50), key * key, np.float32), key
        return np.float32(key * key), key


class Noise(Squares):
    """Samples with random numbers of every kind."""

    def __getitem__(self, key):
        info = data.get_worker_info()
        drawn = info.generator.numpy.random() if info else 0.0
        legacy = np.random.random()  # noqa: NPY002 - what datasets of others draw from
        return key, random.random(), legacy, fastnn.rand(1).item(), drawn


class Drawn(Squares):
    """Samples with random numbers that belong to the worker, also in a thread."""

    def __getitem__(self, key):
        return key, data.get_worker_info().generator.numpy.random()


def epoch(loader):
    return [[part.tolist() for part in batch] for batch in loader]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("large", [False, True])
def test_the_batches_are_those_of_the_calling_thread(kind, workers, large):
    def loader(number, **options):
        source = data.DataLoader(
            Squares(large=large), 4, True, num_workers=number, seed=3, **options
        )
        return [[np.asarray(part) for part in batch] for _ in range(2) for batch in source]

    alone = DataLoader(Squares(large=large), 4, seed=3)
    got = DataLoader(Squares(large=large), 4, num_workers=workers, worker_kind=kind)
    for a, b in itertools.zip_longest(alone, got):
        for x, y in zip(a, b):
            assert isinstance(y, fastnn.Tensor)
            assert (x.dtype, x.shape) == (y.dtype, y.shape)
            assert np.array_equal(x, y)
            assert np.asarray(y).flags.writeable
            assert np.asarray(y).flags.aligned
    shuffled = loader(workers, worker_kind=kind)
    assert len(shuffled) == 12
    keys = [np.concatenate([b[1] for b in shuffled[k : k + 6]]) for k in (0, 6)]
    assert all(sorted(k) == list(range(23)) for k in keys)
    assert not np.array_equal(*keys)
    for x, y in zip(loader(1, worker_kind=kind), shuffled):
        assert all(np.array_equal(a, b) for a, b in zip(x, y))


@pytest.mark.parametrize(
    ("kind", "dataset"), [("process", Noise), ("process", Drawn), ("thread", Drawn)]
)
def test_random_numbers_do_not_depend_on_the_number_of_workers(kind, dataset):
    def run(workers, **options):
        fastnn.manual_seed(5)
        loader = DataLoader(dataset(), 4, True, num_workers=workers, worker_kind=kind, **options)
        return [epoch(loader) for _ in range(2)]

    one = run(1)
    assert one == run(2) == run(3, prefetch_factor=7) == run(2, persistent_workers=True)
    numbers = [x for e in one for batch in e for part in batch[1:] for x in part if x]
    assert len(set(numbers)) == len(numbers)


def test_the_calling_thread_draws_as_before():
    fastnn.manual_seed(1)
    random.seed(1)
    list(DataLoader(Noise(), 4, num_workers=2))
    after = random.random()
    random.seed(1)
    assert random.random() == after


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("taken", [0, 1, 3])
def test_an_epoch_goes_on_with_the_numbers_it_would_have_had(shuffle, taken):
    fastnn.manual_seed(2)
    loader = DataLoader(Noise(), 4, shuffle, num_workers=2)
    batches = iter(loader)
    for _ in range(taken):
        next(batches)
    state, numbers = loader.state_dict(), fastnn.get_rng_state()
    want = [[part.tolist() for part in batch] for batch in batches], epoch(loader)
    assert loader.state_dict()["seed"] is None

    other = DataLoader(Noise(), 4, shuffle, num_workers=3)
    other.load_state_dict(state)
    fastnn.set_rng_state(numbers)
    assert (epoch(other), epoch(other)) == want


@pytest.mark.parametrize("kind", KINDS)
def test_any_order(kind):
    loader = DataLoader(Squares(), 4, num_workers=2, in_order=False, worker_kind=kind)
    keys = sorted(k for batch in epoch(loader) for k in batch[1])
    assert keys == list(range(23))


class Stream(data.IterableDataset):
    def __iter__(self):
        info = data.get_worker_info()
        shard, shards = (info.id, info.num_workers) if info else (0, 1)
        return iter(range(shard, 10, shards))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("persistent", [False, True])
def test_a_stream_is_read_once(kind, workers, persistent):
    loader = DataLoader(
        Stream(), 4, num_workers=workers, worker_kind=kind, persistent_workers=persistent
    )
    for _ in range(2):
        assert [batch.tolist() for batch in loader] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


class Growing(data.IterableDataset):
    """A stream that is longer in each epoch."""

    def __init__(self):
        self.epoch = 0

    def __iter__(self):
        self.epoch += 1
        return iter(range(3 * self.epoch))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("in_order", [True, False])
def test_what_was_asked_for_behind_the_end_of_a_stream_is_not_of_the_next_epoch(kind, in_order):
    loader = DataLoader(
        Growing(),
        1,
        num_workers=1,
        worker_kind=kind,
        persistent_workers=True,
        prefetch_factor=4,
        in_order=in_order,
    )
    for number in 3, 6, 9:
        assert [batch.item() for batch in loader] == list(range(number))


@pytest.mark.parametrize("kind", KINDS)
def test_batches_of_other_kinds(kind):
    keys = [["b", "a"], ["c"]]
    texts = {"a": "x" * 200_000, "b": "y", "c": "z"}
    loader = DataLoader(texts, batch_sampler=keys, collate_fn=list, num_workers=2, worker_kind=kind)
    assert list(loader) == [["y", texts["a"]], ["z"]]
    whole = DataLoader(Squares(), None, num_workers=2, worker_kind=kind)
    assert [len(x) for x, _ in whole] == [23]
    assert list(DataLoader(Squares(0), 4, num_workers=2, worker_kind=kind)) == []


def test_slices_of_tensors_need_no_worker(monkeypatch):
    monkeypatch.setattr(DataLoader, "_ahead", None)
    tensors = data.TensorDataset(fastnn.arange(5))
    assert [x.tolist() for (x,) in DataLoader(tensors, 2, num_workers=2)] == [[0, 1], [2, 3], [4]]


class Broken(Squares):
    def __init__(self, error):
        super().__init__()
        self.error = error

    def __getitem__(self, key):
        if key == 9:
            self.fail()
        return key

    def fail(self):
        raise self.error


class NotPickled(Exception):
    def __init__(self, a, b):
        super().__init__(f"{a} and {b}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("persistent", [False, True])
def test_an_exception_arrives_with_its_traceback(kind, persistent):
    loader = DataLoader(
        Broken(KeyError("nine")), 4, num_workers=2, worker_kind=kind, persistent_workers=persistent
    )
    for _ in range(2):
        batches = iter(loader)
        assert [next(batches).tolist() for _ in range(2)] == [[0, 1, 2, 3], [4, 5, 6, 7]]
        with pytest.raises(KeyError, match="nine") as caught:
            next(batches)
        if kind == "process":
            assert "in fail" in str(caught.value.__cause__)
        with pytest.raises(StopIteration):
            next(batches)


def test_what_cannot_be_pickled_is_an_error():
    with pytest.raises(RuntimeError, match="NotPickled: 1 and 2"):
        list(DataLoader(Broken(NotPickled(1, 2)), 4, num_workers=1))
    loader = DataLoader(Squares(), 4, collate_fn=lambda batch: lambda: batch, num_workers=1)
    with pytest.raises(TypeError, match="a worker cannot send a batch of type function"):
        list(loader)


class Unprintable(Exception):
    def __reduce__(self):
        raise SystemExit(3)

    def __str__(self):
        raise ValueError("no text")


def test_an_exception_whose_methods_fail_does_not_end_its_worker():
    with pytest.raises(RuntimeError, match="Unprintable"):
        list(DataLoader(Broken(Unprintable()), 4, num_workers=1))


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_stop_iteration_is_no_end_of_the_epoch(kind):
    options = {} if kind is None else {"num_workers": 1, "worker_kind": kind}
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        list(DataLoader(Broken(StopIteration()), 4, **options))


@pytest.mark.parametrize("kind", KINDS)
def test_init_fn(kind):
    def init(number):
        raise OSError(f"no room for {number}")

    loader = DataLoader(Squares(), 4, num_workers=2, worker_init_fn=init, worker_kind=kind)
    with pytest.raises(OSError, match=r"no room for \d"):
        list(loader)


class Deadly(Squares):
    def __getitem__(self, key):
        if key == 9:
            os.kill(os.getpid(), signal.SIGKILL)
        return key


class Exits(Squares):
    def __getitem__(self, key):
        if key == 9:
            os._exit(3)
        return key


@pytest.mark.parametrize(
    ("dataset", "how"), [(Deadly, "was killed by SIGKILL"), (Exits, "ended with exit code 3")]
)
def test_a_worker_that_dies_is_an_error(dataset, how):
    with pytest.raises(
        RuntimeError, match=rf"DataLoader: worker \d \(process \d+\) {how}.*batch 2"
    ):
        list(DataLoader(dataset(), 4, num_workers=2))


class Heir(Squares):
    """Dies, but leaves its socket to another process."""

    def __init__(self, path):
        super().__init__()
        self.path = path

    def __getitem__(self, key):
        if key == 9:
            heir = os.fork()
            if heir == 0:
                time.sleep(60)
                os._exit(0)
            self.path.write_text(str(heir))
            os.kill(os.getpid(), signal.SIGKILL)
        return key


@FORKS
def test_a_death_is_seen_while_another_process_has_the_socket(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "LOOK", 0.1)
    begin, heir = time.monotonic(), tmp_path / "heir"
    try:
        with pytest.raises(RuntimeError, match="was killed by SIGKILL"):
            list(DataLoader(Heir(heir), 4, num_workers=2))
        assert time.monotonic() - begin < 30
    finally:
        os.kill(int(heir.read_text()), signal.SIGKILL)


class Blocked(Squares):
    def __init__(self, event):
        super().__init__()
        self.event = event

    def __getitem__(self, key):
        if key == 9:
            self.event.wait(60)
        return key


def test_a_thread_that_takes_too_long_is_not_waited_for():
    event, begin = threading.Event(), time.monotonic()
    try:
        with pytest.raises(RuntimeError, match=r"no batch came within timeout=0\.2 seconds"):
            list(DataLoader(Blocked(event), 4, num_workers=1, worker_kind="thread", timeout=0.2))
        assert time.monotonic() - begin < 30
    finally:
        event.set()


class Slow(Squares):
    def __getitem__(self, key):
        if key == 9:
            time.sleep(20)
        return key


def test_timeout_and_the_end_of_workers_that_load():
    begin = time.monotonic()
    with pytest.raises(RuntimeError, match=r"no batch came within timeout=0\.5 seconds"):
        list(DataLoader(Slow(), 4, num_workers=2, timeout=0.5))
    batches = iter(DataLoader(Slow(), 4, num_workers=2))
    next(batches)
    del batches
    gc.collect()
    assert time.monotonic() - begin < 15


@FORKS
def test_workers_that_are_gone_are_not_waited_for():
    gone = [multiprocessing.get_context("fork").Process(target=int) for _ in range(2)]
    for process in gone:
        process.start()
        process.join()
    begin = time.monotonic()
    workers.end(os.getpid(), [], gone)
    assert time.monotonic() - begin < 0.5


def test_a_thread_may_take_for_ever():
    loader = DataLoader(Squares(), 8, num_workers=1, worker_kind="thread", timeout=float("inf"))
    assert len(list(loader)) == 3


def children():
    return subprocess.run(
        ["pgrep", "-P", str(os.getpid())], capture_output=True, text=True, check=False
    ).stdout.split()


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="counts descriptors in /proc")
@pytest.mark.parametrize("large", [False, True])
def test_nothing_is_left_behind(large):
    def use():
        for _ in range(3):
            loader = DataLoader(Squares(large=large), 4, num_workers=2)
            list(loader)
            next(iter(loader))
        gc.collect()

    use()
    before = len(os.listdir("/proc/self/fd")), len(children())
    use()
    assert (len(os.listdir("/proc/self/fd")), len(children())) == before


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="counts descriptors in /proc")
def test_batches_that_are_kept_do_not_use_up_the_descriptors(monkeypatch):
    monkeypatch.setattr(transport, "MOST_MAPPED", 3)
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    batches = list(DataLoader(Squares(large=True), 8, num_workers=2))
    batches += list(DataLoader(Squares(large=True), 8, num_workers=2))
    assert len(os.listdir("/proc/self/fd")) <= before + 3
    assert [x[0, 0, 0].item() for x, _ in batches] == [0.0, 64.0, 256.0] * 2
    for x, _ in batches:
        x += 1


def test_a_batch_outlives_its_worker():
    batches = list(DataLoader(Squares(large=True), 8, num_workers=2))
    gc.collect()
    first = batches[0][0]
    first += 1
    assert first[2, 0, 0].item() == 5.0
    assert batches[1][0][0, 0, 0].item() == 64.0


@FORKS
def test_a_forked_child_has_workers_of_its_own():
    loader = DataLoader(Squares(), 4, num_workers=2, persistent_workers=True)
    want = epoch(loader)
    pid = os.fork()
    if pid == 0:
        try:
            os._exit(0 if epoch(loader) == want else 1)
        except BaseException:
            os._exit(2)
    assert os.waitpid(pid, 0)[1] == 0
    assert epoch(loader) == want


def test_persistent_workers_stay():
    loader = DataLoader(Squares(), 4, num_workers=2, persistent_workers=True)
    seen = []
    for _ in range(2):
        list(loader)
        seen.append(sorted(children()))
    assert seen[0] == seen[1]
    assert len(seen[0]) >= 2


SPAWNED = """
import numpy as np
from fastnn.data import DataLoader

class Numbers:
    def __len__(self):
        return 6
    def __getitem__(self, key):
        return np.full(20000, key, np.float32)

if __name__ == "__main__":
    for method in ("spawn", "forkserver"):
        loader = DataLoader(Numbers(), 3, num_workers=2, multiprocessing_context=method)
        print([x[:, 0].tolist() for x in loader])
"""


def test_other_ways_to_start(tmp_path):
    script = tmp_path / "spawned.py"
    script.write_text(SPAWNED)
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stderr == ""
    assert done.stdout == "[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]\n" * 2


ABANDONED = """
import os, sys, time
from fastnn.data import DataLoader
class Numbers:
    def __len__(self):
        return 100
    def __getitem__(self, key):
        return key
batches = iter(DataLoader(Numbers(), 3, num_workers=2))
next(batches)
print(os.getpid(), flush=True)
time.sleep(60)
"""


def test_workers_end_with_their_parent():
    with subprocess.Popen(
        [sys.executable, "-c", ABANDONED], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        pid = parent.stdout.readline().strip()
        workers = subprocess.run(
            ["pgrep", "-P", pid], capture_output=True, text=True, check=True
        ).stdout.split()
        assert len(workers) == 2
        parent.kill()
    for _ in range(200):
        if not any(alive(int(worker)) for worker in workers):
            return
        time.sleep(0.05)
    raise AssertionError("a worker lives on")


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_arguments():
    with pytest.raises(ValueError, match="worker_kind must be 'process' or 'thread', got 'x'"):
        DataLoader(Squares(), worker_kind="x")
    with pytest.raises(ValueError, match="timeout must not be negative"):
        DataLoader(Squares(), timeout=-1)
    with pytest.raises(ValueError, match="prefetch_factor"):
        DataLoader(Squares(), prefetch_factor=0)
