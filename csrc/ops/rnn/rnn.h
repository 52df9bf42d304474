// Recurrent layers through time, forward and backward, one or two directions in one call.
//
// x is a matrix of rows: step t has the rows [offset(t), offset(t) + rows(t)), of samples
// 0 .. rows(t) - 1. Either all steps have `batch` rows, or `batch_sizes` says how many, never more
// than the step before: samples lie sorted by length, longest first, and only real steps exist.
// y has the same rows; direction d writes columns [d * out, (d + 1) * out).
//
// Gates of row x with state h, one block of H columns each, in PyTorch's order:
//   tanh, relu  h' = f(g),                      g = W x + b + U h + b'
//   LSTM        i, f, o = sigmoid, g = tanh;    c' = f c + i g, h' = o tanh(c')
//               with a projection               h' = V (o tanh(c'))
//   GRU         r, z = sigmoid, n = tanh(W_n x + b_n + r (U_n h + b'_n)); h' = n + z (h - n)
//   layer_norm_lstm   as LSTM, with the sums N(W x; a, b) + N(U h; a', b') and
//                     h' = o tanh(N(c'; a'', b'')), where N(s; a, b) = a (s - mean) / deviation + b
//                     over all 4 H sums and over the H cells, deviation = sqrt(variance + eps)
// With a mask, U reads h * mask, the same mask at all steps; h elsewhere stays as it is.
//
// Kept for the way back, per direction: `gates` after their non-linearities, i f g o or r z n and
// U_n h + b'_n (rows x 4H); for LSTM `cells` c (rows x H) and, with a projection, `hidden`
// o tanh(c) (rows x H). tanh and relu need y alone. Of layer_norm_lstm, `gates` are the sums less
// their mean over their deviation, of W x and behind them of U h (2 x rows x 4H), `cells` c, and
// `norms` 1 / deviation of W x and of U h, mean and 1 / deviation of c (rows x 4). backward may
// write over `gates`.
//
// The bits of a result do not depend on how samples and units are cut, so the cut may follow the
// number of threads: every sum goes along k in the same blocks.
#pragma once

#include <stdint.h>

#include "core/dtype.h"
#include "core/isa.h"

namespace fastnn::rnn {

enum class Mode : uint8_t { tanh, relu, lstm, gru, layer_norm_lstm };
constexpr int kModes = 5;

constexpr bool has_cell(Mode mode) {
    return mode == Mode::lstm || mode == Mode::layer_norm_lstm;
}
constexpr long gates_of(Mode mode) {
    return has_cell(mode) ? 4 : mode == Mode::gru ? 3 : 1;
}
// Columns of `gates`, in blocks of H. For tanh and relu they are those of y.
constexpr long columns_of(Mode mode) {
    return has_cell(mode) || mode == Mode::gru ? 4 : 1;
}

struct Weights {
    const void *ih, *hh;      // G H x I, G H x R, dense; R = out
    const void *b_ih, *b_hh;  // G H, or null both
    const void* hr;           // R x H, or null
    // a, a' (4 H), a'', b'' (H; null without biases), for layer_norm_lstm
    const void *gain_ih, *gain_hh, *gain_c, *b_c;
};

struct Shape {
    Dtype dtype;
    Mode mode;
    int directions;
    long steps, batch, rows;
    long in, hidden, out;        // I, H, R: R = H without a projection
    const int64_t* batch_sizes;  // of each step, or null
    double eps;                  // for layer_norm_lstm
};

// A matrix of any strides, in elements.
struct Rows {
    const void* data;
    long row, col;
};

struct Args {
    Shape shape;
    Rows x;
    void* y;  // rows x directions * R, dense
    struct Direction {
        Weights weights;
        const void *h0, *c0;                   // batch x R, batch x H, or null for zeros
        const void* mask;                      // batch x R, or null for ones
        void *h_n, *c_n;                       // as h0 and c0, written; c_n for LSTM
        void *gates, *cells, *hidden, *norms;  // kept, or null where not wanted
    } direction[2];
};

struct BackwardArgs {
    Shape shape;
    Rows x;
    const void* y;
    const void* dy;  // rows x directions * R, dense, or null
    void* dx;        // rows x I, dense, or null
    struct Direction {
        Weights weights;
        const void *h0, *c0, *mask;
        const void *gates, *cells, *hidden, *norms;
        void* dgates;     // rows x columns_of H, may be gates; or null: a workspace
        void *dh0, *dc0;  // hold dh_n and dc_n at first
        // written, or null where not wanted
        void *dw_ih, *dw_hh, *db_ih, *db_hh, *dw_hr, *dgain_ih, *dgain_hh, *dgain_c, *db_c;
    } direction[2];
};

// One step of some rows and units. Column u of gate g stands at gates[row * gates_row + g * gate +
// u].
template <class T>
struct Forward {
    long rows, units;
    T* gates;  // sums, replaced by what is kept
    long gates_row, gate;
    T* cell;  // c of LSTM, h of GRU; replaced by those of the next step
    long cell_row;
    T* cells;  // c' once more, or null
    long cells_row;
    T* h;  // h', or null
    long h_row;
    T* next;  // h' times the mask, where the next product reads it
    long next_row;
    const T* mask;  // or null
    long mask_row;
};

template <class T>
struct Backward {
    long rows, units;
    const T* gates;
    T* dgates;  // may be gates
    long gates_row, gate, dgates_row;
    T* next;  // what the next product reads: the gradients of U h
    long next_row, next_gate;
    // dh = dy + product mask + carry. All may be null; carry is left as what h' has of h directly.
    const T* dy;
    long dy_row;
    const T* product;
    long product_row;
    const T* mask;
    long mask_row;
    T* carry;
    long carry_row;
    T* dcell;
    long dcell_row;
    const T* cell;  // c'
    long cell_row;
    const T* before;  // c for LSTM, h for GRU
    long before_row;
};

// A step of a layer_norm_lstm: whole rows of H units.
template <class T>
struct Gains {
    const T *ih, *hh, *c, *b_ih, *b_hh, *b_c;  // biases: all or none
};
template <class T>
struct NormForward : Forward<T> {
    T* recurrent;  // the sums of U h; gates are those of W x. Both replaced by what is kept.
    long recurrent_row;
    Gains<T> gains;
    T eps;
    T* norms;  // 4 of each row, or null
};
template <class T>
struct NormBackward : Backward<T> {
    long recurrent;  // from a gate of W x to that of U h, in gates and in dgates
    Gains<T> gains;
    const T* norms;
    // Sums over rows, added to: of the gradients of b (and b'), a, a' (4 H each), a'', b'' (H
    // each). Each `together` samples have their own; the first row is number `place` among them.
    T* sums;
    long sums_row, together, place;
};

// c[p][j] = sum_k a[k] b[p * part + k * row + j] + beta[p] c[p][j] + bias[p][j], for 3 or 4 parts p
// and two vectors of columns j: a step of one sample, which is as fast as its weights are read.
template <class T>
struct OneRow {
    long depth;
    int parts;
    const T* a;
    const T* b;
    long part, row;
    T* c[4];
    T beta[4];
    const T* bias[4];  // or null
};

template <class T>
struct TypedKernels {
    void (*one_row)(const OneRow<T>&);
    void (*forward[4])(const Forward<T>&);  // by Mode, where units are independent
    void (*backward[4])(const Backward<T>&);
    // out[j] = sum_i x[i, j], rows x cols
    void (*column_sums)(const T* x, long row, long rows, long cols, T* out);
    // dh alone, into dgates and next
    void (*gather)(const Backward<T>&);
    // y = x mask, or y + x mask; there the mask may be null
    void (*times)(const T* x, long x_row, const T* mask, long mask_row, T* y, long y_row, long rows,
                  long cols);
    void (*add_times)(const T* x, long x_row, const T* mask, long mask_row, T* y, long y_row,
                      long rows, long cols);
};

template <class T>
struct NormKernels {
    void (*forward)(const NormForward<T>&);
    void (*backward)(const NormBackward<T>&);
};

}  // namespace fastnn::rnn
