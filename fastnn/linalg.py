"""Linear algebra: ``fastnn.linalg.solve(A, B)`` and what PyTorch has beside it."""

from __future__ import annotations

from .ops.gemm import matmul as matmul
from .ops.linalg.factors import *  # noqa: F403
from .ops.linalg.norms import *  # noqa: F403
from .ops.linalg.powers import *  # noqa: F403
from .ops.linalg.solve import det as det
from .ops.linalg.solve import inv as inv
from .ops.linalg.solve import lstsq as lstsq
from .ops.linalg.solve import pinv as pinv
from .ops.linalg.solve import slogdet as slogdet
from .ops.linalg.solve import solve as solve
from .ops.linalg.solve import solve_triangular as solve_triangular
from .ops.shape import diagonal as diagonal
from .ops.stacking import vander as vander
