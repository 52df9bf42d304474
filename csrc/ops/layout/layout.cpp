#include "ops/layout/layout.h"

#include <algorithm>
#include <cstring>

#include "core/integer.h"
#include "core/parallel.h"

namespace fastnn::layout {
namespace {

constexpr long kChunkBytes = 65536;  // of y per chunk, about: read and written within L2
constexpr double kByteNs = 0.08;     // what a byte costs one thread, from L3
constexpr long kPixels = 64;         // per chunk at least, a multiple of every register's width

// Spatial axes as `outer` rows of `length` pixels that lie `step` apart.
struct Rows {
    long outer, length, step;
    long size[kAxes], stride[kAxes];  // of the axes that make the outer rows
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
    // Where an outer row begins; the axes stand innermost first.
    long offset(long row) const {
        long at = 0;
        for (int i = 0; i < axes; ++i) {
            at += row % size[i] * stride[i];
            row /= size[i];
        }
        return at;
    }
};

template <class T>
void pixels(const Args& a, const T* x, long step, long count, T* y) {
    if (step == 1) {
        isa::table<Kernels, T>()(x, a.c_stride, a.c, count, y);
        return;
    }
    for (long j = 0; j < count; ++j, x += step, y += a.c) {
        if (a.c_stride == 1) {
            std::memcpy(y, x, static_cast<std::size_t>(a.c) * sizeof(T));
        } else {
            for (long c = 0; c < a.c; ++c) y[c] = x[c * a.c_stride];
        }
    }
}

template <class T>
void run_typed(const Args& a) {
    const Rows rows(a);
    const long all = a.n * a.c * rows.outer * rows.length;
    if (all == 0) return;
    const long pixel = a.c * static_cast<long>(sizeof(T));
    const long wanted = std::max(kPixels, kChunkBytes / pixel / kPixels * kPixels);
    const long block = std::min(wanted, rows.length), blocks = ceil_div(rows.length, block);
    // Short rows are taken several at a time.
    const long together = std::clamp<long>(wanted / rows.length, 1, rows.outer);
    const long groups = ceil_div(rows.outer, together);
    const long chunks = a.n * groups * blocks;
    const double bytes = static_cast<double>(all) * sizeof(T);
    parallel_for(chunks, kByteNs * bytes / static_cast<double>(chunks), [=, &a, &rows](long chunk) {
        const long begin = chunk % blocks * block, group = chunk / blocks % groups,
                   n = chunk / (blocks * groups);
        const long count = std::min(block, rows.length - begin);
        const long last = std::min(rows.outer, (group + 1) * together);
        for (long row = group * together; row < last; ++row) {
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
