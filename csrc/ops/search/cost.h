// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth.
#pragma once

namespace fastnn::search::cost {

constexpr double kStep = 1;  // per halving of the range of one value, in a cached table

}  // namespace fastnn::search::cost
