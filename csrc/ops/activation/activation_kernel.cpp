#include "ops/activation/activation.h"
#include "simd/math.h"
#include "simd/stream.h"

namespace fastnn::FASTNN_ISA {
namespace {

using activation::Params;

// A function is a struct: value(x) is f(x), gradient(dy, saved) is dy f'(x). Comparisons are
// written so that NaN falls through to the branch that returns it.

template <class T>
struct Step {
    using V = Vec<T>;
    V at_zero;
    explicit Step(const Params& p) : at_zero(T(p.a)) {}
    V value(V x) const {
        return select(x == V(), at_zero, select(x < V(), V(), select(x > V(), V(1), x)));
    }
    V gradient(V, V) const { return V(); }
};

template <class T>
struct Relu {  // saved: y
    using V = Vec<T>;
    explicit Relu(const Params&) {}
    V value(V x) const { return select(x <= V(), V(), x); }
    V gradient(V dy, V y) const { return select(y <= V(), V(), dy); }
};

template <class T>
struct LeakyRelu {
    using V = Vec<T>;
    V negative_slope;
    explicit LeakyRelu(const Params& p) : negative_slope(T(p.a)) {}
    V value(V x) const { return select(x > V(), x, negative_slope * x); }
    V gradient(V dy, V x) const { return select(x > V(), dy, dy * negative_slope); }
};

template <class T>
struct Hardtanh {
    using V = Vec<T>;
    V low, high;
    explicit Hardtanh(const Params& p) : low(T(p.a)), high(T(p.b)) {}
    V value(V x) const { return min(high, max(low, x)); }
    V gradient(V dy, V x) const { return select((x <= low) | (x >= high), V(), dy); }
};

template <class T>
struct Elu {
    using V = Vec<T>;
    V negative, positive, input;
    explicit Elu(const Params& p) : negative(T(p.a * p.b)), positive(T(p.b)), input(T(p.c)) {}
    // min keeps the unused branch finite; its second operand is what comes back for NaN.
    V value(V x) const {
        return select(x > V(), positive * x, negative * expm1(min(V(), x * input)));
    }
    V gradient(V dy, V x) const {
        return dy * select(x > V(), positive, negative * input * exp(min(V(), x * input)));
    }
};

template <class T>
struct Sigmoid {  // saved: y
    using V = Vec<T>;
    explicit Sigmoid(const Params&) {}
    V value(V x) const { return sigmoid(x); }
    V gradient(V dy, V y) const { return dy * (y * (V(1) - y)); }
};

template <class T>
struct Hardsigmoid {
    using V = Vec<T>;
    explicit Hardsigmoid(const Params&) {}
    V value(V x) const { return min(V(6), max(V(), x + V(3))) * V(T(1) / 6); }
    V gradient(V dy, V x) const {
        return select((x <= V(-3)) | (x >= V(3)), V(), dy * V(T(1) / 6));
    }
};

template <class T>
struct Logsigmoid {
    using V = Vec<T>;
    explicit Logsigmoid(const Params&) {}
    V value(V x) const { return min(V(), x) - log1p(exp(-abs(x))); }
    V gradient(V dy, V x) const { return dy * sigmoid(-x); }
};

template <class T>
struct Tanh {  // saved: y
    using V = Vec<T>;
    explicit Tanh(const Params&) {}
    V value(V x) const { return tanh(x); }
    V gradient(V dy, V y) const { return dy * fnma(y, y, V(1)); }
};

template <class T>
struct Softplus {
    using V = Vec<T>;
    V beta, inverse, threshold;
    explicit Softplus(const Params& p) : beta(T(p.a)), inverse(T(1 / p.a)), threshold(T(p.b)) {}
    V value(V x) const {
        const V z = x * beta;
        return select(z > threshold, x, inverse * (max(V(), z) + log1p(exp(-abs(z)))));
    }
    V gradient(V dy, V x) const {
        const V z = x * beta;
        return select(z > threshold, dy, dy * sigmoid(z));
    }
};

// Beyond this, x Phi(x) and its slope are 0 or x and 1 in both types; clipping keeps -inf * 0 away.
constexpr int kGeluEnd = 40;

// The slope of x Phi(x), g(a) = 1 - e^(-a^2/2) R(a) and g(-a) = e^(-a^2/2) R(a) for a >= 0: one
// exponential for the density and for Phi, which is as small as it. R(a) is
// e^(a^2/2) (1 - Phi(a)) - a / sqrt(2 pi). Absolute error at most 2e-7 in float, 1e-15 in double.
FASTNN_INLINE Vec<float> gelu_slope(Vec<float> x) {
    // Fitted for a <= 5.8 with the exponential as weight, to 2e-8.
    static constexpr float r[] = {0.49999997f,   -0.79788285f,    0.24997222f,  -0.13280383f,
                                  0.061918464f,  -0.025463125f,   0.008995417f, -0.0025849494f,
                                  0.0005616803f, -8.4310515e-05f, 7.64921e-06f, -3.1227805e-07f};
    // From 15 on the exponential is 0.
    const Vec<float> a = min(Vec<float>(15), abs(x));
    const Vec<float> g = exp(a * a * Vec<float>(-0.5f)) * polynomial(a, r);
    return select(x < Vec<float>(), g, select(x == x, Vec<float>(1) - g, x));
}

// As erf of simd/math.h: near 0 by its series, elsewhere by erfc(b) e^(b^2), b = |x| / sqrt(2).
FASTNN_INLINE Vec<double> gelu_slope(Vec<double> x) {
    using V = Vec<double>;
    using C = Constants<double>;
    const V density = 0.39894228040143267794, sqrt_half = 0.70710678118654752440;
    const V z = min(V(kGeluEnd), max(V(-kGeluEnd), x));
    const V b = abs(z) * sqrt_half, e = exp(z * z * V(-0.5));
    const V near = fma(V(0.5) * b, polynomial(b * b, C::erf), V(0.5));  // Phi(|z|)
    const V c = min(V(6), b);
    const V tail = V(0.5) * e * polynomial((c - V(2.5)) / (c + V(2.5)), C::erfc);
    const V above = select(b < V(1), near, V(1) - tail);
    const V below = select(b < V(1), V(1) - near, tail);
    return select(x == x, fma(z * density, e, select(x < V(), below, above)), x);
}

template <class T>
struct Gelu {
    using V = Vec<T>;
    static constexpr T sqrt_half = T(0.70710678118654752440);
    explicit Gelu(const Params&) {}
    static V phi(V x) { return fma(V(T(0.5)), erf(x * V(sqrt_half)), V(T(0.5))); }
    V value(V x) const {
        x = max(V(-kGeluEnd), x);
        return x * phi(x);
    }
    V gradient(V dy, V x) const { return dy * gelu_slope(x); }
};

template <class T>
struct GeluTanh {
    using V = Vec<T>;
    static constexpr T k = T(0.79788456080286535588);  // sqrt(2 / pi)
    static constexpr T cubic = T(0.044715);
    explicit GeluTanh(const Params&) {}
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

template <class T>
struct Silu {
    using V = Vec<T>;
    static constexpr T end = 1000;  // x e^x is 0 in both types there; keeps -inf * 0 away
    explicit Silu(const Params&) {}
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

template <class T>
struct Hardswish {
    using V = Vec<T>;
    explicit Hardswish(const Params&) {}
    V value(V x) const { return select(x <= V(-3), V(), x * (min(V(6), x + V(3)) * V(T(1) / 6))); }
    V gradient(V dy, V x) const {
        return select(x <= V(-3), V(), select(x >= V(3), dy, dy * fma(x, V(T(1) / 3), V(T(0.5)))));
    }
};

// With e = e^x and n = e (e + 2): tanh(log(1 + e)) = n / (n + 2). From x = 22 on that is 1 in both
// types.
template <class T>
struct Mish {
    using V = Vec<T>;
    explicit Mish(const Params&) {}
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

template <bool past_cache, class T>
FASTNN_INLINE void put(Vec<T> v, T* p) {
    if constexpr (past_cache) {
        stream(v, p);
    } else {
        v.store(p);
    }
}

template <bool past_cache, class F, class T>
FASTNN_INLINE void forward_loop(const F& f, const T* x, T* y, long n) {
    using V = Vec<T>;
    long i = 0;
    for (; i + V::width <= n; i += V::width) put<past_cache>(f.value(V::load(x + i)), y + i);
    if (i < n) f.value(V::load(x + i, n - i)).store(y + i, n - i);
    if (past_cache) stream_fence();
}

template <bool past_cache, class F, class T>
FASTNN_INLINE void backward_loop(const F& f, const T* dy, const T* saved, T* dx, long n) {
    using V = Vec<T>;
    long i = 0;
    for (; i + V::width <= n; i += V::width) {
        put<past_cache>(f.gradient(V::load(dy + i), V::load(saved + i)), dx + i);
    }
    if (i < n) f.gradient(V::load(dy + i, n - i), V::load(saved + i, n - i)).store(dx + i, n - i);
    if (past_cache) stream_fence();
}

template <class F, class T>
void forward(const T* x, T* y, long n, const Params& params, bool past_cache) {
    const F f(params);
    past_cache ? forward_loop<true>(f, x, y, n) : forward_loop<false>(f, x, y, n);
}

template <class F, class T>
void backward(const T* dy, const T* saved, T* dx, long n, const Params& params, bool past_cache) {
    const F f(params);
    past_cache ? backward_loop<true>(f, dy, saved, dx, n)
               : backward_loop<false>(f, dy, saved, dx, n);
}

template <template <class> class... F>
struct List {
    static_assert(sizeof...(F) == activation::kOps);
    template <class T>
    static constexpr activation::TypedKernels<T> typed{{forward<F<T>, T>...},
                                                       {backward<F<T>, T>...}};
};

// In the order of activation::Op.
using All = List<Step, Relu, LeakyRelu, Hardtanh, Elu, Sigmoid, Hardsigmoid, Logsigmoid, Tanh,
                 Softplus, Gelu, GeluTanh, Silu, Hardswish, Mish>;

constexpr activation::Kernels kTable{All::typed<float>, All::typed<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::activation {
template <>
const Kernels& kernels<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kTable;
}
}  // namespace fastnn::activation
