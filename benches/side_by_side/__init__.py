"""Side-by-side benchmarks: each library in its own process, alternately, on the same workload.

``workloads`` defines the workloads, ``inputs`` makes the data from a fixed seed, ``reference``
computes float64 answers, ``impl`` has one small implementation per library, ``worker`` is the
process of one library, ``run`` schedules the workers, and ``table`` and ``plot`` report.
"""
