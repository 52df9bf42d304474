#include "ops/loss/margin.h"

#include <algorithm>

#include "core/columns.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/loss/cost.h"

namespace fastnn::margin {
namespace {

constexpr dim_t kChunk = 16384;  // scores of a chunk; at least one row

// Calls f(row, mark) for every row, with scratch for C numbers.
template <class T, class F>
void over_rows(const Rows& r, double passes, F f) {
    const dim_t step = std::max<dim_t>(1, kChunk / r.classes);
    parallel_with_scratch<T>(
        ceil_div(r.count, step),
        passes * loss::cost::kMargin * static_cast<double>(std::min(step, r.count) * r.classes),
        r.classes, [=](dim_t c, T* mark) {
            for (dim_t row = c * step; row < std::min(r.count, (c + 1) * step); ++row) f(row, mark);
        });
}

template <class T>
double weight_of(const Rows& r, dim_t row) {
    if (r.weight == nullptr) return 1;
    const std::int64_t t = r.target[row];
    return t < 0 || t >= r.classes ? 0 : static_cast<double>(static_cast<const T*>(r.weight)[t]);
}

const std::int64_t* target_of(const Rows& r, dim_t row) {
    return r.target + (r.multilabel ? row * r.classes : row);
}

void forward(const Args& a) {
    visit_float(a.rows.dtype, [&]<class T>() {
        const auto kernel = isa::table<Kernels, T>().forward;
        const Rows& r = a.rows;
        Scratch<double> losses(static_cast<std::size_t>(std::max<dim_t>(1, r.count)));
        double* const l = losses.data();
        over_rows<T>(r, 1, [=, &r](dim_t row, T* mark) {
            const T* x = static_cast<const T*>(r.x) + row * r.classes;
            l[row] = kernel(r, x, target_of(r, row), mark) * weight_of<T>(r, row) /
                     static_cast<double>(r.classes);
        });
        if (r.reduction == Reduction::none) {
            std::transform(l, l + r.count, static_cast<T*>(a.loss),
                           [](double each) { return static_cast<T>(each); });
            return;
        }
        double total = 0;
        for (dim_t row = 0; row < r.count; ++row) total += l[row];
        if (r.reduction == Reduction::mean) total /= static_cast<double>(r.count);
        *static_cast<T*>(a.loss) = static_cast<T>(total);
    });
}

void backward(const BackwardArgs& a) {
    visit_float(a.rows.dtype, [&]<class T>() {
        const auto kernel = isa::table<Kernels, T>().backward;
        const Rows& r = a.rows;
        const auto* dy = static_cast<const T*>(a.dy);
        auto* dx = static_cast<T*>(a.dx);
        const bool each = r.reduction == Reduction::none;
        const double divisor = static_cast<double>(r.classes) *
                               (r.reduction == Reduction::mean ? static_cast<double>(r.count) : 1);
        over_rows<T>(r, 2, [=, &r](dim_t row, T* mark) {
            const double factor =
                static_cast<double>(dy[each ? row : 0]) * weight_of<T>(r, row) / divisor;
            kernel(r, static_cast<const T*>(r.x) + row * r.classes, target_of(r, row), mark,
                   static_cast<T>(factor), dx + row * r.classes);
        });
    });
}

Work work(const Rows& r, double passes) {
    const auto n = static_cast<double>(r.count) * static_cast<double>(r.classes);
    return {4 * passes * n, passes * n * static_cast<double>(size_of(r.dtype))};
}
Work forward_work(const Args& a) {
    return work(a.rows, 1);
}
Work backward_work(const BackwardArgs& a) {
    return work(a.rows, 2);
}

}  // namespace

const Kernel<Args> kForward[2] = {{"multi_margin_loss", forward, forward_work},
                                  {"multilabel_margin_loss", forward, forward_work}};
const Kernel<BackwardArgs> kBackward[2] = {
    {"multi_margin_loss_backward", backward, backward_work},
    {"multilabel_margin_loss_backward", backward, backward_work}};

}  // namespace fastnn::margin
