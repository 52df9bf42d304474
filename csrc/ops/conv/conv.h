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

#include "core/activation.h"
#include "core/dtype.h"
#include "core/isa.h"
#include "core/launch.h"
#include "core/packed_cache.h"

namespace fastnn::conv {

constexpr int kAxes = 3;  // depth, height, width

// As of the convolution from x to y, also for its transpose.
struct Shape {
    long n, c, o, groups;  // c and o of all groups together
    long in[kAxes], out[kAxes], kernel[kAxes];
    long stride[kAxes], dilation[kAxes];
    long pad[kAxes];  // before the first element; behind the last one: what `out` needs

    long in_size() const { return in[0] * in[1] * in[2]; }
    long out_size() const { return out[0] * out[1] * out[2]; }
    long taps() const { return kernel[0] * kernel[1] * kernel[2]; }
};

enum class Algorithm : std::uint8_t { automatic, direct, winograd };

// y from x, or x from y (transposed: `from` is laid out as y, `to`, bias and residual as x). The
// bias, the residual and the activation are applied to finished sums, in this order.
struct Args {
    Dtype dtype;
    Algorithm algorithm;
    bool transposed;
    Shape shape;
    const void* from;
    const void* w;
    const void* bias;      // or null
    const void* residual;  // or null
    void* to;
    FusedActivation activation;
    void* preactivation;  // gets the argument of the activation; or null
    PackedCache* cache;   // of w, where w can never change; or null

    // The one activation that the algorithms apply themselves.
    bool relu() const { return activation.kind == Activation::relu; }
};

struct WeightArgs {
    Dtype dtype;
    Algorithm algorithm;
    Shape shape;
    const void* x;
    const void* dy;
    void* dw;  // or null: not wanted
    void* db;  // or null; of O elements: sums of dy
};

extern const Kernel<Args> kConv[2];  // by Args::transposed
extern const Kernel<WeightArgs> kConvWeight;

}  // namespace fastnn::conv
