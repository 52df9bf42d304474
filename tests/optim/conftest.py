"""PyTorch, where it is installed."""

import pytest


@pytest.fixture
def torch():
    """PyTorch with numbers of an optimizer's state in float64, as here."""
    torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)
