// The axes of a copy in the order in which y lies in memory.
#pragma once

#include "ops/copy/copy.h"

namespace fastnn::copy {

// Axes of length 1 are gone, neighbours that are one axis in both arrays are merged, and strides of
// y are positive and fall: the last axis is the fastest of y.
struct Walk {
    int axes = 0;
    const char* x;
    char* y;
    dim_t shape[Args::kMaxAxes], x_stride[Args::kMaxAxes], y_stride[Args::kMaxAxes];

    explicit Walk(const Args& a);
    Walk(const Walk& walk);  // of its axes only; there is room for many more
    dim_t size() const {
        dim_t n = 1;
        for (int i = 0; i < axes; ++i) n *= shape[i];
        return n;
    }
    // Walks through an axis from its other end.
    void reverse(int axis);
    // Takes an axis off; what remains is walked outside of it.
    void take(int axis);
    // Takes off an axis and those that continue it in the memory of y (of x), up to `enough`
    // elements and without `other`: a walk of its own from the same origin.
    enum class Along { y, x };
    Walk take_line(Along along, int axis, int other, dim_t enough);
};

// A position in a walk, which runs through its axes in order.
class Position {
 public:
    Position(const Walk& walk, dim_t start);
    void next();
    const char* x;
    char* y;

 private:
    const Walk& walk_;
    dim_t at_[Args::kMaxAxes];
};

}  // namespace fastnn::copy
