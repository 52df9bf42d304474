// Interpolation, separately along each axis: y[j] = sum over k of w[j, k] x[i[j, k]], and its
// gradient, dx[i] = sum of w[j, k] dy[j] over all (j, k) whose i[j, k] is i.
//
// With s = I / J, or 1 / scale where a scale is given (with align_corners (I - 1) / (J - 1)),
// output j is at p = (j + 1/2) s - 1/2 of the input (with align_corners j s); [.] rounds down:
//     nearest        i = [j s]                       nearest_exact  i = [(j + 1/2) s]
//     linear         i = [p], [p] + 1, weights 1 - t and t = p - [p], p at least 0
//     cubic          i = [p] - 1 ... [p] + 2, weights of Keys' kernel with a = -3/4
// and an i outside is moved to the border. In linear mode and with antialias, an axis of unchanged
// size is copied.
//
// With antialias, linear and cubic modes take averages: the kernel of the mode (for cubic with
// a = -1/2), stretched by s where that is above 1, at all i inside whose distance from p is below
// its reach; the weights are divided by their sum. Here p is (j + 1/2) s - 1/2 also with
// align_corners.
//
// x is (N, C, I...), y is (N, C, J...), dense channels-last, (N, D, H, W, C); axes missing in front
// are 1. Outputs overlap nothing.
#pragma once

#include <algorithm>
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
    bool align_corners, antialias;
    dim_t n, c;
    dim_t in[kAxes], out[kAxes];  // of the forward pass, also in backward
    double scale[kAxes];          // 0: from the sizes
    const void* from;             // x, or dy
    void* to;                     // y, or dx
};

// The distance of neighbouring outputs in the input.
inline double step_of(bool align_corners, dim_t in, dim_t out, double scale) {
    if (align_corners) {
        return out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
    }
    return scale > 0 ? 1 / scale : static_cast<double>(in) / static_cast<double>(out);
}

// What an output at `center` (the edge of the input is 0) averages with antialias.
struct Reach {
    double stretch, support;

    Reach(Mode mode, double step)
        : stretch(std::max(step, 1.0)), support((mode == Mode::cubic ? 2 : 1) * stretch) {}
    dim_t begin(double center) const { return std::max<dim_t>(whole(center - support), 0); }
    dim_t end(double center, dim_t in) const { return std::min(whole(center + support), in); }
    double most() const { return 2 * support + 2; }  // places

 private:
    static dim_t whole(double edge) { return static_cast<dim_t>(std::min(edge + 0.5, 0x1p40)); }
};

extern const Kernel<Args> kResample;
extern const Kernel<Args> kResampleBackward;

}  // namespace fastnn::resample
