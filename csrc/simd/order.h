// Elements as signed integers of the same order: -0 as 0, and every NaN as the largest one.
#pragma once

#include <stdint.h>

#include "vec.h"

namespace fastnn::FASTNN_ISA {

FASTNN_INLINE int32_t ordered(float x) {
    int32_t i;
    __builtin_memcpy(&i, &x, sizeof i);
    const int32_t magnitude = i & INT32_MAX;
    const int32_t key = magnitude == 0 ? 0 : i ^ ((i >> 31) & INT32_MAX);
    return magnitude > 0x7f800000 ? INT32_MAX : key;
}
FASTNN_INLINE int64_t ordered(double x) {
    int64_t i;
    __builtin_memcpy(&i, &x, sizeof i);
    const int64_t magnitude = i & INT64_MAX;
    const int64_t key = magnitude == 0 ? 0 : i ^ ((i >> 63) & INT64_MAX);
    return magnitude > 0x7ff0000000000000 ? INT64_MAX : key;
}
FASTNN_INLINE int64_t ordered(int64_t x) {
    return x;
}
FASTNN_INLINE int32_t ordered(int32_t x) {
    return x;
}
FASTNN_INLINE int32_t ordered(uint8_t x) {
    return x;
}

template <class T>
using Ordered = decltype(ordered(T()));

template <class Int>
constexpr Int kMost = sizeof(Int) == 4 ? Int(INT32_MAX) : Int(INT64_MAX);

// The first element with f(element) true, or n. Blocks without one are skipped in registers.
template <class T, class F>
FASTNN_INLINE dim_t find(const T* x, dim_t n, F f) {
    constexpr dim_t block = 64;
    dim_t i = 0;
    for (; i + block <= n; i += block) {
        int found = 0;
        for (dim_t j = 0; j < block; ++j) found |= int(f(x[i + j]));
        if (found != 0) break;
    }
    while (i < n && !f(x[i])) ++i;
    return i;
}

}  // namespace fastnn::FASTNN_ISA
