"""Arithmetic with broadcasting, element by element, and Python's operators.

Shapes broadcast as in NumPy. Python numbers take the dtype of the other operand; float32 with
float64 gives float64, integers with floats give the float type. The gradient of an operand that was
broadcast is summed back to its shape.
"""

from __future__ import annotations

from .algebraic import *
from .arithmetic import *
from .bessel import *
from .choose import *
from .choose import where_method as where_method
from .close import *
from .incomplete import *
from .integers import *
from .operands import operand as operand
from .pairs import *
from .power import *
from .special import *
from .transcendental import *
