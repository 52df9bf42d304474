// Groups of few channels: their vectors would be mostly empty. Several are taken as one group whose
// weights between different ones are 0. That is no more arithmetic, for the same vectors are full
// then, and much less to set up.
#include <algorithm>

#include "core/memory.h"
#include "ops/conv/algorithms.h"
#include "ops/conv/implicit_gemm/implicit_gemm.h"
#include "ops/conv/kernels.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {
namespace {

constexpr dim_t kMostChannels = 64;  // of several groups: with more, a product per group is faster

// How many groups to take as one, for outputs of `to` channels each.
dim_t groups_together(Dtype dtype, const Shape& s, bool transposed) {
    const dim_t c = s.c / s.groups, o = s.o / s.groups;
    const dim_t from = transposed ? o : c, to = transposed ? c : o;
    const dim_t width = visit_float(
        dtype, []<class T>() { return isa::table<gemm::TypedKernels<T>>().blocking.width; });
    dim_t most = 1;
    for (dim_t q = 2; q <= s.groups && q * to <= width && q * from <= kMostChannels; ++q) {
        if (s.groups % q == 0) most = q;
    }
    return most;
}

// The same call with q groups as one.
template <class A>
A merged(A args, dim_t q) {
    args.shape.groups /= q;
    return args;
}

// Elements of w with q groups as one.
std::size_t merged_weights(const Shape& s, dim_t q) {
    return static_cast<std::size_t>(s.o * (s.c / s.groups) * s.taps() * q);
}

// f(place of a row of weights among the merged ones, place in w), for each output channel.
template <class F>
void each_output(const Shape& s, dim_t q, F f) {
    const dim_t o = s.o / s.groups, row = s.c / s.groups * s.taps();
    for (dim_t i = 0; i < s.o; ++i) f(i * row * q + i / o % q * row, i * row, row);
}

class MergedGroups final : public Plan<Args> {
 public:
    MergedGroups(const Args& args, dim_t q) : q_(q), plan_(merged(args, q)) { ns = plan_.ns; }
    void run(const Args& args) const override {
        visit_float(args.dtype, [&]<class T>() {
            const std::size_t size = merged_weights(args.shape, q_);
            Scratch<T> w(size);
            std::fill_n(w.data(), size, T(0));
            each_output(args.shape, q_, [&](dim_t to, dim_t from, dim_t count) {
                std::copy_n(static_cast<const T*>(args.w) + from, count, w.data() + to);
            });
            Args all = merged(args, q_);
            all.w = w.data();
            plan_.run(all);
        });
    }

 private:
    dim_t q_;  // groups that are taken as one
    ImplicitGemm plan_;
};

class MergedGroupsWeight final : public Plan<WeightArgs> {
 public:
    MergedGroupsWeight(const WeightArgs& args, dim_t q) : q_(q), plan_(merged(args, q)) {
        ns = plan_.ns;
    }
    void run(const WeightArgs& args) const override {
        visit_float(args.dtype, [&]<class T>() {
            Scratch<T> dw(merged_weights(args.shape, q_));
            WeightArgs all = merged(args, q_);
            all.dw = dw.data();
            plan_.run(all);
            each_output(args.shape, q_, [&](dim_t from, dim_t to, dim_t count) {
                std::copy_n(dw.data() + from, count, static_cast<T*>(args.dw) + to);
            });
        });
    }

 private:
    dim_t q_;
    ImplicitGemmWeight plan_;
};

}  // namespace

bool merged_groups_fit(const Args& args) {
    return groups_together(args.dtype, args.shape, args.transposed) > 1;
}

bool merged_groups_fit(const WeightArgs& args) {
    return groups_together(args.dtype, args.shape, false) > 1;
}

PlanPointer<Args> plan_merged_groups(const Args& args) {
    return std::make_unique<MergedGroups>(args,
                                          groups_together(args.dtype, args.shape, args.transposed));
}

PlanPointer<WeightArgs> plan_merged_groups(const WeightArgs& args) {
    return std::make_unique<MergedGroupsWeight>(args,
                                                groups_together(args.dtype, args.shape, false));
}

}  // namespace fastnn::conv
