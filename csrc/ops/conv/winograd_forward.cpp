// From x to y, or from y to x: the same with the taps the other way round.
//
// Two schedules. `local`: the weights' points fit in L2 or stream from L3, and a thread takes a few
// tiles all the way; they stay in its L2. `shared`: all threads transform many tiles, then share
// out the products by points, then transform back; so large weights are read once per many tiles.
#include <cstring>

#include "core/launch.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/winograd_plan.h"

namespace fastnn::conv {
namespace {

class Forward {
 public:
    Forward(const Args& args, const ForwardPlan& plan)
        : a_(args),
          plan_(plan),
          s_(args.shape, args.transposed, plan.m),
          f_(winograd_table()),
          g_(gemm_table()),
          width_(g_.blocking.width),
          nr_(g_.blocking.nr),
          depths_(s_.in, g_.blocking.kc),
          v_row_(padded_row(s_.in, depths_)),
          zeros_(elements(s_.in)) {
        std::memset(zeros_.data(), 0, elements(s_.in) * sizeof(float));
    }
    void local();
    void shared();

 private:
    // Columns of the result, and where the points of their weights are.
    struct Columns {
        long begin, end, padded, plane;
        float* u;
        long size() const { return end - begin; }
    };
    Columns columns(long begin, long end, float* u) const {
        const long padded = round_up(end - begin, width_);
        return {begin, end, padded, padded_plane(padded * s_.in), u};
    }
    std::size_t weight_size(long columns) const {
        return elements(s_.points * padded_plane(round_up(columns, width_) * s_.in));
    }
    // Weights, in pieces of a panel and some of its rows.
    static constexpr long kPieceRows = 32;
    long pieces() const {
        long n = 0;
        for (long b = 0; b < depths_.count; ++b) n += ceil_div(depths_.of(b), kPieceRows);
        return n;
    }
    long weight_tasks(const Columns& c) const { return pieces() * ceil_div(c.size(), nr_); }
    void weights(const Columns& c, long task) const;

    void input(TileRange tiles, float* v, long plane) const {
        f_.input[s_.index()](
            {s_.from, tiles, static_cast<const float*>(a_.from), zeros_.data(), v, plane, v_row_});
    }
    void output(TileRange tiles, const float* m, long plane, long row, const Columns& c) const {
        f_.output[s_.index()](
            {s_.to, tiles, m, plane, row, c.begin, c.size(), static_cast<const float*>(a_.bias),
             static_cast<const float*>(a_.residual), a_.relu, static_cast<float*>(a_.to)});
    }
    void product(long point, long rows, const float* v, const Columns& c, float* m, long row) const;

    const Args& a_;
    const ForwardPlan& plan_;
    const WinogradSizes s_;
    const WinogradKernels& f_;
    const gemm::TypedKernels<float>& g_;
    const long width_, nr_;
    const Depths depths_;
    const long v_row_;
    mutable Scratch<float> zeros_;
};

void Forward::weights(const Columns& c, long task) const {
    const long panel = task / pieces() * nr_;
    long piece = task % pieces(), block = 0;
    for (long n; piece >= (n = ceil_div(depths_.of(block), kPieceRows)); ++block) piece -= n;
    const long depth = depths_.of(block), first = piece * kPieceRows;
    const long row = depths_.at(block) + first, col = c.begin + panel;
    const long width = std::min(nr_, c.padded - panel);
    const float* const w = static_cast<const float*>(a_.w);
    f_.weight[s_.index()](
        {s_.transposed ? w + row * s_.w_stride + col * kTaps : w + col * s_.w_stride + row * kTaps,
         s_.w_stride, s_.transposed, std::min(kPieceRows, depth - first),
         std::min(nr_, c.end - col),
         c.u + depths_.at(block) * c.padded + panel * depth + first * width, c.plane, width});
}

void Forward::product(long point, long rows, const float* v, const Columns& c, float* m,
                      long row) const {
    gemm::Block<float> g{};
    g.m = rows, g.n = c.padded;
    g.a_row = v_row_, g.a_k = 1;
    g.b_panels = true;
    g.c = m, g.c_row = row;
    g.alpha = 1;
    for (long b = 0; b < depths_.count; ++b) {
        g.k = depths_.of(b);
        g.a = v + depths_.at(b);
        g.b = c.u + point * c.plane + depths_.at(b) * c.padded;
        g.beta = b == 0 ? 0.0f : 1.0f;
        g_.block(g);
    }
}

// The result of a point takes the place of the point before it, which is no longer needed.
void Forward::local() {
    Scratch<float> u(weight_size(s_.out));
    const Columns all = columns(0, s_.out, u);
    const long per_chunk = plan_.tiles, chunks = ceil_div(s_.tiles, per_chunk);
    const long row = round_up(s_.out, kLine),
               plane = padded_plane(per_chunk * std::max(v_row_, row));
    const long size = (s_.points + 1) * plane;
    const int threads = threads_worth(chunks, plan_.ns);
    Scratch<float> memory(elements(size * threads));
    const double chunk_ns = plan_.ns / static_cast<double>(chunks);
    const long region = std::max(1L, static_cast<long>(kRegionNs / chunk_ns));
    for (long begin = 0; begin < chunks; begin += region) {
        if (begin > 0) poll_interrupt();
        parallel_team(threads, [&](Team& team) {
            float* const m = memory.data() + size * team.thread();
            float* const v = m + plane;
            if (begin == 0) team.loop(weight_tasks(all), [&](long i) { weights(all, i); });
            team.share_out(std::min(region, chunks - begin), [&](long i) {
                const long first = (begin + i) * per_chunk;
                const TileRange tiles{first, std::min(per_chunk, s_.tiles - first)};
                input(tiles, v, plane);
                for (long p = 0; p < s_.points; ++p)
                    product(p, tiles.count, v + p * plane, all, m + p * plane, row);
                output(tiles, m, plane, row, all);
            });
        });
    }
}

void Forward::shared() {
    const long step = plan_.tiles, cols = plan_.columns;
    const long row = round_up(cols, kLine);
    const long v_plane = padded_plane(step * v_row_), m_plane = padded_plane(step * row);
    Scratch<float> u(weight_size(cols)), v(elements(s_.points * v_plane)),
        m(elements(s_.points * m_plane));
    const long tile_steps = ceil_div(s_.tiles, step), col_steps = ceil_div(s_.out, cols);
    const long steps = tile_steps * col_steps;
    const int threads = threads_worth(s_.points, plan_.ns);
    const double step_ns = plan_.ns / static_cast<double>(steps);
    const long region = std::max(1L, static_cast<long>(kRegionNs / step_ns));
    const long in_tiles = tiles_of_task(s_.in), out_tiles = tiles_of_task(cols);
    for (long begin = 0; begin < steps; begin += region) {
        if (begin > 0) poll_interrupt();
        parallel_team(threads, [&](Team& team) {
            for (long i = begin; i < std::min(steps, begin + region); ++i) {
                const long first = i / col_steps * step, count = std::min(step, s_.tiles - first);
                const long col = i % col_steps * cols;
                const Columns c = columns(col, std::min(s_.out, col + cols), u);
                const long w_tasks = col_steps > 1 || i == 0 ? weight_tasks(c) : 0;
                const long v_tasks = col == 0 ? ceil_div(count, in_tiles) : 0;
                team.loop(w_tasks + v_tasks, [&](long task) {
                    if (task < w_tasks) return weights(c, task);
                    const long t = (task - w_tasks) * in_tiles;
                    input({first + t, std::min(in_tiles, count - t)}, v + t * v_row_, v_plane);
                });
                const long parts = ceil_div(count, kProductRows), rows = ceil_div(count, parts);
                team.loop(s_.points * parts, [&](long task) {
                    const long p = task / parts, t = task % parts * rows;
                    product(p, std::min(rows, count - t), v + p * v_plane + t * v_row_, c,
                            m + p * m_plane + t * row, row);
                });
                team.loop(ceil_div(count, out_tiles), [&](long task) {
                    const long t = task * out_tiles;
                    output({first + t, std::min(out_tiles, count - t)}, m + t * row, m_plane, row,
                           c);
                });
            }
        });
    }
}

}  // namespace

void run(const Args& args, const ForwardPlan& plan) {
    Forward f(args, plan);
    if (plan.schedule == Schedule::local) {
        f.local();
    } else {
        f.shared();
    }
}

}  // namespace fastnn::conv
