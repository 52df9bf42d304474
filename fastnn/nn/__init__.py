"""Layers, containers, losses and initializers, with PyTorch's names."""

from . import functional as functional
from . import init as init
from . import parallel as parallel
from . import utils as utils
from .activation import *
from .adaptive_softmax import *
from .aggregation import *
from .attention import *
from .container import *
from .conv import *
from .dropout.channels import *
from .dropout.elements import *
from .embedding import *
from .fold import *
from .gates import *
from .lazy import *
from .likelihood_loss import *
from .linear import *
from .linear_cross_entropy import *
from .loss import *
from .margin_loss import *
from .module import *
from .norm.batch import *
from .norm.group import *
from .norm.instance import *
from .norm.layer import *
from .norm.renorm import *
from .padding import *
from .parallel import DataParallel as DataParallel
from .parameter import *
from .pool.adaptive import *
from .pool.average import *
from .pool.fractional import *
from .pool.max import *
from .pool.norm import *
from .pool.unpool import *
from .rnn.base import *
from .rnn.cells import *
from .rnn.elman import *
from .rnn.gru import *
from .rnn.lstm import *
from .rnn.zoneout import *
from .shape import *
from .shuffle import *
from .transformer.decoder import *
from .transformer.encoder import *
from .transformer.positions import *
from .transformer.transformer import *
from .upsampling import *
