"""What a step changes besides weights, as it was after the step before."""

from __future__ import annotations

from typing import Any

from ..autograd import no_grad
from ..random import default_generator
from ..tensor import Tensor
from .random_streams import RandomStreams

__all__: list[str] = []


class Boundary:
    """Random numbers and buffers between two steps, for a checkpoint after an exception in one.

    Parameters
    ----------
    model
        Its buffers, such as running means, are kept.
    streams
        The random streams.
    whole
        Whether all streams may be drawn from within a step, as where Python code of a dataset runs
        in this process. If not, that of kernels alone is kept, which takes no time.

    Attributes
    ----------
    updating
        Whether weights are being changed.
    """

    def __init__(self, model: Any, streams: RandomStreams, whole: bool) -> None:
        self.buffers = list(model.buffers())
        self.streams, self.whole = streams, whole
        self.updating = False
        self.offset: int | None = None
        self.state: dict[str, Any] = {}
        self.copies: list[Any] = []

    def take(self) -> None:
        """Keep them as they are now."""
        self.offset = default_generator.source.stream.item(1)
        if self.whole:
            self.state = self.streams.state()
        if self.buffers:
            self.copies = [b.numpy().copy() for b in self.buffers]

    def restore(self) -> None:
        """Set them back."""
        if self.offset is None:
            return
        default_generator.source.stream[1] = self.offset
        if self.whole:
            self.streams.restore(self.state)
        with no_grad():
            for b, copy in zip(self.buffers, self.copies):
                b.copy_(Tensor(copy))
