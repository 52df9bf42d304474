// How a Winograd convolution is cut, and what it costs.
#include "ops/conv/winograd_plan.h"

namespace fastnn::conv {
namespace {

constexpr long kTileBytes = 640 << 10;  // of tiles in flight: in an L2 of 1 MiB, beside weights
constexpr long kWeightBytes = 3 << 20;  // of points of weights that are kept, in L3
constexpr long kMostTiles = 56;
constexpr long kManyChunks = 16;
constexpr long kColumnTiles = 64;  // 32 columns of them are 288 KiB, in L2
constexpr long kColumnBytes = 12 << 20;  // of tiles of all input channels, of each thread
constexpr long kGradientTiles = 128;

// Nanoseconds for a vector of 16 floats of one tile (or of one row of weights), from L2, measured
// on a Zen 4 at 3.7 GHz with AVX-512. Shorter vectors take two thirds of that each.
struct Cost {
    double input, output, gradient, weight, flipped, weight_gradient;
};
constexpr Cost kCosts[2] = {{17, 12, 14, 26, 41, 30}, {62, 38, 43, 43, 58, 54}};

constexpr double kTeamNs = 5000;  // threads that start and meet

double number(long n) {
    return static_cast<double>(n);
}

class Estimate {
 public:
    explicit Estimate(const WinogradSizes& s)
        : s_(s), b_(gemm_table<float>().blocking), c_(kCosts[s.index()]) {}
    // The weights are transformed so many times.
    double forward(long times) const {
        const double tile = c_.input * vectors(s_.in) + c_.output * vectors(s_.out);
        const double weight = s_.transposed ? c_.flipped : c_.weight;
        return number(s_.tiles) * tile + weight * number(s_.in * times) * vectors(s_.out) +
               products() + kTeamNs;
    }
    // Each tile of x is transformed for every block of columns, and the other way round.
    double backward(long row_blocks, long col_blocks, long slices) const {
        const double tile = c_.input * vectors(s_.in) * number(col_blocks) +
                            c_.gradient * vectors(s_.out) * number(row_blocks);
        return number(s_.tiles) * tile +
               c_.weight_gradient * number(s_.in * slices) * vectors(s_.out) + products() + kTeamNs;
    }

 private:
    double vectors(long channels) const {
        return number(ceil_div(channels, b_.width)) * (b_.width >= 16 ? 1.0 : 0.67);
    }
    double products() const {
        return 2 * number(s_.points * s_.in) * number(round_up(s_.out, b_.width)) *
               number(s_.tiles) / b_.flops_per_ns;
    }

    const WinogradSizes& s_;
    const gemm::Blocking& b_;
    const Cost& c_;
};

// `total` in equal parts of at most `limit`, each a multiple of `unit`.
long equal_parts(long total, long limit, long unit) {
    const long parts = ceil_div(total, std::max(unit, limit));
    return std::min(total, round_up(ceil_div(total, parts), unit));
}

}  // namespace

ForwardPlan::ForwardPlan(const Shape& shape, bool transposed, long tile) : m(tile) {
    const WinogradSizes s(shape, transposed, m);
    const gemm::Blocking& b = gemm_table<float>().blocking;
    const long row = round_up(std::max(s.in, s.out), kLine), point = (s.points + 1) * 4;
    const long fit = kTileBytes / point / row / b.mr * b.mr;
    const bool small = s.points * s.in * s.out * 4 <= kWeightBytes;
    if (small && fit >= b.mr && s.tiles >= 2 * b.mr) {
        schedule = Schedule::tiles;
        const long enough = round_up(ceil_div(s.tiles, kManyChunks), b.mr);
        tiles = equal_parts(s.tiles, std::min({fit, kMostTiles, enough}), 1);
        columns = s.out;
        ns = Estimate(s).forward(1);
    } else {
        schedule = Schedule::columns;
        const long most = kColumnBytes / (s.points * s.in * 4);
        tiles = equal_parts(s.tiles, std::clamp(most, b.mr, kColumnTiles), 1);
        columns = std::min(s.out, b.nr);
        ns = Estimate(s).forward(ceil_div(s.tiles, tiles));
    }
}

WeightPlan::WeightPlan(const Shape& shape, long tile) : m(tile) {
    const WinogradSizes s(shape, false, m);
    const gemm::Blocking& b = gemm_table<float>().blocking;
    const long block = s.in * s.out <= 128 * 128 ? 64 : 128;
    rows = equal_parts(s.in, block, 8);
    columns = equal_parts(s.out, block, b.nr);
    const long row_blocks = ceil_div(s.in, rows), col_blocks = ceil_div(s.out, columns);
    slices = std::clamp(kManyChunks / (row_blocks * col_blocks), 1L, std::max(1L, s.tiles / 64));
    tiles = equal_parts(ceil_div(s.tiles, slices), kGradientTiles, 1);
    ns = Estimate(s).backward(row_blocks, col_blocks, slices);
}

}  // namespace fastnn::conv
