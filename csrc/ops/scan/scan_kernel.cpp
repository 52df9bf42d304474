#include "ops/scan/scan.h"

#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using scan::kColumns;
using scan::kRows;
using scan::Lines;

// Elements of a row in a tile: whole cache lines. Rows whose stride is a power of two share sets of
// L1, and would evict each other if they were read element by element.
constexpr dim_t kTile = 64;

// One step: from the state and the elements at i to the output there. y is y[i-1], 1 before all.

struct Sum {
    static constexpr bool reverse = false, gradient = false;
    static constexpr double start = 0;
    static FASTNN_INLINE double step(double& s, double x, double, double) { return s += x; }
};

struct SumBackward : Sum {
    static constexpr bool reverse = true;
};

struct Product {
    static constexpr bool reverse = false, gradient = false;
    static constexpr double start = 1;
    static FASTNN_INLINE double step(double& s, double x, double, double) { return s *= x; }
};

struct ProductBackward {  // state: x[i+1] s[i+1]
    static constexpr bool reverse = true, gradient = true;
    static constexpr double start = 0;
    static FASTNN_INLINE double step(double& state, double x, double y, double dy) {
        const double s = dy + state;
        state = x * s;
        return y * s;
    }
};

template <class T>
FASTNN_INLINE void copy(const T* __restrict from, double* __restrict to, dim_t n) {
    for (dim_t i = 0; i < n; ++i) to[i] = double(from[i]);
}

template <class S, dim_t count, class T>
FASTNN_INLINE void rows_of(const Lines<T>& l, dim_t n, dim_t stride, double* state, bool begins) {
    double s[count], x[count][kTile], y[count][kTile], dy[count][kTile];
    for (dim_t r = 0; r < count; ++r) s[r] = state[r];
    for (dim_t done = 0; done < n; done += kTile) {
        const dim_t length = n - done < kTile ? n - done : kTile;
        const dim_t k = S::reverse ? n - done - length : done;
        const dim_t first = begins && k == 0 ? 1 : 0;
        for (dim_t r = 0; r < count; ++r) {
            const dim_t at = r * stride + k;
            copy(l.x + at, x[r], length);
            if constexpr (S::gradient) {
                copy(l.dy + at, dy[r], length);
                y[r][0] = 1;
                copy(l.y + at - 1 + first, y[r] + first, length - first);
            }
        }
        for (dim_t i = 0; i < length; ++i) {
            const dim_t j = S::reverse ? length - 1 - i : i;
#pragma GCC unroll 8
            for (dim_t r = 0; r < count; ++r) {
                x[r][j] = S::gradient ? S::step(s[r], x[r][j], y[r][j], dy[r][j])
                                      : S::step(s[r], x[r][j], 1, 0);
            }
        }
        for (dim_t r = 0; r < count; ++r) {
            T* __restrict out = l.out + r * stride + k;
            for (dim_t i = 0; i < length; ++i) out[i] = T(x[r][i]);
        }
    }
    for (dim_t r = 0; r < count; ++r) state[r] = s[r];
}

template <class S, class T>
void rows(const Lines<T>& l, dim_t n, dim_t stride, dim_t count, double* state, bool begins) {
    if (count == kRows) return rows_of<S, kRows>(l, n, stride, state, begins);
    for (dim_t r = 0; r < count; ++r) {
        const dim_t at = r * stride;
        const Lines<T> one{l.x + at, S::gradient ? l.y + at : nullptr,
                           S::gradient ? l.dy + at : nullptr, l.out + at};
        rows_of<S, 1>(one, n, stride, state + r, begins);
    }
}

template <class S, class T>
void columns(const Lines<T>& l, dim_t n, dim_t stride, dim_t count) {
    double s[kColumns];
    for (dim_t j = 0; j < count; ++j) s[j] = S::start;
    for (dim_t i = 0; i < n; ++i) {
        const dim_t k = S::reverse ? n - 1 - i : i;
        const T* __restrict x = l.x + k * stride;
        T* __restrict out = l.out + k * stride;
        if constexpr (S::gradient) {
            const T* __restrict dy = l.dy + k * stride;
            const T* __restrict y = l.y + (k - 1) * stride;
            if (k > 0) {
                for (dim_t j = 0; j < count; ++j) out[j] = T(S::step(s[j], x[j], y[j], dy[j]));
            } else {
                for (dim_t j = 0; j < count; ++j) out[j] = T(S::step(s[j], x[j], 1, dy[j]));
            }
        } else {
            for (dim_t j = 0; j < count; ++j) out[j] = T(S::step(s[j], x[j], 1, 0));
        }
    }
}

FASTNN_INLINE void add(Vec<double>& total, Vec<double> v) {
    total += v;
}
FASTNN_INLINE void add(Vec<double>& total, Vec<float> v) {
    const Wide w = widen(v);
    total += w.low + w.high;
}

template <class T>
double total(const T* x, dim_t n) {
    using V = Vec<T>;
    Vec<double> a, b;
    dim_t i = 0;
    for (; i + 2 * V::width <= n; i += 2 * V::width) {
        add(a, V::load(x + i));
        add(b, V::load(x + i + V::width));
    }
    for (; i < n; i += V::width) add(a, V::load(x + i, n - i < V::width ? n - i : V::width));
    return sum(a + b);
}

// In the order of scan::Op.
template <class T>
constexpr scan::TypedKernels<T> kTyped{
    {rows<Sum, T>, rows<SumBackward, T>, rows<Product, T>, rows<ProductBackward, T>},
    {columns<Sum, T>, columns<SumBackward, T>, columns<Product, T>, columns<ProductBackward, T>},
    total<T>};

constexpr scan::Kernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(scan::Kernels, kTable)
