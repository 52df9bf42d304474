#include "ops/activation/activation.h"

#include <algorithm>

#include "core/parallel.h"

namespace fastnn::activation {
namespace {

// 16 Ki elements: 64 KiB in and 64 KiB out per chunk of float32, small beside L2 and large beside the cost of a chunk.
constexpr std::int64_t kChunk = 16384;

const Kernels& table() {
    return isa::pick([]<Isa L>() -> const Kernels& { return kernels<L>(); });
}

// Calls f(begin, length) over the chunks of n elements.
template <class F>
void over_chunks(std::int64_t n, double element_ns, F f) {
    const std::int64_t chunks = (n + kChunk - 1) / kChunk;
    const double chunk_ns = element_ns * static_cast<double>(std::min(n, kChunk));
    parallel_for(chunks, chunk_ns, [&](long c) { f(c * kChunk, std::min(kChunk, n - c * kChunk)); });
}

// Where a table entry stands, for both dtypes, and what one element costs a thread.
template <auto F32, auto F64, int ns100>
void forward(const Args& a) {
    const auto run = [&]<class T>(auto kernel) {
        over_chunks(a.size, ns100 / 100.0, [&](std::int64_t i, std::int64_t n) {
            kernel(static_cast<const T*>(a.x) + i, static_cast<T*>(a.y) + i, n);
        });
    };
    if (a.dtype == Dtype::f32) {
        run.template operator()<float>(table().f32.*F32);
    } else {
        run.template operator()<double>(table().f64.*F64);
    }
}

template <auto F32, auto F64, int ns100>
void backward(const BackwardArgs& a) {
    const auto run = [&]<class T>(auto kernel) {
        over_chunks(a.size, ns100 / 100.0, [&](std::int64_t i, std::int64_t n) {
            kernel(static_cast<const T*>(a.dy) + i, static_cast<const T*>(a.saved) + i, static_cast<T*>(a.dx) + i, n);
        });
    };
    if (a.dtype == Dtype::f32) {
        run.template operator()<float>(table().f32.*F32);
    } else {
        run.template operator()<double>(table().f64.*F64);
    }
}

template <int flops>
Work forward_work(const Args& a) {
    const auto n = static_cast<double>(a.size);
    return {flops * n, 2 * n * static_cast<double>(size_of(a.dtype))};
}

template <int flops>
Work backward_work(const BackwardArgs& a) {
    const auto n = static_cast<double>(a.size);
    return {flops * n, 3 * n * static_cast<double>(size_of(a.dtype))};
}

using F = TypedKernels<float>;
using D = TypedKernels<double>;

}  // namespace

const Kernel<Args> kForward[] = {
    {"relu", forward<&F::relu, &D::relu, 10>, forward_work<1>},
};

const Kernel<BackwardArgs> kBackward[] = {
    {"relu_backward", backward<&F::relu_backward, &D::relu_backward, 15>, backward_work<1>},
};

}  // namespace fastnn::activation
