"""Rules by which gradients are computed from tensors, so that they can be differentiated again.

Of each operation that is here, all derivatives exist. They take part where `create_graph` asks for
them (`fastnn.autograd.recorded`); a backward pass without it computes with arrays.
"""

from __future__ import annotations

from . import (
    attention,
    binary,
    conv,
    index,
    linear,
    loss,
    norm,
    product,
    reduce,
    rnn,
    shape,
    sort,
    unary,
)
