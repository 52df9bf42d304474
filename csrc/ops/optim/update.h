// The update of a parameter by each native optimizer. For optim_kernel.cpp only.
//
// UpdateOf<Rule::sgd> is the functor. `Hyper` is a row of hyper-parameters, truth values as 0 or 1;
// `Scalars` what `prepare` computes from it once per parameter and step; `run` updates n elements
// of the parameter and of its state.
#pragma once

#include <math.h>

#include "ops/optim/optim.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using optim::Rule;

// Calls f(load, store) over n elements: whole registers, then the tail.
template <class T, class F>
FASTNN_INLINE void each_vec(dim_t n, F f) {
    constexpr dim_t width = Vec<T>::width;
    dim_t i = 0;
    for (; i + width <= n; i += width) {
        f([=](const T* p) { return Vec<T>::load(p + i); }, [=](Vec<T> v, T* p) { v.store(p + i); });
    }
    if (i < n) {
        const dim_t tail = n - i;
        f([=](const T* p) { return Vec<T>::load(p + i, tail); },
          [=](Vec<T> v, T* p) { v.store(p + i, tail); });
    }
}

template <Rule>
struct UpdateOf;

template <>
struct UpdateOf<Rule::sgd> {
    struct Hyper {
        double lr, momentum, dampening, weight_decay, nesterov, maximize;
    };
    using Scalars = optim::SgdScalars;
    static constexpr optim::Facts facts{.name = "sgd_step",
                                        .states = {"momentum_buffers"},
                                        .needed = 0,
                                        .counts_steps = false,
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

    static Scalars prepare(const Hyper& h, bool fresh, double) {
        return {h.maximize != 0 ? -1.0 : 1.0,    h.weight_decay,
                fresh ? 0.0 : h.momentum,  // the first buffer is the gradient itself
                fresh ? 1.0 : 1.0 - h.dampening, h.lr,           h.momentum, h.nesterov};
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

template <>
struct UpdateOf<Rule::adam> {
    struct Hyper {
        double lr, beta1, beta2, eps, weight_decay, maximize, decoupled;
    };
    using Scalars = optim::AdamScalars;
    static constexpr optim::Facts facts{.name = "adam_step",
                                        .states = {"exp_avgs", "exp_avg_sqs", "max_exp_avg_sqs"},
                                        .needed = 2,
                                        .counts_steps = true,
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

    static Scalars prepare(const Hyper& h, bool, double t) {
        const bool decoupled = h.decoupled != 0;
        return {h.maximize != 0 ? -1.0 : 1.0,
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
        const V gain1 = T(s.gain1), beta2 = T(s.beta2), gain2 = T(s.gain2);
        const V scale2 = T(s.scale2), eps = T(s.eps), step_size = T(s.step_size);
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = shrink * load(p);
            const V d = fma(weight_decay, x, sign * load(g));
            V m1 = load(m);
            m1 = fma(gain1, d - m1, m1);
            V v1 = fma(gain2 * d, d, beta2 * load(v));
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

template <>
struct UpdateOf<Rule::rmsprop> {
    struct Hyper {
        double lr, alpha, eps, weight_decay, momentum, maximize;
    };
    struct Scalars {
        double sign, weight_decay;  // d = sign g + weight_decay p
        double alpha, gain;         // v = alpha v + gain d^2
        double eps, momentum, lr;
    };
    static constexpr optim::Facts facts{.name = "rmsprop_step",
                                        .states = {"square_avgs", "grad_avgs", "momentum_buffers"},
                                        .needed = 1,
                                        .counts_steps = true,
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 10,
                                        .arrays = 5};
    static constexpr const char* docstring =
        R"(Takes a step of RMSprop in place: b = momentum * b + d / (sqrt(v - m^2) + eps), p -= lr * b.

Here v = alpha * v + (1 - alpha) * d^2, d = g + weight_decay * p, -g to maximize, and m is 0 or
(centered) m += (1 - alpha) * (d - m).

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
square_avgs : list of float arrays like params; v
grad_avgs, momentum_buffers : lists of float arrays like params, or None for one or all; m and b
steps : list of float64 arrays of one number; incremented
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 6); lr, alpha, eps, weight_decay, momentum, maximize
Returns None; params, the states and steps are changed.

>>> p, v, t = np.ones(2), np.zeros(2), np.zeros(())
>>> hyper = np.array([[0.5, 0.75, 1e-8, 0, 0, 0]])
>>> kernels.rmsprop_step([p], [np.ones(2)], [v], None, None, [t], [1], hyper)
>>> p.round(3), t
(array([0., 0.]), array(1.)))";

    static Scalars prepare(const Hyper& h, bool, double) {
        return {h.maximize != 0 ? -1.0 : 1.0,
                h.weight_decay,
                h.alpha,
                1.0 - h.alpha,
                h.eps,
                h.momentum,
                h.lr};
    }

    template <bool centered, bool moving, class T>
    FASTNN_INLINE static void any(const Scalars& s, T* p, const T* g, T* v, T* m, T* buf, dim_t n) {
        using V = Vec<T>;
        const V sign = T(s.sign), weight_decay = T(s.weight_decay), alpha = T(s.alpha);
        const V gain = T(s.gain), eps = T(s.eps), momentum = T(s.momentum), lr = T(s.lr);
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = load(p);
            const V d = fma(weight_decay, x, sign * load(g));
            V square = fma(gain * d, d, alpha * load(v));
            store(square, v);
            if constexpr (centered) {
                V mean = load(m);
                mean = fma(gain, d - mean, mean);
                store(mean, m);
                square = fnma(mean, mean, square);
            }
            V b = d / (sqrt(square) + eps);
            if constexpr (moving) {
                b = fma(momentum, load(buf), b);
                store(b, buf);
            }
            store(fnma(lr, b, x), p);
        });
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T* g, T* const* state, dim_t n) {
        T *const v = state[0], *const m = state[1], *const buf = state[2];
        if (m == nullptr) {
            buf == nullptr ? any<false, false>(s, p, g, v, m, buf, n)
                           : any<false, true>(s, p, g, v, m, buf, n);
        } else {
            buf == nullptr ? any<true, false>(s, p, g, v, m, buf, n)
                           : any<true, true>(s, p, g, v, m, buf, n);
        }
    }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
