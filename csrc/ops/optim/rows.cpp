#include "ops/optim/rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/integer.h"
#include "core/parallel.h"
#include "ops/optim/optim.h"

namespace fastnn::optim {
namespace {

constexpr dim_t kChunk = 16384;  // elements per chunk, as in a step of whole tensors
constexpr double kElementNs = 0.5;

// f(offset in the table, offset in the gradient) for every row.
template <class F>
void over_rows(const std::int64_t* ids, dim_t count, dim_t width, F f) {
    if (count * width == 0) return;
    const dim_t step = std::clamp<dim_t>(kChunk / width, 1, count);
    parallel_for(ceil_div(count, step), kElementNs * static_cast<double>(step * width),
                 [=](dim_t c) {
                     for (dim_t i = c * step; i < std::min(count, (c + 1) * step); ++i)
                         f(ids[i] * width, i * width);
                 });
}

// The step of a rule on rows of the table and of its state.
template <class S>
void over_table(Rule rule, Dtype dtype, const S& scalars, const std::int64_t* ids, dim_t count,
                dim_t width, void* param, const void* grad, void* first_state = nullptr,
                void* second_state = nullptr) {
    Scalars s;
    std::memcpy(&s, &scalars, sizeof scalars);
    visit_float(dtype, [&]<class T>() {
        const auto update = isa::table<Kernels, T>().update[static_cast<int>(rule)];
        auto *p = static_cast<T*>(param), *m = static_cast<T*>(first_state),
             *v = static_cast<T*>(second_state);
        const auto* g = static_cast<const T*>(grad);
        over_rows(ids, count, width, [=](dim_t at, dim_t from) {
            T* const state[kMaxStates] = {m == nullptr ? m : m + at, v == nullptr ? v : v + at};
            update(s, p + at, g + from, state, width);
        });
    });
}

void sgd(const SgdRowsArgs& a) {
    const SgdScalars s{a.maximize ? -1.0 : 1.0, 0, 0, 1, a.lr, 0, 0};
    over_table(Rule::sgd, a.dtype, s, a.ids, a.count, a.width, a.param, a.grad);
}

void adam(const AdamRowsArgs& a) {
    const double t = *a.step += 1;
    const AdamScalars s{a.maximize ? -1.0 : 1.0,
                        0,
                        1,
                        1 - a.beta1,
                        a.beta2,
                        1 - a.beta2,
                        1,
                        a.eps,
                        a.lr * std::sqrt(1 - std::pow(a.beta2, t)) / (1 - std::pow(a.beta1, t))};
    over_table(Rule::adam, a.dtype, s, a.ids, a.count, a.width, a.param, a.grad, a.exp_avg,
               a.exp_avg_sq);
}

double bytes(Dtype dtype, dim_t count, dim_t width) {
    return static_cast<double>(count) * static_cast<double>(width) *
           static_cast<double>(size_of(dtype));
}

Work sgd_work(const SgdRowsArgs& a) {
    return {2 * bytes(Dtype::u8, a.count, a.width), 3 * bytes(a.dtype, a.count, a.width)};
}

Work adam_work(const AdamRowsArgs& a) {
    return {12 * bytes(Dtype::u8, a.count, a.width), 7 * bytes(a.dtype, a.count, a.width)};
}

}  // namespace

const Kernel<SgdRowsArgs> kSgdRows{"sgd_step_rows", sgd, sgd_work};
const Kernel<AdamRowsArgs> kAdamRows{"adam_step_rows", adam, adam_work};

}  // namespace fastnn::optim
