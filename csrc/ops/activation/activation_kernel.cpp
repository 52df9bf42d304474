#include "ops/activation/activation.h"
#include "simd/activation.h"
#include "simd/loops.h"

namespace fastnn::FASTNN_ISA {
namespace {

template <bool past_cache, class F, class T>
FASTNN_INLINE void forward_loop(const F& f, const T* x, T* y, dim_t n) {
    using V = Vec<T>;
    dim_t i = 0;
    for (; i + V::width <= n; i += V::width) put<past_cache>(f.value(V::load(x + i)), y + i);
    if (i < n) f.value(V::load(x + i, n - i)).store(y + i, n - i);
    if (past_cache) nt_fence();
}

template <bool past_cache, class F, class T>
FASTNN_INLINE void backward_loop(const F& f, const T* dy, const T* saved, T* dx, dim_t n) {
    using V = Vec<T>;
    dim_t i = 0;
    for (; i + V::width <= n; i += V::width) {
        put<past_cache>(f.gradient(V::load(dy + i), V::load(saved + i)), dx + i);
    }
    if (i < n) f.gradient(V::load(dy + i, n - i), V::load(saved + i, n - i)).store(dx + i, n - i);
    if (past_cache) nt_fence();
}

template <class F, class T>
void forward(const T* x, T* y, dim_t n, const ActivationParams& params, bool past_cache) {
    const F f(params);
    past_cache ? forward_loop<true>(f, x, y, n) : forward_loop<false>(f, x, y, n);
}

template <class F, class T>
void backward(const T* dy, const T* saved, T* dx, dim_t n, const ActivationParams& params,
              bool past_cache) {
    const F f(params);
    past_cache ? backward_loop<true>(f, dy, saved, dx, n)
               : backward_loop<false>(f, dy, saved, dx, n);
}

// The functors of the list in core/activation.h, from the i-th on.
template <class T, int i = 1>
constexpr void fill(activation::TypedKernels<T>& table) {
    using F = ActivationOf<static_cast<Activation>(i), T>;
    table.facts[i] = F::facts;
    table.words[i] = {F::formula, F::values, F::gradients};
    table.forward[i] = forward<F, T>;
    table.backward[i] = backward<F, T>;
    if constexpr (i + 1 < kActivations) fill<T, i + 1>(table);
}

template <class T>
constexpr activation::TypedKernels<T> filled() {
    activation::TypedKernels<T> table{};
    fill(table);
    return table;
}

template <class T>
constexpr activation::TypedKernels<T> kTable = filled<T>();

}  // namespace
}  // namespace fastnn::FASTNN_ISA

FASTNN_KERNELS(activation::TypedKernels<float>, kTable<float>)
FASTNN_KERNELS(activation::TypedKernels<double>, kTable<double>)
