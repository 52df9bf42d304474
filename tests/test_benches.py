"""The benchmarks run the operations that they claim to run, and report correct numbers."""

import numpy as np
import pytest

from benches.side_by_side import norms, reference, report, resampling, table
from benches.side_by_side.impl import with_fastnn
from benches.side_by_side.results import Result, Timing
from benches.side_by_side.workloads import WORKLOADS

SMALL = {
    "matmul": (5, 7, 3),
    "mlp_step": (4, 6, 5, 3),
    "mlp_infer": (4, 6, 5, 3),
    "cross_entropy": (4, 7),
    "tanh": (9000,),
    "gelu": (9000,),
    "layer_norm": (70, 130),
    "embedding": (90, 33, 40, 20),
    "adam": (2, 100, 100),
    "encoder_layer": (3, 50, 24, 4, 40),
    **{f"{kind}_step": (4, 3, 5, 6, 2, 2) for kind in ("lstm", "gru", "rnn")},
    "lstm_infer": (4, 3, 5, 6, 1, 1),
    "lstm_lengths": (4, 3, 5, 6, 1, 1),
    "char_lm": (4, 3, 7, 5, 6),
    "conv_infer": (3, 8, 20, 12, 3, 1, 1, 1),
    "conv_step": (3, 8, 20, 12, 3, 2, 1, 2),
    "max_pool": (3, 8, 21, 3, 2, 1),
    "conv_first": (3, 3, 20, 12, 5, 2, 2, 1),
    **dict.fromkeys(norms.KINDS, (3, 8, 20)),
    **{f"{mode}_{part}": (2, 9, 21) for mode in resampling.MODES for part in ("infer", "step")},
    "resnet_step": (18, 2, 33, 7),
    "resnet_infer": (18, 2, 33, 7),
}


@pytest.mark.parametrize("kind", SMALL)
def test_answers(kind):
    answers(
        kind,
        SMALL[kind],
        next(workload.tolerance for workload in WORKLOADS if workload.kind == kind),
    )


@pytest.mark.parametrize("kind", ["conv_data", "conv_weight"])
def test_answers_of_the_grid_of_convolutions(kind):
    for size in ((3, 8, 20, 12, 3, 2, 1, 2), (2, 4, 9, 5, 3, 1, 1, 1)):
        answers(kind, size, 1e-5)


def answers(kind, size, tolerance):
    case = with_fastnn.BUILDERS[kind](size, "")
    expected = reference.REFERENCES[kind](size)
    answer = np.asarray(case.answer())
    assert reference.error(answer.shape, answer.ravel(), expected) <= tolerance
    case.reset()
    case.step()


def test_every_kind_is_tested_or_listed():
    # VGG has too many weights for a test.
    assert {workload.kind for workload in WORKLOADS} - set(SMALL) == {"digits", "vgg_step"}


def result(own, torch):
    workload = next(workload for workload in WORKLOADS if workload.name == "matmul 512x512x512")
    timings = {"fastnn": Timing(own, [0.0], 0.0), "torch": Timing(torch, [0.0], 0.0)}
    return Result(workload, timings, roofline_seconds=1.0)


def test_ratio_is_the_median_of_the_rounds():
    assert result([1.0, 2.0, 4.0], [3.0, 4.0, 12.0]).ratio("torch") == 3.0


def test_a_wrong_answer_is_no_answer():
    expected = np.ones((2, 2))
    assert reference.error((2, 2), [1, 1, 1, np.nan], expected) == np.inf
    assert reference.error((4,), [1, 1, 1, 1], expected) == np.inf
    assert reference.error((2, 2), [1, 1, 1, 1.5], expected) == 0.5


def test_a_miss_is_reported_with_what_the_roofline_allows():
    found = result([1.2], [1.5])
    ratio, share = found.verdicts()
    assert ratio == "1.25\u00d7 torch, target 2 (the roofline allows 1.50)"
    assert share == "83% of the roofline, target 88%"
    assert result([1.0], [2.5]).verdicts() == []


def test_the_page_shows_misses_first():
    results = [result([1.0], [2.5]), result([1.2], [1.5])]
    run = report.Run(threads=2, rounds=1, seconds=0.1, results=results)
    page = table.markdown(run)
    missed, met = page.index("## Targets missed"), page.index("## Targets met")
    assert missed < page.index("1.25") < met < page.index("2.50")
