// The docstrings of attention.
#pragma once

namespace fastnn::attention::doc {

constexpr char kScaledDotProductAttention[] =
    R"(Computes attention, y = softmax(scale * query @ key^T + mask) @ value, tile by tile.

query : float (..., H, L, E): H heads of L queries; the dimensions in front broadcast
key, value : float (..., H, S, E) and (..., H, S, V): S keys
attn_mask : bool or float = None, broadcast to (..., H, L, S); True for keys to see, or added
is_causal : bool = False; whether query i sees only the keys up to i
scale : number = 1.0
dropout_p : number = 0.0; the probability with which a weight becomes 0
stream : uint64 (2,) = None; seed and offset of the random numbers of dropout
enable_gqa : bool = False; whether key and value may have fewer heads, a divisor of H
keep : bool = False; whether to return lse, too
Returns y : float (..., H, L, V), 0 where a query sees no key; or (y, lse) with keep,
    lse (..., H, L) the logarithms of the softmax's divisors.

>>> q, k = np.zeros((1, 2)), np.ones((2, 2))
>>> kernels.scaled_dot_product_attention(q, k, np.array([[1.0], [3.0]]))
array([[2.]]))";

constexpr char kScaledDotProductAttentionBackward[] =
    R"(Computes the gradients of `scaled_dot_product_attention`, with the weights computed again.

dy, out : float (..., H, L, V); out is y
query, key, value, attn_mask, is_causal, scale : those of the forward pass
dropout_p, stream, enable_gqa : those of the forward pass
lse : float (..., H, L); from the forward pass
packed : int = 0; 2 for the gradients of key and value in one array, 3 for those of query, too
Returns (dq, dk, dv) : float, as query, key and value, after broadcasting; with packed 2
    (dq, dkv), with packed 3 (dqkv,), both (..., L, packed, H, E).

>>> q, k, v = np.zeros((1, 2)), np.ones((2, 2)), np.array([[1.0], [3.0]])
>>> y, lse = kernels.scaled_dot_product_attention(q, k, v, keep=True)
>>> dq, dk, dv = kernels.scaled_dot_product_attention_backward(np.ones((1, 1)), q, k, v, y, lse)
>>> dv.round(3).tolist()
[[0.5], [0.5]])";

}  // namespace fastnn::attention::doc
