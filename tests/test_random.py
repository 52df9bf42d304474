"""Generators under threads, signals and forks; their copies and states."""

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn.data import DataLoader, RandomSampler, WeightedRandomSampler

pytestmark = pytest.mark.any_threading

ROOT = Path(__file__).parents[1]

COPIES = [copy.copy, copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))]


def draws(generator):
    """Some numbers of both kinds."""
    return [
        fastnn.rand(3, generator=generator).tolist(),
        fastnn.randperm(5, generator=generator).tolist(),
        generator.reserve(7).tolist(),
    ]


@pytest.mark.parametrize("make", COPIES)
@pytest.mark.parametrize("used", [False, True])
def test_a_copy_continues_with_the_same_numbers(make, used):
    generator = fastnn.Generator(-3)
    if used:
        draws(generator)
    other = make(generator)
    expected = draws(generator)
    assert draws(other) == expected
    assert draws(other) == draws(generator) != expected
    assert other.initial_seed() == generator.initial_seed() == -3
    assert make(generator).manual_seed(-3).initial_seed() == -3


@pytest.mark.parametrize("make", COPIES)
def test_what_holds_a_generator_can_be_copied(make):
    def holders():
        return [
            RandomSampler(range(9), generator=fastnn.Generator(2)),
            WeightedRandomSampler([1.0, 2.0, 3.0], 9, generator=fastnn.Generator(2)),
            DataLoader(list(range(9)), shuffle=True, seed=2),
        ]

    for holder, expected in zip(holders(), holders()):
        assert list(map(int, make(holder))) == list(map(int, expected))


def test_the_stream_is_a_copy():
    generator = fastnn.Generator(3)
    generator.stream[1] = 77
    assert generator.reserve(5).tolist() == [3, 0]
    assert generator.stream.tolist() == [3, 5]


BAD_STATES = [
    (None, TypeError, "expected a dict from get_state, got NoneType"),
    ({}, ValueError, "KeyError"),
    ({"seed": "x"}, ValueError, "expected a state from get_state"),
    ({"stream": None}, ValueError, "expected a state from get_state"),
    ({"stream": [1]}, ValueError, "expected a state from get_state"),
    ({"stream": [1, -1]}, ValueError, "expected a state from get_state"),
    ({"stream": [1, 2.5]}, ValueError, "expected a state from get_state"),
    ({"numpy": {}}, ValueError, "expected a state from get_state"),
    ({"numpy": {"buffer_pos": 0, "bit_generator": "PCG64"}}, ValueError, "expected a state"),
]


@pytest.mark.parametrize(("change", "error", "match"), BAD_STATES)
def test_a_bad_state_changes_nothing(change, error, match):
    generator = fastnn.Generator(5)
    draws(generator)
    twin = copy.copy(generator)
    other = fastnn.Generator(6)
    state = {**other.get_state(), **change} if change else change
    with pytest.raises(error, match=match):
        generator.set_state(state)
    assert draws(generator) == draws(twin)


def test_an_index_of_numpy_s_state_is_checked():
    """NumPy reads its buffer of four numbers wherever the state says."""
    generator = fastnn.Generator(5)
    for position in (-1, 5, 1 << 40):
        state = generator.get_state()
        state["numpy"]["buffer_pos"] = position
        with pytest.raises(ValueError, match="buffer_pos is not from 0 to 4"):
            generator.set_state(state)


def test_the_default_generator_s_state_is_checked_first():
    fastnn.manual_seed(4)
    expected = fastnn.random.get_state()
    with pytest.raises(ValueError, match="set_state"):
        fastnn.random.set_state({**expected, "seed": 9, "numpy": None})
    assert fastnn.initial_seed() == 4
    assert str(fastnn.random.get_state()) == str(expected)


def test_a_bad_seed_changes_nothing():
    fastnn.manual_seed(4)
    for bad in (None, "x", float("nan"), [1]):
        with pytest.raises((TypeError, ValueError)):
            fastnn.manual_seed(bad)
    assert fastnn.initial_seed() == 4


@pytest.mark.parametrize("stream", [[1, 2], np.zeros(2), np.zeros(3, np.uint64), None])
def test_the_binding_checks_its_stream(stream):
    with pytest.raises(TypeError, match="reserve: stream must be an array"):
        fastnn._core.random.reserve(stream, 1)
    frozen = np.zeros(2, np.uint64)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="reserve: stream must be writable"):
        fastnn._core.random.reserve(frozen, 1)


def run_in_threads(count, work):
    """Run ``work(i)`` in threads that start together."""
    barrier = threading.Barrier(count)
    errors = []

    def call(i):
        barrier.wait()
        try:
            work(i)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=call, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


def test_threads_never_get_the_same_numbers():
    generator = fastnn.Generator(1)
    reserved = [[] for _ in range(8)]
    run_in_threads(
        8, lambda i: reserved[i].extend(generator.reserve(i + 1)[1] for _ in range(2000))
    )
    ranges = sorted((int(begin), i + 1) for i in range(8) for begin in reserved[i])
    position = 0
    for begin, count in ranges:  # neither gaps nor overlaps
        assert begin == position
        position += count
    drawn = [[] for _ in range(8)]
    generator = fastnn.Generator(1)  # the threads race to create NumPy's
    run_in_threads(8, lambda i: drawn[i].extend(generator.numpy.random(500).tolist()))
    numbers = {x for part in drawn for x in part}
    assert len(numbers) == 4000
    assert numbers == set(fastnn.Generator(1).numpy.random(4000).tolist())


def test_seeding_while_others_draw():
    """A draw comes from one seed or the other, never from a mixture."""
    stop = threading.Event()

    def work(i):
        if i == 0:
            for n in range(3000):
                fastnn.manual_seed(n % 2)
            stop.set()
        while not stop.is_set():
            seed, offset = fastnn.random.reserve(1).tolist()
            assert seed in (0, 1)
            assert offset < 1 << 40
            fastnn.rand(2)

    fastnn.manual_seed(0)
    run_in_threads(4, work)
    fastnn.manual_seed(11)
    first = fastnn.rand(3).tolist()
    fastnn.manual_seed(11)
    assert fastnn.rand(3).tolist() == first


def test_a_signal_handler_may_draw():
    """It interrupts draws of the main thread at any bytecode, and gets numbers of its own."""
    fastnn.manual_seed(0)
    mine, its = [], []

    def handler(number, frame):
        its.append(fastnn.random.reserve(1).tolist()[1])
        fastnn.rand(1)
        F.dropout(fastnn.ones(3))
        pickle.dumps(fastnn.default_generator)
        signal.setitimer(signal.ITIMER_REAL, 1e-4)  # again; not while it runs

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 1e-4)
    try:
        while len(its) < 200:
            mine.append(fastnn.random.reserve(1).tolist()[1])
            fastnn.rand(1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len({*mine, *its}) == len(mine) + len(its)


# Forks while two threads draw. The first fork comes while NumPy is still importing its part.
FORKS = """
import os, signal, threading, warnings
warnings.filterwarnings("ignore", category=DeprecationWarning)
import fastnn
import fastnn.nn.functional as F

x = fastnn.ones(1000)
stop = threading.Event()

def draw():
    while not stop.is_set():
        F.dropout(x)
        fastnn.rand(100_000)

threads = [threading.Thread(target=draw) for _ in range(2)]
for thread in threads:
    thread.start()
bad = []
for _ in range(40):
    pid = os.fork()
    if pid == 0:
        signal.alarm(20)
        fastnn.rand(3)
        F.dropout(x)
        fastnn.randperm(5)
        fastnn.manual_seed(1)
        first = fastnn.rand(3).tolist()
        fastnn.manual_seed(1)
        os._exit(fastnn.rand(3).tolist() != first)
    bad.append(os.waitpid(pid, 0)[1])
stop.set()
for thread in threads:
    thread.join()
print(set(bad))
"""

# A child, and a child of it, continue with the numbers that their parent would draw next.
CHILD = """
import os, warnings
warnings.filterwarnings("ignore", category=DeprecationWarning)
import fastnn

def draws():
    return fastnn.rand(3).tolist(), fastnn.random.reserve(2).tolist()

fastnn.manual_seed(3)
draws()
reader, writer = os.pipe()
pid = os.fork()
if pid == 0:
    first = draws()
    inner = os.fork()
    if inner == 0:
        os.write(writer, repr([first, draws()]).encode())
        os._exit(0)
    os._exit(os.waitpid(inner, 0)[1] != 0)
ended = os.waitpid(pid, 0)[1]
print(ended, eval(os.read(reader, 10000)) == [draws(), draws()])
"""


@pytest.mark.parametrize(("code", "expected"), [(FORKS, "{0}\n"), (CHILD, "0 True\n")])
def test_forks(code, expected):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == expected, done.stderr
