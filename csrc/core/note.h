// What a kernel reports to the profiler.
#pragma once

namespace fastnn::profiler {

// The algorithm that the running kernel has chosen, and for which part of its work, if it has
// several: the call's name in the profile is then "conv (winograd)", or "conv_backward (dx
// winograd, dw product)". Costs nothing without a profile.
void note(const char* algorithm, const char* part = nullptr);

}  // namespace fastnn::profiler
