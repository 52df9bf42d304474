#include "ops/conv/implicit_gemm/layout.h"

#include <algorithm>

#include "core/integer.h"
#include "ops/conv/cost.h"

namespace fastnn::conv {
namespace {

constexpr double kManyChunks = 32;
// Bytes of a panel of B, which stays in L2 for all tiles of a chunk; less where a chunk
// packs it first.
constexpr dim_t kPanel = 300 << 10, kPanelInChunk = 128 << 10;

// Channels of `from` that are summed over at a time: those of a panel.
dim_t block_of_channels(dim_t taps, dim_t channels, dim_t panel, const gemm::Blocking& blocking,
                        dim_t size) {
    const dim_t blocks = std::max<dim_t>(1, ceil_div(taps * channels * blocking.nr * size, panel));
    return std::max<dim_t>(1, std::min(channels, round_up(ceil_div(channels, blocks), 16)));
}

}  // namespace

ForwardLayout::ForwardLayout(const Shape& s, bool is_transposed, const ProductAxes& axes,
                             double estimate, const gemm::Blocking& blocking, dim_t size)
    : shape(s),
      transposed(is_transposed),
      sides(s, is_transposed),
      ns(estimate),
      padded_columns(round_up(sides.to_group, blocking.width)) {
    if (sides.from_group > 0) find_products(axes);
    dim_t taps = 1, all_taps = 0;
    for (const Product& p : products) taps = std::max(taps, p.taps), all_taps += p.taps;
    const double share = std::clamp(ns / cost::implicit_gemm::kChunk, 1.0, kManyChunks);
    lay_out_all(
        block_of_channels(taps, sides.from_group, kPanel, blocking, size), blocking, size,
        static_cast<dim_t>(share / static_cast<double>(std::max<std::size_t>(1, products.size()))) +
            1);
    pack_in_chunk = !products.empty();
    for (const Product& p : products) pack_in_chunk = pack_in_chunk && p.pixel_chunks() == 1;
    if (pack_in_chunk) {
        // A panel holds the weights of all products side by side.
        for (Product& p : products) p.one_chunk = true;
        lay_out_all(block_of_channels(all_taps, sides.from_group, kPanelInChunk, blocking, size),
                    blocking, size, static_cast<dim_t>(share));
        place_copies();
    }
    for (Product& p : products) {
        place_panels(p, blocking);
        if (!p.shared) continue;
        p.shared_base = static_cast<dim_t>(shared_size);
        shared_size += p.copy_size * static_cast<std::size_t>(sides.groups * shape.n);
    }
}

dim_t ForwardLayout::chunks() const {
    if (pack_in_chunk) return products[0].out_chunks * sides.groups;
    dim_t chunks = 0;
    for (const Product& p : products) chunks += p.pixel_chunks() * p.out_chunks * sides.groups;
    return chunks;
}

std::size_t ForwardLayout::local_size() const {
    if (pack_in_chunk) return panels_size + copies_size;
    std::size_t largest = 0;
    for (const Product& p : products) {
        if (!p.shared) largest = std::max(largest, p.copy_size);
    }
    return largest;
}

void ForwardLayout::find_products(const ProductAxes& axes) {
    for (const Axis& d : axes.axis[0]) {
        for (const Axis& h : axes.axis[1]) {
            for (const Axis& w : axes.axis[2]) {
                Product p;
                p.axis[0] = d, p.axis[1] = h, p.axis[2] = w;
                p.taps = d.taps * h.taps * w.taps;
                products.push_back(p);
                outputs += d.count * h.count * w.count;
            }
        }
    }
}

void ForwardLayout::lay_out_all(dim_t channel_block, const gemm::Blocking& blocking, dim_t size,
                                dim_t share) {
    block = channel_block;
    for (Product& p : products) {
        p.channel_block = block;
        lay_out(p, shape, sides, blocking, size, share);
    }
}

// Neighbouring products that read the same input share a copy.
void ForwardLayout::place_copies() {
    const Product* last = nullptr;
    for (Product& p : products) {
        if (p.shared || !p.copied) continue;
        p.copied_before = last != nullptr && p.reads_like(*last);
        p.copy_base = p.copied_before ? last->copy_base : static_cast<dim_t>(copies_size);
        if (!p.copied_before) copies_size += p.copy_size;
        last = &p;
    }
}

void ForwardLayout::place_panels(Product& p, const gemm::Blocking& blocking) {
    p.b_base = static_cast<dim_t>(panels_size);
    panels_size += static_cast<std::size_t>(
        p.taps *
        (pack_in_chunk ? block * blocking.nr : sides.from_group * sides.groups * padded_columns));
    const auto tap = [&](int axis, dim_t t) {
        return p.axis[axis].tap + t * p.axis[axis].tap_step;
    };
    std::size_t layer = 0;
    dim_t number = 0;
    for (dim_t i = 0; i < p.axis[0].taps; ++i) {
        for (dim_t j = 0; j < p.axis[1].taps; ++j) {
            for (dim_t l = 0; l < p.axis[2].taps; ++l) {
                const auto at = static_cast<std::size_t>(
                    (tap(0, i) * shape.kernel[1] + tap(1, j)) * shape.kernel[2] + tap(2, l));
                while (layer < places.size() && places[layer][at].base >= 0) ++layer;
                if (layer == places.size())
                    places.emplace_back(static_cast<std::size_t>(shape.taps()));
                places[layer][at] = {p.b_base, p.taps, number++};
            }
        }
    }
}

}  // namespace fastnn::conv
