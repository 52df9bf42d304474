// The docstrings of embeddings.
#pragma once

namespace fastnn::embedding::doc {

constexpr char kEmbedding[] = R"(Looks up rows of a table: y = weight[input].

input : int (...), ids in [0, V)
weight : float (V, D)
Returns y : float (..., D).
Raises IndexError for ids outside [0, V).

>>> kernels.embedding(np.array([2, 0]), np.array([[1.0], [2.0], [3.0]])).tolist()
[[3.0], [1.0]])";

constexpr char kEmbeddingBackward[] =
    R"(Computes the gradient of `embedding`: dw[v] = sum of dy where input is v.

dy : float (..., D)
input : int (...), ids in [0, V)
num_embeddings : int; V
padding_idx : int = None; a row without gradient
scale_grad_by_freq : bool = False; whether to divide dw[v] by how often v occurs
Returns dw : float (V, D).

>>> kernels.embedding_backward(np.ones((3, 1)), np.array([1, 1, 0]), 3).tolist()
[[1.0], [2.0], [0.0]])";

constexpr char kEmbeddingBackwardRows[] =
    R"(Computes the gradient of `embedding` as rows: those of `embedding_backward` whose id occurs.

dy : float (..., D)
input : int (...), ids in [0, V)
num_embeddings : int; V
padding_idx : int = None; a row without gradient
scale_grad_by_freq : bool = False; whether to divide a row by how often its id occurs
Returns (ids, rows) : int64 (R,), ascending, and float (R, D).

>>> ids, rows = kernels.embedding_backward_rows(np.ones((3, 1)), np.array([2, 2, 0]), 3)
>>> ids.tolist(), rows.tolist()
([0, 2], [[1.0], [2.0]]))";

constexpr char kEmbeddingRenorm[] =
    R"(Scales rows of a table in place: w *= max_norm / (norm + 1e-7) where norm > max_norm.

input : int (...), ids in [0, V) of the rows to look at
weight : float (V, D), in C order
max_norm : number, not negative
norm_type : number = 2.0, above 0; p of the norm (sum of |w|^p)^(1/p)
Returns None; weight is changed.

>>> w = np.array([[3.0, 4.0], [3.0, 4.0]])
>>> kernels.embedding_renorm(np.array([1]), w, 1.0)
>>> w.round(3).tolist()
[[3.0, 4.0], [0.6, 0.8]])";

constexpr char kEmbeddingBag[] =
    R"(Reduces the looked-up rows of each bag: y[b] = sum, mean or maximum of s * weight[input] in bag b.

input : int (L,), ids in [0, V) of all bags, one after another
offsets : int (B + 1,), ascending from 0 to L; bag b has input[offsets[b]:offsets[b + 1]]
weight : float (V, D)
mode : str = "mean"; or "sum" or "max"
per_sample_weights : float (L,) = None; s, for mode "sum"
padding_idx : int = None; an id that does not count
Returns (y, winners) : float (B, D), 0 for empty bags; and for mode "max" int64 (B, D), the ids of
    the largest numbers, -1 in empty bags, else None.

>>> w = np.array([[1.0], [2.0], [4.0]])
>>> kernels.embedding_bag(np.array([0, 2, 1]), np.array([0, 2, 3]), w, "sum")[0].tolist()
[[5.0], [2.0]])";

constexpr char kEmbeddingBagBackward[] =
    R"(Computes the gradient of `embedding_bag` of mode "sum" or "mean" by weight.

dy : float (B, D)
input, offsets : int (L,) and (B + 1,); those of the forward pass
num_embeddings : int; V
mode : str = "mean"; or "sum"
per_sample_weights : float (L,) = None; that of the forward pass
padding_idx : int = None; that of the forward pass
scale_grad_by_freq : bool = False; whether to divide dw[v] by how often v occurs
Returns dw : float (V, D).

>>> args = np.array([0, 2, 1]), np.array([0, 2, 3]), 3
>>> kernels.embedding_bag_backward(np.ones((2, 1)), *args).tolist()
[[0.5], [1.0], [0.5]])";

constexpr char kEmbeddingBagBackwardRows[] =
    R"(Computes the gradient of `embedding_bag` as rows: those of `embedding_bag_backward` whose id occurs.

dy : float (B, D)
input, offsets : int (L,) and (B + 1,); those of the forward pass
num_embeddings : int; V
mode : str = "mean"; or "sum"
per_sample_weights : float (L,) = None; that of the forward pass
padding_idx : int = None; that of the forward pass
scale_grad_by_freq : bool = False; whether to divide a row by how often its id occurs
Returns (ids, rows) : int64 (R,), ascending, and float (R, D).

>>> args = np.array([0, 2]), np.array([0, 2]), 3
>>> ids, rows = kernels.embedding_bag_backward_rows(np.ones((1, 1)), *args)
>>> ids.tolist(), rows.tolist()
([0, 2], [[0.5], [0.5]]))";

constexpr char kEmbeddingBagMaxBackward[] =
    R"(Computes the gradient of `embedding_bag` of mode "max": dw[winners[b, d], d] += dy[b, d].

dy : float (B, D)
winners : int (B, D), from the forward pass; -1 for none
num_embeddings : int; V
Returns dw : float (V, D).

>>> kernels.embedding_bag_max_backward(np.array([[5.0, 7.0]]), np.array([[1, -1]]), 2).tolist()
[[0.0, 0.0], [5.0, 0.0]])";

constexpr char kEmbeddingBagWeightsBackward[] =
    R"(Computes the gradient of `embedding_bag` by per_sample_weights: ds[i] = dy[b] . weight[input[i]].

dy : float (B, D)
input, offsets : int (L,) and (B + 1,); those of the forward pass; i is in bag b
weight : float (V, D)
padding_idx : int = None; that of the forward pass
Returns ds : float (L,).

>>> w = np.array([[1.0], [2.0], [4.0]])
>>> args = np.array([0, 2]), np.array([0, 2]), w
>>> kernels.embedding_bag_weights_backward(np.array([[3.0]]), *args)
array([ 3., 12.]))";

}  // namespace fastnn::embedding::doc
