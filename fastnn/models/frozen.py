"""A network as it is served: norms folded, weights packed, no tape."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import no_grad
from ..nn import Module
from .folding import fold_norms

__all__ = ["Inference", "inference"]


class Inference(Module):
    """A network for inference alone, made by `fastnn.inference`.

    Parameters
    ----------
    model
        The network to copy.
    """

    def __init__(self, model: Module) -> None:
        super().__init__()
        self.model = fold_norms(model)
        self.__dict__["training"] = False

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the network computes, without a gradient."""
        with no_grad():
            return self.model(*args, **kwargs)

    def train(self, mode: bool = True) -> Inference:
        """Raise an error, as weights cannot change; evaluation mode is the only one."""
        if mode:
            raise RuntimeError("inference: train the model that this one was made of")
        return self


def inference(model: Module) -> Inference:
    """Copy a network for inference: what can be computed once is not computed in every call.

    Batch norms are folded into the convolutions before them (see `fastnn.models.fold_norms`), and
    parameters become read-only, so that linear layers and convolutions pack their weights in the
    first call that gains from it and not again. Calls record nothing for gradients.

    Parameters
    ----------
    model
        A network. It stays as it is, and later changes of its weights are not seen.

    Returns
    -------
    Inference
        A module with the same arguments and results, up to rounding where norms are folded. Any
        number of threads may call it at once. Packed weights take as much memory again.

    Raises
    ------
    TypeError
        If `model` is no module.

    Examples
    --------
    >>> from fastnn import nn
    >>> model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 2))
    >>> served = fastnn.inference(model)
    >>> y = served(fastnn.ones(3, 4))
    >>> y.requires_grad, y.tolist() == model.eval()(fastnn.ones(3, 4)).tolist()
    (False, True)
    """
    if not isinstance(model, Module):
        raise TypeError(f"inference: model must be a Module, got {type(model).__name__}")
    return Inference(model)
