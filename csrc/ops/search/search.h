// Binary search of values in sorted tables, one for all values or one for each group of them:
//
// * left: how many elements of the table are smaller than the value;
// * right: how many are not larger;
// * member: whether one is equal (NaN is equal to nothing), or none with `invert`.
//
// NaN counts as the largest number and -0 as 0. A sorter holds the positions of the table's
// elements in order, all of them in range. Results for tables that are not sorted are some number.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::search {

enum class Find : std::uint8_t { left, right, member };

struct Args {
    Dtype dtype;
    Find find;
    bool invert;  // of member
    bool narrow;  // results are int32, not int64
    dim_t tables, n, m;
    const void* table;           // (tables, n)
    const std::int64_t* sorter;  // (tables, n) or null
    const void* values;          // (tables, m)
    void* out;                   // (tables, m): int64, int32, or bool of member
};

// `count` values of one table.
template <class T>
struct Query {
    const T* table;
    const std::int64_t* sorter;
    dim_t n;
    const T* values;
    dim_t count;
};

template <class T>
struct TypedKernels {
    void (*count)(const Query<T>& query, bool right, bool narrow, void* out);
    void (*member)(const Query<T>& query, bool invert, bool* out);
};

struct Kernels {
    TypedKernels<float> f32;
    TypedKernels<double> f64;
    TypedKernels<std::int64_t> i64;
    TypedKernels<std::int32_t> i32;
    TypedKernels<std::uint8_t> u8;
};

extern const Kernel<Args> kSearchsorted, kIsin;

}  // namespace fastnn::search
