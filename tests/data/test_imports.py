"""What is imported when."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.any_threading
CODE = """
import sys
import fastnn
first = [name for name in sys.modules if name.startswith("fastnn.data.")]
assert not {"fastnn.data.readers", "fastnn.data.datasets", "fastnn.data.transforms"} & set(first)
fastnn.data.readers, fastnn.data.datasets.MNIST, fastnn.data.transforms.Compose
fastnn.data.datasets.make_moons(9)
from fastnn.data import transforms
print([name for name in ("PIL", "pooch", "requests", "sklearn", "scipy") if name in sys.modules])
"""


def test_packages_of_others_are_imported_when_they_are_used():
    """And the parts of `fastnn.data` that few programs use when they are asked for."""
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
