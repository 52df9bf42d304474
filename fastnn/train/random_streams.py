"""The random streams that a run draws from."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..random import Generator, default_generator

__all__: list[str] = []


class RandomStreams:
    """fastnn's default generator, those of the loaders, Python's and NumPy's.

    Parameters
    ----------
    loaders
        Loaders whose generators, and those of their samplers and datasets, belong to the run.
    """

    def __init__(self, loaders: Iterable[Any]) -> None:
        self.own: list[Generator] = []
        for loader in loaders:
            sampler, batches = (getattr(loader, n, None) for n in ("sampler", "batch_sampler"))
            dataset = getattr(loader, "dataset", None)
            for owner in (loader, sampler, batches, getattr(batches, "sampler", None), dataset):
                generator = getattr(owner, "generator", None)
                if isinstance(generator, Generator):
                    known = any(generator is other for other in (default_generator, *self.own))
                    self.own += [] if known else [generator]

    def state(self) -> dict[str, Any]:
        """What `restore` takes and `fastnn.save` keeps."""
        version, words, gauss = random.getstate()
        state = {
            "fastnn": default_generator.get_state(),
            "own": [generator.get_state() for generator in self.own],
            "python": {"version": version, "words": np.array(words, np.uint64), "gauss": gauss},
            "numpy": None,
        }
        if "numpy.random" in sys.modules:
            state["numpy"] = np.random.get_state(legacy=False)  # noqa: NPY002 - what datasets use
        return state

    def check(self, state: dict[str, Any]) -> None:
        """Raise ValueError unless a state has as many generators."""
        if len(state["own"]) != len(self.own):
            raise ValueError(
                f"fit: the checkpoint is of a run whose loaders have {len(state['own'])} "
                f"generators of their own, these have {len(self.own)}"
            )

    def restore(self, state: dict[str, Any]) -> None:
        """Set all streams."""
        default_generator.set_state(state["fastnn"])
        for generator, own in zip(self.own, state["own"], strict=True):
            generator.set_state(own)
        python = state["python"]
        random.setstate((python["version"], tuple(python["words"].tolist()), python["gauss"]))
        if state["numpy"] is not None:
            np.random.set_state(state["numpy"])  # noqa: NPY002
