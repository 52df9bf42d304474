"""Every combination of options of the recurrent layers gives what PyTorch gives."""

import itertools

import numpy as np
import pytest

import fastnn
from fastnn import nn
from tests.harness import numbers

torch = pytest.importorskip("torch", reason="PyTorch, the second reference, is not installed")

OPTIONS = list(
    itertools.product(
        ("RNN", "RNN relu", "GRU", "LSTM", "LSTM proj"),
        (1, 2),  # layers
        (True, False),  # bias
        (True, False),  # batch_first
        (True, False),  # bidirectional
        (True, False),  # initial states
        ("batch", "single", "packed"),
    )
)


def pair(name, layers, bias, batch_first, bidirectional):
    kwargs = {"bias": bias, "batch_first": batch_first, "bidirectional": bidirectional}
    kwargs |= {"nonlinearity": "relu"} if "relu" in name else {}
    kwargs |= {"proj_size": 3} if "proj" in name else {}
    kind = name.split()[0]
    ours = getattr(nn, kind)(4, 5, layers, dtype=np.float64, **kwargs)
    theirs = getattr(torch.nn, kind)(4, 5, layers, dtype=torch.float64, **kwargs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for i, (p, q) in enumerate(zip(ours.parameters(), theirs.parameters())):
        assert p.shape == tuple(q.shape)
        p._array[...] = numbers(*p.shape, low=-0.6, high=0.6, seed=i)
        q.data = torch.from_numpy(p._array.copy())
    return ours, theirs


def near(a, b):
    np.testing.assert_allclose(a, b.detach().numpy(), rtol=0, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "layers", "bias", "batch_first", "bidirectional", "states", "form"), OPTIONS
)
def test_layer(name, layers, bias, batch_first, bidirectional, states, form):
    ours, theirs = pair(name, layers, bias, batch_first, bidirectional)
    shape = (6, 4) if form == "single" else (3, 6, 4) if batch_first else (6, 3, 4)
    x = numbers(*shape)
    a = fastnn.tensor(x, requires_grad=True)
    b = torch.tensor(x, requires_grad=True)
    count, batch = layers * (2 if bidirectional else 1), () if form == "single" else (3,)
    widths = [3 if "proj" in name else 5, 5][: 2 if "LSTM" in name else 1]
    h = [numbers(count, *batch, w, seed=i) for i, w in enumerate(widths)] if states else []
    ha = [fastnn.tensor(s, requires_grad=True) for s in h]
    hb = [torch.tensor(s, requires_grad=True) for s in h]

    def run(lib, layer, x, hx):
        hx = (tuple(hx) if "LSTM" in name else hx[0]) if hx else None
        rnn = lib.nn.utils.rnn
        if form == "packed":
            lengths = [2, 6, 3]
            x = rnn.pack_padded_sequence(
                x, lengths if lib is fastnn else torch.tensor(lengths), batch_first, False
            )
        y, last = layer(x, hx)
        if form == "packed":
            y, n = rnn.pad_packed_sequence(y, batch_first)
            assert n.tolist() == lengths
        return y, last if isinstance(last, tuple) else (last,)

    (ya, last_a), (yb, last_b) = run(fastnn, ours, a, ha), run(torch, theirs, b, hb)
    near(ya._array, yb)
    for s, t in zip(last_a, last_b):
        near(s._array, t)
    dy = numbers(*ya.shape, seed=9)
    ((ya * dy).sum() + sum((s * s).sum() for s in last_a)).backward()
    ((yb * torch.tensor(dy)).sum() + sum((s * s).sum() for s in last_b)).backward()
    near(a.grad._array, b.grad)
    for s, t in zip(ha, hb):
        near(s.grad._array, t.grad)
    for p, q in zip(ours.parameters(), theirs.parameters()):
        near(p.grad._array, q.grad)


CELLS = list(
    itertools.product(
        ("RNNCell", "RNNCell relu", "GRUCell", "LSTMCell"),
        (True, False),  # bias
        (True, False),  # no batch
        (True, False),  # initial states
    )
)


@pytest.mark.parametrize(("name", "bias", "single", "state"), CELLS)
def test_cell(name, bias, single, state):
    kwargs = {"bias": bias} | ({"nonlinearity": "relu"} if "relu" in name else {})
    kind = name.split()[0]
    ours = getattr(nn, kind)(4, 5, dtype=np.float64, **kwargs)
    theirs = getattr(torch.nn, kind)(4, 5, dtype=torch.float64, **kwargs)
    for i, (p, q) in enumerate(zip(ours.parameters(), theirs.parameters())):
        p._array[...] = numbers(*p.shape, seed=i)
        q.data = torch.from_numpy(p._array.copy())
    lead = () if single else (3,)
    x, h, c = (numbers(*lead, n, seed=20 + i) for i, n in enumerate((4, 5, 5)))
    results = []
    for lib, cell in ((fastnn, ours), (torch, theirs)):
        xs = [lib.tensor(v, requires_grad=True) for v in (x, h, c)]
        hx = None if not state else (xs[1], xs[2]) if kind == "LSTMCell" else xs[1]
        y = cell(xs[0], hx)
        ys = y if isinstance(y, tuple) else (y,)
        sum((v * v).sum() for v in ys).backward()
        used = [xs[0]] if hx is None else [xs[0], *(hx if isinstance(hx, tuple) else (hx,))]
        results.append((ys, [v.grad for v in [*used, *cell.parameters()]]))
    for a, b in zip(results[0][0], results[1][0]):
        near(a._array, b)
    for a, b in zip(results[0][1], results[1][1]):
        near(a._array, b)


@pytest.mark.filterwarnings("ignore:LSTM with projections")
def test_state_dict_of_torch_loads_as_it_is():
    theirs = torch.nn.LSTM(4, 5, 2, bidirectional=True, proj_size=2)
    ours = nn.LSTM(4, 5, 2, bidirectional=True, proj_size=2)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    x = numbers(3, 2, 4).astype(np.float32)
    np.testing.assert_allclose(ours(x)[0]._array, theirs(torch.tensor(x))[0].detach(), atol=1e-6)


def test_sequence_helpers():
    rnn, other = fastnn.nn.utils.rnn, torch.nn.utils.rnn
    parts = [numbers(n, 3, seed=n) for n in (4, 1, 6)]
    tensors = [torch.tensor(p) for p in parts]
    for first, side in itertools.product((True, False), ("right", "left")):
        a = rnn.pad_sequence(parts, first, 1.5, side)
        near(a._array, other.pad_sequence(tensors, first, 1.5, side))
    a, b = rnn.pack_sequence(parts, False), other.pack_sequence(tensors, False)
    for u, v in zip(a, b):
        np.testing.assert_array_equal(u._array, v.numpy())
    for kwargs in ({}, {"total_length": 9}, {"padding_value": -1.0, "batch_first": True}):
        (u, n), (v, m) = (
            rnn.pad_packed_sequence(a, **kwargs),
            other.pad_packed_sequence(b, **kwargs),
        )
        near(u._array, v)
        assert n.tolist() == m.tolist()
