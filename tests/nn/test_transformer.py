"""Transformer layers: all combinations of options against PyTorch, positions, invalid input."""

from itertools import product

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.nn import functional as F
from tests.harness import numbers

B, T, S, E, H = 2, 4, 5, 6, 3


def arrays(batched, batch_first, *lengths):
    """Sequences of these lengths."""
    found = []
    for i, t in enumerate(lengths):
        x = numbers(B, t, E, seed=i)
        found.append(x[0] if not batched else x if batch_first else x.swapaxes(0, 1).copy())
    return found


def padding(batched, t, kind="bool"):
    """A mask over the last key of the first sequence."""
    hidden = np.zeros((B, t) if batched else (t,), bool)
    hidden.reshape(-1)[t - 1] = True
    return hidden if kind == "bool" else np.where(hidden, -np.inf, 0.0)


def compare(torch, ours, theirs, inputs, **masks):
    """Values and all gradients, from the same parameters."""
    assert list(ours.state_dict()) == list(theirs.state_dict())
    with torch.no_grad():
        for i, p in enumerate(theirs.parameters()):
            p.copy_(torch.from_numpy(numbers(*p.shape, seed=50 + i)) * 0.5)
    ours.load_state_dict(theirs.state_dict())
    xs = [fastnn.tensor(x, requires_grad=True) for x in inputs]
    ts = [torch.tensor(x, requires_grad=True) for x in inputs]
    there = {
        name: torch.from_numpy(m) if isinstance(m, np.ndarray) else m for name, m in masks.items()
    }
    y, t = ours(*xs, **masks), theirs(*ts, **there)
    dy = numbers(*y.shape, seed=9)
    y.backward(dy)
    t.backward(torch.from_numpy(dy))
    np.testing.assert_allclose(y.detach().numpy(), t.detach().numpy(), atol=1e-10)
    for x, t in zip([*xs, *ours.parameters()], [*ts, *theirs.parameters()]):
        np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), atol=1e-10)


FLAGS = list(product([False, True], repeat=4))
NAMES = ("batch_first", "norm_first", "bias", "batched")


@pytest.mark.filterwarnings("ignore:Support for mismatched")
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize(
    (*NAMES, "activation"),
    [
        *[(*flags, "relu") for flags in FLAGS],
        *[(*flags, f) for flags in FLAGS if flags[0] and flags[3] for f in ("gelu", "tanh")],
    ],
)
def test_layers_matches_torch(batch_first, norm_first, bias, batched, activation):
    torch = pytest.importorskip("torch")
    options = {"batch_first": batch_first, "norm_first": norm_first, "bias": bias, "dropout": 0.0}
    names = ("EncoderLayer", "DecoderLayer")

    def layers(i):
        mine, other = (F.tanh, torch.tanh) if activation == "tanh" else (activation, activation)
        build = [getattr(x, f"Transformer{names[i]}") for x in (nn, torch.nn)]
        return (
            build[0](E, H, 7, activation=mine, dtype=fastnn.float64, **options),
            build[1](E, H, 7, activation=other, dtype=torch.float64, **options),
        )

    causal = np.tri(T) == 0
    added = np.where(causal, -np.inf, 0.0)
    x, memory = arrays(batched, batch_first, T, S)
    for masks in (
        {},
        {"src_mask": causal},
        {"src_mask": added, "is_causal": True},
        {"src_mask": numbers(T, T, seed=3), "src_key_padding_mask": padding(batched, T)},
        {"src_key_padding_mask": padding(batched, T, "float")},
    ):
        compare(torch, *layers(0), [x], **masks)
    for masks in (
        {},
        {"tgt_mask": added, "tgt_is_causal": True},
        {"memory_mask": numbers(T, S, seed=3), "tgt_key_padding_mask": padding(batched, T)},
        {"memory_key_padding_mask": padding(batched, S), "tgt_mask": causal},
    ):
        compare(torch, *layers(1), [x, memory], **masks)
    for mask in (
        {},
        {"mask": causal},
        {"mask": added, "src_key_padding_mask": padding(batched, T)},
    ):
        compare(
            torch,
            *[m.TransformerEncoder(x, 2) for m, x in zip((nn, torch.nn), layers(0))],
            [x],
            **mask,
        )
    compare(
        torch,
        *[m.TransformerDecoder(x, 2) for m, x in zip((nn, torch.nn), layers(1))],
        [x, memory],
        tgt_mask=causal,
    )


@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize(NAMES, FLAGS)
def test_transformer_matches_torch(batch_first, norm_first, bias, batched):
    torch = pytest.importorskip("torch")
    options = {"batch_first": batch_first, "norm_first": norm_first, "bias": bias, "dropout": 0.0}
    ours = nn.Transformer(E, H, 2, 2, 7, **options, dtype=fastnn.float64)
    theirs = torch.nn.Transformer(E, H, 2, 2, 7, **options, dtype=torch.float64)
    mask = ours.generate_square_subsequent_mask(T, dtype=fastnn.float64).numpy()
    np.testing.assert_array_equal(mask, theirs.generate_square_subsequent_mask(T).numpy())
    compare(torch, ours, theirs, arrays(batched, batch_first, S, T), tgt_mask=mask)


def test_a_mask_is_causal_if_it_hides_exactly_the_later_positions():
    """The encoder asks; without a mask nothing is hidden, whatever `is_causal` would be."""
    from fastnn.nn.transformer.encoder import says_causal

    later = np.tri(4) == 0
    added = np.where(later, -np.inf, 0.0)
    assert says_causal(later)
    assert says_causal(added)
    other = added.copy()
    other[2, 1] = -1.0
    for mask in (
        None,
        ~later,
        later | True,
        np.where(later, -1e9, 0.0),
        other,
        later[:3],
        later[0],
    ):
        assert not says_causal(mask)
    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(6, 2, 8, 0.0), 1)
    x = fastnn.tensor(numbers(4, 2, 6).astype("f4"))
    plain, causal = encoder(x).detach().numpy(), encoder(x, mask=later).detach().numpy()
    for i in range(4):  # of the first i + 1 steps alone, and of all of them
        alone = encoder(x[: i + 1]).detach().numpy()
        np.testing.assert_allclose(causal[i], alone[i], atol=1e-5)
        assert (i == 3) == np.allclose(plain[i], alone[i], atol=1e-5)


def test_parameters():
    layer = nn.TransformerEncoderLayer(8, 2, 16)
    assert list(layer.state_dict())[:4] == [
        "self_attn.in_proj_weight",
        "self_attn.in_proj_bias",
        "self_attn.out_proj.weight",
        "self_attn.out_proj.bias",
    ]
    encoder = nn.TransformerEncoder(layer, 2, nn.LayerNorm(8))
    first, second = encoder.layers
    assert first is not layer
    first.linear1.weight._array[...] = 0
    assert second.linear1.weight._array.any()


def test_dropout():
    layer = nn.TransformerDecoderLayer(8, 2, 16, dropout=0.5, batch_first=True)
    x = fastnn.tensor(numbers(2, 5, 8), dtype=fastnn.float32)
    assert not np.array_equal(layer(x, x)._array, layer(x, x)._array)
    layer.eval()
    np.testing.assert_array_equal(layer(x, x)._array, layer(x, x)._array)


def test_hooks_of_the_first_linear_layer_are_called():
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0)
    x = fastnn.tensor(numbers(5, 2, 8), dtype=fastnn.float32)
    before = layer(x)._array
    seen = []
    layer.linear1.register_forward_hook(lambda *rest: seen.append(rest))
    np.testing.assert_allclose(layer(x)._array, before, atol=1e-5)
    assert len(seen) == 1


@pytest.mark.parametrize("batch_first", [True, False])
def test_sinusoidal_positions(batch_first):
    for features in (1, 5, 6):
        layer = nn.SinusoidalPositionalEncoding(features, batch_first=batch_first)
        rows = layer(fastnn.zeros(9, features))._array
        for t in range(9):
            for i in range(features):
                angle = t / 10000 ** ((i - i % 2) / features)
                assert rows[t, i] == pytest.approx([np.sin, np.cos][i % 2](angle), abs=1e-6)
        shape = (3, 30, features) if batch_first else (30, 3, features)
        y = layer(fastnn.zeros(*shape, dtype=fastnn.float64))._array
        assert y.dtype == np.float64
        first = y[0] if batch_first else y[:, 0]
        np.testing.assert_allclose(first[:9], rows, atol=1e-6)
        assert (y == (first if batch_first else first[:, None])).all()
    assert not list(layer.state_dict())
    with pytest.raises(TypeError, match="input must have a floating point type, got int64"):
        layer(np.zeros((9, 6), np.int64))


def test_an_empty_custom_module_is_used():
    model = nn.Transformer(
        8, 2, custom_encoder=nn.Sequential(), custom_decoder=(decoder := nn.ModuleList())
    )
    assert isinstance(model.encoder, nn.Sequential)
    assert model.decoder is decoder


def test_learned_positions():
    layer = nn.LearnedPositionalEncoding(7, 4, batch_first=True)
    assert list(layer.state_dict()) == ["weight"]
    x = fastnn.ones(2, 5, 4)
    y = layer(x)
    np.testing.assert_allclose(y._array, 1 + np.stack([layer.weight._array[:5]] * 2))
    y.sum().backward()
    np.testing.assert_array_equal(layer.weight.grad._array[:, 0], [2] * 5 + [0] * 2)
    with pytest.raises(ValueError, match="input has 8 positions, and max_len is 7"):
        layer(fastnn.ones(2, 8, 4))
    with pytest.raises(ValueError, match=r"input must have shape \(N, T, 4\) or \(T, 4\)"):
        layer(fastnn.ones(2, 5, 3))


def test_wrong_arguments():
    with pytest.raises(ValueError, match="activation must be 'relu', 'gelu' or a function, got 3"):
        nn.TransformerEncoderLayer(4, 2, activation=3)
    with pytest.raises(ValueError, match="d_model must be positive, got 0"):
        nn.SinusoidalPositionalEncoding(0)
    with pytest.raises(ValueError, match="embed_dim must be a multiple of num_heads"):
        nn.TransformerEncoderLayer(8, 3)
    with pytest.raises(ValueError, match="activation must be 'relu', 'gelu' or a function"):
        nn.TransformerEncoderLayer(8, 2, activation="swish")
    layer = nn.TransformerDecoderLayer(8, 2, 16, batch_first=True)
    x = fastnn.zeros(2, 5, 8)
    with pytest.raises(ValueError, match="key and value must have the same length, and the batch"):
        layer(x, fastnn.zeros(3, 5, 8))
    with pytest.raises(ValueError, match="attn_mask must have shape"):
        layer(x, x, tgt_mask=np.zeros((4, 4), bool))
