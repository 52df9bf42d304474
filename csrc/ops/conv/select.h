// Algorithms, their plans, and the choice of one for a call.
#pragma once

#include <memory>

#include "ops/conv/conv.h"

namespace fastnn::conv {

// How an algorithm computes a call. A plan is made from the sizes of a call and never changes; the
// one that was costed is the one that runs.
template <class A>
struct Plan {
    double ns = 0;  // of one thread, a guess; 0 where the algorithm is taken without comparison
    virtual ~Plan() = default;
    virtual void run(const A& args) const = 0;
};
template <class A>
using PlanPointer = std::unique_ptr<const Plan<A>>;

template <class A>
struct Choice {
    const char* name;  // of the algorithm
    PlanPointer<A> plan;
};

// Of calls that have something to sum: outputs, and terms for them.
Choice<Args> select(const Args& args);
Choice<WeightArgs> select(const WeightArgs& args);

}  // namespace fastnn::conv
