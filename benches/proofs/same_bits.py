"""A whole training run ends in the same bits for any number of threads, and every time."""

from __future__ import annotations

import fastnn

from .training import train

THREADS = (1, 2, 3, 7)


def main(steps: int = 150, repeats: int = 2) -> int:
    """Train with each number of threads, twice; compare hashes of losses and weights."""
    hashes = {}
    for threads in THREADS:
        fastnn.set_num_threads(threads)
        for repeat in range(repeats):
            hashes[threads, repeat] = train(steps)
            print(f"{threads} threads, run {repeat + 1}: {hashes[threads, repeat][:16]}")
    same = len(set(hashes.values())) == 1
    print("same bits" if same else "DIFFERENT BITS")
    return 0 if same else 1


if __name__ == "__main__":
    raise SystemExit(main())
