"""Linear algebra: ``fastnn.linalg.solve(A, B)`` and what PyTorch has beside it."""

from __future__ import annotations

from .ops.gemm import matmul as matmul
from .ops.linalg.factors import *  # noqa: F403
from .ops.linalg.lu import lu as lu
from .ops.linalg.lu import lu_factor as lu_factor
from .ops.linalg.lu import lu_factor_ex as lu_factor_ex
from .ops.linalg.lu import lu_solve as lu_solve
from .ops.linalg.matrices import LinAlgError as LinAlgError
from .ops.linalg.norms import *  # noqa: F403
from .ops.linalg.powers import *  # noqa: F403
from .ops.linalg.reflectors import householder_product as householder_product
from .ops.linalg.solve import det as det
from .ops.linalg.solve import inv as inv
from .ops.linalg.solve import lstsq as lstsq
from .ops.linalg.solve import pinv as pinv
from .ops.linalg.solve import slogdet as slogdet
from .ops.linalg.solve import solve as solve
from .ops.linalg.solve import solve_triangular as solve_triangular
from .ops.linalg.status import *  # noqa: F403
from .ops.linalg.tensors import *  # noqa: F403
from .ops.shape import diagonal as diagonal
from .ops.stacking import vander as vander
