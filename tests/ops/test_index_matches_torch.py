"""Values, gradients and refusals of indexing beside PyTorch's."""

import numpy as np
import pytest

import fastnn

torch = pytest.importorskip("torch")

RNG = np.random.default_rng(0)
I2 = np.array([[0, 4, 3], [1, 2, 0], [2, 0, 3]])  # no place twice: of these PyTorch keeps any
SRC = RNG.normal(size=(3, 3))
ROWS = RNG.normal(size=(3, 5))
IDS = np.array([3, 0, 3])
ONCE = np.array([3, 0, 1])
X = RNG.normal(size=(4, 5))
MASK = X > 0
TIES = np.round(SRC)

CASES = {
    "gather": [(X, 1, I2), (X, 0, I2 % 4), (X, -1, I2[:2])],
    "take_along_dim": [(X, I2[:1], 1), (X, -I2[:, :1].T - 1, -1), (X, np.array([[0, 19]]))],
    "index_select": [(X, 0, IDS), (X, -1, IDS), (X[0, 0], 0, np.array(0))],
    "index_add": [(X, 0, IDS, ROWS), (X, 0, IDS, ROWS, {"alpha": -2.5})],
    "index_copy": [(X, 0, ONCE, ROWS)],
    "index_fill": [(X, 0, IDS, 2.0), (X, 1, -IDS, 2.0)],
    "index_reduce": [
        (X, 0, IDS, ROWS, way, {"include_self": own})
        for way in ("prod", "mean", "amax", "amin")
        for own in (True, False)
    ],
    "scatter": [(X, 1, I2, SRC), (X, 1, I2, 3.0), (X, 1, I2, {"value": 3.0})],
    "scatter_add": [(X, 1, I2 // 2, SRC), (X, 0, I2 % 2, SRC)],
    "scatter_reduce": [
        (X, 1, I2 // 2, values, way, {"include_self": own})
        for values in (SRC, TIES)
        for way in ("sum", "prod", "mean", "amax", "amin")
        for own in (True, False)
        if own or way not in ("amax", "amin") or values is SRC
    ],
    "take": [(X, I2), (X, -I2 - 1)],
    "put": [(X, I2 + 5 * np.arange(3)[:, None], SRC), (X, I2 // 2, SRC, True)],
    "index_put": [
        (X, (IDS,), ROWS, True),
        (X, (ONCE,), ROWS),
        (X, (MASK,), X[0, 0]),
        (X, (ONCE, ONCE), SRC[0]),
    ],
    "masked_fill": [(X, MASK, 2.0), (X, MASK[0], X[0, 0])],
    "masked_select": [(X, MASK), (X, MASK[0]), (X[0], MASK)],
    "masked_scatter": [(X, MASK, X[::-1].copy()), (X[0], MASK, X)],
    "repeat_interleave": [(X, IDS[:1], 0), (X, 2, 1), (X, 3)],
}


def converted(args, tensor, leaves):
    """The arguments as tensors of a library; those of floats are leaves."""
    values, options = [], {}
    for a in args:
        if isinstance(a, dict):
            options = a
        elif isinstance(a, tuple):
            values.append(tuple([tensor(part) for part in a]))
        elif isinstance(a, (np.ndarray, np.generic)):
            value = tensor(np.array(a))
            if value.dtype in (torch.float64, fastnn.float64):
                value.requires_grad = True
                leaves.append(value)
            values.append(value)
        else:
            values.append(a)
    return values, options


@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize(("name", "args"), [(n, a) for n, cases in CASES.items() for a in cases])
def test_values_and_gradients(name, args):
    found = []
    for library, tensor in ((fastnn, fastnn.from_numpy), (torch, torch.from_numpy)):
        leaves = []
        values, options = converted(args, tensor, leaves)
        y = getattr(library, name)(*values, **options)
        (y * tensor(np.cos(np.arange(y.numel())).reshape(tuple(y.shape)))).sum().backward()
        found.append([y.detach().numpy(), *[leaf.grad.numpy() for leaf in leaves]])
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-13)


KEYS = [
    IDS,
    (slice(None), I2),
    (IDS, IDS),
    (IDS[:, None], ONCE),
    (MASK[:, 0],),
    (MASK[:, 0], slice(1, 4)),
    (slice(None, None, 2), IDS[:2]),
    (None, IDS),
    (Ellipsis, IDS),
    (1, IDS),
    (slice(1, 3), MASK[0]),
    True,
    False,
    MASK,
]


@pytest.mark.parametrize("key", KEYS)
def test_x_at_a_key(key):
    def parts(tensor):
        one = lambda k: tensor(k) if isinstance(k, np.ndarray) else k  # noqa: E731
        return tuple([one(k) for k in key]) if isinstance(key, tuple) else one(key)

    found = []
    for tensor in (fastnn.from_numpy, torch.from_numpy):
        x = tensor(X.copy())
        x.requires_grad = True
        y = x[parts(tensor)]
        z = x * 1
        z[parts(tensor)] = 2.0
        (y.sum() + (z * z).sum()).backward()
        found.append((y.detach().numpy(), z.detach().numpy(), x.grad.numpy()))
    for ours, theirs in zip(*found):
        np.testing.assert_allclose(ours, theirs, rtol=1e-15)


def test_refusals():
    """What PyTorch refuses too."""
    bad = {
        "gather": [(X, 2, I2), (X, 1, I2 + 1), (X, 1, I2 - 1), (X, 1, IDS), (X, 1, SRC)],
        "scatter": [(X, 1, I2 + 1, SRC), (X, 1, I2, SRC[:2])],
        "scatter_add": [(X, 1, I2, SRC[:2])],
        "index_add": [(X, 0, IDS + 1, ROWS), (X, 0, IDS, X), (X, 0, I2, ROWS)],
        "index_copy": [(X, 0, IDS + 1, ROWS), (X, 0, IDS, X)],
        "index_select": [(X, 0, I2), (X, 0, IDS - 9)],
        "index_put": [(X, (IDS + 1,), ROWS), (X, (IDS,), X)],
        "masked_select": [(X, MASK[:3])],
        "masked_scatter": [(X, MASK, X[0, :2]), (X, MASK[:3], X)],
        "take": [(X, IDS + 20)],
        "put": [(X, IDS + 20, SRC[0]), (X, IDS, ROWS)],
    }
    for name, calls in bad.items():
        for args in calls:
            for library, tensor in ((fastnn, fastnn.from_numpy), (torch, torch.from_numpy)):
                values, options = converted(args, tensor, [])
                with pytest.raises((IndexError, ValueError, TypeError, RuntimeError)):
                    getattr(library, name)(*values, **options)
