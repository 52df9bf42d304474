// What the work of activations with more than one operand costs one thread, in nanoseconds:
// estimates that decide how many threads a call is worth, never how sums are grouped. Pointwise
// activations state theirs in their functors.
#pragma once

namespace fastnn {

namespace glu::cost {
// Per float32 element of y, from L2.
constexpr double kGlu = 0.6, kGluBackward = 0.8;
}  // namespace glu::cost

namespace prelu::cost {
// Per float32 element of x, from L2.
constexpr double kPrelu = 0.15, kPreluBackward = 0.3;
}  // namespace prelu::cost

namespace rrelu::cost {
// Per element: a random number, and two passes over memory.
constexpr double kRrelu = 0.8;
}  // namespace rrelu::cost

}  // namespace fastnn
