"""Proofs that take too long for the test suite: each is a script that prints what it found.

python -m benches.proofs.same_bits
python -m benches.proofs.steady_memory
python -m benches.proofs.interrupt
python -m benches.proofs.more_threads
python -m benches.proofs.conv_options
python -m benches.forks
"""
