#include "ops/ctc/ctc.h"
#include "simd/loops.h"
#include "simd/math.h"

namespace fastnn::FASTNN_ISA {
namespace {

using V = Vec<double>;

void merge(const double* p, const double* q, const double* r, const double* skip,
           const double* emit, double* y, dim_t n) {
    over_vectors<double>(n, [=](dim_t i, dim_t count) __attribute__((always_inline)) {
        const V a = load(p + i, count), b = load(q + i, count),
                c = load(r + i, count) + load(skip + i, count);
        const V top = max(max(a, b), c);
        // Where all are -inf the result is, not NaN.
        const V m = select(top == V(-__builtin_inf()), V(), top);
        V sum = log(exp(a - m) + exp(b - m) + exp(c - m)) + m;
        if (emit != nullptr) sum += load(emit + i, count);
        store(sum, y + i, count);
    });
}

void posterior(const double* a, const double* b, double l, double* y, dim_t n) {
    over_vectors<double>(n, [=](dim_t i, dim_t count) __attribute__((always_inline)) {
        store(exp(load(a + i, count) + load(b + i, count) + V(l)), y + i, count);
    });
}

constexpr ctc::Kernels kTable{merge, posterior};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(ctc::Kernels, kTable)
