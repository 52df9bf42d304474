// The element of some rank of each row, x in C order as (outer, size, inner) along `size`, and the
// index of the first element equal to it:
//
// * median: rank (size - 1) / 2, or the first NaN;
// * nanmedian: the same without NaN, or the first one where there is nothing else;
// * kth: a rank given, where NaN counts as the largest number.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::median {

enum class Rank : std::uint8_t { median, nanmedian, kth };

struct Args {
    Dtype dtype;
    Rank rank;
    dim_t k;                   // of kth, from 0
    dim_t outer, size, inner;  // size >= 1
    const void* x;
    void* values;  // (outer, inner)
    std::int64_t* indices;
};

// One row without gaps; `work` holds 2 n numbers of 8 bytes.
template <class T>
using Row = void (*)(const T* x, dim_t n, Rank rank, dim_t k, void* work, T* value,
                     std::int64_t* index);

struct Kernels {
    Row<float> f32;
    Row<double> f64;
    Row<std::int64_t> i64;
    Row<std::int32_t> i32;
    Row<std::uint8_t> u8;
};

extern const Kernel<Args> kMedian, kNanmedian, kKthvalue;

}  // namespace fastnn::median
