// LAMB. For update.h only.
#pragma once

#include <math.h>

#include "ops/optim/rule.h"
#include "ops/optim/squares.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <>
struct UpdateOf<Rule::lamb> {
    struct Hyper {
        double lr, beta1, beta2, eps, weight_decay, maximize;
    };
    struct Scalars {
        double sign, weight_decay;   // d = sign g,  u = m' / (sqrt(v') + eps) + weight_decay p
        double gain1, beta2, gain2;  // of the moments
        double scale1, scale2, eps;  // m' = scale1 m,  sqrt(v') = scale2 sqrt(v)
        double step_size;            // p -= step_size u; lr until it is settled
    };
    static constexpr optim::Facts facts{.name = "lamb_step",
                                        .states = {"exp_avgs", "exp_avg_sqs"},
                                        .needed = 2,
                                        .numbers = {"steps"},
                                        .hyper = sizeof(Hyper) / sizeof(double),
                                        .flops = 25,
                                        .arrays = 11,
                                        .norms = 2};
    static constexpr const char* docstring =
        R"(Takes a step of LAMB in place: p -= lr * |p| / |u| * u.

Here u = m' / (sqrt(v') + eps) + weight_decay * p,
m += (1 - beta1) * (d - m), m' = m / (1 - beta1^t), v = beta2 * v + (1 - beta2) * d^2,
v' = v / (1 - beta2^t), d = g, -g to maximize. The norms are those of each whole parameter; their
ratio is 1 if one of them is 0.

params, grads : lists of float arrays (...); p and g, each g of the shape of its p
exp_avgs, exp_avg_sqs : lists of float arrays like params; m and v
steps : list of float64 arrays of one number; t - 1
counts : list of int; how many parameters, one after another, have each row of hyper
hyper : float64 (groups, 6); lr, beta1, beta2, eps, weight_decay, maximize
Returns None; params, the states and steps are changed.

>>> p, m, v, t = np.full(2, 2.0), np.zeros(2), np.zeros(2), np.zeros(())
>>> hyper = np.array([[0.25, 0.9, 0.999, 1e-8, 0, 0]])
>>> kernels.lamb_step([p], [np.full(2, 3.0)], [m], [v], [t], [1], hyper)
>>> p.round(3), t
(array([1.5, 1.5]), array(1.)))";

    static Scalars prepare(const Hyper& h, const optim::Item& item) {
        const double t = *item.number[0];
        return {sign_of(h),
                h.weight_decay,
                1.0 - h.beta1,
                h.beta2,
                1.0 - h.beta2,
                1.0 / (1.0 - pow(h.beta1, t)),
                1.0 / sqrt(1.0 - pow(h.beta2, t)),
                h.eps,
                h.lr};
    }

    // The moments, and the squares of p and u.
    template <class T>
    static void measure(const Scalars& s, const T* p, const T* g, T* const* state, dim_t n,
                        double* sums) {
        using V = Vec<T>;
        T *const m = state[0], *const v = state[1];
        const V factor = T(s.sign);
        const Moments<T> moments(s);
        const Step<T> step(s);
        Squares of_p, of_u;
        dim_t left = n;
        each_vec<T>(n, [&](auto load, auto store) {
            const V d = factor * load(g), x = load(p);
            const V m1 = moments.first(d, load(m)), v1 = moments.second(d, load(v));
            store(m1, m);
            store(v1, v);
            // With eps 0, u is NaN in the lanes beyond n.
            const V u =
                select(Mask<T>::first(left < V::width ? left : V::width), step(x, m1, v1), V());
            left -= V::width;
            of_p.add(x, 0);
            of_u.add(u, 0);
        });
        sums[0] += of_p.total();
        sums[1] += of_u.total();
    }

    static void settle(const double* sums, Scalars& s) {
        const double p = sqrt(sums[0]), u = sqrt(sums[1]);
        if (p > 0 && u > 0) s.step_size *= p / u;
    }

    template <class T>
    static void run(const Scalars& s, T* p, const T*, T* const* state, dim_t n) {
        using V = Vec<T>;
        const T *const m = state[0], *const v = state[1];
        const V step_size = T(s.step_size);
        const Step<T> step(s);
        each_vec<T>(n, [&](auto load, auto store) {
            const V x = load(p);
            store(fnma(step_size, step(x, load(m), load(v)), x), p);
        });
    }

 private:
    template <class T>
    struct Step {
        Vec<T> weight_decay, scale1, scale2, eps;
        explicit Step(const Scalars& s)
            : weight_decay(T(s.weight_decay)),
              scale1(T(s.scale1)),
              scale2(T(s.scale2)),
              eps(T(s.eps)) {}
        FASTNN_INLINE Vec<T> operator()(Vec<T> x, Vec<T> m, Vec<T> v) const {
            return fma(weight_decay, x, scale1 * m / fma(scale2, sqrt(v), eps));
        }
    };
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
