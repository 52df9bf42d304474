// Every pointwise activation: its value, its gradient and what is known about it.
//
// ActivationOf<Activation::relu, T> is the functor: value(x) is f(x), and gradient(dy, saved) is
// dy f'(x), where `saved` is the output y for those that say so in their facts and the input x for
// all others. Each works on a register of any width; nothing depends on where in an array it is.
// Comparisons are such that NaN selects the branch that returns it; infinities, -0 and denormals
// give the right result.
//
// Docstrings show the formula, and values and gradients where x is -1, 0 and 2.
//
// Stated errors are against the formula in core/activation.h without rounding, with the usual
// parameters: in ULP as in simd/math.h, or in epsilons, the spacing of T at 1, times the result or
// 1, whichever is larger, where the relative error of a difference or of a tiny factor is
// unbounded. Gradients are those of dy = 1. docs/dev/math.md has measured errors, tests/simd checks
// the bounds.
#pragma once

#include "core/activation.h"
#include "simd/math.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <Activation, class T>
struct ActivationOf;

// step: at most 0.5 ULP in float, 0.5 in double; gradient 0.0 and 0.0 epsilon.
template <class T>
struct ActivationOf<Activation::step, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{.name = "step",
                                           .flops = 1,
                                           .value_ns = 0.1,
                                           .gradient_ns = 0.1,
                                           .gradient_reads_output = true,
                                           .parameters = {{"value", 1}}};
    static constexpr const char *formula = "0 where x < 0, value where x = 0, 1 where x > 0",
                                *values = "[0., 1., 1.]", *gradients = "[0., 0., 0.]";
    V at_zero;
    explicit ActivationOf(const ActivationParams& p) : at_zero(T(p.a)) {}
    V value(V x) const {
        return select(x == V(), at_zero, select(x < V(), V(), select(x > V(), V(1), x)));
    }
    V gradient(V, V) const { return V(); }
};

// relu: at most 0.5 ULP in float, 0.5 in double; gradient 0.0 and 0.0 epsilon.
template <class T>
struct ActivationOf<Activation::relu, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{.name = "relu",
                                           .flops = 1,
                                           .value_ns = 0.1,
                                           .gradient_ns = 0.15,
                                           .gradient_reads_output = true};
    static constexpr const char *formula = "max(x, 0)", *values = "[0., 0., 2.]",
                                *gradients = "[0., 0., 1.]";
    explicit ActivationOf(const ActivationParams&) {}
    V value(V x) const { return select(x <= V(), V(), x); }
    V gradient(V dy, V y) const { return select(y <= V(), V(), dy); }
};

// leaky_relu: at most 0.5 ULP in float, 0.5 in double; gradient 0.0 and 0.0 epsilon.
template <class T>
struct ActivationOf<Activation::leaky_relu, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{.name = "leaky_relu",
                                           .flops = 2,
                                           .value_ns = 0.1,
                                           .gradient_ns = 0.15,
                                           .parameters = {{"negative_slope", 0.01}}};
    static constexpr const char *formula = "x where x > 0, else negative_slope * x",
                                *values = "[-0.01,  0.  ,  2.  ]",
                                *gradients = "[0.01, 0.01, 1.  ]";
    V negative_slope;
    explicit ActivationOf(const ActivationParams& p) : negative_slope(T(p.a)) {}
    V value(V x) const { return select(x > V(), x, negative_slope * x); }
    V gradient(V dy, V x) const { return select(x > V(), dy, dy * negative_slope); }
};

// hardtanh: at most 0.5 ULP in float, 0.5 in double; gradient 0.0 and 0.0 epsilon.
template <class T>
struct ActivationOf<Activation::hardtanh, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{.name = "hardtanh",
                                           .flops = 2,
                                           .value_ns = 0.1,
                                           .gradient_ns = 0.15,
                                           .parameters = {{"min_val", -1}, {"max_val", 1}}};
    static constexpr const char *formula = "min(max(x, min_val), max_val)",
                                *values = "[-1.,  0.,  1.]", *gradients = "[0., 1., 0.]";
    V low, high;
    explicit ActivationOf(const ActivationParams& p) : low(T(p.a)), high(T(p.b)) {}
    V value(V x) const { return min(high, max(low, x)); }
    V gradient(V dy, V x) const { return select((x <= low) | (x >= high), V(), dy); }
};

// elu: at most 1.7 ULP in float, 2.0 in double; gradient 0.6 and 0.6 epsilon.
template <class T>
struct ActivationOf<Activation::elu, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{
        .name = "elu",
        .flops = 16,
        .value_ns = 0.5,
        .gradient_ns = 0.5,
        .parameters = {{"alpha", 1}, {"scale", 1}, {"input_scale", 1}}};
    static constexpr const char
        *formula = "scale * (x where x > 0, else alpha * (e^(input_scale * x) - 1))",
        *values = "[-0.632,  0.   ,  2.   ]", *gradients = "[0.368, 1.   , 1.   ]";
    V negative, positive, input;
    explicit ActivationOf(const ActivationParams& p)
        : negative(T(p.a * p.b)), positive(T(p.b)), input(T(p.c)) {}
    // 0 keeps the unused branch finite; NaN is not above 0.
    V inner(V x) const { return select(x > V(), V(), x * input); }
    V value(V x) const { return select(x > V(), positive * x, negative * expm1(inner(x))); }
    V gradient(V dy, V x) const {
        return dy * select(x > V(), positive, negative * input * exp(inner(x)));
    }
};

// sigmoid: at most 2.5 ULP in float, 2.2 in double; gradient 0.8 and 0.8 epsilon.
template <class T>
struct ActivationOf<Activation::sigmoid, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{.name = "sigmoid",
                                           .flops = 16,
                                           .value_ns = 0.5,
                                           .gradient_ns = 0.15,
                                           .gradient_reads_output = true};
    static constexpr const char *formula = "1 / (1 + e^-x)", *values = "[0.269, 0.5  , 0.881]",
                                *gradients = "[0.197, 0.25 , 0.105]";
    explicit ActivationOf(const ActivationParams&) {}
    V value(V x) const { return sigmoid(x); }
    V gradient(V dy, V y) const { return dy * (y * (V(1) - y)); }
};

// hardsigmoid: at most 1.4 ULP in float, 1.4 in double; gradient 0.0 and 0.0 epsilon.
template <class T>
struct ActivationOf<Activation::hardsigmoid, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{
        .name = "hardsigmoid", .flops = 3, .value_ns = 0.1, .gradient_ns = 0.15};
    static constexpr const char *formula = "x / 6 + 1/2, limited to [0, 1]",
                                *values = "[0.333, 0.5  , 0.833]",
                                *gradients = "[0.167, 0.167, 0.167]";
    explicit ActivationOf(const ActivationParams&) {}
    V value(V x) const { return min(V(6), max(V(), x + V(3))) * V(T(1) / 6); }
    V gradient(V dy, V x) const {
        return select((x <= V(-3)) | (x >= V(3)), V(), dy * V(T(1) / 6));
    }
};

// logsigmoid: at most 0.9 epsilon in float, 0.9 in double; gradient 0.8 and 0.8 epsilon.
template <class T>
struct ActivationOf<Activation::logsigmoid, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{
        .name = "logsigmoid", .flops = 30, .value_ns = 0.8, .gradient_ns = 0.5};
    static constexpr const char *formula = "log(1 / (1 + e^-x))",
                                *values = "[-1.313, -0.693, -0.127]",
                                *gradients = "[0.731, 0.5  , 0.119]";
    explicit ActivationOf(const ActivationParams&) {}
    V value(V x) const { return min(V(), x) - log1p(exp(-abs(x))); }
    V gradient(V dy, V x) const { return dy * sigmoid(-x); }
};

// tanh: at most 2.6 ULP in float, 2.6 in double; gradient 2.8 and 2.8 epsilon.
template <class T>
struct ActivationOf<Activation::tanh, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{.name = "tanh",
                                           .flops = 20,
                                           .value_ns = 0.6,
                                           .gradient_ns = 0.15,
                                           .gradient_reads_output = true};
    static constexpr const char *formula = "(e^x - e^-x) / (e^x + e^-x)",
                                *values = "[-0.762,  0.   ,  0.964]",
                                *gradients = "[0.42 , 1.   , 0.071]";
    explicit ActivationOf(const ActivationParams&) {}
    V value(V x) const { return tanh(x); }
    V gradient(V dy, V y) const { return dy * fnma(y, y, V(1)); }
};

// softplus: at most 1.8 ULP in float, 1.8 in double; gradient 0.8 and 0.8 epsilon.
template <class T>
struct ActivationOf<Activation::softplus, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{.name = "softplus",
                                           .flops = 30,
                                           .value_ns = 0.8,
                                           .gradient_ns = 0.5,
                                           .parameters = {{"beta", 1}, {"threshold", 20}}};
    static constexpr const char *formula =
                                    "log(1 + e^(beta * x)) / beta, x where beta * x > threshold",
                                *values = "[0.313, 0.693, 2.127]",
                                *gradients = "[0.269, 0.5  , 0.881]";
    V beta, inverse, threshold;
    explicit ActivationOf(const ActivationParams& p)
        : beta(T(p.a)), inverse(T(1 / p.a)), threshold(T(p.b)) {}
    V value(V x) const {
        const V z = x * beta;
        return select(z > threshold, x, inverse * (max(V(), z) + log1p(exp(-abs(z)))));
    }
    V gradient(V dy, V x) const {
        const V z = x * beta;
        return select(z > threshold, dy, dy * sigmoid(z));
    }
};

// Beyond this, x Phi(x) is 0 or x and its gradient 0 or 1 in both types. Clipping avoids -inf * 0.
constexpr int kGeluEnd = 40;

// The gradient of x Phi(x): for a >= 0 it is 1 - e^(-a^2/2) R(a) at a and e^(-a^2/2) R(a) at -a,
// with R(a) = e^(a^2/2) (1 - Phi(a)) - a / sqrt(2 pi). One exponential gives both the density and
// the tail of Phi, which fall equally fast.
FASTNN_INLINE Vec<float> gelu_gradient(Vec<float> x) {
    // Fitted for a <= 5.8 with the exponential as weight, to 2e-8.
    static constexpr float r[] = {0.49999997f,   -0.79788285f,    0.24997222f,  -0.13280383f,
                                  0.061918464f,  -0.025463125f,   0.008995417f, -0.0025849494f,
                                  0.0005616803f, -8.4310515e-05f, 7.64921e-06f, -3.1227805e-07f};
    // From 15 on the exponential is 0.
    const Vec<float> a = min(Vec<float>(15), abs(x));
    const Vec<float> g = exp(a * a * Vec<float>(-0.5f)) * polynomial(a, r);
    return select(x < Vec<float>(), g, select(x == x, Vec<float>(1) - g, x));
}

// As erf of simd/math.h: for b < 1 a polynomial, elsewhere erfc(b) e^(b^2), b = |x| / sqrt(2).
FASTNN_INLINE Vec<double> gelu_gradient(Vec<double> x) {
    using V = Vec<double>;
    using C = Constants<double>;
    const V density = 0.39894228040143267794, sqrt_half = 0.70710678118654752440;
    const V z = min(V(kGeluEnd), max(V(-kGeluEnd), x));
    const V b = abs(z) * sqrt_half, e = exp(z * z * V(-0.5));
    const V central = fma(V(0.5) * b, polynomial(b * b, C::erf), V(0.5));  // Phi(|z|)
    const V c = min(V(6), b);
    const V tail = V(0.5) * e * polynomial((c - V(2.5)) / (c + V(2.5)), C::erfc);
    const V above = select(b < V(1), central, V(1) - tail);
    const V below = select(b < V(1), V(1) - central, tail);
    return select(x == x, fma(z * density, e, select(x < V(), below, above)), x);
}

// gelu: at most 1.4 epsilon in float, 1.4 in double; gradient 1.4 and 1.4 epsilon.
template <class T>
struct ActivationOf<Activation::gelu, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{
        .name = "gelu", .flops = 25, .value_ns = 0.6, .gradient_ns = 0.9};
    static constexpr const char *formula = "x * Phi(x), Phi the normal distribution function",
                                *values = "[-0.159,  0.   ,  1.954]",
                                *gradients = "[-0.083,  0.5  ,  1.085]";
    static constexpr T sqrt_half = T(0.70710678118654752440);
    explicit ActivationOf(const ActivationParams&) {}
    static V phi(V x) { return fma(V(T(0.5)), erf(x * V(sqrt_half)), V(T(0.5))); }
    V value(V x) const {
        x = max(V(-kGeluEnd), x);
        return x * phi(x);
    }
    V gradient(V dy, V x) const { return dy * gelu_gradient(x); }
};

// gelu_tanh: at most 1.6 epsilon in float, 1.6 in double; gradient 20.0 and 45.0 epsilon.
template <class T>
struct ActivationOf<Activation::gelu_tanh, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{
        .name = "gelu_tanh", .flops = 25, .value_ns = 0.7, .gradient_ns = 0.8};
    static constexpr const char *formula = "x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2",
                                *values = "[-0.159,  0.   ,  1.955]",
                                *gradients = "[-0.083,  0.5  ,  1.086]";
    static constexpr T k = T(0.79788456080286535588);  // sqrt(2 / pi)
    static constexpr T cubic = T(0.044715);
    explicit ActivationOf(const ActivationParams&) {}
    // (1 + tanh(u)) / 2 = sigmoid(2 u), which does not cancel for negative u.
    static V phi(V x) { return sigmoid(V(2 * k) * x * fma(x * x, V(cubic), V(1))); }
    V value(V x) const {
        x = max(V(-kGeluEnd), x);
        return x * phi(x);
    }
    V gradient(V dy, V x) const {
        x = min(V(kGeluEnd), max(V(-kGeluEnd), x));
        const V p = phi(x);
        const V du = V(2 * k) * fma(x * x, V(3 * cubic), V(1));
        return dy * fma(x * du, p * (V(1) - p), p);
    }
};

// silu: at most 1.3 epsilon in float, 1.3 in double; gradient 10.0 and 20.0 epsilon.
template <class T>
struct ActivationOf<Activation::silu, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{
        .name = "silu", .flops = 18, .value_ns = 0.5, .gradient_ns = 0.5};
    static constexpr const char *formula = "x / (1 + e^-x)", *values = "[-0.269,  0.   ,  1.762]",
                                *gradients = "[0.072, 0.5  , 1.091]";
    static constexpr T end = 1000;  // x e^x is 0 there in both types; avoids -inf * 0
    explicit ActivationOf(const ActivationParams&) {}
    V value(V x) const {
        x = max(V(-end), x);
        return x * sigmoid(x);
    }
    V gradient(V dy, V x) const {
        x = min(V(end), max(V(-end), x));
        const V s = sigmoid(x);
        return dy * fma(x * s, V(1) - s, s);
    }
};

// hardswish: at most 1.5 epsilon in float, 1.5 in double; gradient 0.8 and 0.8 epsilon.
template <class T>
struct ActivationOf<Activation::hardswish, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{
        .name = "hardswish", .flops = 4, .value_ns = 0.1, .gradient_ns = 0.15};
    static constexpr const char *formula = "x * (x / 6 + 1/2 limited to [0, 1])",
                                *values = "[-0.333,  0.   ,  1.667]",
                                *gradients = "[0.167, 0.5  , 1.167]";
    explicit ActivationOf(const ActivationParams&) {}
    V value(V x) const { return select(x <= V(-3), V(), x * (min(V(6), x + V(3)) * V(T(1) / 6))); }
    V gradient(V dy, V x) const {
        return select(x <= V(-3), V(), select(x >= V(3), dy, dy * fma(x, V(T(1) / 3), V(T(0.5)))));
    }
};

// mish: at most 1.3 epsilon in float, 1.3 in double; gradient 1.8 and 1.8 epsilon.
template <class T>
struct ActivationOf<Activation::mish, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{
        .name = "mish", .flops = 22, .value_ns = 0.5, .gradient_ns = 0.6};
    static constexpr const char *formula = "x * tanh(log(1 + e^x))",
                                *values = "[-0.303,  0.   ,  1.944]",
                                *gradients = "[0.059, 0.6  , 1.069]";
    // With e = e^x and n = e (e + 2): tanh(log(1 + e)) = n / (n + 2). From x = 22 on that is 1 in
    // both types.
    explicit ActivationOf(const ActivationParams&) {}
    V value(V x) const {
        x = max(V(-1000), x);
        const V e = exp(min(V(22), x));
        const V n = e * (e + V(2));
        return x * (n / (n + V(2)));
    }
    V gradient(V dy, V x) const {
        x = min(V(1000), max(V(-1000), x));
        const V e = exp(min(V(22), x));
        const V n = e * (e + V(2));
        const V d = V(1) / (n + V(2));
        return dy * fma(x * (V(4) * e * (e + V(1)) * d), d, n * d);
    }
};

// softsign: at most 1.5 ULP in float, 1.5 in double; gradient 2.0 and 2.0 epsilon.
template <class T>
struct ActivationOf<Activation::softsign, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{
        .name = "softsign", .flops = 3, .value_ns = 0.2, .gradient_ns = 0.25};
    static constexpr const char *formula = "x / (1 + |x|)", *values = "[-0.5  ,  0.   ,  0.667]",
                                *gradients = "[0.25 , 1.   , 0.111]";
    static constexpr T end = T(1e30);  // y is 1 there in both types; avoids inf / inf
    explicit ActivationOf(const ActivationParams&) {}
    V value(V x) const {
        x = min(V(end), max(V(-end), x));
        return x / (V(1) + abs(x));
    }
    V gradient(V dy, V x) const {
        const V d = V(1) / (V(1) + abs(x));
        return dy * (d * d);
    }
};

// hardshrink: at most 0.5 ULP in float, 0.5 in double; gradient 0.0 and 0.0 epsilon.
template <class T>
struct ActivationOf<Activation::hardshrink, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{.name = "hardshrink",
                                           .flops = 1,
                                           .value_ns = 0.1,
                                           .gradient_ns = 0.15,
                                           .parameters = {{"lambd", 0.5}}};
    static constexpr const char *formula = "0 where |x| <= lambd, else x",
                                *values = "[-1.,  0.,  2.]", *gradients = "[1., 0., 1.]";
    V lambd;
    explicit ActivationOf(const ActivationParams& p) : lambd(T(p.a)) {}
    V value(V x) const { return select(abs(x) <= lambd, V(), x); }
    V gradient(V dy, V x) const { return select(abs(x) <= lambd, V(), dy); }
};

// softshrink: at most 0.5 ULP in float, 0.5 in double; gradient 0.0 and 0.0 epsilon.
template <class T>
struct ActivationOf<Activation::softshrink, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{.name = "softshrink",
                                           .flops = 2,
                                           .value_ns = 0.1,
                                           .gradient_ns = 0.15,
                                           .parameters = {{"lambd", 0.5}}};
    static constexpr const char *formula = "0 where |x| <= lambd, else x - lambd * sign(x)",
                                *values = "[-0.5,  0. ,  1.5]", *gradients = "[1., 0., 1.]";
    V lambd;
    explicit ActivationOf(const ActivationParams& p) : lambd(T(p.a)) {}
    V value(V x) const { return select(abs(x) <= lambd, V(), x - copysign(lambd, x)); }
    V gradient(V dy, V x) const { return select(abs(x) <= lambd, V(), dy); }
};

// tanhshrink: at most 2.0 epsilon in float, 2.0 in double; gradient 2.8 and 2.8 epsilon.
template <class T>
struct ActivationOf<Activation::tanhshrink, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{
        .name = "tanhshrink", .flops = 21, .value_ns = 0.6, .gradient_ns = 0.6};
    static constexpr const char *formula = "x - tanh(x)", *values = "[-0.238,  0.   ,  1.036]",
                                *gradients = "[0.58 , 0.   , 0.929]";
    explicit ActivationOf(const ActivationParams&) {}
    V value(V x) const { return x - tanh(x); }
    V gradient(V dy, V x) const {
        const V t = tanh(x);
        return dy * (t * t);
    }
};

// threshold: at most 0.5 ULP in float, 0.5 in double; gradient 0.0 and 0.0 epsilon.
template <class T>
struct ActivationOf<Activation::threshold, T> {
    using V = Vec<T>;
    static constexpr ActivationFacts facts{.name = "threshold",
                                           .flops = 1,
                                           .value_ns = 0.1,
                                           .gradient_ns = 0.15,
                                           .parameters = {{"threshold", 0}, {"value", 0}}};
    static constexpr const char *formula = "x where x > threshold, else value",
                                *values = "[0., 0., 2.]", *gradients = "[0., 0., 1.]";
    V limit, below;
    explicit ActivationOf(const ActivationParams& p) : limit(T(p.a)), below(T(p.b)) {}
    V value(V x) const { return select(x <= limit, below, x); }
    V gradient(V dy, V x) const { return select(x <= limit, V(), dy); }
};

}  // namespace
}  // namespace fastnn::FASTNN_ISA
