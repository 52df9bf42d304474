// A convolution as products of windows (see gemm's Block), and how these are cut into chunks.
//
// Forward there is one product. Its transpose has one for each remainder of the position in x by
// the stride: the positions of one remainder meet the same taps, and so dy is convolved with these,
// in steps of 1. Both are one thing here: `to` is computed from `from`.
#pragma once

#include <cstddef>
#include <vector>

#include "core/integer.h"
#include "ops/conv/conv.h"
#include "ops/conv/kernels.h"
#include "ops/gemm/gemm.h"

namespace fastnn::conv {

// One axis of a product: output u stands at first + step * u of `to`, and its tap t, which is
// number tap + t * tap_step of the kernel, meets element in_step * u + offset + t * offset_step of
// `from`.
struct Axis {
    long count, first, step;
    long in_step, offset, offset_step;
    long taps, tap, tap_step;

    // How many elements of `from` `outputs` neighbours look at. Those of one tap are gathered.
    bool gathered() const { return taps == 1; }
    long extent(long outputs) const {
        return gathered() ? outputs : (outputs - 1) * in_step + (taps - 1) * offset_step + 1;
    }
    bool reads_like(const Axis& a) const {
        return count == a.count && in_step == a.in_step && offset == a.offset &&
               offset_step == a.offset_step && taps == a.taps;
    }
    // All that is looked at lies in 0 .. size - 1.
    bool inside(long size) const {
        return offset >= 0 && in_step * (count - 1) + offset + (taps - 1) * offset_step < size;
    }
};

// The products along one axis: every output that meets any tap belongs to one of them.
std::vector<Axis> products_along(const Shape& shape, int axis, bool transposed);

// The same for all axes, cut where many taps would meet nothing but zeros around `from`: each piece
// of outputs has the taps that any of it meets. A kernel as large as the image, whose gradient
// meets each dy once, comes to products of one tap.
struct ProductAxes {
    std::vector<Axis> axis[kAxes];
    double products(int a) const;  // outputs times taps
};
ProductAxes products_of(const Shape& shape, bool transposed);

// `from` and `to` of a call.
struct Sides {
    long groups, from_channels, to_channels;  // of all groups
    long from_group, to_group;                // channels of one group
    const long* from;                         // sizes
    const long* to;
    Sides(const Shape& s, bool transposed)
        : groups(s.groups),
          from_channels(transposed ? s.o : s.c),
          to_channels(transposed ? s.c : s.o),
          from_group(from_channels / s.groups),
          to_group(to_channels / s.groups),
          from(transposed ? s.out : s.in),
          to(transposed ? s.in : s.out) {}
};

struct Product {
    Axis axis[kAxes];
    long taps = 0;
    // What blocks read: `from` itself, or a copy of a chunk's part with zeros around it. All
    // strides are in elements.
    bool copied = false;
    bool shared = false;                            // copied once for all chunks, not by each
    long shared_base = 0;                           // where among the shared copies
    bool one_chunk = false;                         // of pixels: wanted
    long pixel = 0, row = 0, plane = 0, image = 0;  // strides
    long step[kAxes] = {};                          // from output to output
    // k of one segment; several blocks of channels, of which each is a sum of its own.
    long k = 0, channel_block = 0;
    std::vector<long> segments;  // where they begin
    long b_base = 0;             // among the packed weights
    // Tiles go along rows of pixels, or where these are short, along images.
    bool along_images = false;
    long images = 1, rows = 1, cols = 1, outs = 1;  // of a chunk
    long image_chunks = 1, row_chunks = 1, col_chunks = 1, out_chunks = 1;
    std::size_t copy_size = 0;  // of a copy
    // Where the copy stands among those of a chunk of all products; whether the product before has
    // made it.
    long copy_base = 0;
    bool copied_before = false;

    // Input rows that an image's copy has, of each of its planes.
    long copied_rows() const { return axis[1].extent(shared ? axis[1].count : rows); }
    long pixel_chunks() const {  // of one group
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
// how many chunks it should come to.
void lay_out(Product& p, const Shape& shape, const Sides& sides, const gemm::Blocking& blocking,
             long size, long share);

// Bytes of a panel of B, which stays in L2 while all tiles of a chunk pass by; less where a chunk
// packs it first.
constexpr long kPanel = 300 << 10, kPanelHere = 128 << 10;

// Channels of `from` that are summed over in one go: those of a panel.
long block_of_channels(long taps, long channels, long panel, const gemm::Blocking& blocking,
                       long size);

}  // namespace fastnn::conv
