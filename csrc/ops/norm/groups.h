// Normalization of channels in groups that are small enough to stay in cache between statistics and
// output: each group is read once from memory. The formulas are in channels.h.
#pragma once

#include "core/integer.h"
#include "ops/norm/channels.h"

namespace fastnn::norm {

// The layout of a group: `rows` rows with this stride, of `channels` channels with `inner` elements
// each. Either rows or inner is 1. More than one row is read from a packed copy.
struct Group {
    static constexpr dim_t kMostPacked = 2048;  // elements: with dy and in double, all of L1
    dim_t rows, stride, channels, inner;
    double count() const { return static_cast<double>(rows * channels * inner); }
};

// All arrays begin at the group; x and dy are packed.
template <class T>
struct GroupApply {
    const T* x;
    const T* w;  // or null: ones
    const T* b;  // or null: zeros
    T* y;
    double mean, rstd;
    bool stream;
};

template <class T>
struct GroupSums {
    const T* dy;
    const T* x;
    double mean, rstd;
    T* sum;        // of dy, by channels
    T* sum_times;  // of dy h
};

template <class T>
struct GroupGradient {
    const T* dy;
    const T* x;
    const T* w;  // or null: ones
    T* dx;       // dy w rstd + (x - mean) factor + offset
    double mean, rstd, factor, offset;
    bool stream;
};

template <class T>
struct GroupTypedKernels {
    void (*pack)(const Group& g, const T* from, T* to);
    void (*moments)(const Group& g, const T* x, double* mean, double* variance);
    void (*apply)(const Group& g, const GroupApply<T>& a);
    void (*sums)(const Group& g, const GroupSums<T>& a);
    void (*dx)(const Group& g, const GroupGradient<T>& a);
};

using GroupKernels = isa::ByType<GroupTypedKernels>;

// Whether the groups are small, and each in long enough pieces of memory.
bool small_groups(const Channels& s);

// For such groups, by statistics of x itself, without relu, residual, p and q. The forward one
// writes variances (B, G) too, and leaves running statistics to the caller.
void forward_groups(const ChannelArgs& a, double* variance);
void backward_groups(const ChannelBackwardArgs& a);

}  // namespace fastnn::norm
