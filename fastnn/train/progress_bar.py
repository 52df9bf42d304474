"""What a run shows of itself: a bar for each epoch, or a line."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

__all__: list[str] = []

WIDTH = 24  # characters of the plain bar


def display_of(verbose: Any, epochs: int) -> Display:
    """What `verbose` asks for: nothing, a bar, or a line for each epoch."""
    if verbose not in (0, 1, 2):  # True and False are 1 and 0
        raise ValueError(f"fit: verbose must be 0, 1 or 2, got {verbose!r}")
    if not verbose:
        return Display(epochs)
    notebook = "ipykernel" in sys.modules
    if verbose == 2 or not (notebook or sys.stderr.isatty()):
        return Lines(epochs)
    return TqdmBars(epochs) if find_spec("tqdm") else PlainBars(epochs)


class Display:
    """Shows nothing."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def begin(self, epoch: int, done: int, total: int | None) -> None:
        """Begin an epoch of `total` steps, of which some are done."""

    def update(self, done: int, loss: float) -> None:
        """Show that more steps are done."""

    def end(self, logs: Mapping[str, float]) -> None:
        """Show the logs of the epoch."""

    def close(self) -> None:
        """End in the midst of an epoch."""


class Lines(Display):
    """Prints a line after each epoch."""

    def begin(self, epoch: int, done: int, total: int | None) -> None:
        """Take the time."""
        self.epoch, self.begun = epoch, time.perf_counter()

    def end(self, logs: Mapping[str, float]) -> None:
        """Print the line."""
        seconds = time.perf_counter() - self.begun
        print(f"epoch {self.epoch + 1}/{self.epochs}  {seconds:.1f} s  {described(logs)}")


class PlainBars(Display):
    """A bar of characters on one line of the terminal, for each epoch."""

    def begin(self, epoch: int, done: int, total: int | None) -> None:
        """Begin the line."""
        self.title, self.total = f"epoch {epoch + 1}/{self.epochs}", total
        self.done = self.first = done
        self.begun = time.perf_counter()
        self.shown = 0

    def update(self, done: int, loss: float) -> None:
        """Show the bar, the time that is left, and the loss."""
        self.done += done
        taken = time.perf_counter() - self.begun
        if self.total:
            full = min(WIDTH * self.done // self.total, WIDTH)
            left = taken / (self.done - self.first) * max(self.total - self.done, 0)
            bar = f"{self.done}/{self.total} [{'=' * full}{' ' * (WIDTH - full)}]"
            self.write(f"{self.title}  {bar} {left:.0f} s left  loss {loss:.4g}")
        else:
            self.write(f"{self.title}  {self.done} steps, {taken:.0f} s  loss {loss:.4g}")

    def end(self, logs: Mapping[str, float]) -> None:
        """Replace the bar by the logs of the epoch."""
        self.write(f"{self.title}  {time.perf_counter() - self.begun:.1f} s  {described(logs)}")
        self.close()

    def close(self) -> None:
        """End the line."""
        if self.shown:
            sys.stderr.write("\n")
            self.shown = 0

    def write(self, text: str) -> None:
        """Write over what is on the line."""
        sys.stderr.write("\r" + text.ljust(self.shown))
        sys.stderr.flush()
        self.shown = len(text)


class TqdmBars(Display):
    """A bar of tqdm for each epoch."""

    bar: Any = None

    def begin(self, epoch: int, done: int, total: int | None) -> None:
        """Begin a bar."""
        tqdm = import_module("tqdm.auto").tqdm
        title = f"epoch {epoch + 1}/{self.epochs}"
        self.bar = tqdm(total=total, initial=done, desc=title, unit="step", mininterval=0.05)

    def update(self, done: int, loss: float) -> None:
        """Move the bar, and show the loss."""
        self.bar.set_postfix_str(f"loss {loss:.4g}", refresh=False)
        self.bar.update(done)

    def end(self, logs: Mapping[str, float]) -> None:
        """Leave the bar with the logs of the epoch."""
        self.bar.set_postfix_str(described(logs))
        self.close()

    def close(self) -> None:
        """Leave the bar as it is."""
        if self.bar is not None:
            self.bar.close()
            self.bar = None


def described(logs: Mapping[str, float]) -> str:
    """Names and values of logs."""
    return "  ".join(f"{name} {value:.4g}" for name, value in logs.items())
