"""Layers and models: what holds parameters and calls operations."""

from . import functional as functional
from . import init as init
from . import utils as utils
from .activation import *
from .aggregation import *
from .attention import *
from .container import *
from .conv import *
from .dropout import *
from .dropout_channels import *
from .embedding import *
from .fold import *
from .linear import *
from .loss import *
from .module import *
from .norm import *
from .norm_batch import *
from .norm_group import *
from .norm_instance import *
from .norm_renorm import *
from .padding import *
from .parameter import *
from .pool import *
from .pool_adaptive import *
from .rnn import *
from .rnn_cell import *
from .shape import *
from .shuffle import *
from .transformer import *
from .transformer_decoder import *
from .transformer_encoder import *
from .upsampling import *
