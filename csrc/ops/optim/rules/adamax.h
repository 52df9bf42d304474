// Adamax. For update.h only.
#pragma once

#include <math.h>

#include "ops/optim/rule.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::adamax> {
    struct Hyper {
        double lr, beta1, beta2, eps, weight_decay, maximize;
    };
    struct Scalars {
        double sign, weight_decay;  // d = sign g + weight_decay p
        double gain1, beta2, eps;   // m += gain1 (d - m),  u = max(beta2 u, |d| + eps)
        double step_size;           // p -= step_size m / u
    };
    static constexpr optim::Facts facts{.name = "adamax_step",
                                        .states = {"exp_avgs", "exp_infs"},
                                        .needed = 2,
                                        .numbers = {"steps"},
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 9,
                                        .arrays = 7};
    static constexpr const char* docstring =
        R"(Takes a step of Adamax in place: p -= lr / (1 - beta1^t) * m / u.

Here m += (1 - beta1) * (d - m), u = max(beta2 * u, |d| + eps), d = g + weight_decay * p,
-g to maximize.

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
exp_avgs, exp_infs : lists of float arrays like params; m and u
steps : list of float64 arrays of one number; t - 1
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 6); lr, beta1, beta2, eps, weight_decay, maximize
Returns None; params, the states and steps are changed.

>>> p, m, u, t = np.ones(2), np.zeros(2), np.zeros(2), np.zeros(())
>>> hyper = np.array([[0.5, 0.9, 0.999, 1e-8, 0, 0]])
>>> kernels.adamax_step([p], [np.full(2, 3.0)], [m], [u], [t], [1], hyper)
>>> p.round(3), u.round(3)
(array([0.5, 0.5]), array([3., 3.])))";

    static Scalars prepare(const Hyper& h, const optim::Item& item) {
        const double step_size = h.lr / (1.0 - pow(h.beta1, *item.number[0]));
        return {sign_of(h), h.weight_decay, 1.0 - h.beta1, h.beta2, h.eps, step_size};
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        using V = Vec<T>;
        T *const m = state[0], *const u = state[1];
        const V sign = T(s.sign), weight_decay = T(s.weight_decay), gain1 = T(s.gain1);
        const V beta2 = T(s.beta2), eps = T(s.eps), step_size = T(s.step_size);
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = load(p);
            const V d = fma(weight_decay, x, sign * load(g));
            V mean = load(m);
            mean = fma(gain1, d - mean, mean);
            const V most = max(beta2 * load(u), abs(d) + eps);
            store(mean, m);
            store(most, u);
            store(fnma(step_size, mean / most, x), p);
        });
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
