#include "ops/softmax/softmax.h"

#include <algorithm>

#include "core/columns.h"
#include "core/integer.h"
#include "core/parallel.h"
#include "ops/softmax/cost.h"

namespace fastnn::softmax {
namespace {

constexpr dim_t kChunk = 32768;  // elements: 128 KiB in and 128 KiB out; at least one row
constexpr dim_t kColumns = 64;   // columns of a chunk at least: whole cache lines

// Calls rows(offset, count) over chunks of whole rows, or columns(offset, count) over chunks of
// columns.
template <class Rows, class Columns>
void over_chunks(dim_t outer, dim_t size, dim_t inner, double element_ns, Rows rows,
                 Columns columns) {
    if (outer * size * inner == 0) return;
    const dim_t wanted = std::max<dim_t>(1, kChunk / size);
    if (inner == 1) {
        const dim_t step = std::min(wanted, outer);
        parallel_for(ceil_div(outer, step), element_ns * static_cast<double>(step * size),
                     [=](dim_t c) { rows(c * step * size, std::min(step, outer - c * step)); });
        return;
    }
    const dim_t step = std::min(inner, std::max(wanted, kColumns)),
                per_outer = ceil_div(inner, step);
    // Short runs of columns share a chunk.
    const dim_t group = std::max<dim_t>(1, kChunk / (step * size)), all = outer * per_outer;
    parallel_for(
        ceil_div(all, group), element_ns * static_cast<double>(std::min(group, all) * step * size),
        [=](dim_t g) {
            for (dim_t c = g * group; c < std::min(all, (g + 1) * group); ++c) {
                const dim_t begin = c % per_outer * step;
                columns(c / per_outer * size * inner + begin, std::min(step, inner - begin));
            }
        });
}

// Calls tile(offset, count, scratch) over tiles of columns, with scratch for `arrays` of them.
template <class T, class F>
void over_tiles(dim_t outer, dim_t size, dim_t inner, double element_ns, int arrays, F tile) {
    const dim_t step = columns_of_tile(size, inner, sizeof(T));
    const dim_t per_outer = ceil_div(inner, step);
    parallel_with_scratch<T>(outer * per_outer, element_ns * static_cast<double>(step * size),
                             arrays * step * size, [=](dim_t c, T* scratch) {
                                 const dim_t begin = c % per_outer * step;
                                 tile(c / per_outer * size * inner + begin,
                                      std::min(step, inner - begin), scratch);
                             });
}

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto& kernel = isa::table<Kernels, T>();
        const auto* x = static_cast<const T*>(a.x);
        auto* y = static_cast<T*>(a.y);
        if (a.inner > 1 && columns_collide(a.size, a.inner * dim_t{sizeof(T)})) {
            return over_tiles<T>(a.outer, a.size, a.inner, cost::kForwardColumns * sizeof(T) / 4, 1,
                                 [&, x, y](dim_t at, dim_t count, T* tile) {
                                     gather_columns(x + at, a.size, a.inner, count, tile);
                                     kernel.columns[a.log](tile, tile, a.size, count, count);
                                     scatter_columns(tile, a.size, a.inner, count, y + at);
                                 });
        }
        over_chunks(
            a.outer, a.size, a.inner, cost::kForward * sizeof(T) / 4,
            [&, x, y](dim_t at, dim_t count) { kernel.rows[a.log](x + at, y + at, a.size, count); },
            [&, x, y](dim_t at, dim_t count) {
                kernel.columns[a.log](x + at, y + at, a.size, a.inner, count);
            });
    });
}

void backward(const BackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto& kernel = isa::table<Kernels, T>();
        const auto *dy = static_cast<const T*>(a.dy), *y = static_cast<const T*>(a.y);
        auto* dx = static_cast<T*>(a.dx);
        if (a.inner > 1 && columns_collide(a.size, a.inner * dim_t{sizeof(T)})) {
            return over_tiles<T>(a.outer, a.size, a.inner, cost::kBackwardColumns * sizeof(T) / 4,
                                 2, [&, dy, y, dx](dim_t at, dim_t count, T* tile) {
                                     T* const other = tile + a.size * count;
                                     gather_columns(dy + at, a.size, a.inner, count, tile);
                                     gather_columns(y + at, a.size, a.inner, count, other);
                                     kernel.columns_backward[a.log](tile, other, tile, a.size,
                                                                    count, count);
                                     scatter_columns(tile, a.size, a.inner, count, dx + at);
                                 });
        }
        over_chunks(
            a.outer, a.size, a.inner,
            (a.log ? cost::kLogBackward : cost::kBackward) * sizeof(T) / 4,
            [&, dy, y, dx](dim_t at, dim_t count) {
                kernel.rows_backward[a.log](dy + at, y + at, dx + at, a.size, count);
            },
            [&, dy, y, dx](dim_t at, dim_t count) {
                kernel.columns_backward[a.log](dy + at, y + at, dx + at, a.size, a.inner, count);
            });
    });
}

template <class Args>
double elements(const Args& a) {
    return static_cast<double>(a.outer) * static_cast<double>(a.size) *
           static_cast<double>(a.inner);
}

Work forward_work(const Args& a) {
    return {20 * elements(a), 2 * elements(a) * static_cast<double>(size_of(a.dtype))};
}

Work backward_work(const BackwardArgs& a) {
    return {(a.log ? 20 : 4) * elements(a),
            3 * elements(a) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kForward[2] = {{"softmax", forward, forward_work},
                                  {"log_softmax", forward, forward_work}};
const Kernel<BackwardArgs> kBackward[2] = {{"softmax_backward", backward, backward_work},
                                           {"log_softmax_backward", backward, backward_work}};

}  // namespace fastnn::softmax
