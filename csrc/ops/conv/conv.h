// Convolution over one to three axes, its two gradients, and their transposes.
//
// x is (N, C, I...), w is (O, C/G, K...), y is (N, O, J...), where i = j stride + k dilation - pad:
//     y[n, o, j] = f( b[o] + r[n, o, j] + sum over c of the group of o and over k of
//                     w[o, c, k] x[n, c, i] )            terms with i outside of x are 0
//     dx[n, c, i] = sum over o, and over (j, k) that meet i, of w[o, c, k] dy[n, o, j]
//     dw[o, c, k] = sum over n, j of dy[n, o, j] x[n, c, i],   db[o] = sum over n, j of dy[n, o, j]
// A transposed convolution is dx of a convolution: the same calls with the roles of x and y
// swapped.
//
// Layouts: axes missing in front are 1 (a row is depth 1, height 1). x, y, r and their gradients
// are dense channels-last, (N, D, H, W, C); w and dw are dense in C order, (O, C/G, D, H, W); b is
// (O). Outputs overlap nothing.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/epilogue.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"
#include "core/packed_cache.h"

namespace fastnn::conv {

constexpr int kAxes = 3;  // depth, height, width

// As of the convolution from x to y, also for its transpose.
struct Shape {
    dim_t n, c, o, groups;  // c and o of all groups together
    dim_t in[kAxes], out[kAxes], kernel[kAxes];
    dim_t stride[kAxes], dilation[kAxes];
    dim_t pad[kAxes];  // before the first element; behind the last one: what `out` needs

    dim_t in_size() const { return in[0] * in[1] * in[2]; }
    dim_t out_size() const { return out[0] * out[1] * out[2]; }
    dim_t taps() const { return kernel[0] * kernel[1] * kernel[2]; }
    dim_t weights() const { return o * (c / groups) * taps(); }  // elements of w
};

// Which algorithms may be chosen (select.h): all; all but Winograd's; Winograd's wherever it fits.
enum class Algorithm : std::uint8_t { automatic, direct, winograd };

// y from x, or x from y (transposed: `from` is laid out as y, `to` and the epilogue as x).
struct Args {
    Dtype dtype;
    Algorithm algorithm;
    bool transposed;
    Shape shape;
    const void* from;
    const void* w;
    void* to;
    Epilogue<void> epilogue;
    PackedCache* cache;  // of w, where w can never change; or null
};

// Of the weights alone; for a transposed convolution with the roles of x and dy swapped.
struct WeightArgs {
    Dtype dtype;
    Algorithm algorithm;
    Shape shape;
    const void* x;
    const void* dy;
    void* dw;
    void* db;  // or null; of O elements: sums of dy
};

// All gradients of one call of kConv, of which any may be null; all others are computed from
// dz = dy f'. `shape` is that of the call, and so dy, saved and dz are laid out as its output, x
// and dx as its input.
struct BackwardArgs {
    Dtype dtype;
    Algorithm algorithm;
    bool transposed;  // of the call whose gradients these are
    Shape shape;
    FusedActivation activation;
    const void* dy;
    const void* saved;  // what the gradient of the activation is computed from, if there is one
    const void* x;
    const void* w;
    void* dz;  // also the gradient of the residual; may be dy; null: a workspace, if there is an f
    void* dx;
    void* dw;
    void* db;
};

extern const Kernel<Args> kConv[2];              // by Args::transposed
extern const Kernel<BackwardArgs> kBackward[2];  // by BackwardArgs::transposed

// 2 for each product of a weight and an element that meet, zeros around included.
double flops(const Shape& shape);
// Of x, w and y, each of which is read or written once at least.
double bytes(const Shape& shape, Dtype dtype);

}  // namespace fastnn::conv
