"""Shape: the same elements seen in another shape or order of dimensions.

Results share memory with their input wherever that is possible.
"""

from __future__ import annotations

from .axes import axes_of as axes_of
from .axes import axis_of as axis_of
from .axes import key_at as key_at
from .axes import shape_of as shape_of
from .axes import whole as whole
from .expand import *
from .expand import broadcast_backward as broadcast_backward
from .expand import pass_backward as pass_backward
from .expand import sum_to_size as sum_to_size
from .permute import *
from .permute import matrix_transpose as matrix_transpose
from .permute import permute_backward as permute_backward
from .permute import reverse as reverse
from .permute import transpose_backward as transpose_backward
from .reshape import *
from .reshape import reshape_backward as reshape_backward
