"""Benchmarks: pytest-benchmark suites per op family and the side-by-side harness."""
