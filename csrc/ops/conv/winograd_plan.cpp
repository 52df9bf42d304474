// How a Winograd convolution is cut, and what it costs.
#include "ops/conv/winograd_plan.h"

namespace fastnn::conv {
namespace {

constexpr long kLocalBytes = 640 << 10;  // of tiles in flight: in an L2 of 1 MiB, beside weights
constexpr long kLocalTiles = 56;
constexpr long kManyChunks = 24;

// Nanoseconds for a vector of 16 floats of one tile (or of one row of weights), from L2, measured
// on a Zen 4 at 3.7 GHz with AVX-512. Shorter vectors take two thirds of that each.
struct Cost {
    double input, output, gradient, weight, flipped, weight_gradient;
};
constexpr Cost kCosts[2] = {{17, 12, 14, 26, 41, 30}, {62, 38, 43, 43, 58, 54}};

constexpr double kBytesPerNs = 25;  // points of weights out of L3
constexpr double kStepNs = 8000;    // threads that start and meet

double number(long n) {
    return static_cast<double>(n);
}

class Estimate {
 public:
    explicit Estimate(const WinogradSizes& s)
        : s_(s), b_(gemm_table().blocking), c_(kCosts[s.index()]) {}
    double vectors(long channels) const {
        return number(ceil_div(channels, b_.width)) * (b_.width >= 16 ? 1.0 : 0.67);
    }
    double products(long times) const {  // weights are read so many times
        const double size = number(s_.points * s_.in) * number(round_up(s_.out, b_.width));
        return std::max(2 * size * number(s_.tiles) / b_.flops_per_ns,
                        4 * size * number(times) / kBytesPerNs);
    }
    double forward(long times, long steps) const {
        const double tile = c_.input * vectors(s_.in) + c_.output * vectors(s_.out);
        const double weight = s_.transposed ? c_.flipped : c_.weight;
        return number(s_.tiles) * tile + weight * number(s_.in) * vectors(s_.out) +
               products(times) + kStepNs * number(steps);
    }
    double backward(long steps) const {
        const double tile = c_.input * vectors(s_.in) + c_.gradient * vectors(s_.out);
        return number(s_.tiles) * tile + c_.weight_gradient * number(s_.in) * vectors(s_.out) +
               products(2 * steps) + kStepNs * number(steps);
    }

 private:
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
    const Estimate estimate(s);
    const gemm::Blocking& b = gemm_table().blocking;
    const long row = round_up(std::max(s.in, s.out), kLine);
    const long fit = kLocalBytes / 4 / (s.points + 1) / row / b.mr * b.mr;
    columns = s.out;
    if (fit >= b.mr) {
        schedule = Schedule::local;
        const long enough = round_up(ceil_div(s.tiles, kManyChunks), b.mr);
        tiles = equal_parts(s.tiles, std::min({fit, kLocalTiles, enough}), 1);
        ns = estimate.forward(ceil_div(s.tiles, tiles), 1);
    } else {
        schedule = Schedule::shared;
        const long channel = s.points * 4;
        columns = equal_parts(s.out, kSharedBytes / 2 / (channel * s.in), b.nr);
        tiles = equal_parts(s.tiles, std::max(64L, kSharedBytes / (channel * (s.in + columns))), 1);
        const long steps = ceil_div(s.tiles, tiles);
        ns = estimate.forward(ceil_div(tiles, kProductRows) * steps,
                              steps * ceil_div(s.out, columns));
    }
}

WeightPlan::WeightPlan(const Shape& shape, long tile) : m(tile) {
    const WinogradSizes s(shape, false, m);
    const gemm::Blocking& b = gemm_table().blocking;
    const long channel = s.points * 4;
    columns = equal_parts(s.out, kSharedBytes / (channel * s.in), b.nr);
    tiles =
        equal_parts(s.tiles, std::clamp(kSharedBytes / (channel * (s.in + columns)), 32L, b.kc), 1);
    const long tile_steps = ceil_div(s.tiles, tiles), col_steps = ceil_div(s.out, columns);
    ns = Estimate(s).backward(tile_steps * col_steps);
}

}  // namespace fastnn::conv
