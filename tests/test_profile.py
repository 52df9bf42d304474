"""The profiler records and reports every kernel call."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn import kernels

x = np.ones(100_000, np.float32)


def test_events_and_table():
    with fastnn.profile() as p:
        for _ in range(3):
            y = kernels.relu(x)
        kernels.relu_backward(x, y)
    kernels.relu(x)  # not recorded
    assert [e.name for e in p.events] == ["relu"] * 3 + ["relu_backward"]
    assert all(e.duration > 0 and e.start >= 0 for e in p.events)
    assert p.events[0].bytes == 2 * x.nbytes
    assert {row.name: row.calls for row in p.rows()} == {"relu": 3, "relu_backward": 1}
    assert sum(row.time for row in p.rows()) <= p.time
    for row in p.rows():
        events = [e for e in p.events if e.name == row.name]
        for total, each in (("time", "duration"), ("flops", "flops"), ("bytes", "bytes")):
            assert getattr(row, total) == pytest.approx(sum(getattr(e, each) for e in events))
    lines = str(p).splitlines()
    assert lines[0].split() == ["op", "calls", "ms", "share", "us/call", "GF/s", "GB/s"]
    assert any(line.split()[:2] == ["relu", "3"] for line in lines)
    assert lines[-2].startswith("outside kernels")
    assert lines[-1].split()[-1] == "100.0%"


def test_an_empty_profile_prints():
    with fastnn.profile() as p:
        pass
    assert p.events == []
    assert "in all" in str(p)
    assert "in all" in str(fastnn.profile())


def test_trace(tmp_path):
    with fastnn.profile() as p:
        kernels.relu(x)
        other = threading.Thread(target=kernels.relu, args=(x,))
        other.start()
        other.join()
    p.export_chrome_trace(tmp_path / "trace.json")
    trace = json.loads((tmp_path / "trace.json").read_text())
    assert [(e["name"], e["ph"], e["tid"]) for e in trace["traceEvents"]] == [
        ("relu", "X", 0),
        ("relu", "X", 1),
    ]
    assert all(e["dur"] > 0 for e in trace["traceEvents"])


def test_nested_use_is_an_error_and_changes_nothing():
    with fastnn.profile() as p:
        with pytest.raises(RuntimeError, match="profiles cannot be nested"), fastnn.profile():
            pass
        kernels.relu(x)
    assert len(p.events) == 1


def test_it_stops_after_an_error():
    with pytest.raises(TypeError), fastnn.profile() as p:
        kernels.relu(x)
        kernels.relu("x")
    assert len(p.events) == 1
    with fastnn.profile() as p:
        kernels.relu(x)
    assert len(p.events) == 1


# Threads are in kernels that are measured, so that a fork meets one that holds the profiler's lock.
FORKS = """
import os, signal, threading, warnings
warnings.filterwarnings("ignore", category=DeprecationWarning)
import numpy as np
import fastnn
from fastnn import kernels

x = np.ones(100, np.float32)
stop = threading.Event()

def compute():
    while not stop.is_set():
        kernels.relu(x)

threads = [threading.Thread(target=compute) for _ in range(3)]
bad = set()
with fastnn.profile() as outer:
    for thread in threads:
        thread.start()
    for _ in range(200):
        pid = os.fork()
        if pid == 0:
            signal.alarm(20)
            kernels.relu(x)
            with fastnn.profile() as inner:
                kernels.relu(x)
            os._exit(len(inner.events) != 1)
        bad.add(os.waitpid(pid, 0)[1])
    stop.set()
    for thread in threads:
        thread.join()
print(bad, len(outer.events) > 0)
"""

# The child leaves the block, too.
LEAVES = """
import os, warnings
warnings.filterwarnings("ignore", category=DeprecationWarning)
import numpy as np
import fastnn
from fastnn import kernels

x = np.ones(100, np.float32)
with fastnn.profile() as p:
    kernels.relu(x)
    pid = os.fork()
    kernels.relu(x)
if pid == 0:
    os._exit(len(p.events) != 0)
print(os.waitpid(pid, 0)[1], len(p.events))
"""


@pytest.mark.parametrize(("code", "expected"), [(FORKS, "{0} True\n"), (LEAVES, "0 2\n")])
def test_a_forked_child_is_not_measured(code, expected):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.stdout == expected, done.stderr


def test_one_profile_starts_of_many_at_once():
    barrier = threading.Barrier(8)
    started, refused = [], []

    def start():
        barrier.wait()
        try:
            started.append(fastnn.profile().__enter__())
        except RuntimeError:
            refused.append(1)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (only,) = started
    assert len(refused) == 7
    only.__exit__(None, None, None)
