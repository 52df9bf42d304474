// Pooling over one to three axes: the maximum or the sum of each window, and the gradients.
//
// x is (N, C, I...), y is (N, C, J...). Window j of an axis has the inputs i = j stride + k
// dilation - pad, k = 0 ... kernel - 1, inside the image; in adaptive pooling those from
// floor(j I / J) to ceil((j + 1) I / J) - 1, with k counted from the first of them:
//     max:      y[j] = max x[i],           dx[i] = sum of dy[j] over the windows j won by i
//     average:  y[j] = sum x[i] / size[j], dx[i] = sum of dy[j] / size[j] over the windows j of i
// The winner is the first of equal numbers, or the last NaN; an empty window gives -inf. The place
// of the winner in its window, (k_d K_h + k_h) K_w + k_w, is saved: as uint8 where all windows have
// at most 256 places, else as int32.
//
// Layouts: axes missing in front are 1. All arrays are dense channels-last, (N, D, H, W, C).
// Outputs overlap nothing.
#pragma once

#include <cstdint>

#include "core/dtype.h"
#include "core/integer.h"
#include "core/isa.h"
#include "core/launch.h"

namespace fastnn::pooling {  // fastnn::pool is the memory pool

constexpr int kAxes = 3;  // depth, height, width

struct Shape {
    bool adaptive;
    dim_t n, c;
    dim_t in[kAxes], out[kAxes];
    dim_t kernel[kAxes];                               // places of the largest window
    dim_t stride[kAxes], dilation[kAxes], pad[kAxes];  // 1, 1 and 0 where adaptive

    dim_t in_size() const { return in[0] * in[1] * in[2]; }
    dim_t out_size() const { return out[0] * out[1] * out[2]; }
    dim_t places() const { return kernel[0] * kernel[1] * kernel[2]; }
};

struct MaxArgs {
    Dtype dtype;
    Shape shape;
    const void* x;
    void* y;
    Dtype place_dtype;  // u8 or i32
    void* place;        // or null: not wanted
};

struct MaxBackwardArgs {
    Dtype dtype;
    Shape shape;
    const void* dy;
    Dtype place_dtype;
    const void* place;
    void* dx;
};

// index[j]: the index of place[j] in the plane of (D, H, W) inputs.
struct IndexArgs {
    Shape shape;
    Dtype place_dtype;
    const void* place;
    std::int64_t* index;
};

struct AverageArgs {
    Dtype dtype;
    Shape shape;
    bool count_pad;  // the padding counts in the size of a window
    dim_t divisor;   // instead of the size, where not 0
    const void* x;   // or dy
    void* y;         // or dx
};

// y[index[i]] = x[i] in planes of `out` numbers, the others 0; backward x[i] = y[index[i]]. All
// indices are in the plane; of equal ones the last counts.
struct UnpoolArgs {
    Dtype dtype;
    dim_t n, c, in, out;
    const std::int64_t* index;
    const void* from;
    void* to;
};

// By Shape::adaptive and the number of axes - 1.
extern const Kernel<MaxArgs> kMax[2][kAxes];
extern const Kernel<MaxBackwardArgs> kMaxBackward[2][kAxes];
extern const Kernel<IndexArgs> kMaxIndices[2][kAxes];
extern const Kernel<AverageArgs> kAverage[2][kAxes];
extern const Kernel<AverageArgs> kAverageBackward[2][kAxes];
extern const Kernel<UnpoolArgs> kUnpool[kAxes];
extern const Kernel<UnpoolArgs> kUnpoolBackward[kAxes];

}  // namespace fastnn::pooling
