// The gradient of weights: transformed tiles of x and dy, a product over tiles for each point, and
// the way back of the sums.
#include <cstring>

#include "core/launch.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/winograd_plan.h"

namespace fastnn::conv {
namespace {

constexpr long kPieceRows = 32;         // of C in a piece of dw
constexpr long kChannelsOfChunk = 128;  // of C in a chunk of a product

class Backward {
 public:
    Backward(const WeightArgs& args, const WeightPlan& plan)
        : a_(args),
          plan_(plan),
          s_(args.shape, false, plan.m),
          f_(winograd_table()),
          g_(gemm_table()),
          width_(g_.blocking.width),
          nr_(g_.blocking.nr),
          row_(round_up(s_.in, kLine)),
          zeros_(elements(std::max(s_.in, s_.out))) {
        std::memset(zeros_.data(), 0, elements(std::max(s_.in, s_.out)) * sizeof(float));
    }
    void run();

 private:
    struct Step {
        long first, count;       // tiles
        long col, cols, padded;  // channels of y
        bool first_tiles;
    };
    void product(const Step& s, long point, long row, long rows) const;
    void finish(const Step& s, long task) const;

    const WeightArgs& a_;
    const WeightPlan& plan_;
    const WinogradSizes s_;
    const WinogradKernels& f_;
    const gemm::TypedKernels<float>& g_;
    const long width_, nr_, row_;
    mutable Scratch<float> zeros_;
    float *v_ = nullptr, *d_ = nullptr, *u_ = nullptr;
    long v_plane_ = 0, d_plane_ = 0, u_plane_ = 0, u_row_ = 0;
};

void Backward::product(const Step& s, long point, long row, long rows) const {
    gemm::Block<float> g{};
    g.m = rows, g.n = s.padded, g.k = s.count;
    g.a = v_ + point * v_plane_ + row;
    g.a_row = 1, g.a_k = row_;
    g.b = d_ + point * d_plane_, g.b_panels = true;
    g.c = u_ + point * u_plane_ + row * u_row_, g.c_row = u_row_;
    g.alpha = 1, g.beta = s.first_tiles ? 0.0f : 1.0f;
    g_.block(g);
}

void Backward::finish(const Step& s, long task) const {
    const long panels = ceil_div(s.cols, width_);
    const long row = task / panels * kPieceRows, col = task % panels * width_;
    f_.weight_gradient[s_.index()](
        {u_ + row * u_row_ + col, u_plane_, u_row_, std::min(kPieceRows, s_.in - row),
         std::min(width_, s.cols - col),
         static_cast<float*>(a_.dw) + (s.col + col) * s_.w_stride + row * kTaps, s_.w_stride});
}

void Backward::run() {
    const long step = plan_.tiles, cols = plan_.columns, padded = round_up(cols, width_);
    const long tile_steps = ceil_div(s_.tiles, step), col_steps = ceil_div(s_.out, cols);
    v_plane_ = padded_plane(step * row_), d_plane_ = padded_plane(step * padded);
    u_row_ = round_up(cols, kLine), u_plane_ = padded_plane(s_.in * u_row_);
    Scratch<float> v(elements(s_.points * v_plane_)), d(elements(s_.points * d_plane_)),
        u(elements(s_.points * u_plane_));
    v_ = v, d_ = d, u_ = u;
    const long d_tiles = tiles_of_task(cols), v_tiles = tiles_of_task(s_.in);
    // Sums of dy: one row for each task, added up in order.
    const long sums_row = round_up(padded, kLine);
    const long sums = a_.db == nullptr ? 0 : ceil_div(step, d_tiles) * tile_steps;
    Scratch<float> db(elements(sums * sums_row));
    const long tasks_of_step = ceil_div(step, d_tiles);
    const auto transform = [&](const Step& s, long task, long d_tasks) {
        if (task >= d_tasks) {
            const long t = (task - d_tasks) * v_tiles;
            f_.input[s_.index()]({s_.from,
                                  {s.first + t, std::min(v_tiles, s.count - t)},
                                  static_cast<const float*>(a_.x),
                                  zeros_.data(),
                                  v_ + t * row_,
                                  v_plane_,
                                  row_});
            return;
        }
        const long t = task * d_tiles;
        float* sum = nullptr;
        if (sums > 0) {
            sum = db.data() + (s.first / step * tasks_of_step + task) * sums_row;
            std::memset(sum, 0, elements(sums_row) * sizeof(float));
        }
        f_.gradient[s_.index()]({s_.to,
                                 {s.first + t, std::min(d_tiles, s.count - t)},
                                 static_cast<const float*>(a_.dy),
                                 zeros_.data(),
                                 d_,
                                 d_plane_,
                                 nr_,
                                 s.count,
                                 t,
                                 s.col,
                                 s.cols,
                                 sum});
    };
    const auto add_sums = [&](const Step& s) {
        float* const out = static_cast<float*>(a_.db) + s.col;
        std::memset(out, 0, elements(s.cols) * sizeof(float));
        for (long i = 0; i < tile_steps; ++i) {
            const long tiles = std::min(step, s_.tiles - i * step);
            for (long task = 0; task < ceil_div(tiles, d_tiles); ++task) {
                const float* const sum = db.data() + (i * tasks_of_step + task) * sums_row;
                for (long c = 0; c < s.cols; ++c) out[c] += sum[c];
            }
        }
    };
    const long steps = tile_steps * col_steps;
    const int threads = threads_worth(s_.points, plan_.ns);
    const double step_ns = plan_.ns / static_cast<double>(steps);
    const long region = std::max(1L, static_cast<long>(kRegionNs / step_ns));
    for (long begin = 0; begin < steps; begin += region) {
        if (begin > 0) poll_interrupt();
        parallel_team(threads, [&](Team& team) {
            for (long i = begin; i < std::min(steps, begin + region); ++i) {
                const long tile_step = i % tile_steps, col = i / tile_steps * cols;
                const long first = tile_step * step;
                const Step s{first,
                             std::min(step, s_.tiles - first),
                             col,
                             std::min(cols, s_.out - col),
                             round_up(std::min(cols, s_.out - col), width_),
                             tile_step == 0};
                const long d_tasks = ceil_div(s.count, d_tiles);
                // One step of tiles stays for all columns.
                const long v_tasks = tile_steps > 1 || col == 0 ? ceil_div(s.count, v_tiles) : 0;
                team.loop(d_tasks + v_tasks, [&](long task) { transform(s, task, d_tasks); });
                const long parts = ceil_div(s_.in, kChannelsOfChunk), rows = ceil_div(s_.in, parts);
                team.loop(s_.points * parts, [&](long task) {
                    const long row = task % parts * rows;
                    product(s, task / parts, row, std::min(rows, s_.in - row));
                });
                if (tile_step + 1 < tile_steps) continue;
                const long pieces = ceil_div(s_.in, kPieceRows) * ceil_div(s.cols, width_);
                const long extra = sums > 0 ? 1 : 0;
                team.loop(pieces + extra, [&](long task) {
                    if (task < pieces) return finish(s, task);
                    add_sums(s);
                });
            }
        });
    }
}

}  // namespace

void run(const WeightArgs& args, const WeightPlan& plan) {
    Backward(args, plan).run();
}

}  // namespace fastnn::conv
