#include "ops/rnn/partition.h"

#include "core/parallel.h"
#include "ops/rnn/plan.h"

namespace fastnn::rnn {
namespace {

// Fitted to the times of LSTM and GRU layers of 16 to 1024 units and 1 to 32 samples, over 10 and
// 100 steps, each with every partition. Rates are in bytes per nanosecond.
//
// Packed weights on their way from L2 or L3 to the multipliers, which wait for them; and from
// memory, where those of all directions are more than the L3 holds beside the rest.
constexpr double kNear = 100, kFar = 45, kNearBytes = 8 << 20;
// Data that another core has just written and no prefetcher asks for; weights that another core
// packed.
constexpr double kFetch = 2, kFetchWeights = 12;
// A second thread has to be called, and finds its part of what came before in another core's cache.
constexpr double kCallNs = 6500;
// At every step: to meet; or, by samples, what a core prefetches behind its own samples and is
// another's.
constexpr double kMeetNs = 300, kBesideNs = 150;

struct Model {
    double size, flops_per_ns, batch, directions, hidden, k, n, element_ns;

    Model(const Shape& s, const StepCost& step, const gemm::Blocking& blocking)
        : size(static_cast<double>(size_of(s.dtype))),
          flops_per_ns(blocking.flops_per_ns),
          batch(static_cast<double>(s.batch)),
          directions(s.directions),
          hidden(static_cast<double>(s.hidden)),
          k(static_cast<double>(step.k)),
          n(static_cast<double>(step.n)),
          element_ns(step.element_ns) {}
    double bytes() const { return k * n * size; }
    // One thread's time for a step of `rows` samples over a share of the weights.
    double step_ns(double rows, double share) const {
        const double rate = directions * bytes() <= kNearBytes ? kNear : kFar;
        return share *
                   (2 * rows * k * n / flops_per_ns + bytes() / rate + rows * hidden * element_ns) +
               50;
    }
};

}  // namespace

Partition partition_of(const Shape& s, const StepCost& step, const gemm::Blocking& blocking) {
    const Model model(s, step, blocking);
    const double all = model.directions * model.step_ns(model.batch, 1);
    const double steps = static_cast<double>(s.rows) / std::max(1.0, model.batch);
    const int most = threads_worth(s.batch * s.directions * s.hidden, all * steps);
    if (most == 1) return {false, 1, 1, all};
    // Small weights are packed by one thread; others by all, each its own panels.
    const double fetched = model.bytes() / kFetchWeights / steps;
    const bool packed_by_one = model.directions * model.k * model.n * kPackNs < 2 * kThreadWorthNs;
    const double call = kCallNs / steps;
    Partition best{false, 1, 1, all + (packed_by_one ? 0 : fetched / 2)};
    const dim_t least = together(s.mode), groups = ceil_div(s.batch, least);
    for (dim_t tasks = 1; tasks <= most && tasks <= groups; ++tasks) {
        const int threads = std::min(most, static_cast<int>(tasks * s.directions));
        if (threads == 1) continue;
        const double rounds = static_cast<double>(ceil_div(tasks * s.directions, threads));
        const double time =
            rounds * model.step_ns(static_cast<double>(ceil_div(groups, tasks) * least), 1) +
            kBesideNs + call + (packed_by_one ? fetched : fetched / 2);
        if (time < 0.95 * best.step_ns) best = {false, threads, tasks, time};
    }
    if (!step.units_are_independent) return best;
    // The panels of the thread that has most of them.
    const dim_t panels = ceil_div(s.hidden, blocking.nr);
    const double share =
        static_cast<double>(ceil_div(s.directions * panels, most)) / static_cast<double>(panels);
    const double time = model.step_ns(model.batch, share) +
                        model.batch * model.k * model.size * std::max(0.0, 1 - share) / kFetch +
                        kMeetNs + call + (packed_by_one ? share * fetched : 0);
    if (time < 0.95 * best.step_ns) return {true, most, 1, time};
    return best;
}

Samples samples_of(const Sequence& q, dim_t least, dim_t task, dim_t tasks) {
    // Places are sorted by length: the first ones have more steps.
    const auto boundary = [&](dim_t i) -> dim_t {
        if (i <= 0) return 0;
        if (i >= tasks) return q.batch();
        if (q.full()) return q.batch() * i / tasks;
        const dim_t wanted = q.all_rows() / tasks * i;
        dim_t at = 0, done = 0;
        // Place b has as many steps as have more than b rows.
        for (dim_t t = q.steps(); at < q.batch() && done < wanted; ++at) {
            while (t > 0 && q.rows(t - 1) <= at) --t;
            done += t;
        }
        return at;
    };
    const auto whole = [&](dim_t at) { return at < q.batch() ? at / least * least : at; };
    return {whole(boundary(task)), whole(boundary(task + 1))};
}

}  // namespace fastnn::rnn
