"""Recorded calls are complete: training steps run again without Python, with the same bits.

`fastnn._core.recorder` takes down the kernel calls of a few steps. Then every Python object of the
model goes, idle memory of the pool is handed to others and filled with NaN, parameters, buffers and
optimizer state get their first values back, and the calls are replayed natively.
"""

import gc
import os
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

import fastnn
from fastnn import _core, kernels, nn, optim

from .harness.machine import isa, isa_levels, threads

ROOT = Path(__file__).resolve().parent.parent
STEPS = 3


class Steps:
    """A model with its optimizer and batches; `state` is every array that a step changes."""

    def __init__(self, model, optimizer, batches, loss, clip=None):
        self.model, self.optimizer, self.batches = model, optimizer, batches
        self.loss, self.clip = loss, clip
        self.step(0)  # makes the optimizer's state

    def step(self, i):
        x, t = self.batches[i % len(self.batches)]
        self.optimizer.zero_grad()
        loss = self.loss(self.model(x), t)
        loss.backward()
        if self.clip is not None:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.clip)
        self.optimizer.step()
        return loss._array

    def state(self):
        tensors = [*self.model.parameters(), *self.model.buffers()]
        for of_parameter in self.optimizer.state.values():
            tensors += [s for s in of_parameter.values() if isinstance(s, fastnn.Tensor)]
        # Counters of batches are integers, which are counted in Python.
        return [t._array for t in tensors if t._array.dtype.kind == "f"]


def batches(shape, classes):
    rng = np.random.default_rng(5)
    return [
        (
            fastnn.tensor(rng.standard_normal(shape, np.float32)),
            fastnn.tensor(rng.integers(0, classes, shape[0])),
        )
        for _ in range(STEPS)
    ]


def mlp():
    model = nn.Sequential(
        nn.Linear(20, 33),
        nn.ReLU(),
        nn.Linear(33, 17),
        nn.Tanh(),
        nn.Dropout(0.3),
        nn.Linear(17, 5),
    )
    data = batches((16, 20), 5)
    return Steps(model, optim.Adam(model.parameters(), 1e-2), data, nn.CrossEntropyLoss())


def cnn():
    model = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1, bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 5),
    )
    data = batches((6, 3, 8, 8), 5)
    optimizer = optim.SGD(model.parameters(), 0.05, momentum=0.9, nesterov=True)
    return Steps(model, optimizer, data, nn.CrossEntropyLoss())


class Reader(nn.Module):
    """Sequences of different lengths through a stack in both directions."""

    def __init__(self, name):
        super().__init__()
        self.recurrent = getattr(nn, name)(
            5, 9, 2, batch_first=True, dropout=0.2, bidirectional=True
        )
        self.head = nn.Linear(18, 4)

    def forward(self, x):
        y, _ = self.recurrent(x, lengths=[7, 2, 5, 1, 7, 3])
        return self.head(y.mean(1))


def reader(name):
    model = Reader(name)
    data = batches((6, 7, 5), 4)
    return Steps(model, optim.Adam(model.parameters(), 1e-2), data, nn.CrossEntropyLoss(), 1.0)


def rnn():
    return reader("RNN")


def gru():
    return reader("GRU")


def lstm():
    return reader("LSTM")


def layer_norm_lstm():
    return reader("LayerNormLSTM")


MODELS = [mlp, cnn, rnn, gru, lstm, layer_norm_lstm]


def run(steps):
    return [steps.step(i) for i in range(STEPS)]


def restore(arrays, values):
    for array, value in zip(arrays, values):
        array[...] = value


def copies(arrays):
    return [a.copy() for a in arrays]


def take_idle():
    """Every idle block of the pool, filled with NaN: no call may read or write one."""
    taken = []
    while (block := _core.recorder.idle_block()) is not None:
        block.fill(0xFF)
        taken.append(block)
    return taken


def check_replay(make):
    """Eager steps, the same steps recorded, and those replayed without Python, bit for bit."""
    fastnn.manual_seed(3)
    steps = make()
    state = steps.state()
    first = copies(state)
    seeds = fastnn.random.get_state()
    expected = copies(run(steps)) + copies(state)

    restore(state, first)
    fastnn.random.set_state(seeds)
    _core.recorder.start()
    losses = run(steps)
    recording = _core.recorder.stop()
    same(losses + state, expected)

    model = weakref.ref(steps.model)
    del steps
    gc.collect()
    assert model() is None
    taken = take_idle()
    restore(state, first)
    restore(losses, [np.nan] * len(losses))
    recording.replay()
    same(losses + state, expected)
    assert all((block == 0xFF).all() for block in taken), "a call wrote to memory it does not own"
    restore(state, first)
    recording.replay()
    same(losses + state, expected)


def same(got, expected):
    for i, (a, b) in enumerate(zip(got, expected, strict=True)):
        assert a.tobytes() == b.tobytes(), f"array {i} of shape {a.shape} differs"


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("n", [1, 2])
@pytest.mark.parametrize("make", MODELS, ids=lambda f: f.__name__)
def test_steps(make, n, level):
    with isa(level), threads(n):
        check_replay(make)


def test_freed_memory_of_the_system():
    """Arrays that are not of the pool: what is freed is overwritten by the C library."""
    code = "from tests.test_replay import MODELS, check_replay\nfor m in MODELS: check_replay(m)"
    environment = {**os.environ, "MALLOC_PERTURB_": "255", "PYTHONMALLOC": "malloc"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=False)
    assert done.returncode == 0


def chain():
    """Record two calls with an intermediate array that has no Python reference left."""
    x = np.arange(-500, 500, dtype=np.float32)
    _core.recorder.start()
    y = kernels.sigmoid(kernels.relu(x))
    recording = _core.recorder.stop()
    assert recording.names() == ["relu", "sigmoid"]
    return recording, x, y


@pytest.mark.parametrize("complete", [True, False])
def test_a_missing_owner_is_found(complete):
    recording, x, y = chain()
    if not complete:
        recording.forget_owners(0)
        recording.forget_owners(1)
    taken = take_idle()
    y.fill(np.nan)
    recording.replay()
    np.testing.assert_array_equal(y, kernels.sigmoid(kernels.relu(x)))
    assert all((block == 0xFF).all() for block in taken) == complete


def test_new_contents():
    recording, x, y = chain()
    x[...] = np.linspace(3, 5, 1000)
    recording.replay()
    np.testing.assert_array_equal(y, kernels.sigmoid(x))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: kernels.softmax(x.T[::2], 0),
        lambda x: kernels.cumsum(x[:, ::-1], 1),
        lambda x: kernels.dropout(x.T, 0.5, np.array([1, 2], np.uint64)),
        lambda x: kernels.linear(x[::2, ::3], x[1::2, ::3]),
        lambda x: kernels.embedding(np.array([0, 3], np.int32), x.T),
    ],
)
def test_copies_of_inputs_are_recorded(call):
    """Where a binding copies an input first, the replay copies it anew."""
    x = np.random.default_rng(1).standard_normal((6, 6), np.float32)
    call(x)
    _core.recorder.start()
    y = call(x)
    recording = _core.recorder.stop()
    x += 1
    recording.replay()
    np.testing.assert_array_equal(y, call(x))


def test_a_recording_begins_and_ends_once():
    with pytest.raises(RuntimeError, match="does not record"):
        _core.recorder.stop()
    _core.recorder.start()
    with pytest.raises(RuntimeError, match="records already"):
        _core.recorder.start()
    assert len(_core.recorder.stop()) == 0


def test_a_call_that_fails_is_not_recorded():
    _core.recorder.start()
    with pytest.raises(IndexError):
        kernels.softmax(np.ones(3, np.float32), 2)
    assert len(_core.recorder.stop()) == 0
