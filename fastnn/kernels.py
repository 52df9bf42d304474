"""The kernels themselves: forward and backward of every op, on plain NumPy arrays.

A layer's training loop can be written by hand with them, as in a textbook: call the forward
function, keep what its backward needs, and call the backward functions in reverse order
(``examples/kernels_two_layer.py`` trains a network so). No tape is kept and no tensor made.

The rules are the same for all of them:

* Arrays are float32 or float64, all of one call alike; ids are of any integer dtype. Any strides
  are accepted. Results are new arrays.
* ``<op>_backward`` takes the gradient of the loss with respect to the op's output first, then what
  it needs of the forward pass, named for what it is: ``y`` for the output, ``input`` or ``x`` for
  the input. It returns the gradients of the op's inputs.
* Wrong arguments raise ``TypeError``, ``ValueError`` or ``IndexError`` before memory is touched.

The signature of each stands in its docstring: ``help(fastnn.kernels.relu_backward)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import _core

if TYPE_CHECKING:
    from ._core import *  # noqa: F403

# What else the extension offers; config.py and profile.py are its doors.
_NOT_KERNELS = frozenset(
    {
        "activations",
        "alike",
        "cgroup_limits",
        "conv_algorithm",
        "cpu_features",
        "isa",
        "isa_built",
        "isa_levels",
        "isa_source",
        "machine_caches",
        "num_threads",
        "pool_stats",
        "profiler_start",
        "profiler_stop",
        "set_conv_algorithm",
        "set_isa",
        "set_num_threads",
        "set_pool_limit",
        "threads_source",
        "threading",
        "threading_source",
        "set_threading",
        "trim_pool",
    }
)

__all__ = sorted(
    name
    for name, value in vars(_core).items()
    if callable(value) and not name.startswith("_") and name not in _NOT_KERNELS
)

globals().update({name: getattr(_core, name) for name in __all__})
