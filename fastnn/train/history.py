"""The logs of all epochs of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .axes import new_axes

__all__ = ["History"]


class History:
    """The loss, the metrics and the learning rate of each epoch.

    Attributes
    ----------
    epoch
        The numbers of the epochs, from 0.
    history
        A list with a value of each epoch, by name: ``loss``, metrics, the same of the validation
        data as ``val_loss`` and so on, and ``lr``.

    Examples
    --------
    >>> history = fastnn.train.History()
    >>> history.append(0, {"loss": 0.5, "val_loss": 0.6})
    >>> history.append(1, {"loss": 0.4, "val_loss": 0.3})
    >>> history["val_loss"], len(history), list(history)
    ([0.6, 0.3], 2, ['loss', 'val_loss'])
    """

    def __init__(self) -> None:
        self.epoch: list[int] = []
        self.history: dict[str, list[float]] = {}

    def append(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Add the logs of an epoch."""
        self.epoch.append(epoch)
        for name, value in logs.items():
            values = self.history.setdefault(name, [])
            values.extend([float("nan")] * (len(self.epoch) - 1 - len(values)))
            values.append(float(value))

    def __getitem__(self, name: str) -> list[float]:
        if name not in self.history:
            raise KeyError(f"History: there is no {name!r}; there are {', '.join(self.history)}")
        return self.history[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.history)

    def __len__(self) -> int:
        return len(self.epoch)

    def __repr__(self) -> str:
        return f"History({len(self)} epochs of {', '.join(self.history)})"

    def plot(self, names: Any = None) -> Any:
        """Draw the curves of training and validation, a picture for each name.

        Parameters
        ----------
        names
            Names without ``val_``. Default: all but the learning rate.

        Returns
        -------
        list of matplotlib.axes.Axes
            One of each name, in a new figure.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        KeyError, ValueError
            If there is no such name, or no epoch.
        """
        if not self.epoch:
            raise ValueError("History: there are no epochs to plot")
        own = [n for n in self.history if not n.startswith("val_") and n != "lr"]
        chosen = own if names is None else [names] if isinstance(names, str) else list(names)
        curves = {name: self[name] for name in chosen}
        found = new_axes("History", len(curves))
        epochs = [epoch + 1 for epoch in self.epoch]
        for ax, (name, values) in zip(found, curves.items()):
            ax.plot(epochs, values, label="training")
            if f"val_{name}" in self.history:
                ax.plot(epochs, self.history[f"val_{name}"], label="validation")
            ax.set(xlabel="epoch", ylabel=name)
            ax.legend()
            ax.grid(alpha=0.3)
        return found

    def state_dict(self) -> dict[str, Any]:
        """Copies of all values."""
        history = {name: list(values) for name, values in self.history.items()}
        return {"epoch": list(self.epoch), "history": history}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`."""
        self.epoch = list(state_dict["epoch"])
        self.history = {name: list(values) for name, values in state_dict["history"].items()}
