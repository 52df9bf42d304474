#include "ops/layout/layout.h"

#include <algorithm>
#include <cstring>

#include "core/integer.h"
#include "core/parallel.h"
#include "ops/layout/cost.h"

namespace fastnn::layout {
namespace {

constexpr dim_t kChunkBytes = 65536;  // of y per chunk, about
constexpr dim_t kPixels = 64;         // per chunk at least, a multiple of every register's width

// The spatial axes as `outer` rows of `length` pixels with stride `step`.
struct Rows {
    dim_t outer, length, step;
    dim_t size[kAxes], stride[kAxes];  // of the axes that make the outer rows
    int axes;

    explicit Rows(const Args& a) : outer(1), length(1), step(1), axes(0) {
        int i = kAxes - 1;
        while (i > 0 && a.size[i] == 1) --i;
        length = a.size[i], step = a.stride[i];
        for (--i; i >= 0; --i) {
            if (a.size[i] == 1) continue;
            if (axes == 0 && a.stride[i] == step * length) {
                length *= a.size[i];
            } else {
                size[axes] = a.size[i], stride[axes++] = a.stride[i];
                outer *= a.size[i];
            }
        }
    }
    // Offset of an outer row; axes are numbered from the innermost one.
    dim_t offset(dim_t row) const {
        dim_t at = 0;
        for (int i = 0; i < axes; ++i) {
            at += row % size[i] * stride[i];
            row /= size[i];
        }
        return at;
    }
};

template <class T>
void pixels(const Args& a, const T* x, dim_t step, dim_t count, T* y) {
    if (step == 1) {
        isa::table<Kernels, T>()(x, a.c_stride, a.c, count, y);
        return;
    }
    for (dim_t j = 0; j < count; ++j, x += step, y += a.c) {
        if (a.c_stride == 1) {
            std::memcpy(y, x, static_cast<std::size_t>(a.c) * sizeof(T));
        } else {
            for (dim_t c = 0; c < a.c; ++c) y[c] = x[c * a.c_stride];
        }
    }
}

template <class T>
void run_typed(const Args& a) {
    const Rows rows(a);
    const dim_t all = a.n * a.c * rows.outer * rows.length;
    if (all == 0) return;
    const dim_t pixel = a.c * static_cast<dim_t>(sizeof(T));
    const dim_t wanted = std::max(kPixels, kChunkBytes / pixel / kPixels * kPixels);
    const dim_t block = std::min(wanted, rows.length), blocks = ceil_div(rows.length, block);
    // Several short rows make a chunk.
    const dim_t per_group = std::clamp<dim_t>(wanted / rows.length, 1, rows.outer);
    const dim_t groups = ceil_div(rows.outer, per_group);
    const dim_t chunks = a.n * groups * blocks;
    const double bytes = static_cast<double>(all) * sizeof(T);
    parallel_for(
        chunks, cost::kByte * bytes / static_cast<double>(chunks), [=, &a, &rows](dim_t chunk) {
            const dim_t begin = chunk % blocks * block, group = chunk / blocks % groups,
                        n = chunk / (blocks * groups);
            const dim_t count = std::min(block, rows.length - begin);
            const dim_t last = std::min(rows.outer, (group + 1) * per_group);
            for (dim_t row = group * per_group; row < last; ++row) {
                const T* x = static_cast<const T*>(a.x) + n * a.n_stride + rows.offset(row);
                T* y = static_cast<T*>(a.y) + ((n * rows.outer + row) * rows.length + begin) * a.c;
                pixels(a, x + begin * rows.step, rows.step, count, y);
            }
        });
}

void run(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { run_typed<T>(a); });
}

Work work(const Args& a) {
    const double size =
        static_cast<double>(a.n * a.c) * static_cast<double>(a.size[0] * a.size[1] * a.size[2]);
    return {0, 2 * size * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<Args> kChannelsLast = {"channels_last", run, work};

}  // namespace fastnn::layout
