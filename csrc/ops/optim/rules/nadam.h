// NAdam. For update.h only.
#pragma once

#include <math.h>

#include "ops/optim/rule.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::nadam> {
    struct Hyper {
        double lr, beta1, beta2, eps, weight_decay, momentum_decay, maximize, decoupled;
    };
    struct Scalars {
        double sign, weight_decay;    // d = sign g + weight_decay p
        double shrink;                // p = shrink p, before all else (decoupled weight decay)
        double gain1, beta2, gain2;   // of the moments
        double scale2, eps;           // scale2 = 1 / sqrt(1 - beta2^t)
        double of_grad, of_momentum;  // p -= (of_grad d + of_momentum m) / (scale2 sqrt(v) + eps)
    };
    static constexpr optim::Facts facts{.name = "nadam_step",
                                        .states = {"exp_avgs", "exp_avg_sqs"},
                                        .needed = 2,
                                        .numbers = {"steps", "mu_products"},
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 16,
                                        .arrays = 7};
    static constexpr const char* docstring =
        R"(Takes a step of NAdam in place: p -= lr * (a * d + b * m) / (sqrt(v / (1 - beta2^t)) + eps).

Here a = (1 - mu_t) / (1 - mu_1 ... mu_t), b = mu_t+1 / (1 - mu_1 ... mu_t+1),
mu_t = beta1 * (1 - 0.96^(t * momentum_decay) / 2), m += (1 - beta1) * (d - m),
v = beta2 * v + (1 - beta2) * d^2, d = g + weight_decay * p, -g to maximize; decoupled d = g and
p *= 1 - lr * weight_decay first.

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
exp_avgs, exp_avg_sqs : lists of float arrays like params; m and v
steps, mu_products : lists of float64 arrays of one number; t - 1 and mu_1 ... mu_t-1, 1 at first
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 8); lr, beta1, beta2, eps, weight_decay, momentum_decay, maximize,
    decoupled
Returns None; params, the states, steps and mu_products are changed.

>>> p, m, v, t, mu = np.ones(2), np.zeros(2), np.zeros(2), np.zeros(()), np.ones(())
>>> hyper = np.array([[0.5, 0.9, 0.999, 1e-8, 0, 4e-3, 0, 0]])
>>> kernels.nadam_step([p], [np.ones(2)], [m], [v], [t], [mu], [1], hyper)
>>> p.round(3), mu.round(3)
(array([0.472, 0.472]), np.float64(0.45)))";

    static double mu(const Hyper& h, double t) {
        return h.beta1 * (1.0 - 0.5 * pow(0.96, t * h.momentum_decay));
    }
    static Scalars prepare(const Hyper& h, const optim::Item& item) {
        const bool decoupled = h.decoupled != 0;
        const double t = *item.number[0], now = mu(h, t), next = mu(h, t + 1.0);
        const double product = *item.number[1] *= now;
        return {sign_of(h),
                decoupled ? 0.0 : h.weight_decay,
                decoupled ? 1.0 - h.lr * h.weight_decay : 1.0,
                1.0 - h.beta1,
                h.beta2,
                1.0 - h.beta2,
                1.0 / sqrt(1.0 - pow(h.beta2, t)),
                h.eps,
                h.lr * (1.0 - now) / (1.0 - product),
                h.lr * next / (1.0 - product * next)};
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        using V = Vec<T>;
        T *const m = state[0], *const v = state[1];
        const V sign = T(s.sign), weight_decay = T(s.weight_decay), shrink = T(s.shrink);
        const V scale2 = T(s.scale2), eps = T(s.eps);
        const V of_grad = T(s.of_grad), of_momentum = T(s.of_momentum);
        const Moments<T> moments(s);
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = load(p);
            const V d = fma(weight_decay, x, sign * load(g));
            const V m1 = moments.first(d, load(m)), v1 = moments.second(d, load(v));
            store(m1, m);
            store(v1, v);
            const V u = fma(of_momentum, m1, of_grad * d) / fma(scale2, sqrt(v1), eps);
            store(fma(shrink, x, -u), p);
        });
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
