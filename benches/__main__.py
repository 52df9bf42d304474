"""``python -m benches`` runs the side-by-side benchmarks."""

from benches.side_by_side.run import main

if __name__ == "__main__":
    raise SystemExit(main())
