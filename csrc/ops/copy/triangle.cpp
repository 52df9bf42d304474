#include "ops/copy/triangle.h"

#include <algorithm>
#include <cstdlib>

#include "core/parallel.h"
#include "ops/copy/cost.h"
#include "ops/copy/walk.h"

namespace fastnn::copy {
namespace {

constexpr dim_t kChunkBytes = 1 << 16;  // of y per chunk, about

constexpr char kZero[16] = {};

void run(const TriangleArgs& t) {
    const Args& a = t.copy;
    for (int i = 0; i < a.axes; ++i) {
        if (a.shape[i] == 0) return;
    }
    // Lines are the rows of the matrices, or their columns where these lie closer together in y:
    // columns of x are the rows of its transpose, whose other triangle is kept.
    int line = a.axes - 1, across = a.axes - 2;
    const bool flip = std::abs(a.y_stride[across]) < std::abs(a.y_stride[line]);
    if (flip) std::swap(line, across);
    const bool lower = t.lower != flip;
    const dim_t diagonal = flip ? -t.diagonal : t.diagonal;
    Args rest = a;
    rest.axes = a.axes - 2;
    const Walk outer(rest);
    const dim_t n = a.shape[line], m = a.shape[across], size = a.y_type.bytes;
    const dim_t lines = outer.size() * m, step = std::max<dim_t>(1, kChunkBytes / (n * size));
    const Rows rows = rows_of(a.y_type);
    const double element = a.y_stride[line] == size && a.x_stride[line] == size
                               ? cost::kByte * static_cast<double>(size)
                               : cost::kElement;
    parallel_for(ceil_div(lines, step), element * static_cast<double>(std::min(lines, step) * n),
                 [&](dim_t chunk) {
                     const dim_t first = chunk * step, last = std::min(lines, first + step);
                     Position at(outer, first / m);
                     dim_t i = first % m;
                     for (dim_t k = first; k < last; ++k) {
                         // Line i is cut behind its element i + diagonal, or in front of it.
                         const dim_t cut = std::clamp<dim_t>(i + diagonal + (lower ? 1 : 0), 0, n);
                         const dim_t begin = lower ? 0 : cut, kept = lower ? cut : n - cut;
                         const char* x = at.x + i * a.x_stride[across];
                         char* y = at.y + i * a.y_stride[across];
                         const dim_t xs = a.x_stride[line], ys = a.y_stride[line];
                         rows(x + begin * xs, 0, xs, y + begin * ys, 0, ys, 1, kept);
                         rows(kZero, 0, 0, y + (lower ? cut : 0) * ys, 0, ys, 1, n - kept);
                         if (++i == m) i = 0, at.next();
                     }
                 });
}

Work work(const TriangleArgs& t) {
    return kCopy.work(t.copy);
}

}  // namespace

const Kernel<TriangleArgs> kTril{"tril", run, work};
const Kernel<TriangleArgs> kTriu{"triu", run, work};

}  // namespace fastnn::copy
