#include "ops/resample/resample.h"

#include "core/cache.h"
#include "core/channels_last_partition.h"
#include "ops/resample/cost.h"
#include "ops/resample/tables.h"

namespace fastnn::resample {
namespace {

double numbers(const Args& a, const dim_t (&sizes)[kAxes]) {
    return static_cast<double>(a.n * a.c) * static_cast<double>(sizes[0] * sizes[1] * sizes[2]);
}

double taps(const Args& a, int axis) {
    if (a.in[axis] == 1 && a.out[axis] == 1) return 1;
    if (a.antialias) {
        const double step = step_of(a.align_corners, a.in[axis], a.out[axis], a.scale[axis]);
        return std::min(2 * Reach(a.mode, step).support, static_cast<double>(a.in[axis]));
    }
    return a.mode == Mode::cubic ? 4 : a.mode == Mode::linear ? 2 : 1;
}

template <bool backward, class T>
void run_typed(const Args& a) {
    const Tables<T> tables(a, backward);
    const auto& kernel = isa::table<Kernels, T>().rows;
    const auto& to = backward ? a.in : a.out;
    const auto& from = backward ? a.out : a.in;
    const dim_t rows = a.n * to[0] * to[1];
    if (rows == 0 || a.c == 0) return;
    // Numbers of one image and channel that the two steps read.
    const double lengthwise =
                     static_cast<double>(a.out[0] * a.out[1] * from[2]) * taps(a, 0) * taps(a, 1),
                 across = static_cast<double>(to[0] * to[1] * a.out[2]) * taps(a, 2);
    const double reads = static_cast<double>(a.n * a.c) * (lengthwise + across) * sizeof(T) / 4;
    const double row_ns =
        static_cast<double>(to[2]) * cost::kPixel + reads * cost::kTap / static_cast<double>(rows);
    const dim_t pixel = from[2] * static_cast<dim_t>(sizeof(T));
    // The row between the two steps takes an eighth of L2.
    const dim_t row_bytes = machine().l2.bytes / 8;
    const dim_t block = std::min(a.c, std::max<dim_t>(row_bytes / pixel / kLine, 1) * kLine);
    const bool stream = past_caches(a.to, numbers(a, to) * sizeof(T),
                                    a.c * static_cast<dim_t>(sizeof(T)), kReadsLittle);
    over_chunks_with_scratch<T>(rows, a.c, row_ns, from[2] * block,
                                [&](dim_t begin, dim_t end, dim_t c_begin, dim_t c_end, T* line) {
                                    kernel(Rows<T>{.axis = tables.axes(),
                                                   .c = a.c,
                                                   .begin = begin,
                                                   .end = end,
                                                   .c_begin = c_begin,
                                                   .c_end = c_end,
                                                   .block = block,
                                                   .from = static_cast<const T*>(a.from),
                                                   .to = static_cast<T*>(a.to),
                                                   .line = line,
                                                   .stream = stream});
                                });
}

void run(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { run_typed<false, T>(a); });
}

void run_backward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { run_typed<true, T>(a); });
}

Work work(const Args& a) {
    return {2 * numbers(a, a.out) * taps(a, 0) * taps(a, 1) * taps(a, 2),
            (numbers(a, a.in) + numbers(a, a.out)) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kResample = {"interpolate", run, work};
const Kernel<Args> kResampleBackward = {"interpolate_backward", run_backward, work};

}  // namespace fastnn::resample
