// Recurrent layers through time, forward and backward, one or two directions in one call.
//
// The steps of all samples are rows, step after step: step t has the rows [offset(t), offset(t) +
// rows(t)), of samples 0 .. rows(t) - 1. There are three cases:
//   batch_sizes and lengths null   all steps have `batch` rows
//   batch_sizes                    the number of rows of each step, never more than that of the
//                                  step before: samples are sorted by length, longest first
//   lengths                        of each sample, in any order. The kernel sorts the samples
//                                  (stable, longest first) and reads and writes everything that
//                                  the caller sees in the caller's order.
// With lengths, x and y may each be padded, (x_steps or y_steps, batch, *), or hold the rows of
// the sorted samples alone (x_steps or y_steps 0). Padding of x is not read; padding of y and dx
// is set to zero.
// Direction d writes columns [d * out, (d + 1) * out) of y.
//
// Gates of row x with state h, one block of H columns each, in PyTorch's order:
//   tanh, relu  h' = f(g),                      g = W x + b + U h + b'
//   LSTM        i, f, o = sigmoid, g = tanh;    c' = f c + i g, h' = o tanh(c')
//               with a projection               h' = V (o tanh(c'))
//   GRU         r, z = sigmoid, n = tanh(W_n x + b_n + r (U_n h + b'_n)); h' = n + z (h - n)
//   layer_norm_lstm   as LSTM, with the sums N(W x; a, b) + N(U h; a', b') and
//                     h' = o tanh(N(c'; a'', b'')), where N(s; a, b) = a (s - mean) / deviation + b
//                     over all 4 H sums and over the H cells, deviation = sqrt(variance + eps)
// With a mask, U reads h * mask, the same mask at all steps; h elsewhere is not masked.
//
// Saved for backward, per direction: `gates` after their non-linearities, i f g o or r z n and
// U_n h + b'_n (rows x 4H); for LSTM `cells` c (rows x H) and, with a projection, `hidden`
// o tanh(c) (rows x H). tanh and relu need y alone. For layer_norm_lstm, `gates` are the normalized
// sums (s - mean) / deviation, of W x and then of U h (2 x rows x 4H), `cells` c, and `norms`
// 1 / deviation of W x and of U h, mean and 1 / deviation of c (rows x 4). backward may overwrite
// `gates`.
//
// The bits of a result do not depend on the partition of samples and units, so the partition may
// depend on the number of threads: every sum over k has the same blocks.
#pragma once

#include <stdint.h>

#include "core/dtype.h"
#include "core/integer.h"

namespace fastnn::rnn {

enum class Mode : uint8_t { tanh, relu, lstm, gru, layer_norm_lstm };
constexpr int kModes = 5;

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
    dim_t steps, batch, rows;    // steps of the longest sample; real steps of all samples
    dim_t in, hidden, out;       // I, H, R: R = H without a projection
    const int64_t* batch_sizes;  // of each step, or null
    const int64_t* lengths;      // of each sample, or null
    dim_t x_steps, y_steps;      // with lengths: steps of padded arrays, 0 for rows
    double eps;                  // for layer_norm_lstm
};

// Steps by samples by columns, of any strides in elements. Rows of real steps are `sample` apart.
struct Input {
    const void* data;
    dim_t step, sample, col;
};

struct Args {
    Shape shape;
    Input x;
    void* y;  // rows x directions * R, or y_steps x batch x directions * R; dense
    struct Direction {
        Weights weights;
        const void *h0, *c0;                   // batch x R, batch x H, or null for zeros
        const void* mask;                      // batch x R, or null for ones
        void *h_n, *c_n;                       // as h0 and c0, written; c_n for LSTM
        void *gates, *cells, *hidden, *norms;  // saved, or null where not wanted
    } direction[2];
};

struct BackwardArgs {
    Shape shape;
    Input x;
    const void* y;
    const void* dy;  // as y, or null
    void* dx;        // rows x I, or x_steps x batch x I, dense; or null
    struct Direction {
        Weights weights;
        const void *h0, *c0, *mask;
        const void *gates, *cells, *hidden, *norms;
        const void *dh_n, *dc_n;  // or null for zeros
        void* dgates;             // as gates, may be gates; or null: a workspace
        void *dh0, *dc0;          // written
        // written, or null where not wanted
        void *dw_ih, *dw_hh, *db_ih, *db_hh, *dw_hr, *dgain_ih, *dgain_hh, *dgain_c, *db_c;
    } direction[2];
};

}  // namespace fastnn::rnn
