// The gradient of weights: transformed tiles of x and dy, a product over tiles for each point, and
// the transform of the sums back.
//
// A chunk is a block of dw and a slice of all tiles; everything between x, dy and dw stays in the
// caches of its thread. Slices are added in order.
#include <cstring>

#include "core/launch.h"
#include "core/memory.h"
#include "core/parallel.h"
#include "ops/conv/winograd/plan.h"

namespace fastnn::conv {
namespace {

constexpr dim_t kSum = 16384;  // elements of dw that a thread adds up over slices at a time

class Backward {
 public:
    Backward(const WeightArgs& args, const WeightPlan& plan)
        : a_(args),
          plan_(plan),
          s_(args.shape, false, plan.m),
          f_(isa::table<WinogradKernels>()),
          g_(isa::table<gemm::TypedKernels<float>>()),
          width_(g_.blocking.width),
          v_row_(round_up(plan.rows, kLine)),
          u_row_(round_up(plan.columns, kLine)),
          v_plane_(padded_plane(plan.tiles * v_row_)),
          d_plane_(padded_plane(plan.tiles * u_row_)),
          u_plane_(padded_plane(plan.rows * u_row_)),
          row_blocks_(ceil_div(s_.in, plan.rows)),
          col_blocks_(ceil_div(s_.out, plan.columns)),
          dw_size_(s_.out * s_.w_stride),
          zeros_(elements(std::max(plan.rows, plan.columns))),
          dw_(elements(plan.slices > 1 ? plan.slices * dw_size_ : 0)),
          db_(elements(args.db != nullptr ? plan.slices * db_row() : 0)) {
        std::memset(zeros_.data(), 0, elements(std::max(plan.rows, plan.columns)) * sizeof(float));
    }

    void run() {
        const dim_t chunks = plan_.slices * row_blocks_ * col_blocks_;
        const dim_t size = s_.points * (v_plane_ + d_plane_ + u_plane_);
        const int threads = threads_worth(chunks, plan_.ns);
        Scratch<float> memory(elements(size * threads));
        parallel_team(threads, [&](Team& team) {
            float* const mine = memory.data() + size * team.thread();
            team.for_each(chunks, [&](dim_t i) { chunk(i, mine); });
            const dim_t sums = plan_.slices > 1 ? ceil_div(dw_size_, kSum) : 0;
            team.for_each_nowait(sums + 1, [&](dim_t i) { i < sums ? add_up(i * kSum) : bias(); });
        });
    }

 private:
    // Rows of sums of dy: one for each slice, in whole panels.
    dim_t db_row() const { return col_blocks_ * u_row_; }

    void chunk(dim_t i, float* memory) const;
    void add_up(dim_t first) const {
        gemm::Finish<float> f{};
        f.rows = 1, f.cols = std::min(kSum, dw_size_ - first);
        f.sums = dw_.data() + first;
        f.slices = plan_.slices, f.slice_stride = dw_size_;
        f.c = static_cast<float*>(a_.dw) + first;
        f.alpha = 1;
        g_.finish(f);
    }
    void bias() const {
        if (a_.db == nullptr) return;
        gemm::Finish<float> f{};
        f.rows = 1, f.slices = plan_.slices, f.slice_stride = db_row(), f.alpha = 1;
        for (dim_t b = 0; b < col_blocks_; ++b) {
            f.cols = std::min(plan_.columns, s_.out - b * plan_.columns);
            f.sums = db_.data() + b * u_row_;
            f.c = static_cast<float*>(a_.db) + b * plan_.columns;
            g_.finish(f);
        }
    }

    const WeightArgs& a_;
    const WeightPlan& plan_;
    const WinogradSizes s_;
    const WinogradKernels& f_;
    const gemm::TypedKernels<float>& g_;
    const dim_t width_, v_row_, u_row_, v_plane_, d_plane_, u_plane_, row_blocks_, col_blocks_,
        dw_size_;
    mutable Scratch<float> zeros_, dw_, db_;
};

void Backward::chunk(dim_t i, float* memory) const {
    const dim_t slice = i / col_blocks_ / row_blocks_, row_block = i / col_blocks_ % row_blocks_,
                col_block = i % col_blocks_;
    const dim_t row = row_block * plan_.rows, rows = std::min(plan_.rows, s_.in - row);
    const dim_t col = col_block * plan_.columns, cols = std::min(plan_.columns, s_.out - col);
    float* const v = memory;
    float* const d = v + s_.points * v_plane_;
    float* const u = d + s_.points * d_plane_;
    float* db = nullptr;
    if (a_.db != nullptr && row_block == 0) {
        db = db_.data() + slice * db_row() + col_block * u_row_;
        std::memset(db, 0, elements(u_row_) * sizeof(float));
    }
    gemm::Block<float> g{};
    g.m = rows, g.n = round_up(cols, width_);
    g.a_row = 1, g.a_k = v_row_;
    g.b_panels = true;
    g.c_row = u_row_;
    g.alpha = 1;
    const dim_t end = s_.tiles * (slice + 1) / plan_.slices;
    for (dim_t first = s_.tiles * slice / plan_.slices; first < end; first += plan_.tiles) {
        const TileRange tiles{first, std::min(plan_.tiles, end - first)};
        f_.input[s_.index()]({s_.from, tiles, static_cast<const float*>(a_.x), zeros_.data(), v,
                              v_plane_, v_row_, row, rows});
        f_.gradient[s_.index()]({s_.to, tiles, static_cast<const float*>(a_.dy), zeros_.data(), d,
                                 d_plane_, g_.blocking.nr, tiles.count, col, cols, db});
        g.k = tiles.count;
        for (dim_t p = 0; p < s_.points; ++p) {
            g.a = v + p * v_plane_, g.b = d + p * d_plane_, g.c = u + p * u_plane_;
            g_.block(g);
        }
        g.beta = 1;
    }
    float* const dw = plan_.slices > 1 ? dw_.data() + slice * dw_size_ : static_cast<float*>(a_.dw);
    f_.weight_gradient[s_.index()](
        {u, u_plane_, u_row_, rows, cols, dw + col * s_.w_stride + row * kTaps, s_.w_stride});
}

}  // namespace

void WeightPlan::run(const WeightArgs& args) const {
    Backward(args, *this).run();
}

}  // namespace fastnn::conv
