// Images read at points that lie anywhere: y[n, p] = sum over taps k of w[n, p, k] x[n, i[n, p,
// k]].
//
// A grid has coordinates u from -1 to 1 for each point, those of the last axis first. Along an axis
// of size I, u is at s = ((u + 1) I - 1) / 2, or with align_corners at (u + 1) / 2 (I - 1); [.]
// rounds down:
//     nearest  i = s rounded, halves to even
//     linear   i = [s], [s] + 1, weights 1 - t and t = s - [s]
//     cubic    i = [s] - 1 ... [s] + 2, weights of Keys' kernel with a = -3/4; for images only
// The taps of a point are all combinations of those of its axes. What lies outside is by padding
//     zeros       0
//     border      moved to the nearest place
//     reflection  mirrored at the centres of the outermost places with align_corners, otherwise at
//                 their outer edges, as often as needed
// before taps are chosen; in cubic mode, taps are moved instead. A coordinate that is NaN (or
// infinite, with zeros) makes the linear and cubic results of images NaN; with border and
// reflection linear and nearest read the first place instead. In volumes, it is outside with zeros,
// and otherwise the last place.
//
// Backward: dx[n, i] = sum of w[n, p, k] dy[n, p] over all taps with that place, in the order of
// points; dgrid[n, p] = sum over k of (dw[n, p, k] / du) <dy[n, p], x[n, i[n, p, k]]>.
//
// x is (N, C, I...), y is (N, C, P...), both dense channels-last; axes missing in front are 1. The
// grid is (N, P..., axes) in C order. Outputs overlap nothing.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::grid_sample {

constexpr int kAxes = 3;

enum class Mode : std::uint8_t { nearest, linear, cubic };
enum class Padding : std::uint8_t { zeros, border, reflection };

struct Args {
    Dtype dtype;
    Mode mode;
    Padding padding;
    bool align_corners;
    int axes;  // 2 or 3
    dim_t n, c;
    dim_t size[kAxes];  // of x
    dim_t points;       // of a sample
    const void* x;
    const void* grid;
    void* y;           // forward
    const void* dy;    // backward
    void *dx, *dgrid;  // null where not wanted
};

extern const Kernel<Args> kSample;
extern const Kernel<Args> kSampleBackward;

}  // namespace fastnn::grid_sample
