"""Files of tensors and of what holds them: checkpoints of training runs, and weights.

`save` writes safetensors files; `load` reads these, those of other programs, and PyTorch's
``.pt``. Reading runs no code of the file's.
"""

from .load import load as load
from .save import save as save

__all__ = ["load", "save"]
