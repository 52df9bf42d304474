#include "ops/median/median.h"

#include <algorithm>

#include "core/columns.h"
#include "core/integer.h"
#include "ops/median/cost.h"

namespace fastnn::median {
namespace {

constexpr dim_t kChunk = 8192;  // elements per chunk at least
constexpr dim_t kColumns = 16;  // columns copied to rows at a time: a cache line of float32

template <class T>
void select_typed(const Args& a, Row<T> kernel) {
    const auto* x = static_cast<const T*>(a.x);
    auto* values = static_cast<T*>(a.values);
    const dim_t n = a.size;
    if (a.inner == 1) {
        const dim_t step = std::max<dim_t>(1, kChunk / n);
        parallel_with_scratch<std::int64_t>(
            ceil_div(a.outer, step), cost::kElement * static_cast<double>(step * n), 2 * n,
            [=, &a](dim_t c, std::int64_t* work) {
                for (dim_t r = c * step; r < std::min(a.outer, (c + 1) * step); ++r)
                    kernel(x + r * n, n, a.rank, a.k, work, values + r, a.indices + r);
            });
        return;
    }
    const dim_t tiles = ceil_div(a.inner, kColumns);
    parallel_with_scratch<std::int64_t>(
        a.outer * tiles, cost::kElement * static_cast<double>(n * std::min(kColumns, a.inner)),
        (2 + kColumns) * n, [=, &a](dim_t c, std::int64_t* work) {
            const dim_t o = c / tiles, first = c % tiles * kColumns;
            const dim_t count = std::min(kColumns, a.inner - first);
            T* rows = reinterpret_cast<T*>(work + 2 * n);
            const T* from = x + o * n * a.inner + first;
            for (dim_t i = 0; i < n; ++i) {
                if (i % kChunk == 0) poll_interrupt();
                for (dim_t j = 0; j < count; ++j) {
                    rows[j * n + i] = from[i * a.inner + j];
                }
            }
            for (dim_t j = 0; j < count; ++j) {
                const dim_t at = o * a.inner + first + j;
                kernel(rows + j * n, n, a.rank, a.k, work, values + at, a.indices + at);
            }
        });
}

void select(const Args& a) {
    if (a.outer * a.inner == 0) return;
    const Kernels& kernels = isa::table<Kernels>();
    switch (a.dtype) {
        case Dtype::f32: return select_typed(a, kernels.f32);
        case Dtype::f64: return select_typed(a, kernels.f64);
        case Dtype::i64: return select_typed(a, kernels.i64);
        case Dtype::i32: return select_typed(a, kernels.i32);
        default: return select_typed(a, kernels.u8);
    }
}

Work work(const Args& a) {
    const auto n = static_cast<double>(a.outer * a.size * a.inner);
    return {4 * n, n * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kMedian{"median", select, work};
const Kernel<Args> kNanmedian{"nanmedian", select, work};
const Kernel<Args> kKthvalue{"kthvalue", select, work};

}  // namespace fastnn::median
