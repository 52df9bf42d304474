"""What a run found: times per round, ratios per round, share of the roof, verdicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

from .roof import Roof
from .works import Work


@dataclass
class Timing:
    """One entry in one work: median seconds per round, or what went wrong."""

    rounds: list[float] = field(default_factory=list)
    foreign: list[float] = field(default_factory=list)
    error: float | None = None
    problem: str = ""

    @property
    def seconds(self) -> float:
        """Median over the rounds."""
        return median(self.rounds)


@dataclass
class Result:
    """One work with all its entries."""

    work: Work
    timings: dict[str, Timing]
    roof_seconds: float = 0.0

    def ran(self, entry: str) -> bool:
        """Whether the entry has a time."""
        return entry in self.timings and bool(self.timings[entry].rounds)

    def variants(self, rival: str) -> list[str]:
        """Entries of a rival: itself and its variants, those that ran."""
        names = [e for e in self.work.entries if e == rival or e.startswith(rival + " ")]
        return [name for name in names if self.ran(name)]

    def best(self, rival: str) -> str | None:
        """Fastest variant of a rival."""
        return min(self.variants(rival), key=lambda e: self.timings[e].seconds, default=None)

    def ratio(self, rival: str) -> float | None:
        """Median over rounds of rival time / own time; more than 1 is faster than the rival."""
        entry = self.best(rival)
        if entry is None or not self.ran(self.work.subject):
            return None
        own = self.timings[self.work.subject].rounds
        return median(a / b for a, b in zip(self.timings[entry].rounds, own, strict=False))

    def share(self, entry: str) -> float | None:
        """Share of the roof, None where it is not known."""
        if not self.roof_seconds or not self.ran(entry):
            return None
        return self.roof_seconds / self.timings[entry].seconds

    def ceiling(self, rival: str) -> float | None:
        """The largest ratio the roof allows."""
        entry = self.best(rival)
        share = self.share(entry) if entry else None
        return 1 / share if share else None

    def verdicts(self) -> list[str]:
        """Targets that are not met, in words; a target above the roof is named as such."""
        if not self.ran(self.work.subject):
            return [f"{self.work.subject} did not run"]
        words = []
        for rival, target in self.work.targets.items():
            ratio, ceiling = self.ratio(rival), self.ceiling(rival)
            if ratio is None or ratio >= target:
                continue
            if ceiling is not None and ceiling < target:
                words.append(
                    f"{ratio:.2f}× {rival}, target {target:g} (the roof allows {ceiling:.2f})"
                )
            else:
                words.append(f"{ratio:.2f}× {rival}, target {target:g}")
        share = self.share(self.work.subject)
        if self.work.min_share and share is not None and share < self.work.min_share:
            words.append(f"{share:.0%} of the roof, target {self.work.min_share:.0%}")
        seconds = self.timings[self.work.subject].seconds
        if self.work.max_seconds and seconds > self.work.max_seconds:
            words.append(f"{seconds * 1e6:.1f} µs, target {self.work.max_seconds * 1e6:g}")
        return words


def roof_seconds(work: Work, roofs: dict[str, Roof]) -> float:
    """Least time of a work on this machine, 0 where it is not known."""
    roof = roofs.get(work.roof)
    if roof is None or not (work.flops or work.bytes):
        return 0.0
    return roof.seconds(work.flops, work.bytes, work.working_set)
