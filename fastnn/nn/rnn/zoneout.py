"""An LSTM whose units keep their old values at random."""

from __future__ import annotations

from typing import Any

from ...ops import lerp, rand, stack, unbind, where, zeros
from ...tensor import Tensor
from ..module import Module
from ..module.inputs import Floats, Inputs
from .cells import LSTMCell

__all__ = ["ZoneoutLSTM"]


class ZoneoutLSTM(Module):
    """An LSTM layer with zoneout: at each step, some units keep the values of the step before.

    With ``h̃, c̃`` what an LSTM cell makes of ``x[t], h[t-1], c[t-1]``: in training each unit of c is
    ``c[t-1]`` with probability `zoneout_c` and ``c̃`` otherwise, and likewise h; in evaluation it is
    their mean, ``zoneout_c * c[t-1] + (1 - zoneout_c) * c̃``.

    Parameters
    ----------
    input_size
        I, the features of an input.
    hidden_size
        H, the units.
    bias
        Whether the gates have biases.
    batch_first
        Whether the batch is the first dimension.
    zoneout_h, zoneout_c
        The probabilities, from 0 to 1.
    device, dtype
        ``"cpu"`` or None, and the element type, float32 by default.

    Attributes
    ----------
    cell
        The `LSTMCell` with the parameters.

    Notes
    -----
    Steps are single operations, so this is slower than `LSTM`; without zoneout the two agree.

    References
    ----------
    Krueger et al., Zoneout: regularizing RNNs by randomly preserving hidden activations, ICLR 2017.

    Examples
    --------
    >>> layer = fastnn.nn.ZoneoutLSTM(10, 20, zoneout_h=0.1, zoneout_c=0.5)
    >>> y, (h, c) = layer(fastnn.zeros(5, 3, 10))
    >>> y.shape, h.shape, c.shape
    ((5, 3, 20), (3, 20), (3, 20))
    """

    _shown = ("input_size", "hidden_size", "zoneout_h", "zoneout_c")

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        batch_first: bool = False,
        zoneout_h: float = 0.0,
        zoneout_c: float = 0.0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(device)
        for name, p in (("zoneout_h", zoneout_h), ("zoneout_c", zoneout_c)):
            if not 0 <= p <= 1:
                raise ValueError(f"ZoneoutLSTM: {name} must be a probability, got {p}")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.batch_first = batch_first
        self.zoneout_h = zoneout_h
        self.zoneout_c = zoneout_c
        self.cell = LSTMCell(input_size, hidden_size, bias, device, dtype)

    def _expected(self) -> Inputs:
        return {"input": Floats("T, N, input_size", "T, input_size")}

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """x (T, N, I) and (h, c), each (N, H), to y (T, N, H) and the last (h, c).

        With `batch_first` x and y are (N, T, ...); without a batch the N is missing everywhere.
        """
        if input.ndim not in (2, 3):
            raise ValueError(
                f"ZoneoutLSTM: input must have shape (T, N, I) or (T, I), got {input.shape}"
            )
        axis = 1 if self.batch_first and input.ndim == 3 else 0
        steps = unbind(input, axis)
        if not steps:
            raise ValueError(f"ZoneoutLSTM: input has no steps, shape {input.shape}")
        if hx is None:
            blank = zeros(*steps[0].shape[:-1], self.hidden_size, dtype=self.cell.weight_ih.dtype)
            hx = blank, blank
        h, c = hx
        outputs = []
        for x in steps:
            new_h, new_c = self.cell(x, (h, c))
            h, c = self._kept(h, new_h, self.zoneout_h), self._kept(c, new_c, self.zoneout_c)
            outputs.append(h)
        return stack(outputs, axis), (h, c)

    def _kept(self, old: Tensor, new: Tensor, p: float) -> Tensor:
        """The old state where it stays, else the new one; their mean in evaluation."""
        if p == 0:
            return new
        return where(rand(*new.shape) < p, old, new) if self.training else lerp(new, old, p)
