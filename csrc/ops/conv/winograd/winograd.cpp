// Whether Winograd fits a convolution, and which size of tiles.
#include "ops/conv/algorithms.h"
#include "ops/conv/winograd/plan.h"

namespace fastnn::conv {
namespace {

bool fits(Dtype dtype, const Shape& s) {
    const auto plain = [&](int axis) {
        return s.kernel[axis] == 3 && s.stride[axis] == 1 && s.dilation[axis] == 1;
    };
    const bool flat = s.kernel[0] == 1 && s.stride[0] == 1 && s.pad[0] == 0 && s.in[0] == s.out[0];
    const bool some = s.n > 0 && s.c > 0 && s.o > 0 && s.in_size() > 0 && s.out_size() > 0;
    return dtype == Dtype::f32 && flat && some && s.groups == 1 && plain(1) && plain(2);
}

// Of the two sizes of tiles.
template <class P, class... A>
std::unique_ptr<const P> best_of(const Shape& s, A... args) {
    const P small(s, args..., 2), large(s, args..., 4);
    return std::make_unique<P>(small.ns < large.ns ? small : large);
}

}  // namespace

bool winograd_fits(const Args& args) {
    return fits(args.dtype, args.shape);
}

bool winograd_fits(const WeightArgs& args) {
    return fits(args.dtype, args.shape);
}

PlanPointer<Args> plan_winograd(const Args& args) {
    return best_of<ForwardPlan>(args.shape, args.transposed);
}

PlanPointer<WeightArgs> plan_winograd(const WeightArgs& args) {
    return best_of<WeightPlan>(args.shape);
}

}  // namespace fastnn::conv
