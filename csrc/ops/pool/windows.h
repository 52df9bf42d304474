// Which inputs the windows of an axis see, and which windows see an input, worked out once per
// call.
#pragma once

#include <stdint.h>

#include "core/integer.h"

namespace fastnn::pooling {

struct Axis {
    dim_t in, out, step;  // step = dilation
    // For each output: its first place in the input, which may lie before it; the first of its
    // places that lies inside, and how many do; what an average is divided by.
    const int* origin;
    const int* skip;
    const int* count;
    const double* size;
    // For each input the outputs that see it: the first, and how many, each out_step further on;
    // which place of the first one's window it is. It is place_step less with each next one, or
    // what lies between it and the window's origin, where place_step is 0.
    const int* seen;
    const int* seen_count;
    const int* seen_place;
    dim_t out_step, place_step;
};

// The windows of a call: depth, height, width. `pitch[i]` places of a window lie behind one of axis
// i, those of the axes after it.
struct Windows {
    Axis axis[3];
    dim_t pitch[3];
    dim_t c;  // numbers at each place
};

}  // namespace fastnn::pooling
