"""Operations that change only the shape of a tensor."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from tests.harness import Bad, Record, Sample, numbers, record_test

X = numbers(2, 3, 4)


def squeeze(x, dim=None):
    dims = range(x.ndim) if dim is None else [dim] if isinstance(dim, int) else dim
    dims = {d % x.ndim for d in dims}
    return x.reshape([n for d, n in enumerate(x.shape) if d not in dims or n != 1])


def diagonal(x, offset=0, dim1=0, dim2=1):
    moved = np.moveaxis(x, (dim1, dim2), (-2, -1))
    rows, columns = moved.shape[-2:]
    pairs = [(i, i + offset) for i in range(rows) if 0 <= i + offset < columns]
    picked = [moved[..., i, j] for i, j in pairs]
    return np.stack(picked, -1) if picked else np.zeros((*moved.shape[:-2], 0))


def expand(x, *sizes):
    sizes = sizes[0] if isinstance(sizes[0], tuple) else sizes
    lead = len(sizes) - x.ndim
    shape = [x.shape[i - lead] if n == -1 else n for i, n in enumerate(sizes)]
    return np.zeros(shape) + x


def move(name, op, reference, samples, *bad, **more):
    return Record(name, op, reference, samples, bad=bad, exact=True, **more)


RECORDS = [
    move(
        "reshape",
        fastnn.reshape,
        lambda x, *shape: x.reshape(*shape),
        [
            Sample(X, (4, 6)),
            Sample(X, 4, -1),
            Sample(X, [24]),
            Sample(numbers(0, 3), (3, 0)),
            Sample(numbers(1), ()),
            Sample(numbers(), (1, 1)),
        ],
        Bad(ValueError, r"reshape: shape \(5,\) does not fit the 24 elements", X, (5,)),
        Bad(ValueError, r"reshape: shape \(-1, -1\)", X, -1, -1),
        covers=("reshape_as",),
    ),
    move(
        "view",
        fastnn.view,
        lambda x, *shape: x.reshape(*shape),
        [Sample(X, 4, -1), Sample(numbers(0, 3), (3, 0))],
        Bad(
            ValueError,
            r"view: an input .* has no view of shape \(6,\); use reshape",
            numbers(3, 2).T,
            6,
        ),
        layouts=False,
        covers=("view_as",),
    ),
    move(
        "flatten",
        fastnn.flatten,
        lambda x, start=0, end=-1: x.reshape(
            x.shape[:start] + (-1,) + (x.shape[end:][1:] if end != -1 else ())
        ),
        [
            Sample(X),
            Sample(X, 1),
            Sample(X, 0, 1),
            Sample(X, 0, -2),
            Sample(numbers(2, 3, 2, 2), 1),
        ],
        Bad(IndexError, r"flatten: start_dim must be from -3 to 2, got 3", X, 3),
        Bad(ValueError, r"flatten: start_dim 2 comes after end_dim 1", X, 2, 1),
    ),
    move(
        "unflatten",
        fastnn.unflatten,
        lambda x, dim, sizes: x.reshape(
            x.shape[: dim % x.ndim] + tuple(sizes) + x.shape[dim % x.ndim + 1 :]
        ),
        [Sample(X, 2, (2, 2)), Sample(X, -1, (-1, 2)), Sample(numbers(0, 4), 1, (2, 2))],
        Bad(ValueError, r"unflatten: shape \(3, 2\) does not fit the 4 elements", X, 2, (3, 2)),
    ),
    move("ravel", fastnn.ravel, np.ravel, [Sample(X), Sample(numbers()), Sample(numbers(0, 2))]),
    move(
        "squeeze",
        fastnn.squeeze,
        squeeze,
        [
            Sample(numbers(1, 3, 1)),
            Sample(numbers(1, 3, 1), 0),
            Sample(numbers(1, 3, 1), -1),
            Sample(numbers(1, 3, 1), 1),
            Sample(numbers(1, 3, 1), (0, 2)),
        ],
        Bad(IndexError, r"squeeze: dim must be from -3 to 2, got -4", X, -4),
    ),
    move(
        "unsqueeze",
        fastnn.unsqueeze,
        np.expand_dims,
        [Sample(X, 0), Sample(X, -1), Sample(X, 2), Sample(numbers(), 0)],
        Bad(IndexError, r"unsqueeze: dim must be from -4 to 3, got 4", X, 4),
        Bad(TypeError, r"unsqueeze: dim must be an integer, got 1.0", X, 1.0),
    ),
    move(
        "permute",
        fastnn.permute,
        lambda x, *dims: np.transpose(x, dims[0] if isinstance(dims[0], tuple) else dims),
        [Sample(X, 2, 0, 1), Sample(X, (1, -1, 0)), Sample(numbers(2, 3, 2, 2), 0, 2, 3, 1)],
        Bad(ValueError, r"permute: dims must name all 3 dimensions, got \(0, 1\)", X, 0, 1),
        Bad(ValueError, r"permute: dims must differ", X, 0, 0, 1),
    ),
    move(
        "transpose",
        fastnn.transpose,
        np.swapaxes,
        [Sample(X, 0, 1), Sample(X, -1, 0), Sample(X, 1, 1)],
        Bad(IndexError, r"transpose: dim1 must be from -3 to 2, got 7", X, 0, 7),
        covers=("swapaxes",),
    ),
    move(
        "t",
        fastnn.t,
        np.transpose,
        [Sample(numbers(2, 3)), Sample(numbers(4)), Sample(numbers())],
        Bad(ValueError, r"t: input must have at most 2 dimensions, got shape \(2, 3, 4\)", X),
    ),
    move("adjoint", fastnn.adjoint, lambda x: np.swapaxes(x, -1, -2), [Sample(X)]),
    move("T", lambda x: x.T, lambda x: x.T, [Sample(X), Sample(numbers(3, 2))]),
    move(
        "movedim",
        fastnn.movedim,
        np.moveaxis,
        [Sample(X, 0, -1), Sample(X, (0, 1), (2, 0)), Sample(X, -1, 0)],
        Bad(ValueError, r"movedim: 2 dimensions cannot move to 1 places", X, (0, 1), 0),
    ),
    Record(
        "expand",
        fastnn.expand,
        expand,
        [
            Sample(numbers(3, 1), 2, -1, 4),
            Sample(numbers(1), 5),
            Sample(numbers(), (2, 2)),
            Sample(numbers(3, 1), 3, 0),
        ],
        [
            Bad(ValueError, r"expand: sizes \(3,\) do not fit an input of shape \(2, 3, 4\)", X, 3),
            Bad(ValueError, r"expand: an input .* does not expand to \(2, 5, 4\)", X, 2, 5, 4),
        ],
        depth=0,
        covers=("expand_as",),
    ),
    Record(
        "broadcast_to",
        fastnn.broadcast_to,
        lambda x, shape: np.zeros(shape) + x,
        [Sample(numbers(3, 1), (2, 3, 4)), Sample(numbers(3), (3,))],
        [Bad(ValueError, r"broadcast_to: an input .* does not expand to \(4,\)", X, (4,))],
        depth=0,
    ),
    move("clone", fastnn.clone, np.copy, [Sample(X), Sample(numbers()), Sample(numbers(0))]),
    move("contiguous", fastnn.contiguous, np.copy, [Sample(X.T), Sample(X)]),
    move(
        "diagonal",
        fastnn.diagonal,
        diagonal,
        [
            Sample(numbers(3, 4)),
            Sample(numbers(3, 4), 1),
            Sample(numbers(3, 4), -2),
            Sample(numbers(3, 4), 9),
            Sample(X, 0, 0, 2),
            Sample(X, 1, -1, 0),
        ],
        Bad(ValueError, r"diagonal: dim1 and dim2 must differ, got 0 and -3", X, 0, 0, -3),
    ),
]


test_record = record_test(RECORDS)


def test_views_share_memory():
    x = fastnn.zeros(2, 3)
    for y in (x.view(6), x.t(), x[0], x[0, 1], x.expand(4, 2, 3), x.unsqueeze(0), x.permute(1, 0)):
        assert np.shares_memory(x._array, y._array)


@pytest.mark.parametrize("shape", [(2, 3, 4), (2, 3, 4, 5), (2, 3, 4, 5, 2)])
def test_a_view_of_a_channels_last_image_may_be_a_copy_but_loses_no_change(shape):
    """Layers choose this order by themselves."""
    last = np.moveaxis(numbers(*shape), 1, -1).copy()
    x = fastnn.Tensor(np.moveaxis(last, -1, 1), requires_grad=True)
    y = x.view(2, -1)
    np.testing.assert_array_equal(y.detach().numpy(), x.detach().numpy().reshape(2, -1))
    (y * y).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), 2 * x.detach().numpy())
    for change in (lambda v: v.zero_(), lambda v: v.add_(1), lambda v: v[0].fill_(1)):
        for v in (y, x.detach().view(2, -1)):
            with pytest.raises((ValueError, RuntimeError), match=r"read-only|writ"):
                change(v)
    assert fastnn.nn.Conv2d(3, 4, 3)(fastnn.randn(2, 3, 8, 8)).view(2, -1).shape == (2, 144)


def test_flipped_and_turned_tensors_are_copies():
    for turn in (lambda x: x.flip(0), lambda x: x.rot90(0), lambda x: x.fliplr()):
        x = fastnn.ones(2, 2)
        turn(x).zero_()
        assert x.tolist() == [[1, 1], [1, 1]]


def test_contiguous_returns_itself():
    x = fastnn.zeros(2, 3)
    assert x.contiguous() is x
    assert x.t().contiguous().is_contiguous()


def test_shape_of_another_tensor():
    x, y = fastnn.zeros(2, 3), fastnn.zeros(6)
    assert x.reshape_as(y).shape == x.view_as(y).shape == (6,)
    assert fastnn.zeros(1, 3).expand_as(x).shape == (2, 3)


IMAGES = {
    "convolution": lambda y: y,
    "pool": lambda y: F.max_pool2d(y, 2),
    "norm": lambda y: F.group_norm(y, 2),
    "interpolation": lambda y: F.interpolate(y, scale_factor=2, mode="bilinear"),
    "sum": lambda y: y + 1,
    "chunk of the channels": lambda y: y.chunk(2, 1)[1],
    "some channels": lambda y: y[:, 1:4],
    "some samples": lambda y: y[1:],
    "one sample": lambda y: y[0],
    "stacked": lambda y: fastnn.stack([y, y]),
    "rows": lambda y: y.mean(3),
    "one column": lambda y: y.mean(3, keepdim=True),
}


@pytest.mark.parametrize("name", IMAGES)
def test_views_of_images_that_are_channels_last(name):
    """Where PyTorch, whose convolutions keep its own order, has a view."""
    x = fastnn.randn(3, 2, 6, 6).double().requires_grad_()
    y = IMAGES[name](F.conv2d(x, fastnn.randn(8, 2, 3, 3).double()))
    for shape in ((len(y), -1), (-1,), (-1, y.shape[-1])):
        x.grad = None
        flat = y.view(*shape)
        assert flat.tolist() == y.reshape(*shape).tolist()
        weight = fastnn.arange(float(flat.numel())).double().view(flat.shape)
        (flat * weight).sum().backward(retain_graph=True)
        got, x.grad = x.grad, None
        (y.contiguous() * weight.view(y.shape)).sum().backward(retain_graph=True)
        np.testing.assert_allclose(got, x.grad, rtol=1e-12)


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.transpose(0, 1),
        lambda x: x[:, :, 1:, 1:],
        lambda x: x[..., :1].expand(2, 4, 3, 5),
        lambda x: x.permute(0, 2, 1, 3),
        lambda x: x[0, 0].t(),
        lambda x: x[:, ::2],
    ],
)
def test_other_orders_have_no_view(change):
    for x in (
        fastnn.zeros(2, 4, 3, 5),
        F.conv2d(fastnn.zeros(2, 1, 5, 7), fastnn.zeros(4, 1, 3, 3)),
    ):
        with pytest.raises(ValueError, match="has no view of shape"):
            change(x).view(-1)
