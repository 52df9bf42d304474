// SGD. For update.h only.
#pragma once

#include "ops/optim/rule.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::sgd> {
    struct Hyper {
        double lr, momentum, dampening, weight_decay, nesterov, maximize;
    };
    using Scalars = optim::SgdScalars;
    static constexpr optim::Facts facts{.name = "sgd_step",
                                        .states = {"momentum_buffers"},
                                        .needed = 0,
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 6,
                                        .arrays = 5};
    static constexpr const char* docstring =
        R"(Takes a step of SGD in place: b = momentum * b + (1 - dampening) * d, p -= lr * b.

Here d = g + weight_decay * p, -g to maximize; b is d without a buffer, and in the first step;
with nesterov p -= lr * (d + momentum * b).

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
momentum_buffers : list of float arrays like params, or None for one or all; b
fresh : list of bool, or None; which buffers hold nothing yet
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 6); lr, momentum, dampening, weight_decay, nesterov, maximize
Returns None; params and momentum_buffers are changed.

>>> p = np.array([1.0, 2.0])
>>> kernels.sgd_step([p], [np.ones(2)], None, None, [1], np.array([[0.5, 0, 0, 0, 0, 0]]))
>>> p
array([0.5, 1.5]))";

    static Scalars prepare(const Hyper& h, const optim::Item& item) {
        return {sign_of(h),
                h.weight_decay,
                item.fresh ? 0.0 : h.momentum,  // the first buffer is the gradient itself
                item.fresh ? 1.0 : 1.0 - h.dampening,
                h.lr,
                h.momentum,
                h.nesterov};
    }

    enum class Momentum { none, plain, nesterov };

    template <Momentum mode, class T>
    FASTNN_INLINE static void any(const Scalars& s, T* p, const T* g, T* buf, dim_t n) {
        using V = Vec<T>;
        const V sign = T(s.sign), weight_decay = T(s.weight_decay), momentum = T(s.momentum);
        const V gain = T(s.gain), lr = T(s.lr), push = T(s.push);
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = load(p);
            V d = fma(weight_decay, x, sign * load(g));
            if constexpr (mode != Momentum::none) {
                const V b = fma(momentum, load(buf), gain * d);
                store(b, buf);
                d = mode == Momentum::nesterov ? fma(push, b, d) : b;
            }
            store(fnma(lr, d, x), p);
        });
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        if (state[0] == nullptr) return any<Momentum::none>(s, p, g, state[0], n);
        if (s.nesterov == 0) return any<Momentum::plain>(s, p, g, state[0], n);
        any<Momentum::nesterov>(s, p, g, state[0], n);
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
