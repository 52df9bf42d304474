"""The kernels: forward and backward of every op, on plain NumPy arrays.

With them a training loop can be written by hand, as in a textbook: call the forward
function, keep what its backward needs, and call the backward functions in reverse order
(``examples/kernels_two_layer.py`` trains a network so). There are no tensors and no tape.

All of them follow the same rules:

* Arrays are float32 or float64, the same within a call; ids have any integer dtype. Any strides
  are accepted. Results are new arrays.
* ``<op>_backward`` takes the gradient of the loss with respect to the op's output first, then what
  it needs from the forward pass: ``y`` is the output of the op, ``input`` or ``x`` is
  its input. It returns the gradients of the op's inputs.
* Wrong arguments raise ``TypeError``, ``ValueError`` or ``IndexError`` before memory is touched.

Docstrings give the signature, the formula, every argument, the result, and an example that runs
after ``import numpy as np`` and ``from fastnn import kernels``. In them

* ``float`` is an array of float32 or float64, ``int`` one of any integer dtype; a ``number`` is a
  float or an int of Python.
* Shapes have letters: N samples; C channels or features, and D or O those of the output; L, or H
  and W, or D, H and W, the axes of images; T steps; H hidden units or heads; V rows of a table.
  ``...`` is any number of dimensions.
* ``=`` gives the default. Where that is None, the argument may be left out.

``help(kernels.linear)`` is one to begin with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _core

if TYPE_CHECKING:
    from ._core import *  # noqa: F403

__all__ = sorted(
    name for name, value in vars(_core).items() if callable(value) and not name.startswith("_")
)

globals().update({name: getattr(_core, name) for name in __all__})
