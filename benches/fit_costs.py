"""Measures the constants of the cost models of csrc and compares them with those in the code.

Costs are nanoseconds of one thread per float32 element or byte. They decide how many threads a call
gets, for which a factor of two is accurate enough. Rows that are further off are marked: before
changing such a constant, check whether ``threads_worth`` still chooses well.

    python -m benches.fit_costs [--only WORD]
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .side_by_side.libraries import ROOT
from .timing import timed

CSRC = ROOT / "csrc"
FACTOR = 2.0
Step = Callable[[], Any]


@dataclass(frozen=True)
class Cost:
    """A constant in the code, and a call that measures it.

    ``units`` is the number of elements, bytes or rows that ``step`` processes; the time of ``less``
    is subtracted, for instance that of the forward pass from forward and backward.
    """

    file: str
    name: str
    units: float
    step: Step
    less: Step | None = None

    def in_code(self) -> float:
        text = (CSRC / self.file).read_text()
        found = re.search(rf"\b{self.name} = ([0-9.e+-]+)", text)
        if found is None:
            raise LookupError(f"{self.file} has no constant {self.name}")
        return float(found[1])

    def measured(self) -> float:
        seconds = timed(self.step).least
        if self.less is not None:
            seconds -= timed(self.less).least
        return seconds * 1e9 / self.units


def normal(*shape: int) -> np.ndarray[Any, Any]:
    """Random numbers, the same in every run."""
    return np.random.default_rng(0).standard_normal(shape, dtype=np.float32)


def norm_costs() -> Iterator[Cost]:
    """Layer norm of rows in L2, channel norms of images in L3."""
    import fastnn
    from fastnn.nn import functional

    file = "ops/norm/cost.h"
    rows, image = normal(128, 512), np.moveaxis(normal(8, 28, 28, 64), -1, 1)
    small = normal(16, 32, 16, 16)
    yield from passes(
        file,
        "kRowForward",
        "kRowBackward",
        rows,
        rows.size,
        lambda x: functional.layer_norm(x, (512,)),
    )
    yield from passes(
        file,
        "kGroupForward",
        "kGroupBackward",
        small,
        small.size,
        lambda x: functional.group_norm(x, 8),
    )
    yield from passes(
        file,
        "kResponseForward",
        "kResponseBackward",
        small,
        1.2 * small.size,  # one unit per element, and kResponseNeighbour for each of two neighbours
        lambda x: functional.local_response_norm(x, 2),
    )
    mean, var = fastnn.zeros(64), fastnn.ones(64)
    yield from passes(
        file,
        "kApply",
        "kInputGradient",
        image,
        image.size,
        lambda x: functional.batch_norm(x, mean, var),
    )
    x = fastnn.from_numpy(image)
    yield Cost(
        file,
        "kStatistics",
        image.size,
        lambda: functional.batch_norm(x, None, None, training=True),
        lambda: functional.batch_norm(x, mean, var),
    )


def pool_costs() -> Iterator[Cost]:
    """Windows of 3 x 3 over channels-last images."""
    from fastnn.nn import functional

    image = np.moveaxis(normal(4, 30, 30, 64), -1, 1)
    seen = 4 * 28 * 28 * 64 * 9
    file = "ops/pool/cost.h"
    yield from passes(file, "kSum", None, image, seen, lambda x: functional.avg_pool2d(x, 3, 1))
    yield from passes(
        file, "kMax", "kMaxBackward", image, seen, lambda x: functional.max_pool2d(x, 3, 1)
    )


def row_costs() -> Iterator[Cost]:
    """Operations on rows and columns of a matrix in L2."""
    from fastnn import kernels
    from fastnn.nn import functional

    rows = normal(256, 256)
    yield from passes(
        "ops/softmax/cost.h",
        "kForward",
        "kBackward",
        rows,
        rows.size,
        lambda x: functional.softmax(x, 1),
    )
    yield from passes(
        "ops/softmax/cost.h",
        "kForward",
        "kLogBackward",
        rows,
        rows.size,
        lambda x: functional.log_softmax(x, 1),
    )
    for file, name, step in (
        ("ops/reduce/cost.h", "kElement", lambda: kernels.sum(rows, 1)),
        ("ops/reduce/cost.h", "kLogsumexp", lambda: kernels.logsumexp(rows, 1)),
        ("ops/reduce/cost.h", "kPowerNorm", lambda: kernels.norm(rows, 3.0, 1)),
        ("ops/reduce/cost.h", "kArg", lambda: kernels.argmax(rows, 1)),
        ("ops/scan/cost.h", "kRow", lambda: kernels.cumsum(rows, 1)),
        ("ops/scan/cost.h", "kColumn", lambda: kernels.cumsum(rows, 0)),
        ("ops/median/cost.h", "kElement", lambda: kernels.median(rows, 1)),
    ):
        yield Cost(file, name, rows.size, step)
    yield from passes(
        "ops/dropout/cost.h",
        "kElement",
        None,
        rows,
        rows.size,
        lambda x: functional.dropout(x, 0.5),
    )


def loss_costs() -> Iterator[Cost]:
    """Losses over classes."""
    import fastnn
    from fastnn import kernels
    from fastnn.nn import functional

    file = "ops/loss/cost.h"
    logits, target = normal(64, 1000), fastnn.from_numpy(np.arange(64))
    yield from passes(
        file,
        "kCrossEntropy",
        None,
        logits,
        logits.size,
        lambda x: functional.cross_entropy(x, target),
        grad=True,
    )
    dy = np.array(0.5, np.float32)  # 1 would return the saved gradient
    yield Cost(
        file,
        "kCrossEntropyBackward",
        logits.size,
        lambda: kernels.cross_entropy_backward(dy, logits),
    )
    few, ids = normal(16384, 8), np.arange(16384) % 8
    yield Cost(file, "kNllRow", len(ids), lambda: kernels.nll_loss(few, ids))


def optim_costs() -> Iterator[Cost]:
    """A parameter in L3."""
    from fastnn import kernels

    file = "ops/optim/cost.h"
    p, g = normal(1 << 19), normal(1 << 19)
    m, v, t = np.zeros_like(p), np.zeros_like(p), np.zeros(1)
    hyper = np.array([[1e-3, 0.9, 0.999, 1e-8, 0, 0, 0]])
    yield Cost(
        file,
        "kStep",
        p.size,
        lambda: kernels.adam_step([p], [g], [m], [v], None, [t], [1], hyper),
    )
    yield Cost(file, "kNorm", g.size, lambda: kernels.grad_norm([g], 2.0))
    yield Cost(file, "kClip", g.size, lambda: kernels.clip_grad_value([g], 10.0))


def byte_costs() -> Iterator[Cost]:
    """Operations that move data, per byte or number."""
    import fastnn
    from fastnn import kernels
    from fastnn.nn import functional

    table, ids = normal(1000, 256), fastnn.from_numpy(np.arange(0, 1000, 4))
    yield from passes(
        "ops/embedding/cost.h",
        "kByte",
        None,
        table,
        2 * 250 * 256 * 4,
        lambda w: functional.embedding(ids, w),
    )
    image = normal(8, 64, 28, 28)
    yield from passes(
        "ops/fold/cost.h",
        "kByte",
        None,
        image,
        8 * 64 * 9 * 26 * 26 * 4,
        lambda x: functional.unfold(x, 3),
    )
    last = np.moveaxis(normal(8, 28, 28, 64), -1, 1)
    yield Cost("ops/shuffle/cost.h", "kByte", last.size * 4, lambda: kernels.pixel_shuffle(last, 2))
    yield Cost("ops/copy/cost.h", "kByte", image.nbytes, lambda: kernels.clone(image))
    every = normal(512, 1024)[:, ::3]
    yield Cost("ops/copy/cost.h", "kElement", every.size, lambda: kernels.clone(every, True))
    # Reads of both steps of linear interpolation: lengthwise 2, crosswise 2 per place.
    reads = 8 * 64 * (2 * 56 * 28 + 2 * 56 * 56)
    yield Cost(
        "ops/resample/cost.h",
        "kTap",
        reads,
        lambda: kernels.interpolate(last, (56, 56), "linear"),
    )
    points = np.random.default_rng(0).uniform(-1, 1, (8, 28, 28, 2)).astype(np.float32)
    yield Cost(
        "ops/grid_sample/cost.h",
        "kRead",
        4 * last.size,  # at four pixels for each point
        lambda: kernels.grid_sample(last, points),
    )


def passes(
    file: str,
    forward: str,
    backward: str | None,
    value: np.ndarray[Any, Any],
    units: float,
    op: Callable[[Any], Any],
    *,
    grad: bool = False,
) -> Iterator[Cost]:
    """The cost of an op, and of its backward pass if that has a separate constant."""
    import fastnn

    x = fastnn.from_numpy(value)
    leaf = fastnn.tensor(value, requires_grad=True)
    yield Cost(file, forward, units, lambda: op(leaf if grad else x))
    if backward is not None:
        dy = fastnn.ones_like(op(x))
        yield Cost(file, backward, units, lambda: op(leaf).backward(dy), lambda: op(leaf))


def bandwidths() -> Iterator[tuple[str, float]]:
    """Bytes per nanosecond that one thread copies in each cache level and in memory."""
    from fastnn import _core

    sizes = [size for size, _, _ in _core.config.machine_caches()]
    # A copy within L1 takes less time than the call.
    for name, size in (("L2", sizes[1]), ("L3", sizes[2])):
        yield name, bandwidth(size // 4)
    yield "memory", bandwidth(min(4 * sizes[-1], 1 << 28))


def bandwidth(size: int) -> float:
    """Bytes per nanosecond of copying ``size`` bytes."""
    count = size // 4
    # Half a page further than the source: at equal offsets in their pages, loads wait for stores.
    both = np.ones(2 * count + 512, np.float32)
    source, target = both[:count], both[count + 512 :]
    return 2 * size / (timed(lambda: np.copyto(target, source)).least * 1e9)


def region_cost() -> tuple[float, float]:
    """The overhead of a parallel region in ns, and the minimum work per thread in the code.

    The same op runs on one thread and, divided by ``threads_worth``, on two.
    """
    import fastnn
    from fastnn.nn import functional

    x = fastnn.from_numpy(normal(1 << 17))
    fastnn.set_num_threads(1)
    alone = timed(lambda: functional.gelu(x)).least
    fastnn.set_num_threads(2)
    together = timed(lambda: functional.gelu(x)).least
    text = (CSRC / "core/parallel.h").read_text()
    worth = re.search(r"kThreadWorthNs = ([0-9.]+)", text)
    return (together - alone / 2) * 1e9, float(worth[1]) if worth else 0.0


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--only", default="", help="part of the name of a file or constant")
    only = parser.parse_args().only
    import fastnn

    fastnn.set_num_threads(1)
    print(f"{'constant':52}{'in the code':>12}{'measured':>12}")
    for costs in (norm_costs, pool_costs, row_costs, loss_costs, optim_costs, byte_costs):
        for cost in costs():
            if only not in f"{cost.file} {cost.name}":
                continue
            code, measured = cost.in_code(), cost.measured()
            far = "  <-" if not code / FACTOR < measured < code * FACTOR else ""
            print(f"{cost.file + ' ' + cost.name:52}{code:12.3f}{measured:12.3f}{far}")
    for name, bytes_per_ns in bandwidths():
        print(f"{'copies in ' + name:52}{'':12}{bytes_per_ns:12.1f} bytes per ns")
    measured, worth = region_cost()
    print(f"{'core/parallel.h kThreadWorthNs; a region costs':52}{worth:12.0f}{measured:12.0f}")


if __name__ == "__main__":
    main()
