#include "ops/scan/running.h"

#include <algorithm>

#include "core/parallel.h"
#include "ops/scan/cost.h"

namespace fastnn::scan {
namespace {

template <class T>
void run_typed(const RunningArgs& a) {
    const auto& kernels = isa::table<AllRunningKernels, T>();
    const auto op = static_cast<int>(a.op);
    const bool rows = a.inner == 1;
    const auto kernel = rows ? kernels.rows[op] : kernels.columns[op];
    // Lines beside each other, and how many of such groups there are.
    const dim_t together = rows ? a.outer : a.inner, groups = rows ? 1 : a.outer;
    const dim_t blocks = ceil_div(together, kernels.width);
    const double ns = cost::kRunning[op] * static_cast<double>(kernels.width * a.size);
    parallel_for(groups * blocks, ns, [&](dim_t c) {
        const dim_t first = c % blocks * kernels.width;
        const dim_t at = rows ? first * a.size : c / blocks * a.size * a.inner + first;
        const auto from = [at](const void* p) {
            return p == nullptr ? nullptr : static_cast<const T*>(p) + at;
        };
        kernel({from(a.x), from(a.y), from(a.dy), static_cast<T*>(a.out) + at,
                a.place == nullptr ? nullptr : a.place + at},
               a.size, rows ? a.size : a.inner, std::min(kernels.width, together - first));
    });
}

void run(const RunningArgs& a) {
    if (a.outer * a.size * a.inner == 0) return;
    visit_float(a.dtype, [&]<class T>() { run_typed<T>(a); });
}

template <int flops, int arrays>
Work work(const RunningArgs& a) {
    const auto n = static_cast<double>(a.outer * a.size * a.inner);
    const double places = a.place == nullptr ? 0 : 8;
    return {flops * n, n * (arrays * static_cast<double>(size_of(a.dtype)) + places)};
}

}  // namespace

const Kernel<RunningArgs> kRunning[kRunnings] = {
    {"cummax", run, work<1, 2>},
    {"cummin", run, work<1, 2>},
    {"logcumsumexp", run, work<40, 2>},
    {"logcumsumexp_backward", run, work<32, 4>},
};

}  // namespace fastnn::scan
