// What the forward and the backward driver share: addresses of matrices, products of tiles, and the
// partition of the work among threads.
#pragma once

#include <algorithm>
#include <cmath>

#include "core/cache.h"
#include "core/integer.h"
#include "ops/attention/attention.h"
#include "ops/attention/cost.h"
#include "ops/gemm/gemm.h"

namespace fastnn::attention {

// A tile of scores is kRows x kCols: 36 KiB of float32, which L2 holds together with the tiles of
// q, k and v. Its stride is longer than its rows by a cache line, so that the elements of a column
// are in different sets of L1.
constexpr dim_t kRows = 64;
constexpr dim_t kScoresStride = kCols + 16;

constexpr dim_t kManyChunks = 32;  // enough for even work on all threads

// Half of a square tile on the diagonal of a causal product is computed in vain, which matters
// where there are few tiles.
inline dim_t columns_of(const Args& a) {
    return a.causal && a.s <= 512 ? kCols / 2 : kCols;
}

// The number of matrices along the first `count` axes.
inline dim_t items(const Args& a, int count) {
    dim_t n = 1;
    for (int i = 0; i < count; ++i) n *= a.shape[i];
    return n;
}

inline dim_t offset(const dim_t* strides, const dim_t* shape, int ndim, dim_t item) {
    dim_t at = 0;
    for (int i = ndim - 1; i >= 0; --i) {
        at += item % shape[i] * strides[i];
        item /= shape[i];
    }
    return at;
}

template <class T>
gemm::Matrix<T> matrix(const Operand& x, const Args& a, int ndim, dim_t item) {
    return {static_cast<const T*>(x.data) + offset(x.axis, a.shape, ndim, item), x.row, x.col};
}

template <class T>
gemm::Matrix<T> rows_from(gemm::Matrix<T> x, dim_t row) {
    x.data += row * x.row_stride;
    return x;
}

template <class T>
T* pointer(const Output& x, const Args& a, int ndim, dim_t item) {
    return static_cast<T*>(x.data) + offset(x.axis, a.shape, ndim, item);
}

// `count` elements in whole cache lines.
template <class T>
std::size_t lines(std::size_t count) {
    return static_cast<std::size_t>(whole_lines(static_cast<dim_t>(count), sizeof(T)));
}

// c = alpha a b + beta c.
template <class T>
struct Product {
    dim_t m, n, k;
    gemm::Matrix<T> a, b;
    T* c;
    dim_t c_row;
    T alpha = 1, beta = 0;
    const T* packed_b = nullptr;
};

template <class T>
gemm::Problem<T> problem(const Product<T>& x) {
    gemm::Problem<T> p;
    p.m = x.m, p.n = x.n, p.k = x.k;
    p.a = x.a, p.b = x.b;
    p.c = x.c, p.c_stride = x.c_row;
    p.alpha = x.alpha, p.beta = x.beta;
    p.packed_b = x.packed_b;
    return p;
}

// The masking of the tile at (row, col) of a matrix.
template <class T>
Masking<T> masking(const Args& a, dim_t item, dim_t row, dim_t col) {
    Masking<T> m{};
    m.row = a.mask.row;
    const dim_t at = a.mask_kind == MaskKind::none
                         ? 0
                         : offset(a.mask.axis, a.shape, a.ndim, item) + row * a.mask.row + col;
    if (a.mask_kind == MaskKind::boolean)
        m.boolean = static_cast<const unsigned char*>(a.mask.data) + at;
    if (a.mask_kind == MaskKind::additive) m.additive = static_cast<const T*>(a.mask.data) + at;
    m.visible = a.causal ? row - col + 1 : a.s;
    m.drop = a.p > 0;
    if (m.drop) {
        m.seed = a.stream[0], m.offset = a.stream[1];
        m.blocks = static_cast<std::uint64_t>(ceil_div(a.s, kDropBlock));
        m.block = static_cast<std::uint64_t>(item * a.l + row) * m.blocks +
                  static_cast<std::uint64_t>(col / kDropBlock);
        m.threshold = static_cast<std::uint32_t>(std::min(a.p * 0x1p32, 0x1p32 - 1));
        m.keep_scale = a.p < 1 ? static_cast<T>(1 / (1 - a.p)) : T(0);
    }
    return m;
}

// Cost of a pair of a query and a key, with `products` products over all columns.
template <class T>
double pair_ns(const Args& a, double products) {
    const double flops = 2 * products * static_cast<double>(a.e + a.ev) / 2;
    return (flops / cost::kFlopsPerNs + cost::kPair + (a.p > 0 ? cost::kPairDropout : 0.0)) *
           sizeof(T) / 4;
}

// Cost of `rows` queries against `keys` keys. With few queries it is that of reading the keys.
template <class T>
double block_ns(const Args& a, dim_t rows, dim_t keys, double products) {
    const double pairs = static_cast<double>(rows) * static_cast<double>(keys);
    const double bytes = static_cast<double>(keys) * static_cast<double>((a.e + a.ev) * sizeof(T));
    return std::max(pairs * pair_ns<T>(a, products) * (a.causal ? 0.5 : 1.0),
                    bytes / cost::kBytesPerNs);
}

// The number of slices that the keys of each of `count` items are divided into: more than one only
// where there are fewer items than chunks wanted, and never shorter than kChunkNs.
inline dim_t slices_of(dim_t count, dim_t tiles, double item_ns) {
    if (count >= kManyChunks / 2) return 1;
    const double most = std::min(static_cast<double>(tiles), item_ns / kChunkNs);
    return std::clamp<dim_t>(static_cast<dim_t>(most), 1, ceil_div(kManyChunks, count));
}

// `count` items of item_ns each, divided into chunks: small items share a chunk of about kChunkNs
// while there are kManyChunks of them.
struct Partition {
    dim_t count, per_chunk, chunks;
    int threads;
    Partition(dim_t items, double item_ns) : count(items) {
        per_chunk = std::clamp<dim_t>(static_cast<dim_t>(kChunkNs / item_ns), 1,
                                      std::max<dim_t>(1, count / kManyChunks));
        chunks = ceil_div(count, per_chunk);
        threads = threads_worth(chunks, static_cast<double>(items) * item_ns);
    }
    // Calls f(item, thread) for every item, thread < threads.
    template <class F>
    void run(F f) const {
        parallel_team(threads, [&](Team& team) {
            team.for_each_nowait(chunks, [&](dim_t chunk) {
                const dim_t first = chunk * per_chunk;
                const dim_t last = std::min(count, first + per_chunk);
                for (dim_t i = first; i < last; ++i) f(i, team.thread());
            });
        });
    }
};

// The different sizes of the tiles of `total` in steps of `step`: one or two.
struct TileSizes {
    dim_t of[2];
    int count = 0;
    TileSizes(dim_t total, dim_t step) {
        if (total >= step) of[count++] = step;
        if (total % step != 0) of[count++] = total % step;
    }
    const dim_t* begin() const { return of; }
    const dim_t* end() const { return of + count; }
};

// Offsets of the parts of a workspace, each on cache lines of its own.
template <class T>
class WorkspaceLayout {
 public:
    std::size_t add(std::size_t size) {
        const std::size_t at = size_;
        size_ += lines<T>(size);
        return at;
    }
    std::size_t add(dim_t size) { return add(static_cast<std::size_t>(size)); }
    std::size_t size() const { return size_; }

 private:
    std::size_t size_ = 0;
};

}  // namespace fastnn::attention
