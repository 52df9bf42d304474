"""Files of ONNX: modules for other programs, and files of others as modules.

The package ``onnx`` is needed, and is imported when a function is called.
"""

from ..names import offer
from .export import export as export
from .export import is_in_onnx_export as is_in_onnx_export
from .load import GraphModule as GraphModule
from .load import load as load

offer(__name__)
