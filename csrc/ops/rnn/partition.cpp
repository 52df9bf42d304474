#include "ops/rnn/partition.h"

#include "core/machine.h"
#include "core/parallel.h"
#include "ops/rnn/cost.h"
#include "ops/rnn/plan.h"

namespace fastnn::rnn {
namespace {

// Weights of all directions of more than this share of the last-level cache are read from memory:
// the rest of a step needs space too.
constexpr double kCachedShare = 1.0 / 4;

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
        const bool cached =
            directions * bytes() <= kCachedShare * static_cast<double>(machine().last.bytes);
        const double rate = cached ? cost::kCachedWeights : cost::kMemoryWeights;
        return share *
                   (2 * rows * k * n / flops_per_ns + bytes() / rate + rows * hidden * element_ns) +
               cost::kStep;
    }
};

}  // namespace

Partition partition_of(const Shape& s, const StepCost& step, const gemm::Blocking& blocking) {
    const Model model(s, step, blocking);
    const double all = model.directions * model.step_ns(model.batch, 1);
    const double steps = static_cast<double>(s.rows) / std::max(1.0, model.batch);
    const int most = threads_worth(s.batch * s.directions * s.hidden, all * steps);
    if (most == 1) return {false, 1, 1, all};
    // One thread packs small weights; of others each thread packs its own panels.
    const double fetched = model.bytes() / cost::kRemoteWeights / steps;
    const bool packed_by_one =
        model.directions * model.k * model.n * cost::kPack < 2 * kThreadWorthNs;
    const double second_thread = cost::kSecondThread / steps;
    Partition best{false, 1, 1, all + (packed_by_one ? 0 : fetched / 2)};
    const dim_t least = sum_group(s.mode), groups = ceil_div(s.batch, least);
    for (dim_t tasks = 1; tasks <= most && tasks <= groups; ++tasks) {
        const int threads = std::min(most, static_cast<int>(tasks * s.directions));
        if (threads == 1) continue;
        const double rounds = static_cast<double>(ceil_div(tasks * s.directions, threads));
        const double time =
            rounds * model.step_ns(static_cast<double>(ceil_div(groups, tasks) * least), 1) +
            cost::kSharedLines + second_thread + (packed_by_one ? fetched : fetched / 2);
        if (time < 0.95 * best.step_ns) best = {false, threads, tasks, time};
    }
    if (!step.units_are_independent) return best;
    // The panels of the thread that has most of them.
    const dim_t panels = ceil_div(s.hidden, blocking.nr);
    const double share =
        static_cast<double>(ceil_div(s.directions * panels, most)) / static_cast<double>(panels);
    const double time =
        model.step_ns(model.batch, share) +
        model.batch * model.k * model.size * std::max(0.0, 1 - share) / cost::kRemoteStates +
        cost::kBarrier + second_thread + (packed_by_one ? share * fetched : 0);
    if (time < 0.95 * best.step_ns) return {true, most, 1, time};
    return best;
}

Samples samples_of(const Sequence& q, dim_t group, dim_t task, dim_t tasks) {
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
    const auto whole = [&](dim_t at) { return at < q.batch() ? at / group * group : at; };
    return {whole(boundary(task)), whole(boundary(task + 1))};
}

}  // namespace fastnn::rnn
