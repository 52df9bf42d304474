// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never how sums are grouped.
#pragma once

namespace fastnn::ctc::cost {

// Per state and step: three exponentials and a logarithm in double; twice that and the scattered
// sum of the gradient with one.
constexpr double kState = 8, kStateGradient = 20;

}  // namespace fastnn::ctc::cost
