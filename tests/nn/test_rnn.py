import itertools

import numpy as np
import pytest

import fastnn
from fastnn import _core, nn
from fastnn.nn import functional as F
from fastnn.nn.utils.rnn import (
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    tbptt,
)
from tests.harness import THREADS, numbers, threads

LAYERS = ("RNN", "GRU", "LSTM", "LayerNormLSTM")


def made(name, *args, seed=0, **kwargs):
    layer = getattr(nn, name)(*args, dtype=np.float64, **kwargs)
    for i, p in enumerate(layer.parameters()):
        p._array[...] = numbers(*p.shape, low=-0.5, high=0.5, seed=seed + i)
    return layer


def test_parameters():
    layer = nn.LSTM(3, 5, 2, bidirectional=True, proj_size=2)
    names = [
        f"{kind}_l{i}{tail}"
        for i, tail in itertools.product((0, 1), ("", "_reverse"))
        for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")
    ]
    assert list(layer.state_dict()) == names
    assert layer.weight_ih_l1.shape == (20, 4)
    assert layer.weight_hh_l1_reverse.shape == (20, 2)
    assert layer.weight_hr_l0.shape == (2, 5)
    assert [len(w) for w in layer.all_weights] == [5] * 4
    bound = 1 / np.sqrt(5)
    assert all(np.abs(p._array).max() <= bound for p in layer.parameters())
    assert layer.flatten_parameters() is None
    assert list(nn.GRU(3, 5, bias=False).state_dict()) == ["weight_ih_l0", "weight_hh_l0"]
    assert repr(layer) == "LSTM(3, 5, proj_size=2, num_layers=2, bidirectional=True)"


def test_parameters_of_the_layer_norm():
    layer = nn.LayerNormLSTM(3, 5, eps=1e-3)
    shapes = {name: p.shape for name, p in layer.named_parameters()}
    assert shapes == {
        "weight_ih_l0": (20, 3),
        "weight_hh_l0": (20, 5),
        "bias_ih_l0": (20,),
        "bias_hh_l0": (20,),
        "gain_ih_l0": (20,),
        "gain_hh_l0": (20,),
        "gain_c_l0": (5,),
        "bias_c_l0": (5,),
    }
    for name, p in layer.named_parameters():
        if not name.startswith("weight"):
            assert (p._array == (1 if "gain" in name else 0)).all()
    assert layer.weight_ih_l0._array.std() > 0.1
    plain = nn.LayerNormLSTM(3, 5, 2, bias=False, bidirectional=True)
    assert [len(w) for w in plain.all_weights] == [5] * 4
    assert plain(fastnn.ones(4, 2, 3))[0].shape == (4, 2, 10)
    with pytest.raises(ValueError, match="LayerNormLSTM: eps must not be negative, got -1"):
        nn.LayerNormLSTM(3, 5, eps=-1)


@pytest.mark.parametrize(
    ("match", "args", "kwargs"),
    [
        ("hidden_size must be at least 1, got 0", (3, 0), {}),
        ("num_layers must be at least 1, got 0", (3, 4, 0), {}),
        ("input_size must be at least 0, got -1", (-1, 4), {}),
        ("dropout must be a probability", (3, 4), {"dropout": 1.5}),
        ("recurrent_dropout must be a probability", (3, 4), {"recurrent_dropout": -0.1}),
        ("proj_size must be less than hidden_size", (3, 4), {"proj_size": 4}),
    ],
)
def test_wrong_sizes(match, args, kwargs):
    with pytest.raises(ValueError, match=f"LSTM: {match}"):
        nn.LSTM(*args, **kwargs)


@pytest.mark.parametrize("kind", [nn.RNN, nn.RNNCell])
def test_wrong_nonlinearity(kind):
    with pytest.raises(ValueError, match="nonlinearity must be 'tanh' or 'relu', got 'gelu'"):
        kind(3, 4, nonlinearity="gelu")


def test_wrong_input():
    layer = nn.LSTM(3, 4)
    x, h = fastnn.zeros(5, 2, 3), fastnn.zeros(1, 2, 4)
    with pytest.raises(ValueError, match=r"LSTM \(input_size=3\): input must have shape \(T"):
        layer(fastnn.zeros(5, 2, 4))
    with pytest.raises(ValueError, match=r"LSTM: h_0 must have shape \(1, 2, 4\), got \(2, 2, 4\)"):
        layer(x, (fastnn.zeros(2, 2, 4), h))
    with pytest.raises(TypeError, match=r"LSTM: hx must be a tuple \(h_0, c_0\)"):
        layer(x, h)
    with pytest.raises(ValueError, match="LSTM: input must have at least one step"):
        layer(fastnn.zeros(0, 2, 3))
    for lengths, error, match in (
        ([1, 2, 3], ValueError, r"lengths must have shape \(2,\), got \(3,\)"),
        ([0, 2], ValueError, r"lengths must lie between 1 and 5, but lengths\[0\] is 0"),
        ([2, -1], ValueError, r"but lengths\[1\] is -1"),
        ([2, 6], ValueError, r"but lengths\[1\] is 6"),
        ([2.0, 5.0], TypeError, "lengths must have an integer dtype, got float64"),
    ):
        with pytest.raises(error, match=match):
            layer(x, lengths=lengths)
    for given in (x.double(), pack_padded_sequence(x.double(), [5, 2])):
        with pytest.raises(TypeError, match="LSTM: input must have dtype float32, as"):
            layer(given)
    with pytest.raises(ValueError, match=r"LSTM: packed data must have shape \(R, 3\), got \(7, 4"):
        layer(pack_padded_sequence(fastnn.zeros(5, 2, 4), [5, 2]))
    with pytest.raises(ValueError, match="tbptt: sequence must not be empty"):
        tbptt((), 2)


def test_wrong_input_of_cells():
    cell, h = nn.LSTMCell(3, 4), fastnn.zeros(2, 4)
    for x in (fastnn.zeros(2, 5), fastnn.zeros(5, 2, 3), fastnn.zeros(4)):
        with pytest.raises(ValueError, match=r"LSTMCell .*: input must have shape \(N, 3\) or"):
            cell(x)
    with pytest.raises(TypeError, match="LSTMCell: input must have dtype float32, as the"):
        cell(np.zeros((2, 3)))
    with pytest.raises(TypeError, match=r"LSTMCell: hx must be a tuple \(h, c\)"):
        cell(fastnn.zeros(3), h)
    with pytest.raises(ValueError, match=r"GRUCell: hx must have shape \(5, H\) to fit"):
        nn.GRUCell(3, 4)(fastnn.zeros(5, 3), h)


@pytest.mark.parametrize("name", LAYERS)
def test_orders_and_single_sequences(name):
    x = numbers(4, 3, 5)
    layer = made(name, 5, 6, 2, bidirectional=True)
    y, last = layer(x)
    first = made(name, 5, 6, 2, bidirectional=True, batch_first=True)
    other, last2 = first(np.ascontiguousarray(x.transpose(1, 0, 2)))
    np.testing.assert_array_equal(y._array, other._array.transpose(1, 0, 2))
    one, last3 = layer(x[:, 1])
    assert one.shape == (4, 12)
    for a, b, c in zip(*[s if isinstance(s, tuple) else (s,) for s in (last, last2, last3)]):
        np.testing.assert_array_equal(a._array, b._array)
        np.testing.assert_allclose(a._array[:, 1], c._array, atol=1e-15)
    np.testing.assert_allclose(y._array[:, 1], one._array, atol=1e-15)


def test_the_length_of_a_single_sequence_may_be_a_number():
    layer, x = made("GRU", 4, 7, 1), numbers(6, 4)
    for given, wanted in zip(layer(x, lengths=3), layer(x, lengths=[3]), strict=True):
        np.testing.assert_array_equal(given._array, wanted._array)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("directions", [1, 2])
def test_lengths_are_as_if_each_sequence_came_alone(name, directions):
    lengths = [2, 5, 1, 5, 3]
    x = numbers(6, 5, 4)
    layer = made(name, 4, 7, 2, bidirectional=directions == 2)
    h = [numbers(2 * directions, 5, 7, seed=i) for i in (1, 2)]
    leaf = fastnn.tensor(x, requires_grad=True)
    states = [fastnn.tensor(s, requires_grad=True) for s in h]
    hx = tuple(states) if "LSTM" in name else states[0]
    y, last = layer(leaf, hx, lengths=lengths)
    last = last if isinstance(last, tuple) else (last,)
    loss = (y * y).sum() + sum((s * s).sum() for s in last)
    loss.backward()
    grads = [p.grad._array.copy() for p in layer.parameters()]
    layer.zero_grad()
    for b, n in enumerate(lengths):
        alone = fastnn.tensor(x[:n, b : b + 1], requires_grad=True)
        own = [fastnn.tensor(s[:, b : b + 1], requires_grad=True) for s in h]
        y1, last1 = layer(alone, tuple(own) if "LSTM" in name else own[0])
        last1 = last1 if isinstance(last1, tuple) else (last1,)
        np.testing.assert_allclose(y._array[:n, b], y1._array[:, 0], atol=1e-14)
        assert (y._array[n:, b] == 0).all()
        for s, s1 in zip(last, last1):
            np.testing.assert_allclose(s._array[:, b], s1._array[:, 0], atol=1e-14)
        loss = (y1 * y1).sum() + sum((s * s).sum() for s in last1)
        loss.backward()
        np.testing.assert_allclose(leaf.grad._array[:n, b], alone.grad._array[:, 0], atol=1e-13)
        assert (leaf.grad._array[n:, b] == 0).all()
        for s, s1 in zip(states[: len(last)], own):
            np.testing.assert_allclose(s.grad._array[:, b], s1.grad._array[:, 0], atol=1e-13)
    for p, g in zip(layer.parameters(), grads):
        np.testing.assert_allclose(p.grad._array, g, atol=1e-12)


def test_packed_and_padded():
    lengths = [2, 5, 1, 5, 3]
    x = numbers(5, 5, 4)
    layer = made("LSTM", 4, 7, bidirectional=True)
    y, (h, c) = layer(x, lengths=lengths)
    packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
    y2, (h2, c2) = layer(packed)
    padded, n = pad_packed_sequence(y2)
    assert n.tolist() == lengths
    for a, b in ((y, padded), (h, h2), (c, c2)):
        np.testing.assert_array_equal(a._array, b._array)
    states = numbers(2, 5, 7), numbers(2, 5, 7) - 0.5
    want, got = layer(x, states, lengths=lengths), layer(packed, states)
    for a, b in ((want[0], pad_packed_sequence(got[0])[0]), *zip(want[1], got[1])):
        np.testing.assert_array_equal(a._array, b._array, err_msg="states are given")
    again = pack_sequence([x[:n, b] for b, n in enumerate(lengths)], enforce_sorted=False)
    np.testing.assert_array_equal(again.data._array, packed.data._array)
    with pytest.raises(ValueError, match="lengths must be sorted, longest first"):
        pack_padded_sequence(x, lengths)
    with pytest.raises(ValueError, match="total_length must be at least 5"):
        pad_packed_sequence(y2, total_length=4)
    with pytest.raises(ValueError, match="a PackedSequence has its own lengths"):
        layer(packed, lengths=lengths)


def test_dropout_between_layers():
    layer = made("GRU", 3, 50, 2, dropout=0.5)
    x = numbers(4, 2, 3)
    assert (layer(x)[0]._array != layer(x)[0]._array).any()
    layer.eval()
    np.testing.assert_array_equal(layer(x)[0]._array, layer(x)[0]._array)


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("lengths", [None, [2, 5, 4]])
def test_recurrent_dropout_draws_one_mask_for_all_steps(name, lengths):
    x = numbers(5, 3, 4)
    layer = made(name, 4, 6, bidirectional=True, recurrent_dropout=0.4)
    fastnn.manual_seed(5)
    y, _ = layer(x, lengths=lengths)
    fastnn.manual_seed(5)
    mask = F.dropout(np.ones((2, 3, 6)), 0.4)._array
    assert 0 < (mask == 0).sum() < mask.size
    order = np.argsort([0, 0, 0] if lengths is None else [-n for n in lengths], kind="stable")
    op = {
        "RNN": F.rnn_layer,
        "GRU": F.gru_layer,
        "LSTM": F.lstm_layer,
        "LayerNormLSTM": F.layer_norm_lstm_layer,
    }[name]
    weights = [tuple(p) for p in layer.all_weights]
    for place, sample in enumerate(order):
        n = 5 if lengths is None else lengths[sample]
        own = np.ascontiguousarray(mask[:, place : place + 1])
        alone, *_ = op(x[:n, sample : sample + 1], weights, mask=own)
        np.testing.assert_allclose(y._array[:n, sample], alone._array[:, 0], atol=1e-14)
    layer.eval()
    plain = made(name, 4, 6, bidirectional=True)
    np.testing.assert_array_equal(layer(x)[0]._array, plain(x)[0]._array)


def check_bits(layer, x, lengths):
    """Output and gradients of a call have the same bits for any number of threads."""
    found = set()
    for n in THREADS:
        with threads(n):
            fastnn.manual_seed(3)
            layer.zero_grad()
            y, _ = layer(x, lengths=lengths)
            (y * y).sum().backward()
            arrays = [y._array, *[p.grad._array for p in layer.parameters()]]
            found.add(b"".join([a.tobytes() for a in arrays]))
    assert len(found) == 1


def test_masks_are_those_of_the_seed_for_any_number_of_threads():
    layer = nn.LSTM(8, 70, 3, dropout=0.3, recurrent_dropout=0.4, variational=True)
    check_bits(layer, numbers(6, 9, 8).astype(np.float32), [6, 1, 3, 3, 2, 5, 6, 4, 2])


def test_variational_dropout_between_layers():
    """The same zeros at every step, whether steps are padded or packed; other ones per sample."""
    layer = made("RNN", 3, 20, 2, dropout=0.5, variational=True, nonlinearity="relu")
    # The second layer passes on what it gets.
    layer.weight_ih_l1._array[...] = np.eye(20)
    for p in (layer.weight_hh_l1, layer.bias_ih_l1, layer.bias_hh_l1, layer.weight_hh_l0):
        p._array[...] = 0
    layer.bias_ih_l0._array[...] = 9
    for lengths in (None, [4, 2, 3]):
        y, _ = layer(numbers(4, 3, 3), lengths=lengths)
        real = np.arange(4)[:, None] < np.array(lengths or [4, 4, 4])
        zero = np.array([(y._array[:, b] == 0)[real[:, b]].all(axis=0) for b in range(3)])
        assert [(y._array[:, b] != 0)[real[:, b]].all(axis=0).sum() for b in range(3)] == list(
            20 - zero.sum(axis=1)
        )
        assert 0 < zero.sum() < 60
        assert (zero[0] != zero[1]).any()
    layer.eval()
    assert (layer(numbers(4, 3, 3))[0]._array > 0).all()


@pytest.mark.parametrize("name", LAYERS[:3])
def test_cells_are_layers_of_one_step(name):
    layer = made(name, 4, 6)
    cell = getattr(nn, name + "Cell")(4, 6, dtype=np.float64)
    for p, q in zip(cell.parameters(), layer.parameters()):
        p._array[...] = q._array
    x = numbers(5, 3, 4)
    y, _ = layer(x)
    state = None
    for t in range(5):
        state = cell(x[t], state)
        h = state[0] if isinstance(state, tuple) else state
        np.testing.assert_allclose(h._array, y._array[t], atol=1e-15)
    assert list(cell.state_dict()) == ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]


def test_same_bits_for_any_number_of_threads():
    check_bits(nn.LSTM(20, 300, 2), fastnn.randn(10, 3, 20), [10, 4, 7])


@pytest.mark.parametrize("name", LAYERS)
def test_stateful_layers_carry_states_and_no_gradients(name):
    x, target = numbers(10, 2, 3), numbers(10, 2, 5)
    layer = made(name, 3, 5, stateful=True)
    plain = made(name, 3, 5)
    whole = plain(x)[0]._array
    for _ in range(2):
        parts = []
        for piece, wanted in tbptt((x, target), 4, layer):
            y, _ = layer(piece)
            assert wanted.shape == y.shape
            parts.append(y._array)
        np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-15)
    layer.reset_state()
    leaf = fastnn.tensor(x, requires_grad=True)
    *_, last = tbptt(leaf, 4, layer)
    layer(leaf[:8])
    layer(last)[0].sum().backward()
    assert (leaf.grad._array[:8] == 0).all()
    assert (leaf.grad._array[8:] != 0).all()
    with pytest.raises(ValueError, match=r"reset_state\(\) forgets"):
        layer(numbers(4, 3, 3))
    h = numbers(1, 3, 5)  # what is given has nothing to do with what was left
    with pytest.raises(ValueError, match=r"h_0 must have shape \(1, 2, 5\), got \(1, 3, 5\)$"):
        layer(x, (h, h) if layer.has_cell else h)
    with pytest.raises(ValueError, match="k must be positive"):
        tbptt(x, 0)
    with pytest.raises(ValueError, match="all sequences must have as many steps, got 9, 10"):
        tbptt((x, target[:9]), 4)
    first = [p.shape for p in tbptt(x, 4, batch_first=True)]
    assert first == [(10, 2, 3)]


@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.parametrize("batch_first", [False, True])
def test_lengths_are_one_launch_per_layer_and_direction_of_time(name, batch_first):
    layer = nn.__dict__[name](4, 6, 2, bidirectional=True, batch_first=batch_first)
    shape = (3, 5, 4) if batch_first else (5, 3, 4)
    x = fastnn.ones(*shape, requires_grad=True)
    with fastnn.profile() as p:
        y, _ = layer(x, lengths=[3, 5, 1])
    kernel = p.events[0].name
    assert [e.name for e in p.events if e.name != "copy"] == [kernel] * 2
    dy = fastnn.ones(*y.shape)
    with fastnn.profile() as p:
        y.backward(dy)
    assert [e.name for e in p.events if e.name != "copy"] == [kernel + "_backward"] * 2


@pytest.mark.parametrize("name", LAYERS[1:])
def test_frozen_layers_save_no_gates(name):
    """Memory that stays after a call: outputs alone, and the gates where a gradient is needed."""
    layer = getattr(nn, name)(8, 64)
    x = fastnn.ones(100, 4, 8)

    def stays():
        before = _core.config.pool_stats()["used_bytes"]
        outputs = layer(x)
        return _core.config.pool_stats()["used_bytes"] - before, outputs

    trained, _ = stays()
    with fastnn.no_grad():
        recorded_nothing, _ = stays()
    layer.requires_grad_(False)
    frozen, (y, _) = stays()
    assert not y.requires_grad
    assert frozen == recorded_nothing
    assert trained > 2 * frozen
