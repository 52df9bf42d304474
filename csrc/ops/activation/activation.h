// Activations, element by element: y[i] = f(x[i]) and dx[i] = dy[i] f'(x[i]).
//
// All arrays are blocks of `size` elements in the same order; y may be x, dx may be dy. The
// backward kernels read what is cheapest to keep: `saved` is the output y for relu, sigmoid and
// tanh, the input x for all others. NaN comes out as NaN.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::activation {

// With the meaning of Params a, b, c. The order is that of the tables in activation.cpp and
// activation_kernel.cpp.
enum class Op : std::uint8_t {
    step,         // x < 0: 0, x = 0: a, x > 0: 1; the gradient is 0 and has no kernel
    relu,         // max(x, 0)
    leaky_relu,   // x > 0 ? x : a x
    hardtanh,     // x clipped to [a, b]
    elu,          // x > 0 ? b x : a b (e^(c x) - 1)
    sigmoid,      // 1 / (1 + e^-x)
    hardsigmoid,  // x / 6 + 1/2 clipped to [0, 1]
    logsigmoid,   // log(sigmoid(x))
    tanh,
    softplus,   // a x > b ? x : log(1 + e^(a x)) / a
    gelu,       // x Phi(x), Phi the normal distribution function
    gelu_tanh,  // the same with Phi(x) = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
    silu,       // x sigmoid(x)
    hardswish,  // x hardsigmoid(x)
    mish,       // x tanh(log(1 + e^x))
    count
};
constexpr int kOps = static_cast<int>(Op::count);

struct Params {
    double a = 0, b = 0, c = 0;
};

struct Args {
    Op op;
    Dtype dtype;
    std::int64_t size;
    const void* x;
    void* y;
    Params params;
};

struct BackwardArgs {
    Op op;
    Dtype dtype;
    std::int64_t size;
    const void* dy;
    const void* saved;
    void* dx;
    Params params;
};

// stream: write past the caches; the output is then aligned to 64 bytes.
template <class T>
struct TypedKernels {
    void (*forward[kOps])(const T* x, T* y, long n, const Params& params, bool stream);
    void (*backward[kOps])(const T* dy, const T* saved, T* dx, long n, const Params& params,
                           bool stream);
};

struct Kernels {
    TypedKernels<float> f32;
    TypedKernels<double> f64;
    template <class T>
    const TypedKernels<T>& of() const {
        if constexpr (sizeof(T) == 4) {
            return f32;
        } else {
            return f64;
        }
    }
};

template <Isa>
const Kernels& kernels();  // defined by activation_kernel.cpp, once per level

struct Entry {
    Kernel<Args> forward;
    Kernel<BackwardArgs> backward;
    int flops;  // per element, for the profiler
    double value_ns,
        gradient_ns;  // what an element costs one thread, float32 from cache, forward and backward
};
extern const Entry kTable[kOps];
inline const Entry& entry(Op op) {
    return kTable[static_cast<int>(op)];
}

}  // namespace fastnn::activation
