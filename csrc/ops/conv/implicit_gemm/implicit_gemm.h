// Convolution as products of matrices whose rows overlap, without a matrix of patches: gemm's
// blocks read pixels where they lie, or in a small copy with zeros around. It fits every call.
#pragma once

#include "ops/conv/implicit_gemm/products.h"
#include "ops/conv/select.h"

namespace fastnn::conv {

struct ImplicitGemm final : Plan<Args> {
    explicit ImplicitGemm(const Args& args);
    void run(const Args& args) const override;

 private:
    ProductAxes axes_;
};

struct ImplicitGemmWeight final : Plan<WeightArgs> {
    explicit ImplicitGemmWeight(const WeightArgs& args);
    void run(const WeightArgs& args) const override;
};

PlanPointer<Args> plan_implicit_gemm(const Args& args);
PlanPointer<WeightArgs> plan_implicit_gemm(const WeightArgs& args);

}  // namespace fastnn::conv
