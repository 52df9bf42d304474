"""Operations, one file per family, and the table of those that are also methods of `Tensor`."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING

from ..tensor import Tensor
from . import cast, create, draw, gemm, index, inplace, inplace_twins, parts, resize, shape
from .activation.inplace import *
from .activation.operands import *
from .activation.piecewise import *
from .activation.shrink import *
from .activation.smooth import *
from .aggregation import *
from .attention.multi_head import *
from .attention.scaled_dot_product import *
from .conv.convolution import *
from .conv.transposed import *
from .create.drawn import *
from .create.filled import *
from .create.sampled import *
from .create.values import *
from .create.windows import *
from .diagonals import *
from .differences import *
from .distances import *
from .dropout.alpha import *
from .dropout.channels import *
from .dropout.elements import *
from .einsum import *
from .elementwise.algebraic import *
from .elementwise.arithmetic import *
from .elementwise.bessel import *
from .elementwise.choose import *
from .elementwise.close import *
from .elementwise.compare import *
from .elementwise.incomplete import *
from .elementwise.integers import *
from .elementwise.pairs import *
from .elementwise.power import *
from .elementwise.special import *
from .elementwise.transcendental import *
from .embedding import *
from .fold import *
from .gemm import *
from .grid_sample import *
from .index.along import *
from .index.basic import *
from .index.mask import *
from .index.places import *
from .index.reduced import *
from .index.slices import *
from .join.concatenate import *
from .join.repeat import *
from .join.split import *
from .linalg.top import *
from .linear import *
from .loss.binary import *
from .loss.classes import *
from .loss.ctc import *
from .loss.distance import *
from .loss.likelihood import *
from .loss.linear import *
from .loss.margin import *
from .loss.triplet import *
from .norm.batch import *
from .norm.group import *
from .norm.layer import *
from .norm.response import *
from .parts import *
from .pool.adaptive import *
from .pool.average import *
from .pool.fractional import *
from .pool.max import *
from .pool.norm import *
from .pool.unpool import *
from .products import *
from .quantiles import *
from .rearrange import *
from .reduce.count import *
from .reduce.extreme import *
from .reduce.moments import *
from .reduce.sums import *
from .resample import *
from .rnn.cells import *
from .rnn.elman import *
from .rnn.gru import *
from .rnn.lstm import *
from .running import *
from .scan import *
from .segments import *
from .shape.expand import *
from .shape.permute import *
from .shape.reshape import *
from .shuffle import *
from .similarity import *
from .softmax import *
from .sort.histogram import *
from .sort.middle import *
from .sort.order import *
from .sort.search import *
from .sort.select import *
from .sort.unique import *
from .stacking import *
from .statistics import *

# isort: split
from .methods import ElementwiseMethods, Methods  # last: they look up the operations above

for _name, _operation in [*vars(ElementwiseMethods).items(), *vars(Methods).items()]:
    if _name not in ("__module__", "__doc__", "__dict__", "__weakref__", "__hash__"):
        setattr(Tensor, _name, _operation)

if not TYPE_CHECKING:  # which follows the imports
    __all__ = [
        name
        for name, value in vars().items()
        if isinstance(value, FunctionType) and not name.startswith("_")
    ]
