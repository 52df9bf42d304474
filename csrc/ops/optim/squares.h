// Sums of squares in double: those of floats do not overflow. For optim_kernel.cpp only.
#pragma once

#include "core/integer.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

// Four independent sums, so that no addition waits for the one before.
struct Squares {
    Vec<double> a[4];
    FASTNN_INLINE void add(Vec<double> x, int k) { a[k] = fma(x, x, a[k]); }
    FASTNN_INLINE void add(Vec<float> x, int k) {
        const Wide w = widen(x);
        add(w.low, k);
        add(w.high, k + 1);
    }
    FASTNN_INLINE double total() const { return sum((a[0] + a[1]) + (a[2] + a[3])); }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
