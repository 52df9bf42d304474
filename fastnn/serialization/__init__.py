"""Files of tensors and of what holds them: checkpoints of training runs, and weights.

`save` writes safetensors files; `load` reads these, those of other programs, and PyTorch's
``.pt``. Reading runs no code of the file's.
"""

from .load import load as load
from .models import load_model as load_model
from .models import save_model as save_model
from .registry import register_model as register_model
from .save import save as save

__all__ = ["load", "load_model", "register_model", "save", "save_model"]
