#include "ops/grid_sample/grid_sample.h"

#include <algorithm>

#include "core/channels_last_partition.h"
#include "ops/grid_sample/cost.h"
#include "ops/grid_sample/kernels.h"

namespace fastnn::grid_sample {
namespace {

constexpr dim_t kRow = 64;          // points: what is divided among threads
constexpr dim_t kPieces = 16;       // of a call that sums into images, where it has few images
constexpr double kSegmentNs = 4e7;  // between two looks for Ctrl-C

double taps(const Args& a) {
    const double axis = a.mode == Mode::cubic ? 4 : a.mode == Mode::linear ? 2 : 1;
    return a.axes == 3 ? axis * axis * axis : axis * axis;
}

// What a point costs for `c` channels.
template <class T>
double point_ns(const Args& a, double number_ns, dim_t c) {
    return taps(a) * (cost::kTap + number_ns * static_cast<double>(c) * sizeof(T) / 4);
}

template <class T>
Points<T> points_of(const Args& a, dim_t n) {
    return {.mode = a.mode,
            .padding = a.padding,
            .align_corners = a.align_corners,
            .axes = a.axes,
            .size = {a.size[0], a.size[1], a.size[2]},
            .c = a.c,
            .c_begin = 0,
            .c_end = a.c,
            .begin = 0,
            .end = a.points,
            .grid = static_cast<const T*>(a.grid) + n * a.points * a.axes,
            .x = static_cast<const T*>(a.x) + n * a.size[0] * a.size[1] * a.size[2] * a.c};
}

// f(points) for rows of points, in any order.
template <class T, class F>
void over_rows(const Args& a, double number_ns, F f) {
    const dim_t rows = ceil_div(a.points, kRow), all = a.n * rows;
    const double ns = point_ns<T>(a, number_ns, a.c) * kRow;
    const dim_t step = std::max<dim_t>(1, static_cast<dim_t>(kMostChunkNs / ns));
    parallel_for(ceil_div(all, step), ns * static_cast<double>(step),
                 [&a, rows, all, step, f](dim_t i) {
                     for (dim_t row = i * step; row < std::min(i * step + step, all); ++row) {
                         const dim_t n = row / rows;
                         Points<T> p = points_of<T>(a, n);
                         p.begin = row % rows * kRow;
                         p.end = std::min(p.begin + kRow, a.points);
                         f(p, n);
                     }
                 });
}

template <class T>
void sample_typed(const Args& a) {
    const auto& kernel = isa::table<Kernels, T>().sample;
    over_rows<T>(a, cost::kRead, [&](const Points<T>& p, dim_t n) {
        kernel(p, static_cast<T*>(a.y) + n * a.points * a.c);
    });
}

// Chunks of dx are blocks of channels of an image: no two add to the same number. Only with all
// channels in one block is dgrid computed beside it.
template <class T>
void backward_typed(const Args& a) {
    const auto& kernel = isa::table<Kernels, T>().backward;
    const dim_t image = a.size[0] * a.size[1] * a.size[2];
    const dim_t parts =
        a.n == 0 ? 1 : std::clamp<dim_t>(kPieces / a.n, 1, std::max<dim_t>(a.c / kLine, 1));
    const dim_t block = std::max(round_up(ceil_div(a.c, parts), kLine), kLine);
    const dim_t blocks = ceil_div(a.c, block), chunks = a.n * blocks;
    const auto dy = [&](dim_t n) { return static_cast<const T*>(a.dy) + n * a.points * a.c; };
    const auto dgrid = [&](dim_t n) {
        return a.dgrid == nullptr ? nullptr : static_cast<T*>(a.dgrid) + n * a.points * a.axes;
    };
    if (a.dgrid != nullptr && (a.dx == nullptr || blocks != 1)) {
        over_rows<T>(a, cost::kRead,
                     [&](const Points<T>& p, dim_t n) { kernel(p, dy(n), nullptr, dgrid(n)); });
    }
    if (a.dx == nullptr) return;
    // Blocks of channels of an image, a segment of places or points after the other.
    const auto in_segments = [&](dim_t count, double ns, auto f) {
        const double all = ns * static_cast<double>(count * chunks);
        const dim_t step = std::max(kRow, static_cast<dim_t>(kSegmentNs / ns));
        parallel_team(threads_worth(chunks, all), [&](Team& team) {
            for (dim_t first = 0; first < count; first += step) {
                team.for_each(chunks, [&](dim_t i) {
                    Points<T> p = points_of<T>(a, i / blocks);
                    p.c_begin = i % blocks * block;
                    p.c_end = std::min(p.c_begin + block, a.c);
                    p.begin = first;
                    p.end = std::min(first + step, count);
                    f(p, i / blocks, static_cast<T*>(a.dx) + i / blocks * image * a.c);
                });
            }
        });
    };
    const dim_t channels = std::min(a.c, block);
    in_segments(image, cost::kZero * static_cast<double>(channels) + 1,
                [&](const Points<T>& p, dim_t, T* dx) {
                    for (dim_t q = p.begin; q < p.end; ++q)
                        std::fill(dx + q * a.c + p.c_begin, dx + q * a.c + p.c_end, T(0));
                });
    in_segments(a.points, point_ns<T>(a, cost::kAdd, channels),
                [&](const Points<T>& p, dim_t n, T* dx) {
                    kernel(p, dy(n), dx, blocks == 1 ? dgrid(n) : nullptr);
                });
}

void sample(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { sample_typed<T>(a); });
}

void backward(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { backward_typed<T>(a); });
}

Work work_of(const Args& a, double passes) {
    const double points = static_cast<double>(a.n * a.points),
                 numbers = points * static_cast<double>(a.c + a.axes) +
                           static_cast<double>(a.n * a.c * a.size[0] * a.size[1] * a.size[2]);
    return {2 * passes * points * static_cast<double>(a.c) * taps(a),
            passes * numbers * static_cast<double>(size_of(a.dtype))};
}

Work work(const Args& a) {
    return work_of(a, 1);
}

Work backward_work(const Args& a) {
    return work_of(a, (a.dx != nullptr) + (a.dgrid != nullptr));
}

}  // namespace

const Kernel<Args> kSample = {"grid_sample", sample, work};
const Kernel<Args> kSampleBackward = {"grid_sample_backward", backward, backward_work};

}  // namespace fastnn::grid_sample
