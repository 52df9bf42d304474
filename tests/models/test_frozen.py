"""Networks for inference: values, no tape, several threads, weights that cannot change."""

import numpy as np
import pytest

import fastnn
from fastnn import models, nn
from tests.harness import in_threads
from tests.models.test_blocks import disturb

MODELS = {
    "mlp": (lambda: nn.Sequential(nn.Linear(40, 64), nn.ReLU(), nn.Linear(64, 10)), (40,)),
    "resnet": (lambda: models.ResNet(models.BasicBlock, (1, 1, 1, 1), 5), (3, 33, 33)),
    "lstm": (lambda: nn.LSTM(8, 16, batch_first=True), (7, 8)),
    "encoder": (lambda: nn.TransformerEncoderLayer(16, 2, 32, batch_first=True), (5, 16)),
}


def first(y):
    return (y[0] if isinstance(y, tuple) else y).detach().numpy()


@pytest.mark.parametrize("name", MODELS)
def test_values_are_those_of_the_model(name):
    make, shape = MODELS[name]
    fastnn.manual_seed(0)
    model = disturb(make()).train()
    served = fastnn.inference(model)
    assert model.training
    assert all(p.requires_grad for p in model.parameters())
    model.eval()
    for n in (1, 4, 70):
        x = fastnn.randn(n, *shape)
        a, b = first(model(x)), first(served(x))
        if name == "resnet":
            np.testing.assert_allclose(b, a, atol=1e-4 * np.abs(a).max())
        else:
            np.testing.assert_array_equal(b, a)


def test_norms_are_folded_and_nothing_is_recorded():
    served = fastnn.inference(nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()))
    assert not any(isinstance(m, nn.BatchNorm2d) for m in served.modules())
    x = fastnn.randn(1, 3, 5, 5, requires_grad=True)
    y = served(x)
    assert not y.requires_grad
    assert y.grad_fn is None
    assert fastnn.is_grad_enabled()


def test_weights_are_those_of_the_moment():
    model = nn.Linear(3, 2)
    served, x = fastnn.inference(model), fastnn.ones(1, 3)
    before = served(x).tolist()
    with fastnn.no_grad():
        model.weight.fill_(7.0)
    assert served(x).tolist() == before
    with pytest.raises(ValueError, match="read-only"):
        served.model.weight.fill_(1.0)
    with pytest.raises(RuntimeError, match="inference: train the model that this one was made of"):
        served.train()
    assert served.eval() is served
    assert not served.training


def test_only_modules():
    with pytest.raises(TypeError, match="inference: model must be a Module, got function"):
        fastnn.inference(lambda x: x)


def test_several_threads_at_once():
    fastnn.manual_seed(0)
    served = fastnn.inference(disturb(MODELS["resnet"][0]()))
    mlp = fastnn.inference(MODELS["mlp"][0]())
    images, rows = fastnn.randn(2, 3, 33, 33), [fastnn.randn(n, 40) for n in (1, 70)]
    expected = served(images).numpy(), *[mlp(x).numpy() for x in rows]
    wrong = []

    def work(_):
        for _ in range(10):
            found = served(images).numpy(), *[mlp(x).numpy() for x in rows]
            wrong.extend([1 for a, b in zip(found, expected) if not np.array_equal(a, b)])

    in_threads(work)
    assert not wrong
