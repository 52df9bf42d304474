// Adagrad. For update.h only.
#pragma once

#include "ops/optim/rule.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::adagrad> {
    struct Hyper {
        double lr, lr_decay, eps, weight_decay, maximize;
    };
    struct Scalars {
        double sign, weight_decay;  // d = sign g + weight_decay p
        double step_size, eps;      // p -= step_size d / (sqrt(v) + eps)
    };
    static constexpr optim::Facts facts{.name = "adagrad_step",
                                        .states = {"sums"},
                                        .needed = 1,
                                        .numbers = {"steps"},
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 7,
                                        .arrays = 5};
    static constexpr const char* docstring =
        R"(Takes a step of Adagrad in place: p -= lr / (1 + (t - 1) * lr_decay) * d / (sqrt(v) + eps).

Here v += d^2, d = g + weight_decay * p, -g to maximize.

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
sums : list of float arrays like params; v
steps : list of float64 arrays of one number; t - 1
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 5); lr, lr_decay, eps, weight_decay, maximize
Returns None; params, sums and steps are changed.

>>> p, v, t = np.ones(2), np.zeros(2), np.zeros(())
>>> hyper = np.array([[0.5, 0, 1e-10, 0, 0]])
>>> kernels.adagrad_step([p], [np.full(2, 3.0)], [v], [t], [1], hyper)
>>> p.round(3), v
(array([0.5, 0.5]), array([9., 9.])))";

    static Scalars prepare(const Hyper& h, const optim::Item& item) {
        const double step_size = h.lr / (1.0 + (*item.number[0] - 1.0) * h.lr_decay);
        return {sign_of(h), h.weight_decay, step_size, h.eps};
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        using V = Vec<T>;
        T* const v = state[0];
        const V sign = T(s.sign), weight_decay = T(s.weight_decay);
        const V step_size = T(s.step_size), eps = T(s.eps);
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = load(p);
            const V d = fma(weight_decay, x, sign * load(g));
            const V square = fma(d, d, load(v));
            store(square, v);
            store(fnma(step_size, d / (sqrt(square) + eps), x), p);
        });
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
