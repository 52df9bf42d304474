"""Operations that change the shape of a tensor and not its values."""

import pytest

import fastnn
from tests.harness import Record, Sample, cases, numbers

RECORDS = [
    Record(
        "reshape",
        fastnn.reshape,
        lambda x, *shape: x.reshape(*shape),
        [
            Sample(numbers(2, 3, 4), (4, 6)),
            Sample(numbers(2, 3, 4), 4, -1),
            Sample(numbers(0, 3), (3, 0)),
            Sample(numbers(1), ()),
        ],
        exact=True,
    ),
]


@pytest.mark.parametrize(("record", "check"), cases(RECORDS))
def test_record(record, check):
    check(record)
