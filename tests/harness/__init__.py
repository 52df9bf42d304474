"""One record per operation, and every check that is run on it.

A test file lists its records and hands them to pytest in three lines::

    RECORDS = [
        Record("tanh", fastnn.tanh, np.tanh, [Sample(x) for x in vectors()], depth=4),
        ...
    ]

    @pytest.mark.parametrize(("record", "check"), cases(RECORDS))
    def test_record(record, check):
        check(record)

The reference takes float64 arrays and is as slow and obvious as can be. Tolerances are never chosen
by hand: they are depth x epsilon x magnitude, where `depth` counts the roundings on the way from an
input to an output (about one per operation, the length for a sum) and `magnitude` is the largest
number that is rounded (by default the largest output).
"""

from .checks import cases
from .machine import THREADS, isa, isa_levels, threads
from .record import Bad, Record, Sample
from .samples import SIZES, W, away_from, numbers

__all__ = [
    "SIZES",
    "THREADS",
    "Bad",
    "Record",
    "Sample",
    "W",
    "away_from",
    "cases",
    "isa",
    "isa_levels",
    "numbers",
    "threads",
]
