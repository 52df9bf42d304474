#include "ops/histogram/histogram.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "core/memory.h"
#include "core/parallel.h"
#include "ops/histogram/cost.h"

namespace fastnn::histogram {
namespace {

constexpr dim_t kChunk = 1 << 15;     // elements of a chunk at least
constexpr dim_t kMostChunks = 64;     // each has its own bins
constexpr dim_t kElementsPerBin = 4;  // of a chunk at least, or adding up the chunks costs more

dim_t chunk_size(dim_t n, dim_t bins) {
    return std::max({kChunk, ceil_div(n, kMostChunks), std::min(n, kElementsPerBin * bins)});
}

// y = the sums over chunks; add(begin, end, bins) adds a chunk to bins of its own.
template <class Sum, class Y, class Add>
void add_chunks(dim_t n, dim_t bins, Y* y, Add add) {
    const dim_t size = std::max<dim_t>(1, chunk_size(n, bins)), chunks = ceil_div(n, size);
    Scratch<Sum> scratch(static_cast<std::size_t>(chunks * bins));
    Sum* const sums = scratch;
    parallel_for(chunks, cost::kCount * static_cast<double>(size), [&](dim_t c) {
        Sum* const mine = sums + c * bins;
        std::fill_n(mine, bins, Sum(0));
        add(c * size, std::min(n, (c + 1) * size), mine);
    });
    for (dim_t b = 0; b < bins; ++b) {
        Sum total = 0;
        for (dim_t c = 0; c < chunks; ++c) total += sums[c * bins + b];
        y[b] = static_cast<Y>(total);
    }
}

// With bin(i) the bin of element i, or one beyond the last.
template <class Y, class Bin>
void count(const Args& a, Y* y, Bin bin) {
    add_chunks<std::int64_t>(a.n, a.bins, y, [&](dim_t begin, dim_t end, std::int64_t* mine) {
        for (dim_t i = begin; i < end; ++i) {
            if ((i - begin) % kChunk == kChunk - 1 && interrupted()) return;
            if (const auto b = bin(i); b < a.bins) ++mine[b];
        }
    });
}

template <class W, class Y, class Bin>
void add_weights(const Args& a, Y* y, Bin bin) {
    const auto* const weights = static_cast<const W*>(a.weights);
    add_chunks<double>(a.n, a.bins, y, [&](dim_t begin, dim_t end, double* mine) {
        for (dim_t i = begin; i < end; ++i) {
            if ((i - begin) % kChunk == kChunk - 1 && interrupted()) return;
            if (const auto b = bin(i); b < a.bins) mine[b] += weights[i];
        }
    });
}

template <class F>
void visit_integer(Dtype dtype, F f) {
    switch (dtype) {
        case Dtype::i64: return f.template operator()<std::int64_t>();
        case Dtype::i32: return f.template operator()<std::int32_t>();
        default: return f.template operator()<std::uint8_t>();
    }
}

void bincount(const Args& a) {
    visit_integer(a.dtype, [&]<class T>() {
        const auto* const x = static_cast<const T*>(a.x);
        const auto bin = [=, &a](dim_t i) {
            const auto v = static_cast<dim_t>(x[i]);
            return v < 0 ? a.bins : v;
        };
        if (a.weights == nullptr) return count(a, static_cast<std::int64_t*>(a.y), bin);
        visit_float(a.weight, [&]<class W>() { add_weights<W>(a, static_cast<W*>(a.y), bin); });
    });
}

template <class T>
void bounds_typed(const BoundsArgs& a) {
    const auto* const x = static_cast<const T*>(a.x);
    const dim_t size = std::max(kChunk, ceil_div(a.n, kMostChunks)), chunks = ceil_div(a.n, size);
    T low[kMostChunks], high[kMostChunks];
    parallel_for(chunks, cost::kBound * static_cast<double>(size), [&](dim_t c) {
        T least = std::numeric_limits<T>::max(), most = std::numeric_limits<T>::min();
        for (dim_t i = c * size; i < std::min(a.n, (c + 1) * size); ++i) {
            least = std::min(least, x[i]);
            most = std::max(most, x[i]);
        }
        low[c] = least, high[c] = most;
    });
    a.bounds[0] = *std::min_element(low, low + chunks);
    a.bounds[1] = *std::max_element(high, high + chunks);
}

void bounds(const BoundsArgs& a) {
    a.bounds[0] = 0, a.bounds[1] = -1;
    if (a.n > 0) visit_integer(a.dtype, [&]<class T>() { bounds_typed<T>(a); });
}

template <class T>
void histogram_typed(const Args& a) {
    const auto* const x = static_cast<const T*>(a.x);
    const auto* const edges = static_cast<const T*>(a.edges);
    auto* const y = static_cast<T*>(a.y);
    const dim_t bins = a.bins;
    const T low = edges[0], high = edges[bins];
    const double scale = a.even ? static_cast<double>(bins) / (static_cast<double>(high) - low) : 0;
    const auto bin = [=](dim_t i) -> dim_t {
        const T v = x[i];
        if (!(v >= low && v <= high)) return bins;
        dim_t b;
        if (scale > 0 && scale <= std::numeric_limits<double>::max()) {
            b = std::clamp<dim_t>(static_cast<dim_t>((static_cast<double>(v) - low) * scale), 0,
                                  bins - 1);
            while (b > 0 && v < edges[b]) --b;  // by the rounding of the guess or of the edges
            while (b + 1 < bins && v >= edges[b + 1]) ++b;
        } else {
            b = std::upper_bound(edges, edges + bins + 1, v) - edges - 1;
        }
        return std::clamp<dim_t>(b, 0, bins - 1);
    };
    if (a.weights == nullptr) {
        count(a, y, bin);
    } else {
        add_weights<T>(a, y, bin);
    }
}

void histogram(const Args& a) {
    visit_float(a.dtype, [&]<class T>() { histogram_typed<T>(a); });
}

Work work(const Args& a) {
    const std::size_t weights = a.weights == nullptr ? 0 : size_of(a.weight);
    return {static_cast<double>(a.n),
            static_cast<double>(a.n) * static_cast<double>(size_of(a.dtype) + weights)};
}
Work bounds_work(const BoundsArgs& a) {
    return {static_cast<double>(a.n),
            static_cast<double>(a.n) * static_cast<double>(size_of(a.dtype))};
}

}  // namespace

const Kernel<BoundsArgs> kBounds{"bounds", bounds, bounds_work};
const Kernel<Args> kBincount{"bincount", bincount, work};
const Kernel<Args> kHistogram{"histogram", histogram, work};

}  // namespace fastnn::histogram
