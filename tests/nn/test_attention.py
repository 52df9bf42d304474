"""The attention layer: all combinations of options against PyTorch, and invalid arguments."""

from itertools import product

import numpy as np
import pytest

import fastnn
from fastnn import nn
from fastnn.testing import gradcheck
from tests.harness import numbers

B, L, S, E, H = 2, 4, 5, 6, 3
OTHER = {"kdim": 7, "vdim": 4}
MASKS = [None, "bool2", "bool3", "float2", "float3", "causal"]
PADDINGS = [None, "bool", "float"]


def masks(kind, padding, batched, keys, seed):
    """attn_mask and key_padding_mask; every query keeps at least one key."""
    b = B if batched else 1
    mask = hidden = None
    if kind == "causal":
        mask = np.tri(L, keys) == 0
    elif kind is not None:
        mask = numbers(*((L, keys) if kind[-1] == "2" else (b * H, L, keys)), seed=seed)
    if padding is not None:
        hidden = numbers(*((B, keys) if batched else (keys,)), seed=seed + 1)
    if kind in ("bool2", "bool3"):
        mask = mask > 1
        mask[..., 0] = False
    if padding == "bool":
        hidden = hidden > 1
        hidden[..., 0] = False
    return mask, hidden


def inputs(source, sizes, batched, batch_first, seed):
    """Query, key and value: one array, two, or three."""

    def make(t, features, seed):
        x = numbers(B, t, features, seed=seed)
        return x[0] if not batched else x if batch_first else np.ascontiguousarray(x.swapaxes(0, 1))

    q = make(L, E, seed)
    k = q if source == 1 else make(S, sizes.get("kdim", E), seed + 1)
    return q, k, k if source < 3 else make(S, sizes.get("vdim", E), seed + 2)


def leaves(arrays, make):
    """A leaf for each distinct array."""
    made = {id(x): make(x) for x in arrays}
    return [made[id(x)] for x in arrays]


@pytest.mark.filterwarnings("ignore:Support for mismatched")
@pytest.mark.parametrize("sizes", [{}, OTHER], ids=["E", "kdim"])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("bias_kv", [False, True])
@pytest.mark.parametrize("zero", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
def test_matches_torch(sizes, bias, bias_kv, zero, batch_first):
    torch = pytest.importorskip("torch")
    options = {"bias": bias, "add_bias_kv": bias_kv, "add_zero_attn": zero, **sizes}
    options["batch_first"] = batch_first
    ours = nn.MultiheadAttention(E, H, **options, dtype=fastnn.float64)
    theirs = torch.nn.MultiheadAttention(E, H, **options, dtype=torch.float64)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    with torch.no_grad():
        for i, p in enumerate(theirs.parameters()):
            p.copy_(torch.from_numpy(numbers(*p.shape, seed=50 + i)))
    ours.load_state_dict(theirs.state_dict())
    calls = product([3] if sizes else [1, 2, 3], [True, False], [True, False], MASKS, PADDINGS)
    for seed, (source, batched, weights, kind, padding) in enumerate(calls):
        if kind == "causal" and (bias_kv or zero):
            continue  # whether PyTorch masks the added keys depends on need_weights
        arrays = inputs(source, sizes, batched, batch_first, seed)
        mask, hidden = masks(kind, padding, batched, L if source == 1 else S, seed)
        rest = {"need_weights": weights, "average_attn_weights": seed % 2 == 0}
        rest["is_causal"] = kind == "causal"
        xs = leaves(arrays, lambda x: fastnn.tensor(x, requires_grad=True))
        ts = leaves(arrays, lambda x: torch.tensor(x, requires_grad=True))
        got = ours(*xs, key_padding_mask=hidden, attn_mask=mask, **rest)
        there = lambda m: None if m is None else torch.from_numpy(m)  # noqa: E731
        want = theirs(*ts, key_padding_mask=there(hidden), attn_mask=there(mask), **rest)
        assert (got[1] is None) == (want[1] is None) == (not weights)
        got, want = [[y for y in ys if y is not None] for ys in (got, want)]
        dys = [numbers(*y.shape, seed=seed + 9) for y in got]
        fastnn.autograd.backward(got, dys)
        torch.autograd.backward(want, [torch.from_numpy(dy) for dy in dys])
        for y, t in zip(got, want):
            np.testing.assert_allclose(y.detach().numpy(), t.detach().numpy(), atol=1e-10)
        for x, t in zip([*xs, *ours.parameters()], [*ts, *theirs.parameters()]):
            np.testing.assert_allclose(x.grad.numpy(), t.grad.numpy(), atol=1e-10)
        ours.zero_grad()
        theirs.zero_grad()


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("average", [False, True])
def test_one_sequence_is_a_batch_of_one(batch_first, average):
    layer = nn.MultiheadAttention(E, H, batch_first=batch_first, dtype=fastnn.float64)
    q, k = numbers(L, E), numbers(S, E, seed=1)
    at = 0 if batch_first else 1
    batch = [np.expand_dims(x, at) for x in (q, k, k)]
    want, shares = layer(*map(fastnn.tensor, batch), average_attn_weights=average)
    got, own = layer(*map(fastnn.tensor, (q, k, k)), average_attn_weights=average)
    assert got.shape == (L, E)
    assert own.shape == ((L, S) if average else (H, L, S))
    np.testing.assert_array_equal(got._array, want._array.squeeze(at))
    np.testing.assert_array_equal(own._array, shares._array.squeeze(0))


@pytest.mark.parametrize("static", ["", "k", "kv"])
@pytest.mark.parametrize("separate", [True, False])
@pytest.mark.parametrize("weights", [True, False])
def test_function_matches_torch(static, separate, weights):
    torch = pytest.importorskip("torch")
    shapes = [(L, B, E), (S, B, 7 if separate else E), (S, B, E), (3 * E,), (E, E), (E,)]
    arrays = [numbers(*shape, seed=i) for i, shape in enumerate(shapes)]
    if separate:
        arrays += [numbers(*shape, seed=7) for shape in ((E, E), (E, 7), (E, E))]
    else:
        arrays.append(numbers(3 * E, E, seed=7))
    statics = {f"static_{c}": numbers(B * H, S, E // H, seed=9) for c in static}
    mask = numbers(B * H, L, S, seed=11) > 1
    mask[..., 0] = False

    def call(module, make):
        xs = [make(x) for x in arrays]
        q, k, v, bias, w_o, b_o, *given = xs
        rest = {name: make(x) for name, x in statics.items()}
        if separate:
            rest |= {f"{n}_proj_weight": w for n, w in zip("qkv", given)}
        result = module.nn.functional.multi_head_attention_forward(
            *(q, k, v, E, H, None if separate else given[0], bias, None, None, True, 0.5),
            *(w_o, b_o, False, None, weights, module.from_numpy(mask), separate),
            average_attn_weights=False,
            **rest,
        )
        outs = [y for y in result if y is not None]
        dys = [module.from_numpy(numbers(*y.shape, seed=13)) for y in outs]
        module.autograd.backward(outs, dys)
        return outs, [x.grad for x in (*xs, *rest.values()) if x.grad is not None]

    got = call(fastnn, lambda x: fastnn.tensor(x, requires_grad=True))
    want = call(torch, lambda x: torch.tensor(x, requires_grad=True))
    for ours, theirs in zip(got, want):
        assert len(ours) == len(theirs)
        for y, t in zip(ours, theirs):
            np.testing.assert_allclose(y.detach().numpy(), t.detach().numpy(), atol=1e-10)


def test_all_keys_masked():
    """As in PyTorch: the bias alone, or NaN with need_weights."""
    layer = nn.MultiheadAttention(E, H, batch_first=True)
    nn.init.uniform_(layer.out_proj.bias)
    x = fastnn.tensor(numbers(B, L, E), dtype=fastnn.float32)
    hidden = np.zeros((B, L), bool)
    hidden[1] = True
    y, weights = layer(x, x, x, hidden, need_weights=False)
    assert weights is None
    np.testing.assert_allclose(y._array[1], np.tile(layer.out_proj.bias._array, (L, 1)))
    y, weights = layer(x, x, x, hidden)
    assert np.isnan(y._array[1]).all()
    assert np.isnan(weights._array[1]).all()
    assert np.isfinite(y._array[0]).all()


def test_causal_without_a_mask():
    layer = nn.MultiheadAttention(E, H, add_bias_kv=True, add_zero_attn=True, dtype=fastnn.float64)
    x = fastnn.tensor(numbers(L, B, E))
    mask = np.tri(L) == 0
    for added in (layer, nn.MultiheadAttention(E, H, dtype=fastnn.float64)):
        for weights in (True, False):
            y = added(x, x, x, is_causal=True, need_weights=weights)[0]
            for rest in ({"attn_mask": mask}, {"attn_mask": mask, "is_causal": True}):
                z = added(x, x, x, need_weights=weights, **rest)[0]
                np.testing.assert_allclose(y._array, z._array, atol=1e-14)


def test_gradients():
    layer = nn.MultiheadAttention(4, 2, add_bias_kv=True, dtype=fastnn.float64)
    xs = [fastnn.tensor(numbers(3, 4, seed=i), requires_grad=True) for i in range(3)]
    mask = fastnn.tensor(numbers(3, 3, seed=7), requires_grad=True)
    for weights in (True, False):
        gradcheck(
            lambda *a, w=weights: layer(*a[:3], attn_mask=a[3], need_weights=w)[0], (*xs, mask)
        )


def test_dropout():
    layer = nn.MultiheadAttention(8, 2, dropout=0.5, batch_first=True)
    x = fastnn.tensor(numbers(2, 30, 8), dtype=fastnn.float32)
    for weights in (True, False):
        a, b = [layer(x, x, x, need_weights=weights)[0]._array for _ in range(2)]
        assert not np.array_equal(a, b)
    dropped = layer(x, x, x, average_attn_weights=False)[1]._array
    assert 0.4 < (dropped == 0).mean() < 0.6
    layer.eval()
    a, b = [layer(x, x, x, need_weights=w)[0]._array for w in (True, False)]
    np.testing.assert_allclose(a, b, atol=1e-6)


def test_parameters():
    layer = nn.MultiheadAttention(64, 4)
    bound = np.sqrt(6 / (64 + 192))
    assert bound * 0.9 < np.abs(layer.in_proj_weight._array).max() <= bound
    assert not layer.in_proj_bias._array.any()
    assert not layer.out_proj.bias._array.any()
    assert "embed_dim=64, num_heads=4" in repr(layer)
    assert layer.q_proj_weight is None
    assert nn.MultiheadAttention(6, 3, vdim=2).in_proj_weight is None


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"embed_dim must be a multiple of num_heads.*6 and 4"):
        nn.MultiheadAttention(6, 4)
    with pytest.raises(ValueError, match="embed_dim must be a multiple"):
        nn.MultiheadAttention(6, 0)
    with pytest.raises(ValueError, match="dropout must be a probability"):
        nn.MultiheadAttention(6, 3, dropout=1.5)
    layer = nn.MultiheadAttention(E, H, batch_first=True)
    x, y = fastnn.zeros(B, L, E), fastnn.zeros(B, S, E)
    for args, match in (
        ((fastnn.zeros(E), y, y), r"query must have shape \(B, L, 6\) or \(L, 6\), got \(6,\)"),
        ((fastnn.zeros(B, L, 5), y, y), r"query must have shape \(B, L, 6\) or \(L, 6\)"),
        ((x, fastnn.zeros(S, E), y), "key must have 3 dimensions"),
        ((x, y, fastnn.zeros(B, S, 7)), r"value must have shape \(B, S, 6\) or \(S, 6\)"),
        ((x, y, x), "key and value must have the same length"),
        ((fastnn.zeros(3, L, E), y, y), "key and value must have the same length, and the batch"),
        ((x, y, y, np.zeros((B, L), bool)), r"key_padding_mask must have shape \(2, 5\), got"),
        ((x, y, y, np.zeros(S, bool)), r"key_padding_mask must have shape \(2, 5\), got"),
        (
            (x, y, y, None, True, np.zeros((S, L), bool)),
            r"attn_mask must have shape \(4, 5\) or \(6, 4, 5\), got \(5, 4\)",
        ),
        ((x, y, y, None, True, np.zeros((B, L, S), bool)), "attn_mask must have shape"),
    ):
        with pytest.raises(ValueError, match=match):
            layer(*args)
    with pytest.raises(TypeError, match="attn_mask must be boolean or float, got int64"):
        layer(x, y, y, attn_mask=np.zeros((L, S), np.int64))


def test_masks_of_another_float_type():
    layer = nn.MultiheadAttention(E, H, batch_first=True)
    x = fastnn.tensor(numbers(B, L, E), dtype=fastnn.float32)
    mask, padding = np.where(np.tri(L) == 0, -np.inf, 0.0), numbers(B, L)
    for weights in (True, False):
        want = layer(x, x, x, padding.astype("f4"), weights, mask.astype("f4"))[0]
        got = layer(x, x, x, padding, weights, mask)[0]
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got._array, want._array)


def test_not_a_number():
    layer = nn.MultiheadAttention(E, H, batch_first=True)
    x = numbers(B, L, E).astype(np.float32)
    x[0, 1, 2] = np.nan
    for weights in (True, False):
        y = layer(x, x, x, need_weights=weights)[0]._array
        assert np.isnan(y[0]).all()
        assert np.isfinite(y[1]).all()
