// The inputs of each window of an axis, and the windows of each input, computed once per call.
#pragma once

#include <stdint.h>

#include "core/integer.h"

namespace fastnn::pooling {

struct Axis {
    dim_t in, out, step;  // step = dilation
    // For each output: the input at its place 0, which may be negative; the first of its places
    // inside the image, and how many are; the divisor of an average.
    const int* origin;
    const int* skip;
    const int* count;
    const double* size;
    // For each input, the outputs whose windows contain it: the first one, their number, each
    // out_step after the one before; and the place of the input in the window of the first. The
    // place decreases by place_step from window to window; where place_step is 0, it is the
    // distance from the window's origin.
    const int* first_out;
    const int* out_count;
    const int* first_place;
    dim_t out_step, place_step;
};

// The windows of a call: depth, height, width. pitch[i] is the stride of axis i in the numbering of
// the places of a window.
struct Windows {
    Axis axis[3];
    dim_t pitch[3];
    dim_t c;  // numbers at each place
};

}  // namespace fastnn::pooling
