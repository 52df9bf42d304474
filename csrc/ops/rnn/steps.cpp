#include "ops/rnn/steps.h"

namespace fastnn::rnn {
namespace {

// What stands behind the cut, fitted to the times of LSTM and GRU layers of 16 to 1024 units and 1
// to 32 samples, over 10 and 100 steps, each with every cut. Rates are in bytes per nanosecond.
//
// Packed weights on their way from L2 or L3 to the multipliers, which wait for them; and from
// memory, where those of all directions are more than the L3 holds beside the rest.
constexpr double kNear = 100, kFar = 45, kKept = 8 << 20;
// What another core has just written and nothing asks for ahead; weights that another core packed.
constexpr double kFetch = 2, kFetchWeights = 12;
// A second thread has to be called, and finds its part of what came before in another core's cache.
constexpr double kCallNs = 6500;
// At every step: to meet; or, where samples are cut, what a core fetches ahead of its own samples
// and is another's.
constexpr double kMeetNs = 300, kBesideNs = 150;

}  // namespace

Cut cut(const Shape& s, double k, double n, double element_ns, bool may_cut_units) {
    const auto blocking = isa::table<gemm::TypedKernels<float>>().blocking;
    const double size = static_cast<double>(size_of(s.dtype)),
                 flops_per_ns = blocking.flops_per_ns * 4 / size;
    const double batch = static_cast<double>(s.batch), directions = s.directions,
                 hidden = static_cast<double>(s.hidden);
    const double bytes = k * n * size;
    // One thread's time for a step of `rows` samples over a share of the weights.
    const auto step = [&](double rows, double share) {
        const double rate = directions * bytes <= kKept ? kNear : kFar;
        return share *
                   (2 * rows * k * n / flops_per_ns + bytes / rate + rows * hidden * element_ns) +
               50;
    };
    const double all = directions * step(batch, 1);
    const double steps = static_cast<double>(s.rows) / std::max(1.0, batch);
    const int most = threads_worth(s.batch * s.directions * s.hidden, all * steps);
    if (most == 1) return {false, 1, 1, all};
    // Small weights are packed by one thread; others by all, each its own panels.
    const double fetched = bytes / kFetchWeights / steps;
    const bool packed_by_one = directions * k * n * kPackNs < 2 * kThreadWorthNs;
    const double call = kCallNs / steps;
    Cut best{false, 1, 1, all + (packed_by_one ? 0 : fetched / 2)};
    const long least = together(s.mode), groups = ceil_div(s.batch, least);
    for (long tasks = 1; tasks <= most && tasks <= groups; ++tasks) {
        const int threads = std::min(most, static_cast<int>(tasks * s.directions));
        if (threads == 1) continue;
        const double rounds = static_cast<double>(ceil_div(tasks * s.directions, threads));
        const double time = rounds * step(static_cast<double>(ceil_div(groups, tasks) * least), 1) +
                            kBesideNs + call + (packed_by_one ? fetched : fetched / 2);
        if (time < 0.95 * best.step_ns) best = {false, threads, tasks, time};
    }
    if (!may_cut_units) return best;
    // The panels of the thread that has most of them.
    const long panels = ceil_div(s.hidden * static_cast<long>(size), blocking.nr * 4);
    const double share =
        static_cast<double>(ceil_div(s.directions * panels, most)) / static_cast<double>(panels);
    const double time = step(batch, share) + batch * k * size * std::max(0.0, 1 - share) / kFetch +
                        kMeetNs + call + (packed_by_one ? share * fetched : 0);
    if (time < 0.95 * best.step_ns) return {true, most, 1, time};
    return best;
}

Samples samples_of(const Shape& s, long task, long tasks) {
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
    const long least = together(s.mode);
    const auto whole = [&](long at) { return at < s.batch ? at / least * least : at; };
    return {whole(boundary(task)), whole(boundary(task + 1))};
}

}  // namespace fastnn::rnn
