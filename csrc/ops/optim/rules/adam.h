// Adam and AdamW. For update.h only.
#pragma once

#include <math.h>

#include "ops/optim/rule.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::adam> {
    struct Hyper {
        double lr, beta1, beta2, eps, weight_decay, maximize, decoupled;
    };
    using Scalars = optim::AdamScalars;
    static constexpr optim::Facts facts{.name = "adam_step",
                                        .states = {"exp_avgs", "exp_avg_sqs", "max_exp_avg_sqs"},
                                        .needed = 2,
                                        .numbers = {"steps"},
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 14,
                                        .arrays = 7};
    static constexpr const char* docstring =
        R"(Takes a step of Adam in place: p -= lr / (1 - beta1^t) * m / (sqrt(v / (1 - beta2^t)) + eps).

Here m += (1 - beta1) * (d - m), v = beta2 * v + (1 - beta2) * d^2, d = g + weight_decay * p,
-g to maximize; decoupled (AdamW) d = g and p *= 1 - lr * weight_decay first.

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
exp_avgs, exp_avg_sqs : lists of float arrays like params; m and v
max_exp_avg_sqs : list of float arrays like params, or None for one or all; the largest v (AMSGrad)
steps : list of float64 arrays of one number; t - 1
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 7); lr, beta1, beta2, eps, weight_decay, maximize, decoupled
Returns None; params, the states and steps are changed.

>>> p, m, v, t = np.ones(2), np.zeros(2), np.zeros(2), np.zeros(())
>>> hyper = np.array([[0.5, 0.9, 0.999, 1e-8, 0, 0, 0]])
>>> kernels.adam_step([p], [np.ones(2)], [m], [v], None, [t], [1], hyper)
>>> p.round(3), t
(array([0.5, 0.5]), array(1.)))";

    static Scalars prepare(const Hyper& h, const optim::Item& item) {
        const double t = *item.number[0];
        const bool decoupled = h.decoupled != 0;
        return {sign_of(h),
                decoupled ? 0.0 : h.weight_decay,
                decoupled ? 1.0 - h.lr * h.weight_decay : 1.0,
                1.0 - h.beta1,
                h.beta2,
                1.0 - h.beta2,
                1.0 / sqrt(1.0 - pow(h.beta2, t)),
                h.eps,
                h.lr / (1.0 - pow(h.beta1, t))};
    }

    template <bool max, class T>
    FASTNN_INLINE static void any(const Scalars& s, T* p, const T* g, T* m, T* v, T* vmax,
                                  dim_t n) {
        using V = Vec<T>;
        const V sign = T(s.sign), weight_decay = T(s.weight_decay), shrink = T(s.shrink);
        const V scale2 = T(s.scale2), eps = T(s.eps), step_size = T(s.step_size);
        const Moments<T> moments(s);
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = shrink * load(p);
            const V d = fma(weight_decay, x, sign * load(g));
            const V m1 = moments.first(d, load(m));
            V v1 = moments.second(d, load(v));
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
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        if (state[2] == nullptr) return any<false>(s, p, g, state[0], state[1], state[2], n);
        any<true>(s, p, g, state[0], state[1], state[2], n);
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
