"""Scaled dot-product attention: values and gradients under every mask, and its binding."""

import numpy as np
import pytest

import fastnn
import fastnn.nn.functional as F
from fastnn import _core, kernels
from fastnn.ops.attention.heads import multi_head
from fastnn.ops.attention.scaled_dot_product import with_weights
from fastnn.testing import gradcheck
from tests.harness import (
    THREADS,
    Bad,
    Record,
    Sample,
    isa,
    isa_levels,
    numbers,
    record_test,
    threads,
)
from tests.reference import attention as reference

STREAM = np.array([7, 1000], np.uint64)


def qkv(*shapes, seed=0):
    """Arrays of one sample."""
    return [numbers(*shape, seed=seed + i) for i, shape in enumerate(shapes)]


def sample(t, s, e, ev=None, batch=(), seed=0, **rest):
    ev = e if ev is None else ev
    return Sample(*qkv((*batch, t, e), (*batch, s, e), (*batch, s, ev), seed=seed), **rest)


def allowed(*shape, seed=9):
    """A boolean mask that hides some keys."""
    return numbers(*shape, seed=seed) < 0.8


def depth(q, k, v, *rest, **options):
    return 24 + q.shape[-1] + k.shape[-2]


def backward_depth(q, k, v, *rest, **options):
    return 4 * (24 + q.shape[-1] + v.shape[-1] + q.shape[-2] + k.shape[-2])


def magnitude(q, k, v, *rest, **options):
    """Scores, whose errors exp makes relative errors, and sums of products over rows."""
    return 4.0 * (1 + q.shape[-1]) * (1 + 0.1 * q.shape[-2])


def parameters(e, bias=True, bias_kv=False, zero=False):
    """The arguments of `multi_head_attention_forward` from the projections to dropout."""
    w, b, w_o, b_o = qkv((3 * e, e), (3 * e,), (e, e), (e,), seed=20)
    learnt = qkv((1, 1, e), (1, 1, e), seed=30) if bias_kv else [None, None]
    return [w, b if bias else None, *learnt, zero, 0.0, w_o, b_o if bias else None]


def heads_sample(t, s, b, e, h, *options, **rest):
    return Sample(*qkv((t, b, e), (s, b, e), (s, b, e)), e, h, *parameters(e, *options), **rest)


def heads_depth(q, k, v, e, *rest, **options):
    return 30 + 3 * e + len(k)


BAD_HEADS = "key and value must have as many heads, a divisor of those of query"

RECORDS = [
    Record(
        "scaled_dot_product_attention",
        F.scaled_dot_product_attention,
        reference.scaled_dot_product_attention,
        [
            *[sample(3, n, 2) for n in (1, 2, 15, 16, 17)],
            *[sample(n, 3, 2) for n in (0, 1, 2, 15, 16, 17)],
            *[sample(2, 3, n, 4) for n in (1, 15, 16, 17)],
            *[sample(2, 3, 4, n) for n in (0, 1, 15, 16, 17)],
            sample(3, 0, 4, 2),
            sample(65, 129, 20, 33, (2,)),
            sample(4, 5, 3, 2, (2, 2)),
            sample(4, 5, 3, 2, (2, 0)),
            sample(3, 3, 2, 2, (1, 2, 1, 2)),
            sample(4, 5, 3, 2, scale=0.7),
            sample(5, 5, 3, 2, is_causal=True),
            sample(6, 3, 3, 2, is_causal=True),
            sample(3, 6, 3, 2, is_causal=True),
            sample(130, 140, 4, 3, is_causal=True),
            sample(4, 5, 3, 2, attn_mask=allowed(4, 5)),
            sample(4, 5, 3, 2, (2,), attn_mask=allowed(2, 1, 5)),
            sample(4, 5, 3, 2, (2,), attn_mask=allowed(2, 4, 1)),
            sample(4, 5, 3, 2, (2,), attn_mask=allowed(5)),
            sample(4, 5, 3, 2, (2, 2), attn_mask=allowed(2, 1, 4, 5)),
            sample(4, 5, 3, 2, attn_mask=np.zeros((4, 5), bool)),
            sample(4, 5, 3, 2, attn_mask=allowed(4, 5), is_causal=True),
            sample(70, 200, 3, 2, attn_mask=allowed(70, 200)),
            Sample(*qkv((2, 4, 3, 2), (2, 2, 5, 2), (2, 2, 5, 3)), enable_gqa=True),
            Sample(
                *qkv((2, 4, 70, 2), (2, 1, 150, 2), (2, 1, 150, 3)),
                enable_gqa=True,
                is_causal=True,
                attn_mask=allowed(4, 1, 150),
            ),
            Sample(*qkv((2, 3, 4, 2), (1, 5, 2), (3, 5, 3))),  # broadcast
        ],
        [
            Bad(
                ValueError,
                r"attention: key must have shape \(..., S, 4\) to fit a query of shape \(3, 4\)",
                *qkv((3, 4), (5, 3), (5, 3)),
            ),
            Bad(
                ValueError,
                r"attention: value must have shape \(..., 5, Ev\)",
                *qkv((3, 4), (5, 4), (6, 4)),
            ),
            Bad(
                ValueError,
                r"attention: query must have at least 2 dimensions",
                *qkv((4,), (5, 4), (5, 4)),
            ),
            Bad(
                ValueError,
                "must have dimensions that broadcast before the last two",
                *qkv((2, 3, 4), (3, 5, 4), (3, 5, 4)),
            ),
            Bad(
                ValueError,
                "grouped heads want enable_gqa",
                *qkv((2, 4, 3, 4), (2, 2, 5, 4), (2, 2, 5, 4)),
            ),
            Bad(ValueError, BAD_HEADS, *qkv((4, 3, 4), (3, 5, 4), (3, 5, 4)), enable_gqa=True),
            Bad(ValueError, BAD_HEADS, *qkv((4, 3, 4), (2, 5, 4), (1, 5, 4)), enable_gqa=True),
            Bad(ValueError, BAD_HEADS, *qkv((4, 3, 4), (0, 5, 4), (0, 5, 4)), enable_gqa=True),
            *[
                Bad(
                    ValueError,
                    r"attention: attn_mask must broadcast to shape \(2, 3, 5\), got",
                    *qkv((2, 3, 4), (2, 5, 4), (2, 5, 4)),
                    attn_mask=np.ones(shape, bool),
                )
                for shape in ((3, 4), (2, 5), (3, 3, 5), (1, 2, 3, 5), (2,), (2, 3, 0))
            ],
            Bad(
                TypeError,
                "attention: attn_mask must have dtype bool or float64, got int64",
                *qkv((3, 4), (5, 4), (5, 4)),
                attn_mask=np.ones((3, 5), np.int64),
            ),
            *[
                Bad(
                    ValueError,
                    "attention: dropout_p must be a probability, from 0 to 1",
                    *qkv((3, 4), (5, 4), (5, 4)),
                    dropout_p=p,
                )
                for p in (-0.1, 1.5, float("nan"))
            ],
            Bad(
                TypeError,
                "attention: query must have dtype float32 or float64",
                *[np.ones((3, 4), np.int64)] * 3,
            ),
        ],
        large=[
            sample(128, 128, 32, batch=(4, 2)),
            sample(1000, 900, 8, 16, is_causal=True),
            sample(1, 3000, 16),
            sample(7, 9, 4, batch=(100, 3)),
        ],
        depth=depth,
        backward_depth=backward_depth,
        magnitude=magnitude,
    ),
    Record(
        "multi_head_attention_forward",
        F.multi_head_attention_forward,
        reference.multi_head_attention_forward,
        [
            heads_sample(2, 3, 1, 2, 1),
            heads_sample(3, 2, 2, 2, 2, False),
            heads_sample(3, 2, 2, 2, 1, True, True),
            heads_sample(2, 2, 2, 2, 1, True, False, True),
            heads_sample(0, 3, 2, 2, 1),
            heads_sample(3, 4, 0, 2, 1),
            heads_sample(20, 17, 2, 12, 3, True, True, True),
            heads_sample(3, 5, 2, 4, 2, key_padding_mask=np.arange(10).reshape(2, 5) % 4 == 3),
            heads_sample(3, 5, 2, 4, 2, attn_mask=numbers(4, 3, 5, seed=8)),
            heads_sample(3, 5, 2, 4, 2, static_k=numbers(4, 5, 2), static_v=numbers(4, 5, 2)),
        ],
        bad=[
            Bad(
                ValueError,
                "embed_dim_to_check must be a multiple of num_heads, both positive, got 4 and 3",
                *heads_sample(2, 2, 1, 4, 3).args,
            ),
            Bad(
                ValueError,
                r"in_proj_weight must have shape \(12, 4\), got \(4, 4\)",
                *qkv((2, 1, 4), (2, 1, 4), (2, 1, 4)),
                4,
                2,
                numbers(4, 4),
                *parameters(4)[1:],
            ),
            Bad(
                ValueError,
                r"k_proj_weight must have shape \(4, kdim\), got None",
                *heads_sample(2, 2, 1, 4, 2).args,
                use_separate_proj_weight=True,
                q_proj_weight=numbers(4, 4),
            ),
            Bad(
                ValueError,
                "bias_k and bias_v must both be given, or neither",
                *qkv((2, 1, 4), (2, 1, 4), (2, 1, 4)),
                4,
                2,
                *parameters(4)[:2],
                numbers(1, 1, 4),
                *parameters(4)[3:],
            ),
            Bad(
                ValueError,
                r"static_k must have shape \(2, S, 2\), got \(1, 2, 4\)",
                *heads_sample(2, 2, 1, 4, 2).args,
                static_k=numbers(1, 2, 4),
            ),
            Bad(
                ValueError,
                r"keys and values must have the same length",
                *heads_sample(2, 2, 1, 4, 2).args,
                static_k=numbers(2, 3, 2),
            ),
        ],
        large=[heads_sample(60, 70, 4, 48, 4)],
        depth=heads_depth,
        magnitude=lambda q, *rest, **options: 60.0 * q.shape[-1],
    ),
]


test_record = record_test(RECORDS)


def test_mask_of_numbers():
    q, k, v = qkv((2, 3, 4, 5), (2, 3, 6, 5), (2, 3, 6, 2))
    for shape in ((4, 6), (2, 1, 4, 6), (3, 1, 6), (2, 3, 4, 1), (1,)):
        mask = numbers(*shape, seed=5)
        for hidden in (False, True):
            if hidden:
                mask[..., 0] = -np.inf
            got = kernels.scaled_dot_product_attention(q, k, v, mask, scale=0.4)
            want = reference.scaled_dot_product_attention(q, k, v, mask, scale=0.4)
            np.testing.assert_allclose(got, want, atol=1e-13)


def test_gradient_of_the_mask():
    q, k, v = [fastnn.tensor(x, requires_grad=True) for x in qkv((3, 4, 5), (3, 6, 5), (3, 6, 2))]
    mask = fastnn.tensor(numbers(4, 6, seed=5), requires_grad=True)
    gradcheck(F.scaled_dot_product_attention, (q, k, v, mask))
    np.testing.assert_allclose(
        F.scaled_dot_product_attention(q, k, v, mask).detach().numpy(),
        F.scaled_dot_product_attention(q, k, v, mask.detach()).detach().numpy(),
        atol=1e-13,
    )


@pytest.mark.parametrize("level", isa_levels())
def test_dropout(level):
    q, k, v = qkv((2, 3, 70, 5), (2, 3, 200, 5), (2, 3, 200, 4))
    dy = numbers(2, 3, 70, 4, seed=8)
    with isa(level):
        for p in (0.3, 0.999, 1.0):
            y, lse = kernels.scaled_dot_product_attention(
                q, k, v, None, True, 0.5, p, STREAM, keep=True
            )
            want = reference.scaled_dot_product_attention(
                q, k, v, None, p, True, 0.5, stream=STREAM
            )
            np.testing.assert_allclose(y, want, atol=1e-11)
            kept = reference.kept((2, 3, 70, 200), p, STREAM)
            w = reference.weights(q, k, None, True, 0.5)
            dw = (dy @ v.swapaxes(-1, -2)) * kept
            dx = 0.5 * w * (dw - (dw * w).sum(-1, keepdims=True))
            grads = kernels.scaled_dot_product_attention_backward(
                dy, q, k, v, y, lse, None, True, 0.5, p, STREAM
            )
            for got, want in zip(
                grads, (dx @ k, dx.swapaxes(-1, -2) @ q, (w * kept).swapaxes(-1, -2) @ dy)
            ):
                np.testing.assert_allclose(got, want, atol=1e-9)


def test_dropout_differs_between_calls():
    fastnn.manual_seed(3)
    x = fastnn.ones(2, 3, 50, 4)
    a = F.scaled_dot_product_attention(x, x, x, dropout_p=0.5)
    b = F.scaled_dot_product_attention(x, x, x, dropout_p=0.5)
    assert not np.array_equal(a._array, b._array)
    fastnn.manual_seed(3)
    c = F.scaled_dot_product_attention(x, x, x, dropout_p=0.5)
    np.testing.assert_array_equal(a._array, c._array)
    assert abs(a._array.mean() - 1) < 0.05


@pytest.mark.parametrize("level", isa_levels())
def test_nan_stays_in_its_row(level):
    with isa(level):
        for bad in (np.nan, np.inf):
            q, k, v = qkv((40, 5), (50, 5), (50, 3))
            q[7, 2] = bad
            y = kernels.scaled_dot_product_attention(q, k, v)
            assert np.isnan(y[7]).all()
            assert np.isfinite(np.delete(y, 7, 0)).all()
            q, k, v = qkv((40, 5), (50, 5), (50, 3))
            v[3, 1] = bad
            y = kernels.scaled_dot_product_attention(q, k, v)
            assert not np.isfinite(y[:, 1]).any()
            assert np.isfinite(y[:, [0, 2]]).all()


def test_large_scores():
    q, k, v = qkv((40, 5), (300, 5), (300, 3))
    for dtype, factor in ((np.float32, 1e4), (np.float64, 1e8)):
        args = [(q * factor).astype(dtype), k.astype(dtype), v.astype(dtype)]
        y = kernels.scaled_dot_product_attention(*args)
        want = v[(args[0].astype(float) @ args[1].T).argmax(1)]
        np.testing.assert_allclose(y, want, atol=1e-5)


def test_rows_without_keys():
    mask = allowed(3, 5)
    mask[1] = False
    args = [fastnn.tensor(x, requires_grad=True) for x in qkv((3, 4), (5, 4), (5, 2))]
    y = F.scaled_dot_product_attention(*args, mask)
    assert (y._array[1] == 0).all()
    y.sum().backward()
    assert (args[0].grad._array[1] == 0).all()
    assert all(np.isfinite(x.grad._array).all() for x in args)


@pytest.mark.parametrize("shape", [(1, 1, 1000), (3, 2, 300), (40, 1, 70)])
def test_same_bits_for_any_number_of_threads(shape):
    b, h, t = shape
    rows = numbers(b, t, 3, h, 8).astype(np.float32)
    q, k, v = rows.transpose(2, 0, 3, 1, 4)
    dy = numbers(b, h, t, 8, seed=3).astype(np.float32)
    results = set()
    for n in THREADS:
        with threads(n):
            y, lse = kernels.scaled_dot_product_attention(
                q, k, v, None, True, 0.3, 0.1, STREAM, keep=True
            )
            (d,) = kernels.scaled_dot_product_attention_backward(
                dy, q, k, v, y, lse, None, True, 0.3, 0.1, STREAM, packed=3
            )
            results.add(y.tobytes() + lse.tobytes() + d.tobytes())
    assert len(results) == 1


def decoding(dtype):
    """Few queries, whose keys are split into slices with different masks."""
    q, k, v = [
        x.astype(dtype) for x in qkv((2, 1, 3, 64), (2, 1, 4100, 64), (2, 1, 4100, 33), seed=4)
    ]
    mask = allowed(2, 1, 3, 4100)
    mask[0, :, 0] = False  # no key at all
    mask[0, :, 1, 700:] = False  # none in later slices
    mask[1, :, 2, :3500] = False
    q[1, :, 0] *= 30  # one key has nearly all the weight
    return q, k, v, mask


@pytest.mark.parametrize("level", isa_levels())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_few_queries_against_many_keys(level, dtype):
    q, k, v, mask = decoding(dtype)
    scores = np.where(mask, q.astype("f8") @ k.astype("f8").swapaxes(-1, -2) / 8, -np.inf)
    with isa(level):
        y, lse = kernels.scaled_dot_product_attention(q, k, v, mask, scale=1 / 8, keep=True)
    # exp turns the absolute error of a score into a relative error of the weights.
    off = 16 * np.finfo(dtype).eps * (1 + abs(scores[mask]).max())
    want = reference.scaled_dot_product_attention(q, k, v, mask)
    np.testing.assert_allclose(y, want, atol=off * abs(v).max())
    assert lse[0, 0, 0] == np.inf
    seen = lse != np.inf
    want = np.log(np.exp(scores[seen] - 50).sum(-1)) + 50
    np.testing.assert_allclose(lse[seen], want, atol=off)


def test_slices_of_keys_have_the_same_bits_for_any_number_of_threads():
    q, k, v, mask = decoding(np.float32)
    results = set()
    for n in THREADS:
        with threads(n):
            y, lse = kernels.scaled_dot_product_attention(
                q, k, v, mask, False, 0.3, 0.1, STREAM, keep=True
            )
            results.add(y.tobytes() + lse.tobytes())
    assert len(results) == 1


def test_heads_that_are_views_are_not_copied():
    rows = numbers(2, 6, 3, 4, 5)
    q, k, v = rows.transpose(2, 0, 3, 1, 4)
    y, lse = kernels.scaled_dot_product_attention(q, k, v, keep=True)
    assert y.shape == (2, 4, 6, 5)
    assert y.transpose(0, 2, 1, 3).flags.c_contiguous
    dy = numbers(2, 4, 6, 5, seed=1)
    dense = [np.ascontiguousarray(x) for x in (q, k, v)]
    np.testing.assert_allclose(kernels.scaled_dot_product_attention(*dense), y, atol=1e-14)
    want = kernels.scaled_dot_product_attention_backward(dy, *dense, y, lse)
    (one,) = kernels.scaled_dot_product_attention_backward(dy, q, k, v, y, lse, packed=3)
    assert one.shape == rows.shape
    assert one.flags.c_contiguous
    dq, two = kernels.scaled_dot_product_attention_backward(dy, q, k, v, y, lse, packed=2)
    for got in (one.transpose(2, 0, 3, 1, 4), [dq, *two.transpose(2, 0, 3, 1, 4)]):
        for g, w in zip(got, want):
            np.testing.assert_allclose(g, w, atol=1e-14)


@pytest.mark.parametrize("batch_first", [True, False])
@pytest.mark.parametrize("parts", [1, 2, 3])
@pytest.mark.parametrize("causal", [True, False])
def test_multi_head(parts, batch_first, causal):
    b, t, s, h, d = 2, 4, 4 if parts == 1 else 3, 2, 3
    q, k, v = numbers(b, t, h * d), numbers(b, s, h * d, seed=1), numbers(b, s, h * d, seed=2)
    mask = allowed(b, 1, 1, s)

    def heads(x):
        return x.reshape(*x.shape[:2], h, d).transpose(0, 2, 1, 3)

    want = reference.scaled_dot_product_attention(
        heads(q), heads(k), heads(v), mask, is_causal=causal
    )
    arrays = [q, k, v]
    arrays[parts - 1 :] = [np.concatenate(arrays[parts - 1 :], 2)]
    order = (0, 1, 2) if batch_first else (1, 0, 2)
    leaves = [
        fastnn.tensor(np.ascontiguousarray(x.transpose(order)), requires_grad=True) for x in arrays
    ]

    def op(*xs):
        return multi_head(xs, h, batch_first, mask, causal, 0.0)

    y = op(*leaves)
    assert y._array.flags.c_contiguous
    np.testing.assert_allclose(
        y._array.transpose(order), want.transpose(0, 2, 1, 3).reshape(b, t, h * d), atol=1e-13
    )
    gradcheck(op, leaves)


def test_with_weights():
    args = qkv((2, 4, 3, 4), (2, 2, 5, 4), (2, 2, 5, 3))
    mask = allowed(3, 5)
    mask[1] = False
    y, w = with_weights(*args, mask, 0.0, True, 0.4, True)
    np.testing.assert_allclose(
        w._array, reference.weights(*args[:2], mask, True, 0.4, True), atol=1e-14
    )
    np.testing.assert_allclose(
        y._array,
        reference.scaled_dot_product_attention(*args, mask, 0.0, True, 0.4, True),
        atol=1e-13,
    )


def test_invalid_arguments_of_the_kernels():
    q, k, v = qkv((2, 3, 4), (2, 5, 4), (2, 5, 4))
    y, lse = kernels.scaled_dot_product_attention(q, k, v, keep=True)
    back = _core.scaled_dot_product_attention_backward
    with pytest.raises(ValueError, match=r"dy must have the shape of the output, \(2, 3, 4\)"):
        back(y[:1], q, k, v, y, lse)
    with pytest.raises(ValueError, match=r"out must have the shape of the output"):
        back(y, q, k, v, y[..., :3], lse)
    with pytest.raises(ValueError, match=r"lse must have shape \(2, 3\)"):
        back(y, q, k, v, y, lse[:, :2])
    with pytest.raises(TypeError, match="dy must have dtype float64, got float32"):
        back(y.astype(np.float32), q, k, v, y, lse)
    with pytest.raises(TypeError, match="key must have dtype float64, got float32"):
        back(y, q, k.astype(np.float32), v, y, lse)
    with pytest.raises(TypeError, match="stream must be an array"):
        back(y, q, k, v, y, lse, dropout_p=0.5)
    with pytest.raises(ValueError, match="packed must be 0, 2 or 3, got 1"):
        back(y, q, k, v, y, lse, packed=1)
    with pytest.raises(ValueError, match="packed arrays must have one shape"):
        back(y, q, k, v, y, lse, packed=3)
    many = np.ones([1] * 14)
    with pytest.raises(ValueError, match="at most 11 dimensions, got 14"):
        kernels.scaled_dot_product_attention(many, many, many)


def test_random_numbers_cover_all_matrices():
    """Also if batch axes are broadcast from several arrays."""
    args = fastnn.ones(2, 1, 3, 4), fastnn.ones(1, 3, 5, 4), fastnn.ones(1, 1, 5, 4)
    fastnn.manual_seed(0)
    F.scaled_dot_product_attention(*args, dropout_p=0.5)
    after = fastnn.random.reserve(1)[1]
    fastnn.manual_seed(0)
    fastnn.random.reserve(2 * 3 * 3 * 64)
    assert after == fastnn.random.reserve(1)[1]


def test_gradient_of_the_mask_without_heads():
    mask = fastnn.tensor(numbers(2, 3), requires_grad=True)
    args = qkv((2, 4), (3, 4), (3, 4))
    y = F.scaled_dot_product_attention(*args, mask, enable_gqa=True)
    np.testing.assert_allclose(y._array, reference.scaled_dot_product_attention(*args, mask._array))


def test_memory_stays_small():
    """4096 x 4096 weights would take 64 MiB; the workspace is a small part of that."""
    x = fastnn.tensor(numbers(1, 4096, 8).astype(np.float32), requires_grad=True)
    _core.config.trim_pool()
    before = sum(_core.config.pool_stats()[n] for n in ("used_bytes", "cached_bytes"))
    y = F.scaled_dot_product_attention(x, x, x)
    y.sum().backward()
    after = sum(_core.config.pool_stats()[n] for n in ("used_bytes", "cached_bytes"))
    assert after - before < 16 << 20
