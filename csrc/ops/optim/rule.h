// What the functors of optimizers share. For update.h only.
//
// UpdateOf<Rule::sgd> is the functor. `Hyper` is a row of hyper-parameters, truth values as 0 or 1;
// `Scalars` what `prepare` computes from it once per parameter and step; `run` updates n elements
// of the parameter and of its state. A rule that needs norms of whole parameters has two more:
// `measure` adds those of n elements to `sums`, before `settle` completes the scalars with them.
#pragma once

#include "ops/optim/optim.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using optim::Rule;

template <Rule>
struct UpdateOf;

// Calls f(load, store) over n elements: whole registers, then the tail.
template <class T, class F>
FASTNN_INLINE void each_vec(dim_t n, F f) {
    constexpr dim_t width = Vec<T>::width;
    dim_t i = 0;
    for (; i + width <= n; i += width) {
        f([=](const T* p) { return Vec<T>::load(p + i); }, [=](Vec<T> v, T* p) { v.store(p + i); });
    }
    if (i < n) {
        const dim_t tail = n - i;
        f([=](const T* p) { return Vec<T>::load(p + i, tail); },
          [=](Vec<T> v, T* p) { v.store(p + i, tail); });
    }
}

// The moments of Adam and its kin: m += gain1 (d - m) and v = beta2 v + gain2 d^2.
template <class T>
struct Moments {
    Vec<T> gain1, beta2, gain2;
    template <class Scalars>
    explicit Moments(const Scalars& s) : gain1(T(s.gain1)), beta2(T(s.beta2)), gain2(T(s.gain2)) {}
    FASTNN_INLINE Vec<T> first(Vec<T> d, Vec<T> m) const { return fma(gain1, d - m, m); }
    FASTNN_INLINE Vec<T> second(Vec<T> d, Vec<T> v) const { return fma(gain2 * d, d, beta2 * v); }
};

// The factor of the gradient.
template <class Hyper>
double sign_of(const Hyper& h) {
    return h.maximize != 0 ? -1.0 : 1.0;
}

// -1, 0 or 1; NaN stays NaN.
template <class T>
FASTNN_INLINE Vec<T> sign(Vec<T> x) {
    const Vec<T> one = T(1);
    return select(x > Vec<T>(), one, select(x < Vec<T>(), -one, x));
}

}  // namespace
}  // namespace fastnn::FASTNN_ISA
