#include "ops/optim/optim.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using optim::AdamScalars;
using optim::SgdScalars;

// Calls f(i, n) over n elements: whole registers with n = width, then the tail.
template <class T, class F>
FASTNN_INLINE void each_vec(long n, F f) {
    constexpr long width = Vec<T>::width;
    long i = 0;
    for (; i + width <= n; i += width) {
        f([=](const T* p) { return Vec<T>::load(p + i); }, [=](Vec<T> v, T* p) { v.store(p + i); });
    }
    if (i < n) {
        const long tail = n - i;
        f([=](const T* p) { return Vec<T>::load(p + i, tail); },
          [=](Vec<T> v, T* p) { v.store(p + i, tail); });
    }
}

enum class Momentum { none, plain, nesterov };

template <class T, Momentum mode>
FASTNN_INLINE void sgd_any(const SgdScalars& s, T* p, const T* g, T* buf, long n) {
    using V = Vec<T>;
    const V sign = T(s.sign), weight_decay = T(s.weight_decay), momentum = T(s.momentum);
    const V gain = T(s.gain), lr = T(s.lr), push = T(s.push);
    each_vec<T>(n, [&](auto load, auto store) {
        const V x = load(p);
        V d = fma(weight_decay, x, sign * load(g));
        if constexpr (mode != Momentum::none) {
            const V b = fma(momentum, load(buf), gain * d);
            store(b, buf);
            d = mode == Momentum::nesterov ? fma(push, b, d) : b;
        }
        store(fnma(lr, d, x), p);
    });
}

template <class T>
void sgd(const SgdScalars& s, T* p, const T* g, long n) {
    sgd_any<T, Momentum::none>(s, p, g, nullptr, n);
}

template <class T, Momentum mode>
void sgd_momentum(const SgdScalars& s, T* p, const T* g, T* buf, long n) {
    sgd_any<T, mode>(s, p, g, buf, n);
}

template <class T, bool max>
FASTNN_INLINE void adam_any(const AdamScalars& s, T* p, const T* g, T* m, T* v, T* vmax, long n) {
    using V = Vec<T>;
    const V sign = T(s.sign), weight_decay = T(s.weight_decay), shrink = T(s.shrink);
    const V gain1 = T(s.gain1), beta2 = T(s.beta2), gain2 = T(s.gain2);
    const V scale2 = T(s.scale2), eps = T(s.eps), step_size = T(s.step_size);
    each_vec<T>(n, [&](auto load, auto store) {
        const V x = shrink * load(p);
        const V d = fma(weight_decay, x, sign * load(g));
        V m1 = load(m);
        m1 = fma(gain1, d - m1, m1);
        V v1 = fma(gain2 * d, d, beta2 * load(v));
        store(m1, m);
        store(v1, v);
        if constexpr (max) {
            const V before = load(vmax);
            v1 = select(before >= v1, before, v1);
            store(v1, vmax);
        }
        const V denominator = fma(scale2, sqrt(v1), eps);
        store(fnma(step_size, m1 / denominator, x), p);
    });
}

template <class T>
void adam(const AdamScalars& s, T* p, const T* g, T* m, T* v, long n) {
    adam_any<T, false>(s, p, g, m, v, nullptr, n);
}

template <class T>
void amsgrad(const AdamScalars& s, T* p, const T* g, T* m, T* v, T* vmax, long n) {
    adam_any<T, true>(s, p, g, m, v, vmax, n);
}

// Four sums in turns, so that one addition need not wait for the one before.
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

template <class T>
double sum_squares(const T* x, long n) {
    using V = Vec<T>;
    Squares sums;
    long i = 0;
    for (; i + 2 * V::width <= n; i += 2 * V::width) {
        sums.add(V::load(x + i), 0);
        sums.add(V::load(x + i + V::width), 2);
    }
    for (; i < n; i += V::width) sums.add(V::load(x + i, n - i < V::width ? n - i : V::width), 0);
    return sums.total();
}

template <class T>
double max_abs(const T* x, long n) {
    using V = Vec<T>;
    V most;
    Mask<T> nan;
    each_vec<T>(n, [&](auto load, auto) {
        const V v = load(x);
        nan = nan | (v != v);
        most = max(abs(v), most);
    });
    return any(nan) ? __builtin_nan("") : double(max_lane(most));
}

template <class T>
void scale(T* x, double factor, long n) {
    const Vec<T> f = T(factor);
    each_vec<T>(n, [&](auto load, auto store) { store(f * load(x), x); });
}

template <class T>
void clamp(T* x, double limit, long n) {
    const Vec<T> high = T(limit), low = -high;
    each_vec<T>(n, [&](auto load, auto store) {
        store(max(low, min(high, load(x))), x);  // in this order NaN stays NaN
    });
}

template <class T>
constexpr optim::TypedKernels<T> kTyped{sgd<T>,
                                        sgd_momentum<T, Momentum::plain>,
                                        sgd_momentum<T, Momentum::nesterov>,
                                        adam<T>,
                                        amsgrad<T>,
                                        sum_squares<T>,
                                        max_abs<T>,
                                        scale<T>,
                                        clamp<T>};

constexpr optim::Kernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn {
template <>
const optim::Kernels& isa::table_at<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kTable;
}
}  // namespace fastnn
