// Normalization of channels: batch norm, batch renorm, instance norm and group norm.
//
// x is (B, O, C, S), in this order in memory: B sets of statistics, C channels in G groups, and
// what lies before and behind the channels. Batch norm: B = 1, G = C. Group norm: B = N; instance
// norm: B = N, G = C. Channels-last memory is O > 1, S = 1; C order O = 1, S > 1 (batch norm: O =
// N). With m and v the mean and the variance (divided by n) of the n = O C/G S elements of a set
// and group, or given ones:
//     r = 1 / sqrt(v + eps),  h = (x - m) r,  z = h w_c + b_c + residual,  y = f(z)
// Batch renorm (Ioffe 2017) has h p_c + q_c in place of h, where p and q bring h from the mean and
// deviation of the batch to the running ones, within bounds, and count as constants:
//     p = clip(s / s', 1 / r_max, r_max),  q = clip((m - m') / s', -d_max, d_max)
// with s = sqrt(v + eps), and m' and s' the same of the running mean and variance.
// Running statistics move by `momentum` towards m (mean over B) and v n / (n - 1).
//
// With g = dy f'(z) and means over a set and group:
//     dx = w_c p_c r (g - mean(g w)/w_c - h mean(g w h)/w_c)   statistics of x itself
//     dx = w_c r g                                             given statistics
//     dw_c = sum of g (h p_c + q_c),  db_c = sum of g,  dresidual = g
// (mean(g w) / w_c is mean(g) where a group is one channel.)
//
// y, residual, dy, dx and dresidual are laid out as x; w, b, p, q and running statistics are (C),
// mean and rstd (B, G), in double: float loses too much of a mean far from zero. Outputs overlap
// nothing. Sums go over chunks cut by size, which are added in order.
#pragma once

#include <cstdint>

#include "core/activation.h"
#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::norm {

struct Channels {
    dim_t batch, outer, channels, inner, groups;

    dim_t set() const { return outer * channels * inner; }
    dim_t size() const { return batch * set(); }
    dim_t group() const { return groups == 0 ? 0 : channels / groups; }  // channels of one
    dim_t count() const { return outer * group() * inner; }              // elements of one
};

struct ChannelArgs {
    Dtype dtype;
    Channels shape;
    bool given;   // normalize by the running statistics, which stay as they are
    bool renorm;  // p and q are written
    FusedActivation activation;
    double eps, momentum, r_max, d_max;
    const void* x;
    const void* w;         // or null: ones
    const void* b;         // or null: zeros
    const void* residual;  // or null
    void* running_mean;    // or null, both; of the dtype
    void* running_var;
    void* y;
    void* preactivation;  // gets z; or null. Only with an activation
    double* mean;
    double* rstd;
    double* p;
    double* q;
};

struct ChannelBackwardArgs {
    Dtype dtype;
    Channels shape;
    bool given;
    FusedActivation activation;
    const void* dy;
    const void* x;
    // What f' is computed from, y or z as the activation's facts say. Null without an activation,
    // and for relu also where sign_is_computed says so.
    const void* saved;
    const void* w;
    const void* b;
    const double* mean;
    const double* rstd;
    const double* p;  // or null, both: 1 and 0
    const double* q;
    void* dx;  // these may be null: not wanted
    void* dw;
    void* db;
    void* dresidual;  // only with `saved`: otherwise it is dy
};

// Where backward finds the sign of relu's argument from x, which it reads anyway, and needs no y.
bool sign_is_computed(const ChannelArgs& a);

// A piece of x: `rows` rows of `width` elements, `stride` apart, and `tail` elements of one more.
// A row covers columns from `column` on, each with its own coefficients; or (a run) it belongs to
// one channel and uses the coefficients at `column`.
struct Span {
    dim_t at, rows, stride, width, tail;
    dim_t column;
    dim_t part;  // which set of sums it makes
};

// What columns are normalized with: y = (x - mean) scale + shift.
template <class T>
struct Affine {
    const T* mean;
    const T* scale;
    const T* shift;
};

template <class T>
struct Apply {
    const T* x;
    const T* residual;  // or null
    T* y;
    Affine<T> affine;
    bool relu, stream;
};

// Where dy counts: everywhere, or where y > 0, with y computed from x or read.
enum class Gate : std::uint8_t { none, computed, read };

template <class T>
struct Gated {
    const T* dy;
    const T* x;
    const T* y;  // for Gate::read
    Affine<T> affine;
    Gate gate;
};

template <class T>
struct Sums {
    Gated<T> in;
    T* kept;       // gets the gated dy, or null
    T* sum;        // of dy, by columns
    T* sum_times;  // of dy (x - mean)
};

template <class T>
struct Slope {
    Gated<T> in;
    const T* slope;  // dx = dy scale + (x - mean) slope + offset; null: dx = dy scale
    const T* offset;
    T* dx;
    bool stream;
};

// Sums of several parts, (parts, values, width), to be put together. Parts are periodic: all of
// `full` elements per column but the last of each `period`, which is of `last`.
template <class T>
struct Parts {
    const T* data;
    dim_t count, width, period;
    double full, last;
};

template <class T>
struct ChannelTypedKernels {
    // By whether spans are runs. Parts of statistics are (around, sum, square) of x - around.
    void (*statistics[2])(const Span& s, const T* x, T* part, dim_t width);
    void (*apply[2])(const Span& s, const Apply<T>& a);
    void (*sums[2])(const Span& s, const Sums<T>& a);
    void (*slope[2])(const Span& s, const Slope<T>& a);
    // Means and sums of squares around them; sums (of two values per part). Columns begin .. end.
    void (*merge_statistics)(const Parts<T>& p, dim_t begin, dim_t end, double* mean,
                             double* square);
    void (*merge_sums)(const Parts<T>& p, dim_t begin, dim_t end, double* sum, double* sum_times);
};

using ChannelKernels = isa::ByType<ChannelTypedKernels>;

enum class ChannelOp : std::uint8_t { batch_norm, batch_renorm, group_norm, instance_norm };
extern const Kernel<ChannelArgs> kChannelForward[4];  // by ChannelOp
extern const Kernel<ChannelBackwardArgs> kChannelBackward[4];

}  // namespace fastnn::norm
