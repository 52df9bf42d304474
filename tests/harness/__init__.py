"""One record per operation, and the checks that run on every record.

A test file lists its records and passes them to pytest::

    RECORDS = [
        Record("tanh", fastnn.tanh, np.tanh, [Sample(x) for x in vectors()], depth=4),
        ...
    ]

    test_record = record_test(RECORDS)

The reference takes float64 arrays and is slow and simple. Tolerances are never chosen by hand: they
are depth x epsilon x magnitude. `depth` counts the roundings from an input to an output, about one
per operation and n for a sum of n terms. `magnitude` is the largest rounded number, by default the
largest output.
"""

from .checks import record_test
from .machine import THREADS, in_threads, isa, isa_levels, threads
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
    "in_threads",
    "isa",
    "isa_levels",
    "numbers",
    "record_test",
    "threads",
]
