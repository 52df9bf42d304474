#include "ops/softmax/softmax.h"

#include "simd/loops.h"
#include "simd/math.h"
#include "simd/reduce.h"

namespace fastnn::FASTNN_ISA {
namespace {

// So many vectors are added lane by lane in T; their sums are added in double.
constexpr dim_t kBlock = 64;

// The sum of f(i, count) over all vectors: lane by lane within a block, then in double. Lanes
// beyond `count` are not counted.
template <class T, class F>
FASTNN_INLINE double sum_over(dim_t n, F f) {
    using V = Vec<T>;
    double total = 0;
    dim_t i = 0;
    while (i + V::width <= n) {
        V block;
        for (const dim_t stop = i + kBlock * V::width; i < stop && i + V::width <= n;
             i += V::width) {
            block += f(i, dim_t(V::width));
        }
        total += double(sum(block));
    }
    if (i < n) total += double(sum(select(Mask<T>::first(n - i), f(i, n - i), V())));
    return total;
}

template <bool log, class T>
FASTNN_INLINE void row(const T* x, T* y, dim_t n) {
    using V = Vec<T>;
    const V top = row_max(x, n);
    const double total = sum_over<T>(n, [=](dim_t i, dim_t count) __attribute__((always_inline)) {
        const V e = exp(load(x + i, count) - top);
        if (!log) store(e, y + i, count);
        return e;
    });
    if (log) {
        // Two subtractions: the sum top + log(total) would be rounded at the size of top.
        const V log_total = T(__builtin_log(total));
        over_vectors<T>(n, [=](dim_t i, dim_t count) {
            store(load(x + i, count) - top - log_total, y + i, count);
        });
    } else {
        const V factor = T(1 / total);
        over_vectors<T>(
            n, [=](dim_t i, dim_t count) { store(load(y + i, count) * factor, y + i, count); });
    }
}

template <bool log, class T>
void rows(const T* x, T* y, dim_t n, dim_t count) {
    for (dim_t r = 0; r < count; ++r) row<log>(x + r * n, y + r * n, n);
}

template <bool log, class T>
void rows_backward(const T* dy, const T* y, T* dx, dim_t n, dim_t count) {
    using V = Vec<T>;
    for (dim_t r = 0; r < count; ++r, dy += n, y += n, dx += n) {
        const double total = sum_over<T>(n, [=](dim_t i, dim_t k) __attribute__((always_inline)) {
            return log ? load(dy + i, k) : load(dy + i, k) * load(y + i, k);
        });
        const V t = T(total);
        over_vectors<T>(n, [=](dim_t i, dim_t k) __attribute__((always_inline)) {
            const V g = load(dy + i, k), v = load(y + i, k);
            store(log ? fnma(exp(v), t, g) : v * (g - t), dx + i, k);
        });
    }
}

// A row per lane; sums in blocks, too, for a small error.
template <class T, class F>
FASTNN_INLINE Vec<T> sum_down(dim_t n, F f) {
    Vec<T> total;
    for (dim_t c = 0; c < n;) {
        Vec<T> block;
        for (const dim_t stop = c + kBlock < n ? c + kBlock : n; c < stop; ++c) block += f(c);
        total += block;
    }
    return total;
}

template <bool log, class T>
FASTNN_INLINE void column(const T* x, T* y, dim_t n, dim_t stride, dim_t k) {
    using V = Vec<T>;
    V top = T(-__builtin_inf());
    for (dim_t c = 0; c < n; ++c) top = max(load(x + c * stride, k), top);
    const V total = sum_down<T>(n, [=](dim_t c) __attribute__((always_inline)) {
        const V e = exp(load(x + c * stride, k) - top);
        if (!log) store(e, y + c * stride, k);
        return e;
    });
    const V last = log ? fastnn::FASTNN_ISA::log(total) : V(T(1)) / total;
    for (dim_t c = 0; c < n; ++c) {
        store(log ? load(x + c * stride, k) - top - last : load(y + c * stride, k) * last,
              y + c * stride, k);
    }
}

template <bool log, class T>
FASTNN_INLINE void column_backward(const T* dy, const T* y, T* dx, dim_t n, dim_t stride, dim_t k) {
    using V = Vec<T>;
    const V total = sum_down<T>(n, [=](dim_t c) __attribute__((always_inline)) {
        const V g = load(dy + c * stride, k);
        return log ? g : g * load(y + c * stride, k);
    });
    for (dim_t c = 0; c < n; ++c) {
        const V g = load(dy + c * stride, k), v = load(y + c * stride, k);
        store(log ? fnma(exp(v), total, g) : v * (g - total), dx + c * stride, k);
    }
}

template <bool log, class T>
void columns(const T* x, T* y, dim_t n, dim_t stride, dim_t count) {
    over_vectors<T>(count, [=](dim_t i, dim_t k) __attribute__((always_inline)) {
        column<log>(x + i, y + i, n, stride, k);
    });
}

template <bool log, class T>
void columns_backward(const T* dy, const T* y, T* dx, dim_t n, dim_t stride, dim_t count) {
    over_vectors<T>(count, [=](dim_t i, dim_t k) __attribute__((always_inline)) {
        column_backward<log>(dy + i, y + i, dx + i, n, stride, k);
    });
}

template <class T>
constexpr softmax::TypedKernels<T> kTyped{{rows<false, T>, rows<true, T>},
                                          {columns<false, T>, columns<true, T>},
                                          {rows_backward<false, T>, rows_backward<true, T>},
                                          {columns_backward<false, T>, columns_backward<true, T>}};

constexpr softmax::Kernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(softmax::Kernels, kTable)
