"""Training runs end with the same bits for any number of threads, and in every run."""

from __future__ import annotations

import fastnn

from .training_runs import train, train_characters, train_images

THREADS = (1, 2, 3, 7)
RUNS = {"layers": train, "a character model": train_characters, "a ResNet": train_images}


def main(steps: int = 150, repeats: int = 2) -> int:
    """Train with each number of threads, twice; compare hashes of losses and weights."""
    different = 0
    for name, run in RUNS.items():
        hashes = set()
        for threads in THREADS:
            fastnn.set_num_threads(threads)
            for repeat in range(repeats):
                found = run(steps)
                hashes.add(found)
                print(f"{name}, {threads} threads, run {repeat + 1}: {found[:16]}")
        different += len(hashes) > 1
        print("same bits" if len(hashes) == 1 else "DIFFERENT BITS")
    return different


if __name__ == "__main__":
    raise SystemExit(main())
