#include "ops/conv/implicit_gemm/products.h"

#include <algorithm>
#include <limits>

#include "core/integer.h"
#include "ops/conv/cost.h"

namespace fastnn::conv {
namespace {

constexpr double kUseful = 0.75;  // of the taps: fewer are worth a cut
constexpr dim_t kMostRuns = 64;   // the search takes their square

// Outputs and the taps that any of them meets.
struct Run {
    dim_t begin, end, first_tap, end_tap;
    dim_t taps() const { return std::max<dim_t>(0, end_tap - first_tap); }
    double products() const { return static_cast<double>((end - begin) * taps()); }
    Run with(const Run& next) const {
        if (next.taps() == 0) return {begin, next.end, first_tap, end_tap};
        if (taps() == 0) return {begin, next.end, next.first_tap, next.end_tap};
        return {begin, next.end, std::min(first_tap, next.first_tap),
                std::max(end_tap, next.end_tap)};
    }
};

// Outputs of equal taps. A later output meets earlier taps.
std::vector<Run> runs_along(const Axis& a, dim_t size) {
    std::vector<Run> runs;
    const auto ceil_clamped = [](dim_t x, dim_t y) { return x <= 0 ? 0 : ceil_div(x, y); };
    for (dim_t u = 0; u < a.count;) {
        const dim_t at = a.in_step * u + a.offset;
        const dim_t first = std::min(a.taps, ceil_clamped(-at, a.offset_step));
        const dim_t end = std::min(a.taps, ceil_clamped(size - at, a.offset_step));
        // The first output for which tap `first - 1` is inside, or the last tap no longer is.
        dim_t next = a.count;
        if (first > 0)
            next = std::min(next, ceil_clamped(-a.offset - (first - 1) * a.offset_step, a.in_step));
        if (end > 0)
            next = std::min(next,
                            ceil_clamped(size - a.offset - (end - 1) * a.offset_step, a.in_step));
        runs.push_back({u, next, first, end});
        u = next;
    }
    const auto every =
        static_cast<std::size_t>(ceil_div(static_cast<dim_t>(runs.size()), kMostRuns));
    if (every <= 1) return runs;
    std::vector<Run> fewer;
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (i % every == 0) {
            fewer.push_back(runs[i]);
        } else {
            fewer.back() = fewer.back().with(runs[i]);
        }
    }
    return fewer;
}

// The cheapest way to cut runs into pieces. `rows` is how many outputs make a tile no lower than it
// is worth.
std::vector<Run> cut(const std::vector<Run>& runs, dim_t rows, double piece, double tap) {
    struct Best {
        double cost = 0;
        std::size_t from = 0;
        Run run{};
    };
    std::vector<Best> best(runs.size() + 1);
    for (std::size_t end = 1; end <= runs.size(); ++end) {
        Run run = runs[end - 1];
        best[end].cost = std::numeric_limits<double>::infinity();
        for (std::size_t begin = end; begin-- > 0;) {
            if (begin + 1 < end) run = runs[begin].with(run);
            const dim_t outputs = std::max(run.end - run.begin, rows);
            const double cost =
                best[begin].cost + (run.taps() == 0
                                        ? 0
                                        : piece + static_cast<double>(run.taps()) *
                                                      (static_cast<double>(outputs) + tap));
            if (cost < best[end].cost) best[end] = {cost, begin, run};
        }
    }
    std::vector<Run> pieces;
    for (std::size_t end = runs.size(); end > 0; end = best[end].from)
        pieces.push_back(best[end].run);
    std::reverse(pieces.begin(), pieces.end());
    return pieces;
}

Axis piece_of(const Axis& a, const Run& run) {
    Axis part = a;
    part.count = run.end - run.begin;
    part.first += run.begin * a.step;
    part.taps = run.taps();
    part.offset += run.begin * a.in_step + run.first_tap * a.offset_step;
    part.tap += run.first_tap * a.tap_step;
    return part;
}

}  // namespace

double ProductAxes::products(int a) const {
    double sum = 0;
    for (const Axis& p : axis[a]) sum += static_cast<double>(p.count) * static_cast<double>(p.taps);
    return sum;
}

ProductAxes products_of(const Shape& shape, bool transposed) {
    ProductAxes all;
    for (int a = 0; a < kAxes; ++a) all.axis[a] = axes_along(shape, a, transposed);
    const dim_t* const from = transposed ? shape.out : shape.in;
    for (int a = 0; a < kAxes; ++a) {
        const double products = all.products(a);
        const bool inside = std::all_of(all.axis[a].begin(), all.axis[a].end(),
                                        [&](const Axis& p) { return p.inside(from[a]); });
        if (inside || products == 0) continue;
        // What one output and tap along this axis costs, and what packing one more tap.
        const auto n = [](dim_t x) { return static_cast<double>(x); };
        double others = 1, taps = 1;
        for (int b = 0; b < kAxes; ++b) {
            if (b != a) others *= all.products(b), taps *= n(shape.kernel[b]);
        }
        const double weights = n(shape.c) * n(shape.o) / n(shape.groups);
        const double unit = 1 + n(shape.n) * others * weights * cost::implicit_gemm::kTerm;
        std::vector<Axis> pieces;
        for (const Axis& p : all.axis[a]) {
            const std::vector<Run> runs = runs_along(p, from[a]);
            double useful = 0;
            for (const Run& r : runs) useful += r.products();
            if (useful > kUseful * n(p.count) * n(p.taps)) {
                pieces.push_back(p);
                continue;
            }
            const dim_t rows = a == kAxes - 1 && shape.n < kShortRow ? kShortRow : 1;
            for (const Run& r : cut(runs, rows, cost::implicit_gemm::kProduct / unit,
                                    cost::implicit_gemm::kWeight * weights * taps / unit)) {
                if (r.taps() > 0) pieces.push_back(piece_of(p, r));
            }
        }
        all.axis[a] = pieces;
    }
    return all;
}

}  // namespace fastnn::conv
