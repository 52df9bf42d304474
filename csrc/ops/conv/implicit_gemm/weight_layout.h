// Weight gradient: how dw and the pixels are cut.
#pragma once

#include "core/integer.h"
#include "ops/conv/axes.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {

// Channels of x in a product of so few rows are the channels of all taps of a row of the kernel.
constexpr dim_t kFewChannels = 8;  // fewer than a tile has rows

struct WeightLayout {
    // `size`: bytes of an element. `ns`: what the call takes one thread.
    WeightLayout(const Shape& shape, double ns, const gemm::Blocking& blocking, dim_t size);

    // Terms of one sum are added in blocks of at most so many pixels, for the same reasons as
    // gemm's.
    static constexpr dim_t kPixels = 384;

    Shape shape;
    Sides sides;
    Axis d, h, w;
    dim_t taps;
    double ns;
    bool by_columns = false;  // rows of products are the channels of all taps of a kernel's row
    // Channels of x and of dy of a chunk, and how many blocks there are; dy's in whole panels.
    dim_t c_block = 0, c_blocks = 1, o_block = 0, o_blocks = 1, o_stride = 0;
    dim_t planes = 1, rows = 1, cols = 1;  // of a block of pixels; planes of all images
    dim_t plane_blocks = 1, row_blocks = 1, col_blocks = 1;
    dim_t in_cols = 0, in_plane = 0;   // pixels of x
    dim_t depth = 0;                   // pixels of a panel
    dim_t x_size = 0, dy_size = 0;     // elements of local memory
    dim_t slices = 1, slice_size = 0;  // of pixels, each with sums of its own, which are added up

    dim_t pixel_blocks() const { return plane_blocks * row_blocks * col_blocks; }
    dim_t chunks() const { return shape.groups * c_blocks * o_blocks * slices; }

 private:
    void choose_blocks(const gemm::Blocking& blocking);
    void choose_pixels(dim_t size);
    void choose_slices(dim_t size);
};

}  // namespace fastnn::conv
