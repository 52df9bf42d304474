"""Indices are checked on the values that are used, whatever other threads write meanwhile.

A child process calls a kernel while a thread turns good indices into wild ones and back. A call may
raise or give the result for either, and may not touch memory outside its arrays.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fastnn import _core, kernels

ROOT = Path(__file__).resolve().parents[2]

CODE = """
import sys, threading, time
import numpy as np
from fastnn import kernels as k
n = 200_000
ids, good, bad = np.zeros(n, np.int64), int(sys.argv[2]), 1 << 44
ids[:] = good
done = False
def writer():
    while not done:
        ids[n // 2:] = bad
        ids[n // 2:] = good
threading.Thread(target=writer, daemon=True).start()
ones, W = np.ones((n, 1), "f4"), np.ones((10, 1), "f4")
step = np.zeros(1)
calls = {CALLS}
call = calls[sys.argv[1]]
end = time.monotonic() + 0.5
while time.monotonic() < end:
    try:
        call()
    except (IndexError, ValueError):
        pass
done = True
print("survived")
"""

# Ids that are all `good` are accepted.
CALLS = {
    "max_unpool": (0, "k.max_unpool(ones.T[None], ids[None, None], (n,))"),
    "max_unpool_backward": (0, "k.max_unpool_backward(ones.T[None], ids[None, None], (n,))"),
    "embedding": (3, "k.embedding(ids, W)"),
    "embedding_backward": (3, "k.embedding_backward(ones, ids, 10)"),
    "embedding_backward_rows": (3, "k.embedding_backward_rows(ones, ids, 10)"),
    "embedding_renorm": (3, "k.embedding_renorm(ids, W, 0.5)"),
    "bag": (3, "k.embedding_bag(ids, np.array([0, 7, n]), W, 'sum')"),
    "bag_max": (3, "k.embedding_bag(ids, np.array([0, n]), W, 'max')"),
    "bag_offsets": (0, "k.embedding_bag(ids[:0], ids, W, 'sum')"),
    "bag_backward": (3, "k.embedding_bag_backward(ones[:2], ids, np.array([0, 7, n]), 10)"),
    "bag_backward_offsets": (0, "k.embedding_bag_backward(ones[1:], ids[:0], ids, 10, 'sum')"),
    "bag_max_backward": (3, "k.embedding_bag_max_backward(ones, ids[:, None], 10)"),
    "bag_weights": (3, "k.embedding_bag_weights_backward(ones[:1], ids, np.array([0, n]), W)"),
    "cross_entropy": (0, "k.cross_entropy(ones, ids)"),
    "nll_loss": (0, "k.nll_loss(ones, ids)"),
    "nll_loss_backward": (0, "k.nll_loss_backward(np.float32(1) * step.astype('f4'), ones, ids)"),
    "lengths": (1, "k.rnn_tanh(ones[None], [[W[:1], W[:1], None, None]], lengths=ids)"),
    "batch_sizes": (1, "k.rnn_tanh(ones, [[W[:1], W[:1], None, None]], batch_sizes=ids)"),
}


def survives(code, *arguments):
    """A process of its own runs to its end."""
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=ROOT,
        check=False,
    )
    assert run.stdout.split() == ["survived"], (run.returncode, run.stderr[-2000:])


@pytest.mark.parametrize("name", CALLS)
def test_a_thread_writes_to_the_indices(name):
    calls = "{" + f"{name!r}: lambda: {CALLS[name][1]}" + "}"
    survives(CODE.replace("{CALLS}", calls), name, str(CALLS[name][0]))


def test_a_thread_writes_to_the_rows_of_an_optimizer():
    """Ids of rows ascend, so the writer swaps them for others that do."""
    code = CODE.replace("ids[:] = good", "ids[:] = np.arange(n)")
    code = code.replace("= bad", "= np.arange(n // 2) + bad").replace(
        "= good", "= np.arange(n // 2, n)"
    )
    code = code.replace("{CALLS}", "{'': lambda: k.sgd_step_rows(ones, ids, ones + 1, 0.1)}")
    survives(code, "", "0")


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8"])
@pytest.mark.parametrize("layout", ["dense", "reversed", "unaligned"])
def test_every_integer_type_and_layout(dtype, layout):
    ids = np.array([[3, 0], [9, 1]], dtype)
    if layout == "reversed":
        ids = np.ascontiguousarray(ids[::-1, ::-1])[::-1, ::-1]
    elif layout == "unaligned":
        raw = np.zeros(ids.nbytes + 1, np.uint8)[1:].view(dtype).reshape(ids.shape)
        raw[...] = ids
        ids = raw
    w = np.random.default_rng(0).standard_normal((10, 3), np.float32)
    np.testing.assert_array_equal(kernels.embedding(ids, w), w[ids])


@pytest.mark.parametrize("value", [10, -1, 2**63 - 1, -(2**63)])
def test_ids_out_of_range_name_their_place(value):
    w = np.ones((10, 3), np.float32)
    with pytest.raises(IndexError, match=rf"input\[1, 2\] is {value}, but weight has 10 rows"):
        kernels.embedding(np.array([[0, 9, 0], [0, 0, value]]), w)


def test_a_table_without_rows_has_no_ids():
    with pytest.raises(IndexError, match=r"input\[0\] is 0, but weight has 0 rows"):
        kernels.embedding(np.array([0]), np.ones((0, 3), np.float32))


REPLAYED = {
    "embedding": (lambda ids, w: kernels.embedding(ids, w), 7),
    "max_unpool": (lambda ids, w: kernels.max_unpool(w[:1, None, :3], ids[None, None], (9,)), 7),
    "cross_entropy": (lambda ids, w: kernels.cross_entropy(w[:3], ids, None, -100, "none")[0], 2),
    "bag": (lambda ids, w: kernels.embedding_bag(ids, np.array([0, 1, 3]), w)[0], 7),
}


@pytest.mark.parametrize("name", REPLAYED)
def test_a_replay_copies_and_checks_ids_anew(name):
    call, other = REPLAYED[name]
    w = np.random.default_rng(0).standard_normal((10, 10), np.float32)
    ids = np.array([1, 0, 1])
    _core.recorder.start()
    y = call(ids, w)
    recording = _core.recorder.stop()
    ids[...] = [0, other, 1]
    recording.replay()
    np.testing.assert_array_equal(y, call(ids, w))
    ids[1] = 1 << 40
    with pytest.raises(IndexError, match=str(1 << 40)):
        recording.replay()


def test_a_replay_takes_other_lengths_of_the_same_sizes():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((4, 2, 3), np.float32), rng.standard_normal((3, 3), np.float32)
    lengths = np.array([4, 2])
    _core.recorder.start()
    y = kernels.rnn_tanh(x, [[w, w, None, None]], lengths=lengths)[0]
    recording = _core.recorder.stop()
    lengths[:] = [2, 4]
    recording.replay()
    np.testing.assert_array_equal(y, kernels.rnn_tanh(x, [[w, w, None, None]], lengths=lengths)[0])
    lengths[:] = [4, 4]
    with pytest.raises(ValueError, match="must keep their sum and maximum"):
        recording.replay()
