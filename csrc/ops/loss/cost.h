// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped. benches/fit_costs.py measures them.
#pragma once

namespace fastnn::loss::cost {

// Cross entropy, per float32 logit from cache: forward, which writes the gradient too; the product
// of that gradient and dy. Losses of single elements state their costs in their functors.
constexpr double kCrossEntropy = 0.6, kCrossEntropyBackward = 0.15;
// Negative log likelihood: per row, one gather; per element of dx that is set to zero.
constexpr double kNllRow = 2, kNllZero = 0.1;
// Losses with a margin over classes, per float32 score and pass.
constexpr double kMargin = 0.4;

}  // namespace fastnn::loss::cost
