#include "ops/loss/loss.h"

#include "simd/loops.h"
#include "simd/math.h"

namespace fastnn::FASTNN_ISA {
namespace {

using loss::Chunk;
using loss::Facts;
using loss::Op;
using loss::Operand;
using loss::Params;

// LossOf<Op::mse, T> is the functor of that loss: value is f, dx, dt and (where facts name a third
// operand) dv are its derivatives by x, t and v. Values are NaN for NaN.
template <Op, class T>
struct LossOf;

template <class V>
FASTNN_INLINE V sign(V d) {
    return select(d > V(), V(1), select(d < V(), V(-1), d));
}

template <class V>
FASTNN_INLINE V clip(V x, V bound) {
    return min(bound, max(-bound, x));
}

template <class T>
struct LossOf<Op::mse, T> {
    using V = Vec<T>;
    static constexpr Facts facts{.name = "mse_loss",
                                 .formula = "(x - t)^2",
                                 .flops = 3,
                                 .element_ns = 0.1,
                                 .losses = "[0.25, 0.04]",
                                 .gradients = "[-0.5, -0.2]"};
    explicit LossOf(const Params&) {}
    V value(V x, V t, V) const { return (x - t) * (x - t); }
    V dx(V x, V t, V) const { return V(2) * (x - t); }
    V dt(V x, V t, V) const { return V(2) * (t - x); }
};

template <class T>
struct LossOf<Op::l1, T> {
    using V = Vec<T>;
    static constexpr Facts facts{.name = "l1_loss",
                                 .formula = "|x - t|",
                                 .flops = 3,
                                 .element_ns = 0.1,
                                 .losses = "[0.5, 0.2]",
                                 .gradients = "[-0.5, -0.5]"};
    explicit LossOf(const Params&) {}
    V value(V x, V t, V) const { return abs(x - t); }
    V dx(V x, V t, V) const { return sign(x - t); }
    V dt(V x, V t, V) const { return sign(t - x); }
};

template <class T>
struct LossOf<Op::smooth_l1, T> {
    using V = Vec<T>;
    static constexpr Facts facts{
        .name = "smooth_l1_loss",
        .formula = "(x - t)^2 / (2 beta) where |x - t| < beta, else |x - t| - beta / 2",
        .flops = 6,
        .element_ns = 0.15,
        .parameters = {{"beta", 1, true}},
        .losses = "[0.125, 0.02 ]",
        .gradients = "[-0.25, -0.1 ]"};
    V beta, inverse;
    explicit LossOf(const Params& a) : beta(T(a.p)), inverse(T(1) / T(a.p)) {}
    V value(V x, V t, V) const {
        const V d = abs(x - t);
        return select(d < beta, V(T(0.5)) * d * d * inverse, fnma(V(T(0.5)), beta, d));
    }
    V dx(V x, V t, V) const { return clip((x - t) * inverse, V(1)); }
    V dt(V x, V t, V) const { return clip((t - x) * inverse, V(1)); }
};

template <class T>
struct LossOf<Op::huber, T> {
    using V = Vec<T>;
    static constexpr Facts facts{
        .name = "huber_loss",
        .formula = "(x - t)^2 / 2 where |x - t| < delta, else delta * (|x - t| - delta / 2)",
        .flops = 6,
        .element_ns = 0.15,
        .parameters = {{"delta", 1, true}},
        .losses = "[0.125, 0.02 ]",
        .gradients = "[-0.25, -0.1 ]"};
    V delta;
    explicit LossOf(const Params& a) : delta(T(a.p)) {}
    V value(V x, V t, V) const {
        const V d = abs(x - t);
        return select(d < delta, V(T(0.5)) * d * d, delta * fnma(V(T(0.5)), delta, d));
    }
    V dx(V x, V t, V) const { return clip(x - t, delta); }
    V dt(V x, V t, V) const { return clip(t - x, delta); }
};

template <class T>
struct LossOf<Op::soft_margin, T> {
    using V = Vec<T>;
    static constexpr Facts facts{.name = "soft_margin_loss",
                                 .formula = "log(1 + e^(-t * x))",
                                 .flops = 35,
                                 .element_ns = 0.9,
                                 .losses = "[0.474, 0.621]",
                                 .gradients = "[-0.189, -0.116]"};
    explicit LossOf(const Params&) {}
    V value(V x, V t, V) const {
        const V z = t * x;
        return max(V(), -z) + log1p(exp(-abs(z)));
    }
    V dx(V x, V t, V) const { return -t * sigmoid(-t * x); }
    V dt(V x, V t, V) const { return -x * sigmoid(-t * x); }
};

template <class T>
struct LossOf<Op::bce, T> {
    using V = Vec<T>;
    static constexpr Facts facts{
        .name = "binary_cross_entropy",
        .formula = "-t * log(x) - (1 - t) * log(1 - x), with logarithms of at least -100",
        .flops = 40,
        .element_ns = 1.2,
        .weighted = true,
        .losses = "[0.693, 0.78 ]",
        .gradients = "[-1.   , -0.476]"};
    static constexpr T lowest = -100;  // PyTorch's bound: the loss is finite at x = 0 and 1
    explicit LossOf(const Params&) {}
    static V log_yes(V x) { return max(V(lowest), log(x)); }
    static V log_no(V x) { return max(V(lowest), log1p(-x)); }
    V value(V x, V t, V) const {
        const V no = log_no(x);
        return fnma(t, log_yes(x) - no, -no);
    }
    V dx(V x, V t, V) const { return (x - t) / max(V(T(1e-12)), x * (V(1) - x)); }
    V dt(V x, V, V) const { return log_no(x) - log_yes(x); }
};

template <class T>
struct LossOf<Op::bce_with_logits, T> {
    using V = Vec<T>;
    static constexpr Facts facts{
        .name = "binary_cross_entropy_with_logits",
        .formula = "-v * t * log(s) - (1 - t) * log(1 - s), s = 1 / (1 + e^-x)",
        .flops = 40,
        .element_ns = 1.0,
        .weighted = true,
        .losses = "[0.474, 0.704]",
        .gradients = "[-0.189,  0.037]"};
    explicit LossOf(const Params&) {}
    static V log_factor(V t, V v) { return fma(v - V(1), t, V(1)); }
    static V rest(V x) { return log1p(exp(-abs(x))); }
    // log(1 + e^-x) = max(-x, 0) + rest(x). For x < 0, -x is combined with (1 - t) x, or a small
    // loss would be the difference of two large numbers.
    V value(V x, V t, V v) const {
        return fma(select(x < V(), -v * t, V(1) - t), x, log_factor(t, v) * rest(x));
    }
    // (1 - t) - log_factor sigmoid(-x), rearranged to be accurate where sigmoid(x) is small.
    V dx(V x, V t, V v) const { return fnma(v, t, log_factor(t, v) * sigmoid(x)); }
    V dt(V x, V, V v) const { return fma(v - V(1), max(V(), -x) + rest(x), -x); }
};

// t log(t), 0 at 0.
template <class V>
FASTNN_INLINE V xlogx(V t) {
    return select(t == V(), V(), t * log(t));
}

template <class T>
struct LossOf<Op::kl_div, T> {
    using V = Vec<T>;
    static constexpr Facts facts{
        .name = "kl_div",
        .formula = "t * (log(t) - x), or e^t * (t - x) where log_target is not 0",
        .flops = 20,
        .element_ns = 0.6,
        .parameters = {{"log_target", 0}},
        .losses = "[-0.5  , -0.497]",
        .gradients = "[-0.5 , -0.25]"};
    bool log_target;
    explicit LossOf(const Params& a) : log_target(a.p != 0) {}
    V value(V x, V t, V) const { return log_target ? exp(t) * (t - x) : fnma(t, x, xlogx(t)); }
    V dx(V, V t, V) const { return log_target ? -exp(t) : -t; }
    // That of t log(t) at 0, which is infinite, counts as 0.
    V dt(V x, V t, V) const {
        if (log_target) return exp(t) * (t - x + V(1));
        return select(t == V(), V(), log(t) + V(1)) - x;
    }
};

template <class T>
struct LossOf<Op::hinge_embedding, T> {
    using V = Vec<T>;
    static constexpr Facts facts{
        .name = "hinge_embedding_loss",
        .formula = "x where t = 1, max(margin - x, 0) where t = -1, their sum for other t",
        .flops = 4,
        .element_ns = 0.15,
        .parameters = {{"margin", 1}},
        .losses = "[0.5, 1. ]",
        .gradients = "[0.5, 0. ]"};
    V margin;
    explicit LossOf(const Params& a) : margin(T(a.p)) {}
    V value(V x, V t, V) const {
        return select(t == V(1), V(), max(V(), margin - x)) + select(t == V(-1), V(), x);
    }
    V dx(V x, V t, V) const {
        return select((t == V(1)) | (x > margin), V(), V(-1)) + select(t == V(-1), V(), V(1));
    }
    V dt(V, V, V) const { return V(); }
};

template <class T>
struct LossOf<Op::poisson_nll, T> {
    using V = Vec<T>;
    static constexpr Facts facts{
        .name = "poisson_nll_loss",
        .formula = "e^x - t * x, or x - t * log(x + eps) where log_input is 0",
        .more = "Where full is not 0 and t > 1: + t * log(t) - t + log(2 * pi * t) / 2.\n\n",
        .flops = 25,
        .element_ns = 0.7,
        .parameters = {{"log_input", 1}, {"full", 0}, {"eps", 1e-8}},
        .losses = "[1.149, 1.2  ]",
        .gradients = "[0.324, 0.425]"};
    bool log_input, full;
    V eps;
    explicit LossOf(const Params& a) : log_input(a.p != 0), full(a.q != 0), eps(T(a.r)) {}
    V value(V x, V t, V) const {
        const V l = log_input ? fnma(t, x, exp(x)) : fnma(t, log(x + eps), x);
        if (!full) return l;
        const V stirling = t * log(t) - t + V(T(0.5)) * log(t * V(T(6.283185307179586477)));
        return l + select(t > V(1), stirling, V());
    }
    V dx(V x, V t, V) const { return log_input ? exp(x) - t : V(1) - t / (x + eps); }
    V dt(V x, V t, V) const {
        const V d = log_input ? -x : -log(x + eps);
        return full ? d + select(t > V(1), log(t) + V(T(0.5)) / t, V()) : d;
    }
};

// With s = sigmoid(x): ce = -t log(s) - (1 - t) log(1 - s) and q = (1 - t) s + t (1 - s), what the
// prediction lacks. c is alpha for t = 1 and 1 - alpha for t = 0, or 1 where alpha is negative.
template <class T>
struct LossOf<Op::sigmoid_focal, T> {
    using V = Vec<T>;
    static constexpr Facts facts{
        .name = "sigmoid_focal_loss",
        .formula = "c * q^gamma * (-t * log(s) - (1 - t) * log(1 - s))",
        .more =
            "With s = 1 / (1 + e^-x) and q = (1 - t) * s + t * (1 - s);\n"
            "c = alpha * t + (1 - alpha) * (1 - t), or 1 where alpha < 0.\n\n",
        .flops = 120,
        .element_ns = 3,
        .parameters = {{"alpha", 0.25}, {"gamma", 2}},
        .losses = "[0.017, 0.088]",
        .gradients = "[-0.017,  0.005]"};
    V alpha, gamma;
    bool balanced;
    explicit LossOf(const Params& a) : alpha(T(a.p)), gamma(T(a.q)), balanced(a.p >= 0) {}
    struct Parts {
        V s, rest, ce, q, power, c;
    };
    Parts parts(V x, V t) const {
        const V s = sigmoid(x), rest = sigmoid(-x), q = fma(V(1) - t, s, t * rest);
        const V ce = fma(select(x < V(), -t, V(1) - t), x, log1p(exp(-abs(x))));
        const V c = fma(alpha, t, (V(1) - alpha) * (V(1) - t));
        return {s, rest, ce, q, pow(q, gamma), balanced ? c : V(1)};
    }
    // gamma q^(gamma - 1): q is 0 only where s or 1 - s has underflowed.
    V slope(const Parts& p) const { return gamma * p.power / max(V(T(0x1p-126)), p.q); }
    V value(V x, V t, V) const {
        const Parts p = parts(x, t);
        return p.c * p.power * p.ce;
    }
    V dx(V x, V t, V) const {
        const Parts p = parts(x, t);
        const V dq = fnma(V(2), t, V(1)) * (p.s * p.rest);
        return p.c * fma(p.ce * slope(p), dq, p.power * fnma(t, p.rest, (V(1) - t) * p.s));
    }
    V dt(V x, V t, V) const {
        const Parts p = parts(x, t);
        const V dc = balanced ? V(2) * alpha - V(1) : V();
        const V d = fma(p.ce * slope(p), p.rest - p.s, -x * p.power);
        return fma(dc * p.power, p.ce, p.c * d);
    }
};

template <class T>
struct LossOf<Op::gaussian_nll, T> {
    using V = Vec<T>;
    static constexpr Facts facts{.name = "gaussian_nll_loss",
                                 .formula = "(log(w) + (x - t)^2 / w) / 2, w = max(v, eps)",
                                 .more = "Where full is not 0: + log(2 * pi) / 2.\n\n",
                                 .flops = 25,
                                 .element_ns = 0.6,
                                 .parameters = {{"full", 0}, {"eps", 1e-6}},
                                 .operand = "var",
                                 .losses = "[0.125, 0.02 ]",
                                 .gradients = "[-0.25, -0.1 ]"};
    V constant, eps;
    explicit LossOf(const Params& a)
        : constant(T(a.p != 0 ? 0.91893853320467274178 : 0.0)), eps(T(a.q)) {}
    V value(V x, V t, V v) const {
        const V w = max(eps, v), d = x - t;
        return fma(V(T(0.5)), log(w) + d * d / w, constant);
    }
    V dx(V x, V t, V v) const { return (x - t) / max(eps, v); }
    V dt(V x, V t, V v) const { return (t - x) / max(eps, v); }
    // Where v < eps it is that of w, as in PyTorch, so that variances leave the bound again.
    V dv(V x, V t, V v) const {
        const V i = V(1) / max(eps, v), d = (x - t) * i;
        return V(T(0.5)) * (i - d * d);
    }
};

template <class T>
struct LossOf<Op::margin_ranking, T> {
    using V = Vec<T>;
    static constexpr Facts facts{.name = "margin_ranking_loss",
                                 .formula = "max(margin - v * (x - t), 0)",
                                 .flops = 4,
                                 .element_ns = 0.15,
                                 .parameters = {{"margin", 0}},
                                 .operand = "side",
                                 .losses = "[0.5, 0.2]",
                                 .gradients = "[-0.5, -0.5]"};
    V margin;
    explicit LossOf(const Params& a) : margin(T(a.p)) {}
    V inner(V x, V t, V v) const { return fnma(v, x - t, margin); }
    V value(V x, V t, V v) const { return max(V(), inner(x, t, v)); }
    V dx(V x, V t, V v) const { return select(inner(x, t, v) < V(), V(), -v); }
    V dt(V x, V t, V v) const { return select(inner(x, t, v) < V(), V(), v); }
    V dv(V x, V t, V v) const { return select(inner(x, t, v) < V(), V(), t - x); }
};

// The first `count` values of an array at i, or 1 where there is none.
template <class T>
FASTNN_INLINE Vec<T> load_or_one(const T* p, dim_t i, dim_t count) {
    return p == nullptr ? Vec<T>(T(1)) : load(p + i, count);
}

// So many vectors are added lane by lane in T; their sums are added in double.
constexpr dim_t kBlock = 64;

template <class F, class T>
double forward(const Chunk<T>& c, T* out) {
    using V = Vec<T>;
    const F f(c.params);
    const auto each = [&](dim_t i, dim_t count) __attribute__((always_inline)) {
        const V v = load_or_one(c.third, i, count);
        V l = f.value(load(c.x + i, count), load(c.target + i, count), v);
        if (c.weight != nullptr) l = l * load(c.weight + i, count);
        if (out != nullptr) l.store(out + i, count);
        return l;
    };
    double total = 0;
    dim_t i = 0;
    while (i + V::width <= c.n) {
        const dim_t stop = i + kBlock * V::width;
        V block;
        for (; i < stop && i + V::width <= c.n; i += V::width) block += each(i, V::width);
        total += double(sum(block));
    }
    if (i < c.n) total += double(sum(select(Mask<T>::first(c.n - i), each(i, c.n - i), V())));
    return total;
}

template <Operand of, class F, class T>
FASTNN_INLINE void backward_loop(const Chunk<T>& c, const T* dy, T factor, T* dx) {
    using V = Vec<T>;
    const F f(c.params);
    const auto each = [&](dim_t i, dim_t count) __attribute__((always_inline)) {
        const V x = load(c.x + i, count), t = load(c.target + i, count),
                v = load_or_one(c.third, i, count);
        V g = V(factor);
        if constexpr (of == Operand::third) {
            g *= f.dv(x, t, v);
        } else {
            g *= of == Operand::target ? f.dt(x, t, v) : f.dx(x, t, v);
        }
        if (c.weight != nullptr) g = g * load(c.weight + i, count);
        if (dy != nullptr) g = g * load(dy + i, count);
        return g;
    };
    dim_t i = 0;
    for (; i + V::width <= c.n; i += V::width) each(i, V::width).store(dx + i);
    if (i < c.n) each(i, c.n - i).store(dx + i, c.n - i);
}

template <class F, class T>
void backward(const Chunk<T>& c, const T* dy, T factor, Operand of, T* dx) {
    if (of == Operand::input) return backward_loop<Operand::input, F>(c, dy, factor, dx);
    if (of == Operand::target) return backward_loop<Operand::target, F>(c, dy, factor, dx);
    if constexpr (F::facts.operand != nullptr) backward_loop<Operand::third, F>(c, dy, factor, dx);
}

template <class T, int i = 0>
constexpr void fill(loss::TypedKernels<T>& table) {
    using F = LossOf<static_cast<Op>(i), T>;
    table.facts[i] = F::facts;
    table.forward[i] = forward<F, T>;
    table.backward[i] = backward<F, T>;
    if constexpr (i + 1 < loss::kOps) fill<T, i + 1>(table);
}

constexpr loss::Kernels filled() {
    loss::Kernels kernels{};
    fill(kernels.f32);
    fill(kernels.f64);
    return kernels;
}

constexpr loss::Kernels kTable = filled();

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(loss::Kernels, kTable)
