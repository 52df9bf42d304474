"""Shape and index operations match PyTorch: values, types and gradients."""

import re

import numpy as np
import pytest

import fastnn
from tests.harness import numbers

torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")

X, Y, V = numbers(2, 3, 4), numbers(4, 5).astype(np.float32), numbers(5)
I = np.array([[0, 4, 4], [1, 1, 1], [2, 0, 3]])  # noqa: E741
MASK = Y > 0


def pad(lib, *args):
    return (fastnn.pad if lib is fastnn else torch.nn.functional.pad)(*args)


# The same call on both libraries; arrays among the arguments become tensors.
CASES = [
    *[(lambda lib, x, a=a: lib.flatten(x, *a), X) for a in [(), (1,), (0, 1), (-2,), (1, -1)]],
    *[(lambda lib, x, a=a: lib.unsqueeze(x, a), X) for a in (0, -1, 3)],
    *[(lambda lib, x, a=a: lib.squeeze(x, *a), X[:1, :, :1]) for a in [(), (0,), ((0, 2),), (1,)]],
    *[(lambda lib, x, a=a: lib.transpose(x, *a), X) for a in [(0, 1), (-1, 0), (1, 1)]],
    *[(lambda lib, x, a=a: lib.movedim(x, *a), X) for a in [(0, -1), ((0, 1), (2, 0))]],
    *[(lambda lib, x, a=a: lib.split(x, *a), X) for a in [(2,), (2, 1), ([1, 2], 1), (5,)]],
    *[(lambda lib, x, a=a: lib.chunk(x, *a), X) for a in [(2,), (2, 1), (3, -1), (4, 2)]],
    *[(lambda lib, x, a=a: lib.unbind(x, a), X) for a in (0, 1, -1)],
    *[(lambda lib, x, a=a: lib.tile(x, a), X) for a in [(2,), (2, 1, 1, 3)]],
    *[(lambda lib, x, a=a: x.repeat(*a), X) for a in [(2, 1, 3), (2, 1, 3, 1)]],
    *[(lambda lib, x, a=a: lib.repeat_interleave(x, *a), X) for a in [(2,), (3, 1)]],
    *[(lambda lib, x, a=a: lib.flip(x, a), X) for a in [(0, 2), (1,)]],
    *[(lambda lib, x, a=a: lib.roll(x, *a), X) for a in [(1,), ((1, -2), (0, 2))]],
    *[(lambda lib, x, a=a: lib.rot90(x, *a), X) for a in [(1, (0, 1)), (-1, (1, 2))]],
    *[(lambda lib, x, a=a: lib.diagonal(x, *a), X) for a in [(), (1,), (-1, 0, 2), (7,)]],
    *[(lambda lib, x, a=a: lib.tril(x, a), X) for a in (0, 1, -1)],
    *[(lambda lib, x, a=a: lib.sort(x, *a), X) for a in [(), (0,), (1, True)]],
    *[(lambda lib, x, a=a: lib.topk(x, *a), X) for a in [(2,), (2, 0), (1, -1, False)]],
    *[(lambda lib, x, a=a: lib.narrow(x, *a), X) for a in [(1, 1, 2), (2, -3, 2)]],
    *[
        (lambda lib, x, a=a: pad(lib, x, *a), X)
        for a in [
            ((1, 2), "constant", 3.0),
            ((-1, 2), "constant", 0.0),
            ((2, 2, 1, 1), "reflect"),
            ((3, 1), "replicate"),
            ((2, 1), "circular"),
            *[
                (widths, mode)
                for mode in ("reflect", "replicate", "circular")
                for widths in ((-1, 2), (1, -2), (-1, -1))
            ],
        ]
    ],
    *[(lambda lib, x, i, a=a: lib.gather(x, a, i), Y, I % n) for a, n in [(0, 4), (1, 5)]],
    (lambda lib, x, i, s: lib.scatter_add(x, 1, i, s), Y, I, Y[:3, :3]),
    (lambda lib, x, i, s: lib.index_add(x, 0, i, s), Y, np.array([3, 0, 3, 1]), Y),
    (lambda lib, x, i: lib.index_select(x, 1, i), Y, np.array([3, 3])),
    (lambda lib, x, i: lib.take_along_dim(x, i, 0), Y, np.array([[3, 3, 0, 1, 2]])),
    (lambda lib, x, m: lib.masked_fill(x, m, 9.0), Y, MASK),
    (lambda lib, x, m: lib.masked_select(x, m), Y, MASK),
    *[
        (lambda lib, x, key=key: x[key], Y)
        for key in [0, -1, slice(1, 3), (..., 0), (None, 0), (0, [1, 2]), [3, 0], True, ([0, 1], 2)]
    ],
    (lambda lib, x, i: x[i % 4], Y, I),
    (lambda lib, x, i: x[:, None, i], Y, I),
    (lambda lib, x, m: x[m], Y, MASK),
    *[
        (lambda lib, *xs, equation=equation: lib.einsum(equation, *xs), *xs)
        for equation, *xs in [
            ("ij,kj->ik", Y, Y),
            ("bij,bkj->bik", X, X),
            ("...ij->...ji", X),
            ("ii->i", Y[:, :4]),
            ("i,j->ij", V, V),
            ("ij,ij,ij->j", Y, Y, Y),
        ]
    ],
    (lambda lib, x, y: lib.cat([x, y], 1), Y, Y[:, :2]),
    (lambda lib, x, y: lib.cat([x, y]), Y, Y.astype(np.float64)),
    (lambda lib, x, y: lib.stack([x, y], -1), Y, Y),
    (lambda lib, x, y: lib.vstack([x, y]), V, V),
    (lambda lib, x, y: lib.meshgrid(x, y, indexing="xy"), V, V[:3]),
    (lambda lib, x: lib.nonzero(x), I),
    (lambda lib, x: x.expand(2, -1, 4), X[0, :, :1]),
    *[
        (lambda lib, x, a=a: getattr(x, a)(), X)
        for a in ("double", "float", "half", "long", "bool")
    ],
]


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_matches_torch(case):
    call, *arrays = case
    ours = [fastnn.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    theirs = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in arrays]
    got, want = call(fastnn, *ours), call(torch, *theirs)
    got = list(got) if isinstance(got, (tuple, list)) else [got]
    want = list(want) if isinstance(want, (tuple, list)) else [want]
    assert len(got) == len(want)
    starts = []
    for y, z in zip(got, want):
        assert str(z.dtype) == f"torch.{y.dtype}"
        np.testing.assert_allclose(y._array, z.detach().numpy(), rtol=1e-6)
        assert y.requires_grad == z.requires_grad
        starts.append(numbers(*y.shape, seed=3).astype(y.dtype))
    pairs = [(y, z, dy) for y, z, dy in zip(got, want, starts) if y.requires_grad]
    if pairs:
        fastnn.autograd.backward([y for y, _, _ in pairs], [dy for _, _, dy in pairs])
        torch.autograd.backward([z for _, z, _ in pairs], [torch.tensor(d) for _, _, d in pairs])
    for x, z in zip(ours, theirs):
        assert (x.grad is None) == (z.grad is None)
        if x.grad is not None:
            np.testing.assert_allclose(x.grad._array, z.grad.numpy(), rtol=1e-5, atol=1e-6)


CONSTRUCTORS = """
arange(5) | arange(1, 9, 3) | arange(0.0, 1.0, 0.3) | arange(5, 0, -2) | linspace(0, 1, 7) | eye(3)
eye(2, 4) | full((2,), 3) | full((2,), 3.0) | zeros(2, 3) | ones((2, 3)) | logspace(0, 2, 5)
tensor([1, 2]) | tensor([1.0, 2]) | tensor(True) | tensor([[1, 2], [3, 4.0]]) | tensor([])
"""


@pytest.mark.parametrize("text", re.split(r" \| |\n", CONSTRUCTORS.strip()))
def test_constructors(text):
    got, want = eval(f"fastnn.{text}"), eval(f"torch.{text}")
    assert str(want.dtype) == f"torch.{got.dtype}"
    np.testing.assert_allclose(got._array, want.numpy(), rtol=1e-6)


def test_state_dict_of_torch_loads():
    theirs = torch.nn.Linear(3, 2)
    ours = fastnn.nn.Linear(3, 2)
    ours.load_state_dict(theirs.state_dict())
    x = numbers(4, 3).astype(np.float32)
    want = theirs(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(ours(x)._array, want, rtol=1e-5, atol=1e-6)


def test_dlpack():
    ours = fastnn.arange(4.0)
    theirs = torch.from_dlpack(ours)
    theirs[0] = 9
    assert ours[0].item() == 9
    assert fastnn.from_dlpack(theirs).tolist() == [9, 1, 2, 3]
