// What kernels of this family share: vectors with a tail, and the two moments of a row.
#pragma once

#include "core/integer.h"
#include "simd/loops.h"
#include "simd/reduce.h"

namespace fastnn::FASTNN_ISA {

// So many vectors are summed lane by lane in T, 16 KiB at the widest, which are still in L1 for the
// sum of the squares; the sums of such blocks are added in double.
constexpr dim_t kBlock = 256;

// The sum of f(x) over n numbers of a block.
template <class T, class F>
FASTNN_INLINE double block_sum(const T* x, dim_t n, F f) {
    return double(row_sum(x, n, f));
}

// The sums of f(x) and of g(x), the latter in `other`.
template <class T, class F, class G>
FASTNN_INLINE double block_sum(const T* x, dim_t n, F f, G g, double& other) {
    using V = Vec<T>;
    constexpr dim_t W = V::width;
    V a, b, c, d;
    dim_t i = 0;
    for (; i + 2 * W <= n; i += 2 * W) {
        const V v = V::load(x + i), w = V::load(x + i + W);
        a += f(v);
        b += f(w);
        c += g(v);
        d += g(w);
    }
    for (; i < n; i += W) {
        const dim_t k = n - i < W ? n - i : W;
        const V v = V::load(x + i, k);
        const Mask<T> inside = Mask<T>::first(k);
        a += select(inside, f(v), V());
        c += select(inside, g(v), V());
    }
    other = double(sum(c + d));
    return double(sum(a + b));
}

template <bool b>
struct Flag {
    static constexpr bool value = b;
};

// Mean and mean square around it, from blocks: their means and sums of squares are put together by
// the formula of Chan, Golub and LeVeque (1979), so that a row is read once however long it is.
template <bool centered, class T>
FASTNN_INLINE void moments(const T* x, dim_t n, double& mean, double& square) {
    using V = Vec<T>;
    constexpr dim_t block = kBlock * V::width;
    double m = 0, s = 0;
    for (dim_t i = 0; i < n; i += block) {
        const dim_t k = n - i < block ? n - i : block;
        if constexpr (centered) {
            const double rough =
                block_sum(x + i, k, [](V v) __attribute__((always_inline)) { return v; }) /
                double(k);
            // The mean is rounded, and more so the sum of numbers far from zero: what it is off by
            // is summed with the squares around it.
            const V around = T(rough);
            double off = 0;
            const double squares = block_sum(
                x + i, k,
                [=](V v) __attribute__((always_inline)) {
                    const V d = v - around;
                    return d * d;
                },
                [=](V v) __attribute__((always_inline)) { return v - around; }, off);
            off /= double(k);
            const double here = double(T(rough)) + off;
            s += squares - double(k) * off * off;
            const double delta = here - m, share = double(k) / double(i + k);
            m += delta * share;
            s += delta * delta * double(i) * share;
        } else {
            s += block_sum(x + i, k, [](V v) __attribute__((always_inline)) { return v * v; });
        }
    }
    mean = m;
    square = s > 0 || s != s ? s / double(n) : 0;
}

}  // namespace fastnn::FASTNN_ISA
