#include "ops/conv/implicit_gemm/weight_layout.h"

#include <algorithm>

#include "core/integer.h"
#include "ops/conv/cost.h"

namespace fastnn::conv {
namespace {

constexpr double kManyChunks = 32;
constexpr dim_t kInput = 256 << 10;  // bytes of x in panels, in L2
constexpr dim_t kSums = 16 << 20;    // bytes of sums that slices of pixels may take

// Channels of x and of dy of a chunk: the fewer taps use a number, the more channels must, to be
// worth its packing.
constexpr dim_t block_of(dim_t taps) {
    return taps <= 4 ? 128 : 64;
}

}  // namespace

WeightLayout::WeightLayout(const Shape& s, double cost, const gemm::Blocking& blocking, dim_t size)
    : shape(s),
      sides(s, false),
      d(forward_axis(s, 0)),
      h(forward_axis(s, 1)),
      w(forward_axis(s, 2)),
      taps(s.taps()),
      ns(cost) {
    choose_blocks(blocking);
    choose_pixels(size);
    choose_slices(size);
}

void WeightLayout::choose_blocks(const gemm::Blocking& blocking) {
    const dim_t c = sides.from_group, o = sides.to_group;
    by_columns = c <= kFewChannels && (w.offset_step == 1 || w.taps == 1);
    c_blocks = by_columns ? 1 : std::max<dim_t>(1, c / block_of(taps));
    c_block = ceil_div(c, c_blocks);
    c_blocks = ceil_div(c, c_block);
    o_blocks = std::max<dim_t>(1, o / block_of(taps));
    o_block = round_up(ceil_div(o, o_blocks), blocking.nr);
    o_blocks = ceil_div(o, o_block);
    o_stride = round_up(o, blocking.nr);
}

// A block of pixels is some rows of an output plane, or several planes where these are small, or a
// piece of one long row.
void WeightLayout::choose_pixels(dim_t size) {
    const dim_t all_rows = shape.out[1], all_cols = shape.out[2],
                all_planes = shape.n * shape.out[0];
    col_blocks = ceil_div(all_cols, 2 * kPixels);
    cols = ceil_div(all_cols, col_blocks);
    const auto bytes = [&](dim_t r) {
        return d.taps * h.extent(r) * w.extent(cols) * c_block * size;
    };
    rows = 1;
    while (col_blocks == 1 && rows < all_rows && rows * cols < kPixels && bytes(rows + 1) <= kInput)
        ++rows;
    row_blocks = ceil_div(all_rows, rows);
    rows = ceil_div(all_rows, row_blocks);
    row_blocks = ceil_div(all_rows, rows);
    planes = 1;
    if (row_blocks == 1 && col_blocks == 1) {
        planes = std::clamp(std::min(kPixels / (rows * cols), kInput / bytes(rows)), dim_t{1},
                            all_planes);
    }
    plane_blocks = ceil_div(all_planes, planes);
    in_cols = w.extent(cols);
    in_plane = h.extent(rows) * in_cols;
    depth = planes * d.taps * in_plane;
    x_size = round_up(depth * c_block + 16, 16);
    dy_size = planes * rows * cols * o_block;
}

void WeightLayout::choose_slices(dim_t size) {
    const dim_t blocks = shape.groups * c_blocks * o_blocks;
    slice_size = shape.groups * taps * sides.from_group * o_stride;
    const auto wanted =
        static_cast<dim_t>(std::clamp(ns / cost::implicit_gemm::kWeightChunk, 1.0, kManyChunks));
    const dim_t room = kSums / std::max<dim_t>(1, slice_size * size);
    slices = std::clamp(std::min(ceil_div(wanted, blocks), room), dim_t{1}, pixel_blocks());
}

}  // namespace fastnn::conv
