// Lion. For update.h only.
#pragma once

#include "ops/optim/rule.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::lion> {
    struct Hyper {
        double lr, beta1, beta2, weight_decay, maximize;
    };
    struct Scalars {
        double sign;          // d = sign g
        double shrink;        // p = shrink p - lr sign(m + gain1 (d - m))
        double gain1, gain2;  // m += gain2 (d - m)
        double lr;
    };
    static constexpr optim::Facts facts{.name = "lion_step",
                                        .states = {"exp_avgs"},
                                        .needed = 1,
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 9,
                                        .arrays = 5};
    static constexpr const char* docstring =
        R"(Takes a step of Lion in place: p -= lr * (sign(beta1 * m + (1 - beta1) * d) + weight_decay * p).

Then m += (1 - beta2) * (d - m); d = g, -g to maximize.

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
exp_avgs : list of float arrays like params; m
fresh : list of bool, or None; not used
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 5); lr, beta1, beta2, weight_decay, maximize
Returns None; params and exp_avgs are changed.

>>> p, m = np.ones(2), np.zeros(2)
>>> hyper = np.array([[0.5, 0.9, 0.75, 0, 0]])
>>> kernels.lion_step([p], [np.array([3.0, -1.0])], [m], None, [1], hyper)
>>> p, m
(array([0.5, 1.5]), array([ 0.75, -0.25])))";

    static Scalars prepare(const Hyper& h, const optim::Item&) {
        return {sign_of(h), 1.0 - h.lr * h.weight_decay, 1.0 - h.beta1, 1.0 - h.beta2, h.lr};
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        using V = Vec<T>;
        T* const m = state[0];
        const V factor = T(s.sign), shrink = T(s.shrink), lr = T(s.lr);
        const V gain1 = T(s.gain1), gain2 = T(s.gain2);
        each_vec<T>(n, [&](auto load, auto store) {
            const V d = factor * load(g), mean = load(m);
            store(fma(gain2, d - mean, mean), m);
            store(fnma(lr, sign(fma(gain1, d - mean, mean)), shrink * load(p)), p);
        });
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
