"""What is wrong with a file, or with a value for one."""

__all__ = ["Fault"]


class Fault(Exception):
    """The reason why bytes are no file that `load` reads; it raises a ValueError that says so."""
