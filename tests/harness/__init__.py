"""One record per operation, and every check that is run on it.

A test file lists its records and hands them to pytest::

    RECORDS = [
        Record("tanh", fastnn.tanh, np.tanh, [Sample(x) for x in vectors()], depth=4),
        ...
    ]

    test_record = record_test(RECORDS)

The reference takes float64 arrays and is as slow and obvious as can be. Tolerances are never chosen
by hand: they are depth x epsilon x magnitude, where `depth` counts the roundings on the way from an
input to an output (about one per operation, the length for a sum) and `magnitude` is the largest
number that is rounded (by default the largest output).
"""

from .checks import record_test
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
    "isa",
    "isa_levels",
    "numbers",
    "record_test",
    "threads",
]
