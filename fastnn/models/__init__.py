"""Network architectures and their building blocks."""

from .folding import *
from .inception import *
from .residual import *
from .resnet import *
from .squeeze_excitation import *
from .vgg import *
