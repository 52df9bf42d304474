#include "ops/optim/rows.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "core/integer.h"
#include "core/parallel.h"
#include "ops/optim/cost.h"
#include "ops/optim/optim.h"

namespace fastnn::optim {
namespace {

constexpr dim_t kChunk = 16384;  // elements per chunk, as in a step of whole tensors

// f(offset in the table, offset in the gradient) for every row.
template <class F>
void over_rows(const Rows& r, F f) {
    if (r.count * r.width == 0) return;
    const dim_t step = std::clamp<dim_t>(kChunk / r.width, 1, r.count);
    parallel_for(ceil_div(r.count, step), cost::kStep * static_cast<double>(step * r.width),
                 [=, &r](dim_t c) {
                     for (dim_t i = c * step; i < std::min(r.count, (c + 1) * step); ++i)
                         f(r.ids[i] * r.width, i * r.width);
                 });
}

// The step of a rule on rows of the table and of its states; null states are not used.
template <class S>
void update_rows(Rule rule, const S& scalars, const Rows& r, void* first_state,
                 void* second_state) {
    Scalars s;
    std::memcpy(&s, &scalars, sizeof scalars);
    visit_float(r.dtype, [&]<class T>() {
        const auto update = isa::table<Kernels, T>().update[static_cast<int>(rule)];
        auto *p = static_cast<T*>(r.param), *m = static_cast<T*>(first_state),
             *v = static_cast<T*>(second_state);
        const auto* g = static_cast<const T*>(r.grad);
        over_rows(r, [=, &s, &r](dim_t at, dim_t from) {
            T* const state[kMaxStates] = {m == nullptr ? m : m + at, v == nullptr ? v : v + at};
            update(s, p + at, g + from, state, r.width);
        });
    });
}

void sgd(const SgdRowsArgs& a) {
    const SgdScalars s{a.maximize ? -1.0 : 1.0, 0, 0, 1, a.lr, 0, 0};
    update_rows(Rule::sgd, s, a.rows, nullptr, nullptr);
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
    update_rows(Rule::adam, s, a.rows, a.exp_avg, a.exp_avg_sq);
}

// Operations and arrays per element.
Work work(const Rows& r, int flops, int arrays) {
    const double n = static_cast<double>(r.count) * static_cast<double>(r.width);
    return {flops * n, arrays * n * static_cast<double>(size_of(r.dtype))};
}

Work sgd_work(const SgdRowsArgs& a) {
    return work(a.rows, 2, 3);
}

Work adam_work(const AdamRowsArgs& a) {
    return work(a.rows, 12, 7);
}

}  // namespace

const Kernel<SgdRowsArgs> kSgdRows{"sgd_step_rows", sgd, sgd_work};
const Kernel<AdamRowsArgs> kAdamRows{"adam_step_rows", adam, adam_work};

}  // namespace fastnn::optim
