#include "ops/activation/activation.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <class T>
void relu(const T* x, T* y, long n) {
    using V = Vec<T>;
    const V zero;
    long i = 0;
    // x > 0 is false for NaN, so test the other way round: NaN must come out as NaN.
    for (; i + V::width <= n; i += V::width) {
        const V v = V::load(x + i);
        select(v <= zero, zero, v).store(y + i);
    }
    const V v = V::load(x + i, n - i);
    select(v <= zero, zero, v).store(y + i, n - i);
}

template <class T>
void relu_backward(const T* dy, const T* y, T* dx, long n) {
    using V = Vec<T>;
    const V zero;
    long i = 0;
    for (; i + V::width <= n; i += V::width) {
        select(V::load(y + i) <= zero, zero, V::load(dy + i)).store(dx + i);
    }
    select(V::load(y + i, n - i) <= zero, zero, V::load(dy + i, n - i)).store(dx + i, n - i);
}

template <class T>
constexpr activation::TypedKernels<T> kTyped{relu<T>, relu_backward<T>};

constexpr activation::Kernels kTable{kTyped<float>, kTyped<double>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::activation {
template <>
const Kernels& kernels<Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kTable;
}
}  // namespace fastnn::activation
