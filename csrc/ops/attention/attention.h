// Scaled dot-product attention: out[i, :] = sum_j w[i, j] v[j, :] with
// w[i, j] = exp(x[i, j]) / sum_j' exp(x[i, j']) and
// x[i, j] = scale * sum_e q[i, e] k[j, e] + mask[i, j].
//
// Computed in tiles with a running softmax (Milakov, Gimelshein: Online normalizer calculation for
// softmax, 2018; Dao et al.: FlashAttention, 2022): only one tile of w is in memory at a time.
// Forward saves lse[i] = log(sum_j exp(x[i, j])) for each row, from which backward recomputes w.
//
// All arrays are batches of matrices over the same axes, `shape`. Its last axis but one counts the
// heads of k and v, its last one the heads of q that share a head of k and v. An operand has one
// stride per axis, 0 where it is broadcast.
//
// A row that attends to no key (all masked, or S = 0) gives 0, the lse infinity and no gradient.
// With dropout, w[i, j] becomes 0 where its random number is below p and w[i, j] / (1 - p)
// elsewhere. Each row, counted in C order over all batches, has whole blocks of 64 random numbers;
// number j of these belongs to key j. Dropout changes neither lse nor the sum over j'.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::attention {

constexpr int kMaxAxes = 10;

// Element (i, j) of matrix `index` is at data[sum(index * axis) + i * row + j * col].
struct Operand {
    const void* data;
    dim_t row, col, axis[kMaxAxes];
};

// The same, with col = 1.
struct Output {
    void* data;
    dim_t row, axis[kMaxAxes];
};

enum class MaskKind : std::uint8_t { none, boolean, additive };

struct Args {
    Dtype dtype;
    int ndim;
    dim_t shape[kMaxAxes];
    dim_t l, s, e, ev;   // rows of q, rows of k and v, columns of q and k, columns of v
    Operand q, k, v;     // (l, e), (s, e), (s, ev)
    MaskKind mask_kind;  // boolean: true where i attends to j; additive: numbers of dtype
    Operand mask;        // (l, s), col = 1
    bool causal;         // i attends to j <= i only
    double scale, p;
    const std::uint64_t* stream;  // seed and offset of the random numbers; not read for p = 0
    Output out;                   // (l, ev); read in backward
    void* lse;                    // (all matrices, l) in C order, or null; read in backward
};

struct BackwardArgs {
    Args forward;
    Operand dy;         // (l, ev), col = 1
    Output dq, dk, dv;  // dk and dv over all axes but the last
};

// The masks and the dropout of a tile, which has kCols columns at most.
constexpr dim_t kCols = 128, kDropBlock = 64;
template <class T>
struct Masking {
    const unsigned char* boolean;  // element (i, j) at boolean[i * row + j], or null
    const T* additive;             // the same, or null
    dim_t row;
    dim_t visible;  // row i attends to the first visible + i columns (may be < 0, or > cols)
    bool drop;
    std::uint64_t seed, offset;
    std::uint64_t block, blocks;  // first random block of row 0; blocks per row
    std::uint32_t threshold;      // a weight is dropped where its number is below
    T keep_scale;                 // 1 / (1 - p)
};

// The result of some of the keys, not yet normalized: row_max[i] is the largest of their scores
// x[i, j], row_sum[i] = sum_j exp(x[i, j] - row_max[i]), and out[i, :] the same sum of the rows
// v[j, :].
template <class T>
struct Partial {
    T* out;
    dim_t row, cols;
    T *row_max, *row_sum;
};

// scores[i, j] -> exp(scores[i, j] - row_max[i]). Updates row_max and row_sum, and rescales out to
// the new row_max. first: `partial` holds nothing yet.
template <class T>
struct Weights {
    T* scores;
    dim_t stride, rows, cols;
    Masking<T> masking;
    bool first;
    Partial<T> partial;
};

// scores[i, j] -> w[i, j] after dropout, and dscores[i, j], which holds dw[i, j] =
// sum_e dy[i, e] v[j, e], -> scale * dx[i, j]; dots[i] = sum_e dy[i, e] out[i, e].
template <class T>
struct ScoreGradients {
    T *scores, *dscores;
    dim_t stride, rows, cols;
    Masking<T> masking;
    const T *lse, *dots;
    T scale;
};

template <class T>
struct TypedKernels {
    void (*weights)(const Weights<T>&);
    // Adds `other`, of other keys, to `partial`; both are rescaled to the larger row_max.
    void (*merge)(const Partial<T>& partial, const Partial<T>& other, dim_t rows);
    // out[i, :] /= row_sum[i], and lse where it is not null.
    void (*finish)(const Partial<T>& partial, dim_t rows, T* lse);
    void (*score_gradients)(const ScoreGradients<T>&);
    // dots[i] = sum_j a[i, j] b[i, j]
    void (*dots)(const T* a, dim_t a_row, const T* b, dim_t b_row, dim_t rows, dim_t cols, T* dots);
    // y[i, j] += x[i, j]
    void (*add)(const T* x, dim_t x_row, T* y, dim_t y_row, dim_t rows, dim_t cols);
};

extern const Kernel<Args> kAttention;
extern const Kernel<BackwardArgs> kAttentionBackward;

}  // namespace fastnn::attention
