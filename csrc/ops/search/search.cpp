#include "ops/search/search.h"

#include <algorithm>
#include <bit>

#include "core/parallel.h"
#include "ops/search/cost.h"

namespace fastnn::search {
namespace {

constexpr dim_t kChunk = 4096;  // values of a chunk

template <class T>
void search_typed(const Args& a, const TypedKernels<T>& kernels) {
    const dim_t step = std::min(kChunk, a.m), pieces = ceil_div(a.m, step);
    const int steps = std::bit_width(static_cast<std::uint64_t>(a.n));
    const auto size = static_cast<dim_t>(a.find == Find::member ? 1 : a.narrow ? 4 : 8);
    parallel_for(a.tables * pieces, cost::kStep * static_cast<double>(steps * step), [&](dim_t c) {
        const dim_t table = c / pieces, first = c % pieces * step;
        const dim_t at = table * a.m + first;
        const Query<T> query{static_cast<const T*>(a.table) + table * a.n,
                             a.sorter == nullptr ? nullptr : a.sorter + table * a.n, a.n,
                             static_cast<const T*>(a.values) + at, std::min(step, a.m - first)};
        char* const out = static_cast<char*>(a.out) + at * size;
        if (a.find == Find::member) {
            kernels.member(query, a.invert, reinterpret_cast<bool*>(out));
        } else {
            kernels.count(query, a.find == Find::right, a.narrow, out);
        }
    });
}

void run(const Args& a) {
    if (a.tables * a.m == 0) return;
    const Kernels& kernels = isa::table<Kernels>();
    switch (a.dtype) {
        case Dtype::f32: return search_typed(a, kernels.f32);
        case Dtype::f64: return search_typed(a, kernels.f64);
        case Dtype::i64: return search_typed(a, kernels.i64);
        case Dtype::i32: return search_typed(a, kernels.i32);
        default: return search_typed(a, kernels.u8);
    }
}

Work work(const Args& a) {
    const auto values = static_cast<double>(a.tables * a.m);
    return {values * std::bit_width(static_cast<std::uint64_t>(a.n)),
            static_cast<double>(a.tables * (a.n + a.m)) * static_cast<double>(size_of(a.dtype)) +
                8 * values};
}

}  // namespace

const Kernel<Args> kSearchsorted{"searchsorted", run, work};
const Kernel<Args> kIsin{"isin", run, work};

}  // namespace fastnn::search
