// RMSprop. For update.h only.
#pragma once

#include "ops/optim/rule.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::rmsprop> {
    struct Hyper {
        double lr, alpha, eps, weight_decay, momentum, maximize;
    };
    struct Scalars {
        double sign, weight_decay;  // d = sign g + weight_decay p
        double alpha, gain;         // v = alpha v + gain d^2
        double eps, momentum, lr;
    };
    static constexpr optim::Facts facts{.name = "rmsprop_step",
                                        .states = {"square_avgs", "grad_avgs", "momentum_buffers"},
                                        .needed = 1,
                                        .numbers = {"steps"},
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 10,
                                        .arrays = 5};
    static constexpr const char* docstring =
        R"(Takes a step of RMSprop in place: b = momentum * b + d / (sqrt(v - m^2) + eps), p -= lr * b.

Here v = alpha * v + (1 - alpha) * d^2, d = g + weight_decay * p, -g to maximize, and m is 0 or
(centered) m += (1 - alpha) * (d - m).

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
square_avgs : list of float arrays like params; v
grad_avgs, momentum_buffers : lists of float arrays like params, or None for one or all; m and b
steps : list of float64 arrays of one number; incremented
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 6); lr, alpha, eps, weight_decay, momentum, maximize
Returns None; params, the states and steps are changed.

>>> p, v, t = np.ones(2), np.zeros(2), np.zeros(())
>>> hyper = np.array([[0.5, 0.75, 1e-8, 0, 0, 0]])
>>> kernels.rmsprop_step([p], [np.ones(2)], [v], None, None, [t], [1], hyper)
>>> p.round(3), t
(array([0., 0.]), array(1.)))";

    static Scalars prepare(const Hyper& h, const optim::Item&) {
        return {sign_of(h), h.weight_decay, h.alpha, 1.0 - h.alpha, h.eps, h.momentum, h.lr};
    }

    template <bool centered, bool moving, class T>
    FASTNN_INLINE static void any(const Scalars& s, T* p, const T* g, T* v, T* m, T* buf, dim_t n) {
        using V = Vec<T>;
        const V sign = T(s.sign), weight_decay = T(s.weight_decay), alpha = T(s.alpha);
        const V gain = T(s.gain), eps = T(s.eps), momentum = T(s.momentum), lr = T(s.lr);
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = load(p);
            const V d = fma(weight_decay, x, sign * load(g));
            V square = fma(gain * d, d, alpha * load(v));
            store(square, v);
            if constexpr (centered) {
                V mean = load(m);
                mean = fma(gain, d - mean, mean);
                store(mean, m);
                square = fnma(mean, mean, square);
            }
            V b = d / (sqrt(square) + eps);
            if constexpr (moving) {
                b = fma(momentum, load(buf), b);
                store(b, buf);
            }
            store(fnma(lr, b, x), p);
        });
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        T *const v = state[0], *const m = state[1], *const buf = state[2];
        if (m == nullptr) {
            buf == nullptr ? any<false, false>(s, p, g, v, m, buf, n)
                           : any<false, true>(s, p, g, v, m, buf, n);
        } else {
            buf == nullptr ? any<true, false>(s, p, g, v, m, buf, n)
                           : any<true, true>(s, p, g, v, m, buf, n);
        }
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
