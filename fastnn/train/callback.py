"""The base of callbacks, and the list of those that a hook is called for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..nn import Module
    from .trainer import Trainer

__all__ = ["Callback", "LambdaCallback"]

Logs = dict[str, Any]


class Callback:
    """Base of what is called while a `Trainer` works: a subclass defines the hooks it needs.

    Names and arguments are those of Keras. A hook that a class does not define costs nothing. To
    end training after the step or the epoch, set ``self.trainer.stop_training = True``.

    Attributes
    ----------
    trainer
        The trainer, while it works.
    model
        Its model.
    log_names
        Names that the callback adds to `logs` in `on_epoch_end`, which others then may monitor.
        Default: none.

    Examples
    --------
    >>> class Count(fastnn.train.Callback):
    ...     steps = 0
    ...
    ...     def on_train_batch_end(self, batch, logs):
    ...         self.steps += 1
    >>> model, count = fastnn.nn.Linear(2, 1), Count()
    >>> trainer = fastnn.train.Trainer(
    ...     model, fastnn.nn.MSELoss(), fastnn.optim.SGD(model.parameters(), lr=0.1)
    ... )
    >>> data = np.ones((8, 2)), np.ones((8, 1))
    >>> _ = trainer.fit(data, batch_size=4, callbacks=[count], verbose=0)
    >>> count.steps
    2
    """

    trainer: Trainer
    log_names: tuple[str, ...] = ()
    comes_last = False  # whether its hooks are called after those of the others

    @property
    def model(self) -> Module:
        """The model of the trainer."""
        return self.trainer.model

    def on_train_begin(self, logs: Logs) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs) -> None:
        """After the last epoch; `logs` are those of it."""

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Before epoch `epoch`, which are counted from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """After an epoch and its validation; `logs` has the loss and the metrics of both."""

    def on_train_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before step `batch` of the epoch, counted from 0."""

    def on_train_batch_end(self, batch: int, logs: Logs) -> None:
        """After a step; `logs` has its ``"loss"``."""

    def on_test_begin(self, logs: Logs) -> None:
        """Before the validation of an epoch."""

    def on_test_end(self, logs: Logs) -> None:
        """After it; `logs` has its loss and metrics."""

    def on_test_batch_begin(self, batch: int, logs: Logs) -> None:
        """Before a batch of validation data."""

    def on_test_batch_end(self, batch: int, logs: Logs) -> None:
        """After a batch of validation data; `logs` has its ``"loss"``."""

    def on_exception(self, error: BaseException) -> None:
        """When an exception or Ctrl-C ends training, which is raised again afterwards."""

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps of the callback; empty if it has no state."""
        return {}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a `state_dict`, after `on_train_begin`."""


HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


class LambdaCallback(Callback):
    """A callback made of functions.

    Parameters
    ----------
    hooks
        Functions by the name of the hook, such as ``on_epoch_end``, with the arguments of the hook.

    Raises
    ------
    TypeError
        If there is no such hook, or it is not a function.

    Examples
    --------
    >>> seen = []
    >>> record = fastnn.train.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))
    >>> record.on_epoch_end(0, {})
    >>> seen
    [0]
    """

    def __init__(self, **hooks: Callable[..., Any] | None) -> None:
        for name, function in hooks.items():
            if name not in HOOKS:
                raise TypeError(
                    f"LambdaCallback: there is no hook {name!r}; there are {', '.join(HOOKS)}"
                )
            if function is None:
                continue
            if not callable(function):
                raise TypeError(f"LambdaCallback: {name} must be a function, got {function!r}")
            setattr(self, name, function)


class Callbacks:
    """The callbacks of a run, and for each hook the functions that define it."""

    def __init__(self, given: Iterable[Any], trainer: Trainer) -> None:
        if isinstance(given, Callback):
            given = [given]
        if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
            raise TypeError(
                f"fit: callbacks must be a list of callbacks, got {type(given).__name__}"
            )
        several = list(given)
        for each in several:
            if not isinstance(each, Callback):
                hint = "; make an object of it" if isinstance(each, type) else ""
                name = each.__name__ if isinstance(each, type) else type(each).__name__
                raise TypeError(f"fit: callbacks must be of class Callback, got {name}{hint}")
        self.all: list[Callback] = sorted(several, key=lambda each: each.comes_last)
        self.trainer = trainer
        self.hooks = {name: [*self.defined(name)] for name in HOOKS}

    def defined(self, name: str) -> Iterable[Callable[..., Any]]:
        """The hooks of one name that are not those of the base."""
        for each in self.all:
            if name in vars(each) or getattr(type(each), name) is not getattr(Callback, name):
                yield getattr(each, name)

    def __call__(self, name: str, *args: Any) -> None:
        """Call a hook of all callbacks."""
        for hook in self.hooks[name]:
            hook(*args)

    def states(self) -> list[dict[str, Any]]:
        """Class and state of those that have one."""
        pairs = [(type(each).__name__, each.state_dict()) for each in self.all]
        return [{"class": name, "state": state} for name, state in pairs if state]

    def check_states(self, states: list[dict[str, Any]]) -> None:
        """Raise ValueError unless states are those of such callbacks."""
        own = [state["class"] for state in self.states()]
        saved = [state["class"] for state in states]
        if own != saved:
            raise ValueError(
                f"fit: the checkpoint is of a run with the callbacks {saved}, this one has {own}"
            )

    def load_states(self, states: list[dict[str, Any]]) -> None:
        """Continue from `states`."""
        with_state = [each for each in self.all if each.state_dict()]
        for each, saved in zip(with_state, states, strict=True):
            each.load_state_dict(saved["state"])
