"""Convolutions and their transposes against sums written out, and what their binding refuses."""

import itertools

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import _core
from tests.harness import Bad, Record, Sample, W, numbers, record_test
from tests.reference import conv as reference


def sample(x, w, bias=True, seed=0, residual=False, transposed=False, **options):
    """Arguments of a call; with relu, far enough from its kink."""
    a, b = numbers(*x, seed=seed), numbers(*w, seed=seed + 1)
    groups = options.get("groups", 1)
    out = w[1] * groups if transposed else w[0]
    call = reference.conv_transpose if transposed else reference.conv
    args = [a, b]
    if bias:
        args.append(numbers(out, seed=seed + 2))
    plain = {k: v for k, v in options.items() if k != "activation"}
    if residual:
        options["residual"] = plain["residual"] = numbers(*call(*args, **plain).shape, seed=9)
    if "activation" in options:
        y = call(*args, **plain)
        assert y.size == 0 or np.abs(y).min() > 1e-4, "too near to the kink"
    return Sample(*args, **options)


def depth(x, w, *args, groups=1, **options):
    """Additions on the way to an output, forward and backward by the input."""
    taps = int(np.prod(w.shape[2:]))
    return 8 + taps * max(w.shape[0], w.shape[1]) * (1 if groups == 1 else 2)


def backward_depth(x, w, *args, **options):
    """The weight's gradient is a sum over all outputs, of which there are this many or fewer."""
    stride = options.get("stride", 1)
    padding = options.get("padding", 0)
    grown = np.prod([n + 2 * max(w.shape[2:]) for n in x.shape[-(w.ndim - 2) :]])
    images = x.shape[0] if x.ndim == w.ndim else 1
    return depth(x, w, *args, **options) + images * float(grown) * (
        1 if padding == "same" else np.max(stride)
    )


def magnitude(x, w, *args, **options):
    return 4.0 * depth(x, w)


def record(name, op, call, samples, bad, large):
    return Record(
        name,
        op,
        call,
        samples,
        bad,
        large,
        depth=depth,
        backward_depth=backward_depth,
        magnitude=magnitude,
        gradient_size=160,
    )


X2, W2, B2 = numbers(2, 4, 6, 5), numbers(6, 2, 3, 3, seed=1), numbers(6, seed=2)


def options_refused(op, x, w, groups, transposed=False):
    """What all of them refuse, for a call that would be right with these groups."""
    axes = x.ndim - 2
    far = (1,) * (axes + 1)
    given = {"groups": groups}
    name = ("conv_transpose" if transposed else "conv") + f"{axes}d"
    first = "in_channels, out_channels" if transposed else "out_channels, in_channels"
    return [
        Bad(ValueError, rf"{name}: stride must be at least 1 and below", x, w, stride=0, **given),
        Bad(ValueError, rf"{name}: stride .* got -1", x, w, stride=(-1,) * axes, **given),
        Bad(ValueError, rf"{name}: stride .* below 2\*\*31", x, w, stride=2**31, **given),
        Bad(ValueError, rf"{name}: stride .* below 2\*\*31", x, w, stride=2**200, **given),
        Bad(ValueError, rf"{name}: dilation must be at least 1", x, w, dilation=0, **given),
        Bad(
            ValueError, rf"{name}: padding must not be negative, got -1", x, w, padding=-1, **given
        ),
        Bad(
            ValueError,
            rf"{name}: padding must be an int or a tuple of {axes}, got {axes + 1} numbers",
            x,
            w,
            padding=far,
            **given,
        ),
        Bad(TypeError, rf"{name}: stride must be an int", x, w, stride=1.5, **given),
        Bad(TypeError, rf"{name}: stride must be an int", x, w, stride=(1.5,) * axes, **given),
        Bad(TypeError, rf"{name}: stride must be an int", x, w, stride=None, **given),
        Bad(TypeError, rf"{name}: groups must be an int", x, w, groups="2"),
        Bad(ValueError, rf"{name}: groups must be at least 1", x, w, groups=0),
        Bad(ValueError, rf"{name}: groups must be at least 1", x, w, groups=-2),
        Bad(ValueError, rf"{name}: input must have \d channels \(", x[:, :-groups], w, **given),
        Bad(ValueError, rf"{name}: input must have shape \(N, C, ", x[0, 0], w, **given),
        Bad(ValueError, rf"{name}: input must have shape \(N, C, ", x[None], w, **given),
        Bad(ValueError, rf"{name}: weight must have {axes + 2} dim.*{first}", x, w[0], **given),
        Bad(ValueError, rf"{name}: weight must have {axes + 2} dim", x, w[None], **given),
        Bad(ValueError, rf"{name}: input must have at least one element", x[..., :0], w, **given),
        Bad(ValueError, rf"{name}: weight must have a kernel", x, w[..., :0], **given),
        Bad(ValueError, rf"{name}: bias must have shape", x, w, numbers(7), **given),
        Bad(TypeError, rf"{name}: bias must have dtype float64", x, w, np.zeros(6, "f4"), **given),
        Bad(
            TypeError,
            rf"{name}: weight must have dtype float64, got float32",
            x,
            w.astype("f4"),
            **given,
        ),
        Bad(TypeError, rf"{name}: input must have dtype float32 or", x.astype(int), w, **given),
        Bad(
            ValueError,
            rf"{name}: activation must be None, 'step', .*, got 'swoosh'",
            x,
            w,
            activation="swoosh",
            **given,
        ),
        Bad(TypeError, rf"{name}: activation must be None, a name or", x, w, activation=1, **given),
        Bad(
            ValueError,
            rf"{name}: residual must have the shape of the output",
            x,
            w,
            residual=x[..., :1],
            **given,
        ),
    ]


CONV2D = [
    # Channels around the width of a vector, and few.
    *[sample((2, c, 5, 6), (3, c, 3, 3), padding=1) for c in (1, 3, W - 1, W, W + 1)],
    *[sample((2, 3, 5, 6), (o, 3, 3, 3), padding=1) for o in (1, 2, W - 1, W, W + 1, 2 * W + 3)],
    # Sizes: one pixel, one row, smaller than the kernel without its padding.
    sample((1, 2, 1, 1), (3, 2, 1, 1)),
    sample((1, 2, 1, 1), (3, 2, 3, 3), padding=1),
    sample((1, 2, 1, 1), (3, 2, 3, 3), padding=3),
    sample((2, 2, 1, 7), (3, 2, 1, 3), padding=(0, 1)),
    sample((2, 2, 7, 1), (3, 2, 3, 1), padding=(1, 0)),
    *[sample((1, 2, n, n), (2, 2, 3, 3), padding=1) for n in (2, 3, 4, 5, 9)],
    # No samples, and one without an axis of samples.
    sample((0, 2, 5, 5), (3, 2, 3, 3)),
    sample((0, 2, 5, 5), (3, 2, 3, 3), residual=True, activation="relu"),
    sample((2, 5, 5), (3, 2, 3, 3), padding=1),
    sample((2, 5, 5), (3, 2, 3, 3), activation="relu", residual=True, seed=3),
    # Strides, dilations, padding, groups.
    sample((2, 2, 7, 6), (3, 2, 3, 3), stride=2, padding=1),
    sample((2, 2, 7, 6), (3, 2, 3, 3), stride=(3, 1), padding=(0, 2)),
    sample((1, 2, 5, 5), (3, 2, 1, 1), stride=2),
    sample((1, 2, 5, 5), (3, 2, 1, 1), stride=3, padding=1),
    sample((1, 2, 7, 7), (2, 2, 3, 3), dilation=2),
    sample((1, 2, 7, 6), (2, 2, 2, 3), dilation=(3, 2), padding=(2, 1), stride=(2, 1)),
    sample((1, 3, 9, 8), (4, 3, 7, 7), stride=2, padding=3),
    sample((1, 1, 6, 6), (2, 1, 2, 2)),
    sample((1, 2, 4, 4), (2, 2, 2, 2), stride=2),
    sample((1, 2, 3, 4), (2, 2, 2, 2), stride=4, padding=3),
    *[sample((1, 2, 5, 6), (2, 2, *k), padding="same") for k in ((3, 3), (2, 4), (1, 5))],
    sample((1, 2, 5, 6), (2, 2, 2, 3), padding="same", dilation=(3, 2)),
    sample((1, 2, 5, 6), (2, 2, 2, 3), padding="valid"),
    sample((2, 4, 5, 4), (6, 2, 3, 3), groups=2, padding=1),
    sample((1, 6, 4, 4), (3, 2, 2, 2), groups=3),
    sample((2, 3, 5, 5), (3, 1, 3, 3), groups=3, padding=1),
    sample((1, 3, 5, 5), (6, 1, 3, 3), groups=3, padding=1, stride=2),
    sample((1, 2 * W + 3, 4, 4), (2 * W + 3, 1, 3, 3), groups=2 * W + 3, padding=1),
    sample((1, W, 6, 7), (W, 1, 5, 5), groups=W, padding=2, stride=2, dilation=1),
    sample((1, W + 2, 6, 7), (W + 2, 1, 3, 3), groups=W + 2, padding=2, dilation=2),
    *[sample((2, 3 * q, 5, 9), (3 * q, q, 3, 3), groups=3, padding=1) for q in (2, 4, 8)],
    sample((1, 12, 7, 6), (12, 4, 5, 5), groups=3, padding=2, stride=2, residual=True),
    sample((2, 10, 6, 7), (10, 2, 2, 3), groups=5, dilation=2, padding=2, activation="relu"),
    # Kernels as large as the image, and taps that only meet zeros.
    sample((3, 4, 5, 4), (6, 4, 5, 4)),
    sample((2, 3, 2, 3), (4, 3, 2, 3), residual=True, activation="relu"),
    sample((4, 4, 4, 4), (4, 2, 4, 4), groups=2),
    sample((2, 3, 9, 8), (4, 3, 3, 3), padding=6, dilation=6),
    sample((2, 3, 9, 8), (4, 3, 3, 3), padding=(9, 8), dilation=(9, 8)),
    sample((1, 2, 3, 4), (3, 2, 3, 3), padding=(9, 7), stride=(1, 2)),
    sample((1, 2, 5, 6), (3, 2, 5, 6), padding=(4, 5), residual=True),
    # What is computed with it.
    sample((2, 2, 5, 5), (3, 2, 3, 3), bias=False),
    sample((2, 2, 4, 5), (3, 2, 3, 3), padding=1, activation="relu"),
    sample((2, 2, 4, 5), (3, 2, 3, 3), padding=1, residual=True),
    sample((2, 2, 4, 5), (3, 2, 3, 3), bias=False, residual=True, activation="relu"),
    sample((2, 4, 4, 5), (4, 4, 1, 1), residual=True, activation="relu"),
    sample((2, 4, 4, 5), (4, 1, 3, 3), groups=4, padding=1, residual=True, activation="relu"),
]
LARGE2D = [
    sample((3, 24, 19, 21), (40, 24, 3, 3), padding=1),
    sample((2, 64, 28, 28), (64, 64, 3, 3), padding=1),
    sample((4, 48, 14, 14), (80, 48, 1, 1)),
    sample((4, 48, 15, 15), (80, 48, 1, 1), stride=2),
    sample((2, 3, 70, 65), (20, 3, 7, 7), stride=2, padding=3),
    *[sample((2, 96, 20, 21), (96, q, 3, 3), groups=96 // q, padding=1) for q in (2, 4, 8)],
    sample((2, 40, 29, 30), (1, 40, 3, 3), padding=1, activation="relu"),
    sample((2, 40, 30, 31), (3, 40, 3, 3), padding=2, dilation=2),
    sample((5, 96, 4, 4), (64, 96, 4, 4)),
    sample((2, 96, 17, 17), (64, 96, 3, 3), padding=9, dilation=9),
    sample((2, 40, 30, 31), (40, 1, 3, 3), groups=40, padding=1),
    sample((2, 32, 20, 20), (48, 16, 3, 3), groups=2, padding=2, dilation=2),
    sample((9, 256, 7, 7), (128, 256, 3, 3), padding=1),
]
CONV1D = [
    *[sample((2, 3, n), (4, 3, 3), padding=1) for n in (1, 2, W - 1, W + 1)],
    sample((0, 3, 7), (4, 3, 3)),
    sample((3, 7), (4, 3, 3), stride=2, padding=(2,)),
    sample((2, 4, 9), (6, 2, 4), groups=2, dilation=2, padding="same"),
    sample((2, 4, 9), (4, 1, 5), groups=4, padding=2, stride=[2]),
    sample((2, 3, 9), (4, 3, 1), activation="relu", residual=True),
]
CONV3D = [
    sample((1, 2, 3, 4, 3), (3, 2, 3, 3, 3), padding=1),
    sample((0, 2, 3, 4, 3), (3, 2, 3, 3, 3), padding=1),
    sample((2, 3, 4, 4), (2, 2, 2, 2, 2), stride=(1, 2, 3), padding=(1, 0, 1)),
    sample((2, 2, 3, 4, 5), (2, 1, 2, 3, 3), groups=2, dilation=(1, 2, 1), padding=(0, 2, 1)),
    sample((1, 4, 3, 4, 4), (4, 1, 3, 3, 3), groups=4, padding="same"),
    sample((2, 2, 2, 3, 4), (3, 2, 1, 1, 1), stride=2),
    sample((1, 2, 3, 4, 3), (3, 2, 2, 3, 3), activation="relu", residual=True, bias=False),
]


def transposed(x, w, **options):
    return sample(x, w, transposed=True, **options)


TRANSPOSE2D = [
    *[transposed((2, c, 3, 4), (c, 3, 3, 3)) for c in (1, 3, W - 1, W, W + 1)],
    *[transposed((2, 2, 3, 4), (2, o, 3, 3), padding=1) for o in (1, 2, W - 1, W + 1, 2 * W + 3)],
    transposed((1, 2, 1, 1), (2, 3, 1, 1)),
    transposed((0, 2, 3, 3), (2, 3, 3, 3)),
    transposed((2, 3, 3), (2, 3, 3, 3), stride=2),
    *[
        transposed((1, 2, 3, 4), (2, 3, k, k), stride=s)
        for k, s in ((2, 2), (3, 2), (1, 2), (2, 3))
    ],
    transposed((1, 2, 3, 4), (2, 3, 4, 4), stride=2, padding=1),
    transposed((1, 2, 3, 4), (2, 3, 3, 3), stride=2, padding=1, output_padding=1),
    transposed((1, 2, 3, 2), (2, 3, 3, 2), stride=(3, 2), padding=(2, 0), output_padding=(2, 1)),
    transposed((1, 2, 4, 4), (2, 2, 3, 3), dilation=2, output_padding=1),
    transposed((1, 2, 4, 4), (2, 2, 2, 3), dilation=(3, 1), stride=(2, 3), padding=(1, 2)),
    transposed((1, 2, 3, 3), (2, 2, 1, 1), padding=1),
    transposed((1, 4, 3, 3), (4, 3, 3, 3), groups=2, stride=2, padding=1),
    transposed((2, 3, 3, 4), (3, 1, 3, 3), groups=3, stride=2, padding=1, output_padding=1),
    transposed((1, 3, 3, 4), (3, 2, 3, 3), groups=3),
    transposed((2, 2, 3, 4), (2, 3, 3, 3), bias=False),
    transposed((2, 2, 3, 4), (2, 3, 3, 3), activation="relu"),
    transposed((2, 2, 3, 4), (2, 3, 3, 3), stride=2, residual=True, activation="relu"),
    transposed((2, 2, 3, 4), (2, 3, 2, 2), stride=3, bias=False, residual=True),
    transposed((2, 12, 4, 5), (12, 4, 3, 3), groups=3, stride=2, padding=1),
    transposed((3, 4, 1, 1), (4, 3, 4, 5)),
    transposed((3, 4, 1, 1), (4, 3, 2, 3), residual=True, activation="relu"),
    transposed((2, 3, 2, 3), (3, 4, 7, 8)),
]
LARGE_TRANSPOSE2D = [
    transposed((3, 40, 13, 15), (40, 24, 3, 3), padding=1),
    transposed((2, 64, 14, 14), (64, 32, 4, 4), stride=2, padding=1),
    transposed((2, 40, 20, 21), (40, 3, 4, 4), stride=2, padding=1),
    transposed((2, 40, 11, 12), (40, 1, 5, 5), stride=3, dilation=2, output_padding=1),
    transposed((2, 40, 16, 17), (40, 1, 3, 3), groups=40, padding=1, stride=2),
]
TRANSPOSE1D = [
    *[transposed((2, 3, n), (3, 4, 3), padding=1) for n in (1, 2, W + 1)],
    transposed((0, 3, 5), (3, 4, 3)),
    transposed((3, 5), (3, 4, 3), stride=2, output_padding=1),
    transposed((2, 4, 5), (4, 3, 4), groups=2, dilation=2, stride=3),
    transposed((2, 4, 5), (4, 1, 2), groups=4, activation="relu", residual=True),
]
TRANSPOSE3D = [
    transposed((1, 2, 2, 3, 2), (2, 3, 3, 3, 3), padding=1),
    transposed((0, 2, 2, 3, 2), (2, 3, 3, 3, 3), padding=1),
    transposed((2, 2, 3, 2), (2, 2, 2, 2, 2), stride=(1, 2, 3), output_padding=(0, 1, 2)),
    transposed((2, 2, 2, 2, 3), (2, 1, 2, 3, 2), groups=2, dilation=(1, 2, 1), stride=2),
    transposed((1, 2, 2, 3, 2), (2, 3, 2, 1, 2), bias=False, activation="relu", residual=True),
]

T2 = numbers(6, 2, 3, 3, seed=1).transpose(0, 1, 2, 3)  # (in_channels, out / groups, ...)
RECORDS = [
    record(
        "conv2d",
        F.conv2d,
        reference.conv,
        CONV2D,
        [
            *options_refused(F.conv2d, X2, W2, 2),
            Bad(ValueError, "conv2d: groups must divide the output channels", X2, W2[:5], groups=2),
            Bad(
                ValueError,
                r"conv2d: the kernel must not be larger than the padded input, \(6, 2\), got a "
                r"kernel of \(3, 3\)$",
                X2[..., :2],
                W2,
                groups=2,
            ),
            Bad(
                ValueError,
                r"padded input, \(8, 7\), got a kernel of \(3, 3\) that reaches over \(9, 3\)",
                X2,
                W2,
                groups=2,
                padding=1,
                dilation=(4, 1),
            ),
            Bad(ValueError, "needs a stride of 1", X2, W2, groups=2, padding="same", stride=2),
            Bad(ValueError, "padding must be 'same', 'valid'", X2, W2, groups=2, padding="x"),
            Bad(ValueError, "weight must have at least one", X2[:, :0], W2[:, :0]),
            Bad(ValueError, "weight must have at least one", X2, W2[:0], groups=2),
        ],
        LARGE2D,
    ),
    record(
        "conv1d",
        F.conv1d,
        reference.conv,
        CONV1D,
        options_refused(F.conv1d, X2[..., 0], W2[..., 0], 2),
        [
            sample((3, 40, 300), (50, 40, 5), padding=2),
            sample((1, 3, 4001), (5, 3, 7), stride=2, padding=3),  # a line in several blocks
            sample((2, 24, 4001), (17, 24, 3), stride=2),
            sample((2, 18, 4001), (12, 6, 4), stride=2, groups=3, dilation=3),
        ],
    ),
    record(
        "conv3d",
        F.conv3d,
        reference.conv,
        CONV3D,
        options_refused(F.conv3d, numbers(2, 4, 3, 4, 3), numbers(6, 2, 3, 3, 3), 2),
        [sample((2, 16, 9, 10, 8), (24, 16, 3, 3, 3), padding=1)],
    ),
    record(
        "conv_transpose2d",
        F.conv_transpose2d,
        reference.conv_transpose,
        TRANSPOSE2D,
        [
            *options_refused(F.conv_transpose2d, numbers(2, 6, 3, 3), T2, 3, True),
            Bad(ValueError, "groups must divide the input", numbers(2, 6, 3, 3), T2, groups=4),
            Bad(
                ValueError,
                r"output_padding must be smaller than stride or dilation, got \(2, 0\)",
                numbers(2, 6, 3, 3),
                T2,
                output_padding=(2, 0),
                stride=2,
            ),
            Bad(
                ValueError,
                "padding must leave an output",
                numbers(2, 6, 3, 3),
                T2,
                padding=3,
            ),
            Bad(TypeError, "padding must be an int", numbers(2, 6, 3, 3), T2, padding="same"),
        ],
        LARGE_TRANSPOSE2D,
    ),
    record(
        "conv_transpose1d",
        F.conv_transpose1d,
        reference.conv_transpose,
        TRANSPOSE1D,
        options_refused(F.conv_transpose1d, numbers(2, 6, 3), T2[..., 0], 3, True),
        [transposed((3, 40, 200), (40, 30, 4), stride=2)],
    ),
    record(
        "conv_transpose3d",
        F.conv_transpose3d,
        reference.conv_transpose,
        TRANSPOSE3D,
        options_refused(
            F.conv_transpose3d, numbers(2, 6, 2, 3, 2), numbers(6, 2, 2, 3, 2), 3, True
        ),
        [transposed((2, 24, 5, 6, 4), (24, 16, 3, 3, 3), padding=1, stride=2)],
    ),
]


test_record = record_test(RECORDS)


def channels_last(x):
    """Whether the array is one block in the order (N, H, W, C)."""
    return np.moveaxis(x, 1, -1).flags.c_contiguous


def test_outputs_and_gradients_lie_channels_last():
    x, w = numbers(2, 4, 6, 5), numbers(7, 4, 3, 3, seed=1)
    y = _core.conv(x, w)
    assert channels_last(y)
    dx, dw, _ = _core.conv_backward(np.ascontiguousarray(y), x, w)
    assert channels_last(dx)
    assert dw.flags.c_contiguous
    up = _core.conv_transpose(y, w)
    assert channels_last(up)
    assert channels_last(_core.conv_transpose_backward(up, y, w)[0])
    assert channels_last(F.conv2d(x[0], w)._array[None])


LAYERS = [
    ((2, 4, 6, 5), (7, 4, 3, 3)),
    ((2, 1, 6, 5), (7, 1, 3, 3)),
    ((1, 4, 1, 1), (7, 4, 1, 1)),
    ((2, 4, 9), (7, 4, 3)),
    ((2, 4, 3, 4, 5), (1, 4, 1, 1, 1)),
]


@pytest.mark.parametrize(("x_shape", "w_shape"), LAYERS)
def test_channels_last_is_read_without_a_copy(x_shape, w_shape):
    """There are no calls but those of convolutions, forward or backward."""
    x = numbers(*x_shape)
    x = np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1)
    w = numbers(*w_shape, seed=1)
    with fastnn.profile() as prof:
        y = _core.conv(x, w)
        _core.conv_backward(y, x, w, y, activation="relu")
    names = {event.name for event in prof.events}
    assert "copy" not in names
    if x.shape[1] > 1 and x[0, 0].size > 1:
        with fastnn.profile() as prof:
            _core.conv(np.ascontiguousarray(x), w)
        assert "copy" in {event.name for event in prof.events}


ORDERS = [
    np.ascontiguousarray,
    np.asfortranarray,
    lambda x: x[..., ::-1].copy()[..., ::-1],
    lambda x: x[::-1].copy()[::-1],
    lambda x: np.repeat(x, 2, 1)[:, ::2],
    lambda x: np.pad(x, [(0, 0), (0, 0), *[(1, 2)] * (x.ndim - 2)])[
        (..., *[slice(1, -2)] * (x.ndim - 2))
    ],
    lambda x: np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, -1)), -1, 1),
    lambda x: np.moveaxis(np.ascontiguousarray(np.moveaxis(x, 1, 2)), 2, 1),
]


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("c", [1, 2, 3, 4, 5, 15, 16, 17, 40, 70])
@pytest.mark.parametrize("order", range(len(ORDERS)))
def test_every_order_is_reordered(order, c, dtype):
    """A convolution with the unit matrix is the input, whatever lies where."""
    eye = np.eye(c, dtype=dtype)
    for size in ((3,), (70,), (5, 7), (1, 33), (64, 64), (3, 4, 5), (2, 1, 20)):
        if c * np.prod(size) > 50_000:
            continue
        x = numbers(3, c, *size).astype(dtype)
        y = _core.conv(ORDERS[order](x), eye.reshape(c, c, *[1] * len(size)))
        np.testing.assert_array_equal(y, x)


def test_many_pixels_are_reordered_by_several_threads():
    x = numbers(2, 24, 200, 190).astype("f4")
    np.testing.assert_array_equal(_core.conv(x, np.eye(24, dtype="f4").reshape(24, 24, 1, 1)), x)


def test_relu_keeps_not_a_number():
    x = np.full((1, 2, 3, 3), np.nan, np.float32)
    for w in (np.ones((5, 2, 3, 3), "f4"), np.ones((5, 2, 1, 1), "f4")):
        assert np.isnan(_core.conv(x, w, activation="relu")).all()
    assert np.isnan(_core.conv(x, np.ones((2, 1, 3, 3), "f4"), groups=2, activation="relu")).all()


def test_not_a_number_stays_in_its_window():
    x = np.zeros((1, 3, 9, 9), np.float32)
    x[0, 1, 4, 4] = np.nan
    with fastnn.conv_algorithm("direct"):  # Winograd's tiles spread it over 4x4 outputs
        y = _core.conv(x, np.ones((2, 3, 3, 3), "f4"), padding=1)
    assert np.isnan(y).sum() == 2 * 9


def test_kernels_by_hand():
    """What is asked for, and nothing else."""
    x, w = numbers(2, 4, 6, 5), numbers(6, 2, 3, 3, seed=1)
    y = _core.conv(x, w, None, 1, 1, 1, 2, "relu")
    dy = numbers(*y.shape, seed=2)
    whole = _core.conv_backward(dy, x, w, y, 1, 1, 1, 2, (True,) * 4, "relu")
    np.testing.assert_array_equal(whole[3], dy * (y > 0))
    np.testing.assert_allclose(whole[2], (dy * (y > 0)).sum((0, 2, 3)), rtol=1e-12)
    for needs in itertools.product((False, True), repeat=4):
        some = _core.conv_backward(dy, x, w, y, 1, 1, 1, 2, needs, "relu")
        for part, all_of_it, needed in zip(some, whole, needs):
            assert (part is None) != needed
            if needed:
                np.testing.assert_array_equal(part, all_of_it)
    assert _core.conv_backward(dy, x, w, None, 1, 1, 1, 2, (False,) * 3 + (True,))[3] is dy
    up = _core.conv_transpose(y, w, groups=2, padding=1)
    whole = _core.conv_transpose_backward(up, y, w, groups=2, padding=1)
    for needs in itertools.product((False, True), repeat=3):
        some = _core.conv_transpose_backward(up, y, w, groups=2, padding=1, needs=needs)
        for part, all_of_it, needed in zip(some, whole, needs):
            assert (part is None) != needed
            if needed:
                np.testing.assert_array_equal(part, all_of_it)


def test_wrong_arguments_of_the_backward_kernels():
    x, w = numbers(2, 4, 6, 5), numbers(6, 4, 3, 3)
    dy = numbers(2, 6, 4, 3)
    for bad in (dy[..., :2], dy[:1], dy[0], dy[:, :5]):
        with pytest.raises(ValueError, match="conv2d_backward: dy must have the shape of the out"):
            _core.conv_backward(bad, x, w)
        with pytest.raises(ValueError, match="conv2d_backward: saved must have the shape"):
            _core.conv_backward(dy, x, w, bad, activation="relu")
    with pytest.raises(TypeError, match="conv2d_backward: dy must have dtype float64"):
        _core.conv_backward(dy.astype("f4"), x, w)
    with pytest.raises(TypeError, match="needs must be a tuple of three or four"):
        _core.conv_backward(dy, x, w, needs=(True, True))
    with pytest.raises(TypeError, match="needs must be a tuple of three or four"):
        _core.conv_backward(dy, x, w, needs=[True] * 3)
    with pytest.raises(ValueError, match="conv_transpose1d_backward: dy must have the shape"):
        _core.conv_transpose_backward(numbers(2, 3, 4), numbers(2, 4, 5), numbers(4, 3, 2))
    with pytest.raises(ValueError, match="conv: weight must have 3, 4 or 5 dimensions"):
        _core.conv(x, w[0, 0])
    with pytest.raises(ValueError, match="conv_transpose: weight must have 3, 4 or 5 dimensions"):
        _core.conv_transpose(x, numbers(1, 1, 1, 1, 1, 1))
    with pytest.raises(TypeError, match="conv: weight must be a NumPy array, got list"):
        _core.conv(x, [1.0])


HUGE = 2**31 - 1


@pytest.mark.parametrize(
    ("op", "x", "w", "options"),
    [
        (_core.conv, (1, 1, 3, 3), (1, 1, 1, 1), {"padding": HUGE}),
        (_core.conv, (1, 1, 3, 3), (1, 1, 3, 3), {"padding": HUGE, "dilation": 5}),
        (_core.conv, (1, 1, 2**20, 2**20), (1, 1, 1, 1), {}),
        (_core.conv, (1, 1, 2**61 // 4, 1), (1, 1, 1, 1), {}),
        (_core.conv, (1, 2**40, 3, 3), (1, 2**40, 1, 1), {}),
        (_core.conv, (1, 1, 3, 3), (2**50, 1, 1, 1), {}),
        (_core.conv, (2**40, 1, 100, 100), (1, 1, 1, 1), {}),
        (_core.conv_transpose, (1, 1, 2**40, 1), (1, 1, 1, 1), {"stride": HUGE}),
        (_core.conv_transpose, (1, 1, 3, 3), (1, 1, 3, 3), {"stride": HUGE}),
        (_core.conv_transpose, (1, 1, 3, 3), (1, 1, HUGE, 3), {"dilation": HUGE}),
        (_core.conv_transpose, (1, 1, 3, 3), (1, 2**50, 1, 1), {}),
    ],
)
def test_huge_sizes(op, x, w, options):
    """More than fits into any memory, or into 64 bits."""
    used = _core.config.pool_stats()["used_bytes"]
    a, b = np.broadcast_to(np.float32(1), x), np.broadcast_to(np.float32(1), w)
    with pytest.raises(MemoryError):
        op(a, b, **options)
    assert _core.config.pool_stats()["used_bytes"] == used


def test_huge_options_that_leave_little():
    """Windows far apart: most of what they span is padding, and costs nothing."""
    x, w = numbers(1, 1, 3, 3), numbers(2, 1, 1, 1, seed=1)
    far = 10**6
    y = _core.conv(x, w, stride=far, padding=far)
    assert y.shape == (1, 2, 3, 3)
    want = np.zeros((1, 2, 3, 3))
    want[0, :, 1, 1] = x[0, 0, 0, 0] * w[:, 0, 0, 0]
    np.testing.assert_allclose(y, want)
    with pytest.raises(ValueError, match=r"padded input, \(3, 3\), got a kernel of \(1000"):
        _core.conv(x, np.broadcast_to(np.ones(1), (1, 1, 1000, 2)))


@pytest.mark.parametrize("changed", ["input", "weight", "output", "bias"])
def test_changes_in_place(changed):
    """`backward` refuses where what it reads was changed, and only there."""
    x = fastnn.tensor(numbers(1, 2, 5, 5))
    w = fastnn.tensor(numbers(3, 2, 3, 3), requires_grad=True)
    b = fastnn.tensor(numbers(3), requires_grad=True)
    y = F.conv2d(x, w, b, activation="relu")
    loss = y.sum()
    with fastnn.no_grad():
        {"input": x, "weight": w, "output": y, "bias": b}[changed].add_(1)
    if changed in ("input", "output"):
        with pytest.raises(RuntimeError, match="changed in place"):
            loss.backward()
    else:  # no gradient of x is wanted, so the weight is not read
        loss.backward()
        assert w.grad is not None


def test_algorithm():
    assert fastnn.conv_algorithm() == "auto"
    with fastnn.conv_algorithm("winograd"):
        assert fastnn.conv_algorithm() == "winograd"
        with pytest.raises(ZeroDivisionError), fastnn.conv_algorithm("direct"):
            assert fastnn.conv_algorithm() == "direct"
            raise ZeroDivisionError
        assert fastnn.conv_algorithm() == "winograd"
    fastnn.set_conv_algorithm("direct")
    assert fastnn.conv_algorithm() == "direct"
    fastnn.set_conv_algorithm("auto")
    with pytest.raises(ValueError, match="must be 'auto', 'direct' or 'winograd', got 'fft'"):
        fastnn.set_conv_algorithm("fft")
    with pytest.raises(TypeError, match="name must be a str, got int"):
        fastnn.set_conv_algorithm(1)
    assert fastnn.conv_algorithm() == "auto"
