// The pointwise activations by name: the one list that kernels, drivers and bindings share.
//
// The functor of each, in simd/activation.h, has its formula, gradient, error and facts. Fused into
// an epilogue or on its own, an activation is computed by the same compiled code (ops/activation),
// so its bits are the same.
#pragma once

#include <cstdint>

namespace fastnn {

// With the meaning of ActivationParams a, b, c.
enum class Activation : std::uint8_t {
    none,         // x
    step,         // x < 0: 0, x = 0: a, x > 0: 1; the gradient is 0
    relu,         // max(x, 0)
    leaky_relu,   // x > 0 ? x : a x
    hardtanh,     // x clipped to [a, b]
    elu,          // x > 0 ? b x : a b (e^(c x) - 1)
    sigmoid,      // 1 / (1 + e^-x)
    hardsigmoid,  // x / 6 + 1/2 clipped to [0, 1]
    logsigmoid,   // log(sigmoid(x))
    tanh,
    softplus,    // a x > b ? x : log(1 + e^(a x)) / a
    gelu,        // x Phi(x), Phi the normal distribution function
    gelu_tanh,   // the same with Phi(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
    silu,        // x sigmoid(x)
    hardswish,   // x hardsigmoid(x)
    mish,        // x tanh(log(1 + e^x))
    softsign,    // x / (1 + |x|)
    hardshrink,  // |x| <= a: 0, else x
    softshrink,  // |x| <= a: 0, else x moved by a towards 0
    tanhshrink,  // x - tanh(x)
    threshold,   // x > a ? x : b
    count
};
constexpr int kActivations = static_cast<int>(Activation::count);

struct ActivationParams {
    double a = 0, b = 0, c = 0;
};

// An activation with its parameters, as epilogues take it.
struct FusedActivation {
    Activation kind = Activation::none;
    ActivationParams params;
};

// What a functor states about itself.
struct ActivationFacts {
    struct Parameter {
        const char* name = nullptr;  // null after the last one
        double usual = 0;            // its default
    };
    const char* name;
    int flops;  // per element, for the profiler
    // Cost of an element on one thread, float32 from cache.
    double value_ns, gradient_ns;
    // The gradient is computed from the output y, where that is cheaper; otherwise from the input.
    bool gradient_reads_output = false;
    Parameter parameters[3] = {};
};

}  // namespace fastnn
