// One product of a convolution (see gemm's Block), and how it is cut into chunks.
#pragma once

#include <cstddef>
#include <vector>

#include "core/integer.h"
#include "ops/conv/axes.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {

struct Product {
    Axis axis[kAxes];
    dim_t taps = 0;
    // What blocks read: `from` itself, or a copy of a chunk's part with zeros around it. All
    // strides are in elements.
    bool copied = false;
    bool shared = false;                             // copied once for all chunks, not by each
    dim_t shared_base = 0;                           // where among the shared copies
    bool one_chunk = false;                          // asks for one chunk of pixels
    dim_t pixel = 0, row = 0, plane = 0, image = 0;  // strides
    dim_t step[kAxes] = {};                          // from output to output
    // k of one segment; several blocks of channels, of which each is a sum of its own.
    dim_t k = 0, channel_block = 0;
    std::vector<dim_t> segments;  // where they begin
    dim_t b_base = 0;             // among the packed weights
    // Tiles go along rows of pixels, or where these are short, along images.
    bool along_images = false;
    dim_t images = 1, rows = 1, cols = 1, outs = 1;  // of a chunk
    dim_t image_chunks = 1, row_chunks = 1, col_chunks = 1, out_chunks = 1;
    std::size_t copy_size = 0;  // of a copy
    // Offset of the copy among those of a chunk of all products; whether the product before has
    // made it.
    dim_t copy_base = 0;
    bool copied_before = false;

    // Input rows that an image's copy has, of each of its planes.
    dim_t copied_rows() const { return axis[1].extent(shared ? axis[1].count : rows); }
    dim_t pixel_chunks() const {  // of one group
        return image_chunks * axis[0].count * row_chunks * col_chunks;
    }
    // Its copy holds the same elements in the same order.
    bool reads_like(const Product& p) const {
        bool same = images == p.images && pixel == p.pixel && row == p.row && plane == p.plane &&
                    image == p.image && copy_size == p.copy_size;
        for (int a = 0; a < kAxes; ++a) same = same && axis[a].reads_like(p.axis[a]);
        return same;
    }
};

// Chooses everything in a product but its axes and its place among the packed weights. `share` is
// how many chunks to aim for.
void lay_out(Product& p, const Shape& shape, const Sides& sides, const gemm::Blocking& blocking,
             dim_t size, dim_t share);

}  // namespace fastnn::conv
