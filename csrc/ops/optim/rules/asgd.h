// Averaged SGD. For update.h only.
#pragma once

#include <math.h>

#include "ops/optim/rule.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::asgd> {
    struct Hyper {
        double lr, lambd, alpha, t0, weight_decay, maximize;
    };
    struct Scalars {
        double sign, weight_decay;  // d = sign g + weight_decay p
        double shrink, eta;         // p = shrink p - eta d
        double mu;                  // a += mu (p - a)
    };
    static constexpr optim::Facts facts{.name = "asgd_step",
                                        .states = {"axs"},
                                        .needed = 1,
                                        .numbers = {"steps", "etas", "mus"},
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 8,
                                        .arrays = 5};
    static constexpr const char* docstring =
        R"(Takes a step of averaged SGD in place: p = (1 - lambd * eta) * p - eta * d, a += mu * (p - a).

Here d = g + weight_decay * p, -g to maximize. Then eta = lr / (1 + lambd * lr * t)^alpha and
mu = 1 / max(1, t - t0) for the next step.

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
axs : list of float arrays like params; a
steps, etas, mus : lists of float64 arrays of one number; t - 1, eta and mu, lr and 1 at first
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 6); lr, lambd, alpha, t0, weight_decay, maximize
Returns None; params, axs, steps, etas and mus are changed.

>>> p, a, t, eta, mu = np.ones(2), np.zeros(2), np.zeros(()), np.full((), 0.5), np.ones(())
>>> hyper = np.array([[0.5, 0.25, 0.75, 1e6, 0, 0]])
>>> kernels.asgd_step([p], [np.ones(2)], [a], [t], [eta], [mu], [1], hyper)
>>> p, a, eta.round(3)
(array([0.375, 0.375]), array([0.375, 0.375]), np.float64(0.458)))";

    static Scalars prepare(const Hyper& h, const optim::Item& item) {
        const double t = *item.number[0], eta = *item.number[1], mu = *item.number[2];
        *item.number[1] = h.lr / pow(1.0 + h.lambd * h.lr * t, h.alpha);
        *item.number[2] = 1.0 / (t - h.t0 > 1.0 ? t - h.t0 : 1.0);
        return {sign_of(h), h.weight_decay, 1.0 - h.lambd * eta, eta, mu};
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        using V = Vec<T>;
        T* const a = state[0];
        const V sign = T(s.sign), weight_decay = T(s.weight_decay), shrink = T(s.shrink);
        const V eta = T(s.eta), mu = T(s.mu);
        const bool averages = s.mu != 1;  // else the average is p itself, without rounding
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = load(p);
            const V d = fma(weight_decay, x, sign * load(g));
            const V y = fnma(eta, d, shrink * x), before = load(a);
            store(averages ? fma(mu, y - before, before) : y, a);
            store(y, p);
        });
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
