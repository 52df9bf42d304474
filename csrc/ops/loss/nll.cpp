#include "ops/loss/nll.h"

#include <algorithm>
#include <cstring>

#include "core/integer.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/loss/cost.h"

namespace fastnn::nll {
namespace {

constexpr dim_t kRows = 8192;  // per chunk: 16 us of gathers

// Adds f(begin, end) over chunks of rows, in the order of the chunks.
template <class F>
double sum_rows(dim_t rows, F f) {
    const dim_t chunks = ceil_div(rows, kRows);
    Scratch<double> sums(static_cast<std::size_t>(chunks));
    double* sum = sums.data();
    parallel_for(chunks, loss::cost::kNllRow * static_cast<double>(std::min(rows, kRows)),
                 [=](dim_t c) { sum[c] = f(c * kRows, std::min(rows, (c + 1) * kRows)); });
    double total = 0;
    for (dim_t c = 0; c < chunks; ++c) total += sum[c];
    return total;
}

// The index of the logit of a row's class.
dim_t index_of(const Targets& t, dim_t inner, dim_t row) {
    return (row / inner * t.classes + t.id[row]) * inner + row % inner;
}

template <class T>
double divisor(Reduction reduction, const Targets& t) {
    return reduction == Reduction::mean ? total_weight<T>(t) : 1.0;
}

void forward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() {
        const auto* x = static_cast<const T*>(a.x);
        T* each = a.reduction == Reduction::none ? static_cast<T*>(a.loss) : nullptr;
        const double total = sum_rows(a.targets.rows, [&a, x, each](dim_t begin, dim_t end) {
            double sum = 0;
            for (dim_t row = begin; row < end; ++row) {
                const std::int64_t id = a.targets.id[row];
                const bool live = id != a.targets.ignore_index && id >= 0 && id < a.targets.classes;
                const T l =
                    live ? -row_weight<T>(a.targets, row) * x[index_of(a.targets, a.inner, row)]
                         : T(0);
                if (each != nullptr) each[row] = l;
                sum += static_cast<double>(l);
            }
            return sum;
        });
        if (each == nullptr)
            *static_cast<T*>(a.loss) = static_cast<T>(total / divisor<T>(a.reduction, a.targets));
    });
}

void backward(const BackwardArgs& a) {
    visit_float(a.dtype, [&]<class T>() {
        const Targets& t = a.targets;
        const auto* dy = static_cast<const T*>(a.dy);
        auto* dx = static_cast<T*>(a.dx);
        const bool each = a.reduction == Reduction::none;
        const double factor = 1.0 / divisor<T>(a.reduction, t);
        const dim_t size = t.rows * t.classes, chunk = dim_t{1} << 18;
        parallel_for(
            ceil_div(size, chunk),
            loss::cost::kNllZero * static_cast<double>(std::min(size, chunk)), [=](dim_t c) {
                std::memset(
                    dx + c * chunk, 0,
                    sizeof(T) * static_cast<std::size_t>(std::min(chunk, size - c * chunk)));
            });
        for (dim_t row = 0; row < t.rows; ++row) {
            const T w = row_weight<T>(t, row);
            if (w != T(0)) {
                dx[index_of(t, a.inner, row)] =
                    static_cast<T>(-factor * static_cast<double>(w * dy[each ? row : 0]));
            }
        }
    });
}

Work forward_work(const Args& a) {
    const auto rows = static_cast<double>(a.targets.rows);
    return {rows, rows * static_cast<double>(size_of(a.dtype) + 8)};
}

Work backward_work(const BackwardArgs& a) {
    const auto rows = static_cast<double>(a.targets.rows);
    return {rows,
            rows * static_cast<double>(a.targets.classes) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

template <class T>
double total_weight(const Targets& t) {
    return sum_rows(t.rows, [&t](dim_t begin, dim_t end) {
        double sum = 0;
        for (dim_t row = begin; row < end; ++row) sum += static_cast<double>(row_weight<T>(t, row));
        return sum;
    });
}
template double total_weight<float>(const Targets&);
template double total_weight<double>(const Targets&);

const Kernel<Args> kForward{"nll_loss", forward, forward_work};
const Kernel<BackwardArgs> kBackward{"nll_loss_backward", backward, backward_work};

}  // namespace fastnn::nll
