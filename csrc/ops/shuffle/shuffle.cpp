#include "ops/shuffle/shuffle.h"

#include <algorithm>

#include "core/integer.h"
#include "core/parallel.h"
#include "ops/shuffle/cost.h"

namespace fastnn::shuffle {
namespace {

constexpr dim_t kChunkBytes = 1 << 16;  // of the rows of a chunk

dim_t row_bytes(const Args& a) {
    return a.row.pixels * a.row.channels * a.row.places * static_cast<dim_t>(size_of(a.dtype));
}

template <class T>
void run_typed(const Args& a) {
    const dim_t bytes = row_bytes(a);
    if (a.rows == 0 || bytes == 0) return;
    const auto& kernels = isa::table<Kernels, T>();
    const auto kernel = a.collect ? kernels.collect : kernels.spread;
    const dim_t step = std::max<dim_t>(1, kChunkBytes / bytes), chunks = ceil_div(a.rows, step);
    parallel_for(chunks, cost::kByte * static_cast<double>(step * bytes), [&](dim_t chunk) {
        const dim_t end = std::min(a.rows, (chunk + 1) * step);
        for (dim_t i = chunk * step; i < end; ++i) {
            kernel(a.row, static_cast<const T*>(a.x) + i * a.x_row,
                   static_cast<T*>(a.y) + i * a.y_row);
        }
    });
}

void run(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { run_typed<T>(a); });
}

Work work(const Args& a) {
    return {0, 2 * static_cast<double>(a.rows) * static_cast<double>(row_bytes(a))};
}

}  // namespace

const Kernel<Args> kPixelShuffle = {"pixel_shuffle", run, work};
const Kernel<Args> kPixelUnshuffle = {"pixel_unshuffle", run, work};
const Kernel<Args> kChannelShuffle = {"channel_shuffle", run, work};

}  // namespace fastnn::shuffle
