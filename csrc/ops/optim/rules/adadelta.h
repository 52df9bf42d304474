// Adadelta. For update.h only.
#pragma once

#include "ops/optim/rule.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::adadelta> {
    struct Hyper {
        double lr, rho, eps, weight_decay, maximize;
    };
    struct Scalars {
        double sign, weight_decay;  // d = sign g + weight_decay p
        double rho, gain;           // v = rho v + gain d^2, and a of u
        double eps, lr;
    };
    static constexpr optim::Facts facts{.name = "adadelta_step",
                                        .states = {"square_avgs", "acc_deltas"},
                                        .needed = 2,
                                        .numbers = {"steps"},
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 14,
                                        .arrays = 7};
    static constexpr const char* docstring =
        R"(Takes a step of Adadelta in place: u = sqrt(a + eps) / sqrt(v + eps) * d, p -= lr * u.

Here v = rho * v + (1 - rho) * d^2 before it and a = rho * a + (1 - rho) * u^2 after it,
d = g + weight_decay * p, -g to maximize.

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
square_avgs, acc_deltas : lists of float arrays like params; v and a
steps : list of float64 arrays of one number; incremented
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 5); lr, rho, eps, weight_decay, maximize
Returns None; params, the states and steps are changed.

>>> p, v, a, t = np.ones(2), np.zeros(2), np.zeros(2), np.zeros(())
>>> hyper = np.array([[1.0, 0.75, 1e-2, 0, 0]])
>>> kernels.adadelta_step([p], [np.ones(2)], [v], [a], [t], [1], hyper)
>>> p.round(3), t
(array([0.804, 0.804]), array(1.)))";

    static Scalars prepare(const Hyper& h, const optim::Item&) {
        return {sign_of(h), h.weight_decay, h.rho, 1.0 - h.rho, h.eps, h.lr};
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        using V = Vec<T>;
        T *const v = state[0], *const a = state[1];
        const V sign = T(s.sign), weight_decay = T(s.weight_decay), rho = T(s.rho);
        const V gain = T(s.gain), eps = T(s.eps), lr = T(s.lr);
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = load(p);
            const V d = fma(weight_decay, x, sign * load(g));
            const V square = fma(gain * d, d, rho * load(v));
            store(square, v);
            const V moved = load(a);
            const V u = sqrt(moved + eps) / sqrt(square + eps) * d;
            store(fma(gain * u, u, rho * moved), a);
            store(fnma(lr, u, x), p);
        });
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
