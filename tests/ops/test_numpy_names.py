"""NumPy's names of arguments, and NumPy's functions on tensors."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F

X = np.array([[1.0, 5.0, 2.0], [4.0, 3.0, 6.0]], np.float32)
REDUCTIONS = [
    "sum",
    "mean",
    "prod",
    "amax",
    "amin",
    "max",
    "min",
    "argmax",
    "argmin",
    "var",
    "std",
    "logsumexp",
    "all",
    "any",
    "median",
    "std_mean",
    "var_mean",
    "aminmax",
]
ALONG = [
    "count_nonzero",
    "cumsum",
    "cumprod",
    "softmax",
    "log_softmax",
    "sort",
    "argsort",
    "unbind",
    "squeeze",
    "unsqueeze",
]
WITH_MORE = {
    "topk": (2,),
    "chunk": (2,),
    "repeat_interleave": (2,),
    "take_along_dim": (fastnn.tensor([[0, 0, 0]]),),
}


def values(y):
    return [values(v) for v in y] if isinstance(y, tuple) else y.tolist()


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions(name):
    x, function = fastnn.tensor(X), getattr(fastnn, name)
    for keep in (False, True):
        expected = values(function(x, dim=0, keepdim=keep))
        assert values(function(x, axis=0, keepdims=keep)) == expected
        if hasattr(x, name):
            assert values(getattr(x, name)(axis=0, keepdims=keep)) == expected
    with pytest.raises(TypeError, match=f"{name}: give dim or axis, not both"):
        function(x, dim=0, axis=0)


@pytest.mark.parametrize("name", [*ALONG, *WITH_MORE])
def test_other_operations_along_an_axis(name):
    x, more = fastnn.tensor(X), WITH_MORE.get(name, ())
    expected = values(getattr(fastnn, name)(x, *more, dim=0))
    assert values(getattr(fastnn, name)(x, *more, axis=0)) == expected
    assert values(getattr(x, name)(*more, axis=0)) == expected


def test_what_joins_tensors():
    x = fastnn.tensor(X)
    for join in (fastnn.cat, fastnn.concat, fastnn.concatenate, fastnn.stack):
        assert values(join([x, x], axis=1)) == values(join([x, x], 1))


def test_gradients_flow():
    x = fastnn.tensor(X, requires_grad=True)
    x.sum(axis=0, keepdims=True).sum().backward()
    assert x.grad.tolist() == np.ones_like(X).tolist()


def test_names_that_an_operation_does_not_have():
    with pytest.raises(TypeError, match="unexpected keyword argument 'keepdim'"):
        fastnn.cumsum(fastnn.tensor(X), 0, keepdims=True)
    with pytest.raises(TypeError, match="unexpected keyword argument 'where'"):
        fastnn.tensor(X).sum(where=True)


@pytest.mark.parametrize(
    "name",
    [
        "sum",
        "mean",
        "std",
        "var",
        "max",
        "min",
        "amax",
        "amin",
        "prod",
        "argmax",
        "argmin",
        "any",
        "all",
        "cumsum",
        "squeeze",
    ],
)
def test_functions_of_numpy(name):
    function, x = getattr(np, name), fastnn.tensor(X)
    np.testing.assert_allclose(np.asarray(function(x)), function(X), rtol=1e-6)
    if name != "squeeze":
        np.testing.assert_allclose(np.asarray(function(x, axis=1)), function(X, axis=1), rtol=1e-6)
    if name not in ("squeeze", "cumsum"):
        y = function(x, axis=0, keepdims=True)
        np.testing.assert_allclose(y.numpy(), function(X, axis=0, keepdims=True), rtol=1e-6)


def test_options_of_numpys_functions():
    x = fastnn.tensor(X)
    assert np.std(x, ddof=1).item() == pytest.approx(np.std(X, ddof=1))
    assert np.std(x).item() == pytest.approx(np.std(X))
    assert np.sum(x, axis=0, dtype=np.float64).dtype == np.float64
    assert np.std(x, dtype=np.float64).dtype == np.float64
    assert isinstance(np.max(x, axis=0), fastnn.Tensor)  # NumPy's max has values alone
    assert np.sum(x.long()).item() == 21
    with pytest.raises(TypeError, match="sum: out is not supported; assign the result"):
        np.sum(x, out=np.zeros(()))


def test_the_functional_is_the_same():
    x = fastnn.tensor(X)
    assert F.softmax(x, axis=1).tolist() == F.softmax(x, 1).tolist()
