#include "ops/loss/loss.h"

#include <algorithm>

#include "core/integer.h"
#include "core/memory.h"
#include "core/named_kernels.h"
#include "core/parallel.h"

namespace fastnn::loss {
namespace {

constexpr dim_t kChunk = 16384;  // elements: three arrays of 64 KiB fit L2

template <class T>
const T* from(const void* p, dim_t i) {
    return p == nullptr ? nullptr : static_cast<const T*>(p) + i;
}

template <class T, class Args>
Chunk<T> chunk(const Args& a, dim_t c) {
    const dim_t i = c * kChunk;
    return {std::min(kChunk, a.size - i), from<T>(a.x, i),     from<T>(a.target, i),
            from<T>(a.weight, i),         from<T>(a.third, i), a.params};
}

template <class Args>
double chunk_ns(const Args& a) {
    return facts(a.op).element_ns *
           static_cast<double>(std::min(a.size, kChunk) * size_of(a.dtype) / 4);
}

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = isa::table<Kernels, T>().forward[static_cast<int>(a.op)];
        const dim_t chunks = ceil_div(a.size, kChunk);
        Scratch<double> sums(static_cast<std::size_t>(chunks));
        double* sum = sums.data();
        T* each = a.reduction == Reduction::none ? static_cast<T*>(a.loss) : nullptr;
        parallel_for(chunks, chunk_ns(a), [&a, kernel, sum, each](dim_t c) {
            sum[c] = kernel(chunk<T>(a, c), each == nullptr ? nullptr : each + c * kChunk);
        });
        if (each != nullptr) return;
        double total = 0;
        for (dim_t c = 0; c < chunks; ++c) total += sum[c];
        if (a.reduction == Reduction::mean) total /= static_cast<double>(a.size);
        *static_cast<T*>(a.loss) = static_cast<T>(total);
    });
}

void backward(const BackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = isa::table<Kernels, T>().backward[static_cast<int>(a.op)];
        const bool each = a.reduction == Reduction::none;
        const double dy = each ? 1.0 : static_cast<double>(*static_cast<const T*>(a.dy));
        const auto factor =
            static_cast<T>(a.reduction == Reduction::mean ? dy / static_cast<double>(a.size) : dy);
        parallel_for(ceil_div(a.size, kChunk), chunk_ns(a), [&a, kernel, each, factor](dim_t c) {
            kernel(chunk<T>(a, c), each ? from<T>(a.dy, c * kChunk) : nullptr, factor, a.of,
                   static_cast<T*>(a.dx) + c * kChunk);
        });
    });
}

// Arrays of `size` elements that are read or written.
template <class Args>
int arrays(const Args& a) {
    return 2 + (a.weight != nullptr) + (a.third != nullptr) + (a.reduction == Reduction::none);
}

Work forward_work(const Args& a) {
    const auto n = static_cast<double>(a.size);
    return {facts(a.op).flops * n, arrays(a) * n * static_cast<double>(size_of(a.dtype))};
}

Work backward_work(const BackwardArgs& a) {
    const auto n = static_cast<double>(a.size);
    return {facts(a.op).flops * n, (arrays(a) + 1) * n * static_cast<double>(size_of(a.dtype))};
}

const auto& kernels() {
    static const NamedKernels<Args, BackwardArgs, kOps> all(
        {nullptr, forward, forward_work}, {nullptr, backward, backward_work},
        [](int i) { return facts(static_cast<Op>(i)).name; });
    return all;
}

}  // namespace

const Facts& facts(Op op) {
    return isa::table<Kernels>().f32.facts[static_cast<int>(op)];
}
const Kernel<Args>& forward_kernel(Op op) {
    return kernels().forward[static_cast<int>(op)];
}
const Kernel<BackwardArgs>& backward_kernel(Op op) {
    return kernels().backward[static_cast<int>(op)];
}

}  // namespace fastnn::loss
