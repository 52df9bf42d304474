#include "ops/scan/scan.h"

#include <algorithm>

#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/scan/cost.h"

namespace fastnn::scan {
namespace {

constexpr dim_t kChunk = 16384;  // elements per chunk of rows at least
// Elements of a segment of a long row; kRows of them are 128 KiB of float32, within L2.
constexpr dim_t kSegment = 4096;

template <class T>
Lines<T> lines(const Args& a, dim_t at) {
    const auto from = [at](const void* p) {
        return p == nullptr ? nullptr : static_cast<const T*>(p) + at;
    };
    return {from(a.x), from(a.y), from(a.dy), static_cast<T*>(a.out) + at};
}

template <Op op, class T>
void over_rows(const Args& a) {
    const auto kernel = isa::table<Kernels, T>().rows[static_cast<int>(op)];
    const dim_t groups = ceil_div(a.outer, kRows);
    const dim_t step = std::max<dim_t>(1, kChunk / (kRows * a.size));
    const dim_t chunks = ceil_div(groups, step);
    parallel_for(chunks,
                 cost::kRow * static_cast<double>(a.outer * a.size) / static_cast<double>(chunks),
                 [&](dim_t c) {
                     for (dim_t g = c * step; g < std::min(groups, (c + 1) * step); ++g) {
                         double state[kRows];
                         std::fill_n(state, kRows, op == Op::cumprod ? 1 : 0);
                         const dim_t row = g * kRows;
                         kernel(lines<T>(a, row * a.size), a.size, a.size,
                                std::min<dim_t>(kRows, a.outer - row), state, true);
                     }
                 });
}

// A few long rows: first the sums of segments, then their initial values, then kRows segments at a
// time as if they were rows. Not for products: a segment whose product overflows would give
// 0 * inf = NaN after a zero, where the running product stays 0.
template <Op op, class T>
void over_segments(const Args& a) {
    constexpr bool reverse = op == Op::cumsum_backward;
    const auto& kernel = isa::table<Kernels, T>();
    const dim_t segments = ceil_div(a.size, kSegment);
    Scratch<double> starts(static_cast<std::size_t>(a.outer * segments));
    double* start = starts.data();
    const auto* x = static_cast<const T*>(a.x);
    const auto length = [&](dim_t s) { return std::min(kSegment, a.size - s * kSegment); };
    parallel_for(a.outer * segments, cost::kTotal * kSegment, [&](dim_t c) {
        const dim_t row = c / segments, s = c % segments;
        start[c] = kernel.total(x + row * a.size + s * kSegment, length(s));
    });
    for (dim_t row = 0; row < a.outer; ++row) {
        double before = 0;
        for (dim_t i = 0; i < segments; ++i) {
            double& here = start[row * segments + (reverse ? segments - 1 - i : i)];
            const double sum = here;
            here = before;
            before += sum;
        }
    }
    const dim_t groups = ceil_div(segments, kRows);
    parallel_for(a.outer * groups, cost::kRow * kSegment * kRows, [&](dim_t c) {
        const dim_t row = c / groups, first = c % groups * kRows;
        const dim_t end = std::min(segments, first + kRows);
        const auto scan = [&](dim_t from, dim_t count) {
            kernel.rows[static_cast<int>(op)](lines<T>(a, row * a.size + from * kSegment),
                                              length(from), kSegment, count,
                                              start + row * segments + from, from == 0);
        };
        const bool whole = length(end - 1) == kSegment;
        if (const dim_t count = end - first - (whole ? 0 : 1); count > 0) scan(first, count);
        if (!whole) scan(end - 1, 1);
    });
}

template <Op op, class T>
void over_columns(const Args& a) {
    const auto kernel = isa::table<Kernels, T>().columns[static_cast<int>(op)];
    const dim_t tiles = ceil_div(a.inner, kColumns);
    parallel_for(a.outer * tiles,
                 cost::kColumn * static_cast<double>(a.size * std::min<dim_t>(kColumns, a.inner)),
                 [&](dim_t c) {
                     const dim_t at = c % tiles * kColumns;
                     kernel(lines<T>(a, c / tiles * a.size * a.inner + at), a.size, a.inner,
                            std::min<dim_t>(kColumns, a.inner - at));
                 });
}

template <Op op>
void scan(const Args& a) {
    if (a.outer * a.size * a.inner == 0) return;
    constexpr bool sums = op == Op::cumsum || op == Op::cumsum_backward;
    visit_float(a.dtype, [&]<class T>() {
        if (a.inner > 1) return over_columns<op, T>(a);
        if constexpr (sums) {
            if (a.outer < 2 * kRows && a.size >= 2 * kSegment) return over_segments<op, T>(a);
        }
        over_rows<op, T>(a);
    });
}

template <int flops, int arrays>
Work work(const Args& a) {
    const auto n = static_cast<double>(a.outer * a.size * a.inner);
    return {flops * n, arrays * n * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kScan[kOps] = {
    {"cumsum", scan<Op::cumsum>, work<1, 2>},
    {"cumsum_backward", scan<Op::cumsum_backward>, work<1, 2>},
    {"cumprod", scan<Op::cumprod>, work<1, 2>},
    {"cumprod_backward", scan<Op::cumprod_backward>, work<3, 4>},
};

}  // namespace fastnn::scan
