"""Several Python threads, the number of OpenMP's, and threadpoolctl."""

import os
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import threadpoolctl

import fastnn
from fastnn import kernels


@pytest.fixture(autouse=True)
def unchanged():
    before = fastnn.get_num_threads()
    yield
    fastnn.set_num_threads(before)


def in_thread(f):
    """f() of a new Python thread."""
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


def test_more_threads_than_a_system_may_make_are_not_asked_for():
    def ask_for_many():
        with threadpoolctl.threadpool_limits(100_000):
            kernels.relu(np.ones(1 << 24, np.float32))
            return fastnn.get_num_threads()

    # In a thread of its own, with which OpenMP's end.
    assert in_thread(ask_for_many) <= max(256, os.cpu_count())


def test_other_threads_take_the_number_over():
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
    """Each thread reads the same arrays and gets the same bits, whatever the others do."""
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
