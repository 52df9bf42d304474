// Running sums and products along one axis, and their gradients:
//
//   cumsum             y[i] = y[i-1] + x[i]
//   cumsum_backward    dx[i] = dx[i+1] + dy[i]
//   cumprod            y[i] = y[i-1] x[i]
//   cumprod_backward   dx[i] = y[i-1] s[i],  s[i] = dy[i] + x[i+1] s[i+1]
//
// All arrays are (outer, size, inner) in one order, i counts along the middle axis; nothing
// overlaps. Running values are double. cumprod_backward needs no division, so a zero in x is no
// special case.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::scan {

enum class Op : std::uint8_t { cumsum, cumsum_backward, cumprod, cumprod_backward };
constexpr int kOps = 4;

struct Args {
    Op op;
    Dtype dtype;
    dim_t outer, size, inner;
    const void* x;   // what is added up: dy for cumsum_backward
    const void* y;   // cumprod_backward only
    const void* dy;  // cumprod_backward only
    void* out;
};

// The same arrays from some element on.
template <class T>
struct Lines {
    const T* x;
    const T* y;
    const T* dy;
    T* out;
};

// Rows scanned at a time: the additions of one row depend on each other, those of several do not.
constexpr dim_t kRows = 8;
// Columns scanned at a time: whole cache lines, and their sums stay in L1.
constexpr dim_t kColumns = 64;

template <class T>
struct TypedKernels {
    // rows: `count` <= kRows rows of n elements, `stride` apart; state[r] is the running value
    // before. `begins` says whether the first element is that of the axis.
    void (*rows[kOps])(const Lines<T>& l, dim_t n, dim_t stride, dim_t count, double* state,
                       bool begins);
    // columns: `count` <= kColumns neighbours, n elements of each, `stride` apart.
    void (*columns[kOps])(const Lines<T>& l, dim_t n, dim_t stride, dim_t count);
    double (*total)(const T* x, dim_t n);
};

using Kernels = isa::ByType<TypedKernels>;

extern const Kernel<Args> kScan[kOps];

}  // namespace fastnn::scan
