#include "ops/loss/loss.h"

#include "simd/loops.h"
#include "simd/math.h"

namespace fastnn::FASTNN_ISA {
namespace {

using loss::Chunk;
using loss::Facts;
using loss::Op;

// LossOf<Op::mse, T> is the functor of that loss: value is f, dx and dt are its derivatives by x
// and t. All return NaN for NaN.
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
    explicit LossOf(T) {}
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
    explicit LossOf(T) {}
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
        .parameter = "beta",
        .losses = "[0.125, 0.02 ]",
        .gradients = "[-0.25, -0.1 ]"};
    V beta, inverse;
    explicit LossOf(T p) : beta(p), inverse(T(1) / p) {}
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
        .parameter = "delta",
        .losses = "[0.125, 0.02 ]",
        .gradients = "[-0.25, -0.1 ]"};
    V delta;
    explicit LossOf(T p) : delta(p) {}
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
    explicit LossOf(T) {}
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
    explicit LossOf(T) {}
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
    explicit LossOf(T) {}
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
    const F f(c.parameter);
    const auto each = [&](dim_t i, dim_t count) __attribute__((always_inline)) {
        const V v = load_or_one(c.pos_weight, i, count);
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

template <bool to_target, class F, class T>
FASTNN_INLINE void backward_loop(const Chunk<T>& c, const T* dy, T factor, T* dx) {
    using V = Vec<T>;
    const F f(c.parameter);
    const auto each = [&](dim_t i, dim_t count) __attribute__((always_inline)) {
        const V x = load(c.x + i, count), t = load(c.target + i, count),
                v = load_or_one(c.pos_weight, i, count);
        V g = V(factor) * (to_target ? f.dt(x, t, v) : f.dx(x, t, v));
        if (c.weight != nullptr) g = g * load(c.weight + i, count);
        if (dy != nullptr) g = g * load(dy + i, count);
        return g;
    };
    dim_t i = 0;
    for (; i + V::width <= c.n; i += V::width) each(i, V::width).store(dx + i);
    if (i < c.n) each(i, c.n - i).store(dx + i, c.n - i);
}

template <class F, class T>
void backward(const Chunk<T>& c, const T* dy, T factor, bool to_target, T* dx) {
    to_target ? backward_loop<true, F>(c, dy, factor, dx)
              : backward_loop<false, F>(c, dy, factor, dx);
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
