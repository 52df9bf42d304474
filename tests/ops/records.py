"""All records, for what concerns every operation."""

import importlib
import pkgutil

import tests.ops
from tests.harness import Record


def records_by_file() -> dict[str, list[Record]]:
    """The records of each test file that has some; comparisons with PyTorch have none."""
    names = [module.name for module in pkgutil.iter_modules(tests.ops.__path__)]
    modules = {
        name: importlib.import_module(f"tests.ops.{name}")
        for name in names
        if name.startswith("test_") and "torch" not in name
    }
    return {name: module.RECORDS for name, module in modules.items() if hasattr(module, "RECORDS")}
