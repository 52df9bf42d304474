"""The threading providers give the same bits, also if OpenMP gives fewer threads."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.ops import conv2d

pytestmark = [pytest.mark.any_threading, pytest.mark.usefixtures("restored")]

ROOT = Path(__file__).parents[1]
CPUS = sorted(os.sched_getaffinity(0))


def results():
    """Losses and gradients of a product, a convolution and an LSTM, each in several phases."""
    random = np.random.default_rng(0)
    fastnn.manual_seed(0)
    found = []

    def backward(inputs, output):
        (output * output).sum().backward()
        found.extend([output.detach().numpy(), *(x.grad.numpy() for x in inputs)])

    def tensor(*shape):
        values = random.standard_normal(shape).astype(np.float32)
        return fastnn.tensor(values, requires_grad=True)

    a, b = tensor(300, 700), tensor(700, 300)
    backward([a, b], a @ b)
    x, w = tensor(4, 16, 40, 40), tensor(32, 16, 3, 3)
    backward([x, w], conv2d(x, w, padding=1))
    layer, x = nn.LSTM(64, 128), tensor(20, 32, 64)
    backward([x, *layer.parameters()], layer(x)[0])
    layer, x = nn.BatchNorm2d(32), tensor(8, 32, 30, 30)
    backward([x, *layer.parameters()], layer(x))
    return found


def test_providers_give_the_same_bits():
    fastnn.set_num_threads(1)
    expected = results()
    for threading in ("pool", "openmp"):
        fastnn.set_threading(threading)
        for number in (2, 3, 7):
            fastnn.set_num_threads(number)
            for have, want in zip(results(), expected, strict=True):
                np.testing.assert_array_equal(have, want)


CODE = """
import os
import numpy as np
import fastnn
from fastnn import kernels
x = np.random.default_rng(0).standard_normal((300, 300)).astype(np.float32)
y = kernels.matmul(x, x)
positive = kernels.relu(np.tile(x, 10)).sum() > 0
print(fastnn.get_num_threads(), positive, y.sum(), len(os.listdir("/proc/self/task")))
"""


def python(**environment):
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OMP_")}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=ROOT,
        env={**kept, "OPENBLAS_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    number, positive, total, tasks = done.stdout.split()
    assert positive == "True"
    return int(number), total, int(tasks)


@pytest.mark.parametrize("threading", ["pool", "openmp"])
@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ({"OMP_NUM_THREADS": "4", "OMP_THREAD_LIMIT": "2"}, 2),
        ({"OMP_NUM_THREADS": "4", "OMP_DYNAMIC": "true"}, 4),
        ({"OMP_NUM_THREADS": "3,2", "OMP_MAX_ACTIVE_LEVELS": "2"}, 3),
        ({"OMP_NUM_THREADS": "3", "OMP_PROC_BIND": "close", "OMP_PLACES": "{%d}"}, 3),
        ({"OMP_NUM_THREADS": "3", "OMP_PROC_BIND": "spread", "OMP_PLACES": "threads"}, 3),
        ({"OMP_NUM_THREADS": "3", "OMP_WAIT_POLICY": "passive"}, 3),
    ],
    ids=lambda p: " ".join(f"{k}={v}" for k, v in p.items()) if isinstance(p, dict) else str(p),
)
def test_openmp_environment_variables(threading, limits, most):
    limits = {k: v.replace("%d", str(CPUS[0])) for k, v in limits.items()}
    number, total, tasks = python(FASTNN_THREADING=threading, **limits)
    alone = python(FASTNN_THREADING=threading, OMP_NUM_THREADS="1")
    assert number == most
    assert total == alone[1]
    assert tasks - alone[2] <= most - 1


BOUND = """
import os
import numpy as np
import fastnn
from fastnn import kernels
for _ in range(50):
    kernels.relu(np.ones(1 << 20, np.float32))
for task in os.listdir("/proc/self/task"):
    print(sorted(os.sched_getaffinity(int(task))))
"""


@pytest.mark.skipif(len(CPUS) < 2, reason="needs two CPUs")
def test_threads_are_bound_to_their_places():
    places = [CPUS[0], CPUS[1]]
    environment = {
        **os.environ,
        "FASTNN_THREADING": "openmp",
        "OMP_NUM_THREADS": "2",
        "OMP_PROC_BIND": "close",
        "OMP_PLACES": ",".join(f"{{{cpu}}}" for cpu in places),
        "OPENBLAS_NUM_THREADS": "1",
    }
    command = [sys.executable, "-c", BOUND]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split("\n")[:-1]) == [str([cpu]) for cpu in places]
