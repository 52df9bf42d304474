// RAdam. For update.h only.
#pragma once

#include <math.h>

#include "ops/optim/rule.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::radam> {
    struct Hyper {
        double lr, beta1, beta2, eps, weight_decay, maximize, decoupled;
    };
    struct Scalars {
        double sign, weight_decay;   // d = sign g + weight_decay p
        double shrink;               // p = shrink p, before all else (decoupled weight decay)
        double gain1, beta2, gain2;  // of the moments
        double eps, step_size;       // p -= step_size m / (sqrt(v) + eps), or without
        double adapts;               // that denominator
    };
    static constexpr optim::Facts facts{.name = "radam_step",
                                        .states = {"exp_avgs", "exp_avg_sqs"},
                                        .needed = 2,
                                        .numbers = {"steps"},
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 14,
                                        .arrays = 7};
    static constexpr const char* docstring =
        R"(Takes a step of RAdam in place: p -= lr * r / (1 - beta1^t) * m / (sqrt(v / (1 - beta2^t)) + eps').

Here m += (1 - beta1) * (d - m), v = beta2 * v + (1 - beta2) * d^2, d = g + weight_decay * p,
-g to maximize; decoupled d = g and p *= 1 - lr * weight_decay first. With o = 2 / (1 - beta2) - 1
and q = o - 2 * t * beta2^t / (1 - beta2^t), r^2 = (q - 4) * (q - 2) * o / ((o - 4) * (o - 2) * q);
where q <= 5, p -= lr / (1 - beta1^t) * m instead. eps' = eps / sqrt(1 - beta2^t).

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
exp_avgs, exp_avg_sqs : lists of float arrays like params; m and v
steps : list of float64 arrays of one number; t - 1
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 7); lr, beta1, beta2, eps, weight_decay, maximize, decoupled
Returns None; params, the states and steps are changed.

>>> p, m, v, t = np.ones(2), np.zeros(2), np.zeros(2), np.zeros(())
>>> hyper = np.array([[0.5, 0.9, 0.999, 1e-8, 0, 0, 0]])
>>> kernels.radam_step([p], [np.full(2, 0.5)], [m], [v], [t], [1], hyper)
>>> p.round(3), t
(array([0.75, 0.75]), array(1.)))";

    static Scalars prepare(const Hyper& h, const optim::Item& item) {
        const bool decoupled = h.decoupled != 0;
        const double t = *item.number[0], power = pow(h.beta2, t), rest = 1.0 - power;
        const double limit = 2.0 / (1.0 - h.beta2) - 1.0;
        const double length = limit - 2.0 * t * power / rest;  // of the average that v is
        const bool adapts = length > 5.0;
        const double rectified = sqrt((length - 4.0) * (length - 2.0) * limit /
                                      ((limit - 4.0) * (limit - 2.0) * length));
        return {sign_of(h),
                decoupled ? 0.0 : h.weight_decay,
                decoupled ? 1.0 - h.lr * h.weight_decay : 1.0,
                1.0 - h.beta1,
                h.beta2,
                1.0 - h.beta2,
                h.eps,
                h.lr / (1.0 - pow(h.beta1, t)) * (adapts ? rectified * sqrt(rest) : 1.0),
                adapts ? 1.0 : 0.0};
    }

    template <bool adapts, class T>
    FASTNN_INLINE static void any(const Scalars& s, T* p, const T* g, T* m, T* v, dim_t n) {
        using V = Vec<T>;
        const V sign = T(s.sign), weight_decay = T(s.weight_decay), shrink = T(s.shrink);
        const V eps = T(s.eps), step_size = T(s.step_size);
        const Moments<T> moments(s);
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = load(p);
            const V d = fma(weight_decay, x, sign * load(g));
            const V m1 = moments.first(d, load(m)), v1 = moments.second(d, load(v));
            store(m1, m);
            store(v1, v);
            const V u = adapts ? m1 / (sqrt(v1) + eps) : m1;
            store(fnma(step_size, u, shrink * x), p);
        });
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        if (s.adapts != 0) return any<true>(s, p, g, state[0], state[1], n);
        any<false>(s, p, g, state[0], state[1], n);
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
