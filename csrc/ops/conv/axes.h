// Which elements meet which taps, one axis at a time.
//
// Forward, every output meets all taps. Transposed, the positions in x fall into one class for each
// remainder by the stride: those of one class meet the same taps, and so dy is convolved with these
// in steps of 1. Both are one thing here: `to` is computed from `from`.
#pragma once

#include <algorithm>
#include <vector>

#include "core/integer.h"
#include "ops/conv/conv.h"

namespace fastnn::conv {

// Output u is element first + step * u of `to`. Its tap t, which is number tap + t * tap_step of
// the kernel, meets element in_step * u + offset + t * offset_step of `from`.
struct Axis {
    dim_t count, first, step;
    dim_t in_step, offset, offset_step;
    dim_t taps, tap, tap_step;

    // How many elements of `from` neighbouring outputs read. Those of one tap are gathered.
    bool gathered() const { return taps == 1; }
    dim_t extent(dim_t outputs) const {
        return gathered() ? outputs : (outputs - 1) * in_step + (taps - 1) * offset_step + 1;
    }
    bool reads_like(const Axis& a) const {
        return count == a.count && in_step == a.in_step && offset == a.offset &&
               offset_step == a.offset_step && taps == a.taps;
    }
    // Whether every element that is read is in 0 .. size - 1.
    bool inside(dim_t size) const {
        return offset >= 0 && in_step * (count - 1) + offset + (taps - 1) * offset_step < size;
    }
};

// All outputs of a convolution, from x to y.
Axis forward_axis(const Shape& shape, int axis);

// Every output that meets any tap belongs to one of these.
std::vector<Axis> axes_along(const Shape& shape, int axis, bool transposed);

// `from` and `to` of a call.
struct Sides {
    dim_t groups, from_channels, to_channels;  // of all groups
    dim_t from_group, to_group;                // channels of one group
    dim_t from[kAxes], to[kAxes];              // sizes
    Sides(const Shape& s, bool transposed)
        : groups(s.groups),
          from_channels(transposed ? s.o : s.c),
          to_channels(transposed ? s.c : s.o),
          from_group(from_channels / s.groups),
          to_group(to_channels / s.groups) {
        std::copy_n(transposed ? s.out : s.in, kAxes, from);
        std::copy_n(transposed ? s.in : s.out, kAxes, to);
    }
    dim_t to_size() const { return to[0] * to[1] * to[2]; }
};

}  // namespace fastnn::conv
