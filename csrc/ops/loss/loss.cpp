#include "ops/loss/loss.h"

#include <algorithm>

#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"

namespace fastnn::loss {
namespace {

constexpr std::int64_t kChunk = 16384;  // elements: three arrays of 64 KiB fit L2

template <class T>
const T* from(const void* p, std::int64_t i) {
    return p == nullptr ? nullptr : static_cast<const T*>(p) + i;
}

template <class T, class Args>
Chunk<T> chunk(const Args& a, std::int64_t c) {
    const std::int64_t i = c * kChunk;
    return {std::min(kChunk, a.size - i), from<T>(a.x, i),          from<T>(a.target, i),
            from<T>(a.weight, i),         from<T>(a.pos_weight, i), static_cast<T>(a.parameter)};
}

template <class Args>
double chunk_ns(const Args& a) {
    return entry(a.op).element_ns *
           static_cast<double>(std::min(a.size, kChunk) * size_of(a.dtype) / 4);
}

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto kernel = isa::table<Kernels, T>().forward[static_cast<int>(a.op)];
        const std::int64_t chunks = ceil_div(a.size, kChunk);
        Scratch<double> sums(static_cast<std::size_t>(chunks));
        double* sum = sums.data();
        T* each = a.reduction == Reduction::none ? static_cast<T*>(a.loss) : nullptr;
        parallel_for(chunks, chunk_ns(a), [&a, kernel, sum, each](long c) {
            sum[c] = kernel(chunk<T>(a, c), each == nullptr ? nullptr : each + c * kChunk);
        });
        if (each != nullptr) return;
        double total = 0;
        for (std::int64_t c = 0; c < chunks; ++c) total += sum[c];
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
        parallel_for(ceil_div(a.size, kChunk), chunk_ns(a), [&a, kernel, each, factor](long c) {
            kernel(chunk<T>(a, c), each ? from<T>(a.dy, c * kChunk) : nullptr, factor, a.to_target,
                   static_cast<T*>(a.dx) + c * kChunk);
        });
    });
}

// Arrays of `size` elements that are read or written.
template <class Args>
int arrays(const Args& a) {
    return 2 + (a.weight != nullptr) + (a.pos_weight != nullptr) + (a.reduction == Reduction::none);
}

Work forward_work(const Args& a) {
    const auto n = static_cast<double>(a.size);
    return {entry(a.op).flops * n, arrays(a) * n * static_cast<double>(size_of(a.dtype))};
}

Work backward_work(const BackwardArgs& a) {
    const auto n = static_cast<double>(a.size);
    return {entry(a.op).flops * n, (arrays(a) + 1) * n * static_cast<double>(size_of(a.dtype))};
}

constexpr Entry row(const char* name, const char* backward_name, int flops, double element_ns) {
    return {
        {name, forward, forward_work}, {backward_name, backward, backward_work}, flops, element_ns};
}

}  // namespace

constexpr Entry kTable[kOps] = {
    row("mse_loss", "mse_loss_backward", 3, 0.1),
    row("l1_loss", "l1_loss_backward", 3, 0.1),
    row("smooth_l1_loss", "smooth_l1_loss_backward", 6, 0.15),
    row("huber_loss", "huber_loss_backward", 6, 0.15),
    row("binary_cross_entropy", "binary_cross_entropy_backward", 40, 1.2),
    row("binary_cross_entropy_with_logits", "binary_cross_entropy_with_logits_backward", 40, 1.0),
};

}  // namespace fastnn::loss
