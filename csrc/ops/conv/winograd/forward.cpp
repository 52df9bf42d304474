// From x to y, or from y to x, which is the same with the taps in reverse order.
//
// Two schedules, in both of which a chunk stays in the caches of its thread from the first
// transform to the last. `tiles`: a few tiles with all weights, whose points are few enough to be
// stored. `columns`: many tiles and a few channels of the result, so that the points of weights are
// used where they are made, in L2, and large weights are read once per many tiles.
#include <algorithm>
#include <cstring>

#include "core/launch.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/activation/activation.h"
#include "ops/conv/winograd/plan.h"

namespace fastnn::conv {
namespace {

constexpr double kOwnWeights = 0.1;

class Forward {
 public:
    Forward(const Args& args, const ForwardPlan& plan)
        : a_(args),
          plan_(plan),
          s_(args.shape, args.transposed, plan.m),
          f_(isa::table<WinogradKernels>()),
          g_(isa::table<gemm::TypedKernels<float>>()),
          width_(g_.blocking.width),
          nr_(g_.blocking.nr),
          epilogue_(args.epilogue.as<float>()),
          y_(static_cast<float*>(args.to)),
          depths_(s_.in, plan.depth),
          v_row_(padded_row(s_.in, depths_)),
          m_row_(round_up(plan.columns, kLine)),
          tile_steps_(ceil_div(s_.tiles, plan.tiles)),
          col_steps_(ceil_div(s_.out, plan.columns)),
          zeros_(elements(s_.in)) {
        std::memset(zeros_.data(), 0, elements(s_.in) * sizeof(float));
    }
    void run() {
        if (plan_.schedule == Schedule::tiles) {
            by_tiles();
        } else {
            by_columns();
        }
    }

 private:
    // Channels of the result, and where the points of their weights are.
    struct Columns {
        dim_t begin, count, padded, plane;
        float* u;
    };
    Columns columns(dim_t begin, dim_t depth, float* u) const {
        const dim_t count = std::min(plan_.columns, s_.out - begin);
        const dim_t padded = round_up(count, width_);
        return {begin, count, padded, padded_plane(depth * padded), u};
    }
    dim_t weights_size(dim_t depth) const { return s_.points * columns(0, depth, nullptr).plane; }
    // Rows of a depth of a panel of weights; u is where the depth begins.
    void weights(const Columns& c, float* u, dim_t block, dim_t panel, dim_t first, dim_t rows,
                 float* squares = nullptr, bool packed = false) const;
    void product(const Columns& c, dim_t block, const float* u, dim_t point, dim_t rows,
                 const float* v, float* m) const;

    TileRange tiles(dim_t step) const {
        const dim_t first = step * plan_.tiles;
        return {first, std::min(plan_.tiles, s_.tiles - first)};
    }
    void input(TileRange tiles, float* v, dim_t plane) const {
        f_.input[s_.index()]({s_.from, tiles, static_cast<const float*>(a_.from), zeros_.data(), v,
                              plane, v_row_, 0, s_.in});
    }
    void output(const Columns& c, TileRange tiles, const float* m, dim_t plane) const {
        f_.output[s_.index()](
            {s_.to, tiles, m, plane, m_row_, c.begin, c.count, epilogue_, epilogue_.out(y_)});
        if (!epilogue_.unfinished()) return;
        for (dim_t tile = 0; tile < tiles.count; ++tile) activate(tiles.first + tile, c);
    }
    void activate(dim_t tile, const Columns& c) const {
        const TiledImages& to = s_.to;
        const dim_t row = tile / to.tiles_w % to.tiles_h * s_.m, col = tile % to.tiles_w * s_.m,
                    image = tile / to.tiles_w / to.tiles_h;
        for (dim_t i = row; i < std::min(to.height, row + s_.m); ++i) {
            const dim_t at = ((image * to.height + i) * to.width + col) * to.channels + c.begin;
            activation::finish(epilogue_, y_, at, to.channels, std::min(s_.m, to.width - col),
                               c.count);
        }
    }
    void by_tiles();
    void by_columns();
    // Of the sizes of a call, packed weights depend on these alone.
    PackedKey key() const {
        return {plan_.schedule == Schedule::tiles ? kPackedPoints : kPackedSquares,
                static_cast<dim_t>(isa::level()),
                s_.transposed,
                s_.m,
                s_.in,
                s_.out,
                plan_.columns,
                depths_.size};
    }

    const Args& a_;
    const ForwardPlan& plan_;
    const WinogradSizes s_;
    const WinogradKernels& f_;
    const gemm::TypedKernels<float>& g_;
    const dim_t width_, nr_;
    const Epilogue<float> epilogue_;
    float* const y_;
    const Depths depths_;
    const dim_t v_row_, m_row_, tile_steps_, col_steps_;
    mutable Scratch<float> zeros_;
};

void Forward::weights(const Columns& c, float* u, dim_t block, dim_t panel, dim_t first, dim_t rows,
                      float* squares, bool packed) const {
    const dim_t row = depths_.at(block) + first, col = c.begin + panel;
    const dim_t width = std::min(nr_, c.padded - panel);
    const float* const w = static_cast<const float*>(a_.w);
    f_.weight[s_.index()](
        {s_.transposed ? w + row * s_.w_stride + col * kTaps : w + col * s_.w_stride + row * kTaps,
         s_.w_stride, s_.transposed, rows, std::min(nr_, c.count - panel),
         u + panel * depths_.of(block) + first * width, c.plane, width, squares, packed});
}

void Forward::product(const Columns& c, dim_t block, const float* u, dim_t point, dim_t rows,
                      const float* v, float* m) const {
    gemm::Block<float> g{};
    g.m = rows, g.n = c.padded, g.k = depths_.of(block);
    g.a = v + depths_.at(block), g.a_row = v_row_, g.a_k = 1;
    g.b = u + point * c.plane, g.b_panels = true;
    g.c = m, g.c_row = m_row_;
    g.alpha = 1, g.beta = block == 0 ? 0.0f : 1.0f;
    g_.block(g);
}

// The result of a point takes the place of the point before it, which is no longer needed.
void Forward::by_tiles() {
    const dim_t plane = padded_plane(plan_.tiles * std::max(v_row_, m_row_));
    const dim_t u_size = weights_size(s_.in), size = (s_.points + 1) * plane;
    const int threads = threads_worth(tile_steps_, plan_.ns);
    // Where transforming weights is a small part of the work, each thread does so for itself: that
    // is sooner done than meeting and fetching them from one another.
    const bool own =
        a_.cache == nullptr && plan_.weights_ns * (threads - 1) < kOwnWeights * plan_.ns;
    Scratch<float> memory(elements(size * threads));
    PackedScratch<float> u(a_.cache, key(), elements(u_size * (own ? threads : 1)));
    const Columns c = columns(0, s_.in, nullptr);
    constexpr dim_t piece = 32;  // rows of weights
    const dim_t panels = ceil_div(s_.out, nr_), pieces = ceil_div(depths_.size, piece);
    const dim_t tasks = depths_.count * pieces * panels;
    parallel_team(threads, [&](Team& team) {
        float* const points = u.data() + (own ? u_size * team.thread() : 0);
        const auto block_at = [&](dim_t b) { return points + depths_.at(b) * c.padded; };
        const auto make_weights = [&](dim_t task) {
            const dim_t b = task / pieces / panels, first = task / panels % pieces * piece;
            const dim_t rows = std::min(piece, depths_.of(b) - first);
            if (rows > 0) weights(c, block_at(b), b, task % panels * nr_, first, rows);
        };
        if (!own && !u.ready()) team.for_each(tasks, make_weights);
        bool have = !own;
        float* const m = memory.data() + size * team.thread();
        float* const v = m + plane;
        team.for_each_nowait(tile_steps_, [&](dim_t i) {
            for (dim_t task = have ? tasks : 0; task < tasks; ++task) make_weights(task);
            have = true;
            const TileRange t = tiles(i);
            input(t, v, plane);
            for (dim_t p = 0; p < s_.points; ++p) {
                for (dim_t b = 0; b < depths_.count; ++b)
                    product(c, b, block_at(b), p, t.count, v + p * plane, m + p * plane);
            }
            output(c, t, m, plane);
        });
    });
    u.complete();
}

// A thread reuses its transformed tiles from chunk to chunk. The cache of packed weights holds w
// transposed, in the order in which it is read; loading the points of weights, four times as large,
// would take longer than computing them.
void Forward::by_columns() {
    const dim_t v_plane = padded_plane(plan_.tiles * v_row_),
                m_plane = padded_plane(plan_.tiles * m_row_);
    const dim_t v_size = s_.points * v_plane, m_size = s_.points * m_plane;
    const dim_t size = v_size + m_size + weights_size(depths_.size);
    const dim_t chunks = tile_steps_ * col_steps_;
    const int threads = threads_worth(chunks, plan_.ns);
    Scratch<float> memory(elements(size * threads));
    const dim_t row_squares = ceil_div(nr_, width_) * kTaps * width_ * width_;
    const dim_t panel_squares = ceil_div(depths_.size, width_) * row_squares;
    const dim_t panels = ceil_div(s_.out, nr_);
    PackedScratch<float> packed(
        a_.cache, key(),
        elements(a_.cache != nullptr ? panels * depths_.count * panel_squares : 0));
    parallel_team(threads, [&](Team& team) {
        float* const v = memory.data() + size * team.thread();
        float* const m = v + v_size;
        float* const u = m + m_size;
        dim_t step = -1;  // whose tiles are in v
        team.for_each_nowait(chunks, [&](dim_t i) {
            const dim_t wanted = i / col_steps_;
            const TileRange t = tiles(wanted);
            if (step != wanted) input(t, v, v_plane);
            step = wanted;
            const Columns c = columns(i % col_steps_ * plan_.columns, depths_.size, u);
            for (dim_t b = 0; b < depths_.count; ++b) {
                for (dim_t j = 0; j < c.count; j += nr_) {
                    // The chunks of the first tiles have each panel once.
                    float* const squares =
                        packed.data() + ((c.begin + j) / nr_ * depths_.count + b) * panel_squares;
                    const bool use = a_.cache != nullptr && (packed.ready() || wanted == 0);
                    weights(c, u, b, j, 0, depths_.of(b), use ? squares : nullptr, packed.ready());
                }
                for (dim_t p = 0; p < s_.points; ++p)
                    product(c, b, u, p, t.count, v + p * v_plane, m + p * m_plane);
            }
            output(c, t, m, m_plane);
        });
    });
    packed.complete();
}

}  // namespace

void ForwardPlan::run(const Args& args) const {
    Forward(args, *this).run();
}

}  // namespace fastnn::conv
