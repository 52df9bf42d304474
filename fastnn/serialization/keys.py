"""Keys of dicts and members of sets: which of them files have, and how many may collide.

Python's hashes of strings are secret, those of numbers and tuples are known: a hundred thousand
different ones with one hash would keep a dict busy for minutes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Keys", "refusal"]

PLAIN = (str, int, float, type(None), bytes, np.bool_, np.integer, np.floating)
LARGEST = (1 << 61) - 1  # from which on integers have the hashes of smaller ones
LONGEST = 100  # parts of a tuple, which has its hash computed each time
COLLISIONS = 100  # tuples of one hash; by chance there are hardly two


def refusal(key: Any) -> str | None:
    """Why files do not have such a key; None if they do."""
    parts = key if isinstance(key, tuple) else (key,)
    if len(parts) > LONGEST:
        return f"a key that is a tuple of {len(parts)}, more than {LONGEST}"
    for part in parts:
        if not isinstance(part, PLAIN):
            return f"a key of class {type(part).__name__}"
        if isinstance(part, (int, np.integer)) and not -LARGEST < part < LARGEST:
            return "a key that is an integer beyond 61 bits"
    return None


class Keys:
    """The keys that a reader puts into a dict or set, `target`, which it keeps alive."""

    def __init__(self, target: Any) -> None:
        self.target = target
        self.hashes: dict[int, int] = {}  # how many tuples there are of each

    def refusal(self, key: Any) -> str | None:
        """Why the dict or set does not take a key, or one more of its hash; None if it does."""
        reason = refusal(key)
        if reason is None and isinstance(key, tuple):
            count = self.hashes[hash(key)] = self.hashes.get(hash(key), 0) + 1
            if count > COLLISIONS:
                return f"more than {COLLISIONS} tuples with one hash as keys"
        return reason
