"""The buffer pool: blocks are reused, bounded and released."""

import gc

import numpy as np
import pytest

from fastnn import _core, kernels

MIB = 2**20


@pytest.fixture(autouse=True)
def clean():
    limit = _core.config.pool_stats()["limit_bytes"]
    gc.collect()
    _core.config.trim_pool()
    yield
    _core.config.set_pool_limit(limit)


def used():
    return _core.config.pool_stats()["used_bytes"]


def cached():
    return _core.config.pool_stats()["cached_bytes"]


def array(bytes):
    """A new array of `bytes` bytes from the pool."""
    return kernels.relu(np.ones(bytes // 4, np.float32))


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


@pytest.mark.parametrize("bytes", [4, 256, 257 * 4, 100_000, MIB, 2 * MIB, 3 * MIB + 4, 40 * MIB])
def test_memory_is_released_and_reused(bytes):
    before = used()
    a = array(bytes)
    assert a.ctypes.data % 64 == 0
    assert bytes <= used() - before <= max(256, bytes * 5 // 4)
    address, taken = a.ctypes.data, used() - before
    del a
    assert used() == before
    assert cached() == taken
    assert array(bytes).ctypes.data == address


def test_a_view_keeps_the_block():
    before = used()
    a = array(MIB)
    view = a[1000:2000].reshape(10, 100).T
    del a
    assert used() > before
    assert np.all(view == 1)
    del view
    assert used() == before


def test_cached_memory_is_bounded():
    _core.config.set_pool_limit(10 * MIB)
    arrays = [array(MIB) for _ in range(20)]
    assert used() >= 20 * MIB
    arrays.clear()
    assert cached() <= 10 * MIB
    big = array(30 * MIB)
    del big
    assert cached() <= 10 * MIB
    _core.config.set_pool_limit(0)
    assert cached() == 0
    del arrays
    array(MIB)
    assert cached() == 0


def test_trim_returns_memory_to_the_system():
    a = array(256 * MIB)
    full = resident()
    del a
    _core.config.trim_pool()
    assert cached() == 0
    assert full - resident() > 200 * MIB


def test_changing_shapes_do_not_grow():
    rng = np.random.default_rng(0)
    x = np.ones(3_000_000, np.float32)

    def steps(count):
        for n in rng.integers(1, x.size, count):
            kernels.relu(x[:n])

    steps(300)
    before = resident()
    steps(1000)
    # Size classes differ by a quarter, so few blocks can still be missing.
    assert resident() - before < 32 * MIB


@pytest.mark.parametrize("shape", [(1 << 40,), (1 << 20, 1 << 20), (1 << 60,)])
def test_too_much_is_a_memory_error(shape):
    huge = np.lib.stride_tricks.as_strided(np.ones(1, np.float32), shape, [0] * len(shape))
    before = used()
    with pytest.raises(MemoryError):
        kernels.relu(huge)
    assert used() == before
