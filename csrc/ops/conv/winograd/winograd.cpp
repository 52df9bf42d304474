#include "ops/conv/winograd/winograd.h"

#include "ops/conv/winograd/plan.h"

namespace fastnn::conv {
namespace {

template <class Plan, class... A>
Plan best_of(const Shape& s, A... args) {
    const Plan small(s, args..., 2), large(s, args..., 4);
    return small.ns < large.ns ? small : large;
}

}  // namespace

bool winograd_fits(const Shape& s) {
    const auto plain = [&](int axis) {
        return s.kernel[axis] == 3 && s.stride[axis] == 1 && s.dilation[axis] == 1;
    };
    const bool flat = s.kernel[0] == 1 && s.stride[0] == 1 && s.pad[0] == 0 && s.in[0] == s.out[0];
    const bool some = s.n > 0 && s.c > 0 && s.o > 0 && s.in_size() > 0 && s.out_size() > 0;
    return flat && some && s.groups == 1 && plain(1) && plain(2);
}

double winograd_ns(const Args& args) {
    return best_of<ForwardPlan>(args.shape, args.transposed).ns;
}

double winograd_ns(const WeightArgs& args) {
    return best_of<WeightPlan>(args.shape).ns;
}

void winograd(const Args& args) {
    run(args, best_of<ForwardPlan>(args.shape, args.transposed));
}

void winograd(const WeightArgs& args) {
    run(args, best_of<WeightPlan>(args.shape));
}

}  // namespace fastnn::conv
