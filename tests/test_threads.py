"""Python threads, the number of threads, and threadpoolctl, under both providers."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import threadpoolctl

import fastnn
from fastnn import _core, kernels

pytestmark = pytest.mark.any_threading


@pytest.fixture(autouse=True, params=["pool", "openmp"])
def provider(request, restored):
    fastnn.set_threading(request.param)


def in_thread(f):
    """Run f in a new Python thread and return its result."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(f).result()


def test_threadpoolctl_sees_and_limits():
    fastnn.set_num_threads(3)
    prefixes = [library["prefix"] for library in threadpoolctl.threadpool_info()]
    assert "libgomp" in prefixes
    with threadpoolctl.threadpool_limits(1):
        assert fastnn.get_num_threads() == 1
        assert "OpenMP limit" in fastnn.show_config("dicts")["threads"]["source"]
    assert fastnn.get_num_threads() == 3


def test_the_number_of_threads_is_bounded_by_the_system():
    def ask_for_many():
        with threadpoolctl.threadpool_limits(100_000):
            kernels.relu(np.ones(1 << 24, np.float32))
            return fastnn.get_num_threads()

    # In a separate thread, whose OpenMP team ends with it.
    assert in_thread(ask_for_many) <= max(256, os.cpu_count())


def test_other_threads_use_the_new_number():
    started, proceed = threading.Event(), threading.Event()
    seen = []

    def worker():
        seen.append(fastnn.get_num_threads())
        started.set()
        proceed.wait()
        seen.append(fastnn.get_num_threads())

    fastnn.set_num_threads(2)
    thread = threading.Thread(target=worker)
    thread.start()
    started.wait()
    fastnn.set_num_threads(5)
    proceed.set()
    thread.join()
    assert seen == [2, 5]
    assert in_thread(fastnn.get_num_threads) == 5


def test_several_threads_on_shared_arrays():
    """Concurrent threads that read the same arrays get the same bits."""
    x = np.random.default_rng(0).standard_normal(300_000).astype(np.float32)
    y = kernels.relu(x)
    expected = kernels.relu_backward(x, y)

    def worker(seed):
        for n in np.random.default_rng(seed).integers(1, x.size, 20):
            np.testing.assert_array_equal(kernels.relu(x[:n]), y[:n])
            np.testing.assert_array_equal(kernels.relu_backward(x[-n:], y[-n:]), expected[-n:])

    with ThreadPoolExecutor(6) as pool:
        for future in [pool.submit(worker, seed) for seed in range(6)]:
            future.result()


def test_many_calling_threads_create_few_teams():
    """The pool is shared, and under OpenMP only four calling threads have a team at a time."""
    callers, number = 16, 4
    fastnn.set_num_threads(number)
    x = np.random.default_rng(0).standard_normal(300_000).astype(np.float32)
    expected = np.maximum(x, 0)
    before = len(os.listdir("/proc/self/task"))
    barrier = threading.Barrier(callers)

    def worker(_):
        for _ in range(20):
            np.testing.assert_array_equal(kernels.relu(x), expected)
        barrier.wait()
        tasks = len(os.listdir("/proc/self/task"))
        barrier.wait()
        return tasks

    with ThreadPoolExecutor(callers) as pool:
        most = max(pool.map(worker, range(callers)))
    assert most - before <= callers + 4 * (number - 1)


def test_a_team_is_free_again_when_its_thread_has_ended():
    """OpenMP has four teams; of nine consecutive calling threads, the last also gets one."""
    fastnn.set_num_threads(4)
    x = np.ones(300_000, np.float32)

    def tasks():
        return len(os.listdir("/proc/self/task"))

    def worker():
        kernels.relu(x)
        return tasks()

    for _ in range(8):
        in_thread(worker)
    expected = 1 + 3 if fastnn.get_threading() == "openmp" else 1
    deadline = time.monotonic() + 20
    while True:  # threads of earlier teams may still be ending
        before = tasks()
        if in_thread(worker) - before >= expected:
            break
        assert time.monotonic() < deadline


def test_providers_change_while_others_compute():
    x = np.random.default_rng(0).standard_normal((200, 200)).astype(np.float32)
    fastnn.set_num_threads(3)
    expected = kernels.matmul(x, x)
    stop = threading.Event()

    def change():
        for i in range(10**9):
            if stop.is_set():
                return
            fastnn.set_threading(("pool", "openmp")[i % 2])

    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change)
        for _ in range(200):
            np.testing.assert_array_equal(kernels.matmul(x, x), expected)
        stop.set()
        changing.result()


def test_settings_change_while_others_compute():
    x = np.random.default_rng(0).standard_normal(300_000).astype(np.float32)
    expected = np.maximum(x, 0)
    stop = threading.Event()

    def change():
        levels = fastnn.show_config("dicts")["isa"]["available"]
        for i in range(10**9):
            if stop.is_set():
                return
            fastnn.set_num_threads(1 + i % 4)
            fastnn.set_isa(levels[i % len(levels)])

    before = fastnn.isa()
    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change)
        for _ in range(100):
            np.testing.assert_array_equal(kernels.relu(x), expected)
        stop.set()
        changing.result()
    fastnn.set_isa(before)


def test_a_call_computes_on_one_instruction_set(restored):
    """Another thread changes it all the time: what one level packs, another never reads."""
    levels = list(_core.config.isa_levels())
    if len(levels) == 1:
        pytest.skip("this machine has one level")
    random = np.random.default_rng(0)
    x = random.standard_normal((2, 16, 20, 20)).astype(np.float32)
    w = random.standard_normal((24, 16, 3, 3)).astype(np.float32)
    a = random.standard_normal((200, 200)).astype(np.float32)
    calls = [
        lambda: kernels.conv(x, w, None, 1, 1).tobytes(),
        lambda: kernels.matmul(a, a).tobytes(),
    ]
    expected = []
    for call in calls:
        expected.append(set())
        for level in levels:
            fastnn.set_isa(level)
            expected[-1].add(call())
    stop = threading.Event()

    def change():
        while not stop.is_set():
            for level in levels:
                fastnn.set_isa(level)

    thread = threading.Thread(target=change)
    thread.start()
    try:
        for _ in range(500):
            for call, known in zip(calls, expected, strict=True):
                assert call() in known
    finally:
        stop.set()
        thread.join()
