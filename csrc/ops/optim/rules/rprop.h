// Resilient backpropagation. For update.h only.
#pragma once

#include "ops/optim/rule.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::rprop> {
    struct Hyper {
        double eta_minus, eta_plus, smallest, largest, maximize;
    };
    struct Scalars {
        double sign;  // d = sign g
        double eta_minus, eta_plus, smallest, largest;
    };
    static constexpr optim::Facts facts{.name = "rprop_step",
                                        .states = {"prevs", "step_sizes"},
                                        .needed = 2,
                                        .numbers = {"steps"},
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 8,
                                        .arrays = 7};
    static constexpr const char* docstring =
        R"(Takes a step of Rprop in place: p -= sign(d) * s, s = min(max(f * s, smallest), largest) first.

Here f is eta_plus where d and that of the step before have one sign, eta_minus where they have
two, where d then becomes 0, and else 1; d = g, -g to maximize.

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
prevs, step_sizes : lists of float arrays like params; the d before, 0 at first, and s
steps : list of float64 arrays of one number; incremented
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 5); eta_minus, eta_plus, smallest, largest, maximize
Returns None; params, the states and steps are changed.

>>> p, d, s, t = np.ones(2), np.array([1.0, -1.0]), np.full(2, 0.5), np.zeros(())
>>> hyper = np.array([[0.5, 1.5, 1e-6, 50, 0]])
>>> kernels.rprop_step([p], [np.ones(2)], [d], [s], [t], [1], hyper)
>>> p, s, d
(array([0.25, 1.  ]), array([0.75, 0.25]), array([1., 0.])))";

    static Scalars prepare(const Hyper& h, const optim::Item&) {
        return {sign_of(h), h.eta_minus, h.eta_plus, h.smallest, h.largest};
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        using V = Vec<T>;
        T *const prev = state[0], *const size = state[1];
        const V factor = T(s.sign), minus = T(s.eta_minus), plus = T(s.eta_plus), zero, one = T(1);
        const V smallest = T(s.smallest), largest = T(s.largest);
        each_vec<T>(n, [&](auto load, auto store) {
            V d = factor * load(g);
            const V same = d * load(prev);
            // NaN, which is neither, stays NaN; so in this order of max and min.
            const V f = select(same > zero, plus, select(same < zero, minus, same + one));
            const V step = max(smallest, min(largest, f * load(size)));
            d = select(same < zero, zero, d);
            store(step, size);
            store(d, prev);
            store(fnma(sign(d), step, load(p)), p);
        });
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
