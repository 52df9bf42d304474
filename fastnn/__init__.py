"""fastnn: neural networks on CPUs, shaped like PyTorch and native to NumPy."""

from . import autograd, config, data, kernels, nn, optim, random, testing
from .autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .config import __version__, get_num_threads, isa, set_isa, set_num_threads, show_config
from .dtypes import (
    bool,
    double,
    float,
    float16,
    float32,
    float64,
    half,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    short,
    uint8,
)
from .ops import *
from .profile import profile
from .random import Generator, default_generator, fork_rng, initial_seed, manual_seed, seed
from .tensor import Tensor
