#include "ops/norm/response.h"

#include "ops/norm/moments_kernel.h"
#include "simd/math.h"

namespace fastnn::FASTNN_ISA {
namespace {

using norm::ResponsePiece;

// d^-beta; with square roots for beta = 3/4, as in AlexNet.
template <class T>
FASTNN_INLINE Vec<T> power(Vec<T> d, double beta) {
    using V = Vec<T>;
    if (beta == 0.75) {
        const V root = sqrt(d);
        return V(T(1)) / (root * sqrt(root));
    }
    return pow(d, V(T(-beta)));
}

// Fills `around` with f(i, count) for the elements and for `before` and `after` more channels, with
// zeros beyond the row; calls g(i, count, sum) with the sums over before + 1 + after channels.
template <class T, class F, class G>
FASTNN_INLINE void neighbours(const ResponsePiece<T>& p, dim_t before, dim_t after, F f, G g) {
    using V = Vec<T>;
    const dim_t first = p.begin - before * p.inner, last = p.end + after * p.inner;
    const dim_t low = first < 0 ? 0 : first, high = last > p.n ? p.n : last;
    T* const around = p.around - first;
    __builtin_memset(p.around, 0, sizeof(T) * static_cast<std::size_t>(low - first));
    over_vectors<T>(low, high, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
        store(f(i, k), around + i, k);
    });
    __builtin_memset(around + high, 0, sizeof(T) * static_cast<std::size_t>(last - high));
    over_vectors<T>(p.begin, p.end, [&](dim_t i, dim_t k) __attribute__((always_inline)) {
        V sum;
        const T* at = around + i - before * p.inner;
        for (dim_t j = -before; j <= after; ++j, at += p.inner) sum += load(at, k);
        g(i, k, sum);
    });
}

template <class T>
void forward(const ResponsePiece<T>& p) {
    using V = Vec<T>;
    const V scale = T(p.scale), start = T(p.k);
    neighbours<T>(
        p, p.size / 2, (p.size - 1) / 2,
        [&](dim_t i, dim_t k) __attribute__((always_inline)) {
            const V x = load(p.x + i, k);
            return x * x;
        },
        [&](dim_t i, dim_t k, V sum) __attribute__((always_inline)) {
            const V d = fma(sum, scale, start);
            if (p.d != nullptr) store(d, p.d + i, k);
            store(load(p.x + i, k) * power(d, p.beta), p.y + i, k);
        });
}

template <class T>
void backward(const ResponsePiece<T>& p) {
    using V = Vec<T>;
    const V factor = T(-2 * p.scale * p.beta);
    neighbours<T>(
        p, (p.size - 1) / 2, p.size / 2,
        [&](dim_t i, dim_t k) __attribute__((always_inline)) {
            const V d = load(p.d + i, k), dy_x = load(p.dy + i, k) * load(p.x + i, k);
            return dy_x * power(d, p.beta) / d;
        },
        [&](dim_t i, dim_t k, V sum) __attribute__((always_inline)) {
            const V x = load(p.x + i, k), dy = load(p.dy + i, k);
            store(fma(dy, power(load(p.d + i, k), p.beta), factor * x * sum), p.y + i, k);
        });
}

template <class T>
constexpr norm::ResponseTypedKernels<T> kTyped{forward<T>, backward<T>};

constexpr norm::ResponseKernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(norm::ResponseKernels, kTable)
