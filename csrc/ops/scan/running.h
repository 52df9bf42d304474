// What runs along one axis in registers: extremes so far with their places, and logarithms of
// running sums of exponentials, with their gradient:
//
//   cummax, cummin           y[i] = the largest (smallest) of x[0..i], NaN beyond all; place[i]: of
//                            the last one that is as large
//   logcumsumexp             y[i] = log(sum over j <= i of exp(x[j]))
//   logcumsumexp_backward    dx[i] = g[i] exp(x[i] - y[i]),  g[i] = dy[i] + g[i+1] exp(y[i] -
//   y[i+1])
//
// All arrays are (outer, size, inner) in one order, i counts along the middle axis; nothing
// overlaps. No exponent is positive, so nothing overflows on the way; running sums are double.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::scan {

enum class Running : std::uint8_t { cummax, cummin, logcumsumexp, logcumsumexp_backward };
constexpr int kRunnings = 4;

struct RunningArgs {
    Running op;
    Dtype dtype;
    dim_t outer, size, inner;
    const void* x;
    const void* y;   // logcumsumexp_backward only
    const void* dy;  // the same
    void* out;
    std::int64_t* place;  // cummax and cummin only
};

// The arrays from the first element of a register's lines on.
template <class T>
struct RunningLines {
    const T* x;
    const T* y;
    const T* dy;
    T* out;
    std::int64_t* place;
};

// Up to a register of lines of n elements each. Along columns the lines are neighbours, and
// `stride` elements lie between two elements of a line; along rows it is the other way round.
template <class T>
struct RunningKernels {
    using Kernel = void (*)(const RunningLines<T>& l, dim_t n, dim_t stride, dim_t lines);
    Kernel rows[kRunnings], columns[kRunnings];
    dim_t width;  // lines of a register
};

using AllRunningKernels = isa::ByType<RunningKernels>;

extern const Kernel<RunningArgs> kRunning[kRunnings];

}  // namespace fastnn::scan
