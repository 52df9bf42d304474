"""fastnn: neural networks on CPUs, shaped like PyTorch and native to NumPy."""

from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

try:
    from . import _core as _core
    from . import autograd as autograd
    from . import text as text
except ImportError as error:
    from .unbuilt import unbuilt

    raise unbuilt(error) from None

from . import config as config
from . import data as data
from . import kernels as kernels
from . import linalg as linalg
from . import models as models
from . import nn as nn
from . import optim as optim
from . import random as random
from . import testing as testing
from .ask import *
from .autograd import enable_grad as enable_grad
from .autograd import inference_mode as inference_mode
from .autograd import is_grad_enabled as is_grad_enabled
from .autograd import no_grad as no_grad
from .autograd import set_grad_enabled as set_grad_enabled
from .config import __version__ as __version__
from .config import conv_algorithm as conv_algorithm
from .config import conv_algorithm_for as conv_algorithm_for
from .config import get_num_threads as get_num_threads
from .config import get_threading as get_threading
from .config import isa as isa
from .config import set_conv_algorithm as set_conv_algorithm
from .config import set_isa as set_isa
from .config import set_num_threads as set_num_threads
from .config import set_threading as set_threading
from .config import show_config as show_config
from .devices import device as device
from .dtypes import *
from .formats import *
from .models.frozen import inference as inference
from .ops import *
from .profile import profile as profile
from .random import Generator as Generator
from .random import default_generator as default_generator
from .random import fork_rng as fork_rng
from .random import initial_seed as initial_seed
from .random import manual_seed as manual_seed
from .random import seed as seed
from .serialization import load as load
from .serialization import load_model as load_model
from .serialization import register_model as register_model
from .serialization import save as save
from .serialization import save_model as save_model
from .settings import *
from .tensor import Size as Size
from .tensor import Tensor as Tensor
from .typed import *

from .serialization.registry import register_own as _register_own  # isort: skip
from .names import offer_public_names as _offer_public_names  # isort: skip
from .names import submodule as _submodule  # isort: skip

if _TYPE_CHECKING:  # imported when they are asked for
    from . import accelerator as accelerator
    from . import amp as amp
    from . import backends as backends
    from . import compat as compat
    from . import cuda as cuda
    from . import distributed as distributed
    from . import distributions as distributions
    from . import func as func
    from . import fx as fx
    from . import hub as hub
    from . import jit as jit
    from . import metrics as metrics
    from . import special as special
    from . import train as train
    from . import utils as utils

inf = float64.type("inf").item()
nan = float64.type("nan").item()
pi = 3.141592653589793
e = 2.718281828459045
newaxis = None


def _assert(condition: _Any, message: str = "") -> None:
    """Raise AssertionError with `message` unless `condition` is true."""
    if not condition:
        raise AssertionError(message)


_ELSEWHERE = {"GradScaler": "amp", "autocast": "amp", "vmap": "func"}


def __getattr__(name: str) -> _Any:
    if name in _ELSEWHERE:
        return getattr(_submodule(__name__, _ELSEWHERE[name]), name)
    if name == "bfloat16":
        from .dtypes import bfloat16

        return bfloat16
    return _submodule(__name__, name)


_register_own()
_offer_public_names()
