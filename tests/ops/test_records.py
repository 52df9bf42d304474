"""Every public operation has a record, or is listed here with the file that tests it."""

import inspect
import re

import pytest

import fastnn.ops
from fastnn.ops.create import drawn, filled, sampled, values, windows
from fastnn.ops.elementwise import (
    algebraic,
    arithmetic,
    choose,
    close,
    compare,
    pairs,
    power,
    special,
    transcendental,
)
from tests.ops.records import records_by_file

ELSEWHERE = {
    "tests/ops/test_create.py": [*drawn.__all__, *filled.__all__, *values.__all__],
    "tests/ops/test_sampled.py": sampled.__all__,
    "tests/ops/test_windows.py": windows.__all__,
    "tests/nn/test_adaptive_softmax.py": ["gumbel_softmax"],
    "tests/ops/test_composed.py": ["detach", "feature_dropout"],
}


ELEMENTWISE = [
    name
    for module in (
        *(algebraic, arithmetic, choose, close, compare, pairs, power, special, transcendental),
    )
    for name in module.__all__
]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_parameters_and_results_are_described_before_the_examples(name):
    text = described = inspect.cleandoc(getattr(fastnn, name).__doc__)
    assert "\n\nExamples\n---" in text
    while sibling := re.search(r"Arguments and result are those of `(\w+)`", described):
        assert sibling.start() < described.index("\n\nExamples\n---")
        described = inspect.cleandoc(getattr(fastnn, sibling[1]).__doc__)
    sections = ("Parameters", "Returns", "Examples")
    places = [described.index(f"\n\n{title}\n---") for title in sections]
    assert places == sorted(places)


def test_every_operation_has_a_record():
    covered = {name for names in ELSEWHERE.values() for name in names}
    for records in records_by_file().values():
        for record in records:
            covered.update((record.name, *record.covers))
    public = {
        name
        for name, value in vars(fastnn.ops).items()
        if inspect.isfunction(value) and not name.startswith("_")
    }
    assert public - covered == set(), "operations without a record"
