// Interpolation, separately along each axis: y[j] = sum over k of w[j, k] x[i[j, k]], and its
// gradient, dx[i] = sum of w[j, k] dy[j] over all (j, k) whose i[j, k] is i.
//
// With s = I / J, or 1 / scale where a scale is given (with align_corners (I - 1) / (J - 1)),
// output j is at p = (j + 1/2) s - 1/2 of the input (with align_corners j s); [.] rounds down:
//     nearest        i = [j s]                       nearest_exact  i = [(j + 1/2) s]
//     linear         i = [p], [p] + 1, weights 1 - t and t = p - [p], p at least 0
//     cubic          i = [p] - 1 ... [p] + 2, weights of Keys' kernel with a = -3/4
// and an i outside is moved to the border. In linear mode an axis of unchanged size is copied.
//
// x is (N, C, I...), y is (N, C, J...), dense channels-last, (N, D, H, W, C); axes missing in front
// are 1. Outputs overlap nothing.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::resample {

constexpr int kAxes = 3;

enum class Mode : std::uint8_t { nearest, nearest_exact, linear, cubic };

struct Args {
    Dtype dtype;
    Mode mode;
    bool align_corners;
    dim_t n, c;
    dim_t in[kAxes], out[kAxes];  // of the forward pass, also in backward
    double scale[kAxes];          // 0: from the sizes
    const void* from;             // x, or dy
    void* to;                     // y, or dx
};

extern const Kernel<Args> kResample;
extern const Kernel<Args> kResampleBackward;

}  // namespace fastnn::resample
