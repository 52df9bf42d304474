import numpy as np
import pytest

import fastnn
from fastnn import _core
from fastnn.nn import functional as F
from tests.harness import Bad, Record, Sample, numbers, record_test
from tests.reference import rnn as reference

GATES = {"lstm": 4, "gru": 3, "rnn": 1, "layer_norm_lstm": 4}
WITH_CELL = ("lstm", "layer_norm_lstm")


def weights(gates, inner, hidden, bias=True, proj=0, seed=0, scale=1.0):
    out = proj or hidden
    made = [
        scale * numbers(gates * hidden, inner, seed=seed, low=-1, high=1),
        scale * numbers(gates * hidden, out, seed=seed + 1, low=-1, high=1),
        numbers(gates * hidden, seed=seed + 2, low=-1, high=1) if bias else None,
        numbers(gates * hidden, seed=seed + 3, low=-1, high=1) if bias else None,
    ]
    if proj:
        made.append(numbers(proj, hidden, seed=seed + 4, low=-1, high=1))
    return tuple(made)


def norm_weights(inner, hidden, bias=True, seed=0, scale=1.0):
    """As those of an LSTM, then gains and the bias of the cell."""
    return (
        *weights(4, inner, hidden, bias, seed=seed, scale=scale),
        numbers(4 * hidden, seed=seed + 5, low=0.5, high=1.5),
        numbers(4 * hidden, seed=seed + 6, low=0.5, high=1.5),
        numbers(hidden, seed=seed + 7, low=0.5, high=1.5),
        numbers(hidden, seed=seed + 8, low=-1, high=1) if bias else None,
    )


def layer(
    kind,
    steps,
    batch,
    inner,
    hidden,
    *,
    directions=1,
    bias=True,
    proj=0,
    state=True,
    sizes=None,
    scale=1.0,
    masked=False,
    **kwargs,
):
    params = tuple(
        norm_weights(inner, hidden, bias, 10 * d, scale)
        if kind == "layer_norm_lstm"
        else weights(GATES[kind], inner, hidden, bias, proj, 10 * d, scale)
        for d in range(directions)
    )
    if sizes is None:
        x = numbers(steps, batch, inner, seed=5)
    else:
        x = numbers(sum(sizes), inner, seed=5)
        batch = sizes[0]
    args = [x, params]
    args.append(numbers(directions, batch, proj or hidden, seed=6) if state else None)
    if kind in WITH_CELL:
        args.append(numbers(directions, batch, hidden, seed=7) if state else None)
    args.append(None if sizes is None else np.array(sizes))
    if masked:  # twice the state, or nothing of it
        kept = numbers(directions, batch, proj or hidden, seed=8, low=-1, high=1) > -0.2
        kwargs["mask"] = np.where(kept, 2.0, 0.0)
    return Sample(*args, **kwargs)


def samples(kind, **kwargs):
    return [
        layer(kind, 3, 2, 2, 2, **kwargs),
        layer(kind, 2, 1, 1, 1, state=False, bias=False, **kwargs),
        layer(kind, 2, 2, 2, 1, directions=2, **kwargs),
        layer(kind, 1, 3, 2, 2, state=False, **kwargs),
        layer(kind, 1, 3, 2, 3, **kwargs),
        layer(kind, 1, 2, 1, 2, masked=True, directions=2, **kwargs),
        layer(kind, 0, 0, 2, 2, sizes=[3], bias=False, **kwargs),
        layer(kind, 1, 5, 7, 35, scale=0.3, directions=2, **kwargs),
        layer(kind, 0, 0, 2, 2, sizes=[3, 2, 1], **kwargs),
        layer(kind, 0, 0, 1, 1, sizes=[3, 3, 1, 1], directions=2, **kwargs),
        *[layer(kind, 4, 3, 5, n, scale=0.5, **kwargs) for n in (15, 16, 17, 35)],
        *[layer(kind, 3, n, 4, 5, **kwargs) for n in (0, 5, 15, 17)],
        layer(kind, 3, 2, 0, 5, **kwargs),
        layer(kind, 3, 3, 2, 3, masked=True, scale=0.6, **kwargs),
        layer(kind, 2, 2, 2, 2, masked=True, directions=2, state=False, **kwargs),
        layer(kind, 0, 0, 2, 2, masked=True, sizes=[3, 2, 2, 1], directions=2, **kwargs),
        layer(kind, 0, 0, 3, 19, masked=True, sizes=[6, 4, 1], directions=2, scale=0.3, **kwargs),
        layer(kind, 4, 17, 3, 18, masked=True, scale=0.3, **kwargs),
        layer(kind, 3, 2, 40, 6, scale=0.3, directions=2, state=False, **kwargs),
        layer(kind, 0, 0, 4, 20, sizes=[7, 7, 4, 2, 2, 1], directions=2, scale=0.4, **kwargs),
    ]


def depth(x, params, *rest, **kwargs):
    """Roundings of a step times steps; what a step adds fades or stays, it does not grow."""
    steps = x.shape[0]
    return (steps + 1) * (16 + x.shape[-1] + params[0][1].shape[1])


def bad(kind):
    good = norm_weights(2, 3) if kind == "layer_norm_lstm" else weights(GATES[kind], 2, 3)
    short = (*good[:2], good[2][:1], *good[3:])
    x = numbers(4, 5, 2)
    name = kind if kind != "rnn" else "rnn_tanh"
    return [
        Bad(ValueError, rf"{name}: input must have 3 dimensions", numbers(4, 2), (good,)),
        Bad(ValueError, rf"{name}: input must have at least one step", numbers(0, 5, 2), (good,)),
        Bad(ValueError, rf"{name}: w_ih must have shape", numbers(4, 5, 3), (good,)),
        Bad(ValueError, rf"{name}: h_0 must have shape \(1, 5, 3\)", x, (good,), numbers(1, 4, 3)),
        Bad(ValueError, rf"{name}: w_hh must have", x, ((good[0], good[1][:2], *good[2:]),)),
        Bad(ValueError, rf"{name}: b_ih must have shape", x, (short,)),
        Bad(ValueError, rf"{name}: all directions and both", x, ((*good[:3], None, *good[4:]),)),
        Bad(ValueError, rf"{name}: params must be those of one or two", x, ()),
        Bad(ValueError, rf"{name}: the parameters of a direction are", x, (good[:2],)),
        Bad(TypeError, rf"{name}: params must be a tuple|iterable", x, 3),
        Bad(
            ValueError,
            rf"{name}: mask must have shape \(1, 5, 3\)",
            x,
            (good,),
            mask=numbers(5, 3),
        ),
        Bad(TypeError, rf"{name}: mask", x, (good,), mask=numbers(1, 5, 3) > 0),
    ]


def bad_sizes(kind):
    good = norm_weights(2, 3) if kind == "layer_norm_lstm" else weights(GATES[kind], 2, 3)
    x, state = numbers(6, 2), (None, None) if kind in WITH_CELL else (None,)
    name = kind if kind != "rnn" else "rnn_tanh"
    return [
        Bad(
            ValueError, f"{name}: batch_sizes must be positive", x, (good,), *state, np.array(sizes)
        )
        for sizes in ([3, 3, 0], [2, 3, 1], [-1, 1], [99])
    ] + [
        Bad(
            ValueError,
            f"{name}: batch_sizes must not be empty",
            x,
            (good,),
            *state,
            np.array([], np.int64),
        ),
        Bad(
            ValueError,
            f"{name}: input must have one row per step",
            x,
            (good,),
            *state,
            np.array([3, 2]),
        ),
    ]


RECORDS = [
    Record(
        "lstm_layer",
        F.lstm_layer,
        reference.lstm_layer,
        [
            *samples("lstm"),
            layer("lstm", 2, 2, 1, 2, proj=1),
            layer("lstm", 0, 0, 2, 2, sizes=[2, 1], proj=1, directions=2, bias=False),
            layer("lstm", 4, 5, 3, 20, proj=17, scale=0.5),
            layer("lstm", 3, 2, 1, 3, proj=2, masked=True, scale=0.6),
            layer("lstm", 1, 2, 1, 3, proj=2, masked=True),
            layer("lstm", 0, 0, 2, 2, sizes=[3, 2, 1], proj=1, masked=True, directions=2),
            layer("lstm", 4, 5, 3, 20, proj=17, scale=0.3, masked=True),
        ],
        [*bad("lstm"), *bad_sizes("lstm")],
        large=[
            layer("lstm", 12, 30, 40, 70, scale=0.2),
            layer("lstm", 12, 3, 10, 200, scale=0.1, directions=2),
            layer("lstm", 9, 1, 300, 150, scale=0.1),
            layer("lstm", 1, 40, 200, 200, scale=0.1, directions=2),
            layer("lstm", 0, 0, 40, 50, scale=0.2, directions=2, sizes=[40] * 5 + [17] * 9 + [3]),
            layer("lstm", 12, 30, 40, 70, proj=33, scale=0.2),
            layer("lstm", 12, 30, 40, 70, proj=33, scale=0.2, masked=True),
            layer("lstm", 12, 3, 10, 200, scale=0.1, directions=2, masked=True),
        ],
        constants=("mask",),
        depth=depth,
        magnitude=4.0,
        gradient_size=150,
    ),
    Record(
        "layer_norm_lstm_layer",
        F.layer_norm_lstm_layer,
        reference.layer_norm_lstm_layer,
        [
            *samples("layer_norm_lstm"),
            layer("layer_norm_lstm", 3, 2, 3, 2, state=False, directions=2, bias=False),
            layer("layer_norm_lstm", 3, 2, 3, 2, eps=0.5),
            layer("layer_norm_lstm", 0, 0, 2, 2, sizes=[6, 5, 1], directions=2),
        ],
        [
            *bad("layer_norm_lstm"),
            *bad_sizes("layer_norm_lstm"),
            *[
                Bad(ValueError, f"layer_norm_lstm: {name} must have shape", numbers(4, 5, 2), (p,))
                for name, p in (
                    ("gain_ih", (*norm_weights(2, 3)[:4], *norm_weights(2, 4)[4:])),
                    ("gain_hh", (*norm_weights(2, 3)[:5], *norm_weights(2, 4)[5:])),
                    ("gain_c", (*norm_weights(2, 3)[:6], *norm_weights(2, 4)[6:])),
                    ("b_c", (*norm_weights(2, 3)[:7], *norm_weights(2, 4)[7:])),
                )
            ],
            Bad(
                ValueError,
                "layer_norm_lstm: eps must not be negative",
                numbers(4, 5, 2),
                (norm_weights(2, 3),),
                eps=-1.0,
            ),
        ],
        large=[
            layer("layer_norm_lstm", 12, 30, 40, 70),
            layer("layer_norm_lstm", 12, 3, 10, 200, directions=2, masked=True),
            layer("layer_norm_lstm", 9, 1, 300, 150),
            layer("layer_norm_lstm", 0, 0, 40, 50, directions=2, sizes=[40] * 5 + [17] * 9 + [3]),
        ],
        constants=("mask",),
        depth=depth,
        magnitude=4.0,
        gradient_size=200,
    ),
    Record(
        "gru_layer",
        F.gru_layer,
        reference.gru_layer,
        samples("gru"),
        [*bad("gru"), *bad_sizes("gru")],
        large=[
            layer("gru", 12, 30, 40, 70, scale=0.2),
            layer("gru", 9, 1, 300, 150, scale=0.1),
            layer("gru", 1, 40, 200, 200, scale=0.1, masked=True),
            layer("gru", 12, 3, 10, 200, scale=0.1, directions=2, masked=True),
            layer("gru", 0, 0, 40, 50, scale=0.2, directions=2, sizes=[40] * 5 + [17] * 9 + [3]),
        ],
        constants=("mask",),
        depth=depth,
        magnitude=4.0,
        gradient_size=150,
    ),
    Record(
        "rnn_layer",
        F.rnn_layer,
        reference.rnn_layer,
        [
            *samples("rnn"),
            *samples("rnn", nonlinearity="relu")[:7],
            *samples("rnn", nonlinearity="relu")[-5:-2],
        ],
        [
            *bad("rnn"),
            *bad_sizes("rnn"),
            Bad(
                ValueError,
                "rnn_layer: nonlinearity must be",
                numbers(2, 2, 2),
                (),
                None,
                None,
                "sin",
            ),
        ],
        large=[
            layer("rnn", 12, 30, 40, 70, scale=0.2),
            layer("rnn", 0, 0, 40, 50, scale=0.2, directions=2, sizes=[40] * 5 + [17] * 9 + [3]),
        ],
        constants=("mask",),
        depth=depth,
        magnitude=16.0,
        gradient_size=150,
    ),
]


LENGTHS = [2, 5, 1, 5, 3]


def by_lengths(kind, directions, masked, proj=0):
    """Five sequences in any order, and the same as rows of real steps with batch_sizes."""
    sample = layer(kind, 6, 5, 4, 19, directions=directions, masked=masked, proj=proj, scale=0.3)
    x, params, *states, _ = sample.args
    order = np.argsort([-n for n in LENGTHS], kind="stable")
    sizes = np.array([sum(n > t for n in LENGTHS) for t in range(max(LENGTHS))])
    rows = np.concatenate([x[t, order[:n]] for t, n in enumerate(sizes)])
    mask = sample.kwargs.get("mask")
    return x, params, states, mask, order, sizes, rows


def padded(rows, order, sizes, steps):
    """Rows of real steps at their places, and zeros."""
    y, at = np.zeros((steps, len(order), rows.shape[1])), 0
    for t, n in enumerate(sizes):
        y[t, order[:n]] = rows[at : at + n]
        at += n
    return y


def gradients(op, x, params, states, **kwargs):
    """Outputs of a layer, and gradients of the sum of their squares."""
    leaves = [fastnn.tensor(a, requires_grad=True) for a in (x, *states)]
    weights = [[fastnn.tensor(p, requires_grad=True) for p in d] for d in params]
    y, *last = op(leaves[0], weights, *leaves[1:], **kwargs)
    sum([(v * v).sum() for v in last], (y * y).sum()).backward()
    grads = [v.grad.numpy() for v in leaves + [p for d in weights for p in d]]
    return [v.detach().numpy() for v in (y, *last)], grads


@pytest.mark.parametrize("kind", ["lstm", "projected", "layer_norm_lstm", "gru", "rnn"])
@pytest.mark.parametrize(("directions", "masked"), [(1, False), (2, True)])
@pytest.mark.parametrize("view", ["plain", "batch_first", "every_second"])
def test_lengths_give_the_bits_of_sorted_rows(kind, directions, masked, view):
    kind, proj = ("lstm", 17) if kind == "projected" else (kind, 0)
    x, params, states, mask, order, sizes, rows = by_lengths(kind, directions, masked, proj)
    op = getattr(F, kind + "_layer")
    if view == "batch_first":
        x = np.ascontiguousarray(x.transpose(1, 0, 2)).transpose(1, 0, 2)
    elif view == "every_second":
        wide = np.repeat(x, 2, axis=2)
        x = wide[:, :, ::2]
    by_place = None if mask is None else mask[:, order]
    sorted_states = [s[:, order] for s in states]
    (y, *last), (dx, *rest) = gradients(
        op, rows, params, sorted_states, batch_sizes=sizes, mask=by_place
    )
    want = [padded(y, order, sizes, 6), *last, padded(dx, order, sizes, 6), *rest]
    back = np.argsort(order)
    count = len(states)
    for i in [*range(1, 1 + count), *range(2 + count, 2 + 2 * count)]:
        want[i] = want[i][:, back]
    for given, total in ((x, None), (x, 0), (rows, 6), (rows, None), (x, 8)):
        (y, *last), (dx, *rest) = gradients(
            op, given, params, states, lengths=LENGTHS, total_length=total, mask=mask
        )
        steps = total or (6 if given is x else 5)
        if total == 0 or (given is rows and total is None):
            y = padded(y, order, sizes, steps)
        if given is rows:
            dx = padded(dx, order, sizes, 6)
        for got, wanted in zip([y, *last, dx, *rest], want, strict=True):
            if got is y:
                n = min(len(got), len(wanted))
                assert not got[n:].any()
                got, wanted = got[:n], wanted[:n]
            np.testing.assert_array_equal(got, wanted)


@pytest.mark.parametrize("kind", ["lstm", "gru"])
def test_wrong_lengths(kind):
    x, params, _, _, _, sizes, rows = by_lengths(kind, 1, False)
    op = getattr(F, kind + "_layer")
    for match, given, kwargs in (
        (r"lengths must have shape \(5,\), got \(2,\)", x, {"lengths": [1, 2]}),
        ("lengths must lie between 1 and 6, got 0 at position 1", x, {"lengths": [1, 0, 1, 1, 1]}),
        ("lengths must lie between 1 and 6, got 7 at position 4", x, {"lengths": [1, 1, 1, 1, 7]}),
        ("input must have one row per step of every sequence, 4 as", rows, {"lengths": [1, 3]}),
        ("lengths must not be empty", rows[:0], {"lengths": np.array([], np.int64)}),
        (
            "total_length must be at least 5, the longest length",
            x,
            {"lengths": LENGTHS, "total_length": 4},
        ),
        ("total_length needs lengths", x, {"total_length": 4}),
        (
            "sequences have batch_sizes or lengths, not both",
            rows,
            {"lengths": LENGTHS, "batch_sizes": sizes},
        ),
    ):
        with pytest.raises(ValueError, match=f"{kind}: {match}"):
            op(given, params, **kwargs)


def cell_samples(gates, two=False):
    found = []
    for lead in ((3,), (), (1,), (0,)):
        h = numbers(*lead, 2, seed=1)
        found.append(
            Sample(
                numbers(*lead, 3),
                (h, numbers(*lead, 2, seed=2)) if two else h,
                *weights(gates, 3, 2, bias=lead != (1,)),
            )
        )
    return found


for name, gates in (("lstm_cell", 4), ("gru_cell", 3), ("rnn_tanh_cell", 1), ("rnn_relu_cell", 1)):
    two = name == "lstm_cell"
    state = (numbers(2, 3), numbers(2, 3)) if two else numbers(2, 3)
    RECORDS.append(
        Record(
            name,
            getattr(F, name),
            getattr(reference, name),
            cell_samples(gates, two),
            [
                Bad(
                    ValueError,
                    rf"{name}: hx must have shape",
                    numbers(3, 2),
                    state,
                    *weights(gates, 2, 3),
                ),
                Bad(
                    ValueError,
                    rf"{name}: input must have shape \(N, I\)",
                    numbers(2, 2, 2),
                    state,
                    *weights(gates, 2, 3),
                ),
            ],
            depth=40,
            magnitude=4.0,
        )
    )


test_record = record_test(RECORDS)


@pytest.mark.parametrize("kind", ["lstm", "layer_norm_lstm", "gru", "rnn"])
def test_second_walk(kind):
    """Backward writes over the gates; a second walk finds them anew."""
    sample = layer(kind, 3, 2, 2, 3)
    w = tuple(fastnn.tensor(p, requires_grad=True) for p in sample.args[1][0])
    y = getattr(F, kind + "_layer")(sample.args[0], (w,))[0]
    loss = (y * y).sum()
    loss.backward(retain_graph=True)
    once = [p.grad.numpy().copy() for p in w]
    loss.backward()
    for p, g in zip(w, once):
        np.testing.assert_array_equal(p.grad.numpy(), 2 * g)


def test_kernels_by_hand():
    sample = layer("lstm", 5, 3, 4, 6)
    x, params, h_0, c_0, _ = sample.args
    y, _, _, saved = _core.lstm(x, params, h_0, c_0, None, True)
    gates = saved[0].copy()
    dy = numbers(*y.shape, seed=9)
    args = (dy, None, None, x, params, h_0, c_0, y, saved)
    first = _core.lstm_backward(*args)
    np.testing.assert_array_equal(saved[0], gates)
    second = _core.lstm_backward(*args, overwrite=True)
    assert (saved[0] != gates).any()
    for a, b in zip(first[:3], second[:3]):
        np.testing.assert_array_equal(a, b)
    none = _core.lstm_backward(*args[:-1], (gates, *saved[1:]), need_input=False, need_params=False)
    assert none[0] is None
    assert none[3] == ()
    np.testing.assert_array_equal(none[1], first[1])


def test_wrong_arguments_of_the_backward_kernel():
    sample = layer("lstm", 5, 3, 4, 6)
    x, params, h_0, c_0, _ = sample.args
    y, _, _, saved = _core.lstm(x, params, h_0, c_0, None, True)

    def call(dy=y, x=x, y=y, saved=saved, dh=None):
        return _core.lstm_backward(dy, dh, None, x, params, h_0, c_0, y, saved)

    with pytest.raises(ValueError, match=r"lstm_backward: dy must have shape \(5, 3, 6\)"):
        call(dy=y[1:])
    with pytest.raises(ValueError, match=r"lstm_backward: y must have shape \(5, 3, 6\)"):
        call(y=y[:, :, 1:])
    with pytest.raises(TypeError, match="lstm_backward: saved must be the tuple of 3 arrays"):
        call(saved=())
    with pytest.raises(ValueError, match="lstm_backward: gates must have shape"):
        call(saved=(saved[1], saved[1], None))
    with pytest.raises(ValueError, match=r"lstm_backward: dh_n must have shape \(1, 3, 6\)"):
        call(dh=y)
    with pytest.raises(TypeError, match="dtype"):
        call(dy=y.astype(np.float32))


def test_a_state_that_is_not_finite_stays_with_its_sample():
    sample = layer("lstm", 3, 4, 2, 5)
    x = sample.args[0].copy()
    x[1, 2, 0] = np.nan
    y = F.lstm_layer(x, sample.args[1])[0].numpy()
    assert np.isnan(y[1:, 2]).all()
    assert np.isfinite(np.delete(y, 2, axis=1)).all()
