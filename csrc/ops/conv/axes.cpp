#include "ops/conv/axes.h"

#include <numeric>

#include "core/integer.h"

namespace fastnn::conv {

Axis forward_axis(const Shape& s, int axis) {
    return {s.out[axis],    0, 1, s.stride[axis], -s.pad[axis], s.dilation[axis],
            s.kernel[axis], 0, 1};
}

std::vector<Axis> axes_along(const Shape& shape, int axis, bool transposed) {
    if (!transposed) return {forward_axis(shape, axis)};
    const dim_t kernel = shape.kernel[axis], stride = shape.stride[axis],
                dilation = shape.dilation[axis], pad = shape.pad[axis];
    std::vector<Axis> axes;
    const dim_t common = std::gcd(stride, dilation);
    for (dim_t first = 0; first < std::min(stride, shape.in[axis]); ++first) {
        // Tap k meets these positions where first + pad - k dilation is a multiple of the stride.
        dim_t k = 0;
        while (k < std::min(kernel, stride / common) && (first + pad - k * dilation) % stride != 0)
            ++k;
        if (k == std::min(kernel, stride / common)) continue;
        const dim_t taps = ceil_div(kernel - k, stride / common);
        const dim_t tap =
            k + (taps - 1) * (stride / common);  // the last one: positions grow with t
        axes.push_back({ceil_div(shape.in[axis] - first, stride), first, stride, 1,
                        (first + pad - tap * dilation) / stride, dilation / common, taps, tap,
                        -(stride / common)});
    }
    return axes;
}

}  // namespace fastnn::conv
