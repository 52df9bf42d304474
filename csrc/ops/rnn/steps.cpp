#include "ops/rnn/steps.h"

namespace fastnn::rnn {
namespace {

// Rates behind the cut, in bytes per nanosecond of one core: packed weights read from L2 and from
// L3. A core keeps about so much of them in its L2 beside everything else.
constexpr double kNear = 60, kFar = 20, kKept = 700 << 10;
constexpr double kMeetNs = 1000;
// A second thread has to be called. Small weights are packed by one, and from its cache the others
// fetch what they read, at so many bytes per nanosecond.
constexpr double kCallNs = 2000, kFetch = 12;
// Rows below this leave the multipliers waiting for weights even from L1.
constexpr double kFewRows = 6;

}  // namespace

Cut cut(const Shape& s, double k, double n, double element_ns, bool may_cut_units) {
    const double flops_per_ns =
        isa::pick([]<Isa L>() { return gemm::kernels<float, L>().blocking.flops_per_ns; }) * 4 /
        static_cast<double>(size_of(s.dtype));
    const double batch = static_cast<double>(s.batch), directions = s.directions,
                 hidden = static_cast<double>(s.hidden);
    const double bytes = k * n * static_cast<double>(size_of(s.dtype));
    // One thread's time for a step of `rows` samples over a share of the weights.
    const auto step = [&](double rows, double share) {
        // A single row is multiplied as fast as its weights come.
        const double sums =
            rows > 1 ? 2 * std::max(rows, kFewRows) * k * n * share / flops_per_ns : 0;
        const double rate = bytes * share <= kKept ? kNear : kFar;
        return std::max(sums, bytes * share / rate) + rows * hidden * share * element_ns + 50;
    };
    const double all = directions * step(batch, 1);
    const double steps = static_cast<double>(s.rows) / std::max(1.0, batch);
    // What threads cost besides, spread over the steps.
    const bool packed_by_one = directions * k * n * kPackNs < 2 * kThreadWorthNs;
    const auto begin = [&](double share) {
        return (kCallNs + (packed_by_one ? bytes * share / kFetch : 0)) / steps;
    };
    const int most = threads_worth(s.batch * s.directions * s.hidden, all * steps);
    Cut by_samples{false, 1, 1, all};
    for (long tasks = 1; tasks <= most && tasks <= s.batch; ++tasks) {
        const int threads = std::min(most, static_cast<int>(tasks * s.directions));
        const double rounds = static_cast<double>(ceil_div(tasks * s.directions, threads));
        const double time = rounds * step(static_cast<double>(ceil_div(s.batch, tasks)), 1) +
                            (threads > 1 ? begin(1) : 0);
        if (time < 0.95 * by_samples.step_ns) by_samples = {false, threads, tasks, time};
    }
    if (!may_cut_units || most == 1) return by_samples;
    const double time = step(batch, directions / most) + kMeetNs + begin(directions / most);
    if (time < 0.95 * by_samples.step_ns) return {true, most, 1, time};
    return by_samples;
}

Samples samples_of(const Shape& s, long task, long tasks, long together) {
    // Samples are sorted by length: the first ones have more steps.
    const auto boundary = [&](long i) {
        if (i <= 0) return 0L;
        if (i >= tasks) return s.batch;
        if (s.batch_sizes == nullptr) return s.batch * i / tasks;
        const long wanted = s.rows / tasks * i;
        long at = 0, done = 0;
        // Sample b has as many steps as there are batch sizes above b.
        for (long t = s.steps; at < s.batch && done < wanted; ++at) {
            while (t > 0 && s.batch_sizes[t - 1] <= at) --t;
            done += t;
        }
        return at;
    };
    const auto whole = [&](long at) { return at < s.batch ? at / together * together : at; };
    return {whole(boundary(task)), whole(boundary(task + 1))};
}

}  // namespace fastnn::rnn
