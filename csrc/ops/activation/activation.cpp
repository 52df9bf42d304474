#include "ops/activation/activation.h"

#include <algorithm>

#include "core/integer.h"
#include "core/parallel.h"

namespace fastnn::activation {
namespace {

// 16 Ki elements: 64 KiB in and 64 KiB out per chunk of float32, small beside L2 and large beside
// the cost of a chunk.
constexpr std::int64_t kChunk = 16384;
// From this size on an output is written past the caches: at half of a 32 MiB L3 it would not stay
// there anyway.
constexpr std::size_t kStreamBytes = std::size_t{8} << 20;

const Kernels& table() {
    return isa::pick([]<Isa L>() -> const Kernels& { return kernels<L>(); });
}

bool streams(Dtype dtype, std::int64_t size, const void* out) {
    return size_of(dtype) * static_cast<std::size_t>(size) >= kStreamBytes &&
           reinterpret_cast<std::uintptr_t>(out) % 64 == 0;
}

// Calls f(begin, length) over the chunks of n elements.
template <class F>
void over_chunks(std::int64_t n, double element_ns, F f) {
    const std::int64_t chunks = ceil_div(n, kChunk);
    const double chunk_ns = element_ns * static_cast<double>(n) / static_cast<double>(chunks);
    parallel_for(chunks, chunk_ns,
                 [&](long c) { f(c * kChunk, std::min(kChunk, n - c * kChunk)); });
}

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = table().of<T>().forward[static_cast<int>(a.op)];
        const auto* x = static_cast<const T*>(a.x);
        auto* y = static_cast<T*>(a.y);
        const bool stream = streams(a.dtype, a.size, y);
        over_chunks(
            a.size, entry(a.op).value_ns * sizeof(T) / 4,
            [=, &a](std::int64_t i, std::int64_t n) { kernel(x + i, y + i, n, a.params, stream); });
    });
}

void backward(const BackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = table().of<T>().backward[static_cast<int>(a.op)];
        const auto* dy = static_cast<const T*>(a.dy);
        const auto* saved = static_cast<const T*>(a.saved);
        auto* dx = static_cast<T*>(a.dx);
        const bool stream = streams(a.dtype, a.size, dx);
        over_chunks(a.size, entry(a.op).gradient_ns * sizeof(T) / 4,
                    [=, &a](std::int64_t i, std::int64_t n) {
                        kernel(dy + i, saved + i, dx + i, n, a.params, stream);
                    });
    });
}

Work forward_work(const Args& a) {
    const auto n = static_cast<double>(a.size);
    return {entry(a.op).flops * n, 2 * n * static_cast<double>(size_of(a.dtype))};
}

Work backward_work(const BackwardArgs& a) {
    const auto n = static_cast<double>(a.size);
    return {entry(a.op).flops * n, 3 * n * static_cast<double>(size_of(a.dtype))};
}

constexpr Entry row(const char* name, const char* backward_name, int flops, double value_ns,
                    double gradient_ns) {
    return {{name, forward, forward_work},
            {backward_name, backward, backward_work},
            flops,
            value_ns,
            gradient_ns};
}

}  // namespace

constexpr Entry kTable[kOps] = {
    row("step", "step_backward", 1, 0.1, 0.1),
    row("relu", "relu_backward", 1, 0.1, 0.15),
    row("leaky_relu", "leaky_relu_backward", 2, 0.1, 0.15),
    row("hardtanh", "hardtanh_backward", 2, 0.1, 0.15),
    row("elu", "elu_backward", 16, 0.5, 0.5),
    row("sigmoid", "sigmoid_backward", 16, 0.5, 0.15),
    row("hardsigmoid", "hardsigmoid_backward", 3, 0.1, 0.15),
    row("logsigmoid", "logsigmoid_backward", 30, 0.8, 0.5),
    row("tanh", "tanh_backward", 20, 0.6, 0.15),
    row("softplus", "softplus_backward", 30, 0.8, 0.5),
    row("gelu", "gelu_backward", 25, 0.6, 0.9),
    row("gelu_tanh", "gelu_tanh_backward", 25, 0.7, 0.8),
    row("silu", "silu_backward", 18, 0.5, 0.5),
    row("hardswish", "hardswish_backward", 4, 0.1, 0.15),
    row("mish", "mish_backward", 22, 0.5, 0.6),
};

}  // namespace fastnn::activation
