"""Ctrl-C stops a long run within a second, whatever kernel is running and however it is shaped.

Kernels are called in the slowest way that they accept and this machine's memory allows: one giant
row, one giant window, views with zero strides, sizes of zero. The time is that from the signal to
the exception; the system takes up to a second more to get gigabytes back. A call that ends by
itself before it is interrupted, or that has already failed, is a miss.
"""

from __future__ import annotations

import argparse
import select
import signal
import subprocess
import sys
from time import perf_counter, sleep

from ..side_by_side.libraries import ROOT

LIMIT, PATIENCE = 1.0, 10.0  # seconds

# A background process may inherit SIGINT as ignored, and Python does not change that.
START = """
import signal
import numpy as np
import fastnn
from fastnn import kernels as k
signal.signal(signal.SIGINT, signal.default_int_handler)
G = 1 << 30

def one(*shape):
    "A view of one number."
    return np.broadcast_to(np.float32(1), shape)

def ones(*shape):
    return np.ones(shape, np.float32)

def ids(*shape):
    return np.zeros(shape, np.int64)
"""

# name -> what to prepare, what to call
RUNS: dict[str, tuple[str, str]] = {
    "training": ("from benches.checks.training_runs import train", "train(10**9)"),
    "one op after another": (
        "a = fastnn.ones(2000, 2000)",
        "while True: fastnn.matmul(a, a)",
    ),
    "matmul": ("", "k.matmul(one(20000, 20000), one(20000, 20000))"),
    "matmul of many": ("", "k.matmul(one(1 << 26, 3, 3), one(1 << 26, 3, 3))"),
    "matmul of a vector": ("", "k.matmul(one(1, G * 64), one(G * 64, 1))"),
    "matmul: a tall matrix and a vector": ("", "k.matmul(one(1 << 26, 4096), one(4096, 1))"),
    "linear_backward": (
        "x, w = one(1 << 17, 4096), one(4096, 4096)",
        "while True: k.linear_backward(one(1 << 17, 4096), x, w)",
    ),
    "max_pool: one window": (
        "x = ones(1, 64, 4096, 4096)",
        "while True: k.max_pool(x, (4096, 4096), (1, 1), (0, 0), (1, 1))",
    ),
    "max_pool: large windows": (
        "x = ones(1, 8, 1024, 1024)",
        "k.max_pool(x, (512, 512), (1, 1), (0, 0), (1, 1))",
    ),
    "avg_pool: large windows": (
        "x = ones(1, 8, 1024, 1024)",
        "k.avg_pool(x, (512, 512), (1, 1), (0, 0))",
    ),
    "max_pool_backward: large windows": (
        "x = ones(1, 64, 600, 600)\n"
        "y, p = k.max_pool(x[:, :, :512, :512], (256, 256), (1, 1), (0, 0), (1, 1))",
        "while True:\n"
        "    k.max_pool_backward(y, p, (1, 64, 512, 512), (256, 256), (1, 1), (0, 0), (1, 1))",
    ),
    "avg_pool_backward: large windows": (
        "",
        "k.avg_pool_backward(ones(1, 8, 513, 513), (1, 8, 1024, 1024), (512, 512), (1, 1), (0, 0))",
    ),
    "adaptive_avg_pool: one window": (
        "x = ones(1, 64, 4096, 4096)",
        "while True: k.adaptive_avg_pool(x, (1, 1))",
    ),
    "max_unpool": (
        "x, i = ones(1, 1, 1 << 27), ids(1, 1, 1 << 27)",
        "while True: k.max_unpool(x, i, (1 << 27,))",
    ),
    "local_response_norm: all channels": (
        "x = ones(4, 1 << 14, 64)",
        "k.local_response_norm(x, 1 << 14)",
    ),
    "local_response_norm: a window of a billion": (
        "x = ones(4, 1 << 12, 256)",
        "k.local_response_norm(x, 1 << 20)",
    ),
    "local_response_norm_backward": (
        "x = ones(4, 1 << 14, 64)",
        "k.local_response_norm_backward(x, x, x, 1 << 14)",
    ),
    "conv: grouped": (
        "",
        "k.conv(ones(8, 512, 128, 128), ones(512, 8, 31, 31), None, 1, 15, 1, 64)",
    ),
    "conv: depthwise": (
        "",
        "k.conv(ones(8, 64, 256, 256), ones(64, 1, 127, 127), None, 1, 63, 1, 64)",
    ),
    "conv: depthwise, one output": (
        "x, w = ones(1, 8, 8192, 8192), ones(8, 1, 8192, 8192)",
        "while True: k.conv(x, w, None, 1, 0, 1, 8)",
    ),
    "conv: one output": (
        "x, w = ones(1, 4, 8192, 8192), ones(4, 4, 8192, 8192)",
        "while True: k.conv(x, w)",
    ),
    "conv_backward: grouped": (
        "",
        "k.conv_backward(ones(8, 512, 128, 128), ones(8, 512, 128, 128), ones(512, 8, 31, 31),"
        " None, 1, 15, 1, 64)",
    ),
    "conv_backward: depthwise": (
        "",
        "k.conv_backward(ones(8, 64, 256, 256), ones(8, 64, 256, 256), ones(64, 1, 127, 127),"
        " None, 1, 63, 1, 64)",
    ),
    "conv_transpose": (
        "",
        "k.conv_transpose(ones(8, 256, 128, 128), ones(256, 256, 15, 15), None, 1, 7)",
    ),
    "attention": (
        "q = one(8, 32, 1 << 15, 64)",
        "k.scaled_dot_product_attention(q, q, q)",
    ),
    "attention: no features": (
        "q, v = one(1 << 12, 1 << 14, 0), one(1 << 12, 1 << 14, 16)",
        "k.scaled_dot_product_attention(q, q, v)",
    ),
    "attention: no keys": (
        "q, no = one(1 << 12, 1 << 18, 1), one(1 << 12, 0, 1)",
        "k.scaled_dot_product_attention(q, no, no)",
    ),
    "median": ("x = ones(1 << 29)", "while True: k.median(x, 0)"),
    "median: columns": ("x = ones(1 << 23, 64)", "while True: k.median(x, 0)"),
    "cross_entropy: one row": (
        "x, t = ones(1, 1 << 29), ids(1)",
        "while True: k.cross_entropy(x, t)",
    ),
    "cross_entropy: classes first": (
        "x, t = ones(1, 1 << 20, 512), ids(1, 512)",
        "while True: k.cross_entropy(x, t)",
    ),
    "cross_entropy_backward": (
        "x, t = ones(1, 1 << 29), ids(1)\nsaved = k.cross_entropy(x, t, with_gradient=True)[1]",
        "while True: k.cross_entropy_backward(np.array(2, np.float32), saved)",
    ),
    "nll_loss": (
        "x, t = ones(1 << 28, 2), ids(1 << 28)",
        "while True: k.nll_loss(x, t)",
    ),
    "softmax: one row": ("x = ones(1 << 29)", "while True: k.softmax(x, 0)"),
    "softmax: columns": ("x = ones(1 << 20, 512)", "while True: k.softmax(x, 0)"),
    "softmax_backward: one row": ("x = ones(1 << 29)", "while True: k.softmax_backward(x, x, 0)"),
    "logsumexp: one row": ("x = ones(1 << 29)", "while True: k.logsumexp(x, 0)"),
    "layer_norm: one row": (
        "x = ones(1, 1 << 29)",
        "while True: k.layer_norm(x, (1 << 29,))",
    ),
    "layer_norm_backward: one row": (
        "x, s = ones(1, 1 << 28), ones(1, 1)",
        "while True: k.layer_norm_backward(x, x, (1 << 28,), s, s)",
    ),
    "rms_norm: one row": ("x = ones(1, 1 << 29)", "while True: k.rms_norm(x, (1 << 29,))"),
    "group_norm: one group": ("x = ones(1, 64, 1 << 22)", "while True: k.group_norm(x, 1)"),
    "batch_norm": (
        "x = ones(1, 1, 1 << 28)",
        "while True: k.batch_norm(x, training=True)",
    ),
    "embedding": ("i = ids(1 << 20)", "while True: k.embedding(i, ones(1, 512))"),
    "embedding_backward: one row": (
        "i, dy = ids(1 << 21), ones(1 << 21, 128)",
        "while True: k.embedding_backward(dy, i, 1)",
    ),
    **{
        f"embedding_bag {mode}: one bag": (
            "i, w = ids(1 << 28), ones(1, 16)",
            f"while True: k.embedding_bag(i, np.array([0, 1 << 28]), w, {mode!r})",
        )
        for mode in ("sum", "mean", "max")
    },
    "embedding_bag_max_backward": (
        "dy, w = ones(1 << 24, 16), ids(1 << 24, 16)",
        "while True: k.embedding_bag_max_backward(dy, w, 1)",
    ),
    "embedding_bag_weights_backward: one bag": (
        "i, w = ids(1 << 26), ones(1, 16)",
        "e = np.array([0, 1 << 26])\n"
        "while True: k.embedding_bag_weights_backward(ones(1, 16), i, e, w)",
    ),
    "embedding_renorm": (
        "w = ones(4, 1 << 27)",
        "while True: k.embedding_renorm(np.arange(4), w, 2.0)",
    ),
    "cumsum: one row": ("x = ones(1 << 29)", "while True: k.cumsum(x, 0)"),
    "cumprod: columns": ("x = ones(1 << 20, 256)", "while True: k.cumprod(x, 0)"),
    "cumprod_backward": ("x = ones(1 << 28)", "while True: k.cumprod_backward(x, x, x, 0)"),
    "sum: one number, many times": ("", "while True: k.sum(one(1 << 15, 1 << 15), None)"),
    "sum: columns": ("", "while True: k.sum(one(1 << 29, 4), 0)"),
    "prod": ("", "while True: k.prod(one(1 << 15, 1 << 15), None)"),
    "argmax": ("", "while True: k.argmax(one(1 << 31), 0)"),
    "amax: columns": ("", "while True: k.amax(one(1 << 29, 4), 0)"),
    "var": ("", "while True: k.var(one(1 << 15, 1 << 15), None)"),
    "norm": ("", "while True: k.norm(one(1 << 15, 1 << 15), 3.0)"),
    "isnan": ("x = one(1 << 30)", "while True: k.isnan(x)"),
    "add": ("x = ones(1 << 29)", "while True: k.add(x, one(1 << 29))"),
    "pow": ("x = ones(1 << 29)", "while True: k.pow(x, x)"),
    "gelu": ("x = ones(1 << 29)", "while True: k.gelu(x)"),
    "dropout": (
        "x, s = ones(1 << 29), np.array([1, 0], np.uint64)",
        "while True: k.dropout(x, 0.5, s)",
    ),
    "mse_loss": ("x = ones(1 << 29)", "while True: k.mse_loss(x, x)"),
    "interpolate: bicubic": (
        "x = ones(1, 1, 64, 64)",
        "while True: k.interpolate(x, (1 << 14, 1 << 14), 'cubic')",
    ),
    "interpolate_backward": (
        "x = ones(1, 1, 1 << 14, 1 << 14)",
        "while True: k.interpolate_backward(x, (2, 2), 'linear')",
    ),
    "grid_sample": (
        "x, g = ones(1, 1, 64, 64), ones(1, 1 << 12, 1 << 12, 2)",
        "while True: k.grid_sample(x, g, 'cubic')",
    ),
    "grid_sample_backward": (
        "x, g = ones(1, 256, 8, 8), ones(1, 1 << 9, 1 << 9, 2)\ndy = k.grid_sample(x, g)",
        "while True: k.grid_sample_backward(dy, x, g)",
    ),
    "unfold": (
        "x = ones(1, 1, 1 << 12, 1 << 12)",
        "while True: k.unfold(x, (8, 8), (1, 1), (0, 0), (1, 1))",
    ),
    "fold": (
        "x = ones(1, 64, 2041 * 2041)",
        "while True: k.fold(x, (2048, 2048), (8, 8), (1, 1), (0, 0), (1, 1))",
    ),
    "pixel_shuffle": ("x = ones(1, 64, 2048, 2048)", "while True: k.pixel_shuffle(x, 8)"),
    **{
        f"{cell}: one sample, {steps} steps of {units} units": (
            f"x, u = ones({steps}, 1, {units}), ones({gates} * {units}, {units})",
            f"while True: k.{cell}(x, [[u, u, None, None]], keep=True)",
        )
        for cell, gates in (("rnn_tanh", 1), ("lstm", 4), ("gru", 3))
        for steps, units in ((1 << 19, 64), (4096, 2048))
    },
    "adam_step": (
        "p = [ones(1 << 28) for _ in range(4)]",
        "while True: k.adam_step([p[0]], [p[1]], [p[2]], [p[3]], None, [np.ones(1)], [1],"
        " np.array([[1e-3, .9, .999, 1e-8, 0, 0, 0]]))",
    ),
    "clip_grad_norm": (
        "p = [ones(1 << 28) for _ in range(4)]",
        "while True: k.clip_grad_norm(p, k.grad_norm(p, 2.0), 1.0)",
    ),
}


# The parent reads how far the program has come.
PROGRAM = """{start}
{prepare}
print("go", flush=True)
try:
    {call}
    print("ended by itself", flush=True)
except BaseException as error:
    print(repr(error), flush=True)
"""


def seconds_to_stop(prepare: str, call: str) -> tuple[float, str]:
    """Start a program, interrupt it while it computes: seconds until it says what stopped it."""
    call = call.replace("\n", "\n    ")
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(start=START, prepare=prepare, call=call)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    try:
        if child.stdout.readline() != "go\n":
            return float("nan"), child.communicate()[1].strip().split("\n")[-1]
        sleep(0.7)
        child.send_signal(signal.SIGINT)
        start = perf_counter()
        ready, _, _ = select.select([child.stdout], [], [], PATIENCE)
        taken = perf_counter() - start
        if not ready:
            return float("inf"), f"killed after {PATIENCE} s"
        said = child.stdout.readline().strip()
        return (taken, "") if said == "KeyboardInterrupt()" else (float("nan"), said)
    finally:
        child.kill()
        child.communicate()


def main() -> int:
    """Interrupt every run, or those whose names contain a word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("word", nargs="?", default="")
    word = parser.parse_args().word
    failed = 0
    for name, (prepare, call) in RUNS.items():
        if word not in name:
            continue
        taken, said = seconds_to_stop(prepare, call)
        good = taken < LIMIT
        failed += not good
        print(f"{'' if good else 'MISS '}{name}: {taken:.3f} s {said}".rstrip(), flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
