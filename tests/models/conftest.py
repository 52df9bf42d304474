import pytest

from fastnn.models import vgg
from fastnn.nn import init


@pytest.fixture
def undrawn(monkeypatch):
    """Weights are not drawn: a network of 140 million is there at once."""
    for place in (init, vgg):
        for name in ("uniform_", "normal_"):
            if hasattr(place, name):
                monkeypatch.setattr(place, name, lambda tensor, *args, **options: tensor)
