"""The block of a grad mode. It is compiled so that Ctrl-C cannot come between its steps: Python runs
signal handlers between instructions of its own, also before the first one of an ``__exit__``.
"""

from fastnn.autograd.tape import mode


cdef class Block:
    """A context manager that sets whether operations are recorded.

    Attributes
    ----------
    enabled
        The mode inside of the block.
    outside
        The mode to return to; None for the one that the block finds.
    """

    cdef public object enabled, outside
    cdef object before  # modes to restore: (the last, (the one before, ...))

    def __cinit__(self):
        self.enabled = True

    def __enter__(self):
        self.before = (mode.enabled if self.outside is None else self.outside, self.before)
        self.outside = None
        mode.enabled = self.enabled

    def __exit__(self, kind, error, trace):
        mode.enabled, self.before = self.before
