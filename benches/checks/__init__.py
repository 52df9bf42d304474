"""Checks that take too long for the test suite: scripts that print their findings.

python -m benches.checks.determinism
python -m benches.checks.memory_growth
python -m benches.checks.interrupt
python -m benches.checks.thread_scaling
python -m benches.checks.conv_fuzz
python -m benches.checks.kills
python -m benches.checks.races
python -m benches.checks.readers
python -m benches.checks.trainer_overhead
python -m benches.checks.training_kills
python -m benches.forks
"""
