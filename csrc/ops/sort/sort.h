// Order along one axis of x, a block of memory seen as (outer, size, inner) along `size`:
//
// * sort: y[i] = x[indices[i]], ascending or descending, equal elements in their own order;
// * top: the first k of these alone; without `in_order` these in any order;
// * mode: the smallest of the most frequent elements, and the position of its last occurrence.
//
// NaN counts as the largest number and -0 as 0. Values may be null. Outputs are laid
// out as x, with another size. Nothing aliases.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"
#include "ops/sort/radix.h"

namespace fastnn::sorting {

// Adjacent lines of `n` elements each, `stride` elements apart (1: one line without gaps).
template <class T>
struct Lines {
    const T* x;
    dim_t n, stride, count;
    bool descending;
    T* values;  // with the stride of x
    std::int64_t* indices;
};

constexpr dim_t kColumns = 16;  // most lines at a time: a cache line of float32

// Pairs of the workspace of `count` lines.
constexpr dim_t work_of(dim_t n, dim_t count) {
    return (2 * count + 5) * n + 256;
}

template <class T>
struct TypedKernels {
    void (*sort)(const Lines<T>& lines, Pair* work);
    void (*top)(const Lines<T>& lines, dim_t k, bool in_order, Pair* work);
    void (*mode)(const Lines<T>& lines, Pair* work);
    // The positions of the first k, ascending; `work` holds 5 n + 256.
    void (*choose)(const T* x, dim_t n, bool descending, dim_t k, Count* chosen, Pair* work);
    // The parts of the sort of a long line: for elements [begin, end) of x.
    void (*range)(const T* x, dim_t begin, dim_t end, bool descending, std::int64_t* low,
                  std::int64_t* high);
    void (*pack)(const T* x, dim_t begin, dim_t end, bool descending, Packing packing, Pair* pairs);
    // Sorts runs of equal keys that begin in [begin, end), where the packing has a shift; `out` may
    // be `pairs`, `work` holds 2 n.
    void (*refine)(const T* x, dim_t n, dim_t begin, dim_t end, bool descending, Packing packing,
                   const Pair* pairs, Pair* out, Pair* work);
    void (*write)(const Lines<T>& line, dim_t begin, dim_t end, Packing packing, const Pair* pairs);
    void (*write_mode)(const Lines<T>& line, const Pair* pairs);
    void (*gather)(const T* x, dim_t begin, dim_t end, dim_t stride, T* line);
};

struct Kernels {
    TypedKernels<float> f32;
    TypedKernels<double> f64;
    TypedKernels<std::int64_t> i64;
    TypedKernels<std::int32_t> i32;
    TypedKernels<std::uint8_t> u8;
};

struct Args {
    Dtype dtype;
    bool descending;
    bool in_order;
    bool equal;  // x is (outer, inner), and stands for `size` times itself along the axis
    dim_t outer, size, inner;
    dim_t k;  // of top
    const void* x;
    void* values;
    std::int64_t* indices;
};

// dx = 0, but dx[indices[i]] = dy[i] along the axis; no index occurs twice in a line.
struct BackwardArgs {
    Dtype dtype;
    dim_t outer, size, inner;
    dim_t k;  // size of the axis of dy and indices
    const void* dy;
    const std::int64_t* indices;
    void* dx;
};

extern const Kernel<Args> kSort, kArgsort, kTop, kMode;
extern const Kernel<BackwardArgs> kSortBackward;

}  // namespace fastnn::sorting
