"""Results: times and ratios per round, share of the roofline, missed targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

from .roofline import Roofline
from .workloads import Workload


@dataclass
class Timing:
    """One entry in one workload: median seconds per round, or what went wrong."""

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
    """One workload with all its entries."""

    workload: Workload
    timings: dict[str, Timing]
    roofline_seconds: float = 0.0

    def ran(self, entry: str) -> bool:
        """Whether the entry has a time."""
        return entry in self.timings and bool(self.timings[entry].rounds)

    def variants(self, rival: str) -> list[str]:
        """Entries of a rival that ran: the rival and its variants."""
        names = [e for e in self.workload.entries if e == rival or e.startswith(rival + " ")]
        return [name for name in names if self.ran(name)]

    def best(self, rival: str) -> str | None:
        """Fastest variant of a rival."""
        return min(self.variants(rival), key=lambda e: self.timings[e].seconds, default=None)

    def ratio(self, rival: str) -> float | None:
        """Median over rounds of rival time / own time; above 1 fastnn is faster."""
        entry = self.best(rival)
        if entry is None or not self.ran(self.workload.subject):
            return None
        own = self.timings[self.workload.subject].rounds
        return median(a / b for a, b in zip(self.timings[entry].rounds, own, strict=False))

    def share(self, entry: str) -> float | None:
        """Share of the roofline, None if unknown."""
        if not self.roofline_seconds or not self.ran(entry):
            return None
        return self.roofline_seconds / self.timings[entry].seconds

    def ceiling(self, rival: str) -> float | None:
        """The largest ratio the roofline allows."""
        entry = self.best(rival)
        share = self.share(entry) if entry else None
        return 1 / share if share else None

    def verdicts(self) -> list[str]:
        """Missed targets as text; targets beyond the roofline are marked."""
        if not self.ran(self.workload.subject):
            return [f"{self.workload.subject} did not run"]
        words = []
        for rival, target in self.workload.targets.items():
            ratio, ceiling = self.ratio(rival), self.ceiling(rival)
            if ratio is None or ratio >= target:
                continue
            if ceiling is not None and ceiling < target:
                words.append(
                    f"{ratio:.2f}× {rival}, target {target:g} (the roofline allows {ceiling:.2f})"
                )
            else:
                words.append(f"{ratio:.2f}× {rival}, target {target:g}")
        share = self.share(self.workload.subject)
        if self.workload.min_share and share is not None and share < self.workload.min_share:
            words.append(f"{share:.0%} of the roofline, target {self.workload.min_share:.0%}")
        seconds = self.timings[self.workload.subject].seconds
        if self.workload.max_seconds and seconds > self.workload.max_seconds:
            words.append(f"{seconds * 1e6:.1f} µs, target {self.workload.max_seconds * 1e6:g}")
        return words


def roofline_seconds(workload: Workload, rooflines: dict[str, Roofline]) -> float:
    """The time of a workload at the roofline, 0 if unknown."""
    roofline = rooflines.get(workload.roofline)
    if roofline is None or not (workload.flops or workload.bytes):
        return 0.0
    return roofline.seconds(workload.flops, workload.bytes, workload.working_set)
