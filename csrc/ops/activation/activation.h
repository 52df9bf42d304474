// Activations, element by element: y[i] = f(x[i]) and dx[i] = dy[i] f'(x[i]).
//
// All arrays are blocks of `size` elements in the same order; y may be x, dx may be dy. The backward kernels read
// what is cheapest to keep: `saved` is the output y for relu, the input x otherwise (said at each).
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::activation {

enum class Op : std::uint8_t { relu };

struct Args {
    Op op;
    Dtype dtype;
    std::int64_t size;
    const void* x;
    void* y;
};

struct BackwardArgs {
    Op op;
    Dtype dtype;
    std::int64_t size;
    const void* dy;
    const void* saved;
    void* dx;
};

template <class T>
struct TypedKernels {
    void (*relu)(const T* x, T* y, long n);
    void (*relu_backward)(const T* dy, const T* y, T* dx, long n);
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

extern const Kernel<Args> kForward[];            // by Op
extern const Kernel<BackwardArgs> kBackward[];  // by Op

}  // namespace fastnn::activation
