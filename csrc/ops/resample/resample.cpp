#include "ops/resample/resample.h"

#include "core/rows.h"
#include "core/streams.h"
#include "ops/resample/tables.h"

namespace fastnn::resample {
namespace {

constexpr double kTapNs = 0.05, kPixelNs = 10;  // per number that is read, and per place written

const Kernels& table() {
    return isa::pick([]<Isa L>() -> const Kernels& { return kernels<L>(); });
}

double numbers(const Args& a, const std::int64_t (&sizes)[kAxes]) {
    return static_cast<double>(a.n * a.c) * static_cast<double>(sizes[0] * sizes[1] * sizes[2]);
}

double taps(const Args& a) {
    double count = 1;
    for (int i = 0; i < kAxes; ++i) {
        if (a.in[i] == 1 && a.out[i] == 1) continue;
        count *= a.mode == Mode::cubic ? 4 : a.mode == Mode::linear ? 2 : 1;
    }
    return count;
}

template <bool backward, class T>
void run_typed(const Args& a) {
    const Tables<T> tables(a, backward);
    const auto& kernel = table().of<T>().rows;
    const auto& to = backward ? a.in : a.out;
    const std::int64_t rows = a.n * to[0] * to[1];
    if (rows == 0) return;
    const double reads = numbers(a, a.out) * taps(a) * sizeof(T) / 4;
    const double row_ns =
        static_cast<double>(to[2]) * kPixelNs + reads * kTapNs / static_cast<double>(rows);
    const bool stream =
        streams(a.to, numbers(a, to) * sizeof(T), a.c * static_cast<std::int64_t>(sizeof(T)));
    over_chunks(rows, a.c, row_ns, [&](long begin, long end, long c_begin, long c_end) {
        kernel(Rows<T>{.axis = tables.axes(),
                       .c = static_cast<long>(a.c),
                       .begin = begin,
                       .end = end,
                       .c_begin = c_begin,
                       .c_end = c_end,
                       .from = static_cast<const T*>(a.from),
                       .to = static_cast<T*>(a.to),
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
    return {2 * numbers(a, a.out) * taps(a),
            (numbers(a, a.in) + numbers(a, a.out)) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kResample = {"interpolate", run, work};
const Kernel<Args> kResampleBackward = {"interpolate_backward", run_backward, work};

}  // namespace fastnn::resample
