// The contract of the kernels: one step of some rows and units.
#pragma once

#include "core/isa.h"
#include "ops/rnn/rnn.h"

namespace fastnn::rnn {

// Rows of a matrix: row i is at data + (index[i], or i) * stride.
template <class T>
struct RowView {
    T* data;
    dim_t stride;
    const dim_t* index;  // or null
};

// Gate g of unit u is g * gate + u elements into a row of gates.
template <class T>
struct ForwardStep {
    dim_t rows, units;
    RowView<T> gates;  // sums, replaced by what is saved
    dim_t gate;
    RowView<T> cell;        // c of LSTM, h of GRU; replaced by those of the next step
    RowView<T> cells;       // c' once more; data may be null
    RowView<T> h;           // h'; data may be null
    RowView<T> next;        // h' times the mask, where the next product reads it
    RowView<const T> mask;  // data may be null
};

template <class T>
struct BackwardStep {
    dim_t rows, units;
    RowView<const T> gates;
    RowView<T> dgates;  // may be gates
    dim_t gate;
    RowView<T> next;  // what the next product reads: the gradients of U h
    // dh = dy + product mask + carry, each of which may have null data. carry is replaced by the
    // part of the gradient of h that does not come from the recurrent product.
    RowView<const T> dy, product, mask;
    RowView<T> carry;
    RowView<T> dcell;
    RowView<const T> cell;    // c'
    RowView<const T> before;  // c for LSTM, h for GRU
};

// A step of a layer_norm_lstm: whole rows of H units.
template <class T>
struct Gains {
    const T *ih, *hh, *c, *b_ih, *b_hh, *b_c;  // biases: all or none
};
template <class T>
struct NormForwardStep : ForwardStep<T> {
    RowView<T> recurrent;  // sums of U h; gates are those of W x. Both replaced by what is saved.
    Gains<T> gains;
    T eps;
    T* norms;  // 4 per row, or null
};
template <class T>
struct NormBackwardStep : BackwardStep<T> {
    dim_t recurrent;  // from a gate of W x to that of U h, in gates and in dgates
    Gains<T> gains;
    const T* norms;
    // Sums over rows, which the kernel adds to: gradients of b (and b'), a, a' (4 H each), a'', b''
    // (H each). Each group of `group` samples has its own; the first row is number `place` of them.
    T* sums;
    dim_t sums_row, group, place;
};
constexpr dim_t kNormSums = 14;  // blocks of H

// c[p][j] = sum_k a[k] b[p * part + k * row + j] + beta[p] c[p][j] + bias[p][j], for 3 or 4 parts p
// and two vectors of columns j: a step of one sample, bound by the bandwidth of its weights.
template <class T>
struct OneRow {
    dim_t depth;
    int parts;
    const T* a;
    const T* b;
    dim_t part, row;
    T* c[4];
    T beta[4];
    const T* bias[4];  // or null
};

template <class T>
struct TypedKernels {
    void (*one_row)(const OneRow<T>&);
    void (*forward[4])(const ForwardStep<T>&);  // by Mode, where units are independent
    void (*backward[4])(const BackwardStep<T>&);
    // out[j] = sum_i x[i, j], rows x cols
    void (*column_sums)(const T* x, dim_t row, dim_t rows, dim_t cols, T* out);
    // dh alone, into dgates and next
    void (*gather)(const BackwardStep<T>&);
    // y = x mask, or y + x mask; there the data of mask may be null. y may be x.
    void (*times)(RowView<const T> x, RowView<const T> mask, RowView<T> y, dim_t rows, dim_t cols);
    void (*add_times)(RowView<const T> x, RowView<const T> mask, RowView<T> y, dim_t rows,
                      dim_t cols);
};

template <class T>
struct NormKernels {
    void (*forward)(const NormForwardStep<T>&);
    void (*backward)(const NormBackwardStep<T>&);
};

}  // namespace fastnn::rnn
