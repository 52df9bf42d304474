"""Every convolution of ResNet-50 and VGG-16, forward and both gradients, compared with PyTorch.

Each cell runs with the algorithm that fastnn chooses, with each one forced, and in PyTorch in both
memory formats, alternately, after the answers are checked. A ratio is the median over rounds of
PyTorch's better time over fastnn's.

    python -m benches.conv_grid --peers-python PYTHON [--only REGEX] [--quick] [--write-docs]
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from .side_by_side import grid, workloads
from .side_by_side.libraries import ROOT, Library, Process
from .side_by_side.results import Result
from .side_by_side.workloads import Workload

BATCH = (1, 16)
KINDS = ("conv_infer", "conv_data", "conv_weight")
ALGORITHMS = ("direct", "winograd")
# C, H, O, K, stride; K is odd and the padding K // 2. At 224x224, each shape once.
RESNET50 = [
    (3, 224, 64, 7, 2),
    (64, 56, 64, 1, 1),
    (64, 56, 64, 3, 1),
    (64, 56, 256, 1, 1),
    (256, 56, 64, 1, 1),
    (256, 56, 128, 1, 1),
    (128, 56, 128, 3, 2),
    (128, 28, 512, 1, 1),
    (256, 56, 512, 1, 2),
    (512, 28, 128, 1, 1),
    (128, 28, 128, 3, 1),
    (512, 28, 256, 1, 1),
    (256, 28, 256, 3, 2),
    (256, 14, 1024, 1, 1),
    (512, 28, 1024, 1, 2),
    (1024, 14, 256, 1, 1),
    (256, 14, 256, 3, 1),
    (1024, 14, 512, 1, 1),
    (512, 14, 512, 3, 2),
    (512, 7, 2048, 1, 1),
    (1024, 14, 2048, 1, 2),
    (2048, 7, 512, 1, 1),
    (512, 7, 512, 3, 1),
]
VGG16 = [
    (3, 224, 64, 3, 1),
    (64, 224, 64, 3, 1),
    (64, 112, 128, 3, 1),
    (128, 112, 128, 3, 1),
    (128, 56, 256, 3, 1),
    (256, 56, 256, 3, 1),
    (256, 28, 512, 3, 1),
    (512, 28, 512, 3, 1),
    (512, 14, 512, 3, 1),
]
DOCS = ROOT / "docs"
PAGE = """# Convolutions of ResNet-50 and VGG-16

Written by `python -m benches.conv_grid --write-docs`; do not edit by hand. {threads} threads,
float32, 224×224 pixels, PyTorch {version} in the better of its memory formats. Shares are of the
multiplications of a direct convolution, so Winograd's may exceed 100 %. The last columns name the
chosen algorithm, inferred from its time, and the time of the other one.

```text
{text}
```

## All cells

```text
{cells}
```
"""


def cells(pattern: str, quick: bool) -> Iterator[Workload]:
    """The grid; first layers need no gradient of their images."""
    layers = [*RESNET50, *VGG16]
    for n in BATCH:
        for c, h, o, k, stride in layers[::6] if quick else layers:
            for kind in KINDS:
                if kind == "conv_data" and c == 3:
                    continue
                workload = workloads.conv(kind, n, c, h, o, k, stride, k // 2, 1, target=1.0)
                if re.search(pattern, workload.name):
                    forced = (
                        [f"fastnn {name}" for name in ALGORITHMS] if (k, stride) == (3, 1) else []
                    )
                    yield replace(workload, entries=(*workload.entries, *forced))


def choice(result: Result) -> tuple[str, float]:
    """The algorithm that was chosen, inferred from its time, and its time over the best time."""
    times = {
        name: result.timings[f"fastnn {name}"].seconds
        for name in ALGORITHMS
        if result.ran(f"fastnn {name}")
    }
    if not times or not result.ran("fastnn"):
        return "", 1.0
    own = result.timings["fastnn"].seconds
    taken = min(times, key=lambda name: abs(times[name] - own))
    others = [f"{name} {times[name] * 1e3:.2f} ms" for name in times if name != taken]
    return f"{taken}; {', '.join(others)}", own / min(times.values())


def line(result: Result) -> str:
    """A cell as text."""
    own, ratio, share = result.timings["fastnn"], result.ratio("torch"), result.share("fastnn")
    time = f"{own.seconds * 1e3:8.3f} ms" if own.rounds else own.problem
    beside = f"{ratio:5.2f}× PyTorch" if ratio else "alone"
    return (
        f"{result.workload.name.removeprefix('conv '):44} {time} {share or 0:5.0%} of roofline  "
        f"{beside}  {choice(result)[0]}"
    ).rstrip()


def summary(results: Sequence[Result]) -> list[str]:
    """Means, the worst cells, and where the other algorithm would have been faster."""
    lines = []
    for kind in KINDS:
        lines += grid.means(workloads.CONVOLUTIONS[kind][0], kind, results, line)
    lines += grid.failures(results)
    lost = sorted(((choice(r)[1], r) for r in results), key=lambda pair: -pair[0])
    lines.append("where the better algorithm would have been faster by more than 5%:")
    lines += [f"  {loss:.2f} {line(r)}" for loss, r in lost if loss > 1.05]
    return lines


def main(argv: Sequence[str] | None = None) -> int:
    """Run the grid and report."""
    parser = grid.parser("python -m benches.conv_grid", __doc__, seconds=0.08)
    parser.add_argument("--only", metavar="REGEX", default="", help="cells whose name matches")
    parser.add_argument("--write-docs", action="store_true", help="update docs/conv-grid.md")
    options = parser.parse_args(argv)
    ours = Library("fastnn", "fastnn", ("", *ALGORITHMS))
    theirs = Library("torch", "torch", ("", "channels_last"))
    processes = [
        Process(ours, sys.executable, options.threads),
        Process(theirs, options.peers_python, options.threads),
    ]
    results = grid.run(cells(options.only, options.quick), processes, options, line)
    text = "\n".join(summary(results))
    print(text)
    if options.write_docs:
        version = processes[-1].version or "absent"
        page = PAGE.format(
            text=text,
            cells="\n".join(map(line, results)),
            threads=options.threads,
            version=version,
        )
        Path(DOCS / "conv-grid.md").write_text(page)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
