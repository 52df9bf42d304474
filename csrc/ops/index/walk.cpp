#include "ops/index/walk.h"

#include <algorithm>
#include <cstdlib>

#include "core/parallel.h"
#include "ops/index/cost.h"

namespace fastnn::index {
namespace {

constexpr dim_t kLine = 64;  // bytes of a cache line
// Elements of a line of values in a transposed tile: as many lines of the table, which stay in L1.
constexpr dim_t kPiece = 64;
// Rows that many ids share are divided into this many strips at least, of at most so many bytes if
// they are long enough: a strip of a single line would be read without the help of the prefetcher.
constexpr dim_t kStrips = 16, kStripBytes = 1024;

bool continues(const Axis& outer, const Axis& inner) {
    return outer.ordered == inner.ordered && outer.table == inner.table * inner.extent &&
           outer.value == inner.value * inner.extent && outer.id == inner.id * inner.extent;
}

}  // namespace

Walk::Walk(const Args& a, bool orders) {
    merge(a, orders);
    if (empty_) return;
    choose_tile(a, orders);
    divide(a);
}

// All axes in free_, without those of one place, neighbours that are one axis joined.
void Walk::merge(const Args& a, bool orders) {
    for (int i = 0; i < a.axes; ++i) {
        empty_ = empty_ || a.extent[i] == 0;
        if (a.extent[i] == 1) continue;
        const Axis next{a.extent[i], a.table_stride[i], a.value_stride[i], a.id_stride[i],
                        orders && a.table_stride[i] == 0};
        if (axes_ > 0 && continues(free_[axes_ - 1], next)) {
            const dim_t extent = free_[axes_ - 1].extent * next.extent;
            free_[axes_ - 1] = next;
            free_[axes_ - 1].extent = extent;
        } else {
            free_[axes_++] = next;
        }
    }
}

// The axis along which values are next to each other, and that along which places in the table are.
// Where these are two, tiles are transposed: as many lines of values as a cache line has elements.
void Walk::choose_tile(const Args& a, bool orders) {
    const auto by_table = [&a](const Axis& axis) {
        return std::abs(axis.table == 0 && axis.id != 0 ? a.ids.apart : axis.table);
    };
    const auto take = [this](int at) {
        const Axis axis = free_[at];
        std::copy(free_ + at + 1, free_ + axes_, free_ + at);
        --axes_;
        return axis;
    };
    tile_[0] = tile_[1] = {1, 0, 0, 0, false};
    if (axes_ > 0) {
        int inner = axes_ - 1, near = -1;
        // Of ordered axes only the last may be in a tile.
        const auto fits = [this](int at) {
            for (int i = at + 1; free_[at].ordered && i < axes_; ++i) {
                if (free_[i].ordered) return false;
            }
            return true;
        };
        for (int i = axes_ - 2; i >= 0; --i) {
            const dim_t value = std::abs(free_[i].value);
            if (fits(i) && value != 0 && value < std::abs(free_[inner].value)) inner = i;
        }
        for (int i = 0; i < axes_; ++i) {
            if (i == inner || !fits(i) || by_table(free_[i]) == 0) continue;
            if (near < 0 || by_table(free_[i]) < by_table(free_[near])) near = i;
        }
        transposed_ = near >= 0 && by_table(free_[near]) < by_table(free_[inner]);
        // Along an axis of ids a line of the table is read here and there, so as a whole.
        whole_ = transposed_ && free_[near].table == 0;
        if (transposed_ && free_[whole_ ? inner : near].ordered) transposed_ = false;
        if (transposed_) {
            // What is put completes a line of the table before it goes to the next; what is taken
            // completes lines of values.
            const bool by_line = orders && !whole_;
            tile_[by_line ? 1 : 0] = free_[inner], tile_[by_line ? 0 : 1] = free_[near];
            split_ = by_line || whole_ ? 0 : 1;
            take(std::max(inner, near)), take(std::min(inner, near));
        } else {
            tile_[0] = take(inner);
            if (axes_ > 0) tile_[1] = take(axes_ - 1);
        }
    }
    const int all = axes_;
    axes_ = 0;
    for (int i = 0; i < all; ++i) {
        if (free_[i].ordered) {
            steps_ *= free_[i].extent;
            ordered_[ordered_count_++] = free_[i];
        } else {
            free_[axes_++] = free_[i];
        }
    }
    free_count_ = axes_;
}

void Walk::divide(const Args& a) {
    const bool rows = tile_[0].id == 0;
    const double ns = rows ? std::max(cost::kByte * a.bytes, 0.1) : cost::kElement;
    const auto most = std::max<dim_t>(1, static_cast<dim_t>(kChunkNs / ns));  // elements of a chunk
    const dim_t line = std::max<dim_t>(1, kLine / a.bytes);
    dim_t all = tile_[0].extent * tile_[1].extent * steps_;  // of a unit
    dim_t least = 1;
    if (transposed_) {
        least = line;
    } else if (tile_[1].extent > 1 && !tile_[1].ordered) {
        split_ = 1;
    } else if (!tile_[0].ordered) {
        split_ = 0, least = line;
    }
    piece_ = transposed_ && split_ == 1 ? kPiece : tile_[0].extent;
    units_ = 1;
    for (int i = 0; i < free_count_; ++i) units_ *= free_[i].extent;
    if (split_ >= 0) {
        const dim_t extent = tile_[split_].extent;
        const dim_t each = all / extent;
        if (least > 1)
            least =
                std::max(least, std::min(extent / kStrips, kStripBytes / a.bytes) / line * line);
        block_ = transposed_ ? line : round_up(std::max<dim_t>(1, most / each), least);
        block_ = std::min(block_, extent);
        blocks_ = ceil_div(extent, block_);
        units_ *= blocks_;
        all = each * block_;
    }
    per_chunk_ = std::clamp<dim_t>(most / all, 1, units_);
    chunks_ = ceil_div(units_, per_chunk_);
    chunk_ns_ = ns * static_cast<double>(all * per_chunk_);
}

void Walk::set_axes(Tile& t) const {
    for (int i = 0; i < 2; ++i) {
        t.extent[i] = tile_[i].extent, t.table_stride[i] = tile_[i].table;
        t.value_stride[i] = tile_[i].value, t.id_stride[i] = tile_[i].id;
    }
}

}  // namespace fastnn::index
