// What the work of this family costs one thread, in nanoseconds: estimates that decide how many
// threads a call is worth, never what is computed.
#pragma once

namespace fastnn::sorting::cost {

constexpr double kSort = 8;     // per element of a sorted line
constexpr double kTop = 1;      // per element of a line of which a few are wanted
constexpr double kPass = 2;     // per element of a pass over a long line
constexpr double kMove = 1;     // per element written by backward
constexpr double kClear = 0.1;  // per element set to 0

}  // namespace fastnn::sorting::cost
