// How a Winograd convolution is cut, and what it costs.
#include "ops/conv/winograd/plan.h"

#include "ops/conv/cost.h"

namespace fastnn::conv {
namespace {

constexpr dim_t kTileBytes = 640 << 10;  // of a chunk of tiles: in an L2 of 1 MiB, with weights
constexpr dim_t kWeightBytes = 3 << 20;  // of points of weights that are stored, in L3
constexpr dim_t kMostTiles = 56;
constexpr dim_t kColumnTiles = 64;  // 32 columns of them are 288 KiB, in L2
// Up to kSomeTiles tiles, transforming weights takes longer than adding sums; so the points of
// kSomeDepth channels at a time, 590 KiB, stay in L2.
constexpr dim_t kSomeTiles = 32, kSomeDepth = 128;
constexpr dim_t kColumnBytes = 12 << 20;  // of tiles of all input channels, of each thread
constexpr dim_t kGradientTiles = 128;     // 64 channels of them are 1.1 MiB of x, and as many of dy
constexpr dim_t kManyChunks = 16;         // enough for any number of cores a call is worth

double number(dim_t n) {
    return static_cast<double>(n);
}

class Estimate {
 public:
    explicit Estimate(const WinogradSizes& s)
        : s_(s),
          b_(isa::table<gemm::TypedKernels<float>>().blocking),
          c_(cost::winograd::kTransforms[s.index()]) {}
    // `products` of each point, for which weights are transformed so many times.
    double forward(dim_t products, dim_t times) const {
        const double tile = c_.input * vectors(s_.in) + c_.output * vectors(s_.out);
        return number(s_.tiles) * tile + number(times) * weights() +
               arithmetic(s_.in + cost::winograd::kChannels,
                          std::max(cost::winograd::kTiles, s_.tiles)) +
               calls(products);
    }
    double weights() const {
        return (s_.transposed ? c_.flipped : c_.weight) * number(s_.in) * vectors(s_.out);
    }
    // Each tile of x is transformed for every block of columns, each tile of y for every block of
    // rows.
    double backward(dim_t row_blocks, dim_t col_blocks, dim_t slices) const {
        const double tile = c_.input * vectors(s_.in) * number(col_blocks) +
                            c_.gradient * vectors(s_.out) * number(row_blocks);
        return number(s_.tiles) * tile +
               arithmetic(std::max(cost::winograd::kRows, s_.in), s_.tiles) +
               c_.weight_gradient * number(s_.in * slices) * vectors(s_.out) +
               calls(row_blocks * col_blocks * slices);
    }

 private:
    double vectors(dim_t channels) const {
        return number(ceil_div(channels, b_.width)) * (b_.width >= 16 ? 1.0 : 0.67);
    }
    double arithmetic(dim_t in, dim_t tiles) const {
        return 2 * number(s_.points * in) * number(round_up(s_.out, b_.width)) * number(tiles) /
               b_.flops_per_ns;
    }
    double calls(dim_t products) const {
        return cost::winograd::kCall + cost::winograd::kPoint * number(s_.points * products);
    }

    const WinogradSizes& s_;
    const gemm::Blocking& b_;
    const cost::winograd::Transforms& c_;
};

// `total` in equal parts of at most `limit`, each a multiple of `unit`.
dim_t equal_parts(dim_t total, dim_t limit, dim_t unit) {
    const dim_t parts = ceil_div(total, std::max(unit, limit));
    return std::min(total, round_up(ceil_div(total, parts), unit));
}

dim_t chunks_worth(double ns) {
    return std::clamp(static_cast<dim_t>(ns / cost::winograd::kChunk), dim_t{1}, kManyChunks);
}

}  // namespace

ForwardPlan::ForwardPlan(const Shape& shape, bool transposed, dim_t tile) : m(tile) {
    const WinogradSizes s(shape, transposed, m);
    const Estimate estimate(s);
    const gemm::Blocking& b = isa::table<gemm::TypedKernels<float>>().blocking;
    const dim_t row = round_up(std::max(s.in, s.out), kLine), point = (s.points + 1) * 4;
    const dim_t fit = kTileBytes / point / row / b.mr * b.mr;
    weights_ns = estimate.weights();
    depth = b.kc;
    const bool small = s.points * s.in * s.out * 4 <= kWeightBytes;
    if (small && fit >= b.mr && s.tiles >= 2 * b.mr) {
        schedule = Schedule::tiles;
        const dim_t chunks = chunks_worth(estimate.forward(1, 1));
        const dim_t enough = round_up(ceil_div(s.tiles, chunks), b.mr);
        tiles = equal_parts(s.tiles, std::min({fit, kMostTiles, enough}), 1);
        columns = s.out;
        ns = estimate.forward(ceil_div(s.tiles, tiles), 1);
    } else {
        schedule = Schedule::columns;
        const dim_t most = kColumnBytes / (s.points * s.in * 4);
        tiles = equal_parts(s.tiles, std::clamp(most, b.mr, kColumnTiles), 1);
        columns = std::min(s.out, b.nr);
        if (tiles <= kSomeTiles) depth = std::min(depth, kSomeDepth);
        const dim_t steps = ceil_div(s.tiles, tiles);
        ns = estimate.forward(steps * ceil_div(s.out, columns), steps);
    }
}

WeightPlan::WeightPlan(const Shape& shape, dim_t tile) : m(tile) {
    const WinogradSizes s(shape, false, m);
    const Estimate estimate(s);
    const gemm::Blocking& b = isa::table<gemm::TypedKernels<float>>().blocking;
    const dim_t block = s.in * s.out <= 128 * 128 ? 64 : 128;
    rows = equal_parts(s.in, block, 8);
    columns = equal_parts(s.out, block, b.nr);
    const dim_t row_blocks = ceil_div(s.in, rows), col_blocks = ceil_div(s.out, columns);
    const dim_t chunks = chunks_worth(estimate.backward(row_blocks, col_blocks, 1));
    slices =
        std::clamp(chunks / (row_blocks * col_blocks), dim_t{1}, std::max<dim_t>(1, s.tiles / 64));
    tiles = equal_parts(ceil_div(s.tiles, slices), kGradientTiles, 1);
    ns = estimate.backward(row_blocks, col_blocks, slices);
}

}  // namespace fastnn::conv
