// How a call is divided: into tiles of two axes, units of which threads may compute any in any
// order, and chunks of units.
#pragma once

#include "core/integer.h"
#include "ops/index/index.h"

namespace fastnn::index {

struct Axis {
    dim_t extent, table, value, id;  // strides
    bool ordered;                    // values along it may meet in one place
};

class Walk {
 public:
    // `orders`: values that meet in one place do so in order.
    Walk(const Args& a, bool orders);

    // No element at all.
    bool empty() const { return empty_; }
    dim_t chunks() const { return chunks_; }
    double chunk_ns() const { return chunk_ns_; }

    // Calls f(tile) for the tiles of a chunk, in order or from the last to the first.
    template <class F>
    void each_tile(dim_t chunk, Tile tile, bool reverse, const F& f) const {
        const dim_t begin = chunk * per_chunk_;
        const dim_t end = begin + per_chunk_ < units_ ? begin + per_chunk_ : units_;
        for (dim_t unit = begin; unit < end; ++unit) {
            Tile t = tile;
            dim_t rest = unit;
            if (split_ >= 0) {
                const dim_t at = rest % blocks_ * block_, all = t.extent[split_];
                rest /= blocks_;
                move(t, t.table_stride[split_] * at, t.value_stride[split_] * at,
                     t.id_stride[split_] * at);
                t.extent[split_] = block_ < all - at ? block_ : all - at;
            }
            decode(t, free_, free_count_, rest);
            for (dim_t step = 0; step < steps_; ++step) {
                Tile s = t;
                decode(s, ordered_, ordered_count_, reverse ? steps_ - 1 - step : step);
                each_piece(s, reverse, f);
            }
        }
    }

    // A tile of the whole call: extents and strides of the two axes.
    void set_axes(Tile& tile) const;

 private:
    static void move(Tile& t, dim_t table, dim_t value, dim_t id) {
        t.table += table, t.values += value, t.ids += id;
    }
    // A tile in pieces along its inner axis.
    template <class F>
    void each_piece(const Tile& t, bool reverse, const F& f) const {
        const dim_t all = t.extent[0], pieces = ceil_div(all, piece_);
        for (dim_t i = 0; i < pieces; ++i) {
            const dim_t at = (reverse ? pieces - 1 - i : i) * piece_;
            Tile p = t;
            move(p, t.table_stride[0] * at, t.value_stride[0] * at, t.id_stride[0] * at);
            p.extent[0] = piece_ < all - at ? piece_ : all - at;
            f(p);
        }
    }
    // Moves a tile to index `at` of some axes, of which the last is the fastest.
    static void decode(Tile& t, const Axis* axes, int count, dim_t at) {
        for (int i = count - 1; i >= 0 && at != 0; --i) {
            const dim_t k = at % axes[i].extent;
            at /= axes[i].extent;
            move(t, k * axes[i].table, k * axes[i].value, k * axes[i].id);
        }
    }
    void merge(const Args& a, bool orders);
    void choose_tile(const Args& a, bool orders);
    void divide(const Args& a);

    bool empty_ = false;
    Axis free_[kMaxAxes], ordered_[kMaxAxes], tile_[2];
    int axes_ = 0, free_count_ = 0, ordered_count_ = 0;
    int split_ = -1;  // which axis of the tile is cut into blocks
    bool transposed_ = false;
    bool whole_ = false;  // of a transposed tile: the second axis is not divided
    dim_t piece_ = 1, block_ = 1, blocks_ = 1, units_ = 1, steps_ = 1, per_chunk_ = 1, chunks_ = 1;
    double chunk_ns_ = 0;
};

}  // namespace fastnn::index
