"""Pooling: the maximum, the average or a norm of each window of an image, a line or a volume.

Results lie channels-last in memory, which convolutions read without a copy; inputs of any order are
taken.
"""
