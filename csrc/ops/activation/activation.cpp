#include "ops/activation/activation.h"

#include <algorithm>

#include "core/cache.h"
#include "core/integer.h"
#include "core/named_kernels.h"
#include "core/parallel.h"

namespace fastnn::activation {
namespace {

// Elements of a chunk: 64 KiB in and 64 KiB out of float32, a part of L2.
constexpr dim_t kChunk = 16384;

bool streams(Dtype dtype, dim_t size, const void* out) {
    return past_caches(out, static_cast<double>(size_of(dtype)) * static_cast<double>(size),
                       kLineBytes, kReadsOnce);
}

// Calls f(begin, length) over the chunks of n elements.
template <class F>
void over_chunks(dim_t n, double element_ns, F f) {
    const dim_t chunks = ceil_div(n, kChunk);
    const double chunk_ns = element_ns * static_cast<double>(n) / static_cast<double>(chunks);
    parallel_for(chunks, chunk_ns,
                 [&](dim_t c) { f(c * kChunk, std::min(kChunk, n - c * kChunk)); });
}

Work forward_work(const Args& a) {
    const auto n = static_cast<double>(a.size);
    return {facts(a.f.kind).flops * n, 2 * n * static_cast<double>(size_of(a.dtype))};
}

Work backward_work(const BackwardArgs& a) {
    const auto n = static_cast<double>(a.size);
    return {facts(a.f.kind).flops * n, 3 * n * static_cast<double>(size_of(a.dtype))};
}

// All but that of Activation::none.
const auto& kernels() {
    static const NamedKernels<Args, BackwardArgs, kActivations> all(
        {nullptr, forward, forward_work}, {nullptr, backward, backward_work},
        [](int i) { return facts(static_cast<Activation>(i)).name; }, 1);
    return all;
}

}  // namespace

const ActivationFacts& facts(Activation f) {
    return isa::table<TypedKernels<float>>().facts[static_cast<int>(f)];
}

const Words& words(Activation f) {
    return isa::table<TypedKernels<float>>().words[static_cast<int>(f)];
}

const Kernel<Args>& forward_kernel(Activation f) {
    return kernels().forward[static_cast<int>(f)];
}

const Kernel<BackwardArgs>& backward_kernel(Activation f) {
    return kernels().backward[static_cast<int>(f)];
}

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = isa::table<TypedKernels<T>>().forward[static_cast<int>(a.f.kind)];
        const auto* x = static_cast<const T*>(a.x);
        auto* y = static_cast<T*>(a.y);
        // In place, the lines that are written are in the caches.
        const bool stream = x != y && streams(a.dtype, a.size, y);
        over_chunks(a.size, facts(a.f.kind).value_ns * sizeof(T) / 4,
                    [=, &a](dim_t i, dim_t n) { kernel(x + i, y + i, n, a.f.params, stream); });
    });
}

void backward(const BackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = isa::table<TypedKernels<T>>().backward[static_cast<int>(a.f.kind)];
        const auto* dy = static_cast<const T*>(a.dy);
        const auto* saved = static_cast<const T*>(a.saved);
        auto* dx = static_cast<T*>(a.dx);
        const bool stream = streams(a.dtype, a.size, dx);
        over_chunks(a.size, facts(a.f.kind).gradient_ns * sizeof(T) / 4, [=, &a](dim_t i, dim_t n) {
            kernel(dy + i, saved + i, dx + i, n, a.f.params, stream);
        });
    });
}

template <class T>
void apply(const FusedActivation& f, Rows<const T> x, Rows<T> y, dim_t rows, dim_t cols) {
    const auto kernel = isa::table<TypedKernels<T>>().forward[static_cast<int>(f.kind)];
    if (x.stride == cols && y.stride == cols) cols *= rows, rows = 1;
    for (dim_t i = 0; i < rows; ++i)
        kernel(x.data + i * x.stride, y.data + i * y.stride, cols, f.params, false);
}

template <class T>
void finish(const Epilogue<T>& e, T* y, dim_t at, dim_t stride, dim_t rows, dim_t cols) {
    if (!e.unfinished()) return;
    apply<T>(e.activation, {e.out(y) + at, stride}, {y + at, stride}, rows, cols);
}

template <class T>
void apply_gradient(const FusedActivation& f, Rows<const T> dy, Rows<const T> saved, Rows<T> dx,
                    dim_t rows, dim_t cols) {
    const auto kernel = isa::table<TypedKernels<T>>().backward[static_cast<int>(f.kind)];
    if (dy.stride == cols && saved.stride == cols && dx.stride == cols) cols *= rows, rows = 1;
    for (dim_t i = 0; i < rows; ++i) {
        kernel(dy.data + i * dy.stride, saved.data + i * saved.stride, dx.data + i * dx.stride,
               cols, f.params, false);
    }
}

template void apply(const FusedActivation&, Rows<const float>, Rows<float>, dim_t, dim_t);
template void apply(const FusedActivation&, Rows<const double>, Rows<double>, dim_t, dim_t);
template void finish(const Epilogue<float>&, float*, dim_t, dim_t, dim_t, dim_t);
template void finish(const Epilogue<double>&, double*, dim_t, dim_t, dim_t, dim_t);
template void apply_gradient(const FusedActivation&, Rows<const float>, Rows<const float>,
                             Rows<float>, dim_t, dim_t);
template void apply_gradient(const FusedActivation&, Rows<const double>, Rows<const double>,
                             Rows<double>, dim_t, dim_t);

}  // namespace fastnn::activation
