#include "ops/linear/linear.h"
#include "simd/math.h"
#include "simd/vec.h"

namespace fastnn::FASTNN_ISA {
namespace {

using gemm::Activation;

// f'(z) dy, from what the forward pass saved.
template <Activation f, class T>
FASTNN_INLINE Vec<T> derivative(Vec<T> dy, Vec<T> saved) {
    using V = Vec<T>;
    const V one(T(1)), half(T(0.5));
    if constexpr (f == Activation::relu) {
        return select(saved <= V(), V(), dy);
    } else if constexpr (f == Activation::tanh) {
        return dy * fnma(saved, saved, one);
    } else if constexpr (f == Activation::sigmoid) {
        return dy * saved * (one - saved);
    } else if constexpr (f == Activation::gelu) {  // Phi(z) + z phi(z)
        const V phi = V(T(0.39894228040143268)) * exp(-half * saved * saved);
        const V Phi = half * (one + erf(saved * V(T(0.70710678118654752))));
        return dy * fma(saved, phi, Phi);
    } else if constexpr (f == Activation::gelu_tanh) {  // z s(u) with u = 2 sqrt(2/pi) (z +
                                                        // 0.044715 z^3)
        const V c(T(1.5957691216057308)), square = saved * saved;
        const V s = sigmoid(c * fma(square * saved, V(T(0.044715)), saved));
        const V du = c * fma(square, V(T(3 * 0.044715)), one);
        return dy * s * fma(saved * (one - s), du, one);
    } else if constexpr (f == Activation::silu) {
        const V s = sigmoid(saved);
        return dy * s * fma(saved, one - s, one);
    } else {
        return dy;
    }
}

template <class T>
struct Rows {
    const T* dy;
    long dy_row;
    const T* saved;
    long saved_row;
    T* dz;
    long dz_row, rows;
};

// N vectors of neighbouring columns; the last one holds `last` elements.
template <Activation f, int N, class T>
void columns(const Rows<T>& r, long j, long last, T* sums) {
    using V = Vec<T>;
    constexpr long W = V::width;
    V total[N];
    for (long i = 0; i < r.rows; ++i) {
        const T* dy = r.dy + i * r.dy_row + j;
#pragma GCC unroll 4
        for (int v = 0; v < N; ++v) {
            const long n = v == N - 1 ? last : W;
            V x = V::load(dy + v * W, n);
            if constexpr (f != Activation::none) {
                x = derivative<f>(x, V::load(r.saved + i * r.saved_row + j + v * W, n));
                if (r.dz != nullptr) x.store(r.dz + i * r.dz_row + j + v * W, n);
            }
            total[v] += x;
        }
    }
    if (sums == nullptr) return;
#pragma GCC unroll 4
    for (int v = 0; v < N; ++v) total[v].store(sums + j + v * W, v == N - 1 ? last : W);
}

template <Activation f, class T>
void backward_of(const Rows<T>& r, long cols, T* sums) {
    constexpr long W = Vec<T>::width;
    long j = 0;
    for (; j + 4 * W <= cols; j += 4 * W) columns<f, 4>(r, j, W, sums);
    for (; j < cols; j += W) columns<f, 1>(r, j, cols - j < W ? cols - j : W, sums);
}

template <class T>
void backward(Activation f, const T* dy, long dy_row, const T* saved, long saved_row, T* dz,
              long dz_row, long rows, long cols, T* sums) {
    const Rows<T> r{dy, dy_row, saved, saved_row, dz, dz_row, rows};
    switch (f) {
        case Activation::none: return backward_of<Activation::none>(r, cols, sums);
        case Activation::relu: return backward_of<Activation::relu>(r, cols, sums);
        case Activation::tanh: return backward_of<Activation::tanh>(r, cols, sums);
        case Activation::sigmoid: return backward_of<Activation::sigmoid>(r, cols, sums);
        case Activation::gelu: return backward_of<Activation::gelu>(r, cols, sums);
        case Activation::gelu_tanh: return backward_of<Activation::gelu_tanh>(r, cols, sums);
        case Activation::silu: return backward_of<Activation::silu>(r, cols, sums);
    }
}

template <class T>
constexpr linear::TypedKernels<T> kTable{backward<T>};

}  // namespace
}  // namespace fastnn::FASTNN_ISA

namespace fastnn::linear {
template <>
const TypedKernels<float>& kernels<float, Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kTable<float>;
}
template <>
const TypedKernels<double>& kernels<double, Isa::FASTNN_ISA>() {
    return FASTNN_ISA::kTable<double>;
}
}  // namespace fastnn::linear
