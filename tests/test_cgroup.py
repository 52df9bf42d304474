"""Limits of control groups, read from small /proc and /sys trees of real machines."""

import pytest

from fastnn import _core

pytestmark = pytest.mark.any_threading

NO_LIMIT = 2**64 - 1
MIB = 2**20


@pytest.fixture
def tree(tmp_path):
    def lay_out(files):
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text + "\n")
        return _core.config.cgroup_limits(str(tmp_path))

    return lay_out


GROUP = "proc/self/cgroup"
SYS = "sys/fs/cgroup"


@pytest.mark.parametrize(
    ("files", "cpus"),
    [
        ({}, 0),
        ({GROUP: "0::/"}, 0),
        ({GROUP: "0::/", f"{SYS}/cpu.max": "max 100000"}, 0),
        ({GROUP: "0::/", f"{SYS}/cpu.max": "150000 100000"}, 1.5),
        # The parent group has a lower limit.
        (
            {
                GROUP: "0::/a/b",
                f"{SYS}/a/b/cpu.max": "400000 100000",
                f"{SYS}/a/cpu.max": "50000 100000",
            },
            0.5,
        ),
        # A path of the host that does not exist in the container.
        ({GROUP: "0::/docker/1234", f"{SYS}/cpu.max": "200000 100000"}, 2),
        ({GROUP: "0::/../..", f"{SYS}/cpu.max": "200000 100000"}, 2),
        # Version 1, and both versions at once.
        (
            {
                GROUP: "4:cpu,cpuacct:/x\n0::/",
                f"{SYS}/cpu/x/cpu.cfs_quota_us": "300000",
                f"{SYS}/cpu/x/cpu.cfs_period_us": "100000",
            },
            3,
        ),
        (
            {
                GROUP: "4:cpu,cpuacct:/",
                f"{SYS}/cpu/cpu.cfs_quota_us": "-1",
                f"{SYS}/cpu/cpu.cfs_period_us": "100000",
            },
            0,
        ),
        (
            {
                GROUP: "3:cpuset:/\n2:name=systemd:/a:b",
                f"{SYS}/cpu/cpu.cfs_quota_us": "100000",
                f"{SYS}/cpu/cpu.cfs_period_us": "100000",
            },
            0,
        ),
        # Invalid contents.
        ({GROUP: "nonsense\n::\n", f"{SYS}/cpu.max": "x y"}, 0),
        ({GROUP: "0::/", f"{SYS}/cpu.max": "100000 0"}, 0),
        ({GROUP: "0::/", f"{SYS}/cpu.max": ""}, 0),
    ],
)
def test_cpu_quota(tree, files, cpus):
    assert tree(files)[0] == cpus


@pytest.mark.parametrize(
    ("files", "limit", "available"),
    [
        ({}, NO_LIMIT, NO_LIMIT),
        ({GROUP: "0::/", f"{SYS}/memory.max": "max"}, NO_LIMIT, NO_LIMIT),
        (
            {
                GROUP: "0::/",
                f"{SYS}/memory.max": str(100 * MIB),
                f"{SYS}/memory.current": str(30 * MIB),
            },
            100 * MIB,
            70 * MIB,
        ),
        (
            {
                GROUP: "0::/a",
                f"{SYS}/a/memory.max": str(100 * MIB),
                f"{SYS}/a/memory.current": str(10 * MIB),
                f"{SYS}/memory.max": str(200 * MIB),
                f"{SYS}/memory.current": str(190 * MIB),
            },
            100 * MIB,
            10 * MIB,
        ),
        (
            {GROUP: "5:memory:/", f"{SYS}/memory/memory.limit_in_bytes": "9223372036854771712"},
            NO_LIMIT,
            NO_LIMIT,
        ),
        (
            {
                GROUP: "5:memory:/m",
                f"{SYS}/memory/m/memory.limit_in_bytes": str(64 * MIB),
                f"{SYS}/memory/m/memory.usage_in_bytes": str(80 * MIB),
            },
            64 * MIB,
            0,
        ),
    ],
)
def test_memory(tree, files, limit, available):
    assert tree(files)[1:] == (limit, available)
