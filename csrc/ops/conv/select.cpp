// Which algorithm computes a convolution: the first of `settled` that fits, or of the others the
// one that is estimated to take the least time.
#include "ops/conv/select.h"

#include <span>

#include "ops/conv/algorithms.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"

namespace fastnn::conv {
namespace {

template <class A>
struct Candidate {
    const char* name;
    bool (*fits)(const A&);
    PlanPointer<A> (*plan)(const A&);  // null: it would save nothing
    // Takes the place of the best one so far where it needs less than this share of its time; 0:
    // it is taken wherever it fits, for it does the same arithmetic with less to move.
    double share;
};

constexpr double kSettled = 0;
constexpr char kWinograd[] = "winograd";

// Blocks of pixels must gain a quarter: their copies of weights and outputs cost more than is
// estimated where they are small.
constexpr Candidate<Args> kForward[] = {
    {"product", product_fits, plan_product, kSettled},
    {"depthwise", depthwise_fits, plan_depthwise, kSettled},
    {"full_extent", full_extent_fits, plan_full_extent, kSettled},
    {"merged_groups", merged_groups_fit, plan_merged_groups, kSettled},
    {"implicit_gemm", [](const Args&) { return true; }, plan_implicit_gemm, 1},
    {"pixel_blocked", pixel_blocked_fits, plan_pixel_blocked, 0.75},
    {kWinograd, winograd_fits, plan_winograd, 1},
};

constexpr Candidate<WeightArgs> kWeight[] = {
    {"product", product_fits, plan_product, kSettled},
    {"depthwise", depthwise_fits, plan_depthwise, kSettled},
    {"full_extent", full_extent_fits, plan_full_extent, kSettled},
    {"merged_groups", merged_groups_fit, plan_merged_groups, kSettled},
    {"implicit_gemm", [](const WeightArgs&) { return true; }, plan_implicit_gemm, 1},
    {kWinograd, winograd_fits, plan_winograd, 1},
};

// What the caller has forced takes part in the choice, or takes it.
template <class A>
bool allowed(const Candidate<A>& c, const A& args) {
    return args.algorithm != Algorithm::direct || c.name != kWinograd;
}
template <class A>
bool settled(const Candidate<A>& c, const A& args) {
    return c.share == kSettled || (args.algorithm == Algorithm::winograd && c.name == kWinograd);
}

template <class A>
Choice<A> choose(std::span<const Candidate<A>> candidates, const A& args) {
    for (const Candidate<A>& c : candidates) {
        if (settled(c, args) && c.fits(args)) return {c.name, c.plan(args)};
    }
    Choice<A> best{};
    for (const Candidate<A>& c : candidates) {
        if (settled(c, args) || !allowed(c, args) || !c.fits(args)) continue;
        PlanPointer<A> plan = c.plan(args);
        if (plan == nullptr) continue;
        if (best.plan == nullptr || plan->ns < c.share * best.plan->ns)
            best = {c.name, std::move(plan)};
    }
    return best;
}

}  // namespace

Choice<Args> select(const Args& args) {
    return choose<Args>(kForward, args);
}

Choice<WeightArgs> select(const WeightArgs& args) {
    return choose<WeightArgs>(kWeight, args);
}

}  // namespace fastnn::conv
