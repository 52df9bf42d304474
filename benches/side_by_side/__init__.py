"""Side-by-side benchmarks: each library in its own process, in turns, on the same work.

``works`` is the table of works, ``inputs`` makes the data from a fixed seed, ``reference`` gives
float64 answers, ``impl`` holds one small implementation per library, ``worker`` is the process a
library lives in, ``run`` lets the workers take turns and ``table`` and ``plot`` report.
"""
