// Scaled dot-product attention: out[i, :] = sum_j w[i, j] v[j, :] with
// w[i, j] = exp(x[i, j] - top[i]) / sum_j' exp(x[i, j'] - top[i]) and
// x[i, j] = scale * sum_e q[i, e] k[j, e] + mask[i, j].
//
// Tiles of rows and keys pass by (Milakov, Gimelshein: Online normalizer calculation for softmax,
// 2018; Dao et al.: FlashAttention, 2022): no more of w than a tile is ever in memory. Forward
// keeps one number per row, lse[i] = log(sum_j exp(x[i, j])), from which backward computes w anew.
//
// All arrays are batches of matrices over the same axes: `shape`, of which the last but one counts
// the heads of k and v, and the last the heads of q that share one of these. An operand has one
// stride per axis, 0 where it is the same for all.
//
// A row that sees no key (all masked, or S = 0) gives 0, has the lse infinity and no gradient.
// With dropout, w[i, j] is dropped where its random number is below p, and divided by 1 - p else:
// number j of the blocks of 64 that belong to row i, in the order of rows in C order over all
// batches. lse and the sum over j' know nothing of dropout.
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

enum class MaskKind : std::uint8_t { none, allowed, added };

struct Args {
    Dtype dtype;
    int ndim;
    dim_t shape[kMaxAxes];
    dim_t l, s, e, ev;   // rows of q, rows of k and v, columns of q and k, columns of v
    Operand q, k, v;     // (l, e), (s, e), (s, ev)
    MaskKind mask_kind;  // allowed: bool, true where i sees j; added: numbers of dtype
    Operand mask;        // (l, s), col = 1
    bool causal;         // i sees j <= i only
    double scale, p;
    const std::uint64_t* stream;  // seed, offset of the random numbers; not read for p = 0
    Output out;                   // (l, ev); in backward it is read
    void* lse;                    // (all matrices, l) in C order, or null; in backward it is read
};

struct BackwardArgs {
    Args forward;
    Operand dy;         // (l, ev), col = 1
    Output dq, dk, dv;  // dk and dv over all axes but the last
};

// What a tile must know of masks and dropout. A tile has kCols columns at most.
constexpr dim_t kCols = 128, kDropBlock = 64;
template <class T>
struct Masking {
    const unsigned char* allowed;  // at allowed[i * row + j], or null
    const T* added;                // or null
    dim_t row;
    dim_t visible;  // row i sees the first visible + i columns (may be negative, or more than cols)
    bool drop;
    std::uint64_t seed, offset, block,
        blocks;               // first random block of row 0, blocks from row to row
    std::uint32_t threshold;  // numbers below it drop their weight
    T keep;                   // 1 / (1 - p)
};

// What some of the keys give, before it is divided: top[i] is the largest score x[i, j] among them,
// total[i] = sum_j exp(x[i, j] - top[i]), and out[i, :] the same sum of rows v[j, :].
template <class T>
struct Part {
    T* out;
    dim_t row, cols;
    T *top, *total;
};

// scores[i, j] -> exp(scores[i, j] - top[i]). top and total move on, and out is scaled to the new
// top. first: nothing was before.
template <class T>
struct Weights {
    T* scores;
    dim_t stride, rows, cols;
    Masking<T> masking;
    bool first;
    Part<T> part;
};

// scores[i, j] -> w[i, j] as it was multiplied to v, and slopes[i, j] -> scale * dx[i, j] for
// slopes[i, j] = sum_e dy[i, e] v[j, e]; dots[i] = sum_e dy[i, e] out[i, e].
template <class T>
struct Slopes {
    T *scores, *slopes;
    dim_t stride, rows, cols;
    Masking<T> masking;
    const T *lse, *dots;
    T scale;
};

template <class T>
struct TypedKernels {
    void (*weights)(const Weights<T>&);
    // Adds what other keys give, which is left scaled to the new top.
    void (*merge)(const Part<T>& part, const Part<T>& other, dim_t rows);
    // out[i, :] /= total[i], and lse where it is not null.
    void (*finish)(const Part<T>& part, dim_t rows, T* lse);
    void (*slopes)(const Slopes<T>&);
    // dots[i] = sum_j a[i, j] b[i, j]
    void (*dots)(const T* a, dim_t a_row, const T* b, dim_t b_row, dim_t rows, dim_t cols, T* dots);
    // y[i, j] += x[i, j]
    void (*add)(const T* x, dim_t x_row, T* y, dim_t y_row, dim_t rows, dim_t cols);
};

extern const Kernel<Args> kAttention;
extern const Kernel<BackwardArgs> kAttentionBackward;

}  // namespace fastnn::attention
