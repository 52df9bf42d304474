"""Networks and the blocks they are made of."""

from .folding import *
from .inception import *
from .residual import *
from .resnet import *
from .squeeze_excitation import *
from .vgg import *
