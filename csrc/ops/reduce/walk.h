// How the work on a Geometry is divided: into tiles of outputs, and into segments of the elements
// reduced to them. This depends on the problem alone, so results do not depend on the number of
// threads.
#pragma once

#include <algorithm>

#include "core/integer.h"
#include "core/parallel.h"
#include "ops/reduce/cost.h"
#include "ops/reduce/reduce.h"

namespace fastnn::reduce {

constexpr dim_t kTile = 1024;       // outputs of a tile at most: 8 KiB of accumulators
constexpr dim_t kTileWork = 16384;  // elements of a chunk at least
constexpr dim_t kSegment = 65536;   // elements of a segment: 256 KiB of float32, a part of L2

class Walk {
 public:
    explicit Walk(const Geometry& g, bool split = true) : g_(g), inner_(g.axis[g.axes - 1]) {
        along_ = inner_.reduced;
        int second = -1;
        for (int i = 0; i < g.axes - 1; ++i) {
            if (g.axis[i].reduced != along_) second = i;
        }
        second_ = second < 0 ? Axis{1, 0, 0, !along_} : g.axis[second];
        for (int i = 0; i < g.axes - 1; ++i) {
            if (i == second) continue;
            const Axis& a = g.axis[i];
            if (a.reduced) {
                reduced_[reduced_count_++] = a;
            } else {
                outer_[outer_count_++] = a;
            }
        }
        const Axis& out = along_ ? second_ : inner_;
        block_ =
            along_ ? std::clamp<dim_t>(kTileWork / std::max<dim_t>(g.reduced, 1), 1, kTile) : kTile;
        block_ = std::min(block_, out.size);
        blocks_ = ceil_div(out.size, block_);
        tiles = g.outputs / out.size * blocks_;
        if (split) choose_segments();
        const dim_t work = std::max<dim_t>(g.reduced / segments * block_, 1);
        group_ = segments > 1 ? 1 : std::max<dim_t>(kTileWork / work, 1);
    }

    dim_t tiles = 1, segments = 1;
    bool along() const { return along_; }
    dim_t block() const { return block_; }    // outputs of a whole tile
    dim_t length() const { return length_; }  // of a segment, along the axis that is divided

    // Outputs of a tile: how many, the offset of the first in y, and the step to the next.
    struct Outputs {
        dim_t count, offset, step, x_offset;
    };
    Outputs outputs(dim_t tile) const {
        const Axis& out = along_ ? second_ : inner_;
        const dim_t first = tile % blocks_ * block_;
        Outputs o{std::min(block_, out.size - first), g_.y_offset + first * out.out, out.out,
                  g_.x_offset + first * out.stride};
        dim_t rest = tile / blocks_;
        for (int i = outer_count_ - 1; i >= 0; --i) {
            const dim_t at = rest % outer_[i].size;
            rest /= outer_[i].size;
            o.offset += at * outer_[i].out;
            o.x_offset += at * outer_[i].stride;
        }
        return o;
    }

    // Calls f(x offset, stride, rows, cols) for every rectangle of one segment of a tile, in order,
    // and returns how many elements went into each output.
    template <class F>
    dim_t each(const Outputs& o, dim_t segment, F f) const {
        Axis over[kMaxAxes];
        for (int i = 0; i < reduced_count_; ++i) over[i] = reduced_[i];
        Axis row = along_ ? inner_ : second_;  // the reduced axis within a rectangle
        dim_t x = o.x_offset;
        Axis& part = split_ < 0 ? row : over[split_];
        const dim_t first = segment * length_;
        if (segments > 1) {
            x += first * part.stride;
            part.size = std::min(length_, part.size - first);
        }
        const dim_t stride = second_.stride;
        const dim_t rows = along_ ? o.count : row.size;
        const dim_t cols = along_ ? row.size : o.count;
        dim_t at[kMaxAxes], calls = 0;
        for (int i = 0; i < reduced_count_; ++i) at[i] = 0;
        for (;;) {
            f(x, stride, rows, cols);
            ++calls;
            int i = reduced_count_ - 1;
            for (; i >= 0; --i) {
                x += over[i].stride;
                if (++at[i] < over[i].size) break;
                x -= over[i].size * over[i].stride;
                at[i] = 0;
            }
            if (i < 0) break;
        }
        return calls * row.size;
    }

    // Calls f(tile, segment) for all of both, on as many threads as they are worth.
    template <class F>
    void run(double element_ns, F f) const {
        const dim_t calls = tiles * segments;
        const dim_t chunks = ceil_div(calls, group_);
        const double all_ns = element_ns * static_cast<double>(g_.outputs * g_.reduced) +
                              cost::kSegment * static_cast<double>(calls);
        parallel_for(chunks, all_ns / static_cast<double>(chunks), [&](dim_t chunk) {
            const dim_t end = std::min(calls, (chunk + 1) * group_);
            for (dim_t c = chunk * group_; c < end; ++c) f(c / segments, c % segments);
        });
    }

 private:
    // With few tiles of many elements each, divides the longest reduced axis.
    void choose_segments() {
        const dim_t work = g_.reduced * block_;
        if (work < 2 * kSegment || tiles >= 64) return;
        const Axis* longest = along_ ? &inner_ : &second_;
        for (int i = 0; i < reduced_count_; ++i) {
            if (reduced_[i].size > longest->size) {
                longest = &reduced_[i];
                split_ = i;
            }
        }
        length_ = std::max<dim_t>(kSegment / (work / longest->size), 1);
        if (length_ > 16) length_ = length_ / 16 * 16;
        segments = ceil_div(longest->size, length_);
    }

    const Geometry& g_;
    Axis inner_, second_;
    Axis outer_[kMaxAxes], reduced_[kMaxAxes];
    int outer_count_ = 0, reduced_count_ = 0;
    bool along_;
    int split_ = -1;  // index in reduced_, or the reduced axis of the rectangle
    dim_t block_, blocks_, group_, length_ = 0;
};

}  // namespace fastnn::reduce
